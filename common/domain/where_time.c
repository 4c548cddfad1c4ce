/* Time literals of where-expressions. */
#include "domain/where_time.h"

#include "base/tai.h"
#include "domain/scan.h"
#include "domain/timespan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TIME_TEXT_MAX 100
#define JD_OF_MJD_0 2400000.5
#define MJD_OF_1970 40587
#define DAYS_MAX 100000 /* 273 years from 1970 */
#define TT_MINUS_TAI_NS INT64_C(32184000000)
#define UTC_1972_NS (INT64_C(63072000) * CB_NS_PER_S) /* from here on TAI - UTC is whole seconds */
/* TCG runs faster than TT by this rate since 1977-01-01T00:00:00 TAI (IAU 2000 B1.9) */
#define TCG_RATE 6.969290134e-10
#define TCG_EPOCH_NS (INT64_C(220924800) * CB_NS_PER_S + TT_MINUS_TAI_NS)
/* Julian dates for which UTC is defined in SOFA's calendar */
#define UTC_JD_MIN (-68569.5)
#define UTC_JD_MAX 1e9

enum time_format {
    FORMAT_NONE,
    FORMAT_MJD,
    FORMAT_JD,
    FORMAT_ISO,
    FORMAT_ISOT,
    FORMAT_FITS,
    FORMAT_YDAY,
    FORMAT_UNIX,
    FORMAT_UNIX_TAI,
    FORMAT_CXCSEC,
    FORMAT_GPS,
    FORMAT_JYEAR,
    FORMAT_BYEAR,
    FORMAT_DECIMALYEAR,
    FORMAT_PLOT_DATE
};

enum time_scale { SCALE_NONE, SCALE_UTC, SCALE_TAI, SCALE_TT, SCALE_TCG };

/* A calendar time before its scale is applied: ns since 1970 in that scale; leap is 1 s within :60, 2 within
 * :61, and so on, as the butler takes them. */
struct civil {
    int64_t ns;
    int64_t leap_ns;
    bool is_short; /* a field has one digit where two are usual: no point without digits behind it, then */
};

static const struct {
    const char *name;
    enum time_format format;
    enum time_scale scale; /* default */
} formats[] = {
    { "mjd", FORMAT_MJD, SCALE_TAI },
    { "jd", FORMAT_JD, SCALE_TAI },
    { "iso", FORMAT_ISO, SCALE_UTC },
    { "isot", FORMAT_ISOT, SCALE_UTC },
    { "fits", FORMAT_FITS, SCALE_UTC },
    { "yday", FORMAT_YDAY, SCALE_UTC },
    { "unix", FORMAT_UNIX, SCALE_UTC },
    { "unix_tai", FORMAT_UNIX_TAI, SCALE_TAI },
    { "cxcsec", FORMAT_CXCSEC, SCALE_TT },
    { "gps", FORMAT_GPS, SCALE_TAI },
    { "jyear", FORMAT_JYEAR, SCALE_TAI },
    { "byear", FORMAT_BYEAR, SCALE_TAI },
    { "decimalyear", FORMAT_DECIMALYEAR, SCALE_TAI },
    { "plot_date", FORMAT_PLOT_DATE, SCALE_TAI },
};

static enum time_format format_of(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcasecmp(formats[i].name, name) == 0)
            return formats[i].format;
    return FORMAT_NONE;
}

static enum time_scale default_scale(enum time_format format)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].format == format)
            return formats[i].scale;
    return SCALE_TAI;
}

static enum time_scale scale_of(const char *name)
{
    static const struct {
        const char *name;
        enum time_scale scale;
    } scales[] = { { "utc", SCALE_UTC }, { "tai", SCALE_TAI }, { "tt", SCALE_TT }, { "tcg", SCALE_TCG } };
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
        if (strcasecmp(scales[i].name, name) == 0)
            return scales[i].scale;
    return SCALE_NONE;
}

/* TDB and TCB need the motion of the planets, UT1 the rotation of the Earth as measured. */
static bool fail_scale(const char *name, struct cb_error *err)
{
    static const char *const known[] = { "tdb", "tcb", "ut1", "local" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(known[i], name) == 0)
            return cb_fail(err, CB_ERR_INVALID,
                           "the time scale \"%s\" is not supported: use utc, tai, tt or tcg", known[i]);
    return cb_fail(err, CB_ERR_INVALID, "unknown time scale \"%s\": expected utc, tai, tt or tcg", name);
}

