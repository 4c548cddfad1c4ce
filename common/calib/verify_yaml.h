/* The dictionaries of verification (detector, exposure and run "Stats") as YAML text that PyYAML reads. */
#pragma once

#include "base/bytes.h"
#include "calib/verify_tests.h"

/* A number as PyYAML reads it back: shortest text with a point, ".nan", ".inf", "-.inf". */
void cb_verify_put_number(struct cb_bytes *out, double value);

/* What ISR measured beside the metrics. Borrowed; NULL or NaN: not measured (null). */
struct cb_verify_isr_extras {
    double mjd;                      /* of the exposure, TAI days */
    const double *const *horizontal; /* [amps][width] PROJECTION */
    const double *const *vertical;   /* [amps][height] */
    const size_t *width, *height;    /* [amps] */
    const double (*percentile)[7];   /* [amps] CALIBDIST of the calibration's header: 0 5 16 50 84 95 100 */
    const double *correlation;       /* [amps * amps] AMPCORR */
};

/* What the results rest on, so that a file speaks for itself. Texts borrowed, NULL: left out. */
struct cb_verify_provenance {
    uint64_t exposure;
    uint32_t detector;
    const char *detector_name; /* "R22_S11" */
    const char *calib_run;     /* RUN of the calibration under test */
    const char *calib_uuid;    /* its dataset id */
    const char *calib_sha256;
    bool was_input; /* the exposure went into that calibration */
};

/*
 * verify*DetStats: AMP, METADATA, CATALOG, DET, ISR, VERIFY, SUCCESS as the source has them, and CALBUS with
 * what the source does not keep (provenance, value and limit of each test).
 *
 * ret_success  may be NULL
 *
 * Source    lsst/cp_verify verifyStats.py, CpVerifyStatsTask.run
 */
void cb_verify_yaml_detector(const struct cb_verify_detector *measured, const struct cb_verify_limits *limits,
                             const struct cb_verify_isr_extras *extras,
                             const struct cb_verify_provenance *provenance, struct cb_bytes *out,
                             bool *ret_success);

/* One child of a merged dictionary: a detector of an exposure (name), an exposure of a run (its id as text).
 */
struct cb_verify_part {
    const char *name;
    bool success;
    const char *const *failures; /* [count] "C07 NOISE", "SCATTER"; may be empty */
    size_t count;
};

/* verify*ExpStats: one key per detector, EXP and VERIFY of flats, SUCCESS. `tests` [count] of the exposure,
 * with scatter as EXP.SCATTER; detectors that are missing are parts with a failure "NO_DATA". Source:
 * lsst/cp_verify mergeResults.py, CpVerifyExpMergeTask */
void cb_verify_yaml_exposure(const struct cb_verify_part *detectors, size_t count,
                             const struct cb_verify_result *tests, size_t test_count, double scatter,
                             struct cb_bytes *out, bool *ret_success);

/* verify*Stats: one key per exposure id (an integer), SUCCESS. No exposure: SUCCESS is false. Failures of an
 * exposure's parts carry the detector's name in front already.
 * Source: mergeResults.py, CpVerifyRunMergeTask; Differs: amplifier failures of flats are kept */
void cb_verify_yaml_run(const struct cb_verify_part *exposures, size_t count, struct cb_bytes *out,
                        bool *ret_success);
