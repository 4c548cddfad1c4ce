/* Private to common/butler: the statement of a find-first look-up. Source: butler.md 3.8. */
#pragma once

#include "butler/dataset_rows.h"

/* Parameters: $1 dataset type, $2 timespan or timespans, $3 to $5 the path in its order: ids of collections,
 * whether they are CALIBRATION, their names; from $6 on the data ID or, of many questions, cb_id_arrays.
 * Result: the question's number, then the columns of the dataset (cb_put_dataset_columns); the first
 * collection with a match wins, more than one row of a question is an ambiguous match. Names are qualified,
 * so that no search path has to be set. */
struct cb_find_form {
    bool tagged, certified; /* the path has collections with tags, with certifications */
    bool many;
};
void cb_put_find(struct cb_bytes *sql, const struct cb_dataset_type *type, const char *schema,
                 const struct cb_find_form *form);

enum {
    CB_FIND_PATH_PARAM = 3,
    CB_FIND_ID_PARAM = 6,
    CB_FIND_MAX_PARAMS = CB_FIND_ID_PARAM + CB_MAX_ID_ARRAYS
};

/* $1, $2 and, from $6 on, the data ID of one question; texts live in `values`. */
struct cb_find_values {
    char span[CB_TIMESPAN_TEXT_SIZE], text[CB_MAX_ID_ARRAYS][CB_DIMENSION_TEXT_SIZE];
};
/* ret_n: how many parameters there are. Errors: INVALID the data ID lacks a dimension. */
CB_MUST_CHECK bool cb_find_params(const struct cb_dataset_type *type, const struct cb_data_id *id,
                                  const struct cb_timespan *timespan, struct cb_find_values *values,
                                  struct cb_param params[CB_FIND_MAX_PARAMS], size_t *ret_n,
                                  struct cb_error *err);
/* The result's rows from column `first`. Errors: CONFLICT an ambiguous match, named by ids[n]. */
CB_MUST_CHECK bool cb_find_take(const struct cb_rows *rows, size_t first, const struct cb_dataset_type *type,
                                const struct cb_data_id *const *ids, struct cb_dataset_list *ret_list,
                                struct cb_error *err);
