/* Rows as HTML and JSON: nothing that comes from outside becomes markup. */
#include "page.h"
#include "support/spec.h"

#include <string.h>

static const struct section example = {
    "alarms",
    "Alarms",
    "no alarms",
    "",
    { { "severity", "Severity", LOOK_WORD },
      { "n", "N", LOOK_NUMBER },
      { "report", "Report", LOOK_REPORT },
      { NULL, NULL, LOOK_TEXT } },
};

static const char *cell(const void *rows, size_t row, size_t column)
{
    return ((const char *const *)rows)[row * 3 + column];
}

static void escapes_texts_and_links_reports(void **state)
{
    (void)state;
    const char *const rows[] = { "<b>\"&'", "7", "file:///home/reports/DM-1/index.html" };
    cb_auto_bytes struct cb_bytes page = CB_BYTES(10000);
    write_section(&page, &example, rows, 1, cell);
    assert_non_null(strstr(cb_bytes_text(&page), ">&lt;b&gt;&quot;&amp;&#39;</span>"));
    assert_non_null(strstr(cb_bytes_text(&page), "<a href=\"/reports/DM-1/index.html\">report</a>"));
    assert_null(strstr(cb_bytes_text(&page), "<b>"));
}

static void says_so_when_there_is_nothing(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes page = CB_BYTES(10000);
    write_section(&page, &example, NULL, 0, cell);
    assert_string_equal(cb_bytes_text(&page),
                        "<section id=\"alarms\"><h2>Alarms</h2><p>no alarms</p></section>\n");
}

static void writes_numbers_as_json_numbers(void **state)
{
    (void)state;
    const char *const rows[] = { "FAIL", "7", NULL };
    cb_auto_bytes struct cb_bytes out = CB_BYTES(10000);
    write_section_json(&out, &example, rows, 1, cell);
    assert_string_equal(cb_bytes_text(&out),
                        "{\"schema\":\"calbus.console.alarms.v1\",\"items\":[{\"severity\":\"FAIL\","
                        "\"n\":7,\"report\":null}],\"next\":null}\n");
}

int main(void)
{
    const struct CMUnitTest page[] = {
        cmocka_unit_test(escapes_texts_and_links_reports),
        cmocka_unit_test(says_so_when_there_is_nothing),
        cmocka_unit_test(writes_numbers_as_json_numbers),
    };
    return cmocka_run_group_tests_name("page", page, NULL, NULL);
}
