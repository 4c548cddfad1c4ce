/* The HTML report. */
#include "report.h"
#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static const struct report_fact facts[] = { { "verified RUN", "a<b>&\"c\"'d'" }, { "filter", NULL } };
static const struct report_detector detectors[] = {
    { .detector = 4,
      .name = "R22_S11",
      .exposures = 20,
      .cells = { 48, 47, 1, 0 },
      .calib_uuid = "u",
      .calib_sha256 = "" },
};
static const struct report_failure failures[] = {
    { .exposure = 2024120900012,
      .detector = 4,
      .detector_name = "R22_S11",
      .amp = "C03",
      .test = "MEAN",
      .metric = "MEAN",
      .unit = "electron",
      .value = 27.25,
      .limit = 5.5 },
};
static const struct report_exposure exposures[] = {
    { .exposure = 2024120900012,
      .origin = "other",
      .used = false,
      .was_input = false,
      .reason = "no frame",
      .failed = 1 },
};
static const struct report_test tests_made[] = { { "MEAN", { 16, 15, 1, 0 } },
                                                 { "NOISE", { 16, 16, 0, 0 } } };

static struct report example(void)
{
    return (struct report){ .title = "Verification <x>",
                            .calib_type = "bias",
                            .verdict = CB_RUN_FAIL,
                            .cells = { 48, 47, 1, 0 },
                            .detectors = { 1, 0, 1, 0 },
                            .vote = { .certify = true },
                            .fact = facts,
                            .facts = 2,
                            .test = tests_made,
                            .tests = 2,
                            .detector = detectors,
                            .detector_count = 1,
                            .failure = failures,
                            .failures = 1,
                            .failures_total = 7,
                            .exposure = exposures,
                            .exposures = 1,
                            .configuration = "x: <y>" };
}

static void the_verdict_comes_first(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    struct report report = example();
    report_write(&report, &out);
    const char *text = cb_bytes_text(&out);
    const char *verdict = strstr(text, "\u2716 FAIL"), *detectors_at = strstr(text, "id=\"detectors\"");
    assert_non_null(verdict);
    assert_true(verdict < detectors_at);
    assert_non_null(
        strstr(text, "47 of 48 tests passed, 1 failed, 0 without data; 0 of 1 detectors passed."));
}

static void every_text_from_outside_is_escaped(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    struct report report = example();
    report_write(&report, &out);
    const char *text = cb_bytes_text(&out);
    assert_non_null(strstr(text, "<title>Verification &lt;x&gt;</title>"));
    assert_non_null(strstr(text, "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;"));
    assert_non_null(strstr(text, "<pre>x: &lt;y&gt;</pre>"));
    assert_null(strstr(text, "a<b>"));
}

static void a_failure_shows_amplifier_value_and_limit(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    struct report report = example();
    report_write(&report, &out);
    const char *text = cb_bytes_text(&out);
    assert_non_null(
        strstr(text, "<td>R22_S11</td><td>C03</td><td>MEAN</td><td class=\"n\">2024120900012</td>"
                     "<td>MEAN</td><td class=\"n\">27.25</td><td class=\"n\">5.5</td><td>electron</td>"));
    assert_non_null(strstr(text, "1 of 7 failures are shown"));
    assert_non_null(strstr(text, "<td>no frame</td>"));
}

static void control_characters_are_left_out(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(100);
    html_escape(&out, "a\001b\nc");
    assert_string_equal(cb_bytes_text(&out), "ab\nc");
}

/* As many ends as beginnings of every element that is written in pairs. */
static void elements_are_closed(void **state)
{
    (void)state;
    static const char *const names[] = { "html",  "head", "body", "main", "table", "thead",
                                         "tbody", "tr",   "td",   "h2",   "p" };
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    struct report report = example();
    report_write(&report, &out);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char open[16], close[16];
        size_t opened = 0, closed = 0, length = (size_t)snprintf(open, sizeof open, "<%s", names[i]);
        snprintf(close, sizeof close, "</%s>", names[i]);
        for (const char *p = cb_bytes_text(&out); (p = strstr(p, open)) != NULL; p++)
            opened += p[length] == '>' || p[length] == ' ';
        for (const char *p = cb_bytes_text(&out); (p = strstr(p, close)) != NULL; p++)
            closed++;
        assert_true(opened > 0);
        assert_int_equal(opened, closed);
    }
}

static void an_index_links_each_run(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    const struct report_entry entries[] = { { "a.html", "x/verifyBias.20241210a", "PASS",
                                              "2024-12-10T01:02:03", 432, 432 },
                                            { "b.html", "x/verifyDark.20241210a", "NO_DATA", NULL, 0, 0 } };
    report_write_index("DM-1", entries, 2, &out);
    assert_non_null(strstr(cb_bytes_text(&out), "\u2714 PASS</span></td><td class=\"n\">432/432</td>"
                                                "<td><a href=\"a.html\">x/verifyBias.20241210a</a></td>"));
    assert_non_null(strstr(cb_bytes_text(&out), "? NO DATA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_comes_first),
        cmocka_unit_test(every_text_from_outside_is_escaped),
        cmocka_unit_test(a_failure_shows_amplifier_value_and_limit),
        cmocka_unit_test(control_characters_are_left_out),
        cmocka_unit_test(elements_are_closed),
        cmocka_unit_test(an_index_links_each_run),
    };
    return cmocka_run_group_tests_name("verification report", tests, NULL, NULL);
}
