/* Which files `butler ingest-raws` is asked to take: files named on the command line, and what lies in
 * folders. */
#pragma once

#include "base/error.h"

#include <stddef.h>

/* Files that are looked at together: those of one folder, or all that were named. Absolute paths. */
struct raw_group {
    bool is_named;
    size_t count;
    char **path;
};
struct raw_groups {
    size_t count;
    struct raw_group *item;
};

/* Folders are walked with those below them, symbolic links followed, names matched by a regular expression of
 * Python's kind (\d, \w, \b, (?: ) as well as POSIX's); each folder is a group, what was named comes last and
 * need not exist. Errors: INVALID pattern; NOT_FOUND a folder that cannot be looked into. */
CB_MUST_CHECK bool raw_groups_find(const char *const *words, size_t n, const char *pattern,
                                   struct raw_groups *ret_groups, struct cb_error *err);
void raw_groups_done(struct raw_groups *groups);
