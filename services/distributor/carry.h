/* Carries one file from one storage element to another, so that each byte crosses once: a broken transfer
 * goes on where it ended, and only a file whose checksums are right gets its name. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the catalogue says of a file. */
struct file_facts {
    int64_t bytes;
    char adler32[9]; /* 8 hex digits, lower case */
    char md5[33];
};

/* The file at `path` is what the catalogue says. ret_why (may be NULL) says what differs.
 * Errors: NOT_FOUND no such file; TRANSIENT it cannot be read for now. */
CB_MUST_CHECK bool file_matches(const char *path, const struct file_facts *facts, bool *ret_same,
                                char *ret_why, size_t why_size, struct cb_error *err);

/*
 * Copy source to target, through "<folder>/.<name>.part" beside the target, which a later call continues;
 * read the copy again, compare size and both checksums, and give it its name, read-only. A target that is
 * right already is left alone.
 *
 * cancelled  asked between blocks; may be NULL
 * ret_moved  bytes that were read from source by this call; may be NULL
 *
 * Errors     CB_ERR_NOT_FOUND  no source
 *            CB_ERR_CONFLICT   the copy is not what the catalogue says (it is thrown away); the text says
 * whether the source is not either CB_ERR_TRANSIENT  cancelled, disk full, somebody else is writing the copy
 */
CB_MUST_CHECK bool carry_file(const char *source, const char *target, const struct file_facts *facts,
                              bool (*cancelled)(void), int64_t *ret_moved, struct cb_error *err);

/* Name of the unfinished copy, to be freed. */
char *part_path(const char *target);
