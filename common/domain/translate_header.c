/* A header with repairs laid over it. */
#include "domain/translate_header.h"

#include "base/tai.h"
#include "domain/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MJD_OF_1970 40587.0
#define NS_PER_DAY 86400e9

struct cb_key_value cb_header_card(const struct cb_header *header, const char *key)
{
    for (size_t i = header->n_repairs; i-- > 0;)
        if (strcmp(header->repairs[i].key, key) == 0) {
            struct cb_key_value card = header->repairs[i].card;
            if (card.kind == CB_KEY_STRING)
                card.text = header->repairs[i].text;
            return card;
        }
    if (header->corrections != NULL) {
        struct cb_key_value card = header->corrections->find(header->corrections->header, key);
        if (card.kind != CB_KEY_ABSENT)
            return card;
    }
    return header->source->find(header->source->header, key);
}

bool cb_header_has_key(const struct cb_header *header, const char *key)
{
    return cb_header_card(header, key).kind != CB_KEY_ABSENT;
}

bool cb_header_is_defined(const struct cb_header *header, const char *key)
{
    enum cb_key_kind kind = cb_header_card(header, key).kind;
    return kind != CB_KEY_ABSENT && kind != CB_KEY_UNDEFINED;
}

const char *cb_header_text(const struct cb_header *header, const char *key)
{
    struct cb_key_value card = cb_header_card(header, key);
    return card.kind == CB_KEY_STRING ? card.text : NULL;
}

bool cb_header_number(const struct cb_header *header, const char *key, double *ret_value)
{
    struct cb_key_value card = cb_header_card(header, key);
    if (card.kind == CB_KEY_STRING)
        return cb_scan_number(card.text, ret_value);
    if ((card.kind != CB_KEY_INT && card.kind != CB_KEY_FLOAT) || !isfinite(card.number))
        return false;
    *ret_value = card.number;
    return true;
}

bool cb_header_integer(const struct cb_header *header, const char *key, int64_t *ret_value)
{
    struct cb_key_value card = cb_header_card(header, key);
    if (card.kind == CB_KEY_STRING)
        return cb_scan_integer(card.text, ret_value);
    if (card.kind == CB_KEY_INT)
        *ret_value = card.integer;
    else if (card.kind == CB_KEY_FLOAT && fabs(card.number) < 1e15 && trunc(card.number) == card.number)
        *ret_value = (int64_t)card.number;
    else
        return false;
    return true;
}

static struct cb_repair *repair(struct cb_header *header, const char *key)
{
    for (size_t i = 0; i < header->n_repairs; i++)
        if (strcmp(header->repairs[i].key, key) == 0)
            return &header->repairs[i];
    if (header->n_repairs == CB_REPAIRS_MAX) /* more keys than the repairs know: our own mistake */
        return &header->repairs[CB_REPAIRS_MAX - 1];
    struct cb_repair *added = &header->repairs[header->n_repairs++];
    added->key = key;
    return added;
}

void cb_header_set_text(struct cb_header *header, const char *key, const char *text)
{
    char copy[CB_REPAIR_TEXT_SIZE]; /* text may be this key's own value */
    snprintf(copy, sizeof copy, "%s", text);
    struct cb_repair *set = repair(header, key);
    memcpy(set->text, copy, sizeof copy);
    set->card = (struct cb_key_value){ .kind = CB_KEY_STRING };
}

void cb_header_set_number(struct cb_header *header, const char *key, double value)
{
    repair(header, key)->card = (struct cb_key_value){ .kind = CB_KEY_FLOAT, .number = value };
}

void cb_header_mark_undefined(struct cb_header *header, const char *key)
{
    repair(header, key)->card = (struct cb_key_value){ .kind = CB_KEY_UNDEFINED };
}

/* MJD as whole and fraction, rounded to the nearest ns, half to even, as the butler rounds (instruments.md
 * 0.7). */
static bool mjd_to_ns(double mjd, int64_t *ret_tai_ns)
{
    double whole = floor(mjd);
    if (!(fabs(whole - MJD_OF_1970) < 100000.0))
        return false;
    *ret_tai_ns = (int64_t)(whole - MJD_OF_1970) * CB_NS_PER_DAY + llrint((mjd - whole) * NS_PER_DAY);
    return true;
}

static bool date_of(const struct cb_header *header, const char *key, int64_t *ret_ns)
{
    const char *text = cb_header_text(header, key);
    return text != NULL && cb_iso_parse(text, ret_ns);
}

bool cb_header_begin(const struct cb_header *header, int64_t *ret_tai_ns)
{
    double mjd = 0.0;
    if (cb_header_number(header, "MJD-BEG", &mjd) && mjd_to_ns(mjd, ret_tai_ns))
        return true;
    if (date_of(header, "DATE-BEG", ret_tai_ns))
        return true;
    if (cb_header_number(header, "MJD-OBS", &mjd) && mjd_to_ns(mjd, ret_tai_ns))
        return true;
    return date_of(header, "DATE-OBS", ret_tai_ns);
}

bool cb_header_day_obs(const struct cb_header *header, int64_t *ret_day_obs)
{
    char digits[9];
    size_t n = 0;
    const char *text = cb_header_text(header, "DAYOBS");
    int64_t day = 0, days = 0;
    if (text == NULL) {
        if (!cb_header_integer(header, "DAYOBS", &day))
            return false;
    } else {
        for (; *text != '\0'; text++) {
            if (*text == '-')
                continue;
            if (n == 8)
                return false;
            digits[n++] = *text;
        }
        digits[n] = '\0';
        if (n != 8 || !cb_scan_integer(digits, &day))
            return false;
    }
    if (day < 10000101 || day > 99991231 ||
        !cb_days_from_date((int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100), &days))
        return false;
    *ret_day_obs = day;
    return true;
}

int64_t cb_header_utc(int year, int month, int day, int hour, int minute)
{
    int64_t days = 0;
    (void)cb_days_from_date(year, month, day, &days);
    return cb_tai_from_utc(days * CB_NS_PER_DAY + (hour * INT64_C(60) + minute) * 60 * CB_NS_PER_S);
}
