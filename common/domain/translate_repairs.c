/* What is known to be wrong in the headers of each camera, put right. Source: instruments.md 2.2.
 *
 * The observatory's own repairs of a header end where a card that they need is not there; what would come
 * behind in their order stays as it is, here as well. */
#include "domain/translate_header.h"

#include "base/tai.h"
#include "domain/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEGREES_PER_RADIAN 57.295779513082320877

struct frames {
    int64_t day_obs;
    int64_t first, last; /* sequence numbers, both included */
};

static bool is_among(const struct frames *frames, size_t count, int64_t day_obs, int64_t seq_num)
{
    for (size_t i = 0; i < count; i++)
        if (frames[i].day_obs == day_obs && seq_num >= frames[i].first && seq_num <= frames[i].last)
            return true;
    return false;
}

static bool is_text(const struct cb_header *header, const char *key, const char *expected)
{
    const char *text = cb_header_text(header, key);
    return text != NULL && strcmp(text, expected) == 0;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

/* A value of 0 stands for none here. */
static void add_to(struct cb_header *header, const char *key, double amount)
{
    double value = 0.0;
    if (cb_header_number(header, key, &value) && value != 0.0)
        cb_header_set_number(header, key, value + amount);
}

static void turn(struct cb_header *header, const char *key, double angle_deg)
{
    double value = 0.0;
    if (cb_header_number(header, key, &value))
        cb_header_set_number(header, key, value + angle_deg);
}

static void scale(struct cb_header *header, const char *key, double factor)
{
    double value = 0.0;
    if (cb_header_number(header, key, &value))
        cb_header_set_number(header, key, value * factor);
}

/* LSSTCam. */

static void repair_lsstcam_filter(struct cb_header *header, int64_t day, int64_t seq)
{
    if (!cb_header_has_key(header, "FILTER") && cb_header_has_key(header, "FILTER2"))
        cb_header_mark_undefined(header, "FILTER2");
    if ((day == 20231107 || day == 20231108 || day == 20241015 || day == 20241016) &&
        is_text(header, "FILTER", "ph_05"))
        cb_header_set_text(header, "FILTER", "ph_5");
    if (day == 20250609 && seq >= 76 && seq <= 578) {
        cb_header_set_text(header, "FILTER", "z_20");
        cb_header_set_text(header, "FILTBAND", "z");
        cb_header_set_number(header, "FILTPOS", 201.0);
        cb_header_set_number(header, "FILTSLOT", 4);
    }
    if (day == 20260315 && seq >= 49 && seq <= 109) {
        cb_header_set_text(header, "FILTER", "i_39");
        cb_header_set_text(header, "FILTBAND", "i");
        cb_header_set_number(header, "FILTPOS", 304.0);
        cb_header_set_number(header, "FILTSLOT", 1);
    }
}

static void repair_lsstcam_rotation(struct cb_header *header, int64_t day, int64_t seq)
{
    double angle = 0.0;
    if (!cb_header_number(header, "ROTPA", &angle))
        return;
    if (day > 20250301 && day < 20250422 && angle != 0.0)
        cb_header_set_number(header, "ROTPA", angle - 90.0);
    if (day == 20250422 && seq < 251 && angle != 0.0) {
        double turned = fmod(angle - 180.0 + 180.0, 360.0); /* to [-180, 180) */
        cb_header_set_number(header, "ROTPA", (turned < 0 ? turned + 360.0 : turned) - 180.0);
    }
}

static void repair_lsstcam_vignetting(struct cb_header *header, int64_t day, int64_t seq)
{
    static const struct frames closed[] = {
        { 20250703, 743, 745 },  { 20250704, 832, 834 }, { 20250705, 1, 736 },   { 20250707, 744, 783 },
        { 20250707, 784, 823 },  { 20250707, 864, 903 }, { 20250707, 904, 943 }, { 20250714, 258, 781 },
        { 20250715, 205, 1218 }, { 20250819, 4, 1052 },
    };
    if (!cb_header_has_key(header, "VIGN_MIN"))
        return;
    if (day == 20250518 || is_among(closed, sizeof closed / sizeof closed[0], day, seq))
        cb_header_set_text(header, "VIGN_MIN", "FULLY");
}

static void repair_lsstcam_program(struct cb_header *header, int64_t day)
{
    static const int64_t days[][2] = { { 20250415, 20250418 }, { 20250421, 20250421 }, { 20250423, 20250425 },
                                       { 20250503, 20250504 }, { 20250512, 20250512 }, { 20250522, 20250522 },
                                       { 20250524, 20250524 }, { 20250826, 20250828 } };
    if (!is_text(header, "PROGRAM", "BLOCK-417"))
        return;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        if (day >= days[i][0] && day <= days[i][1])
            cb_header_set_text(header, "PROGRAM", "BLOCK-T417");
}

static void repair_lsstcam(struct cb_header *header)
{
    int64_t day = 0, seq = 0;
    (void)cb_header_day_obs(header, &day);
    (void)cb_header_integer(header, "SEQNUM", &seq);
    repair_lsstcam_filter(header, day, seq);
    repair_lsstcam_rotation(header, day, seq);
    repair_lsstcam_vignetting(header, day, seq);
    repair_lsstcam_program(header, day);
}

/* LSSTComCam. */

static void repair_comcam_filter(struct cb_header *header)
{
    int64_t begin = 0;
    const char *filter = cb_header_text(header, "FILTER");
    if (!cb_header_is_defined(header, "FILTER")) {
        cb_header_set_text(header, "FILTER", "unknown");
    } else if (filter != NULL && (is_blank(filter) || strcmp(filter, "r") == 0)) {
        bool late = cb_header_begin(header, &begin) && begin > cb_header_utc(2020, 3, 13, 0, 0);
        cb_header_set_text(header, "FILTER", late ? "empty" : "r_03");
    }
}

static void repair_comcam_serial(struct cb_header *header)
{
    static const char *const slots[][2] = { { "S00", "229" }, { "S01", "251" }, { "S02", "215" },
                                            { "S10", "326" }, { "S11", "283" }, { "S12", "243" },
                                            { "S20", "319" }, { "S21", "209" }, { "S22", "206" } };
    char serial[32];
    if (cb_header_is_defined(header, "LSST_NUM"))
        return;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (is_text(header, "CCDSLOT", slots[i][0])) {
            snprintf(serial, sizeof serial, "ITL-3800C-%s", slots[i][1]);
            cb_header_set_text(header, "LSST_NUM", serial);
        }
}

static void repair_comcam(struct cb_header *header)
{
    double angle = 0.0;
    const char *camera = cb_header_text(header, "INSTRUME");
    repair_comcam_filter(header);
    if (camera != NULL && strcasecmp(camera, "LSST_CAMERA") == 0)
        cb_header_set_text(header, "INSTRUME", "ComCam");
    repair_comcam_serial(header);
    if (!cb_header_number(header, "ROTPA", &angle))
        cb_header_set_number(header, "ROTPA", 0.0);
}

/* LSSTComCamSim. */

static void fill_pointing(struct cb_header *header, const char *key, const char *from)
{
    double value = 0.0, other = 0.0;
    bool missing = !cb_header_number(header, key, &value) || value == 0.0;
    if (missing && cb_header_number(header, from, &other) && other != 0.0)
        cb_header_set_number(header, key, other);
}

static void repair_comcamsim(struct cb_header *header)
{
    double ra = 0.0, dec = 0.0;
    fill_pointing(header, "RASTART", "RA");
    fill_pointing(header, "RAEND", "RA");
    fill_pointing(header, "DECSTART", "DEC");
    fill_pointing(header, "DECEND", "DEC");
    const char *frame = cb_header_text(header, "RADESYS");
    if ((frame == NULL || is_blank(frame)) && cb_header_number(header, "RA", &ra) && ra != 0.0 &&
        cb_header_number(header, "DEC", &dec) && dec != 0.0)
        cb_header_set_text(header, "RADESYS", "ICRS");
    const char *code = cb_header_text(header, "TELCODE");
    if (code == NULL || is_blank(code)) {
        char first[65];
        const char *camera = cb_header_text(header, "CAMCODE");
        snprintf(first, sizeof first, "%.*s", (int)strcspn(header->obs_id, "_"), header->obs_id);
        cb_header_set_text(header, "TELCODE", camera != NULL ? camera : first);
    }
}

/* LATISS. */

/* Part `index` of obs_id between its underscores. */
static bool obs_id_part(const struct cb_header *header, int index, char ret_part[65])
{
    const char *at = header->obs_id;
    for (int i = 0; i < index; i++) {
        at = strchr(at, '_');
        if (at == NULL)
            return false;
        at++;
    }
    snprintf(ret_part, 65, "%.*s", (int)strcspn(at, "_"), at);
    return ret_part[0] != '\0';
}

static void repair_latiss_identity(struct cb_header *header)
{
    char part[65];
    int64_t seq = 0;
    if (!cb_header_has_key(header, "OBSID"))
        cb_header_set_text(header, "OBSID", header->obs_id);
    if (!cb_header_has_key(header, "DAYOBS")) {
        const char *night = cb_header_text(header, "OBS-NITE");
        if (obs_id_part(header, 2, part) && strlen(part) == 8)
            cb_header_set_text(header, "DAYOBS", part);
        else if (night != NULL)
            cb_header_set_text(header, "DAYOBS", night);
    }
    if (!cb_header_has_key(header, "SEQNUM") && obs_id_part(header, 3, part) && cb_scan_integer(part, &seq))
        cb_header_set_number(header, "SEQNUM", (double)seq);
}

static bool copy_card(struct cb_header *header, const char *key, const char *from)
{
    double number = 0.0;
    const char *text = cb_header_text(header, from);
    if (text != NULL)
        cb_header_set_text(header, key, text);
    else if (cb_header_number(header, from, &number))
        cb_header_set_number(header, key, number);
    else if (cb_header_has_key(header, from))
        cb_header_mark_undefined(header, key);
    else
        return false;
    return true;
}

static void forget_end(struct cb_header *header)
{
    cb_header_mark_undefined(header, "DATE-END");
    cb_header_mark_undefined(header, "MJD-END");
}

/* False where the repairs end: without a card that they need, or a time of begin. */
static bool repair_latiss_dates(struct cb_header *header, int64_t *ret_begin)
{
    const char *date = cb_header_text(header, "DATE-OBS");
    if (date == NULL && cb_header_has_key(header, "DATE-OBS"))
        return false;
    if (date != NULL && strncmp(date, "1970", 4) == 0) {
        if (!copy_card(header, "DATE-OBS", "DATE") || !copy_card(header, "DATE-BEG", "DATE") ||
            !copy_card(header, "MJD-OBS", "MJD") || !copy_card(header, "MJD-BEG", "MJD"))
            return false;
        forget_end(header);
    }
    if (!cb_header_begin(header, ret_begin))
        return false;
    if (*ret_begin < cb_header_utc(2020, 2, 1, 0, 0))
        forget_end(header);
    return true;
}

/* Before 2019-11-07 the type of an image stood in GROUPID. */
static void repair_latiss_type(struct cb_header *header)
{
    const char *group = cb_header_text(header, "GROUPID"), *type = cb_header_text(header, "IMGTYPE");
    if (group == NULL || is_blank(group) || strncmp(group, "test", 4) == 0)
        return;
    if (type == NULL || is_blank(type)) {
        size_t word = strcspn(group, "_");
        char first[65];
        snprintf(first, sizeof first, "%.*s", (int)word, group);
        if (group[word] == '_') {
            cb_header_set_text(header, "IMGTYPE", first);
        } else if (strncasecmp(group, "FOCUS", 5) == 0 && strlen(group) > 5) {
            cb_header_set_text(header, "IMGTYPE", "FOCUS");
        } else {
            cb_header_set_text(header, "IMGTYPE", group);
            cb_header_mark_undefined(header, "GROUPID");
        }
    } else if (strcmp(type, group) == 0) {
        cb_header_mark_undefined(header, "GROUPID");
    }
}

/* There is no shutter of its own to time; that it never opened (0) holds all the same. */
static void repair_latiss_shutter(struct cb_header *header)
{
    double open_s = 0.0;
    if (!cb_header_number(header, "SHUTTIME", &open_s) || open_s != 0.0)
        cb_header_mark_undefined(header, "SHUTTIME");
}

/* Dispersed images were named "spec:<target>". */
static void drop_spectrum(struct cb_header *header)
{
    char clean[CB_REPAIR_TEXT_SIZE];
    const char *object = cb_header_text(header, "OBJECT");
    for (const char *at = object != NULL ? strstr(object, "spec:") : NULL; at != NULL;
         object = cb_header_text(header, "OBJECT"), at = strstr(object, "spec:")) {
        snprintf(clean, sizeof clean, "%.*s%s", (int)(at - object), object, at + strlen("spec:"));
        cb_header_set_text(header, "OBJECT", clean);
    }
}

static void repair_latiss_object(struct cb_header *header, int64_t begin)
{
    if (!cb_header_has_key(header, "OBJECT") && is_text(header, "IMGTYPE", "OBJECT"))
        cb_header_set_text(header, "OBJECT", "NOTSET");
    if (begin < cb_header_utc(2022, 7, 10, 0, 0))
        drop_spectrum(header);
}

static void repair_latiss_tracking(struct cb_header *header)
{
    const char *frame = cb_header_text(header, "RADESYS"), *system = cb_header_text(header, "TRACKSYS");
    if (frame != NULL && is_blank(frame))
        cb_header_set_text(header, "RADESYS", "ICRS");
    if (system != NULL && is_blank(system))
        cb_header_mark_undefined(header, "TRACKSYS");
    else if (system != NULL && strcmp(system, "SIDEREAL") == 0)
        cb_header_set_text(header, "TRACKSYS", "RADEC");
}

/* The start and the end of right ascension, each. False where one of them is not there. */
static bool adjust_ra(struct cb_header *header, void (*adjust)(struct cb_header *, const char *, double),
                      double by)
{
    static const char *const keys[] = { "RASTART", "RAEND" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!cb_header_has_key(header, keys[i]))
            return false;
        adjust(header, keys[i], by);
    }
    return true;
}

