/* The arguments of one command. */
#include "args.h"
#include "support/spec.h"

#include <string.h>

static const struct ctl_flag flags[] = {
    { "dry-run", 'n', CTL_FLAG_BOOL, NULL, "" },  { "out", 'o', CTL_FLAG_TEXT, "FILE", "" },
    { "detectors", 0, CTL_FLAG_LIST, "A,B", "" }, { "seed", 0, CTL_FLAG_INT, "N", "" },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

static bool parse(struct ctl_args *args, struct cb_error *err, int argc, ...)
{
    char *argv[16];
    va_list list;
    va_start(list, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = va_arg(list, char *);
    va_end(list);
    return ctl_args_parse(flags, argc, argv, args, err);
}

static void takes_values_behind_an_equals_sign_a_blank_or_nothing(void **state)
{
    (void)state;
    struct ctl_args args = { 0 };
    assert_true(parse(&args, NULL, 4, "--out=a b", "--seed", "-7", "-vv"));
    assert_string_equal(ctl_args_text(&args, "out", NULL), "a b");
    assert_int_equal(ctl_args_int(&args, "seed", 0), -7);
    assert_int_equal(ctl_args_count(&args, "verbose"), 2);
    ctl_args_done(&args);
    assert_true(parse(&args, NULL, 1, "-nofile"));
    assert_true(ctl_args_has(&args, "dry-run"));
    assert_string_equal(ctl_args_text(&args, "out", NULL), "file");
    ctl_args_done(&args);
}

static void the_last_of_several_values_holds(void **state)
{
    (void)state;
    struct ctl_args args = { 0 };
    assert_true(parse(&args, NULL, 4, "-o", "first", "-o", "second"));
    assert_string_equal(ctl_args_text(&args, "out", NULL), "second");
    ctl_args_done(&args);
}

static void splits_lists_at_commas_over_all_their_occurrences(void **state)
{
    (void)state;
    struct ctl_args args = { 0 };
    static const char *const expected[] = { "0", "4", "8" };
    assert_true(parse(&args, NULL, 3, "--detectors=0,,4", "--detectors", "8"));
    for (size_t i = 0; i < 3; i++) {
        cb_auto(cb_free) char *item = ctl_args_item(&args, "detectors", i);
        assert_string_equal(item, expected[i]);
    }
    assert_null(ctl_args_item(&args, "detectors", 3));
    ctl_args_done(&args);
}

static void a_double_dash_ends_the_flags_and_a_single_one_is_a_word(void **state)
{
    (void)state;
    struct ctl_args args = { 0 };
    assert_true(parse(&args, NULL, 4, "-", "one", "--", "--dry-run"));
    assert_int_equal(args.n_words, 3);
    assert_string_equal(args.words[0], "-");
    assert_string_equal(args.words[2], "--dry-run");
    assert_null(args.words[3]);
    assert_false(ctl_args_has(&args, "dry-run"));
    ctl_args_done(&args);
}

static void refuses_an_unrecognized_flag_and_names_the_nearest(void **state)
{
    (void)state;
    struct ctl_args args = { 0 };
    struct cb_error err = { 0 };
    assert_false(parse(&args, &err, 1, "--detctors=1"));
    assert_string_equal(err.text, "unrecognized flag \"--detctors\"; did you mean --detectors?");
    assert_false(parse(&args, &err, 1, "--jsn"));
    assert_string_equal(err.text, "unrecognized flag \"--jsn\"; did you mean --json?");
    assert_false(parse(&args, &err, 1, "--wavelength=3"));
    assert_string_equal(err.text, "unrecognized flag \"--wavelength\"");
    assert_false(parse(&args, &err, 1, "-Z"));
    assert_string_equal(err.text, "unrecognized flag \"-Z\"");
}

static void refuses_values_that_do_not_fit(void **state)
{
    (void)state;
    struct ctl_args args = { 0 };
    struct cb_error err = { 0 };
    assert_false(parse(&args, &err, 1, "--seed=7x"));
    assert_string_equal(err.text, "value \"7x\" of --seed is not a whole number");
    assert_false(parse(&args, &err, 1, "--seed=99999999999999999999"));
    assert_false(parse(&args, &err, 1, "--seed="));
    assert_false(parse(&args, &err, 1, "--out"));
    assert_string_equal(err.text, "flag --out needs a value, FILE");
    assert_false(parse(&args, &err, 1, "--dry-run=yes"));
    assert_string_equal(err.text, "flag --dry-run takes no value");
}

static void counts_edits_up_to_a_limit(void **state)
{
    (void)state;
    assert_int_equal(ctl_edit_distance("kitten", "sitting", 9), 3);
    assert_int_equal(ctl_edit_distance("", "abc", 9), 3);
    assert_int_equal(ctl_edit_distance("same", "same", 2), 0);
    assert_int_equal(ctl_edit_distance("kitten", "sitting", 2), 3);
}

static void a_name_as_short_as_the_edits_is_near_to_nothing(void **state)
{
    (void)state;
    static const char *const names[] = { "up", "down", NULL };
    assert_null(ctl_nearest("xy", names));
    assert_string_equal(ctl_nearest("dwn", names), "down");
    assert_string_equal(ctl_nearest("u", names), "up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values_behind_an_equals_sign_a_blank_or_nothing),
        cmocka_unit_test(the_last_of_several_values_holds),
        cmocka_unit_test(splits_lists_at_commas_over_all_their_occurrences),
        cmocka_unit_test(a_double_dash_ends_the_flags_and_a_single_one_is_a_word),
        cmocka_unit_test(refuses_an_unrecognized_flag_and_names_the_nearest),
        cmocka_unit_test(refuses_values_that_do_not_fit),
        cmocka_unit_test(counts_edits_up_to_a_limit),
        cmocka_unit_test(a_name_as_short_as_the_edits_is_near_to_nothing),
    };
    return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
