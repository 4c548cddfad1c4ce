/* Errors as values: filling and prefixing them. */
#include "base/error.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text that fills its room may have lost its end: a character that was cut in two goes wholly. */
static void drop_cut_character(struct cb_error *err)
{
    size_t end = strlen(err->text), start = end;
    if (end + 1 < sizeof err->text)
        return;
    while (start > 0 && ((unsigned char)err->text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)err->text[start - 1] >= 0xc0)
        start--;
    if (!cb_utf8_is_valid(err->text + start, end - start))
        err->text[start] = '\0';
}

bool cb_error_set(struct cb_error *err, enum cb_err_kind kind, const char *file, int line, const char *fmt,
                  ...)
{
    if (err == NULL)
        return false;

    err->kind = kind;
    err->file = file;
    err->line = line;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    drop_cut_character(err);
    return false;
}

bool cb_error_context(struct cb_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return false;

    char below[CB_ERROR_TEXT_SIZE];
    memcpy(below, err->text, sizeof below);
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof err->text)
        snprintf(err->text + length, sizeof err->text - (size_t)length, ": %s", below);
    drop_cut_character(err);
    return false;
}

const char *cb_err_kind_name(enum cb_err_kind kind)
{
    static const char *const names[] = {
        [CB_ERR_NONE] = "none",         [CB_ERR_INVALID] = "invalid",     [CB_ERR_NOT_FOUND] = "not found",
        [CB_ERR_CONFLICT] = "conflict", [CB_ERR_TRANSIENT] = "transient", [CB_ERR_FATAL] = "fatal",
    };
    return names[kind];
}
