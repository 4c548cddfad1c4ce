/* Small fixed allocations that abort when memory is gone. */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

void *cb_xalloc(size_t size)
{
    return must(calloc(1, size > 0 ? size : 1));
}

void *cb_xalloc_array(size_t count, size_t size)
{
    return must(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *cb_xrealloc_array(void *old, size_t count, size_t size)
{
    return must(reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1));
}

char *cb_xstrdup(const char *text)
{
    return text == NULL ? NULL : must(strdup(text));
}

char *cb_xstrndup(const char *text, size_t length)
{
    return must(strndup(text, length));
}

char *cb_xasprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int length = vasprintf(&text, fmt, args);
    va_end(args);
    return must(length < 0 ? NULL : text);
}
