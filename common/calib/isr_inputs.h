/* Checks what ISR is given and holds the strips of its calibrations. */
#pragma once

#include "calib/amplifier.h"

/* Every switched-on step has its input, of the right size and unit. Errors: as cb_isr_exposure. */
CB_MUST_CHECK bool cb_isr_check(const struct cb_raw_source *source, const struct cb_isr_config *config,
                                const struct cb_isr_inputs *inputs, struct cb_error *err);

/* Unit of the processed image. */
enum cb_unit cb_isr_unit(const struct cb_isr_config *config);

/* Dark time of the exposure over that of the dark; NaN without a dark. */
double cb_isr_dark_scale(const struct cb_raw_source *source, const struct cb_isr_config *config,
                         const struct cb_isr_inputs *inputs);

/* The strips of the calibrations that are switched on. */
struct cb_isr_strips {
    struct cb_strip bias, dark, flat;
    bool has_bias, has_dark, has_flat;
};

CB_MUST_CHECK bool cb_isr_strips_new(const struct cb_isr_config *config, size_t width, size_t rows,
                                     bool with_variance, struct cb_isr_strips *ret_strips,
                                     struct cb_error *err);
void cb_isr_strips_done(struct cb_isr_strips *strips);
CB_MUST_CHECK bool cb_isr_strips_load(struct cb_isr_strips *strips, const struct cb_isr_inputs *inputs,
                                      const struct cb_segment *segment, size_t from, size_t until,
                                      struct cb_error *err);
struct cb_calibrations cb_isr_strips_use(const struct cb_isr_strips *strips, double dark_scale);
