/* Private to common/butler: dimension records from one repository into another. */
#pragma once

#include "butler/repository.h"
#include "domain/data_id.h"

/* The records that describe these data IDs (with what they imply), with the sky pixels that visits, tracts
 * and patches overlap, and of visits what is recorded of their exposures, detectors and systems. What is
 * there already stays as it is. Inside transactions of both. */
CB_MUST_CHECK bool cb_records_copy(struct cb_repo *source, struct cb_repo *dest,
                                   const struct cb_data_id *const *ids, size_t n, struct cb_error *err);
