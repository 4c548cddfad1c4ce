/* ECSV as astropy writes it, and what is wrong with a file. */
#include "io/ecsv.h"

#include "support/spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "# %ECSV 1.0\n# ---\n# datatype:\n"

static struct cb_table *parse(const char *text, struct cb_error *err)
{
    struct cb_table *table = NULL;
    return cb_ecsv_parse(text, strlen(text), "t.ecsv", &table, err) ? table : NULL;
}

static void columns_have_the_types_of_the_header(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_table_free) struct cb_table *table =
        parse(HEAD "# - {name: n, datatype: int64}\n# - {name: x, unit: nm, datatype: float64}\n"
                   "# - {name: t, datatype: string}\n# - {name: ok, datatype: bool}\n"
                   "# - {name: v, datatype: string, subtype: 'float64[2,2]'}\n# schema: astropy-2.0\n"
                   "n x t ok v\n-3 1.5 \"two words\" True [[1.0,2.5],[null,-4e3]]\n4 nan \"a\"\"b\" False "
                   "[[0,0],[0,0]]\n",
              &err);
    assert_string_equal(err.text, "");
    assert_non_null(table);
    assert_int_equal(table->rows, 2);
    assert_int_equal(table->columns, 5);
    assert_int_equal(cb_table_find(table, "n")->ints[0], -3);
    assert_string_equal(cb_table_find(table, "x")->unit, "nm");
    assert_true(isnan(cb_table_find(table, "x")->reals[1]));
    assert_string_equal(cb_table_find(table, "t")->texts[0], "two words");
    assert_string_equal(cb_table_find(table, "t")->texts[1], "a\"b");
    assert_true(cb_table_find(table, "ok")->bools[0]);
    assert_false(cb_table_find(table, "ok")->bools[1]);
    assert_int_equal(cb_table_find(table, "v")->width, 4);
    assert_true(cb_table_find(table, "v")->reals[1] == 2.5 && cb_table_find(table, "v")->reals[3] == -4e3);
    assert_true(isnan(cb_table_find(table, "v")->reals[2]));
    assert_null(cb_table_find(table, "N"));
}

static void meta_is_a_map_or_an_ordered_list(void **state)
{
    (void)state;
    static const char *const metas[] = {
        "# meta: {A: 1, B: '2', C: 2.5, D: true, E: null, S: [16, 16], __serialized_columns__: {x: {}}}\n",
        "# meta: !!omap\n# - {A: 1}\n# - {B: '2'}\n# - {C: 2.5}\n# - {D: true}\n# - {E: null}\n# - {S: [16, "
        "16]}\n",
    };
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        int64_t integer;
        const char *string;
        bool truth;
        snprintf(text, sizeof text, "%s# - {name: n, datatype: int64}\n%sn\n", HEAD, metas[i]);
        cb_auto(cb_table_free) struct cb_table *table = parse(text, NULL);
        assert_non_null(table);
        assert_int_equal(table->rows, 0);
        assert_int_equal(table->meta->count, 6);
        assert_true(cb_header_get_int(table->meta, "A", &integer) && integer == 1);
        assert_true(cb_header_get_string(table->meta, "B", &string));
        assert_string_equal(string, "2");
        assert_true(cb_header_get_bool(table->meta, "D", &truth) && truth);
        assert_int_equal(cb_header_find(table->meta, "E")->type, CB_CARD_UNDEFINED);
        assert_true(cb_header_get_int(table->meta, "S", &integer) && integer == 16);
        assert_string_equal(cb_header_find(table->meta, "S")->comment, "16");
    }
}

static void a_faulty_text_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "", "no ECSV" },
        { "a,b\n1,2\n", "no ECSV" },
        { "# %ECSV 3.0\n", "version" },
        { "# %ECSV 1.0\n# ---\n", "lists no columns" },
        { HEAD "# - {name: n, datatype: complex128}\nn\n", "complex128" },
        { HEAD "# - {name: n, datatype: string, subtype: 'float64[99999999999]'}\nn\n", "unrecognized" },
        { HEAD "# - {name: n, datatype: string, subtype: json}\nn\n", "unrecognized" },
        { HEAD "# - {name: n, datatype: int64}\n# - {name: n, datatype: int64}\nn n\n", "twice" },
        { HEAD "# - {name: n, datatype: int64}\nm\n1\n", "t.ecsv:5" },
        { HEAD "# - {name: n, datatype: int64}\n", "line of names" },
        { HEAD "# - {name: n, datatype: int64}\nn\n1.5\n", "t.ecsv:6" },
        { HEAD "# - {name: n, datatype: int64}\nn\n99999999999999999999\n", "t.ecsv:6" },
        { HEAD "# - {name: n, datatype: int64}\nn\n\"\"\n", "type of its column" },
        { HEAD "# - {name: n, datatype: int64}\nn\n1 2\n", "more cells" },
        { HEAD "# - {name: b, datatype: bool}\nb\nyes\n", "type of its column" },
        { HEAD "# - {name: v, datatype: string, subtype: 'int64[2]'}\nv\n[1]\n", "type of its column" },
        { HEAD "# - {name: v, datatype: string, subtype: 'int64[2]'}\nv\n[1,2,3]\n", "type of its column" },
        { HEAD "# - {name: v, datatype: string, subtype: 'int64[2]'}\nv\n[1,2\n", "type of its column" },
        { HEAD "# - {name: n, datatype: int64}\n# meta: {A: {b: c}}\nn\n", "single value" },
        { HEAD "# - {name: n, datatype: int64}\n# delimiter: ';'\nn\n", "delimiter" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cb_error err = { 0 };
        if (parse(cases[i].text, &err) != NULL)
            fail_msg("case %zu was read", i);
        assert_int_equal(err.kind, CB_ERR_INVALID);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, err.text);
    }
}

static void a_file_of_the_golden_package_is_read(void **state)
{
    (void)state;
    struct cb_table *crosstalk = NULL;
    struct cb_error err = { 0 };
    assert_true(
        cb_ecsv_read(CB_GOLDEN "/curated/comCam/crosstalk/r22_s11/19700101T000000.ecsv", &crosstalk, &err));
    cb_auto(cb_table_free) struct cb_table *table = crosstalk;
    assert_int_equal(table->columns, 7);
    assert_int_equal(cb_table_find(table, "CT_COEFFS")->width, 256);
    assert_true(cb_table_find(table, "CT_COEFFS")->reals[2] == 5e-5);
    assert_true(cb_table_find(table, "CT_VALID")->bools[1]);
    assert_false(cb_ecsv_read(CB_GOLDEN "/curated/none.ecsv", &crosstalk, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_the_types_of_the_header),
        cmocka_unit_test(meta_is_a_map_or_an_ordered_list),
        cmocka_unit_test(a_faulty_text_is_refused_with_its_line),
        cmocka_unit_test(a_file_of_the_golden_package_is_read),
    };
    return cmocka_run_group_tests_name("ECSV", tests, NULL, NULL);
}
