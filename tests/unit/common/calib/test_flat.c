/* Scales of flats. */
#include "calib/flat.h"
#include "support/spec.h"

static void scales_of_the_worked_example(void **state)
{
    (void)state;
    const double level[] = {
        10000, 20500, 15200, 40100, 9000, 18400, 13700, 36000, 11000, 22600, 16600, 44200
    };
    double weight[12], exposure[4], detector[3];
    for (size_t i = 0; i < 12; i++)
        weight[i] = 1e6;
    assert_true(cb_flat_scales(level, weight, 3, 4, exposure, detector, NULL));
    assert_close(exposure[0], 10000.0674497, 1e-6);
    assert_close(exposure[1], 20496.729617772, 1e-6);
    assert_close(exposure[2], 15171.03739376, 1e-6);
    assert_close(exposure[3], 40094.140877207, 1e-6);
    assert_close(detector[0], 1.000551696, 1e-9);
    assert_close(detector[1], 0.899652782, 1e-9);
    assert_close(detector[2], 1.099795523, 1e-9);
}

static void a_missing_level_is_left_out_of_the_weights_too(void **state)
{
    (void)state;
    const double level[] = {
        10000, 20500, 15200, 40100, 9000, 18400, NAN, 36000, 11000, 22600, 16600, 44200
    };
    double weight[12], exposure[4], detector[3];
    for (size_t i = 0; i < 12; i++)
        weight[i] = i >= 8 ? 5e5 : 1e6;
    weight[6] = 1.0;
    assert_true(cb_flat_scales(level, weight, 3, 4, exposure, detector, NULL));
    assert_close(exposure[0], 9890.896429722461, 1e-5);
    assert_close(exposure[1], 20263.314028758945, 1e-5);
    assert_close(exposure[2], 14984.860231271554, 1e-5);
    assert_close(exposure[3], 39639.0572257422, 1e-5);
    assert_close(detector[0], 1.01217339996, 1e-9);
    assert_close(detector[1], 0.908722181503, 1e-9); /* what the exposure scales imply */
    assert_close(detector[2], 1.112569973464, 1e-9);
}

static void an_exposure_without_any_level_is_refused(void **state)
{
    (void)state;
    const double level[] = { 100, 0, 100, NAN }, weight[] = { 1, 1, 1, 1 };
    double exposure[2] = { -1, -1 }, detector[2];
    struct cb_error err = { .kind = CB_ERR_NONE };
    assert_false(cb_flat_scales(level, weight, 2, 2, exposure, detector, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_close(exposure[0], -1.0, 0.0);
    assert_false(cb_flat_scales(level, weight, 0, 2, exposure, detector, NULL));
}

static void a_detector_without_any_level_gets_the_mean_of_the_others(void **state)
{
    (void)state;
    const double level[] = { 100, 200, NAN, NAN }, weight[] = { 1, 1, 1, 1 };
    double exposure[2], detector[2];
    assert_true(cb_flat_scales(level, weight, 2, 2, exposure, detector, NULL));
    assert_close(exposure[0], 100.0, 1e-9);
    assert_close(detector[1], 1.0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest flat[] = {
        cmocka_unit_test(scales_of_the_worked_example),
        cmocka_unit_test(a_missing_level_is_left_out_of_the_weights_too),
        cmocka_unit_test(an_exposure_without_any_level_is_refused),
        cmocka_unit_test(a_detector_without_any_level_gets_the_mean_of_the_others),
    };
    return cmocka_run_group_tests_name("scales of flats", flat, NULL, NULL);
}
