/* Combines exposures of one detector into a calibration image, streaming: memory does not grow with their
 * number, nor with the size of the detector unless its frames must be looked at whole. */
#pragma once

#include "calib/isr.h"

enum cb_exposure_scaling {
    CB_SCALE_UNITY = 0,
    CB_SCALE_EXPOSURE_TIME,
    CB_SCALE_DARK_TIME,
    CB_SCALE_MEAN_STATS,
    CB_SCALE_INPUT_LIST
};

#define CB_PERCENTILES 7 /* 0 5 16 50 84 95 100 */

/* Settings with upstream's names. Source: lsst/cp_pipe cpCombine.py, CalibCombineConfig. */
struct cb_combine_config {
    enum cb_exposure_scaling exposureScaling;
    double clip; /* sigmas */
    int nIter;
    int maxVisitsToCalcErrorFromInputVariance;
    uint32_t mask;             /* planes of the inputs that are left out */
    uint32_t noGoodPixelsMask; /* set where no input is usable */
    bool checkNoData;
    bool censorMaskPlanes; /* clear every other plane of the result */
    double statsClip;      /* for CB_SCALE_MEAN_STATS */
    int statsNIter;
    uint32_t statsMask;
    bool doCosmicRays;  /* CpDark: find cosmic rays in each input before the combination */
    double psfFwhm;     /* pixels */
    int crGrow;         /* pixels */
    size_t cache_bytes; /* decoded pixels of one segment are kept while they fit in here, else read twice */
};

/* Upstream's defaults: Unity, 3 sigma, 3 rounds, SAT DETECTED INTRP. */
struct cb_combine_config cb_combine_defaults(void);
CB_MUST_CHECK bool cb_exposure_scaling_parse(const char *text, enum cb_exposure_scaling *ret,
                                             struct cb_error *err);

/* One input of a stack. */
struct cb_stack_source {
    struct cb_raw_source raw;
    double scale;            /* CB_SCALE_INPUT_LIST, scalingLevel DETECTOR: divide by it */
    const double *amp_scale; /* CB_SCALE_INPUT_LIST, scalingLevel AMP: [segments]; NULL: scale is used */
};

struct cb_combine_report {
    size_t inputs;
    struct cb_isr_report
        *isr; /* [inputs]; FINAL and mask numbers are NaN and 0 unless the frame was looked at whole */
    double (*scale)[CB_MAX_SEGMENTS]; /* [inputs] what each amplifier was divided by */
    size_t *cosmic_pixels;            /* [inputs] pixels masked as cosmic rays */
    size_t amps;
    char amp[CB_MAX_SEGMENTS][8];
    double percentile[CB_MAX_SEGMENTS]
                     [CB_PERCENTILES]; /* of the good pixels of each amplifier of the result */
    size_t bad_pixels[CB_MAX_SEGMENTS];
    enum cb_unit unit;
};
void cb_combine_report_done(struct cb_combine_report *report);

/*
 * ISR on each exposure and combination of them all.
 *
 * sources     [n] of one geometry
 * out         a store of the geometry's size; segments are written to it as they are done. Its unit is set
 * ret_report  initialised here; end it with cb_combine_report_done, also after a failure
 *
 * Each pixel is the clipped mean of its n values (median and interquartile range first, then mean and sigma).
 * Variance: clipped variance / m, or with n < maxVisitsToCalcErrorFromInputVariance sum(variance) / m^2 over
 * the m used. Mask: OR of the used inputs'. No usable input, NaN: the median of the detector's good pixels,
 * BAD. The result is in the inputs' unit, for CB_SCALE_DARK_TIME per second; a flat (MEAN_STATS, INPUT_LIST)
 * has none.
 *
 * Errors    CB_ERR_INVALID    no source, different geometries, a scale that is not > 0, NO_DATA in the result
 *                             (checkNoData), whatever ISR reports
 *           CB_ERR_CONFLICT, CB_ERR_TRANSIENT  as cb_isr_exposure
 * Source    lsst/cp_pipe cpCombine.py, CalibCombineTask.run; cpDark.py; lsst/afw statisticsStack
 */
CB_MUST_CHECK bool cb_combine_stream(const struct cb_stack_source *sources, size_t n,
                                     const struct cb_isr_config *isr, const struct cb_isr_inputs *inputs,
                                     const struct cb_combine_config *config, struct cb_frame_store *out,
                                     struct cb_combine_report *ret_report, struct cb_error *err);

/* What 3.4 of the reference says of an input, for the header of the combined image. */
struct cb_combine_input {
    const struct cb_header *header; /* of the exposure after ISR */
    uint64_t exposure_id;
    double mid_mjd_tai;       /* date-avg, days TAI */
    const char *mid_date_tai; /* the same as "2024-12-08T20:00:00.000" */
    double exposure_s;
    double scale;
};

/* Texts that are the caller's to know. */
struct cb_combine_stamp {
    const char *calibration_type;  /* "bias", "dark", "flat": OBSTYPE */
    const char *dataset_type;      /* "biasBootstrap": a plain "bias" has exposure time 0, others 1 */
    const char *creation_datetime; /* UTC, "2024-12-10T01:02:03" */
    const char *creation_date;     /* local */
    const char *creation_time;     /* local with zone */
    const char *flat_source;       /* FLATSRC for flats, NULL otherwise */
    const char *filter, *band;     /* physical filter and band label of by-filter products, NULL otherwise */
    const char *date_beg, *date_avg, *date_end; /* TAI */
    double mjd_beg, mjd_avg, mjd_end;           /* TAI */
};

/* The header of a combined image. report may be NULL: no statistics. */
void cb_combine_header(const struct cb_combine_input *inputs, size_t n, const struct cb_combine_stamp *stamp,
                       const struct cb_combine_report *report, struct cb_header *ret_header);
