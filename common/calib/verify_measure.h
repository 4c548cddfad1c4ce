/* Measures a residual image for verification: the metrics of each amplifier and of the detector. */
#pragma once

#include "calib/isr.h"
#include "calib/verify_cosmic.h"

/* Types with tests of their own. */
enum cb_verify_type { CB_VERIFY_BIAS = 0, CB_VERIFY_DARK, CB_VERIFY_FLAT, CB_VERIFY_TYPES };
const char *cb_verify_type_name(enum cb_verify_type type); /* "bias": the calibration's dataset type */
const char *cb_verify_stage(enum cb_verify_type type);     /* "BIAS": prefix of result columns */
bool cb_verify_type_parse(const char *name, enum cb_verify_type *ret_type);

/* Settings with upstream's values. Source: lsst/cp_verify verifyStats.py, CpVerifyStatsConfig */
struct cb_verify_config {
    double clip; /* sigmas */
    int rounds;
    uint32_t reject; /* planes left out: DETECTED, BAD, NO_DATA */
    int corner_px;   /* side of the box at the readout corner */
    struct cb_verify_cosmic_config cosmic;
};
struct cb_verify_config cb_verify_defaults(void);

/* What is known of an amplifier beforehand, to judge the noise by. NaN: not known. */
struct cb_verify_expected {
    double gain;              /* electron per adu */
    double read_noise;        /* electron */
    double overscan_fraction; /* variance that the overscan correction adds, in units of read_noise^2 */
    double
        calib_variance;   /* variance of the calibration as subtracted, electron^2; negative for its inputs */
    double dark_signal;   /* subtracted dark charge, electron */
    double flat_fraction; /* variance of the flat over its square */
};

/* One amplifier. NaN: could not be measured. */
struct cb_verify_amp {
    char amp[8];
    size_t pixels, good; /* good: finite and none of the rejected planes */
    double mean, noise;  /* plain mean; 5 sigma clipped standard deviation; electron */
    double median;
    double cr_noise; /* plain standard deviation after the cosmic rays are gone; not for flats */
    double corner;   /* mean of the box at the readout corner; bias only */
    double pattern;  /* variance of whole rows and columns against each other, electron^2: what noise holds of
                        it */
    double mean_sig; /* mean in units of its own error, informative */
    double read_noise_adu; /* of the corrected serial overscan */
    struct cb_verify_expected expected;
};

struct cb_verify_detector {
    enum cb_verify_type type;
    size_t amps;
    struct cb_verify_amp amp[CB_MAX_SEGMENTS];
    double mean, scatter;  /* flats: of the amplifiers' means; n - 1 in the scatter; else NaN */
    bool too_many_cosmics; /* the pass was given up: no cr_noise */
};

/*
 * Metrics of one residual image of one exposure.
 *
 * image      assembled, electron; the cosmic-ray pass (bias, dark) REPLACES pixels in it, after the rest is
 * done report     of its ISR: gain, read noise and overscan residual of each amplifier expected
 * [geometry->segments] in the same order, may be NULL: only gain and read noise are then known
 *
 * An amplifier without a good pixel has NaN everywhere.
 *
 * Errors    CB_ERR_INVALID    image and geometry differ in size, an amplifier of the geometry is not in the
 * report CB_ERR_TRANSIENT  no memory Source    lsst/cp_verify verifyBias.py, verifyDark.py, verifyFlat.py,
 * verifyStats.py Differs   the corner box shrinks on scaled frames to two fifths of a side; full-size frames
 * keep the source's box, which misses the last column (row) of a flipped amplifier
 */
CB_MUST_CHECK bool cb_verify_measure(struct cb_image *image, const struct cb_geometry *geometry,
                                     const struct cb_isr_report *report,
                                     const struct cb_verify_expected *expected, enum cb_verify_type type,
                                     const struct cb_verify_config *config, uint64_t exposure_id,
                                     uint32_t detector, struct cb_verify_detector *ret_measured,
                                     struct cb_error *err);

/* Variance of the median of n unit normals (the asymptotic pi / 2n, corrected for small n); 0 for n < 1. */
double cb_verify_median_variance(int n);
/* Variance that MEDIAN_PER_ROW in both directions adds to each pixel, in units of the read noise squared. */
double cb_verify_overscan_fraction(const struct cb_segment *segment, const struct cb_overscan_config *config);
/*
 * Median value and median variance of a calibration over an amplifier (NaN and NO_DATA pixels left out).
 *
 * Errors    whatever read_box reports; CB_ERR_TRANSIENT no memory
 */
CB_MUST_CHECK bool cb_verify_frame_level(const struct cb_frame_source *frame, struct cb_box box,
                                         double *ret_median, double *ret_variance, struct cb_error *err);

/*
 * Mark as BAD the pixels of an amplifier whose dark charge is noisier than the read-out: they are defects,
 * and their scatter says nothing about the dark.
 *
 * scale       dark time of the exposure over that of the dark
 * read_noise  electron
 *
 * Errors    as cb_verify_frame_level
 */
CB_MUST_CHECK bool cb_verify_mask_hot(struct cb_image *image, const struct cb_frame_source *dark,
                                      struct cb_box box, double scale, double read_noise,
                                      struct cb_error *err);

/* Means over the rows (of each column) and over the columns (of each row) of an amplifier: [box.width],
 * [box.height]. Plain means, no mask. Source: lsst/ip_isr isrStatistics.py, measureProjectionStatistics */
void cb_verify_projections(const struct cb_image *image, struct cb_box box, double *ret_horizontal,
                           double *ret_vertical);
/* Pearson correlation of each pair of amplifiers, [amps * amps], pixel by pixel as stored; NaN for amplifiers
 * of different shape or without spread. Source: lsst/ip_isr isrStatistics.py, measureAmpCorrelations */
void cb_verify_amp_correlation(const struct cb_image *image, const struct cb_geometry *geometry,
                               double *ret_matrix);
