/* Landing folders under the eye of inotify; a whole look at the start, and whenever the kernel lost count. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct watch;

/* folders[n] are made if they do not exist. Sub-folders are watched too, but not "rejected", nor are links to
 * folders followed; links to files count as files. quiet_ms: see below. Errors: CB_ERR_INVALID,
 * CB_ERR_TRANSIENT by errno. */
CB_MUST_CHECK bool watch_open(const char *const *folders, size_t n, int64_t quiet_ms,
                              struct watch **ret_watch, struct cb_error *err);
void watch_close(struct watch *watch);

/* The next whole file: its path (borrowed until the next call) and the index of its folder. False: none for
 * now. A file is whole when it was renamed into place or closed after writing; one that was found by looking
 * is when nobody has changed it for quiet_ms. Nothing is told twice but after an overflow, which looks at
 * everything again. A name that is no UTF-8 cannot be told: the file is renamed, such bytes spelled "%XX". */
bool watch_next(struct watch *watch, const char **ret_path, size_t *ret_folder);
/* Look at everything again. */
void watch_rescan(struct watch *watch);
