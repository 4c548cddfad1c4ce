/* Private to common/butler: where the file of a dataset goes. */
#pragma once

#include "butler/datasets.h"
#include "butler/store_rules.h"
#include "domain/dataset_path.h"

enum { CB_ENDING_SIZE = 16 };

/* The ending of a new file: one of FITS keeps its own, other names (of temporary files) say nothing. file:
 * NULL for none. */
void cb_place_usual_ending(const struct cb_storage_class *class, const char *formatter, const char *file,
                           char ret_ending[CB_ENDING_SIZE]);
/* The ending that the file has, "" for none. Errors: INVALID it is to be named anew, and the formatter does
 * not take the ending. */
CB_MUST_CHECK bool cb_place_own_ending(const char *formatter, const char *file, bool is_named_anew,
                                       char ret_ending[CB_ENDING_SIZE], struct cb_error *err);

/* What the repository's rules are asked of a data ID. */
struct cb_store_subject cb_place_subject(const struct cb_dataset_type *type, const struct cb_data_id *id);

/* A dataset whose path is asked for. */
struct cb_placed {
    const struct cb_dataset_type *type;
    const char *run, *uuid; /* uuid NULL: not known yet */
    const struct cb_data_id *id;
    const char *extension;
};

/* The path below the root; row: of the expansion of its data ID. Errors: INVALID the template wants what the
 * dataset does not have. */
CB_MUST_CHECK bool cb_place_format(struct cb_repo *repo, const struct cb_placed *it,
                                   const struct cb_rows *rows, size_t row,
                                   char ret_path[CB_DATASET_PATH_SIZE], struct cb_error *err);
