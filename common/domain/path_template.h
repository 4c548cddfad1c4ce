/* The butler's file templates: "{run:/}/{datasetType}/{exposure.obs_id|group:?}_{detector:03d}". A field is a
 * dimension, a dimension's column behind a dot, run, id, datasetType, component or skypix; of alternatives
 * the first that the data ID has counts. A format is one of Python's for texts and whole numbers, with "?"
 * for a field that may be absent and "/" for one that may hold slashes. Source: butler.md 2.7. */
#pragma once

#include "domain/dataset_path.h"

#include <stddef.h>

/* What holds where a repository says nothing: for any type, and for those of exactly detector and exposure.
 */
extern const char cb_path_default[], cb_path_of_raws[];
#define CB_PATH_OF_RAWS_KEY "physical_filter+detector+exposure"

/* Can that be a template? Errors: INVALID no field run or id, no dimension, "../", id outside the file's
 * name, a brace too many, an unknown format. */
CB_MUST_CHECK bool cb_path_template_check(const char *template, struct cb_error *err);

/* Columns of records that a template wants of a type with those (expanded) dimensions, beside
 * exposure.obs_id, detector.full_name and what the data ID has. */
#define CB_PATH_MAX_COLUMNS 16
struct cb_path_columns {
    size_t count;
    struct {
        enum cb_element_index element;
        const struct cb_column *column;
    } item[CB_PATH_MAX_COLUMNS];
};
/* Errors: INVALID a column that is no part of a path (timespan, region), too many of them. */
CB_MUST_CHECK bool cb_path_template_columns(const char *template, uint32_t dims,
                                            struct cb_path_columns *ret_columns, struct cb_error *err);

/* The path without extension, appended to text. Errors: INVALID a field without a value; component is not
 * used; the path would leave the root. */
CB_MUST_CHECK bool cb_path_template_format(const char *template, const struct cb_dataset_path *path,
                                           struct cb_bytes *text, struct cb_error *err);
