/* A raw file's header as an exposure record. */
#include "domain/translate.h"

#include "base/tai.h"
#include "domain/celestial.h"
#include "domain/translate_header.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NOON_S 43200
#define INDEX_MAX 1000000 /* frames of a sequence; a day has no 100000 */
#define LONGEST_S 1e8     /* three years */
#define ELEVATION_MIN (-5.55)
#define RADIANS (M_PI / 180.0)

static bool is_text(const struct cb_header *h, const char *key, const char *expected)
{
    const char *text = cb_header_text(h, key);
    return text != NULL && strcmp(text, expected) == 0;
}

static bool is_word(const struct cb_header *h, const char *key, const char *expected)
{
    const char *text = cb_header_text(h, key);
    return text != NULL && strcasecmp(text, expected) == 0;
}

static bool is_type(const struct cb_exposure_record *r, const char *type)
{
    return strcmp(r->observation_type, type) == 0;
}

static bool missing(const char *key, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "header key %s is missing or has no value", key);
}

/* Copy into a field of the record; what does not fit there cannot be stored. */
static bool put_text(char *field, size_t size, const char *key, const char *text, struct cb_error *err)
{
    if (strlen(text) >= size)
        return cb_fail(err, CB_ERR_INVALID, "header key %s has more than %zu characters: \"%.80s\"", key,
                       size - 1, text);
    memcpy(field, text, strlen(text) + 1);
    return true;
}

