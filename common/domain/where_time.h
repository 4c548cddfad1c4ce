/* Time literals of where-expressions: T'[format/]value[/scale]'. Source: butler.md 7.5.
 *
 * Formats: mjd jd iso isot fits yday unix unix_tai cxcsec gps jyear byear decimalyear plot_date; without one
 * it is guessed: a decimal number with a point is mjd, Y-M-D[( |T)h:m[:s[.f]]] is iso or isot, a leading + is
 * fits, Y:doy[:h:m[:s]] is yday. A trailing +00:00 is dropped. Scales: utc (default of iso, isot, fits, yday,
 * unix), tai (default of the rest), tt (default of cxcsec), tcg. tdb, tcb and ut1 are refused: they need
 * series and tables that are not here, and to take one for another would be wrong by up to 2 ms, 20 s or 1 s.
 * Before 1972 UTC drifts against TAI. The result is clipped to the repository's range. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* ret_tai_ns: ns since 1970-01-01 TAI. Errors: INVALID with the reason, without the text. */
CB_MUST_CHECK bool cb_where_time_parse(const char *text, size_t length, int64_t *ret_tai_ns,
                                       struct cb_error *err);
