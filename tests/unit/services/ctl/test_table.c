/* Listings for people, scripts and programs. */
#include "table.h"
#include "support/spec.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_column columns[] = {
    { "name", "NAME", CTL_COL_TEXT }, { "count", "COUNT", CTL_COL_NUMBER }, { "on", "ON", CTL_COL_BOOL },
    { "inner", NULL, CTL_COL_JSON },  { NULL, NULL, CTL_COL_TEXT },
};

/* What is printed for two rows with these words of a command line. */
static char *print(struct cb_error *err, int argc, ...)
{
    char *argv[8];
    va_list list;
    va_start(list, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = va_arg(list, char *);
    va_end(list);
    struct ctl_args args = { 0 };
    assert_true(ctl_args_parse(NULL, argc, argv, &args, err));
    struct ctl_table *table = ctl_table_new("calbus.test.v1", columns);
    const char *const first[] = { "détecteur", "7", "t", "[1,2]" };
    const char *const second[] = { "b\tc", "nan", "f", NULL };
    ctl_table_add(table, first);
    ctl_table_add(table, second);
    ctl_table_extra(table, "home", "\"/h\"");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool printed = ctl_table_print(table, &args, false, out, err);
    fclose(out);
    ctl_table_free(table);
    ctl_args_done(&args);
    if (printed)
        return text;
    free(text);
    return NULL;
}

static void aligns_for_people_by_characters_not_bytes(void **state)
{
    (void)state;
    cb_auto(cb_free) char *text = print(NULL, 0);
    assert_string_equal(text, "NAME       COUNT  ON\n"
                              "détecteur      7  yes\n"
                              "b\tc          nan  no\n");
}

static void separates_by_tabs_for_scripts_and_lets_no_value_break_a_line(void **state)
{
    (void)state;
    cb_auto(cb_free) char *text = print(NULL, 1, "--plain");
    assert_string_equal(text, "détecteur\t7\tyes\nb c\tnan\tno\n");
    cb_auto(cb_free) char *with_header = print(NULL, 3, "--plain", "--header", "--limit=0");
    assert_string_equal(with_header, "name\tcount\ton\n");
}

static void prints_one_json_document_in_which_what_is_not_finite_is_null(void **state)
{
    (void)state;
    cb_auto(cb_free) char *text = print(NULL, 1, "--json");
    assert_string_equal(
        text, "{\"schema\":\"calbus.test.v1\",\"home\":\"/h\",\"items\":["
              "{\"name\":\"détecteur\",\"count\":7,\"on\":true,\"inner\":[1,2]},"
              "{\"name\":\"b\\u0009c\",\"count\":null,\"on\":false,\"inner\":null}],\"next\":null}\n");
}

static void prints_the_columns_asked_for_in_their_order(void **state)
{
    (void)state;
    cb_auto(cb_free) char *text = print(NULL, 3, "--columns=count,name", "--plain", "--limit=1");
    assert_string_equal(text, "7\tdétecteur\n");
}

static void refuses_a_column_that_is_not_there(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    assert_null(print(&err, 1, "--columns=size"));
    assert_string_equal(err.text, "unrecognized column \"size\"; there are name, count, on, inner");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligns_for_people_by_characters_not_bytes),
        cmocka_unit_test(separates_by_tabs_for_scripts_and_lets_no_value_break_a_line),
        cmocka_unit_test(prints_one_json_document_in_which_what_is_not_finite_is_null),
        cmocka_unit_test(prints_the_columns_asked_for_in_their_order),
        cmocka_unit_test(refuses_a_column_that_is_not_there),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
