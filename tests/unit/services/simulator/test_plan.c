/* Plans of nights: what they may say, and clear words for what they may not. */
#include "support/spec.h"

#include "plan.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan *parsed(const char *text)
{
    struct plan *plan = NULL;
    struct cb_error err = { 0 };
    if (!plan_parse(text, "x.night", &plan, &err))
        print_error("%s\n", err.text);
    assert_non_null(plan);
    return plan;
}

static void is_refused(const char *text, const char *words)
{
    struct plan *plan = NULL;
    struct cb_error err = { 0 };
    assert_false(plan_parse(text, "x.night", &plan, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_null(plan);
}

static void test_a_night_says_what_is_taken(void **state)
{
    (void)state;
    cb_auto(plan_free) struct plan *plan =
        parsed("# comment\n[night]\r\nday_obs = 20241208 # the day\nbegin=03:04:05\n"
               "[sequence]\ntype = flat\nfilter = r_03\ncount = 3\nflux_e = 5e4\n"
               "[exposure]\nindex = 2\nmissing = 0,3..5\nplain = true\n"
               "[sequence]\ntype = bias\n"
               "[change]\ndetector = 0\namp = C17\ngain_factor = 0.9");
    assert_int_equal(plan->nights, 1);
    assert_int_equal(plan->night[0].day_obs, 20241208);
    assert_int_equal(plan->night[0].begin_s, 3 * 3600 + 4 * 60 + 5);
    assert_int_equal(plan->night[0].sequences, 2);
    const struct plan_sequence *flat = &plan->night[0].sequence[0];
    assert_string_equal(flat->filter, "r_03");
    assert_int_equal(flat->count, 3);
    assert_close(flat->flux_e, 50000, 0);
    assert_int_equal(flat->exposures, 1);
    assert_true(flat->exposure[0].plain && isnan(flat->exposure[0].flux_e));
    for (int i = 0; i < PLAN_MAX_DETECTORS; i++)
        assert_int_equal(flat->exposure[0].missing.detector[i], i == 0 || (i >= 3 && i <= 5));
    assert_int_equal(plan->changes, 1);
    assert_true(plan->change[0].from_night);
    assert_close(plan->change[0].state.gain_factor, 0.9, 0);
    assert_close(plan->change[0].state.noise_factor, 1, 0);
}

static void test_mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    is_refused("count = 3", "x.night:1: \"count\" stands before the first section");
    is_refused("[night]\nday_obs = 20241208\nflavour = 3", "x.night:3: key \"flavour\"");
    is_refused("[night]\nday_obs = tomorrow", "x.night:2: value \"tomorrow\"");
    is_refused("[night]\nday_obs = 20241308\n[sequence]\ntype = bias", "is no date");
    is_refused("[night]\nbegin = 24:00:00", "x.night:2");
    is_refused("[nights]", "x.night:1: section \"[nights]\"");
    is_refused("[sequence]", "stands only after a [night]");
    is_refused("[night]\nday_obs = 20241208\n[exposure]", "stands only after a [sequence]");
    is_refused("[night]\nday_obs = 20241208", "no sequence");
    is_refused("", "no sequence");
    is_refused("[night]\nhello", "neither a section nor key = value");
}

static void test_exposures_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const char *const night = "[night]\nday_obs = 20241208\n[sequence]\n";
    static const char *const cases[][2] = {
        { "type = object", "not bias, dark or flat" },
        { "count = 4", "not bias, dark or flat" },
        { "type = flat\nflux_e = 100", "needs filter and flux_e" },
        { "type = flat\nfilter = r_03", "needs filter and flux_e" },
        { "type = dark\nflux_e = 3", "has no flux_e" },
        { "type = dark\nexposure_s = -1", "value \"-1\"" },
        { "type = dark\nexposure_s = nan", "value \"nan\"" },
        { "type = bias\ncount = 0", "value \"0\"" },
        { "type = bias\ncount = 99999999999999999999", "value" },
        { "type = bias\n[exposure]\nindex = 2", "index 2" },
        { "type = bias\n[exposure]\nplain = yes", "value \"yes\"" },
        { "type = bias\n[exposure]\nmissing = 3,", "value" },
        { "type = bias\n[exposure]\nmissing = 16", "value" },
        { "type = bias\n[exposure]\nmissing = 5..3", "value" },
        { "type = bias\n[change]\ndetector = 3", "needs detector and amp" },
        { "type = bias\n[change]\ndetector = 3\namp = C20", "needs detector and amp" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s\n", night, cases[i][0]);
        is_refused(text, cases[i][1]);
    }
}

static void test_a_line_without_end_is_refused(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    is_refused(text, "longer than");
}

static char *read_night(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/../../services/simulator/nights/%s.night", CB_GOLDEN, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = cb_xalloc(20000);
    assert_true(fread(text, 1, 19999, file) > 0);
    fclose(file);
    return text;
}

static int64_t exposures_of(const struct plan *plan)
{
    int64_t count = 0;
    for (size_t i = 0; i < plan->nights; i++)
        for (size_t k = 0; k < plan->night[i].sequences; k++)
            count += plan->night[i].sequence[k].count;
    return count;
}

/* A campaign and a day are 126 exposures, 1134 files of 9 detectors. */
static void test_the_plans_that_are_built_in_are_sound(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t exposures;
        size_t changes;
    } cases[] = { { "campaign", 84, 0 }, { "daily", 42, 0 }, { "change", 42, 2 }, { "traps", 15, 2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cb_auto(cb_free) char *text = read_night(cases[i].name);
        cb_auto(plan_free) struct plan *plan = parsed(text);
        assert_int_equal(exposures_of(plan), cases[i].exposures);
        assert_int_equal(plan->changes, cases[i].changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_night_says_what_is_taken),
        cmocka_unit_test(test_mistakes_are_named_with_their_line),
        cmocka_unit_test(test_exposures_that_cannot_be_are_refused),
        cmocka_unit_test(test_a_line_without_end_is_refused),
        cmocka_unit_test(test_the_plans_that_are_built_in_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
