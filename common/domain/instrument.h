/* The cameras: what registering an instrument writes, its detectors and filters. Source: instruments.md 1,
 * generation.md 14.3, 14.6 and appendices A and B. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define CB_FILTER_NAME_SIZE 33

enum cb_camera {
    CB_CAMERA_LATISS,
    CB_CAMERA_LSSTCOMCAM,
    CB_CAMERA_LSSTCOMCAMSIM,
    CB_CAMERA_LSSTCAM,
    CB_CAMERA_COUNT
};

/* The instrument record, and names that belong to a camera. */
struct cb_instrument {
    enum cb_camera camera;
    const char *name;          /* "LSSTComCam" */
    const char *class_name;    /* "lsst.obs.lsst.LsstComCam" */
    const char *policy_name;   /* "comCam": folder of its curated data */
    const char *raw_formatter; /* full name */
    int64_t visit_max, exposure_max, detector_max, visit_system;
    double plate_scale_arcsec_per_mm;
    size_t n_detectors;
};

struct cb_detector {
    int id;
    char full_name[12];    /* "R22_S00" */
    char name_in_raft[12]; /* "S00" */
    char raft[4];          /* "R22"; "" where the record has NULL (LATISS) */
    const char *purpose;   /* "SCIENCE", "GUIDER", "WAVEFRONT" */
    const char *vendor;    /* "ITL", "E2V" */
    const char *serial;    /* "ITL-3800C-229"; "" where the documents give none */
};

struct cb_physical_filter {
    char name[CB_FILTER_NAME_SIZE];
    char band[CB_FILTER_NAME_SIZE];
};

const struct cb_instrument *cb_instrument_at(enum cb_camera camera);
/* By name; NULL when it is not one of the four. */
const struct cb_instrument *cb_instrument_find(const char *name);
/* By class, "lsst.obs.lsst.LsstComCam"; NULL when unknown. */
const struct cb_instrument *cb_instrument_find_class(const char *class_name);

/* Detector number `id`. Errors: NOT_FOUND. */
CB_MUST_CHECK bool cb_instrument_detector(const struct cb_instrument *instrument, int id,
                                          struct cb_detector *ret_detector, struct cb_error *err);
/* By full name "R22_S00". LATISS answers to RXX_S00. Errors: NOT_FOUND. */
CB_MUST_CHECK bool cb_instrument_detector_named(const struct cb_instrument *instrument, const char *full_name,
                                                struct cb_detector *ret_detector, struct cb_error *err);

/* All registered filters with their bands: 707, 15, 15, 276. *ret_filters is the caller's to free. */
size_t cb_instrument_filters(const struct cb_instrument *instrument, struct cb_physical_filter **ret_filters);
/* The band of a registered filter. Errors: NOT_FOUND. */
CB_MUST_CHECK bool cb_instrument_band(const struct cb_instrument *instrument, const char *filter,
                                      char ret_band[CB_FILTER_NAME_SIZE], struct cb_error *err);
