/* Which verification tests pass: bias, dark, flat, exposures, runs. */
#include "calib/verify_tests.h"
#include "support/spec.h"

#include <string.h>

static const struct cb_verify_expected plain = { .gain = 1.5, .read_noise = 5.0 };

static struct cb_verify_detector bias_of(double mean, double noise, double cr_noise)
{
    struct cb_verify_detector d = { .type = CB_VERIFY_BIAS, .amps = 1, .mean = NAN, .scatter = NAN };
    d.amp[0] = (struct cb_verify_amp){ .amp = "C00",
                                       .mean = mean,
                                       .noise = noise,
                                       .cr_noise = cr_noise,
                                       .corner = 0.0,
                                       .read_noise_adu = 5.0 / 1.5,
                                       .expected = plain };
    return d;
}

/* The outcome of a test by name; 0 when it was not made. */
static enum cb_outcome outcome_of(const struct cb_verify_detector *d, const char *test, bool upstream)
{
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    struct cb_verify_limits limits = cb_verify_limits_default();
    limits.upstream = upstream;
    size_t count = cb_verify_amp_tests(d, 0, &limits, results);
    for (size_t i = 0; i < count; i++)
        if (strcmp(results[i].test, test) == 0)
            return results[i].outcome;
    return 0;
}

static void a_mean_must_stay_below_the_noise(void **state)
{
    (void)state;
    struct cb_verify_detector low = bias_of(-4.99, 5.0, 5.0), at = bias_of(5.0, 5.0, 5.0);
    assert_int_equal(outcome_of(&low, "MEAN", false), CB_OUTCOME_PASS);
    assert_int_equal(outcome_of(&at, "MEAN", false), CB_OUTCOME_FAIL); /* strict */
}

static void a_noise_five_percent_off_fails_on_both_sides_and_upstream_above_only(void **state)
{
    (void)state;
    struct cb_verify_detector high = bias_of(0, 5.26, 5.26), low = bias_of(0, 4.74, 4.74),
                              good = bias_of(0, 5.24, 5.24);
    assert_int_equal(outcome_of(&high, "NOISE", false), CB_OUTCOME_FAIL);
    assert_int_equal(outcome_of(&low, "NOISE", false), CB_OUTCOME_FAIL);
    assert_int_equal(outcome_of(&good, "NOISE", false), CB_OUTCOME_PASS);
    assert_int_equal(outcome_of(&high, "NOISE", true), CB_OUTCOME_FAIL);
    assert_int_equal(outcome_of(&low, "NOISE", true), CB_OUTCOME_PASS);
}

static void the_noise_of_overscan_and_calibration_is_allowed_for(void **state)
{
    (void)state;
    struct cb_verify_detector d = bias_of(0, 5.5, 5.5);
    assert_int_equal(outcome_of(&d, "NOISE", false), CB_OUTCOME_FAIL);
    d.amp[0].pattern = 4.0; /* nothing of it is the overscan's yet */
    assert_int_equal(outcome_of(&d, "NOISE", false), CB_OUTCOME_FAIL);
    d.amp[0].expected.overscan_fraction = 0.16;
    d.amp[0].expected.calib_variance = 1.25; /* 25 * 1.21 = 5.5^2 */
    assert_int_equal(outcome_of(&d, "NOISE", false), CB_OUTCOME_PASS);
    assert_int_equal(outcome_of(&d, "NOISE", true), CB_OUTCOME_FAIL);
}

static void cosmic_rays_may_change_the_noise_by_five_percent(void **state)
{
    (void)state;
    struct cb_verify_detector wide = bias_of(0, 5.0, 5.3), narrow = bias_of(0, 5.0, 4.7),
                              near = bias_of(0, 5.0, 5.2);
    assert_int_equal(outcome_of(&wide, "CR_NOISE", false), CB_OUTCOME_FAIL);
    assert_int_equal(outcome_of(&narrow, "CR_NOISE", false), CB_OUTCOME_FAIL);
    assert_int_equal(outcome_of(&near, "CR_NOISE", false), CB_OUTCOME_PASS);
}

static void a_value_that_is_missing_is_no_data_and_never_success(void **state)
{
    (void)state;
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    struct cb_verify_limits limits = cb_verify_limits_default();
    struct cb_verify_detector d = bias_of(NAN, NAN, NAN);
    size_t count = cb_verify_amp_tests(&d, 0, &limits, results);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(results[i].outcome, CB_OUTCOME_NO_DATA);
    assert_false(cb_verify_success(results, count));

    struct cb_verify_detector unknown = bias_of(0, 5.0, 5.0);
    unknown.amp[0].expected.read_noise = NAN;
    assert_int_equal(outcome_of(&unknown, "NOISE", false), CB_OUTCOME_NO_DATA);
}

