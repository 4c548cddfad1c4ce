/* How a rule reads a FITS header without knowing where it comes from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cb_card_kind {
    CB_CARD_ABSENT,    /* no such key */
    CB_CARD_UNDEFINED, /* the key is there, without a value (or null in a sidecar) */
    CB_CARD_STRING,
    CB_CARD_INT,
    CB_CARD_FLOAT,
    CB_CARD_BOOL
};

/* One value; `number` is set for INT and FLOAT, `integer` for INT. */
struct cb_card {
    enum cb_card_kind kind;
    const char *text; /* of STRING, without trailing blanks; borrowed from the source */
    int64_t integer;
    double number;
    bool truth;
};

/* A header. Keys are upper case; HIERARCH keys are their words joined by single blanks ("SIMULATE MTMOUNT"). */
struct cb_card_source {
    const void *header;
    struct cb_card (*find)(const void *header, const char *key);
    const char *(*key_at)(const void *header, size_t index); /* NULL behind the last card */
};
