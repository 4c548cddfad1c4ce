/* Datasets of one repository into another, with their ids, RUNs and files. Source: butler.md 5. */
#pragma once

#include "butler/datasets.h"

struct cb_transfer_options {
    enum cb_transfer transfer; /* AUTO: link; files that the source names by URI are named so here too */
    bool register_types;       /* dataset types that are not there are made */
    bool dimensions;           /* dimension records too; those that are there stay as they are */
    bool dry_run;              /* check and count, change nothing */
};

/* One transaction of `dest`: all or nothing. Files keep their places below the root, their recorded sizes and
 * checksums. A dataset without a file is left out; one that is there already under the same id, type, run and
 * data ID is passed over, so that a second call changes nothing.
 * ret_count   datasets that are in dest now, there before or not; may be NULL
 * Errors: INVALID mode DIRECT (files are the source's) or MOVE (it would take them away), a dataset stored in
 * components; NOT_FOUND a type, a file; CONFLICT a type, run, data ID or id is there in another way. */
CB_MUST_CHECK bool cb_datasets_transfer(struct cb_repo *source, struct cb_repo *dest,
                                        const struct cb_dataset_list *list,
                                        const struct cb_transfer_options *options, size_t *ret_count,
                                        struct cb_error *err);
