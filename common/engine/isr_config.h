/* From a pipeline's configuration of IsrTaskLSST to the settings of the calculation. */
#pragma once

#include "calib/isr.h"
#include "engine/config.h"

/* Errors: CB_ERR_INVALID a dither mode that there is not. */
CB_MUST_CHECK bool cb_isr_config_of(const struct cb_config *config, struct cb_isr_config *ret_config,
                                    struct cb_error *err);
