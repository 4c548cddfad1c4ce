/* What a YAML scalar means, and how a text is written so that it reads back as itself. */
#include "io/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(const struct cb_yaml_node *node)
{
    return node != NULL && node->kind == CB_YAML_SCALAR && !node->quoted;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

bool cb_yaml_is_null(const struct cb_yaml_node *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    return node == NULL || (is_plain(node) && is_one_of(node->text, nulls));
}

const char *cb_yaml_text(const struct cb_yaml_node *node)
{
    return node == NULL || node->kind != CB_YAML_SCALAR || cb_yaml_is_null(node) ? NULL : node->text;
}

static const char *const truths[] = { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", NULL };
static const char *const falsehoods[] = { "false", "False", "FALSE", "no",  "No",
                                          "NO",    "off",   "Off",   "OFF", NULL };

bool cb_yaml_bool(const struct cb_yaml_node *node, bool *ret_value)
{
    if (!is_plain(node) || !(is_one_of(node->text, truths) || is_one_of(node->text, falsehoods)))
        return false;
    *ret_value = is_one_of(node->text, truths);
    return true;
}

/* Digits of a base without their underscores; false when there is another character or none at all. */
static bool copy_digits(const char *text, const char *allowed, char *ret_digits, size_t size)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '_' && n > 0)
            continue;
        if (strchr(allowed, *text) == NULL || n + 1 >= size)
            return false;
        ret_digits[n++] = *text;
    }
    ret_digits[n] = '\0';
    return n > 0;
}

static bool text_is_int(const char *text, int64_t *ret_value)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    int base = 10;
    const char *allowed = "0123456789";
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16, allowed = "0123456789abcdefABCDEF", text += 2;
    } else if (text[0] == '0' && text[1] == 'o') {
        base = 8, allowed = "01234567", text += 2;
    } else if (text[0] == '0' && text[1] == 'b') {
        base = 2, allowed = "01", text += 2;
    } else if (text[0] == '0' && text[1] != '\0') {
        base = 8, allowed = "01234567", text += 1;
    }
    char digits[80];
    if (!copy_digits(text, allowed, digits + 1, sizeof digits - 1))
        return false;
    digits[0] = negative ? '-' : '+';
    errno = 0;
    long long value = strtoll(digits, NULL, base);
    if (errno != 0)
        return false;
    *ret_value = value;
    return true;
}

bool cb_yaml_int(const struct cb_yaml_node *node, int64_t *ret_value)
{
    return is_plain(node) && text_is_int(node->text, ret_value);
}

static bool text_is_special_real(const char *text, double *ret_value)
{
    bool negative = *text == '-';
    const char *rest = *text == '-' || *text == '+' ? text + 1 : text;
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    if (is_one_of(rest, infinities)) {
        *ret_value = negative ? -INFINITY : INFINITY;
        return true;
    }
    if (!is_one_of(text, nans))
        return false;
    *ret_value = (double)NAN;
    return true;
}

static bool text_is_real(const char *text, double *ret_value)
{
    int64_t whole;
    if (text_is_special_real(text, ret_value))
        return true;
    if (text_is_int(text, &whole)) {
        *ret_value = (double)whole;
        return true;
    }
    if (text[strspn(text, "+-.0123456789eE_")] != '\0' || strpbrk(text, "0123456789") == NULL)
        return false;
    char digits[128];
    if (!copy_digits(text, "+-.0123456789eE", digits, sizeof digits))
        return false;
    char *end;
    double value = strtod(digits, &end);
    if (*end != '\0')
        return false;
    *ret_value = value;
    return true;
}

bool cb_yaml_real(const struct cb_yaml_node *node, double *ret_value)
{
    return is_plain(node) && text_is_real(node->text, ret_value);
}

/* Would a reader take this plain text for something else than a string? Dates count (PyYAML makes them
 * objects). */
static bool looks_like_another_type(const char *text)
{
    struct cb_yaml_node node = { .kind = CB_YAML_SCALAR, .text = text };
    int64_t whole;
    double real;
    bool truth;
    return cb_yaml_is_null(&node) || cb_yaml_int(&node, &whole) || cb_yaml_real(&node, &real) ||
           cb_yaml_bool(&node, &truth) || isdigit((unsigned char)text[0]) || strcmp(text, "=") == 0 ||
           strcmp(text, "<<") == 0 || strcmp(text, "y") == 0 || strcmp(text, "n") == 0 ||
           strcmp(text, "Y") == 0 || strcmp(text, "N") == 0;
}

static bool may_be_plain(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || strchr("-?:,[]{}#&*!|>'\"%@` ", text[0]) != NULL || text[length - 1] == ' ' ||
        text[length - 1] == ':' || looks_like_another_type(text))
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f || (c[0] == ':' && c[1] == ' ') ||
            (c[0] == ' ' && c[1] == '#') || strchr("{}[],", *c) != NULL)
            return false;
    return true;
}

static void put_double_quoted(struct cb_bytes *out, const char *text)
{
    cb_bytes_puts(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            cb_bytes_printf(out, "\\%c", *c);
        else if (*c == '\n')
            cb_bytes_puts(out, "\\n");
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            cb_bytes_printf(out, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            cb_bytes_add(out, c, 1);
    }
    cb_bytes_puts(out, "\"");
}

void cb_yaml_put_text(struct cb_bytes *out, const char *text)
{
    if (may_be_plain(text)) {
        cb_bytes_puts(out, text);
        return;
    }
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == '\'' || *c == 0x7f) {
            put_double_quoted(out, text);
            return;
        }
    cb_bytes_printf(out, "'%s'", text);
}
