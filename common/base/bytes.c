/* A growable buffer of bytes that knows its maximum. */
#include "base/bytes.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void cb_bytes_done(struct cb_bytes *bytes)
{
    free(bytes->data);
    bytes->data = NULL;
    bytes->size = bytes->room = 0;
}

/* Make room for `more` bytes and the NUL behind them. */
static bool reserve(struct cb_bytes *bytes, size_t more)
{
    if (bytes->overflowed || more > bytes->max - bytes->size) {
        bytes->overflowed = true;
        return false;
    }
    size_t need = bytes->size + more + 1;
    if (need <= bytes->room)
        return true;

    size_t room = bytes->room > SIZE_MAX / 2 || bytes->room * 2 < need ? need : bytes->room * 2;
    room = room < 64 ? 64 : room;
    char *data = realloc(bytes->data, room);
    if (data == NULL) {
        bytes->overflowed = true;
        return false;
    }
    bytes->data = data;
    bytes->room = room;
    return true;
}

void cb_bytes_add(struct cb_bytes *bytes, const void *data, size_t size)
{
    if (!reserve(bytes, size))
        return;
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    bytes->data[bytes->size] = '\0';
}

void cb_bytes_puts(struct cb_bytes *bytes, const char *text)
{
    cb_bytes_add(bytes, text, strlen(text));
}

void cb_bytes_vprintf(struct cb_bytes *bytes, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    if (length >= 0 && reserve(bytes, (size_t)length)) {
        vsnprintf(bytes->data + bytes->size, (size_t)length + 1, fmt, again);
        bytes->size += (size_t)length;
    }
    va_end(again);
}

void cb_bytes_printf(struct cb_bytes *bytes, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    cb_bytes_vprintf(bytes, fmt, args);
    va_end(args);
}

void cb_bytes_clear(struct cb_bytes *bytes)
{
    bytes->size = 0;
    bytes->overflowed = false;
    if (bytes->data != NULL)
        bytes->data[0] = '\0';
}

const char *cb_bytes_text(const struct cb_bytes *bytes)
{
    return bytes->data != NULL ? bytes->data : "";
}

char *cb_bytes_steal(struct cb_bytes *bytes)
{
    char *data = bytes->data != NULL ? bytes->data : cb_xstrdup("");
    bytes->data = NULL;
    bytes->size = bytes->room = 0;
    bytes->overflowed = false;
    return data;
}
