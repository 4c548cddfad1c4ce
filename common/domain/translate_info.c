/* An observation that somebody translated already, as an exposure record. */
#include "domain/translate_info.h"

#include "base/tai.h"
#include "domain/translate_header.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DAY_OFFSET_MAX_S 1e6

static bool missing(const char *property, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "property %s is missing or has no value", property);
}

/* A text that is not there leaves its field empty. */
static bool take_text(const struct cb_header *info, const char *property, char *field, size_t size,
                      bool *ret_is_there, struct cb_error *err)
{
    char word[CB_WORD_SIZE] = "";
    *ret_is_there = cb_header_word(info, property, word);
    if (strlen(word) >= size)
        return cb_fail(err, CB_ERR_INVALID, "property %s has more than %zu characters: \"%.80s\"", property,
                       size - 1, word);
    memcpy(field, word, strlen(word) + 1);
    return true;
}

static bool need_text(const struct cb_header *info, const char *property, char *field, size_t size,
                      struct cb_error *err)
{
    bool is_there = false;
    return take_text(info, property, field, size, &is_there, err) && (is_there || missing(property, err));
}

static bool need_integer(const struct cb_header *info, const char *property, int64_t *ret_value,
                         struct cb_error *err)
{
    return cb_header_integer(info, property, ret_value) || missing(property, err);
}

static struct cb_optional_number optional(const struct cb_header *info, const char *property)
{
    struct cb_optional_number number = { .known = false };
    number.known = cb_header_number(info, property, &number.value);
    return number;
}

static bool info_camera(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    const char *name = cb_header_text(info, "instrument");
    if (name == NULL)
        return missing("instrument", err);
    r->instrument = cb_instrument_find(name);
    return r->instrument != NULL || cb_fail(err, CB_ERR_INVALID,
                                            "no camera is known for instrument \"%.60s\": expected LATISS, "
                                            "LSSTComCam, LSSTComCamSim or LSSTCam",
                                            name);
}

static bool info_identity(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    r->has_seq_num = cb_header_integer(info, "observation_counter", &r->seq_num);
    return need_integer(info, "exposure_id", &r->id, err) &&
           need_text(info, "observation_id", r->obs_id, sizeof r->obs_id, err) &&
           need_text(info, "exposure_group", r->group, sizeof r->group, err) &&
           need_integer(info, "group_counter_start", &r->seq_start, err) &&
           need_integer(info, "group_counter_end", &r->seq_end, err);
}

static bool info_detector(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    int64_t number = 0;
    if (!need_integer(info, "detector_num", &number, err))
        return false;
    if (number < 0 || number > INT32_MAX ||
        !cb_instrument_detector(r->instrument, (int)number, &r->detector, NULL))
        return cb_fail(err, CB_ERR_INVALID, "%s has no detector %" PRId64, r->instrument->name, number);
    return true;
}

static bool info_filter(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    char name[CB_WORD_SIZE];
    if (!cb_header_word(info, "physical_filter", name))
        return missing("physical_filter", err);
    if (strlen(name) >= sizeof r->physical_filter || !cb_instrument_band(r->instrument, name, r->band, NULL))
        return cb_fail(err, CB_ERR_INVALID, "physical filter \"%.80s\" is not registered for %s", name,
                       r->instrument->name);
    memcpy(r->physical_filter, name, strlen(name) + 1);
    return true;
}

static bool info_day(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    int64_t days = 0;
    struct cb_optional_number offset = optional(info, "observing_day_offset");
    if (!need_integer(info, "observing_day", &r->day_obs, err))
        return false;
    if (r->day_obs < 10000101 || r->day_obs > 99991231 ||
        !cb_days_from_date((int)(r->day_obs / 10000), (int)(r->day_obs / 100 % 100), (int)(r->day_obs % 100),
                           &days))
        return cb_fail(err, CB_ERR_INVALID, "property observing_day is not a date YYYYMMDD");
    r->has_day_span = offset.known && fabs(offset.value) < DAY_OFFSET_MAX_S;
    int64_t start = days * CB_NS_PER_DAY + (r->has_day_span ? llrint(offset.value) * CB_NS_PER_S : 0);
    r->day_obs_span = cb_timespan_of(start, start + CB_NS_PER_DAY);
    return true;
}

static bool info_times(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    int64_t begin = 0, end = 0;
    if (!cb_header_julian(info, "datetime_begin 0", "datetime_begin 1", &begin))
        return missing("datetime_begin", err);
    if (!cb_header_julian(info, "datetime_end 0", "datetime_end 1", &end))
        return missing("datetime_end", err);
    if (!cb_header_number(info, "exposure_time_requested", &r->exposure_time_s))
        return missing("exposure_time_requested", err);
    r->span = cb_timespan_of(begin, end < begin ? begin : end);
    r->dark_time_s = optional(info, "dark_time");
    r->shutter_time_s = r->exposure_time_s;
    return true;
}

static bool info_observation(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    return need_text(info, "observation_type", r->observation_type, sizeof r->observation_type, err) &&
           take_text(info, "observation_reason", r->observation_reason, sizeof r->observation_reason,
                     &r->has_reason, err) &&
           take_text(info, "science_program", r->science_program, sizeof r->science_program, &r->has_program,
                     err) &&
           take_text(info, "object", r->target_name, sizeof r->target_name, &r->has_target, err);
}

static void info_pointing(const struct cb_header *info, struct cb_exposure_record *r)
{
    const char *coordinate = cb_header_text(info, "boresight_rotation_coord");
    struct cb_optional_number altitude = optional(info, "altaz_begin 1");
    r->tracking_ra_deg = optional(info, "tracking_radec 0");
    r->tracking_dec_deg = optional(info, "tracking_radec 1");
    if (r->tracking_ra_deg.known && coordinate != NULL && strcmp(coordinate, "sky") == 0)
        r->sky_angle_deg = optional(info, "boresight_rotation_angle");
    r->azimuth_deg = optional(info, "altaz_begin 0");
    r->zenith_angle_deg = (struct cb_optional_number){ altitude.known, 90.0 - altitude.value };
}

static bool info_flags(const struct cb_header *info, struct cb_exposure_record *r, struct cb_error *err)
{
    struct cb_key_value simulated = cb_header_card(info, "has_simulated_content");
    struct cb_key_value sky = cb_header_card(info, "can_see_sky");
    if (simulated.kind != CB_KEY_BOOL)
        return missing("has_simulated_content", err);
    r->has_simulated = simulated.truth;
    r->can_see_sky = sky.kind != CB_KEY_BOOL ? CB_UNKNOWN : sky.truth ? CB_YES : CB_NO;
    return true;
}

bool cb_translate_info(const struct cb_card_source *source, struct cb_exposure_record *ret_record,
                       struct cb_error *err)
{
    struct cb_header info = { .source = source };
    struct cb_exposure_record r = { 0 };
    if (!info_camera(&info, &r, err) || !info_identity(&info, &r, err) || !info_detector(&info, &r, err) ||
        !info_filter(&info, &r, err) || !info_day(&info, &r, err) || !info_times(&info, &r, err) ||
        !info_observation(&info, &r, err) || !info_flags(&info, &r, err))
        return cb_context(err, "cannot use the translated metadata");
    info_pointing(&info, &r);
    *ret_record = r;
    return true;
}
