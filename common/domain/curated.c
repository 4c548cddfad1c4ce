/* Curated calibrations: which types a data package may hold, and what its dates mean. */
#include "domain/curated.h"

#include "base/tai.h"
#include "domain/dimensions.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_DETECTOR (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR))
#define BY_FILTER (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_PHYSICAL_FILTER))
#define BY_BOTH (BY_DETECTOR | BY_FILTER)

static const struct cb_curated_type types[] = {
    { "defects", "Defects", "lsst.ip.isr.defects.Defects", BY_DETECTOR, true },
    { "manual_defects", "Defects", "lsst.ip.isr.defects.Defects", BY_DETECTOR, true },
    { "crosstalk", "CrosstalkCalib", "lsst.ip.isr.crosstalk.CrosstalkCalib", BY_DETECTOR, true },
    { "bfk", "BrighterFatterKernel", "lsst.ip.isr.brighterFatterKernel.BrighterFatterKernel", BY_DETECTOR,
      true },
    { "linearizer", "Linearizer", "lsst.ip.isr.linearize.Linearizer", BY_DETECTOR, true },
    { "qe_curve", "QECurve", NULL, BY_DETECTOR, true },
    { "transmission_optics", "TransmissionCurve", NULL, CB_DIM(CB_INSTRUMENT), false },
    { "transmission_atmosphere", "TransmissionCurve", NULL, CB_DIM(CB_INSTRUMENT), false },
    { "transmission_filter", "TransmissionCurve", NULL, BY_FILTER, false },
    { "transmission_sensor", "TransmissionCurve", NULL, BY_DETECTOR, false },
    { "transmission_filter_detector", "TransmissionCurve", NULL, BY_BOTH, false },
    { "transmission_system", "TransmissionCurve", NULL, BY_BOTH, false },
};

const struct cb_curated_type *cb_curated_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

/* "20250430T122300" with its signs put in; other texts as they are. */
static void spread(const char *text, char *ret_iso, size_t size)
{
    if (strspn(text, "0123456789") == 8 && strlen(text) == 15 && text[8] == 'T' &&
        strspn(text + 9, "0123456789") == 6)
        snprintf(ret_iso, size, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", text, text + 4, text + 6, text + 9,
                 text + 11, text + 13);
    else if (strspn(text, "0123456789") == 8 && strlen(text) == 8)
        snprintf(ret_iso, size, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
    else
        snprintf(ret_iso, size, "%s", text);
}

/* TAI - UTC of 1968-02-01 .. 1971-12-31: 4.2131700 s + (MJD - 39126) * 0.002592 s. */
#define DRIFT_FROM_NS (INT64_C(-700) * CB_NS_PER_DAY) /* 1968-02-01 */
#define LEAPS_FROM_NS (INT64_C(730) * CB_NS_PER_DAY)  /* 1972-01-01 */
#define MJD_1970 40587

static int64_t drifting(int64_t utc_ns)
{
    const int64_t per_day = 2592000;
    const int64_t since_us = utc_ns / 1000, day_us = CB_NS_PER_DAY / 1000;
    return INT64_C(4213170000) + (MJD_1970 - 39126) * per_day + since_us / day_us * per_day +
           since_us % day_us * per_day / day_us;
}

bool cb_curated_start(const char *text, int64_t *ret_tai_ns, struct cb_error *err)
{
    char iso[64];
    int64_t utc_ns;
    spread(text, iso, sizeof iso);
    if (strlen(text) >= sizeof iso || !cb_iso_parse(iso, &utc_ns))
        return cb_fail(err, CB_ERR_INVALID, "\"%.60s\" is no start of validity such as 19700101T000000",
                       text);
    if (utc_ns < DRIFT_FROM_NS)
        return cb_fail(err, CB_ERR_INVALID, "start of validity \"%s\" is before 1968-02-01", text);
    *ret_tai_ns = utc_ns < LEAPS_FROM_NS ? utc_ns + drifting(utc_ns) : cb_tai_from_utc(utc_ns);
    return true;
}

/* "Z", "+hh:mm", "-hhmm" or nothing at the end of a date: minutes east. *ret_length: what stands before. */
static bool split_zone(const char *text, size_t *ret_length, int *ret_minutes)
{
    size_t length = strlen(text);
    const char *time = strchr(text, 'T') != NULL ? strchr(text, 'T') : text + length;
    const char *sign = strpbrk(time, "+-");
    *ret_minutes = 0;
    *ret_length = length;
    if (length > 0 && text[length - 1] == 'Z') {
        *ret_length = length - 1;
        return true;
    }
    if (sign == NULL)
        return true;
    char digits[8];
    size_t used = 0;
    for (const char *c = sign + 1; *c != '\0' && used < sizeof digits - 1; c++)
        if (*c != ':' || c != sign + 3)
            digits[used++] = *c;
    digits[used] = '\0';
    if (used != 4 || strspn(digits, "0123456789") != 4)
        return false;
    int value = (int)strtol(digits, NULL, 10);
    *ret_length = (size_t)(sign - text);
    *ret_minutes = (60 * (value / 100) + value % 100) * (*sign == '-' ? -1 : 1);
    return true;
}

bool cb_curated_stamp(const char *calibdate, char ret_stamp[CB_CURATED_STAMP_SIZE], struct cb_error *err)
{
    char bare[64], iso[CB_ISO_SIZE + 64];
    size_t length, used = 0;
    int minutes;
    int64_t ns;
    bool ok = split_zone(calibdate, &length, &minutes) && length < sizeof bare;
    if (ok) {
        snprintf(bare, sizeof bare, "%.*s", (int)length, calibdate);
        spread(bare, iso, sizeof iso);
        ok = cb_iso_parse(iso, &ns);
    }
    if (!ok)
        return cb_fail(err, CB_ERR_INVALID, "CALIBDATE \"%.60s\" is no date", calibdate);
    cb_iso_format(ns - INT64_C(60) * minutes * CB_NS_PER_S, 0, 'T', iso);
    for (const char *c = iso; *c != '\0' && used < CB_CURATED_STAMP_SIZE - 2; c++)
        if (*c != '-' && *c != ':')
            ret_stamp[used++] = *c;
    ret_stamp[used++] = 'Z';
    ret_stamp[used] = '\0';
    return true;
}
