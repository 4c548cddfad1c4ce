/* Inputs of ISR: present, of the right size, in the right unit. */
#include "calib/isr_inputs.h"

#include <math.h>

enum cb_unit cb_isr_unit(const struct cb_isr_config *config)
{
    return config->doApplyGains && !config->doBootstrap ? CB_UNIT_ELECTRON : CB_UNIT_ADU;
}

static bool check_frame(const struct cb_frame_source *frame, const char *name,
                        const struct cb_geometry *geometry, enum cb_unit unit, struct cb_error *err)
{
    if (frame == NULL)
        return cb_fail(err, CB_ERR_INVALID, "the %s is switched on and there is no %s", name, name);
    if (frame->width_px != geometry->width_px || frame->height_px != geometry->height_px)
        return cb_fail(err, CB_ERR_INVALID, "the %s has %d x %d pixels, the exposure %d x %d", name,
                       frame->width_px, frame->height_px, geometry->width_px, geometry->height_px);
    enum cb_unit its = frame->unit != CB_UNIT_NONE ? frame->unit : CB_UNIT_ADU;
    if (unit != CB_UNIT_NONE && its != unit)
        return cb_fail(err, CB_ERR_CONFLICT, "the %s is in %s, the exposure in %s", name, cb_unit_name(its),
                       cb_unit_name(unit));
    return true;
}

bool cb_isr_check(const struct cb_raw_source *source, const struct cb_isr_config *config,
                  const struct cb_isr_inputs *inputs, struct cb_error *err)
{
    enum cb_unit unit = cb_isr_unit(config);
    if (!config->doBootstrap && inputs->ptc == NULL)
        return cb_fail(err, CB_ERR_INVALID, "gains are wanted from a PTC and there is no ptc");
    if (config->doBias && !check_frame(inputs->bias, "bias", source->geometry, unit, err))
        return false;
    if (config->doDark && !check_frame(inputs->dark, "dark", source->geometry, unit, err))
        return false;
    if (config->doFlat && !check_frame(inputs->flat, "flat", source->geometry, CB_UNIT_NONE, err))
        return false;
    if (config->doDark && !isfinite(source->dark_s))
        return cb_fail(err, CB_ERR_INVALID, "exposure %llu has no dark time, so no dark can be subtracted",
                       (unsigned long long)source->exposure_id);
    return true;
}

double cb_isr_dark_scale(const struct cb_raw_source *source, const struct cb_isr_config *config,
                         const struct cb_isr_inputs *inputs)
{
    if (!config->doDark)
        return NAN;
    double dark_s = inputs->dark->dark_s;
    return source->dark_s / (dark_s > 0.0 ? dark_s : 1.0);
}

bool cb_isr_strips_new(const struct cb_isr_config *config, size_t width, size_t rows, bool with_variance,
                       struct cb_isr_strips *ret_strips, struct cb_error *err)
{
    *ret_strips = (struct cb_isr_strips){ .has_bias = config->doBias,
                                          .has_dark = config->doDark,
                                          .has_flat = config->doFlat };
    return (!config->doBias || cb_strip_new(width, rows, with_variance, &ret_strips->bias, err)) &&
           (!config->doDark || cb_strip_new(width, rows, with_variance, &ret_strips->dark, err)) &&
           (!config->doFlat || cb_strip_new(width, rows, with_variance, &ret_strips->flat, err));
}

void cb_isr_strips_done(struct cb_isr_strips *strips)
{
    cb_strip_done(&strips->bias);
    cb_strip_done(&strips->dark);
    cb_strip_done(&strips->flat);
}

bool cb_isr_strips_load(struct cb_isr_strips *strips, const struct cb_isr_inputs *inputs,
                        const struct cb_segment *segment, size_t from, size_t until, struct cb_error *err)
{
    return (!strips->has_bias || cb_strip_load(&strips->bias, inputs->bias, segment, from, until, err)) &&
           (!strips->has_dark || cb_strip_load(&strips->dark, inputs->dark, segment, from, until, err)) &&
           (!strips->has_flat || cb_strip_load(&strips->flat, inputs->flat, segment, from, until, err));
}

struct cb_calibrations cb_isr_strips_use(const struct cb_isr_strips *strips, double dark_scale)
{
    return (struct cb_calibrations){ .bias = strips->has_bias ? &strips->bias : NULL,
                                     .dark = strips->has_dark ? &strips->dark : NULL,
                                     .flat = strips->has_flat ? &strips->flat : NULL,
                                     .dark_scale = dark_scale };
}
