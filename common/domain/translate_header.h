/* A header with repairs laid over it: a value set here hides the card below. */
#pragma once

#include "domain/card_source.h"
#include "domain/instrument.h"

#define CB_REPAIRS_MAX 48
#define CB_REPAIR_TEXT_SIZE 128
#define CB_WORD_SIZE 128

struct cb_repair {
    const char *key; /* static text */
    struct cb_key_value card;
    char text[CB_REPAIR_TEXT_SIZE];
};

struct cb_header {
    const struct cb_card_source *source;
    const struct cb_card_source *corrections; /* NULL for none */
    struct cb_repair repairs[CB_REPAIRS_MAX];
    size_t n_repairs;
    const struct cb_instrument *instrument;
    char obs_id[65];
};

/* The value after repairs. */
struct cb_key_value cb_header_card(const struct cb_header *header, const char *key);
/* Present even if without value. */
bool cb_header_has_key(const struct cb_header *header, const char *key);
/* Present with a value. */
bool cb_header_is_defined(const struct cb_header *header, const char *key);
/* Text of a string card, NULL otherwise. Borrowed, until the key is set again. */
const char *cb_header_text(const struct cb_header *header, const char *key);
/* Any value as text: a string as it is, a number or truth as Python writes it. False when there is none. */
bool cb_header_word(const struct cb_header *header, const char *key, char ret_word[CB_WORD_SIZE]);
/* Number of an int or float card, or of a string that is one. False otherwise. */
bool cb_header_number(const struct cb_header *header, const char *key, double *ret_value);
/* Whole number of an int card, an integral float, or a string that is one. */
bool cb_header_integer(const struct cb_header *header, const char *key, int64_t *ret_value);

/* Repairs. `key` must be static text. */
void cb_header_set_text(struct cb_header *header, const char *key, const char *text);
void cb_header_set_number(struct cb_header *header, const char *key, double value);
void cb_header_mark_undefined(struct cb_header *header, const char *key);

/* When the exposure began: TAI ns, from the first of MJD-BEG, DATE-BEG, MJD-OBS, DATE-OBS. */
bool cb_header_begin(const struct cb_header *header, int64_t *ret_tai_ns);
/* later_s seconds after that. */
bool cb_header_begin_after(const struct cb_header *header, double later_s, int64_t *ret_tai_ns);
/* TAI ns of a Julian day in two parts. */
bool cb_header_julian(const struct cb_header *header, const char *key, const char *fraction_key,
                      int64_t *ret_tai_ns);
/* DAYOBS as YYYYMMDD, dashes dropped. */
bool cb_header_day_obs(const struct cb_header *header, int64_t *ret_day_obs);
/* TAI ns of a UTC date and time. */
int64_t cb_header_utc(int year, int month, int day, int hour, int minute);

/* The camera's own repairs (instruments.md 2.2). */
void cb_header_repair(struct cb_header *header);
