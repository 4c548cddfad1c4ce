/* The command line of the simulator. */
#include "support/spec.h"

#include "options.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

static bool parse(const char *words, struct options *options, struct cb_error *err)
{
    static char line[256];
    char *argv[MOST], *rest = NULL;
    int argc = 0;
    snprintf(line, sizeof line, "calbus-simulator %s", words);
    for (char *word = strtok_r(line, " ", &rest); word != NULL && argc < MOST;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    return options_parse(argc, argv, options, err);
}

static void test_options_are_taken(void **state)
{
    (void)state;
    struct options o;
    assert_true(parse("--out raw --scale=8 --detectors 0,4 --seed 18446 --night change --threads 3 --json",
                      &o, NULL));
    assert_string_equal(o.out, "raw");
    assert_string_equal(o.night, "change");
    assert_string_equal(o.instrument, "LSSTComCam");
    assert_close(o.scale, 8, 0);
    assert_int_equal(o.seed, 18446);
    assert_int_equal(o.threads, 3);
    assert_true(o.json && o.brighter_fatter && !o.plain);
    for (int i = 0; i < PLAN_MAX_DETECTORS; i++)
        assert_int_equal(o.detectors.detector[i], i == 0 || i == 4);
    assert_true(parse("-o raw --overscan 16x8 --no-brighter-fatter", &o, NULL));
    assert_int_equal(o.serial_overscan, 16);
    assert_int_equal(o.parallel_overscan, 8);
    assert_false(o.brighter_fatter);
}

static void test_wrong_usage_is_refused_with_a_hint(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "--out is missing" },
        { "--out", "needs DIR" },
        { "--out d --detector 4", "did you mean --detectors?" },
        { "--out d --frobnicate 4", "--help lists them" },
        { "--out d --scale 0.5", "is no N of option --scale" },
        { "--out d --scale x", "is no N of option --scale" },
        { "--out d --seed -1", "is no N of option --seed" },
        { "--out d --seed 99999999999999999999", "is no N of option --seed" },
        { "--out d --detectors 4,", "is no LIST" },
        { "--out d --overscan 16", "is no WxH" },
        { "--out d --json=1", "takes no value" },
        { "--out d --day-obs 2024", "is no YYYYMMDD" },
        { "somewhere", "is not known" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options o = { 0 };
        struct cb_error err = { 0 };
        assert_false(parse(cases[i][0], &o, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        if (strstr(err.text, cases[i][1]) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i][1]);
    }
}

static void test_help_needs_no_folder_and_names_every_option(void **state)
{
    (void)state;
    struct options o;
    static const char *const names[] = { "--instrument", "--out",  "--night", "--scale",
                                         "--detectors",  "--seed", "--truth", "--threads",
                                         "--damage",     "--ptc",  "--help" };
    char *text = NULL;
    size_t size = 0;
    assert_true(parse("help", &o, NULL) && o.help);
    assert_true(parse("--help", &o, NULL) && o.help);
    FILE *out = open_memstream(&text, &size);
    options_print_help(out);
    fclose(out);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(strstr(text, names[i]));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_taken),
        cmocka_unit_test(test_wrong_usage_is_refused_with_a_hint),
        cmocka_unit_test(test_help_needs_no_folder_and_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
