/* Regions written as IVOA SIAv2 POS. */
#include "domain/region.h"

#include "base/alloc.h"
#include "domain/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 400, NUMBERS_MAX = 4096 };

static bool fail(const char *text, const char *why, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "%s in POS string '%.200s'", why, text);
}

/* Words behind the shape, as numbers. */
static bool take_numbers(const char *text, const char *at, double *ret_numbers, size_t *ret_n,
                         struct cb_error *err)
{
    static const char blanks[] = " \t\n\r\v\f";
    for (at += strspn(at, blanks); *at != '\0'; at += strspn(at, blanks)) {
        char word[NUMBER_MAX];
        size_t length = strcspn(at, blanks);
        if (length >= sizeof word || *ret_n == NUMBERS_MAX)
            return fail(text, "too many digits or numbers", err);
        memcpy(word, at, length);
        word[length] = '\0';
        at += length;
        if (!cb_scan_number_or_infinity(word, &ret_numbers[*ret_n]))
            return fail(text, "a word that is no number", err);
        (*ret_n)++;
    }
    return true;
}

static bool make_circle(const char *text, const double *number, size_t n, struct cb_region *ret_region,
                        struct cb_error *err)
{
    if (n != 3)
        return fail(text, "CIRCLE requires 3 numbers", err);
    return cb_region_circle(number[0], number[1], number[2], ret_region, err);
}

/* An open end is the last possible value. */
static double bounded(double value, double least, double most)
{
    return isinf(value) ? (value > 0 ? most : least) : value;
}

static bool make_range(const char *text, const double *number, size_t n, struct cb_region *ret_region,
                       struct cb_error *err)
{
    if (n != 4)
        return fail(text, "RANGE requires 4 numbers", err);
    return cb_region_range(bounded(number[0], 0, 360), bounded(number[1], 0, 360),
                           bounded(number[2], -90, 90), bounded(number[3], -90, 90), ret_region, err);
}

static bool make_polygon(const char *text, const double *number, size_t n, struct cb_region *ret_region,
                         struct cb_error *err)
{
    if (n < 6 || n % 2 != 0)
        return fail(text, "POLYGON requires at least three pairs of numbers", err);
    return cb_region_polygon((const double(*)[2])number, n / 2, ret_region, err);
}

bool cb_region_pos(const char *text, struct cb_region *ret_region, struct cb_error *err)
{
    static const struct {
        const char *name;
        bool (*make)(const char *, const double *, size_t, struct cb_region *, struct cb_error *);
    } shapes[] = { { "CIRCLE", make_circle }, { "RANGE", make_range }, { "POLYGON", make_polygon } };
    const char *word = text + strspn(text, " \t\n\r\v\f");
    size_t length = strcspn(word, " \t\n\r\v\f"), n = 0;
    cb_auto(cb_free) double *numbers = cb_xalloc_array(NUMBERS_MAX, sizeof *numbers);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strlen(shapes[i].name) == length && memcmp(shapes[i].name, word, length) == 0)
            return take_numbers(text, word + length, numbers, &n, err) &&
                   shapes[i].make(text, numbers, n, ret_region, err);
    return fail(text, "Unrecognized shape", err);
}
