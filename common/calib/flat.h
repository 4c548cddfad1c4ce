/* Measures flats and finds each exposure's scale, so that a stack of them can be combined. */
#pragma once

#include "calib/image.h"
#include "calib/segment.h"

/* Clipped mean (called median for historical reasons), clipped sigma and number of pixels. */
struct cb_flat_level {
    double median, sigma;
    size_t n;
};
struct cb_flat_measure {
    struct cb_flat_level detector;
    size_t amps;
    struct cb_flat_level amp[CB_MAX_SEGMENTS];
};

/*
 * Level of a processed flat: 3 sigma, 3 rounds, without DETECTED, BAD and NO_DATA pixels.
 *
 * Errors    CB_ERR_INVALID  image and geometry differ in size
 * Source    lsst/cp_pipe cpFlatNormalizeTask.py, CpFlatMeasureTask
 */
CB_MUST_CHECK bool cb_flat_measure(const struct cb_image *image, const struct cb_geometry *geometry,
                                   struct cb_flat_measure *ret_measure, struct cb_error *err);

/*
 * Scale of each exposure, free of the detectors' differences: log level = log E[exposure] + log G[detector],
 * solved by ten rounds of weighted averages.
 *
 * level      [detectors * exposures] level[d * exposures + e]; not finite or <= 0: missing, left out
 * weight     [the same shape], pixels; 1 or 0 where the level is missing
 * ret_exposure_scale  [exposures], ret_detector_scale [detectors]; untouched on failure
 *
 * Errors    CB_ERR_INVALID  no detector or exposure, an exposure without any level
 * Source    lsst/cp_pipe cpFlatNormalizeTask.py, CpFlatNormalizeTask.measureScales
 * Differs   missing levels are left out of the weights too; the source keeps their weight in the denominator
 */
CB_MUST_CHECK bool cb_flat_scales(const double *level, const double *weight, size_t detectors,
                                  size_t exposures, double *ret_exposure_scale, double *ret_detector_scale,
                                  struct cb_error *err);
