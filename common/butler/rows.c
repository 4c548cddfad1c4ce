/* PostgreSQL arrays and globs as parameters. */
#include "butler/rows.h"

#include <inttypes.h>
#include <string.h>

void cb_array_begin(struct cb_bytes *array)
{
    cb_bytes_clear(array);
    cb_bytes_puts(array, "{");
}

static void separate(struct cb_bytes *array)
{
    if (array->size > 1)
        cb_bytes_puts(array, ",");
}

void cb_array_text(struct cb_bytes *array, const char *text)
{
    separate(array);
    if (text == NULL) {
        cb_bytes_puts(array, "NULL");
        return;
    }
    cb_bytes_puts(array, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            cb_bytes_puts(array, "\\");
        cb_bytes_add(array, c, 1);
    }
    cb_bytes_puts(array, "\"");
}

void cb_array_int(struct cb_bytes *array, int64_t value)
{
    separate(array);
    cb_bytes_printf(array, "%" PRId64, value);
}

const char *cb_array_end(struct cb_bytes *array)
{
    cb_bytes_puts(array, "}");
    return cb_bytes_text(array);
}

bool cb_is_glob(const char *text)
{
    const char *open = strchr(text, '[');
    return strpbrk(text, "*?") != NULL || (open != NULL && strchr(open, ']') != NULL);
}

/* Bytes of the UTF-8 character at `text`. */
static size_t character_length(const char *text)
{
    size_t n = 1;
    while (((unsigned char)text[n] & 0xC0) == 0x80)
        n++;
    return n;
}

static void put_member(struct cb_bytes *out, const char *character)
{
    if (strchr("\\[]^-", *character) != NULL)
        cb_bytes_puts(out, "\\");
    cb_bytes_add(out, character, character_length(character));
}

/* What stands between brackets, "a-cx"; a range that runs backwards has no members. */
static void put_members(struct cb_bytes *out, const char *at, const char *close)
{
    while (at < close) {
        const char *from = at, *to = from + character_length(from) + 1;
        bool is_range = to[-1] == '-' && to < close;
        at = is_range ? to + character_length(to) : to - 1;
        if (is_range && strncmp(from, to, character_length(from)) > 0)
            continue;
        put_member(out, from);
        if (is_range) {
            cb_bytes_puts(out, "-");
            put_member(out, to);
        }
    }
}

/* "[!a-c]" -> "[^a-c]"; returns the last character taken, or glob itself when the bracket never closes. */
static const char *put_bracket(struct cb_bytes *out, const char *glob)
{
    bool inverted = glob[1] == '!';
    const char *first = glob + 1 + inverted;
    const char *close = strchr(first + (*first == ']'), ']');
    if (close == NULL) {
        cb_bytes_puts(out, "\\[");
        return glob;
    }
    cb_auto_bytes struct cb_bytes members = CB_BYTES(CB_ARRAY_MAX);
    put_members(&members, first, close);
    if (members.size > 0)
        cb_bytes_printf(out, "[%s%s]", inverted ? "^" : "", cb_bytes_text(&members));
    else
        cb_bytes_puts(out, inverted ? "." : "(?=a)b"); /* any character, or none */
    return close;
}

void cb_glob_to_regex(struct cb_bytes *out, const char *glob)
{
    cb_bytes_puts(out, "^(?:");
    for (const char *c = glob; *c != '\0'; c++) {
        if (*c == '*')
            cb_bytes_puts(out, ".*");
        else if (*c == '?')
            cb_bytes_puts(out, ".");
        else if (*c == '[')
            c = put_bracket(out, c);
        else if (strchr("\\^$.|+(){}]", *c) != NULL)
            cb_bytes_printf(out, "\\%c", *c);
        else
            cb_bytes_add(out, c, 1);
    }
    cb_bytes_puts(out, ")$");
}
