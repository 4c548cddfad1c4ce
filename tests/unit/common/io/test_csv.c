/* Delimited text as astropy writes it, and what is wrong with a file. */
#include "io/csv.h"

#include "support/spec.h"

#include <string.h>

static struct cb_table *parse(const char *text, enum cb_csv_dialect dialect, struct cb_error *err)
{
    struct cb_table *table = NULL;
    return cb_csv_parse(text, strlen(text), dialect, "t.csv", &table, err) ? table : NULL;
}

static void cells_are_texts_without_the_blanks_around_them(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_table_free) struct cb_table *table =
        parse("\nfile , htm7\r\n a b.fits ,131072\r\n\r\n\"c,d\"\"e\".fits,\nx\n", CB_CSV_COMMAS, &err);
    assert_string_equal(err.text, "");
    assert_non_null(table);
    assert_int_equal(table->columns, 2);
    assert_int_equal(table->rows, 3);
    assert_string_equal(table->column[0].name, "file");
    assert_string_equal(table->column[1].name, "htm7");
    assert_string_equal(table->column[0].texts[0], "a b.fits");
    assert_string_equal(table->column[1].texts[0], "131072");
    assert_string_equal(table->column[0].texts[1], "c,d\"e.fits");
    assert_null(table->column[1].texts[1]);
    assert_string_equal(table->column[0].texts[2], "x");
    assert_null(table->column[1].texts[2]);
}

static void the_second_line_of_rdb_is_no_row(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_table_free) struct cb_table *table =
        parse("# from afar\nfile\tdetector\n20S\t10N\na, b\t\nc\t3", CB_CSV_RDB, &err);
    assert_string_equal(err.text, "");
    assert_non_null(table);
    assert_int_equal(table->rows, 2);
    assert_string_equal(table->column[0].texts[0], "a, b");
    assert_null(table->column[1].texts[0]);
    assert_string_equal(table->column[1].texts[1], "3");
}

static void a_table_may_have_no_rows(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_table_free) struct cb_table *table = parse("file,htm7\n", CB_CSV_COMMAS, &err);
    assert_non_null(table);
    assert_int_equal(table->rows, 0);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } wrong[] = {
        { "", "t.csv:1: no line of column names" },
        { "a,,b\n", "t.csv:1: a column has no name" },
        { "a,b,a\n1,2,3\n", "t.csv:1: two columns have the name \"a\"" },
        { "a,b\n1,2\n1,2,3\n", "t.csv:3: more cells than columns" },
        { "a\n\"never", "t.csv:2: a quote does not end" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct cb_error err = { 0 };
        assert_null(parse(wrong[i].text, CB_CSV_COMMAS, &err));
        assert_string_equal(err.text, wrong[i].said);
        assert_int_equal(err.kind, CB_ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest csv[] = {
        cmocka_unit_test(cells_are_texts_without_the_blanks_around_them),
        cmocka_unit_test(the_second_line_of_rdb_is_no_row),
        cmocka_unit_test(a_table_may_have_no_rows),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
    };
    return cmocka_run_group_tests_name("csv", csv, NULL, NULL);
}
