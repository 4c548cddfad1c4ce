/* Templates of paths that a repository's configuration has of its own. */
#include "domain/path_template.h"

#include "support/spec.h"

#include <string.h>

#define DETECTORS (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR))

static const char *format(const char *template)
{
    static char text[CB_DATASET_PATH_SIZE];
    struct cb_data_id id = { 0 };
    struct cb_error err = { 0 };
    assert_true(cb_data_id_assign(&id, "instrument=LATISS", NULL));
    assert_true(cb_data_id_assign(&id, "detector=3", NULL));
    const struct cb_dataset_path path = { .run = "u/a b",
                                          .dataset_type = "bias",
                                          .dimensions = DETECTORS,
                                          .id = &id,
                                          .detector_name = "RXX/S00",
                                          .dataset_id = "be986e28-b26e-51f3-b816-0d1d7185ee49",
                                          .template = template };
    return cb_dataset_path_format(&path, text, &err) ? text : NULL;
}

static void a_field_is_formatted_as_python_does(void **state)
{
    (void)state;
    static const struct {
        const char *template, *path;
    } cases[] = {
        { "{run:/}/{detector:04d}", "u/a_b/0003" },
        { "{run}/{detector:>4}x", "u_a_b/   3x" },
        { "{run:/}/{instrument:*^10}", "u/a_b/**LATISS**" },
        { "{run:/}/{instrument:08}", "u/a_b/LATISS00" },
        { "{run:/}/{detector.full_name}", "u/a_b/RXX_S00" },
        { "{run:/}/{detector.full_name:/}", "u/a_b/RXX/S00" },
        { "{run:/}/{{{detector}}}", "u/a_b/{3}" },
        { "{run:/}/a{visit:?}b_{band:?}/{detector:?}", "u/a_b/a/3" },
        { "{run:/}//./{visit|detector}.{datasetType}#", "u/a_b/3_biasHASH" },
        { "{run:/}/{id}", "u/a_b/be986e28-b26e-51f3-b816-0d1d7185ee49" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(format(cases[i].template), cases[i].path);
}

static void a_field_without_a_value_makes_no_path(void **state)
{
    (void)state;
    static const char *const bad[] = { "{run:/}/{visit}", "{run:/}/{detector.nosuch}", "{run:/}/{component}",
                                       "{run:/}/{detector:s}", "{run:/}/{instrument:d}" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(format(bad[i]));
}

static void what_is_no_template_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{run}",
        "{instrument}",
        "{run}/{detector",
        "{run}/detector}",
        "{run}/{}",
        "{run}/{detector!r}",
        "{run}/{detector:x}",
        "{run}/{detector:999999999999999999999}",
        "{run}/../{detector}",
        "{id}/{detector}",
        "{collection}/{run}/{detector}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cb_path_template_check(bad[i], NULL));
    assert_true(cb_path_template_check(cb_path_default, NULL));
    assert_true(cb_path_template_check(cb_path_of_raws, NULL));
}

static void columns_of_records_are_named_once(void **state)
{
    (void)state;
    struct cb_path_columns columns;
    const uint32_t dims = cb_dimensions_expand(DETECTORS);
    assert_true(cb_path_template_columns(
        "{detector.purpose}{detector.purpose}{detector.raft:?}{detector.full_name}{exposure.seq_num:?}", dims,
        &columns, NULL));
    assert_int_equal(columns.count, 2);
    assert_string_equal(columns.item[0].column->name, "purpose");
    assert_string_equal(columns.item[1].column->name, "raft");
    assert_false(cb_path_template_columns("{exposure.timespan}", CB_DIM(CB_EXPOSURE), &columns, NULL));
}

int main(void)
{
    const struct CMUnitTest templates[] = {
        cmocka_unit_test(a_field_is_formatted_as_python_does),
        cmocka_unit_test(a_field_without_a_value_makes_no_path),
        cmocka_unit_test(what_is_no_template_is_refused),
        cmocka_unit_test(columns_of_records_are_named_once),
    };
    return cmocka_run_group_tests_name("templates of paths", templates, NULL, NULL);
}
