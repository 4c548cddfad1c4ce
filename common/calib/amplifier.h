/* One amplifier of one exposure: its overscan, gain and noise, and how a row of its data is corrected with
 * them. */
#pragma once

#include "calib/isr.h"
#include "calib/strip.h"

struct cb_amplifier {
    const struct cb_segment *segment;
    struct cb_dither dither;
    struct cb_overscan_fit fit;
    bool bad;              /* its gain is not finite: every pixel is BAD */
    float factor;          /* adu to the unit of the image */
    double variance_gain;  /* image / variance_gain is its variance from shot noise */
    double variance_floor; /* read noise squared, in the image's unit */
};

/*
 * Measure the overscans of a raw segment and look up its gain.
 *
 * ptc             NULL in bootstrap
 * ret_amplifier   end it with cb_amplifier_done, also after a failure
 *
 * Errors    those of cb_overscan_measure; CB_ERR_INVALID when the amplifier is not in the PTC
 */
CB_MUST_CHECK bool cb_amplifier_prepare(const struct cb_raw_source *source, size_t segment,
                                        const int32_t *raw, const struct cb_isr_config *config,
                                        const struct cb_ptc *ptc, struct cb_amplifier *ret_amplifier,
                                        struct cb_amp_report *ret_report, struct cb_error *err);
void cb_amplifier_done(struct cb_amplifier *amplifier);

/* Dither, overscan and gain of one data row: data points to its first data pixel; ret_value [data width]. */
void cb_amplifier_row(const struct cb_amplifier *amplifier, size_t row, const int32_t *data,
                      float *ret_value);

/* The calibrations of the rows at hand; absent ones are NULL. */
struct cb_calibrations {
    const struct cb_strip *bias, *dark, *flat;
    double dark_scale;
};

/*
 * Bias, dark, NaN mask, variance and flat of one row.
 *
 * strip_row  the row's place in the strips
 * value      [width] from cb_amplifier_row, changed in place
 * variance   [width] filled; NULL: not wanted
 * mask       [width] filled
 * Returns whether some bit of mask is set.
 */
bool cb_amplifier_calibrate(const struct cb_amplifier *amplifier, const struct cb_isr_config *config,
                            const struct cb_calibrations *calibrations, size_t strip_row, float *value,
                            float *variance, uint32_t *mask);
