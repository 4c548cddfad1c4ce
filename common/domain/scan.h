/* Read whole numbers and fixed letters out of text, moving a cursor; what every parser of this layer shares.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between min and max decimal digits (max <= 18) at *at; the cursor moves behind them. False, cursor unmoved,
 * when there are fewer than min or more than max. */
bool cb_scan_digits(const char **at, size_t min, size_t max, int64_t *ret_value);
/* One given character. */
bool cb_scan_char(const char **at, char expected);
/* A whole text as a signed decimal integer: [+-]digits and nothing else, within int64. */
bool cb_scan_integer(const char *text, int64_t *ret_value);
/* A whole text as a finite decimal number (no hex, no "inf", no blanks). */
bool cb_scan_number(const char *text, double *ret_value);
/* The same, or an infinity: "inf", "-Infinity" in any case, or a number too large for a double. */
bool cb_scan_number_or_infinity(const char *text, double *ret_value);
