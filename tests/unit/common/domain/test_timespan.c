/* Ranges of TAI nanoseconds. */
#include "domain/timespan.h"

#include "support/spec.h"

static const char *text_of(struct cb_timespan span)
{
    static char text[CB_TIMESPAN_TEXT_SIZE];
    cb_timespan_format(span, text);
    return text;
}

static void the_limits_are_stored_as_unbounded(void **state)
{
    (void)state;
    assert_string_equal(text_of(cb_timespan_of(0, CB_TIMESPAN_MAX_NS)), "(,)");
    assert_string_equal(text_of(cb_timespan_of(-5, 7)), "(,7)");
    assert_string_equal(text_of(cb_timespan_of(5, INT64_MAX)), "[5,)");
    assert_string_equal(text_of(cb_timespan_of(5, 7)), "[5,7)");
}

static void equal_times_become_one_nanosecond_and_reversed_ones_nothing(void **state)
{
    (void)state;
    assert_string_equal(text_of(cb_timespan_of(5, 5)), "[5,6)");
    assert_string_equal(text_of(cb_timespan_of(7, 5)), "empty");
    assert_string_equal(text_of(cb_timespan_of(CB_TIMESPAN_MAX_NS, CB_TIMESPAN_MAX_NS)),
                        "[4102444799999999999,)");
}

