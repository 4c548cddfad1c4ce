/* Judges verification metrics: which tests an amplifier, a detector, an exposure and a run pass. */
#pragma once

#include "calib/verify_measure.h"

/* Outcome of one test. Data that is missing never passes. */
enum cb_outcome { CB_OUTCOME_PASS = 1, CB_OUTCOME_FAIL, CB_OUTCOME_NO_DATA };
const char *cb_outcome_name(enum cb_outcome outcome); /* "pass", "fail", "no_data" */

/* Limits with the source of each; source: lsst/cp_verify, DMTN-101. */
struct cb_verify_limits {
    double noise;      /* 0.05 of the expected noise (DMTN-101 4.3, 5.3) */
    double cr_noise;   /* 0.05 of the noise after the cosmic-ray pass (4.4, 5.4) */
    double flat_noise; /* 0.05 above the expected noise of a flat (10.X) */
    double level;      /* 0.05: amplifier of a flat against the detector's median (as the gains, 6.1) */
    double scatter;    /* 0.05 of the mean (10.Y, 10.Z) */
    bool upstream;     /* judge as the source does, its faults included */
};
struct cb_verify_limits cb_verify_limits_default(void);

/* One judged test. Texts are constants. */
struct cb_verify_result {
    const char *test;    /* "NOISE" */
    const char *metric;  /* whose value is shown */
    const char *unit;    /* "electron", or "" for ratios */
    double value, limit; /* limit: the bound that was crossed, or the nearer one; NaN without data */
    enum cb_outcome outcome;
    bool counts; /* part of SUCCESS */
};

#define CB_VERIFY_TESTS_MAX 8

/*
 * Tests of an amplifier, returns how many.
 *
 *   bias, dark  MEAN      |mean| < noise
 *               NOISE     |noise / expected - 1| <= 0.05,
 *                         expected^2 = read_noise^2 + pattern + dark_signal + calib_variance,
 *                         pattern at most twice overscan_fraction read_noise^2; where calib_variance is
 * negative (an input of the calibration) anything between with and without it is as expected CR_NOISE  |noise
 * - cr_noise| / cr_noise <= 0.05 PROCESSING only when the cosmic-ray pass was given up: fails
 *               READ_NOISE_CONSISTENT  (gain * read_noise_adu - read_noise) / read_noise <= 0.05; not in
 * SUCCESS; absent when gain * read_noise_adu is 0 flat        NOISE     noise <= 1.05 expected, expected^2 =
 * mean + read_noise^2 (1 + overscan_fraction) + mean^2 flat_fraction LEVEL     |mean / median of the
 * detector's amplifiers - 1| <= 0.05
 *
 * With limits->upstream: NOISE of bias and dark is (noise - read_noise) / read_noise <= 0.05 (one-sided), of
 * flats noise <= sqrt(mean), and there is no LEVEL.
 *
 * Source    lsst/cp_verify verifyBias.py, verifyDark.py, verifyFlat.py
 * Differs   noise is compared with what overscan, calibration and dark charge add to it, on both sides; LEVEL
 * is new; missing data is told apart from failure
 */
size_t cb_verify_amp_tests(const struct cb_verify_detector *detector, size_t amp,
                           const struct cb_verify_limits *limits,
                           struct cb_verify_result ret_results[CB_VERIFY_TESTS_MAX]);

/* Tests of a detector: flats SCATTER, scatter / mean <= 0.05; returns how many. */
size_t cb_verify_detector_tests(const struct cb_verify_detector *detector,
                                const struct cb_verify_limits *limits,
                                struct cb_verify_result ret_results[CB_VERIFY_TESTS_MAX]);

/* Tests of an exposure over its detectors: flats SCATTER, standard deviation (n) of the detectors' means over
 * their mean <= 0.05 (upstream: the deviation itself, in electrons); returns how many. ret_scatter: the
 * deviation. */
size_t cb_verify_exposure_tests(enum cb_verify_type type, const double *detector_mean, size_t detectors,
                                const struct cb_verify_limits *limits, double *ret_scatter,
                                struct cb_verify_result ret_results[CB_VERIFY_TESTS_MAX]);

/* Every counting test passed; no counting test at all is success too (a flat's detector level may have none).
 */
bool cb_verify_success(const struct cb_verify_result *results, size_t count);

/* What the vote over exposures needs of one of them. */
struct cb_verify_ballot {
    uint64_t exposure;
    size_t worst_failures; /* failures (amplifiers, detectors) of the test that failed most often in it */
    bool success;
};

/* The vote with its thresholds, by upstream's names. Source: lsst-ts/ts_externalscripts
 * base_make_calibrations.py */
struct cb_verify_vote {
    size_t threshold_per_detector; /* MAX_FAILURES_PER_DETECTOR_PER_TEST_TYPE_THRESHOLD */
    size_t max_failed_detectors;   /* MAX_FAILED_DETECTORS_THRESHOLD */
    size_t max_failed_tests;       /* MAX_FAILED_TESTS_PER_EXPOSURE_THRESHOLD */
    size_t max_failed_exposures;   /* MAX_FAILED_EXPOSURES_THRESHOLD */
    size_t failed_exposures;       /* FINAL_NUMBER_OF_FAILED_EXPOSURES */
    bool certify;
};
#define CB_VERIFY_VOTE_THRESHOLD 8

/* Majority rule: an exposure fails when one test failed threshold * (detectors / 2 + 1) times in it; the run
 * fails when exposures / 2 + 1 of them do. With upstream, the count of exposures is one too large, as there.
 */
struct cb_verify_vote cb_verify_majority(const struct cb_verify_ballot *ballots, size_t exposures,
                                         size_t detectors, size_t threshold, bool upstream);

/* Verdict of a run. */
enum cb_run_verdict { CB_RUN_PASS = 1, CB_RUN_WARN, CB_RUN_FAIL, CB_RUN_NO_DATA };
const char *cb_run_verdict_name(enum cb_run_verdict verdict); /* "PASS", "WARN", "FAIL", "NO_DATA" */

/* One test of one amplifier (or detector) over all exposures of a run. */
struct cb_verify_cell {
    size_t passed, failed, no_data; /* exposures */
};
/* The cell's outcome: fail when it failed anywhere, no data when something was missing, else pass. */
enum cb_outcome cb_verify_cell_outcome(const struct cb_verify_cell *cell);
/* Failed in at least half of the exposures where it was judged: a change, not an outlier. */
bool cb_verify_cell_persistent(const struct cb_verify_cell *cell);

struct cb_verify_tally {
    size_t total, passed, failed, no_data;
};

/*
 * PASS      every cell passed
 * NO_DATA   no cell was judged at all
 * FAIL      the vote is lost; in the daily check also any persistent failure; data is missing from half the
 * cells on WARN      all else
 */
enum cb_run_verdict cb_verify_run_verdict(const struct cb_verify_tally *cells,
                                          const struct cb_verify_vote *vote, bool daily,
                                          bool persistent_failure);
