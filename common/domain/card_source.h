/* How a rule reads a FITS header without knowing where it comes from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cb_key_kind {
    CB_KEY_ABSENT,    /* no such key */
    CB_KEY_UNDEFINED, /* the key is there, without a value (or null in a sidecar) */
    CB_KEY_STRING,
    CB_KEY_INT,
    CB_KEY_FLOAT,
    CB_KEY_BOOL
};

/* One value; `number` is set for INT and FLOAT, `integer` for INT. */
struct cb_key_value {
    enum cb_key_kind kind;
    const char *text; /* of STRING, without trailing blanks; borrowed from the source */
    int64_t integer;
    double number;
    bool truth;
};

/* A header. Keys are upper case; HIERARCH keys are their words joined by single blanks ("SIMULATE MTMOUNT").
 */
struct cb_card_source {
    const void *header;
    struct cb_key_value (*find)(const void *header, const char *key);
    const char *(*key_at)(const void *header, size_t index); /* NULL behind the last card */
};