/* A field of a calendar time of one or two digits. */
static bool scan_field(const char **at, struct civil *civil, int64_t *ret_value)
{
    const char *start = *at;
    if (!cb_scan_digits(at, 1, 2, ret_value))
        return false;
    civil->is_short |= *at - start == 1;
    return true;
}

static bool scan_fraction(const char *at, struct civil *civil)
{
    int64_t scale = CB_NS_PER_S;
    if (*at == '\0' && civil->is_short)
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        scale /= 10;
        civil->ns += (*at - '0') * scale;
    }
    return *at == '\0';
}

/* A clock time "h:m[:s[.f]]" to the end of the text, added to a day. */
static bool parse_clock(const char *at, struct civil *civil)
{
    int64_t hour = 0, minute = 0, second = 0;
    if (!scan_field(&at, civil, &hour) || !cb_scan_char(&at, ':') || !scan_field(&at, civil, &minute))
        return false;
    if (*at == ':') {
        at++;
        if (!scan_field(&at, civil, &second))
            return false;
    }
    if (hour > 23 || minute > 59)
        return false;
    if (second >= 60) {
        civil->leap_ns = (second - 59) * CB_NS_PER_S;
        second = 59;
    }
    civil->ns += ((hour * 60 + minute) * 60 + second) * CB_NS_PER_S;
    return cb_scan_char(&at, '.') ? scan_fraction(at, civil) : *at == '\0';
}

/* Days since 1970 whose ns fit: what lies beyond is clipped to the repository's range anyhow. */
static int64_t within_int64(int64_t days)
{
    if (days > DAYS_MAX)
        return DAYS_MAX;
    return days < -DAYS_MAX ? -DAYS_MAX : days;
}

/* "Y-M-D" with `year_digits` digits of the year, then nothing or `separator` and a clock time. */
static bool parse_calendar(const char *at, size_t year_digits, const char *separators, struct civil *civil)
{
    int64_t year = 0, month = 0, day = 0, days = 0;
    if (!cb_scan_digits(&at, year_digits, year_digits, &year) || !cb_scan_char(&at, '-') ||
        !scan_field(&at, civil, &month) || !cb_scan_char(&at, '-') || !scan_field(&at, civil, &day))
        return false;
    if (year > 9999) /* beyond the range anyhow; the calendar repeats after 400 years */
        year = 9600 + year % 400;
    if (!cb_days_from_date((int)year, (int)month, (int)day, &days))
        return false;
    civil->ns = within_int64(days) * CB_NS_PER_DAY;
    if (*at == '\0')
        return true;
    return strchr(separators, *at) != NULL && parse_clock(at + 1, civil);
}

/* "+YYYYY-MM-DD[THH:MM:SS[.f]]" or without sign and four digits of the year; every digit is there. */
static bool parse_fits(const char *value, struct civil *civil)
{
    size_t sign = value[0] == '+' ? 1 : 0;
    const char *clock = strchr(value, 'T');
    bool is_full = clock == NULL || strlen(clock) >= strlen("Thh:mm:ss");
    return is_full && parse_calendar(value + sign, 4 + sign, "T", civil) && !(sign == 1 && civil->is_short);
}

/* Y:doy[:h:m[:s[.f]]] */
static bool parse_year_day(const char *at, struct civil *civil)
{
    int64_t year = 0, day = 0, days = 0;
    if (!cb_scan_digits(&at, 4, 4, &year) || !cb_scan_char(&at, ':') || !cb_scan_digits(&at, 1, 3, &day) ||
        day < 1 || day > 366 || !cb_days_from_date((int)year, 1, 1, &days))
        return false;
    civil->ns = within_int64(days + day - 1) * CB_NS_PER_DAY;
    return *at == '\0' || (*at == ':' && parse_clock(at + 1, civil));
}

/* Days since an epoch (given in days since 1970) to ns; what does not fit is beyond the repository's range.
 */
static bool days_to_ns(double days, double epoch_days, int64_t *ret_ns)
{
    double limit = DAYS_MAX;
    days = fmin(fmax(days, -limit - epoch_days), limit - epoch_days);
    double whole = floor(days);
    double epoch_whole = floor(epoch_days);
    double ns = ((days - whole) + (epoch_days - epoch_whole)) * (double)CB_NS_PER_DAY;
    *ret_ns = (int64_t)(whole + epoch_whole) * CB_NS_PER_DAY + llround(ns);
    return true;
}

