/* Time scales, calendar and ISO text. */
#include "base/tai.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* Days from civil date and back: proleptic Gregorian, era of 400 years (146097 days) counted from 0000-03-01.
 */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void cb_date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

bool cb_days_from_date(int year, int month, int day, int64_t *ret_days)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int64_t days = days_from_civil(year, month, day);
    int back_year, back_month, back_day;
    cb_date_from_days(days, &back_year, &back_month, &back_day);
    if (back_month != month || back_day != day)
        return false;
    *ret_days = days;
    return true;
}

/* Unix times at which TAI - UTC became 10, 11, ... 37 s. */
static const int64_t leap_steps[] = {
    63072000,  78796800,  94694400,   126230400,  157766400,  189302400,  220924800,
    252460800, 283996800, 315532800,  362793600,  394329600,  425865600,  489024000,
    567993600, 631152000, 662688000,  709948800,  741484800,  773020800,  820454400,
    867715200, 915148800, 1136073600, 1230768000, 1341100800, 1435708800, 1483228800,
};

int cb_leap_seconds(int64_t unix_s)
{
    int offset = 10;
    for (size_t i = 1; i < sizeof leap_steps / sizeof leap_steps[0] && unix_s >= leap_steps[i]; i++)
        offset++;
    return offset;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t cb_tai_from_utc(int64_t utc_ns)
{
    return utc_ns + cb_leap_seconds(floor_div(utc_ns, CB_NS_PER_S)) * CB_NS_PER_S;
}

int64_t cb_utc_from_tai(int64_t tai_ns)
{
    int64_t guess = tai_ns - 37 * CB_NS_PER_S;
    for (int round = 0; round < 2; round++)
        guess = tai_ns - cb_leap_seconds(floor_div(guess, CB_NS_PER_S)) * CB_NS_PER_S;
    return guess;
}

int64_t cb_tai_from_tt(int64_t tt_ns)
{
    return tt_ns - 32184000000LL;
}

/* Read exactly `width` digits. */
static bool digits(const char **at, int width, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < width; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += width;
    *ret_value = value;
    return true;
}

/* ".ffff" to ns, rounded half up at the tenth digit. */
static bool fraction(const char **at, int64_t *ret_ns)
{
    int64_t ns = 0, weight = CB_NS_PER_S / 10;
    if (!isdigit((unsigned char)**at))
        return false;
    for (int place = 0; isdigit((unsigned char)**at); (*at)++, place++) {
        if (place < 9)
            ns += (**at - '0') * weight;
        else if (place == 9)
            ns += **at >= '5';
        weight /= 10;
    }
    *ret_ns = ns;
    return true;
}

/* "(T| )hh:mm[:ss[.f]]" */
static bool clock_time(const char **at, int64_t *ret_ns)
{
    int hour, minute, second = 0;
    int64_t below = 0;
    if (**at != 'T' && **at != ' ')
        return false;
    (*at)++;
    if (!digits(at, 2, &hour) || *(*at)++ != ':' || !digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    if (**at == ':') {
        (*at)++;
        if (!digits(at, 2, &second) || second > 60 || (second == 60 && (hour != 23 || minute != 59)))
            return false;
        if (**at == '.') {
            (*at)++;
            if (!fraction(at, &below))
                return false;
        }
    }
    *ret_ns = (hour * 3600LL + minute * 60LL + second) * CB_NS_PER_S + below;
    return true;
}

bool cb_iso_parse(const char *text, int64_t *ret_ns)
{
    int year, month, day;
    int64_t days, within = 0;
    const char *at = text;
    if (!digits(&at, 4, &year) || *at++ != '-' || !digits(&at, 2, &month) || *at++ != '-' ||
        !digits(&at, 2, &day) || !cb_days_from_date(year, month, day, &days))
        return false;
    if (*at != '\0' && !clock_time(&at, &within))
        return false;
    /* ns of years beyond 1678..2261 do not fit 64 bits */
    if (*at != '\0' || days < -106000 || days > 106000)
        return false;
    *ret_ns = days * CB_NS_PER_DAY + within;
    return true;
}

void cb_iso_format(int64_t ns, int digits_wanted, char separator, char ret_text[CB_ISO_SIZE])
{
    int64_t days = floor_div(ns, CB_NS_PER_DAY);
    int64_t within = ns - days * CB_NS_PER_DAY;
    int64_t second = within / CB_NS_PER_S;
    int year, month, day;
    cb_date_from_days(days, &year, &month, &day);
    int length = snprintf(ret_text, CB_ISO_SIZE, "%04d-%02d-%02d%c%02d:%02d:%02d", year, month, day,
                          separator, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    if (digits_wanted <= 0 || length < 0)
        return;
    char below[16];
    snprintf(below, sizeof below, "%09d", (int)(within % CB_NS_PER_S));
    snprintf(ret_text + length, CB_ISO_SIZE - (size_t)length, ".%.*s", digits_wanted > 9 ? 9 : digits_wanted,
             below);
}

#define MJD_OF_1970 40587.0

int64_t cb_ns_from_mjd(double mjd)
{
    double day = floor(mjd);
    /* a double MJD of today resolves about 0.6 microseconds */
    int64_t within_us = llround((mjd - day) * 86400e6);
    return ((int64_t)(day - MJD_OF_1970)) * CB_NS_PER_DAY + within_us * 1000;
}

double cb_mjd_from_ns(int64_t ns)
{
    int64_t days = floor_div(ns, CB_NS_PER_DAY);
    return MJD_OF_1970 + (double)days + (double)(ns - days * CB_NS_PER_DAY) / (double)CB_NS_PER_DAY;
}

int cb_day_obs(int64_t tai_ns)
{
    int year, month, day;
    cb_date_from_days(floor_div(tai_ns - CB_NS_PER_DAY / 2, CB_NS_PER_DAY), &year, &month, &day);
    return year * 10000 + month * 100 + day;
}

bool cb_day_obs_start(int day_obs, int64_t *ret_tai_ns)
{
    int64_t days;
    if (!cb_days_from_date(day_obs / 10000, day_obs / 100 % 100, day_obs % 100, &days))
        return false;
    *ret_tai_ns = days * CB_NS_PER_DAY + CB_NS_PER_DAY / 2;
    return true;
}
