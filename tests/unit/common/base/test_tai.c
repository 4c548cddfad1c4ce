/* Time scales: the values butler.md 2.3 gives, leap seconds, the calendar's edges. */
#include "base/tai.h"
#include "support/spec.h"

static void reads_the_butler_s_own_examples(void **state)
{
    (void)state;
    int64_t ns = 0;
    assert_true(cb_iso_parse("2024-06-01", &ns));
    assert_int_equal(ns, 1717200000000000000);
    assert_true(cb_iso_parse("2024-12-01T12:00:00.25", &ns));
    assert_int_equal(ns, 1733054400250000000);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    char text[CB_ISO_SIZE];
    cb_iso_format(1733054400250000000, 3, 'T', text);
    assert_string_equal(text, "2024-12-01T12:00:00.250");
    cb_iso_format(-1, 9, ' ', text);
    assert_string_equal(text, "1969-12-31 23:59:59.999999999");
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",
                                         "2024-02-30",
                                         "2024-1-1",
                                         "2024-01-01x",
                                         "2024-01-01T",
                                         "2024-01-01T25:00:00",
                                         "2024-13-01",
                                         "2024-01-01T00:60",
                                         "9999-01-01",
                                         "2024-01-01T00:00:60",
                                         "2024-01-01T00:00:00Z" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t ns = 7;
        assert_false(cb_iso_parse(wrong[i], &ns));
        assert_int_equal(ns, 7);
    }
}

static void counts_leap_seconds(void **state)
{
    (void)state;
    assert_int_equal(cb_leap_seconds(1483228800), 37);
    assert_int_equal(cb_leap_seconds(1483228799), 36);
    assert_int_equal(cb_leap_seconds(63072000), 10);
    assert_int_equal(cb_tai_from_utc(1700000000 * CB_NS_PER_S), 1700000037 * CB_NS_PER_S);
    assert_int_equal(cb_utc_from_tai(1700000037 * CB_NS_PER_S), 1700000000 * CB_NS_PER_S);
}

static void rolls_the_observing_day_at_noon(void **state)
{
    (void)state;
    int64_t noon = 0;
    assert_true(cb_day_obs_start(20241208, &noon));
    assert_int_equal(cb_day_obs(noon), 20241208);
    assert_int_equal(cb_day_obs(noon - 1), 20241207);
    assert_int_equal(cb_day_obs(noon + CB_NS_PER_DAY - 1), 20241208);
    assert_false(cb_day_obs_start(20240230, &noon));
}

static void converts_mjd(void **state)
{
    (void)state;
    assert_int_equal(cb_ns_from_mjd(60652.5), 1733659200000000000);
    assert_close(cb_mjd_from_ns(1733659200000000000), 60652.5, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tai[] = {
        cmocka_unit_test(reads_the_butler_s_own_examples), cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(refuses_what_is_no_date),         cmocka_unit_test(counts_leap_seconds),
        cmocka_unit_test(rolls_the_observing_day_at_noon), cmocka_unit_test(converts_mjd),
    };
    return cmocka_run_group_tests_name("tai", tai, NULL, NULL);
}