/* What does not fit 64 bits is beyond the repository's range. */
static void seconds_to_ns(double seconds, int64_t *ret_ns)
{
    double within = fmin(fmax(seconds, -8e9), 8e9), whole = floor(within);
    *ret_ns = (int64_t)whole * CB_NS_PER_S + llround((within - whole) * 1e9);
}

static bool decimal_year_to_ns(double year, int64_t *ret_ns)
{
    int64_t start = 0, next = 0;
    year = fmin(fmax(year, 1700.0), 2249.0); /* beyond the range anyhow */
    double whole = floor(year);
    if (!cb_days_from_date((int)whole, 1, 1, &start) || !cb_days_from_date((int)whole + 1, 1, 1, &next))
        return false;
    *ret_ns = start * CB_NS_PER_DAY + llround((year - whole) * (double)((next - start) * CB_NS_PER_DAY));
    return true;
}

/* A number in one of the numeric formats that obey the scale. */
static bool parse_number(enum time_format format, double value, struct civil *civil)
{
    switch (format) {
    case FORMAT_MJD:
        return days_to_ns(value, -MJD_OF_1970, &civil->ns);
    case FORMAT_JD:
        return days_to_ns(value, -(JD_OF_MJD_0 + MJD_OF_1970), &civil->ns);
    case FORMAT_JYEAR: /* Julian years of 365.25 days about JD 2451545.0 */
        return days_to_ns((value - 2000.0) * 365.25, 2451545.0 - JD_OF_MJD_0 - MJD_OF_1970, &civil->ns);
    case FORMAT_BYEAR: /* Besselian years of 365.242198781 days about JD 2415020.31352 */
        return days_to_ns((value - 1900.0) * 365.242198781, 2415020.31352 - JD_OF_MJD_0 - MJD_OF_1970,
                          &civil->ns);
    case FORMAT_PLOT_DATE: /* days since 0001-01-01, and one */
        return days_to_ns(value, 1721424.5 - JD_OF_MJD_0 - MJD_OF_1970, &civil->ns);
    default:
        return decimal_year_to_ns(value, &civil->ns);
    }
}

/* Before 1972 a second of UTC was no second of TAI: TAI - UTC from 1968-02-01 on. */
static int64_t tai_from_utc(int64_t utc_ns)
{
    if (utc_ns >= UTC_1972_NS)
        return cb_tai_from_utc(utc_ns);
    const double days = (double)utc_ns / (double)CB_NS_PER_DAY + (MJD_OF_1970 - 39126);
    return utc_ns + llround(4213170000.0 + days * 2592000.0);
}

static int64_t apply_scale(struct civil civil, enum time_scale scale)
{
    int64_t ns = civil.ns + civil.leap_ns;
    switch (scale) {
    case SCALE_UTC:
        return tai_from_utc(civil.ns) + civil.leap_ns;
    case SCALE_TT:
        return ns - TT_MINUS_TAI_NS;
    case SCALE_TCG:
        return ns - llround((double)(ns - TCG_EPOCH_NS) * TCG_RATE) - TT_MINUS_TAI_NS;
    default:
        return ns;
    }
}

/* Is a number of days or years within what UTC is defined for? */
static bool is_within_utc(enum time_format format, double value)
{
    double jd = 2451545.0 + (value - 2000.0) * 365.25;
    if (format == FORMAT_JD)
        jd = value;
    else if (format == FORMAT_MJD)
        jd = value + JD_OF_MJD_0;
    else if (format == FORMAT_PLOT_DATE)
        jd = value + 1721424.5;
    return jd >= UTC_JD_MIN && jd <= UTC_JD_MAX;
}

/* Seconds since an epoch: the instant does not depend on the scale. */
static bool parse_epoch(enum time_format format, double value, int64_t *ret_tai_ns)
{
    int64_t ns = 0;
    seconds_to_ns(value, &ns);
    if (format == FORMAT_UNIX)
        ns = tai_from_utc(ns);
    else if (format == FORMAT_CXCSEC) /* since 1998-01-01 TT */
        ns += INT64_C(883612800) * CB_NS_PER_S - TT_MINUS_TAI_NS;
    else if (format == FORMAT_GPS) /* since 1980-01-06 UTC = 00:00:19 TAI */
        ns += INT64_C(315964819) * CB_NS_PER_S;
    *ret_tai_ns = ns;
    return true;
}