static void a_validity_that_holds_nowhere_is_refused(void **state)
{
    (void)state;
    struct cb_timespan span = { 1, 2 };
    struct cb_error err = { 0 };
    assert_false(cb_timespan_validity(7, 7, &span, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_false(cb_timespan_validity(7, 5, &span, NULL));
    assert_int_equal(span.end_ns, 2);
    assert_true(cb_timespan_validity(0, CB_TIMESPAN_MAX_NS, &span, NULL));
    assert_false(cb_timespan_has_begin(span));
    assert_false(cb_timespan_has_end(span));
}

static void ranges_are_half_open(void **state)
{
    (void)state;
    struct cb_timespan a = { 10, 20 }, b = { 20, 30 }, always = CB_TIMESPAN_ALWAYS;
    assert_false(cb_timespan_overlaps(a, b));
    assert_true(cb_timespan_overlaps(a, (struct cb_timespan){ 19, 30 }));
    assert_true(cb_timespan_contains(a, 10));
    assert_false(cb_timespan_contains(a, 20));
    assert_true(cb_timespan_contains(always, -1));
    assert_true(cb_timespan_contains(always, INT64_MAX));
    assert_false(cb_timespan_overlaps(cb_timespan_of(7, 5), always));
    assert_false(cb_timespan_contains(cb_timespan_of(7, 5), 6));
    assert_true(cb_timespan_equal(cb_timespan_of(7, 5), cb_timespan_of(9, 8)));
}

static void cutting_leaves_what_lies_before_and_behind(void **state)
{
    (void)state;
    struct cb_timespan rest[2];
    assert_int_equal(
        cb_timespan_difference((struct cb_timespan){ 10, 40 }, (struct cb_timespan){ 20, 30 }, rest), 2);
    assert_int_equal(rest[0].end_ns, 20);
    assert_int_equal(rest[1].begin_ns, 30);
    assert_int_equal(
        cb_timespan_difference((struct cb_timespan){ 10, 40 }, (struct cb_timespan){ 0, 50 }, rest), 0);
    assert_int_equal(
        cb_timespan_difference((struct cb_timespan){ 10, 40 }, (struct cb_timespan){ 40, 50 }, rest), 1);
    assert_int_equal(rest[0].end_ns, 40);
}

static void any_range_text_of_the_database_is_read(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "(,)", "(,)" },     { "[5,7)", "[5,7)" }, { "(5,7]", "[6,8)" },
                                            { "[5,)", "[5,)" },   { "(,7)", "(,7)" },   { "empty", "empty" },
                                            { "[5,5)", "empty" }, { "[0,7)", "(,7)" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cb_timespan span;
        assert_true(cb_timespan_parse(cases[i][0], &span, NULL));
        assert_string_equal(text_of(span), cases[i][1]);
    }
    static const char *const bad[] = { "",   "[", "[1)", "5,7", "[a,7)", "[1,2,3)", "[99999999999999999999,)",
                                       "(,", ",)" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cb_timespan span;
        assert_false(cb_timespan_parse(bad[i], &span, NULL));
    }
}

static void dates_of_the_command_line_are_tai(void **state)
{
    (void)state;
    int64_t ns = 0;
    assert_true(cb_timespan_parse_date("2024-06-01", &ns, NULL));
    assert_int_equal(ns, INT64_C(1717200000000000000));
    assert_true(cb_timespan_parse_date("2024-12-01T12:00:00.25", &ns, NULL));
    assert_int_equal(ns, INT64_C(1733054400250000000));
    assert_true(cb_timespan_parse_date("1970-01-01T00:00:00", &ns, NULL));
    assert_int_equal(ns, 0);
    assert_true(cb_timespan_parse_date("9999-12-31", &ns, NULL));
    assert_int_equal(ns, CB_TIMESPAN_MAX_NS);
    assert_true(cb_timespan_parse_date("0001-01-01T00:00:00", &ns, NULL));
    assert_int_equal(ns, 0);
    struct cb_error err = { 0 };
    assert_false(cb_timespan_parse_date("2023-02-29", &ns, NULL));
    assert_false(cb_timespan_parse_date("2024-13-01", &ns, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_int_equal(ns, 0);
}

static void people_read_iso_dates(void **state)
{
    (void)state;
    char text[CB_TIMESPAN_ISO_SIZE];
    cb_timespan_format_iso((struct cb_timespan){ INT64_C(1733688000000000000), INT64_C(1733688030000000000) },
                           text);
    assert_string_equal(text, "[2024-12-08T20:00:00, 2024-12-08T20:00:30)");
    cb_timespan_format_seconds(
        (struct cb_timespan){ INT64_C(1733688000000000000), INT64_C(1733688000500000000) }, text);
    assert_string_equal(text, "[2024-12-08T20:00:00, 2024-12-08T20:00:00)");
    cb_timespan_format_seconds(
        (struct cb_timespan){ INT64_C(1733687999999999600), INT64_C(1733688030999400000) }, text);
    assert_string_equal(text, "[2024-12-08T20:00:00, 2024-12-08T20:00:30)");
    cb_timespan_format_seconds(
        (struct cb_timespan){ INT64_C(1733687999999600000), INT64_C(1733688009999600000) }, text);
    assert_string_equal(text, "[2024-12-08T19:59:59, 2024-12-08T20:00:09)");
    cb_timespan_format_seconds((struct cb_timespan)CB_TIMESPAN_ALWAYS, text);
    assert_string_equal(text, "(-∞, ∞)");
    cb_timespan_format_iso((struct cb_timespan)CB_TIMESPAN_ALWAYS, text);
    assert_string_equal(text, "(-∞, ∞)");
}

int main(void)
{
    const struct CMUnitTest timespan[] = {
        cmocka_unit_test(the_limits_are_stored_as_unbounded),
        cmocka_unit_test(equal_times_become_one_nanosecond_and_reversed_ones_nothing),
        cmocka_unit_test(a_validity_that_holds_nowhere_is_refused),
        cmocka_unit_test(ranges_are_half_open),
        cmocka_unit_test(cutting_leaves_what_lies_before_and_behind),
        cmocka_unit_test(any_range_text_of_the_database_is_read),
        cmocka_unit_test(dates_of_the_command_line_are_tai),
        cmocka_unit_test(people_read_iso_dates),
    };
    return cmocka_run_group_tests_name("timespan", timespan, NULL, NULL);
}
