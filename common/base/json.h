/* Writing JSON into a buffer, piece by piece: the caller says the structure, commas come by themselves.
 *
 *   struct cb_json json = CB_JSON(&buffer);
 *   cb_json_open(&json, NULL, '{'); cb_json_str(&json, "name", name); cb_json_close(&json);
 *
 * Pass key == NULL inside arrays and for the outermost value. Text must be UTF-8; control characters are
 * escaped. */
#pragma once

#include "base/bytes.h"

#include <stdint.h>

enum { CB_JSON_DEPTH = 32 };

struct cb_json {
    struct cb_bytes *out;
    int depth;
    char closer[CB_JSON_DEPTH];
    bool filled[CB_JSON_DEPTH]; /* something stands in this level already */
    bool html_safe;             /* also write <, > and & as \u003c ... */
};
#define CB_JSON(buffer)                                                                                      \
    {                                                                                                        \
        .out = (buffer)                                                                                      \
    }

void cb_json_open(struct cb_json *json, const char *key, char bracket); /* '{' or '[' */
void cb_json_close(struct cb_json *json);
void cb_json_str(struct cb_json *json, const char *key, const char *value); /* NULL is null */
void cb_json_int(struct cb_json *json, const char *key, int64_t value);
void cb_json_real(struct cb_json *json, const char *key, double value); /* not finite: null */
void cb_json_bool(struct cb_json *json, const char *key, bool value);
void cb_json_null(struct cb_json *json, const char *key);
/* A value that is JSON already (a jsonb column). */
void cb_json_raw(struct cb_json *json, const char *key, const char *value);

/* A quoted JSON string alone. */
void cb_json_add_text(struct cb_bytes *out, const char *text, bool html_safe);