/* A number as the butler takes it, whatever its format: with a point, without exponent. */
static bool is_decimal(const char *text)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    size_t before = strspn(text + sign, "0123456789");
    if (text[sign + before] != '.')
        return false;
    size_t after = strspn(text + sign + before + 1, "0123456789");
    return before + after > 0 && text[sign + before + 1 + after] == '\0';
}

static enum time_format guess(const char *value)
{
    if (is_decimal(value))
        return FORMAT_MJD;
    if (value[0] == '+')
        return FORMAT_FITS;
    if (strlen(value) >= 6 && value[4] == ':')
        return FORMAT_YDAY;
    if (strlen(value) >= 8 && value[4] == '-')
        return strchr(value, 'T') != NULL ? FORMAT_ISOT : FORMAT_ISO;
    return FORMAT_NONE;
}

static bool parse_text(enum time_format format, const char *value, struct civil *civil)
{
    if (format == FORMAT_YDAY)
        return parse_year_day(value, civil);
    if (format == FORMAT_FITS)
        return parse_fits(value, civil);
    return parse_calendar(value, 4, format == FORMAT_ISO ? " " : "T", civil);
}

static bool is_text_format(enum time_format format)
{
    return format == FORMAT_ISO || format == FORMAT_ISOT || format == FORMAT_FITS || format == FORMAT_YDAY;
}

static bool is_epoch_format(enum time_format format)
{
    return format == FORMAT_UNIX || format == FORMAT_UNIX_TAI || format == FORMAT_CXCSEC ||
           format == FORMAT_GPS;
}

static bool to_tai(enum time_format format, const char *value, enum time_scale scale, int64_t *ret_tai_ns)
{
    struct civil civil = { 0 };
    double number = 0.0;
    bool is_text = is_text_format(format);
    if (is_text ? !parse_text(format, value, &civil) : !is_decimal(value) || !cb_scan_number(value, &number))
        return false;
    if (is_epoch_format(format))
        return parse_epoch(format, number, ret_tai_ns);
    if (!is_text && !parse_number(format, number, &civil))
        return false;
    if (format == FORMAT_PLOT_DATE) /* counts days of UTC whatever the scale */
        scale = SCALE_UTC;
    if (!is_text && scale == SCALE_UTC && !is_within_utc(format, number))
        return false;
    *ret_tai_ns = apply_scale(civil, scale);
    return true;
}

/* A word of letters, digits and underscores: a format, since no value is one. */
static bool is_word(const char *text)
{
    return *text != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

/* Cut "format/value/scale" in place; any of the outer two may be absent. */
static bool split(char *text, enum time_format *format, char **value, enum time_scale *scale,
                  struct cb_error *err)
{
    char *first = strchr(text, '/'), *last = strrchr(text, '/');
    *value = text;
    if (first == NULL)
        return true;
    *first = '\0';
    *last = '\0';
    bool has_format = first != last || is_word(text);
    if (has_format) {
        *format = format_of(text);
        *value = first + 1;
        if (*format == FORMAT_NONE)
            return cb_fail(err, CB_ERR_INVALID, "unknown time format \"%s\"", text);
    }
    if (first == last && has_format)
        return true;
    *scale = scale_of(last + 1);
    return *scale != SCALE_NONE || fail_scale(last + 1, err);
}

static void drop_utc_offset(char *value)
{
    size_t length = strlen(value);
    if (length > 6 && strcmp(value + length - 6, "+00:00") == 0)
        value[length - 6] = '\0';
}

bool cb_where_time_parse(const char *text, size_t length, int64_t *ret_tai_ns, struct cb_error *err)
{
    char copy[TIME_TEXT_MAX + 1], *value = copy;
    enum time_format format = FORMAT_NONE;
    enum time_scale scale = SCALE_NONE;
    if (length > TIME_TEXT_MAX)
        return cb_fail(err, CB_ERR_INVALID, "the time is longer than %d characters", TIME_TEXT_MAX);
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!split(copy, &format, &value, &scale, err))
        return false;
    drop_utc_offset(value);
    if (format == FORMAT_NONE)
        format = guess(value);
    if (format == FORMAT_NONE)
        return cb_fail(err, CB_ERR_INVALID, "the time matches no known format");
    int64_t tai_ns = 0;
    if (!to_tai(format, value, scale != SCALE_NONE ? scale : default_scale(format), &tai_ns))
        return cb_fail(err, CB_ERR_INVALID, "the time does not match its format");
    *ret_tai_ns = cb_timespan_clip(tai_ns);
    return true;
}
