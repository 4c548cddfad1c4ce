/* Gain, noise and row-wise corrections of one amplifier. */
#include "calib/amplifier.h"

#include "calib/simd.h"

#include <math.h>
#include <string.h>

void cb_amplifier_done(struct cb_amplifier *amplifier)
{
    cb_overscan_fit_done(&amplifier->fit);
}

/* Gain, noise and turnoff: 1, measured and none in bootstrap, else the PTC's. */
static bool look_up(const struct cb_isr_config *config, const struct cb_ptc *ptc, double measured_noise,
                    struct cb_amp_report *report, struct cb_error *err)
{
    if (config->doBootstrap) {
        report->gain = 1.0;
        report->read_noise = measured_noise;
        report->turnoff = INFINITY;
        return true;
    }
    const struct cb_ptc_amp *amp = cb_ptc_find(ptc, report->amp);
    if (amp == NULL)
        return cb_fail(err, CB_ERR_INVALID, "amplifier %s is not in the PTC", report->amp);
    report->gain = amp->gain;
    report->read_noise = amp->noise;
    report->turnoff = amp->turnoff * amp->gain;
    return true;
}

static struct cb_overscan_numbers scaled(struct cb_overscan_numbers numbers, double factor)
{
    return (struct cb_overscan_numbers){ numbers.mean * factor, numbers.median * factor,
                                         numbers.stdev * factor };
}

bool cb_amplifier_prepare(const struct cb_raw_source *source, size_t segment, const int32_t *raw,
                          const struct cb_isr_config *config, const struct cb_ptc *ptc,
                          struct cb_amplifier *ret_amplifier, struct cb_amp_report *ret_report,
                          struct cb_error *err)
{
    const struct cb_segment *place = &source->geometry->segment[segment];
    bool in_electrons = config->doApplyGains && !config->doBootstrap;
    struct cb_amp_report report = { .final_mean = NAN, .final_median = NAN, .final_stdev = NAN };
    struct cb_amplifier amplifier = {
        .segment = place,
        .dither =
            cb_dither_of(config->integerDitherMode, source->exposure_id, source->detector, (uint32_t)segment),
    };
    memcpy(report.amp, place->amp, sizeof report.amp);
    bool ok = cb_overscan_measure(raw, place, &config->overscan, &amplifier.dither, &amplifier.fit, err);
    *ret_amplifier = amplifier;
    if (!ok)
        return cb_context(err, "amplifier %s", place->amp);
    if (!look_up(config, ptc, amplifier.fit.serial_residual.stdev, &report, err))
        return false;

    double factor = in_electrons ? report.gain : 1.0;
    report.bad = in_electrons && !isfinite(report.gain);
    report.serial = amplifier.fit.serial_fit;
    report.serial_residual = amplifier.fit.serial_residual;
    report.parallel = scaled(amplifier.fit.parallel_fit, factor);
    report.parallel_residual = scaled(amplifier.fit.parallel_residual, factor);
    ret_amplifier->bad = report.bad;
    ret_amplifier->factor = (float)factor;
    ret_amplifier->variance_gain = in_electrons ? 1.0 : report.gain;
    double noise = report.read_noise / ret_amplifier->variance_gain;
    ret_amplifier->variance_floor = noise * noise;
    *ret_report = report;
    return true;
}

static CB_VECTOR void subtract_and_scale(float *restrict value, size_t n, float row_level,
                                         const float *restrict column_level, float factor)
{
    for (size_t i = 0; i < n; i++)
        value[i] = (value[i] - row_level - column_level[i]) * factor;
}

void cb_amplifier_row(const struct cb_amplifier *amplifier, size_t row, const int32_t *data, float *ret_value)
{
    const struct cb_box *box = &amplifier->segment->data;
    size_t first = ((size_t)box->y0 + row) * (size_t)amplifier->segment->width_px + (size_t)box->x0;
    cb_dither_row(&amplifier->dither, (uint32_t)first, data, (size_t)box->width, ret_value);
    subtract_and_scale(ret_value, (size_t)box->width, amplifier->fit.serial[row], amplifier->fit.parallel,
                       amplifier->factor);
}

