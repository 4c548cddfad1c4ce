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

/* "[!a-c]" -> "[^a-c]"; returns the last character taken, or glob itself when the bracket never closes. */
static const char *put_bracket(struct cb_bytes *out, const char *glob)
{
    const char *close =
        strchr(glob + 1 + (glob[1] == '!') + (glob[1] != '\0' && glob[1 + (glob[1] == '!')] == ']'), ']');
    if (close == NULL) {
        cb_bytes_puts(out, "\\[");
        return glob;
    }
    bool inverted = glob[1] == '!';
    cb_bytes_puts(out, inverted ? "[^" : "[");
    for (const char *c = glob + 1 + inverted; c < close; c++) {
        if (*c == '\\' || *c == '[' || (*c == '^' && c == glob + 1))
            cb_bytes_puts(out, "\\");
        cb_bytes_add(out, c, 1);
    }
    cb_bytes_puts(out, "]");
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
