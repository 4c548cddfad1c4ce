/* From plan to exposures: numbers, times and names of everything the camera takes. */
#pragma once

#include "plan.h"

enum { OBSID_SIZE = 24, GROUP_SIZE = 80 };

/* One exposure. */
struct shot {
    uint64_t exposure_id;   /* day_obs and 5 digits of seq_num */
    char obsid[OBSID_SIZE]; /* "CC_O_20241208_000801" */
    int day_obs, seq_num;
    int index, count; /* CURINDEX, MAXINDEX of the sequence, from 1 */
    char type[PLAN_NAME_SIZE], reason[PLAN_NAME_SIZE], program[PLAN_NAME_SIZE];
    char filter[PLAN_NAME_SIZE], band[PLAN_NAME_SIZE];
    char group[GROUP_SIZE];
    double exposure_s; /* EXPTIME, asked for */
    double shutter_s;  /* SHUTTIME, measured; 0 without light */
    double dark_s;     /* DARKTIME */
    double flux_e;
    int64_t begin_tai_ns;
    struct detector_set missing;
    bool plain;
};

/* A change with its time. */
struct schedule_change {
    int64_t from_tai_ns;
    int detector;
    size_t amp;
    struct cb_sim_state state;
};

struct schedule {
    struct shot *shot; /* [shots] in order of time of each night */
    size_t shots;
    struct schedule_change *change; /* [changes] */
    size_t changes;
};

/* What a command line may alter; 0 leaves it. */
struct schedule_shift {
    int day_obs; /* the first night is moved to this day, the others along with it */
    int seq_num; /* of the first exposure of every night */
};

/*
 * Lay out a plan for an instrument. The flux of each exposure scatters by the lamp's rms under the seed.
 *
 * Errors    CB_ERR_INVALID  a filter that the instrument has not, two exposures of the same number
 */
CB_MUST_CHECK bool schedule_make(const struct plan *plan, const char *instrument, uint64_t seed,
                                 struct schedule_shift shift, struct schedule **ret_schedule,
                                 struct cb_error *err);
void schedule_free(struct schedule *schedule);
CB_DEFINE_CLEANUP(struct schedule *, schedule_free)

/* What has changed in an amplifier when an exposure begins. */
struct cb_sim_state schedule_state(const struct schedule *schedule, int detector, size_t amp,
                                   int64_t begin_tai_ns);
