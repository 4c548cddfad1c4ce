/* One raw exposure through ISR outside any run: for the check of what is in force at a site. */
#pragma once

#include "engine/call.h"

/*
 * Process one exposure with the ISR task of a pipeline.
 *
 * input       "ccdExposure" first, then the calibrations by connection ("ptc", "bias", ...); what the task's
 *             configuration switches off may be left out
 * ret_header  the raw's metadata with ISR's cards, and RUN, UUID and SHA256 of each calibration given;
 * checksums are those of the files, read anew
 *
 * Errors      CB_ERR_NOT_FOUND  the pipeline has no ISR task; a file is gone
 *             otherwise as cb_isr_exposure and the readers of the files
 */
CB_MUST_CHECK bool cb_process_one_raw(const struct cb_pipeline *pipeline, const struct cb_call_input *input,
                                      size_t inputs, struct cb_image **ret_image,
                                      struct cb_header **ret_header, struct cb_error *err);
