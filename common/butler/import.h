/* Reading export.yaml into a repository. Source: butler.md 6. */
#pragma once

#include "butler/datastore.h"
#include "butler/repository.h"

struct cb_import {
    const char *folder;               /* what relative paths in the file are relative to, or its URI */
    const char *yaml;                 /* path or URI of the file; NULL: folder/export.yaml */
    enum cb_transfer transfer;        /* AUTO: link below the root; DIRECT: absolute URIs are recorded */
    const char *const *skip_elements; /* dimension elements whose records are left alone */
    size_t n_skip_elements;
    bool untracked; /* the files' sizes are not recorded */
};

struct cb_import_counts {
    size_t datasets, skipped; /* new; there already under the same id */
    size_t certified;         /* certifications added */
    size_t collections;       /* named in the file */
};

/* One transaction: all of it or nothing. Existing dimension records are kept; the children of a chain are
 * replaced by the file's; a dataset that is there under the same id, run and data ID is skipped, and so is a
 * certification that is there with the same range, so that a second import changes nothing. No file that an
 * existing record names is touched. ret_counts may be NULL. Errors: INVALID "<file>:<line>:<column>: ...",
 * another version of the format or universe; CONFLICT type, collection, data ID or validity are there in
 * another way; NOT_FOUND a file. */
CB_MUST_CHECK bool cb_import(struct cb_repo *repo, const struct cb_import *import,
                             struct cb_import_counts *ret_counts, struct cb_error *err);