/* value -= scale * frame; variance and mask follow. */
static CB_VECTOR void subtract_frame(float *restrict value, float *restrict variance,
                                     const float *restrict frame, const float *restrict frame_variance,
                                     size_t n, float scale)
{
    for (size_t i = 0; i < n; i++)
        value[i] -= scale * frame[i];
    for (size_t i = 0; variance != NULL && i < n; i++)
        variance[i] += scale * scale * frame_variance[i];
}

static void take_mask(uint32_t *mask, const struct cb_strip *strip, size_t first, size_t n)
{
    for (size_t i = 0; strip->any_mask && i < n; i++)
        mask[i] |= strip->mask[first + i];
}

static void subtract(const struct cb_strip *strip, size_t strip_row, double scale, float *value,
                     float *variance, uint32_t *mask)
{
    size_t first = strip_row * strip->width;
    if (strip->rows == 0)
        return;
    subtract_frame(value, variance, strip->value + first, variance != NULL ? strip->variance + first : NULL,
                   strip->width, (float)scale);
    take_mask(mask, strip, first, strip->width);
}

/* Masked-image division. Source: lsst/afw MaskedImage.cc */
static void divide(const struct cb_strip *strip, size_t strip_row, float *value, float *variance,
                   uint32_t *mask)
{
    size_t first = strip_row * strip->width;
    for (size_t i = 0; i < strip->width; i++) {
        double f = (double)strip->value[first + i], v = (double)value[i];
        if (variance != NULL)
            variance[i] = (float)((v * v * (double)strip->variance[first + i] + f * f * (double)variance[i]) /
                                  (f * f * f * f));
        value[i] = (float)(v / f);
    }
    take_mask(mask, strip, first, strip->width);
}

/* x - x is 0 for finite x only, whatever the vector width. */
static CB_VECTOR unsigned any_not_finite(const float *value, size_t n)
{
    unsigned any = 0;
    for (size_t i = 0; i < n; i++)
        any |= (value[i] - value[i]) == 0.0f ? 0u : 1u;
    return any;
}

static void mask_nan(const float *value, const float *variance, size_t n, uint32_t *mask)
{
    if (any_not_finite(value, n) == 0 && (variance == NULL || any_not_finite(variance, n) == 0))
        return;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(value[i]) || (variance != NULL && !isfinite(variance[i])))
            mask[i] |= CB_MASK(UNMASKEDNAN);
}

static void fill_variance(const struct cb_amplifier *amplifier, const struct cb_isr_config *config, size_t n,
                          const float *value, float *variance, uint32_t *mask)
{
    for (size_t i = 0; i < n; i++)
        variance[i] = (float)(((double)variance[i] + (double)value[i]) / amplifier->variance_gain +
                              amplifier->variance_floor);
    for (size_t i = 0; config->maskNegativeVariance && i < n; i++)
        if (!(variance[i] > 0.0f))
            mask[i] |= CB_MASK(BAD);
}

static bool any_bit(const uint32_t *mask, size_t n)
{
    uint32_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= mask[i];
    return any != 0;
}

bool cb_amplifier_calibrate(const struct cb_amplifier *amplifier, const struct cb_isr_config *config,
                            const struct cb_calibrations *calibrations, size_t strip_row, float *value,
                            float *variance, uint32_t *mask)
{
    size_t n = (size_t)amplifier->segment->data.width;
    for (size_t i = 0; i < n; i++)
        mask[i] = amplifier->bad ? CB_MASK(BAD) : 0;
    for (size_t i = 0; variance != NULL && i < n; i++)
        variance[i] =
            amplifier->factor * amplifier->factor; /* the source starts from a variance of 1 adu^2 */
    if (calibrations->bias != NULL)
        subtract(calibrations->bias, strip_row, 1.0, value, variance, mask);
    if (calibrations->dark != NULL)
        subtract(calibrations->dark, strip_row, calibrations->dark_scale, value, variance, mask);
    if (config->doNanMasking)
        mask_nan(value, variance, n, mask);
    if (config->doVariance && variance != NULL)
        fill_variance(amplifier, config, n, value, variance, mask);
    if (calibrations->flat != NULL)
        divide(calibrations->flat, strip_row, value, variance, mask);
    return any_bit(mask, n);
}
