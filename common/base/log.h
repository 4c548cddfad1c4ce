/* One JSON line per record on stderr, written with one write. The message is a constant; all variation is in
 * typed fields: cb_log(CB_INFO, "calibration certified", cb_str("calib_id", id), cb_int("detector", 4));
 * Library code (base, calib, domain, io) never logs. */
#pragma once

#include "base/error.h"

#include <stdint.h>

enum cb_log_level { CB_DEBUG, CB_INFO, CB_WARN, CB_ERROR };

enum cb_field_type { CB_FIELD_STR, CB_FIELD_INT, CB_FIELD_DBL, CB_FIELD_BOOL };
struct cb_field {
    const char *key; /* NULL ends the list */
    enum cb_field_type type;
    const char *str; /* NULL is written as null */
    int64_t integer;
    double real; /* NaN and infinities are written as null */
};

#define cb_str(name, value)                                                                                  \
    {                                                                                                        \
        .key = (name), .type = CB_FIELD_STR, .str = (value)                                                  \
    }
#define cb_int(name, value)                                                                                  \
    {                                                                                                        \
        .key = (name), .type = CB_FIELD_INT, .integer = (int64_t)(value)                                     \
    }
#define cb_dbl(name, value)                                                                                  \
    {                                                                                                        \
        .key = (name), .type = CB_FIELD_DBL, .real = (value)                                                 \
    }
#define cb_flag(name, value)                                                                                 \
    {                                                                                                        \
        .key = (name), .type = CB_FIELD_BOOL, .integer = (value)                                             \
    }

#define cb_log(level, message, ...)                                                                          \
    cb_log_write((level),                                                                                    \
                 (const struct cb_field[]){ cb_str("msg", (message)), ##__VA_ARGS__, { .key = NULL } })

/* Who is speaking; the texts must live on. Records below `least` are dropped. */
void cb_log_init(const char *service, const char *instance, enum cb_log_level least);
bool cb_log_level_parse(const char *text, enum cb_log_level *ret_level); /* debug, info, warn, error */
void cb_log_write(enum cb_log_level level, const struct cb_field *fields);
/* An error value as a record: kind, text, file and line as fields. */
void cb_log_error(const char *message, const struct cb_error *err);