static void read_noise_consistency_is_told_but_does_not_count(void **state)
{
    (void)state;
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    struct cb_verify_limits limits = cb_verify_limits_default();
    struct cb_verify_detector d = bias_of(0, 5.0, 5.0);
    d.amp[0].read_noise_adu = 4.0; /* 6 electrons */
    size_t count = cb_verify_amp_tests(&d, 0, &limits, results);
    assert_int_equal(outcome_of(&d, "READ_NOISE_CONSISTENT", false), CB_OUTCOME_FAIL);
    assert_true(cb_verify_success(results, count));
    d.amp[0].read_noise_adu = 0.0;
    assert_int_equal(outcome_of(&d, "READ_NOISE_CONSISTENT", false), 0); /* absent */
}

static void too_many_cosmics_fail_processing(void **state)
{
    (void)state;
    struct cb_verify_detector d = bias_of(0, 5.0, NAN);
    assert_int_equal(outcome_of(&d, "PROCESSING", false), 0);
    d.too_many_cosmics = true;
    assert_int_equal(outcome_of(&d, "PROCESSING", false), CB_OUTCOME_FAIL);
}

static struct cb_verify_detector flat_of(const double *mean, size_t amps, double noise)
{
    struct cb_verify_detector d = { .type = CB_VERIFY_FLAT, .amps = amps, .mean = 0, .scatter = 0 };
    for (size_t i = 0; i < amps; i++)
        d.amp[i] = (struct cb_verify_amp){ .mean = mean[i], .noise = noise, .expected = plain };
    return d;
}

static void the_noise_of_a_flat_is_that_of_its_light(void **state)
{
    (void)state;
    const double mean[] = { 10000.0 };
    struct cb_verify_detector quiet = flat_of(mean, 1, 100.0), some = flat_of(mean, 1, 104.0),
                              loud = flat_of(mean, 1, 106.0);
    assert_int_equal(outcome_of(&quiet, "NOISE", true), CB_OUTCOME_PASS);
    assert_int_equal(outcome_of(&some, "NOISE", true), CB_OUTCOME_FAIL);
    assert_int_equal(outcome_of(&some, "NOISE", false), CB_OUTCOME_PASS);
    assert_int_equal(outcome_of(&loud, "NOISE", false), CB_OUTCOME_FAIL);
    loud.amp[0].expected.flat_fraction = 4e-6; /* adds 400 electron^2 */
    assert_int_equal(outcome_of(&loud, "NOISE", false), CB_OUTCOME_PASS);
}

static void an_amplifier_off_the_level_of_its_detector_fails(void **state)
{
    (void)state;
    const double mean[] = { 9400.0, 10000.0, 10050.0, 9950.0 };
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    struct cb_verify_limits limits = cb_verify_limits_default();
    struct cb_verify_detector d = flat_of(mean, 4, 90.0);
    assert_int_equal(cb_verify_amp_tests(&d, 0, &limits, results), 2);
    assert_string_equal(results[1].test, "LEVEL");
    assert_int_equal(results[1].outcome, CB_OUTCOME_FAIL);
    assert_close(results[1].value, 9400.0, 0);
    assert_close(results[1].limit, 9975.0 * 0.95, 1e-9);
    assert_int_equal(cb_verify_amp_tests(&d, 2, &limits, results), 2);
    assert_int_equal(results[1].outcome, CB_OUTCOME_PASS);
}

static void scatter_of_detectors_is_relative_and_upstream_absolute(void **state)
{
    (void)state;
    const double mean[] = { 9900.0, 10000.0, 10100.0 };
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    struct cb_verify_limits limits = cb_verify_limits_default();
    double scatter = 0.0;
    assert_int_equal(cb_verify_exposure_tests(CB_VERIFY_FLAT, mean, 3, &limits, &scatter, results), 1);
    assert_close(scatter, 81.649658, 1e-6);
    assert_int_equal(results[0].outcome, CB_OUTCOME_PASS);
    limits.upstream = true;
    assert_int_equal(cb_verify_exposure_tests(CB_VERIFY_FLAT, mean, 3, &limits, &scatter, results), 1);
    assert_int_equal(results[0].outcome, CB_OUTCOME_FAIL);
    assert_int_equal(cb_verify_exposure_tests(CB_VERIFY_BIAS, mean, 3, &limits, &scatter, results), 0);

    struct cb_verify_detector d = { .type = CB_VERIFY_FLAT, .mean = 100.0, .scatter = 5.1 };
    assert_int_equal(cb_verify_detector_tests(&d, &limits, results), 1);
    assert_int_equal(results[0].outcome, CB_OUTCOME_FAIL);
}

