/* The dimension universe. */
#include "domain/dimensions.h"

#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static uint32_t dims_of(const char *a, const char *b, const char *c)
{
    const char *names[] = { a, b, c };
    size_t count = b == NULL ? 1 : c == NULL ? 2 : 3;
    uint32_t dims = 0;
    assert_true(cb_dimensions_parse(names, count, &dims, NULL));
    return dims;
}

static const char *listed(uint32_t dims)
{
    static char text[400];
    const char *names[CB_ELEMENT_COUNT];
    size_t count = cb_dimensions_list(dims, names);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", names[i]);
    return text;
}

static void what_follows_is_added_in_universe_order(void **state)
{
    (void)state;
    assert_string_equal(listed(cb_dimensions_expand(dims_of("exposure", NULL, NULL))),
                        "band instrument day_obs group physical_filter exposure");
    assert_string_equal(listed(cb_dimensions_expand(dims_of("patch", NULL, NULL))), "skymap tract patch");
}

static void only_what_nothing_implies_is_required(void **state)
{
    (void)state;
    assert_string_equal(listed(cb_dimensions_required(dims_of("detector", "physical_filter", NULL))),
                        "instrument detector physical_filter");
    assert_string_equal(listed(cb_dimensions_required(dims_of("physical_filter", "exposure", "detector"))),
                        "instrument detector exposure");
    assert_string_equal(listed(cb_dimensions_required(0)), "");
}

static void relations_belong_to_groups_that_hold_their_keys(void **state)
{
    (void)state;
    assert_true(cb_dimensions_elements(dims_of("exposure", "visit", NULL)) & CB_DIM(CB_VISIT_DEFINITION));
    assert_false(cb_dimensions_elements(dims_of("exposure", NULL, NULL)) & CB_DIM(CB_VISIT_DEFINITION));
}

static void keys_are_found_in_every_table_that_has_them(void **state)
{
    (void)state;
    const struct cb_element *exposure = cb_element_at(CB_EXPOSURE);
    assert_string_equal(cb_element_key_of(exposure, CB_EXPOSURE)->name, "id");
    assert_string_equal(cb_element_key_of(exposure, CB_DAY_OBS)->name, "day_obs");
    assert_null(cb_element_key_of(exposure, CB_DETECTOR));
    assert_null(cb_element_key(cb_element_at(CB_VISIT_DEFINITION)));
    assert_int_equal(exposure->n_columns, 23);
    assert_int_equal(exposure->governor, CB_INSTRUMENT);
    assert_int_equal(cb_element_at(CB_BAND)->governor, -1);
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    uint32_t dims = 5;
    const char *names[] = { "visit_definition" }, *other[] = { "Exposure" };
    assert_false(cb_dimensions_parse(names, 1, &dims, NULL));
    assert_false(cb_dimensions_parse(other, 1, &dims, NULL));
    assert_int_equal(dims, 5);
}

int main(void)
{
    const struct CMUnitTest dimensions[] = {
        cmocka_unit_test(what_follows_is_added_in_universe_order),
        cmocka_unit_test(only_what_nothing_implies_is_required),
        cmocka_unit_test(relations_belong_to_groups_that_hold_their_keys),
        cmocka_unit_test(keys_are_found_in_every_table_that_has_them),
        cmocka_unit_test(unknown_names_are_refused),
    };
    return cmocka_run_group_tests_name("dimensions", dimensions, NULL, NULL);
}
