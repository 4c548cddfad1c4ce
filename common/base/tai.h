/* Time scales: TAI nanoseconds since 1970-01-01T00:00:00 TAI (the butler's clock), UTC with the leap-second
 * table, ISO text, MJD. The only place that knows the calendar. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CB_NS_PER_S 1000000000LL
#define CB_NS_PER_DAY (86400LL * CB_NS_PER_S)
#define CB_ISO_SIZE 40

enum cb_time_scale { CB_TAI, CB_UTC, CB_TT };

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. False for a date that does not exist. */
bool cb_days_from_date(int year, int month, int day, int64_t *ret_days);
void cb_date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);

/* TAI - UTC in whole seconds at a UTC Unix time (10 before 1972; source: IERS Bulletin C, last step
 * 2017-01-01). */
int cb_leap_seconds(int64_t unix_s);

/* Same instant on another scale; "utc" is Unix time in ns (no leap seconds counted). */
int64_t cb_tai_from_utc(int64_t utc_ns);
int64_t cb_utc_from_tai(int64_t tai_ns);
/* TT = TAI + 32.184 s. */
int64_t cb_tai_from_tt(int64_t tt_ns);

/* "YYYY-MM-DD[(T| )hh:mm[:ss[.f...]]]", digits of a second beyond 9 rounded; the text must end there.
 * ret_ns counts from 1970-01-01T00:00:00 of the text's own scale (23:59:60 is the next second). */
bool cb_iso_parse(const char *text, int64_t *ret_ns);
/* "YYYY-MM-DDThh:mm:ss" with `digits` (0..9) decimals, truncated towards the past. */
void cb_iso_format(int64_t ns, int digits, char separator, char ret_text[CB_ISO_SIZE]);

/* MJD (days, same scale) and ns since 1970; rounded to the nearest microsecond for MJD in a double. */
int64_t cb_ns_from_mjd(double mjd);
double cb_mjd_from_ns(int64_t ns);

/* Observing day YYYYMMDD of LSST cameras: TAI - 12 h (generation.md 14.4.1), and the day's start [noon TAI).
 */
int cb_day_obs(int64_t tai_ns);
bool cb_day_obs_start(int day_obs, int64_t *ret_tai_ns);