static void put_lower(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

/* Which camera (instruments.md 1.2). */

static bool is_simonyi(const struct cb_header *h)
{
    return is_text(h, "TELESCOP", "Simonyi Survey Telescope") || is_text(h, "TELESCOP", "LSST");
}

static bool is_comcam(const struct cb_header *h)
{
    if (!cb_header_has_key(h, "TELESCOP"))
        return false;
    return (is_word(h, "INSTRUME", "comcam") && is_simonyi(h)) ||
           (is_text(h, "TELCODE", "CC") && is_word(h, "INSTRUME", "lsst_camera"));
}

bool cb_translate_camera(const struct cb_card_source *source, const struct cb_instrument **ret_instrument,
                         struct cb_error *err)
{
    struct cb_header h = { .source = source };
    if (is_word(&h, "INSTRUME", "lsstcam"))
        *ret_instrument = cb_instrument_at(CB_CAMERA_LSSTCAM);
    else if (is_text(&h, "INSTRUME", "LATISS") || is_text(&h, "INSTRUME", "LSST_ATISS") ||
             is_text(&h, "DETNAME", "RXX_S00"))
        *ret_instrument = cb_instrument_at(CB_CAMERA_LATISS);
    else if (is_comcam(&h))
        *ret_instrument = cb_instrument_at(CB_CAMERA_LSSTCOMCAM);
    else if (is_word(&h, "INSTRUME", "comcamsim") && is_simonyi(&h))
        *ret_instrument = cb_instrument_at(CB_CAMERA_LSSTCOMCAMSIM);
    else if (!cb_header_is_defined(&h, "INSTRUME"))
        return missing("INSTRUME", err);
    else
        return cb_fail(
            err, CB_ERR_INVALID,
            "no camera is known for INSTRUME \"%.60s\", TELESCOP \"%.60s\": expected LATISS, LSSTComCam, "
            "LSSTComCamSim or LSSTCam",
            cb_header_text(&h, "INSTRUME") != NULL ? cb_header_text(&h, "INSTRUME") : "",
            cb_header_text(&h, "TELESCOP") != NULL ? cb_header_text(&h, "TELESCOP") : "");
    return true;
}

bool cb_translate_obs_id(const struct cb_card_source *source, char ret_obs_id[65], struct cb_error *err)
{
    struct cb_header h = { .source = source };
    const struct cb_instrument *instrument = NULL;
    const char *obs_id = cb_header_text(&h, "OBSID");
    if (!cb_translate_camera(source, &instrument, err))
        return false;
    if ((obs_id == NULL || obs_id[0] == '\0') && instrument->camera == CB_CAMERA_LATISS)
        obs_id = cb_header_text(&h, "IMGNAME");
    if (obs_id == NULL || obs_id[0] == '\0')
        return missing("OBSID", err);
    return put_text(ret_obs_id, 65, "OBSID", obs_id, err);
}

/* Times. */

static bool scale_to_tai(const struct cb_header *h, int64_t ns, int64_t *ret_tai_ns, struct cb_error *err)
{
    const char *system = cb_header_text(h, "TIMESYS");
    if (system == NULL || strcasecmp(system, "UTC") == 0)
        *ret_tai_ns = cb_tai_from_utc(ns);
    else if (strcasecmp(system, "TAI") == 0)
        *ret_tai_ns = ns;
    else if (strcasecmp(system, "TT") == 0)
        *ret_tai_ns = cb_tai_from_tt(ns);
    else
        return cb_fail(err, CB_ERR_INVALID, "unrecognized TIMESYS \"%.40s\": expected TAI, UTC or TT",
                       system);
    return true;
}

static bool translate_span(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    int64_t begin = 0, end = 0;
    const char *date_end = cb_header_text(h, "DATE-END");
    if (!cb_header_begin(h, &begin))
        return cb_fail(err, CB_ERR_INVALID,
                       "no time of begin: MJD-BEG, DATE-BEG, MJD-OBS and DATE-OBS are all missing");
    if (date_end == NULL) {
        if (fabs(r->shutter_time_s) > LONGEST_S)
            return cb_fail(err, CB_ERR_INVALID, "header key EXPTIME is no exposure time: %g s",
                           r->shutter_time_s);
        (void)cb_header_begin_after(h, r->shutter_time_s, &end);
    } else {
        int64_t ns = 0;
        if (!cb_iso_parse(date_end, &ns))
            return cb_fail(err, CB_ERR_INVALID, "header key DATE-END is not a date: \"%.60s\"", date_end);
        if (!scale_to_tai(h, ns, &end, err))
            return false;
    }
    r->span = cb_timespan_of(begin, end < begin ? begin : end);
    return true;
}

/* Days since 1970 of the n-th Sunday of a month. */
static int64_t nth_sunday(int year, int month, int n)
{
    int64_t first = 0;
    (void)cb_days_from_date(year, month, 1, &first);
    int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */
    return first + (7 - weekday) % 7 + INT64_C(7) * (n - 1);
}

/* UTC - US Pacific time: summer time from the second Sunday of March, 10:00 UTC, to the first of November,
 * 09:00. */
static int64_t pacific_offset_s(int64_t utc_ns)
{
    int year = 0, month = 0, day = 0;
    int64_t days = utc_ns / CB_NS_PER_DAY;
    cb_date_from_days(days, &year, &month, &day);
    int64_t begin = (nth_sunday(year, 3, 2) * 24 + 10) * 3600 * CB_NS_PER_S;
    int64_t end = (nth_sunday(year, 11, 1) * 24 + 9) * 3600 * CB_NS_PER_S;
    return utc_ns >= begin && utc_ns < end ? 25200 : 28800;
}

/* Seconds from midnight TAI to the begin of an observing day (instruments.md 2.4). The month is that of TAI:
 * the translators count it so, 37 s ahead of UTC. */
static int64_t day_offset_s(enum cb_camera camera, int64_t begin_tai_ns)
{
    int year = 0, month = 0, day = 0;
    int64_t utc_ns = cb_utc_from_tai(begin_tai_ns);
    cb_date_from_days(begin_tai_ns / CB_NS_PER_DAY, &year, &month, &day);
    int since = year * 100 + month;
    if (camera == CB_CAMERA_LSSTCAM && since < 202405)
        return pacific_offset_s(utc_ns);
    if (camera == CB_CAMERA_LSSTCOMCAM && since < 202003)
        return pacific_offset_s(utc_ns);
    return NOON_S;
}

static bool translate_day(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    int64_t offset_ns = day_offset_s(h->instrument->camera, r->span.begin_ns) * CB_NS_PER_S;
    int64_t days = 0;
    if (!cb_header_is_defined(h, "DAYOBS"))
        return missing("DAYOBS", err); /* the exposure id is made of it */
    if (!cb_header_day_obs(h, &r->day_obs))
        return cb_fail(err, CB_ERR_INVALID, "header key DAYOBS is not a date YYYYMMDD");
    (void)cb_days_from_date((int)(r->day_obs / 10000), (int)(r->day_obs / 100 % 100), (int)(r->day_obs % 100),
                            &days);
    int64_t start = days * CB_NS_PER_DAY + offset_ns;
    r->day_obs_span = cb_timespan_of(start, start + CB_NS_PER_DAY);
    return true;
}

/* Identity. */

static char controller_of(const struct cb_header *h)
{
    const char *controller = cb_header_text(h, "CONTRLLR");
    if (controller != NULL && controller[0] != '\0')
        return controller[0];
    return 'O';
}

/* First and last of the sequence. Frames without a place in one are their own, and frame 0 of a day is not
 * one sequence with every other frame 0. */
static bool translate_sequence(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    int64_t index = 0, most = 0, own = r->seq_num != 0 ? r->seq_num : r->id;
    bool placed = cb_header_integer(h, "CURINDEX", &index), bounded = cb_header_integer(h, "MAXINDEX", &most);
    if ((placed && llabs(index) > INDEX_MAX) || (bounded && llabs(most) > INDEX_MAX))
        return cb_fail(err, CB_ERR_INVALID, "header keys CURINDEX and MAXINDEX are no places in a sequence");
    r->seq_start = placed ? r->seq_num - index + 1 : own;
    r->seq_end = placed && bounded ? r->seq_num + most - index : own;
    return true;
}

static bool translate_id(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    if (cb_header_has_key(h, "CALIB_ID"))
        return cb_fail(err, CB_ERR_INVALID,
                       "the file is a calibration product, not a raw: it has the key CALIB_ID");
    if (!cb_header_integer(h, "SEQNUM", &r->seq_num))
        return missing("SEQNUM", err);
    const char *controller = cb_header_text(h, "CONTRLLR");
    if (controller != NULL && strlen(controller) > 1)
        return cb_fail(err, CB_ERR_INVALID, "header key CONTRLLR must be one letter, not \"%.20s\"",
                       controller);
    if (!cb_exposure_id(r->day_obs, r->seq_num, controller_of(h), &r->id, err))
        return false;
    return translate_sequence(h, r, err);
}

static bool translate_group(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    const char *group = cb_header_text(h, "GROUPID");
    if (group != NULL)
        return put_text(r->group, sizeof r->group, "GROUPID", group, err);
    int64_t number = r->id;
    (void)cb_header_integer(h, "GROUPID", &number);
    snprintf(r->group, sizeof r->group, "%" PRId64, number);
    return true;
}

static bool translate_detector(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    char name[40];
    const char *raft = cb_header_text(h, "RAFTBAY"), *slot = cb_header_text(h, "CCDSLOT");
    const char *serial = cb_header_text(h, "LSST_NUM");
    if (h->instrument->camera == CB_CAMERA_LATISS) {
        snprintf(name, sizeof name, "RXX_S00");
    } else {
        if (raft == NULL || slot == NULL)
            return missing(raft == NULL ? "RAFTBAY" : "CCDSLOT", err);
        snprintf(name, sizeof name, "%.15s_%.15s", raft, slot);
    }
    if (!cb_instrument_detector_named(h->instrument, name, &r->detector, err)) {
        if (err != NULL)
            err->kind = CB_ERR_INVALID;
        return false;
    }
    r->serial_differs = serial != NULL && strcmp(serial, r->detector.serial) != 0;
    return true;
}

/* Observation. */

static bool translate_exposure_time(const struct cb_header *h, struct cb_exposure_record *r,
                                    struct cb_error *err)
{
    double shutter = 0.0, dark = 0.0;
    if (!cb_header_number(h, "EXPTIME", &r->exposure_time_s)) {
        if (h->instrument->camera != CB_CAMERA_LATISS)
            return missing("EXPTIME", err);
        r->exposure_time_s = -1.0;
    }
    bool is_latiss = h->instrument->camera == CB_CAMERA_LATISS; /* its shutter is not timed */
    bool measured = !is_latiss && cb_header_number(h, "SHUTTIME", &shutter) && shutter > 0.0;
    r->shutter_time_s = measured ? shutter : r->exposure_time_s;
    bool known = cb_header_number(h, "DARKTIME", &dark);
    if (known && is_latiss && dark < r->exposure_time_s)
        known = false;
    r->dark_time_s = (struct cb_optional_number){ true, known ? dark : r->shutter_time_s };
    return true;
}

static bool controller_is(const struct cb_header *h, const char *letters)
{
    const char *controller = cb_header_text(h, "CONTRLLR");
    return controller != NULL && controller[0] != '\0' && strchr(letters, controller[0]) != NULL;
}

static bool is_on_mountain(const struct cb_header *h, int64_t begin)
{
    switch (h->instrument->camera) {
    case CB_CAMERA_LATISS:
        return begin > cb_header_utc(2020, 1, 1, 0, 0);
    case CB_CAMERA_LSSTCOMCAM:
        return begin > cb_header_utc(2024, 8, 24, 0, 0) || controller_is(h, "H");
    case CB_CAMERA_LSSTCAM:
        return begin > cb_header_utc(2025, 3, 1, 0, 0) || controller_is(h, "H");
    default:
        return true;
    }
}

/* LATISS looks at OBSTYPE first, tells laboratory frames apart, and guesses where neither key is there. */
static bool latiss_type(const struct cb_header *h, struct cb_exposure_record *r, bool mountain,
                        struct cb_error *err)
{
    const char *key = cb_header_is_defined(h, "OBSTYPE") ? "OBSTYPE" : "IMGTYPE";
    const char *type = cb_header_text(h, key);
    if (type == NULL)
        type = r->exposure_time_s == 0.0 ? "bias" : "unknown";
    if (!put_text(r->observation_type, sizeof r->observation_type, key, type, err))
        return false;
    put_lower(r->observation_type);
    if (strcmp(r->observation_type, "object") == 0)
        snprintf(r->observation_type, sizeof r->observation_type, "%s", mountain ? "science" : "labobject");
    else if (strcmp(r->observation_type, "skyexp") == 0)
        snprintf(r->observation_type, sizeof r->observation_type, "science");
    return true;
}

static bool translate_type(const struct cb_header *h, struct cb_exposure_record *r, bool mountain,
                           struct cb_error *err)
{
    if (h->instrument->camera == CB_CAMERA_LATISS)
        return latiss_type(h, r, mountain, err);
    const char *type = cb_header_text(h, "IMGTYPE");
    if (type == NULL)
        return missing("IMGTYPE", err);
    if (!put_text(r->observation_type, sizeof r->observation_type, "IMGTYPE", type, err))
        return false;
    put_lower(r->observation_type);
    if (strcmp(r->observation_type, "skyexp") == 0 || strcmp(r->observation_type, "object") == 0)
        snprintf(r->observation_type, sizeof r->observation_type, "science");
    return true;
}

/* The first of keys[] (ended by NULL) that is there, else a default; a text that is empty is one. */
static const char *first_text(const struct cb_header *h, const char *const *keys, const char *fallback)
{
    for (; *keys != NULL; keys++)
        if (cb_header_text(h, *keys) != NULL)
            return cb_header_text(h, *keys);
    return fallback;
}

/* The same where a number is a name too (RUNNUM 3000000). */
static const char *first_word(const struct cb_header *h, const char *const *keys, char word[CB_WORD_SIZE],
                              const char *fallback)
{
    for (; *keys != NULL; keys++)
        if (cb_header_word(h, *keys, word))
            return word;
    return fallback;
}

static bool translate_reason(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    static const char *const reason[] = { "REASON", "TESTTYPE", NULL };
    const char *no_reason = is_type(r, "science") ? "science" : "unknown";
    if (!put_text(r->observation_reason, sizeof r->observation_reason, "REASON",
                  first_text(h, reason, no_reason), err))
        return false;
    put_lower(r->observation_reason);
    return true;
}

static bool translate_program(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    static const char *const program[] = { "PROGRAM", "RUNNUM", NULL };
    static const char *const latiss_program[] = { "PROGRAM", NULL };
    char word[CB_WORD_SIZE];
    bool is_latiss = h->instrument->camera == CB_CAMERA_LATISS;
    return put_text(r->science_program, sizeof r->science_program, "PROGRAM",
                    first_word(h, is_latiss ? latiss_program : program, word, "unknown"), err);
}

/* What LATISS looks at on the sky has a name, or none is known. */
static bool translate_target(const struct cb_header *h, struct cb_exposure_record *r, bool mountain,
                             struct cb_error *err)
{
    static const char *const target[] = { "OBJECT", NULL };
    char word[CB_WORD_SIZE];
    bool must_be_told = h->instrument->camera == CB_CAMERA_LATISS && mountain && is_type(r, "science");
    r->has_target = !must_be_told || cb_header_is_defined(h, "OBJECT");
    return put_text(r->target_name, sizeof r->target_name, "OBJECT", first_word(h, target, word, "UNKNOWN"),
                    err);
}

/* Filters (instruments.md 1.3). */

static void append(char *name, size_t size, const char *joint, const char *part)
{
    size_t used = strlen(name);
    snprintf(name + used, size - used, "%s%s", joint, part);
}

static void lsst_filter(const struct cb_header *h, char name[200])
{
    static const char *const keys[] = { "FILTER", "FILTER1", "FILTER2" };
    name[0] = '\0';
    size_t defined = 0;
    char part[CB_WORD_SIZE];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (cb_header_word(h, keys[i], part))
            append(name, 200, defined++ > 0 ? "~" : "", part);
    if (name[0] == '\0')
        snprintf(name, 200, "unknown");
    for (char *none = strstr(name, "NONE"); none != NULL; none = strstr(none, "NONE"))
        for (size_t i = 0; i < 4; i++)
            none[i] = "none"[i];
    for (size_t length = strlen(name); length > 6 && strcmp(name + length - 6, "~empty") == 0; length -= 6)
        name[length - 6] = '\0';
}

/* "empty", "empty_1", "EMPTY12" */
static bool is_empty_slot(const char *text)
{
    if (strncasecmp(text, "empty", 5) != 0)
        return false;
    text += text[5] == '_' ? 6 : 5;
    return text[strspn(text, "0123456789")] == '\0';
}

static void latiss_filter(const struct cb_header *h, char name[200])
{
    const char *filter = cb_header_text(h, "FILTER"), *grating = cb_header_text(h, "GRATING");
    if (filter == NULL)
        filter = "unknown";
    else if (is_empty_slot(filter))
        filter = "empty";
    if (grating == NULL)
        grating = cb_header_is_defined(h, "GRATING") ? "empty" : "unknown";
    else if (grating[strspn(grating, " ")] == '\0' || strncasecmp(grating, "empty", 5) == 0)
        grating = "empty";
    snprintf(name, 200, "%.80s~%.80s", filter, grating);
}

static bool translate_filter(const struct cb_header *h, struct cb_exposure_record *r, struct cb_error *err)
{
    char name[200];
    if (h->instrument->camera == CB_CAMERA_LATISS)
        latiss_filter(h, name);
    else
        lsst_filter(h, name);
    if (strlen(name) >= sizeof r->physical_filter || !cb_instrument_band(h->instrument, name, r->band, NULL))
        return cb_fail(err, CB_ERR_INVALID, "physical filter \"%.80s\" is not registered for %s", name,
                       h->instrument->name);
    memcpy(r->physical_filter, name, strlen(name) + 1);
    return true;
}

/* Pointing (instruments.md 0.4, 0.5, 2.3). */

static double wrap_360(double angle_deg)
{
    double wrapped = fmod(angle_deg, 360.0);
    return wrapped < 0.0 ? wrapped + 360.0 : fabs(wrapped);
}

/* FK5 (J2000) to ICRS: a rotation by -19.9, -9.1 and 22.9 mas about x, y and z (the IAU's Hipparcos frame).
 */
static void fk5_to_icrs(double *ra_deg, double *dec_deg)
{
    const double mas = RADIANS / 3600e3, wx = -19.9 * mas, wy = -9.1 * mas, wz = 22.9 * mas;
    double ra = *ra_deg * RADIANS, dec = *dec_deg * RADIANS;
    double x = cos(dec) * cos(ra), y = cos(dec) * sin(ra), z = sin(dec);
    double x2 = x + wz * y - wy * z, y2 = y - wz * x + wx * z, z2 = z + wy * x - wx * y;
    *ra_deg = atan2(y2, x2) / RADIANS;
    *dec_deg = atan2(z2, hypot(x2, y2)) / RADIANS;
}

static bool pointing_pair(const struct cb_header *h, const char *ra_key, const char *dec_key, double *ra,
                          double *dec)
{
    return cb_header_number(h, ra_key, ra) && cb_header_number(h, dec_key, dec);
}

/* DATE-OBS equal to DATE: the time of writing was put for one that was not known. */
static bool has_put_date(const struct cb_header *h)
{
    const char *written = cb_header_text(h, "DATE"), *observed = cb_header_text(h, "DATE-OBS");
    if (written == NULL || observed == NULL)
        return written == observed;
    return strcmp(written, observed) == 0;
}

/* Where the telescope stands: as the header says, else as is known. */
static struct cb_place place_of(const struct cb_header *h)
{
    static const struct cb_place simonyi = { -70.749417, -30.244639 }, auxiliary = { -70.747698, -30.244728 };
    struct cb_place place;
    double x = 0.0, y = 0.0, z = 0.0;
    if (cb_header_number(h, "OBSGEO-X", &x) && cb_header_number(h, "OBSGEO-Y", &y) &&
        cb_header_number(h, "OBSGEO-Z", &z) && cb_place_from_geocentric(x, y, z, &place))
        return place;
    return h->instrument->camera == CB_CAMERA_LATISS ? auxiliary : simonyi;
}

static bool tracking_of_header(const struct cb_header *h, double *ra, double *dec)
{
    const char *frame = cb_header_text(h, "RADESYS");
    if (!pointing_pair(h, "RASTART", "DECSTART", ra, dec) && !pointing_pair(h, "RA", "DEC", ra, dec))
        return false;
    if (fabs(*dec) > 90.0)
        return false;
    if (frame != NULL && strcasecmp(frame, "FK5") == 0)
        fk5_to_icrs(ra, dec);
    return frame == NULL || strcasecmp(frame, "FK5") == 0 || strcasecmp(frame, "ICRS") == 0;
}

/* Needs the alt-az pointing: where the time of writing was put for that of observation, what the header says
 * of the stars is not of this time. */
static void translate_tracking(const struct cb_header *h, struct cb_exposure_record *r)
{
    double ra = 0.0, dec = 0.0;
    bool tracks = !cb_header_is_defined(h, "TRACKSYS") || is_text(h, "TRACKSYS", "RADEC");
    if (is_type(r, "bias") || is_type(r, "flat") || !tracks || !cb_header_has_key(h, "DATE"))
        return;
    bool is_known = false;
    if (!has_put_date(h)) {
        is_known = tracking_of_header(h, &ra, &dec);
    } else if (r->zenith_angle_deg.known) {
        cb_icrs_of_altaz(90.0 - r->zenith_angle_deg.value, r->azimuth_deg.value, r->span.begin_ns,
                         place_of(h), &ra, &dec);
        is_known = true;
    }
    r->tracking_ra_deg = (struct cb_optional_number){ is_known, wrap_360(ra) };
    r->tracking_dec_deg = (struct cb_optional_number){ is_known, dec };
}

/* On sky (instruments.md 2.3); the telescope is somewhere else for calibrations. */
static bool is_on_sky(const struct cb_header *h, const struct cb_exposure_record *r, bool mountain)
{
    bool dome = is_type(r, "bias") || is_type(r, "dark") || is_type(r, "flat");
    return mountain && !dome && !is_word(h, "TRACKSYS", "local");
}

/* The simulated camera's headers know only the airmass, and that of frames on sky only. */
static bool simulated_altaz(const struct cb_header *h, bool sky, double *elevation, double *azimuth)
{
    double airmass = 0.0, ignored = 0.0;
    if (!cb_header_number(h, "RA", &ignored) || !cb_header_number(h, "DEC", &ignored))
        return false;
    *azimuth = 0.0;
    *elevation = 45.0;
    if (sky && cb_header_number(h, "AMSTART", &airmass)) {
        if (!(airmass >= 1.0))
            return false;
        *elevation = asin(1.0 / airmass) / RADIANS;
    }
    return true;
}

static void translate_altaz(const struct cb_header *h, struct cb_exposure_record *r, bool mountain)
{
    double elevation = 0.0, azimuth = 0.0;
    if (!mountain)
        return;
    if (!cb_header_number(h, "ELSTART", &elevation) || !cb_header_number(h, "AZSTART", &azimuth)) {
        if (h->instrument->camera != CB_CAMERA_LSSTCOMCAMSIM ||
            !simulated_altaz(h, is_on_sky(h, r, mountain), &elevation, &azimuth))
            return;
    }
    if (azimuth < -360.0 || elevation < -90.0)
        return;
    double clipped = elevation > 90.0 ? 90.0 : elevation < ELEVATION_MIN ? ELEVATION_MIN : elevation;
    r->azimuth_deg = (struct cb_optional_number){ true, wrap_360(azimuth) };
    r->zenith_angle_deg = (struct cb_optional_number){ true, 90.0 - clipped };
}

static void translate_rotation(const struct cb_header *h, struct cb_exposure_record *r, bool mountain)
{
    double angle = 0.0;
    if (!is_on_sky(h, r, mountain) || !is_text(h, "ROTCOORD", "sky") || !r->tracking_ra_deg.known)
        return;
    if (!cb_header_number(h, "ROTPA", &angle) && !cb_header_number(h, "ROTANGLE", &angle) &&
        (h->instrument->camera == CB_CAMERA_LATISS || is_type(r, "science")))
        return;
    r->sky_angle_deg = (struct cb_optional_number){ true, angle };
}

/* Flags (instruments.md 2.3). */

static enum cb_tristate sky_by_type(const struct cb_exposure_record *r)
{
    if (is_type(r, "science") || is_type(r, "object"))
        return CB_YES;
    return is_type(r, "bias") || is_type(r, "dark") || is_type(r, "flat") ? CB_NO : CB_UNKNOWN;
}

static enum cb_tristate can_see_sky(const struct cb_header *h, const struct cb_exposure_record *r,
                                    bool mountain)
{
    enum cb_camera camera = h->instrument->camera;
    const char *vignetting = cb_header_text(h, "VIGN_MIN");
    double shutter = 0.0;
    if (!mountain && camera != CB_CAMERA_LATISS)
        return CB_NO;
    if (cb_header_number(h, "SHUTTIME", &shutter) && shutter == 0.0)
        return CB_NO;
    if (vignetting != NULL && strcmp(vignetting, "FULLY") == 0)
        return CB_NO;
    if (vignetting != NULL)
        return strcmp(vignetting, "UNKNOWN") == 0 ? CB_UNKNOWN : CB_YES;
    bool guess = camera == CB_CAMERA_LATISS || camera == CB_CAMERA_LSSTCOMCAMSIM || controller_is(h, "H");
    return guess ? sky_by_type(r) : CB_UNKNOWN;
}

static bool is_truthy(const struct cb_key_value *card)
{
    switch (card->kind) {
    case CB_KEY_BOOL:
        return card->truth;
    case CB_KEY_INT:
    case CB_KEY_FLOAT:
        return card->number != 0.0;
    case CB_KEY_STRING:
        return card->text[0] != '\0';
    default:
        return false;
    }
}

static bool has_simulated(const struct cb_header *h)
{
    const char *key = NULL;
    if (h->instrument->camera == CB_CAMERA_LSSTCOMCAMSIM || controller_is(h, "HPQS"))
        return true;
    for (size_t i = 0; (key = h->source->key_at(h->source->header, i)) != NULL; i++) {
        struct cb_key_value card = cb_header_card(h, key);
        if (strstr(key, "SIMULATE") != NULL && is_truthy(&card))
            return true;
    }
    return false;
}

static bool translate_observation(const struct cb_header *h, struct cb_exposure_record *r,
                                  struct cb_error *err)
{
    bool mountain = is_on_mountain(h, r->span.begin_ns);
    if (!translate_type(h, r, mountain, err) || !translate_reason(h, r, err) ||
        !translate_program(h, r, err) || !translate_target(h, r, mountain, err) ||
        !translate_filter(h, r, err))
        return false;
    translate_altaz(h, r, mountain);
    translate_tracking(h, r);
    translate_rotation(h, r, mountain);
    r->can_see_sky = can_see_sky(h, r, mountain);
    r->has_simulated = has_simulated(h);
    return true;
}

bool cb_translate(const struct cb_card_source *source, const struct cb_card_source *corrections,
                  struct cb_exposure_record *ret_record, struct cb_error *err)
{
    struct cb_header h = { .source = source, .corrections = corrections };
    struct cb_exposure_record r = {
        .has_day_span = true, .has_reason = true, .has_seq_num = true, .has_program = true
    };
    if (!cb_translate_camera(source, &r.instrument, err) || !cb_translate_obs_id(source, r.obs_id, err))
        return false;
    h.instrument = r.instrument;
    memcpy(h.obs_id, r.obs_id, sizeof h.obs_id);
    cb_header_repair(&h);
    if (!translate_exposure_time(&h, &r, err) || !translate_span(&h, &r, err) ||
        !translate_day(&h, &r, err) || !translate_id(&h, &r, err) || !translate_group(&h, &r, err) ||
        !translate_detector(&h, &r, err) || !translate_observation(&h, &r, err))
        return cb_context(err, "cannot translate the header of \"%s\"", r.obs_id);
    *ret_record = r;
    return true;
}
