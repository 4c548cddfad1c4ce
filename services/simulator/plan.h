/* A plan of nights as text: which exposures the camera takes, and what changes in it (README.md, "Plans"). */
#pragma once

#include "base/cleanup.h"
#include "calib/simulate_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_NAME_SIZE = 65, PLAN_MAX_DETECTORS = 16 };

/* Detectors by number, detector[4] is true for number 4. */
struct detector_set {
    bool detector[PLAN_MAX_DETECTORS];
};

/* "0,4" or "0..3,8". Errors: INVALID. */
CB_MUST_CHECK bool detector_set_parse(const char *text, struct detector_set *ret_set, struct cb_error *err);

/* One exposure of a sequence that differs from the others; NaN and "" are no difference. */
struct plan_exposure {
    int64_t index; /* 1 is the first of the sequence */
    double exposure_s, shutter_s, dark_s, flux_e;
    char filter[PLAN_NAME_SIZE], group[PLAN_NAME_SIZE];
    struct detector_set missing; /* detectors whose file is not written */
    bool plain;                  /* segments are not compressed */
};

/* Exposures of one kind, one after the other. */
struct plan_sequence {
    char type[PLAN_NAME_SIZE];   /* bias, dark, flat */
    char reason[PLAN_NAME_SIZE]; /* "": the type */
    char filter[PLAN_NAME_SIZE];
    char program[PLAN_NAME_SIZE]; /* "": the night's */
    int64_t count;
    int64_t seq_num; /* of the first; 0: go on counting */
    double exposure_s, flux_e, lamp_rms, idle_s;
    struct plan_exposure *exposure; /* [exposures] */
    size_t exposures;
};

struct plan_night {
    int64_t day_obs;
    int64_t seq_num;
    int64_t begin_s; /* TAI, seconds after midnight; before noon is the next calendar day */
    char program[PLAN_NAME_SIZE];
    struct plan_sequence *sequence; /* [sequences] */
    size_t sequences;
};

/* What alters in an amplifier for good. */
struct plan_change {
    int64_t from_tai_ns; /* of exposures that begin then or later */
    bool from_night;     /* from the start of the night that stands above it in the plan */
    size_t night;        /* index of that night */
    int64_t detector;
    char amp[PLAN_NAME_SIZE];
    struct cb_sim_state state;
};

struct plan {
    struct plan_night *night; /* [nights] */
    size_t nights;
    struct plan_change *change; /* [changes] */
    size_t changes;
};

/*
 * Parse a plan.
 *
 * name  of the file, for messages
 *
 * Errors    CB_ERR_INVALID  with name and line: a section or key that is not known, a value that is none,
 *           a section out of place; a plan without exposures
 */
CB_MUST_CHECK bool plan_parse(const char *text, const char *name, struct plan **ret_plan,
                              struct cb_error *err);
void plan_free(struct plan *plan);
CB_DEFINE_CLEANUP(struct plan *, plan_free)
