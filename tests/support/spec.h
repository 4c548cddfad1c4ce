/* cmocka in the order it needs, and a comparison of doubles that can fail (cmocka's own compares floats and
 * lets NaN pass). Include this and never cmocka itself: a sorting formatter would break the order. */
#pragma once

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>

/* |actual - expected| <= tolerance; NaN is close to NaN only. */
static inline void cb_assert_close(double actual, double expected, double tolerance, const char *file,
                                   int line)
{
    if (isnan(expected) ? isnan(actual) : fabs(actual - expected) <= tolerance)
        return;
    print_error("%.17g is not within %.3g of %.17g\n", actual, tolerance, expected);
    _fail(file, line);
}
#define assert_close(actual, expected, tolerance)                                                            \
    cb_assert_close((actual), (expected), (tolerance), __FILE__, __LINE__)