/* Thresholds: verification.md 5.5. */
static void the_vote_has_the_published_thresholds(void **state)
{
    (void)state;
    struct cb_verify_ballot ballots[20] = { { 0 } };
    const struct {
        size_t detectors, tests;
    } cases[] = { { 1, 8 }, { 9, 40 }, { 189, 760 }, { 197, 792 } };
    for (size_t i = 0; i < 4; i++) {
        struct cb_verify_vote vote = cb_verify_majority(ballots, 20, cases[i].detectors, 8, true);
        assert_int_equal(vote.max_failed_tests, cases[i].tests);
        assert_int_equal(vote.max_failed_exposures, 11);
    }
    assert_int_equal(cb_verify_majority(ballots, 19, 9, 8, true).max_failed_exposures, 11);
    assert_int_equal(cb_verify_majority(ballots, 1, 9, 8, true).max_failed_exposures, 2);
    assert_int_equal(cb_verify_majority(ballots, 19, 9, 8, false).max_failed_exposures, 10);
    assert_int_equal(cb_verify_majority(ballots, 1, 9, 8, false).max_failed_exposures, 1);
}

static void a_run_is_lost_when_most_of_its_exposures_are(void **state)
{
    (void)state;
    struct cb_verify_ballot ballots[4] = { { .worst_failures = 40 },
                                           { .worst_failures = 41 },
                                           { .worst_failures = 39 } };
    assert_true(cb_verify_majority(ballots, 4, 9, 8, false).certify);
    ballots[2].worst_failures = 40;
    assert_false(cb_verify_majority(ballots, 4, 9, 8, false).certify);
}

static void a_verdict_is_never_green_without_data(void **state)
{
    (void)state;
    const struct cb_verify_vote kept = { .certify = true }, lost = { .certify = false };
    struct cb_verify_tally all = { 432, 432, 0, 0 }, some = { 432, 429, 3, 0 }, none = { 432, 0, 0, 432 },
                           half = { 432, 216, 0, 216 }, empty = { 0 };
    assert_int_equal(cb_verify_run_verdict(&all, &kept, true, false), CB_RUN_PASS);
    assert_int_equal(cb_verify_run_verdict(&some, &kept, false, true), CB_RUN_WARN);
    assert_int_equal(cb_verify_run_verdict(&some, &kept, true, true), CB_RUN_FAIL);
    assert_int_equal(cb_verify_run_verdict(&some, &kept, true, false), CB_RUN_WARN);
    assert_int_equal(cb_verify_run_verdict(&some, &lost, false, false), CB_RUN_FAIL);
    assert_int_equal(cb_verify_run_verdict(&none, &kept, true, false), CB_RUN_NO_DATA);
    assert_int_equal(cb_verify_run_verdict(&half, &kept, true, false), CB_RUN_FAIL);
    assert_int_equal(cb_verify_run_verdict(&empty, &kept, true, false), CB_RUN_NO_DATA);
}

static void one_bad_exposure_is_an_outlier_and_half_of_them_a_change(void **state)
{
    (void)state;
    const struct cb_verify_cell outlier = { .passed = 3, .failed = 1 }, change = { .passed = 2, .failed = 2 },
                                gap = { .passed = 2, .no_data = 1 }, good = { .passed = 1 };
    assert_false(cb_verify_cell_persistent(&outlier));
    assert_true(cb_verify_cell_persistent(&change));
    assert_int_equal(cb_verify_cell_outcome(&outlier), CB_OUTCOME_FAIL);
    assert_int_equal(cb_verify_cell_outcome(&gap), CB_OUTCOME_NO_DATA);
    assert_int_equal(cb_verify_cell_outcome(&good), CB_OUTCOME_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_must_stay_below_the_noise),
        cmocka_unit_test(a_noise_five_percent_off_fails_on_both_sides_and_upstream_above_only),
        cmocka_unit_test(the_noise_of_overscan_and_calibration_is_allowed_for),
        cmocka_unit_test(cosmic_rays_may_change_the_noise_by_five_percent),
        cmocka_unit_test(a_value_that_is_missing_is_no_data_and_never_success),
        cmocka_unit_test(read_noise_consistency_is_told_but_does_not_count),
        cmocka_unit_test(too_many_cosmics_fail_processing),
        cmocka_unit_test(the_noise_of_a_flat_is_that_of_its_light),
        cmocka_unit_test(an_amplifier_off_the_level_of_its_detector_fails),
        cmocka_unit_test(scatter_of_detectors_is_relative_and_upstream_absolute),
        cmocka_unit_test(the_vote_has_the_published_thresholds),
        cmocka_unit_test(a_run_is_lost_when_most_of_its_exposures_are),
        cmocka_unit_test(a_verdict_is_never_green_without_data),
        cmocka_unit_test(one_bad_exposure_is_an_outlier_and_half_of_them_a_change),
    };
    return cmocka_run_group_tests_name("verification tests", tests, NULL, NULL);
}