/* False where the repairs end. */
static bool repair_latiss_pointing(struct cb_header *header, int64_t begin)
{
    static const char *const derived[] = { "RASTART", "DECSTART", "RAEND", "DECEND" };
    const int64_t derived_since = cb_header_utc(2020, 5, 1, 0, 0);
    if (begin < cb_header_utc(2020, 1, 28, 22, 0)) {
        scale(header, "RA", DEGREES_PER_RADIAN);
        scale(header, "DEC", DEGREES_PER_RADIAN);
    }
    for (size_t i = 0; begin < derived_since && i < sizeof derived / sizeof derived[0]; i++)
        cb_header_mark_undefined(header, derived[i]);
    if (begin >= derived_since && begin < cb_header_utc(2021, 2, 11, 18, 45) && /* hours */
        !adjust_ra(header, scale, 15.0))
        return false;
    return begin <= derived_since || begin >= cb_header_utc(2021, 2, 12, 0, 0) || /* UTC taken for TAI */
           adjust_ra(header, add_to, 37.0 / 3600.0 * 15.0);
}

static void repair_latiss(struct cb_header *header)
{
    int64_t begin = 0;
    double height = 0.0;
    repair_latiss_identity(header);
    if (!repair_latiss_dates(header, &begin))
        return;
    if (begin > cb_header_utc(2019, 6, 24, 0, 0))
        cb_header_set_text(header, "LSST_NUM", "ITL-3800C-068");
    if (begin < cb_header_utc(2019, 11, 7, 0, 0))
        repair_latiss_type(header);
    if (begin < cb_header_utc(2020, 1, 27, 20, 0) && is_text(header, "IMGTYPE", "OBJECT"))
        cb_header_set_text(header, "IMGTYPE", "ENGTEST");
    repair_latiss_shutter(header);
    repair_latiss_object(header, begin);
    repair_latiss_tracking(header);
    if (!repair_latiss_pointing(header, begin))
        return;
    if (begin > cb_header_utc(2020, 11, 19, 0, 0) && begin < cb_header_utc(2021, 10, 29, 0, 0))
        turn(header, "ROTPA", -180.0);
    if (cb_header_number(header, "OBSGEO-Z", &height) && height > 0.0)
        cb_header_set_number(header, "OBSGEO-Z", -height);
}

void cb_header_repair(struct cb_header *header)
{
    static void (*const repairs[CB_CAMERA_COUNT])(struct cb_header *) = {
        [CB_CAMERA_LATISS] = repair_latiss,
        [CB_CAMERA_LSSTCOMCAM] = repair_comcam,
        [CB_CAMERA_LSSTCOMCAMSIM] = repair_comcamsim,
        [CB_CAMERA_LSSTCAM] = repair_lsstcam,
    };
    repairs[header->instrument->camera](header);
}
