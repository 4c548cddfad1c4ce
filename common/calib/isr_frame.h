/* ISR of one exposure into an image that is there already, keeping its amplifiers for a later pass. */
#pragma once

#include "calib/isr.h"

struct cb_amplifier;

/* image: of the geometry's size; amplifiers: [segments], NULL when they are not wanted again, else each is
 * ended by the caller, also after a failure (zeroed before the call). Errors: as cb_isr_exposure. */
CB_MUST_CHECK bool cb_isr_into(const struct cb_raw_source *source, const struct cb_isr_config *config,
                               const struct cb_isr_inputs *inputs, struct cb_image *image,
                               struct cb_amplifier *amplifiers, struct cb_isr_report *ret_report,
                               struct cb_error *err);

/* The standard statistics of an assembled image. */
CB_MUST_CHECK bool cb_isr_statistics(const struct cb_image *image, const struct cb_geometry *geometry,
                                     struct cb_isr_report *report, struct cb_error *err);
