/* Writing JSON into a buffer. */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cb_json_add_text(struct cb_bytes *out, const char *text, bool html_safe)
{
    cb_bytes_puts(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\')
            cb_bytes_printf(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f || (html_safe && strchr("<>&", byte) != NULL))
            cb_bytes_printf(out, "\\u%04x", (unsigned int)byte);
        else
            cb_bytes_add(out, c, 1);
    }
    cb_bytes_puts(out, "\"");
}

/* The comma and the key in front of a value. */
static void lead(struct cb_json *json, const char *key)
{
    if (json->filled[json->depth])
        cb_bytes_puts(json->out, ",");
    json->filled[json->depth] = true;
    if (key == NULL)
        return;
    cb_json_add_text(json->out, key, json->html_safe);
    cb_bytes_puts(json->out, ":");
}

void cb_json_open(struct cb_json *json, const char *key, char bracket)
{
    if (json->depth + 1 >= CB_JSON_DEPTH)
        abort(); /* our own documents are never this deep */
    lead(json, key);
    cb_bytes_add(json->out, &bracket, 1);
    json->depth++;
    json->filled[json->depth] = false;
    json->closer[json->depth] = bracket == '{' ? '}' : ']';
}

void cb_json_close(struct cb_json *json)
{
    if (json->depth == 0)
        abort();
    cb_bytes_add(json->out, &json->closer[json->depth], 1);
    json->depth--;
}

void cb_json_str(struct cb_json *json, const char *key, const char *value)
{
    lead(json, key);
    if (value == NULL)
        cb_bytes_puts(json->out, "null");
    else
        cb_json_add_text(json->out, value, json->html_safe);
}

void cb_json_int(struct cb_json *json, const char *key, int64_t value)
{
    lead(json, key);
    cb_bytes_printf(json->out, "%" PRId64, value);
}

/* The shortest of 15 to 17 digits that reads back to the same double. */
static void add_real(struct cb_bytes *out, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    cb_bytes_puts(out, text);
}

void cb_json_real(struct cb_json *json, const char *key, double value)
{
    lead(json, key);
    if (isfinite(value))
        add_real(json->out, value);
    else
        cb_bytes_puts(json->out, "null");
}

void cb_json_bool(struct cb_json *json, const char *key, bool value)
{
    lead(json, key);
    cb_bytes_puts(json->out, value ? "true" : "false");
}

void cb_json_null(struct cb_json *json, const char *key)
{
    cb_json_str(json, key, NULL);
}

void cb_json_raw(struct cb_json *json, const char *key, const char *value)
{
    lead(json, key);
    cb_bytes_puts(json->out, value);
}
