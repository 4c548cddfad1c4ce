/* Dates and types of curated data (instruments.md 3). */
#include "domain/curated.h"

#include "support/spec.h"

static void a_start_is_utc_and_becomes_tai(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t tai_ns;
    } cases[] = {
        { "19700101T000000", INT64_C(8000082000) },
        { "20180101T000000", INT64_C(1514764837000000000) },
        { "20221005T000000", INT64_C(1664928037000000000) },
        { "20250430T122300", INT64_C(1746015817000000000) },
        { "2025-04-30T12:23:00", INT64_C(1746015817000000000) },
        { "20180101", INT64_C(1514764837000000000) },
        { "19720101T000000", INT64_C(63072010000000000) },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t tai_ns;
        assert_true(cb_curated_start(cases[i].text, &tai_ns, NULL));
        assert_int_equal(tai_ns, cases[i].tai_ns);
    }
    static const char *const bad[] = { "", "spring", "20180199T000000", "19600101T000000",
                                       "20180101T00000x" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t tai_ns;
        struct cb_error err = { 0 };
        assert_false(cb_curated_start(bad[i], &tai_ns, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
    }
}

static void a_stamp_is_the_calibdate_in_utc(void **state)
{
    (void)state;
    static const struct {
        const char *calibdate, *stamp;
    } cases[] = {
        { "1970-01-01T00:00:00", "19700101T000000Z" },  { "20250430T122300+0000", "20250430T122300Z" },
        { "20250430T122300-0700", "20250430T192300Z" }, { "2025-04-30T12:23:00+02:00", "20250430T102300Z" },
        { "2025-04-30T12:23:00Z", "20250430T122300Z" }, { "2025-04-30", "20250430T000000Z" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char stamp[CB_CURATED_STAMP_SIZE];
        assert_true(cb_curated_stamp(cases[i].calibdate, stamp, NULL));
        assert_string_equal(stamp, cases[i].stamp);
    }
    char stamp[CB_CURATED_STAMP_SIZE];
    assert_false(cb_curated_stamp("today", stamp, NULL));
    assert_false(cb_curated_stamp("", stamp, NULL));
}

static void types_that_need_the_pipelines_are_not_written(void **state)
{
    (void)state;
    static const char *const written[] = { "defects", "manual_defects", "crosstalk",
                                           "bfk",     "linearizer",     "qe_curve" };
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++)
        assert_true(cb_curated_type_find(written[i])->is_written);
    assert_false(cb_curated_type_find("transmission_sensor")->is_written);
    assert_null(cb_curated_type_find("camera"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_is_utc_and_becomes_tai),
        cmocka_unit_test(a_stamp_is_the_calibdate_in_utc),
        cmocka_unit_test(types_that_need_the_pipelines_are_not_written),
    };
    return cmocka_run_group_tests_name("curated data", tests, NULL, NULL);
}
