/* Measures and describes the overscan correction of one raw segment (MEDIAN_PER_ROW, serial then parallel).
 */
#pragma once

#include "calib/dither.h"
#include "calib/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Settings with upstream's names. Source: lsst/ip_isr overscanAmpConfig.py, OverscanAmpConfig and its tasks.
 */
struct cb_overscan_config {
    bool doSerialOverscan;
    int serialLeadingToSkip, serialTrailingToSkip; /* columns next to the data, at the far end */
    double serialMaxDeviation;                     /* adu, absolute */
    bool doParallelOverscan;
    int parallelLeadingToSkip, parallelTrailingToSkip; /* rows */
    double parallelMaxDeviation;                       /* adu */
    bool parallelAbsoluteMaxDeviation;                 /* else only pixels above the median */
    bool doMedianSmoothingOutlierRejection;            /* parallel */
    int medianSmoothingKernel;                         /* columns, odd */
    double medianSmoothingOutlierThreshold;            /* adu */
    int parallelMaskedColumnGrowSize;                  /* columns */
    double numSigmaClip;
    double parallelOverscanSaturationLevel; /* adu */
    int parallelOverscanMaskGrowSize;       /* pixels, diamond */
};

/* Upstream's defaults, those of LSSTComCam and LSSTCam. */
struct cb_overscan_config cb_overscan_defaults(void);

/* Mean, median and clipped standard deviation (3 sigma, 3 rounds). */
struct cb_overscan_numbers {
    double mean, median, stdev;
};

/* What to subtract from each pixel of one segment, adu. Owned by the struct. */
struct cb_overscan_fit {
    size_t rows;      /* of data and parallel overscan */
    size_t columns;   /* of data */
    float *serial;    /* [rows], 0 where there is no serial correction */
    float *parallel;  /* [columns] */
    uint8_t *bad_row; /* [rows] 1 where the serial overscan row is completely bad */
    uint8_t *bad_column;
    struct cb_overscan_numbers serial_fit, serial_residual;
    struct cb_overscan_numbers parallel_fit, parallel_residual; /* adu */
    bool parallel_flooded; /* no parallel correction: the overscan is as bright as the image */
};

void cb_overscan_fit_done(struct cb_overscan_fit *fit);

/*
 * Measure the overscans of a whole raw segment.
 *
 * raw       [height_px * width_px] adu, row by row; not modified
 * dither    how each pixel is dithered before it is looked at
 * ret_fit   initialised here (what it held is not freed); end it with cb_overscan_fit_done
 *
 * Serial first, then the parallel overscan of the serially corrected rows; each: pixels that lie more than
 * maxDeviation from the median are bad, rows (columns) of bad pixels only are collected, outliers beyond
 * numSigmaClip of the row's interquartile sigma are left out, the median of the others is the row's value,
 * gaps are filled from both sides. All bad: no correction. Skips shrink to a quarter of the overscan
 * (cb_skip_shrink).
 *
 * Errors    CB_ERR_INVALID    a serial or parallel overscan is wanted and the segment has none
 *           CB_ERR_TRANSIENT  no memory
 * Source    lsst/ip_isr overscan.py, SerialOverscanCorrectionTask, ParallelOverscanCorrectionTask, fit
 * MEDIAN_PER_ROW Differs   the parallel overscan is measured before the gain is applied, with thresholds in
 * adu (the same but for rounding); its numbers are in adu
 */
CB_MUST_CHECK bool cb_overscan_measure(const int32_t *raw, const struct cb_segment *segment,
                                       const struct cb_overscan_config *config,
                                       const struct cb_dither *dither, struct cb_overscan_fit *ret_fit,
                                       struct cb_error *err);
