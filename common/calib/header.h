/* A FITS header as an ordered list of typed cards: pure data, read and written by io/fits_*. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cb_card_type { CB_CARD_UNDEFINED = 0, CB_CARD_STRING, CB_CARD_INT, CB_CARD_DOUBLE, CB_CARD_BOOL };

/* One card. Keys of more than 8 characters, or with blanks or lower case, are HIERARCH keys; the word
 * HIERARCH is no part of the key ("LSST ISR GAIN C10"). */
struct cb_card {
    char *key;
    enum cb_card_type type;
    char *text;      /* CB_CARD_STRING, without quotes and trailing blanks; else NULL */
    int64_t integer; /* CB_CARD_INT */
    double number;   /* CB_CARD_DOUBLE; NaN is stored as a card with the string "NaN" */
    bool flag;       /* CB_CARD_BOOL */
    char *comment;   /* "" when there is none */
};

struct cb_header {
    struct cb_card *card; /* [count], in order */
    uint32_t *hash;       /* [count] of the keys, so that a search compares few of them */
    size_t count, room;
};

struct cb_header *cb_header_new(void);
void cb_header_free(struct cb_header *header);
CB_DEFINE_CLEANUP(struct cb_header *, cb_header_free)
struct cb_header *cb_header_copy(const struct cb_header *header);

/* The first card of that key (upper and lower case are told apart), NULL when absent. Borrowed. header may be
 * NULL. */
const struct cb_card *cb_header_find(const struct cb_header *header, const char *key);

/* Values; false when the card is absent, undefined or of another type (a number may be an int, double or, as
 * some headers have it, a string that is a number all through). ret is untouched then. */
bool cb_header_get_string(const struct cb_header *header, const char *key,
                          const char **ret_text); /* borrowed */
bool cb_header_get_int(const struct cb_header *header, const char *key, int64_t *ret_value);
bool cb_header_get_double(const struct cb_header *header, const char *key, double *ret_value);
bool cb_header_get_bool(const struct cb_header *header, const char *key, bool *ret_value);

/* Set a card: in place when the key is there, else at the end. comment NULL keeps the old one. */
void cb_header_set_string(struct cb_header *header, const char *key, const char *text, const char *comment);
void cb_header_set_int(struct cb_header *header, const char *key, int64_t value, const char *comment);
void cb_header_set_double(struct cb_header *header, const char *key, double value, const char *comment);
void cb_header_set_bool(struct cb_header *header, const char *key, bool value, const char *comment);
void cb_header_set_undefined(struct cb_header *header, const char *key, const char *comment);
void cb_header_set_card(struct cb_header *header, const struct cb_card *card);
/* Take a card out; nothing happens when it is absent. */
void cb_header_remove(struct cb_header *header, const char *key);

/* Same type and same value (comments may differ; NaN equals NaN). */
bool cb_card_equal(const struct cb_card *a, const struct cb_card *b);
