/* Files of a repository: how they get there, and how they go again when their transaction does not happen.
 *
 * A file is written under a temporary name beside its place, linked to its final name, and synced before the
 * commit, so that a committed row always names a whole file. A crash between the two leaves a file without a
 * row; putting the same dataset again replaces it. Source: butler.md 2.6, 2.7, 9.4. */
#pragma once

#include "butler/repository.h"
#include "io/file.h"

/* Files on other machines (io/remote.h) are copied, or named by DIRECT; links of them are refused, and so is
 * MOVE: what is there is others'. */
enum cb_transfer {
    CB_TRANSFER_AUTO, /* in place when below the root, else link */
    CB_TRANSFER_COPY,
    CB_TRANSFER_MOVE,
    CB_TRANSFER_LINK, /* hard link where possible, else symbolic */
    CB_TRANSFER_HARDLINK,
    CB_TRANSFER_SYMLINK, /* absolute target */
    CB_TRANSFER_RELSYMLINK,
    CB_TRANSFER_DIRECT /* nothing moves: the absolute file URI is recorded */
};
const char *cb_transfer_name(enum cb_transfer transfer);
bool cb_transfer_parse(const char *name, enum cb_transfer *ret_transfer);

/* A storage class of the stock butler. */
struct cb_storage_class {
    const char *name, *python_type;
    const char *configured; /* the formatter as the stock configuration names it; NULL: it has none */
    const char *formatter;  /* and as it is recorded: the full name of its class */
    const char *endings;    /* of files the formatter takes, blank between; NULL: not known to us */
    const char *extension;  /* of files that are written; "": not known to us */
};
const struct cb_storage_class *cb_storage_class_find(const char *name); /* NULL: there is none */
const struct cb_storage_class *cb_storage_class_at(size_t index);       /* NULL behind the last */
/* The endings that a formatter takes; NULL when it, or they, are not known to us. */
const char *cb_formatter_endings(const char *formatter);
/* The extension of files that it writes; "" when it is not known to us. */
const char *cb_formatter_extension(const char *formatter);
/* What is recorded of a formatter that a configuration names: the full name of its class. */
const char *cb_formatter_recorded(const char *configured);

/* Bring a file, or one of another machine, to `path` below the root in the repository's open transaction;
 * *ret_recorded is what the record says (path, or a URI for DIRECT; to be freed), *ret_size its bytes. A file
 * that is there already is replaced only when no record names it. A moved file returns to its old place when
 * the transaction is rolled back. Errors: NOT_FOUND the source; CONFLICT a record names the place; TRANSIENT
 * the disk is full or away. With CB_FILE_SYNC_LATER cb_datastore_sync must follow before the commit. */
CB_MUST_CHECK bool cb_datastore_ingest(struct cb_repo *repo, const char *file, const char *path,
                                       enum cb_transfer transfer, enum cb_file_sync sync, char **ret_recorded,
                                       int64_t *ret_size, struct cb_error *err);
/* Make durable what was ingested, by what was recorded of it. */
CB_MUST_CHECK bool cb_datastore_sync(struct cb_repo *repo, const char *const *recorded, size_t n,
                                     struct cb_error *err);
/* Delete the files of removed datasets, with their records (removal.h); no transaction may be open.
 * ret_count  datasets whose removal is complete now; may be NULL */
CB_MUST_CHECK bool cb_datastore_empty_trash(struct cb_repo *repo, size_t *ret_count, struct cb_error *err);
/* Copy or link a file, or fetch one of another machine, onto target (replaced). Errors: NOT_FOUND. */
CB_MUST_CHECK bool cb_datastore_copy_out(const char *file, const char *target, enum cb_transfer transfer,
                                         struct cb_error *err);
/* A path made absolute against the working folder, without ".", ".." and double slashes; symbolic links stay,
 * as the stock butler leaves them in what it records. To be freed. */
char *cb_path_absolute(const char *path);
/* "file:///a%20b" for "/a b", and back (NULL when it is no file: URI); to be freed. */
char *cb_file_uri(const char *path);
char *cb_file_uri_path(const char *uri);
