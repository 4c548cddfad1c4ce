/* Small fixed allocations that abort when memory is gone, so that no caller carries an untestable path.
 * Sizes that come from outside are checked against a limit before they get here. */
#pragma once

#include <stddef.h>

void *cb_xalloc(size_t size);                     /* zeroed */
void *cb_xalloc_array(size_t count, size_t size); /* zeroed; aborts when count * size overflows */
void *cb_xrealloc_array(void *old, size_t count, size_t size);
char *cb_xstrdup(const char *text); /* NULL gives NULL */
char *cb_xstrndup(const char *text, size_t length);
char *cb_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
