/* A raw file's header as an exposure record. Source: generation.md 14.4.1, 14.5, 14.6 with the corrections of
 * instruments.md 0-2. Cameras: LATISS, LSSTComCam, LSSTComCamSim, LSSTCam.
 *
 * Order of repairs: the correction file's cards (given by the caller), then the camera's own
 * (translate_repairs.c). Differs: where RADESYS is neither ICRS nor FK5 the tracking position is NULL; a
 * position angle that LATISS lacks is NULL, not NaN; a position that is made from an alt-az pointing
 * (DATE-OBS equal to DATE) is good to an arcsecond. */
#pragma once

#include "base/error.h"
#include "domain/card_source.h"
#include "domain/instrument.h"
#include "domain/timespan.h"

#include <stdint.h>

/* A field that may be NULL. */
struct cb_optional_number {
    bool known;
    double value;
};

enum cb_tristate { CB_NO, CB_YES, CB_UNKNOWN };

/* Fields of the exposure record (butler.md 2.2), of its group and day_obs, and which detector the file holds.
 */
struct cb_exposure_record {
    const struct cb_instrument *instrument;
    int64_t id;
    char obs_id[65];
    int64_t day_obs;                 /* YYYYMMDD */
    struct cb_timespan day_obs_span; /* 24 h from the day's start */
    char group[65];
    char physical_filter[CB_FILTER_NAME_SIZE];
    char band[CB_FILTER_NAME_SIZE];
    double exposure_time_s; /* requested */
    struct cb_optional_number dark_time_s;
    char observation_type[17];
    char observation_reason[69];
    int64_t seq_num, seq_start, seq_end;
    char target_name[65];
    char science_program[65];
    bool has_day_span, has_reason, has_seq_num, has_target, has_program; /* false: the field is NULL */
    bool has_simulated;
    bool serial_differs; /* LSST_NUM is not the camera's serial: worth a warning */
    enum cb_tristate can_see_sky;
    struct cb_optional_number tracking_ra_deg, tracking_dec_deg; /* ICRS */
    struct cb_optional_number sky_angle_deg, azimuth_deg, zenith_angle_deg;
    struct cb_timespan span; /* begin and end, TAI; equal ends are stored as 1 ns */
    struct cb_detector detector;
    double shutter_time_s; /* SHUTTIME if > 0, else EXPTIME */
};

/* Which camera a header belongs to. Errors: INVALID "no camera is known for INSTRUME ...". */
CB_MUST_CHECK bool cb_translate_camera(const struct cb_card_source *header,
                                       const struct cb_instrument **ret_instrument, struct cb_error *err);
/* The obs_id, which names the correction file "<instrument>-<obs_id>.yaml". Errors: INVALID OBSID is missing.
 */
CB_MUST_CHECK bool cb_translate_obs_id(const struct cb_card_source *header, char ret_obs_id[65],
                                       struct cb_error *err);

/* Translate. `corrections` may be NULL: cards that overwrite those of the header.
 * Errors: INVALID names the key that is missing or the value that cannot be used. */
CB_MUST_CHECK bool cb_translate(const struct cb_card_source *header, const struct cb_card_source *corrections,
                                struct cb_exposure_record *ret_record, struct cb_error *err);

/* Exposure id from day, sequence number and controller letter (14.5).
 * Errors: INVALID seq_num outside 0..99999, unknown letter, day that is not YYYYMMDD. */
CB_MUST_CHECK bool cb_exposure_id(int64_t day_obs, int64_t seq_num, char controller, int64_t *ret_id,
                                  struct cb_error *err);
/* Day, sequence number and controller index (0..5 of "OCHPQS") of an id. */
void cb_exposure_id_unpack(int64_t id, int64_t *ret_day_obs, int64_t *ret_seq_num, int *ret_controller);
/* The number that seeds per-detector randomness: detector + 256 (seq + 32768 (day + 16384 (controller + 8
 * one_to_one))), days from 2010-01-01. Errors: INVALID the id holds no date. */
CB_MUST_CHECK bool cb_detector_exposure_id(int64_t exposure_id, int detector, bool one_to_one,
                                           int64_t *ret_id, struct cb_error *err);
