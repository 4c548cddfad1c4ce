/* Zip archives, written: entries stored as they are, of any size (zip64). */
#pragma once

#include "base/error.h"

#include <stddef.h>

/* An entry is a file, or bytes. */
struct cb_zip_entry {
    const char *name;
    const char *file; /* NULL: data */
    const void *data;
    size_t size;
};

/* Written beside the path, synced, renamed onto it. Errors: NOT_FOUND a file; INVALID a name of more than
 * 65535 bytes; TRANSIENT. */
CB_MUST_CHECK bool cb_zip_write(const char *path, const struct cb_zip_entry *entries, size_t n,
                                struct cb_error *err);
