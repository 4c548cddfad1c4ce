/* A growable buffer of bytes that knows its maximum. The bytes are always followed by a NUL, so text can be
 * read as a C string. Appending past the maximum (or out of memory) marks the buffer as overflowed and drops
 * the rest; check once at the end with cb_bytes_ok. */
#pragma once

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct cb_bytes {
    char *data; /* data[size] == '\0'; NULL before the first append */
    size_t size;
    size_t room; /* bytes allocated, the NUL included */
    size_t max;  /* largest size allowed */
    bool overflowed;
};

/* struct cb_bytes text = CB_BYTES(max) ... cb_bytes_done(&text). */
#define CB_BYTES(maximum)                                                                                    \
    {                                                                                                        \
        .max = (maximum)                                                                                     \
    }
void cb_bytes_done(struct cb_bytes *bytes);
static inline void cb_bytes_done_at_exit(struct cb_bytes *bytes)
{
    cb_bytes_done(bytes);
}
#define cb_auto_bytes __attribute__((cleanup(cb_bytes_done_at_exit)))

void cb_bytes_add(struct cb_bytes *bytes, const void *data, size_t size);
void cb_bytes_puts(struct cb_bytes *bytes, const char *text);
void cb_bytes_printf(struct cb_bytes *bytes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cb_bytes_vprintf(struct cb_bytes *bytes, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
void cb_bytes_clear(struct cb_bytes *bytes);
static inline bool cb_bytes_ok(const struct cb_bytes *bytes)
{
    return !bytes->overflowed;
}
/* The text so far, "" when empty. Borrowed. */
const char *cb_bytes_text(const struct cb_bytes *bytes);
/* Give the memory away (never NULL); the buffer is empty afterwards. */
char *cb_bytes_steal(struct cb_bytes *bytes);
