/* Whole files: written so that a reader, or a crash, never sees half of one. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make the folders above a path, mode 0777 less umask. Errors: TRANSIENT or INVALID by errno. */
CB_MUST_CHECK bool cb_file_make_parents(const char *path, struct cb_error *err);
/* The folder of a path, "." when it names none. Caller frees. */
char *cb_file_folder(const char *path);
/* Write all of it, however often that takes; false: see errno. */
bool cb_file_write_all(int fd, const void *data, size_t size);
/* Write beside the path, sync, rename onto it, sync the folder. */
CB_MUST_CHECK bool cb_file_replace(const char *path, const void *data, size_t size, struct cb_error *err);
/* The same, of what a function writes into the new file. */
typedef bool cb_file_writer(int fd, void *arg, struct cb_error *err);
CB_MUST_CHECK bool cb_file_write(const char *path, cb_file_writer *write, void *arg, struct cb_error *err);
/* Each sync waits for the disk: of many files all are placed first, then their file system is synced once. */
enum cb_file_sync { CB_FILE_SYNC_NOW, CB_FILE_SYNC_LATER };
/* Copy onto target, by the same steps, synced or not. ret_size may be NULL. Errors: NOT_FOUND no such source.
 */
CB_MUST_CHECK bool cb_file_copy(const char *source, const char *target, enum cb_file_sync sync,
                                int64_t *ret_size, struct cb_error *err);
/* Make durable all that was written to the file system on which the folder of `path` is. */
CB_MUST_CHECK bool cb_file_sync_system(const char *path, struct cb_error *err);
/* Size in bytes, symbolic links followed. Errors: NOT_FOUND; INVALID no regular file. */
CB_MUST_CHECK bool cb_file_size(const char *path, int64_t *ret_size, struct cb_error *err);
/* Make the names in the folder of `path` durable. */
CB_MUST_CHECK bool cb_file_sync_parent(const char *path, struct cb_error *err);
/* What an errno means for the caller: NOT_FOUND, INVALID (names, kinds of file), or TRANSIENT (space,
 * permission, I/O). */
enum cb_err_kind cb_file_err_kind(int error_number);
