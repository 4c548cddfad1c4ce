/* Which calibrations the header of a processed raw should name. */
#include "pick_raw.h"

#include "support/spec.h"

static char filter[] = "r_03";
static const struct cb_frame raw = { .detector = 4, .physical_filter = filter, .when = { 1000, 2000 } };

static struct distributed calibration(const char *type, const char *physical_filter, int64_t detector)
{
    return (struct distributed){
        .type = type, .physical_filter = physical_filter, .detector = detector, .validity = { 500, 5000 }
    };
}

static void each_kind_of_raw_has_its_calibrations(void **state)
{
    (void)state;
    assert_true(is_applied("bias", RAW_BIAS));
    assert_false(is_applied("dark", RAW_BIAS));
    assert_true(is_applied("dark", RAW_DARK));
    assert_false(is_applied("flat", RAW_DARK));
    assert_true(is_applied("flat", RAW_LIT));
    assert_true(is_applied("ptc", RAW_BIAS));
    assert_false(is_applied("defects", RAW_LIT));
}

static void a_flat_is_for_its_filter_only(void **state)
{
    (void)state;
    struct distributed r = calibration("flat", "r_03", 4), g = calibration("flat", "g_01", 4);
    assert_true(is_expected(&r, &raw, RAW_LIT));
    assert_false(is_expected(&g, &raw, RAW_LIT));
}

static void a_calibration_is_for_its_detector_only(void **state)
{
    (void)state;
    struct distributed own = calibration("bias", "", 4), other = calibration("bias", "", 0);
    assert_true(is_expected(&own, &raw, RAW_BIAS));
    assert_false(is_expected(&other, &raw, RAW_BIAS));
}

static void a_calibration_is_for_its_time_only(void **state)
{
    (void)state;
    struct distributed bias = calibration("bias", "", 4);
    bias.validity = (struct cb_timespan){ 2000, 5000 };
    assert_false(is_expected(&bias, &raw, RAW_BIAS));
    bias.validity = (struct cb_timespan){ 1999, 5000 };
    assert_true(is_expected(&bias, &raw, RAW_BIAS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_raw_has_its_calibrations),
        cmocka_unit_test(a_flat_is_for_its_filter_only),
        cmocka_unit_test(a_calibration_is_for_its_detector_only),
        cmocka_unit_test(a_calibration_is_for_its_time_only),
    };
    return cmocka_run_group_tests_name("calibrations expected of a raw", tests, NULL, NULL);
}
