/* Files that a table names, into one RUN as datasets of one type. Source: butler.md 5, instruments.md 5.1. */
#pragma once

#include "butler/datasets.h"

struct cb_ingest_files {
    const char *type, *run; /* the run is made where it is new */
    const char *table;  /* path of an ECSV, CSV or RDB file: first column the file, the others dimensions */
    const char *prefix; /* what relative files are relative to: a path or a URI; NULL: here */
    const char *const *assignments; /* "detector=3": for every row, before what the table says */
    size_t n_assignments;
    const char *formatter; /* NULL: that of the storage class */
    enum cb_transfer transfer;
    enum cb_id_mode id_mode;
    bool untracked; /* sizes are not recorded */
};

struct cb_ingest_counts {
    size_t datasets, files;
};

/* One transaction: all rows or none. Rows with the same file are datasets in one file, whose place the first
 * of them gives. Columns that are no dimension of the type are left alone. Dimension records are not made.
 * ret_counts may be NULL.
 * Errors: NOT_FOUND table, type, file; INVALID a table that cannot be read, a cell, naming row (from 1) and
 * column, a row without a dimension, a dimension's row that is not registered, the ending of a file;
 * CONFLICT two rows with one data ID, a dataset that is there already. */
CB_MUST_CHECK bool cb_ingest_files(struct cb_repo *repo, const struct cb_ingest_files *ingest,
                                   struct cb_ingest_counts *ret_counts, struct cb_error *err);
