/* Where a dataset's file lies below the root of a repository: the butler's file templates. Source:
 * butler.md 2.7. */
#pragma once

#include "base/error.h"
#include "domain/data_id.h"

#define CB_DATASET_PATH_SIZE 1024

struct cb_path_columns; /* path_template.h */

struct cb_dataset_path {
    const char *run;
    const char *dataset_type;
    const char *component;       /* NULL for a whole dataset */
    uint32_t dimensions;         /* of the dataset type; implied ones need not be listed */
    const struct cb_data_id *id; /* with the implied values (band, physical_filter, day_obs) */
    const char *obs_id;          /* exposure.obs_id; needed when the type has the dimension exposure */
    const char *detector_name;   /* detector.full_name; needed when it has the dimension detector */
    const char *extension;       /* ".fits", ".yaml", ".json", ".parq", ".fits.gz", ...; NULL for none */
    const char *template;        /* path_template.h; NULL: the butler's own */
    const char *dataset_id;      /* UUID; NULL: {id} has no value */
    const struct cb_path_columns *columns; /* what the template wants of records; NULL: nothing */
    const char *const *column_texts;       /* their values, as Python shows them; NULL: not known */
};

/* The path, relative to the root. Errors: INVALID a value that the template needs is missing; path too long.
 */
CB_MUST_CHECK bool cb_dataset_path_format(const struct cb_dataset_path *path,
                                          char ret_path[CB_DATASET_PATH_SIZE], struct cb_error *err);
