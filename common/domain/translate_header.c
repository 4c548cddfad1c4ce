/* A header with repairs laid over it. */
#include "domain/translate_header.h"

#include "base/tai.h"
#include "domain/scan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MJD_OF_1970 40587.0
#define JD_OF_1970 2440587.5
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

/* The shortest digits that read back as the same number; a whole number keeps its ".0". */
static void put_real(double value, char word[CB_WORD_SIZE])
{
    double again = 0.0;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(word, CB_WORD_SIZE, "%.*g", digits, value);
        if (cb_scan_number(word, &again) && again == value)
            break;
    }
    if (word[strcspn(word, ".e")] == '\0')
        snprintf(word + strlen(word), CB_WORD_SIZE - strlen(word), ".0");
}

bool cb_header_word(const struct cb_header *header, const char *key, char ret_word[CB_WORD_SIZE])
{
    struct cb_key_value card = cb_header_card(header, key);
    if (card.kind == CB_KEY_STRING)
        snprintf(ret_word, CB_WORD_SIZE, "%s", card.text);
    else if (card.kind == CB_KEY_INT)
        snprintf(ret_word, CB_WORD_SIZE, "%" PRId64, card.integer);
    else if (card.kind == CB_KEY_FLOAT)
        put_real(card.number, ret_word);
    else if (card.kind == CB_KEY_BOOL)
        snprintf(ret_word, CB_WORD_SIZE, "%s", card.truth ? "True" : "False");
    else
        return false;
    return true;
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

/* A time as a whole number of days since 1970-01-01T00:00 and a fraction of either sign, at most half a day.
 * Each step below rounds where the butler's clock rounds, so that both come to the same nanosecond
 * (instruments.md 0.7). */
struct moment {
    int64_t days;
    double fraction;
};

static struct moment moment_of(double days)
{
    double whole = rint(days);
    return (struct moment){ (int64_t)whole, days - whole };
}

static int64_t moment_ns(struct moment moment)
{
    return moment.days * CB_NS_PER_DAY + llrint(moment.fraction * NS_PER_DAY);
}

static bool moment_of_mjd(const struct cb_header *header, const char *key, struct moment *ret_moment)
{
    double mjd = 0.0;
    if (!cb_header_number(header, key, &mjd) || !(fabs(mjd - MJD_OF_1970) < 100000.0))
        return false;
    *ret_moment = moment_of(mjd);
    ret_moment->days -= (int64_t)MJD_OF_1970;
    return true;
}

static bool moment_of_date(const struct cb_header *header, const char *key, struct moment *ret_moment)
{
    int64_t ns = 0;
    const char *text = cb_header_text(header, key);
    if (text == NULL || !cb_iso_parse(text, &ns))
        return false;
    int64_t days = ns / CB_NS_PER_DAY - (ns % CB_NS_PER_DAY < 0);
    *ret_moment = moment_of((double)(ns - days * CB_NS_PER_DAY) / NS_PER_DAY);
    ret_moment->days += days;
    return true;
}

static bool moment_of_begin(const struct cb_header *header, struct moment *ret_moment)
{
    return moment_of_mjd(header, "MJD-BEG", ret_moment) || moment_of_date(header, "DATE-BEG", ret_moment) ||
           moment_of_mjd(header, "MJD-OBS", ret_moment) || moment_of_date(header, "DATE-OBS", ret_moment);
}

bool cb_header_begin(const struct cb_header *header, int64_t *ret_tai_ns)
{
    struct moment begin;
    if (!moment_of_begin(header, &begin))
        return false;
    *ret_tai_ns = moment_ns(begin);
    return true;
}

/* The sum is taken from noon to noon, as Julian days are. */
bool cb_header_begin_after(const struct cb_header *header, double later_s, int64_t *ret_tai_ns)
{
    struct moment begin;
    if (!moment_of_begin(header, &begin))
        return false;
    double noon = begin.fraction < 0.0 ? 0.5 : -0.5;
    struct moment length = moment_of(later_s / 86400.0);
    struct moment sum = moment_of(begin.fraction + noon + length.fraction);
    struct moment end = moment_of(sum.fraction + 0.5);
    end.days += begin.days + length.days + sum.days - (noon > 0.0 ? 1 : 0);
    *ret_tai_ns = moment_ns(end);
    return true;
}

bool cb_header_julian(const struct cb_header *header, const char *key, const char *fraction_key,
                      int64_t *ret_tai_ns)
{
    double day = 0.0, fraction = 0.0;
    if (!cb_header_number(header, key, &day) || !cb_header_number(header, fraction_key, &fraction) ||
        !(fabs(day - JD_OF_1970) < 100000.0) || !(fabs(fraction) < 2.0))
        return false;
    struct moment whole = moment_of(day - JD_OF_1970);
    struct moment moment = moment_of(whole.fraction + fraction);
    moment.days += whole.days;
    *ret_tai_ns = moment_ns(moment);
    return true;
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
