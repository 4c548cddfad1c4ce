/* Read whole numbers and fixed letters out of text. */
#include "domain/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool cb_scan_digits(const char **at, size_t min, size_t max, int64_t *ret_value)
{
    const char *text = *at;
    int64_t value = 0;
    size_t n = 0;
    for (; is_digit(text[n]); n++) {
        if (n == max)
            return false;
        value = value * 10 + (text[n] - '0');
    }
    if (n < min)
        return false;
    *at = text + n;
    *ret_value = value;
    return true;
}

bool cb_scan_char(const char **at, char expected)
{
    if (**at != expected)
        return false;
    (*at)++;
    return true;
}

bool cb_scan_integer(const char *text, int64_t *ret_value)
{
    bool negative = text[0] == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, value = 0;
    size_t n = negative || text[0] == '+' ? 1 : 0;
    if (!is_digit(text[n]))
        return false;
    for (; is_digit(text[n]); n++) {
        uint64_t digit = (uint64_t)(text[n] - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (text[n] != '\0')
        return false;
    *ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* "1e400" is an infinity here. */
static bool scan_decimal(const char *text, double *ret_value)
{
    char *end = NULL;
    if (text[0] == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    *ret_value = strtod(text, &end);
    return *end == '\0';
}

bool cb_scan_number(const char *text, double *ret_value)
{
    double value = 0;
    if (!scan_decimal(text, &value) || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

bool cb_scan_number_or_infinity(const char *text, double *ret_value)
{
    const char *word = text + (text[0] == '-' || text[0] == '+');
    if (strcasecmp(word, "inf") != 0 && strcasecmp(word, "infinity") != 0)
        return scan_decimal(text, ret_value);
    *ret_value = text[0] == '-' ? -INFINITY : INFINITY;
    return true;
}
