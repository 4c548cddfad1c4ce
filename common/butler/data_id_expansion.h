/* Private to common/butler: the implied values of data IDs, and the names that their paths have. */
#pragma once

#include "butler/datasets.h"

/* Columns of a row. */
enum { CB_EXPANSION_DETECTOR_NAME = 1, CB_EXPANSION_OBS_ID = 2 };

/* A row for each data ID, in order. */
CB_MUST_CHECK bool cb_expansion_fetch(struct cb_repo *repo, const struct cb_data_id *const *ids, size_t n,
                                      struct cb_rows **ret_rows, struct cb_error *err);
/* Give a data ID its implied values. Errors: INVALID it is not registered, naming the dimension. */
CB_MUST_CHECK bool cb_expansion_take(const struct cb_rows *rows, size_t row, struct cb_data_id *id,
                                     struct cb_error *err);
