/* The forward model: from light and darkness to the integers of a raw segment (generation.md 14.7). */
#pragma once

#include "calib/simulate_camera.h"

/* What has changed in an amplifier at the time of an exposure; nothing: { 0, 0, 1, 1, 1 }. */
struct cb_sim_state {
    double level_adu;       /* added everywhere: an overscan correction takes it out */
    double pedestal_adu;    /* added to the data pixels alone: it stays */
    double gain_factor;     /* electrons per adu are multiplied by it */
    double noise_factor;    /* read noise in electrons is multiplied by it */
    double response_factor; /* 0 is a dead amplifier */
};
struct cb_sim_state cb_sim_state_unchanged(void);
/* One change after the other: offsets add, factors multiply. */
void cb_sim_state_add(struct cb_sim_state *state, const struct cb_sim_state *change);

/* Effects that are on or off. */
struct cb_sim_effects {
    bool brighter_fatter; /* charge pushes charge away: flats have less variance than their mean */
};

/* One exposure as one detector sees it. */
struct cb_sim_exposure {
    uint64_t exposure_id;
    double flux_e; /* where the response is 1 */
    char band;     /* 'r' */
    double dark_s; /* DARKTIME */
    struct cb_sim_effects effects;
    struct cb_sim_state state[CB_MAX_SEGMENTS];
};

/* Memory for one segment at a time; one for each thread. */
struct cb_sim_work;
struct cb_sim_work *cb_sim_work_new(const struct cb_sim_layout *layout);
void cb_sim_work_free(struct cb_sim_work *work);
CB_DEFINE_CLEANUP(struct cb_sim_work *, cb_sim_work_free)

/*
 * Raw pixels of one amplifier.
 *
 *   charge  Poisson(flux * response + dark rate * dark_s), then the brighter-fatter effect, cut at full well
 *   raw     round(level + drift of exposure and row + structure [data] + (charge [data] + noise) / gain),
 *           cut to 0 .. 2^18 - 1
 *
 * ret_raw  [raw height * raw width], row by row as read; depends on the arguments only, on no other segment
 *          and no order of calls
 *
 * Source    lsst/ip_isr isrMockLSST.py (order of the steps, generation.md 14.7); brighter-fatter effect:
 *           q' = q + 1/4 sum_ij a_ij (q_ij^2 - q^2), whose covariances are mu^2 a_ij to first order (Astier
 * et al. 2019, A&A 629, A36) Differs   crosstalk, non-linearity and deferred charge are not modelled; cosmic
 * rays and bleeding neither
 */
void cb_sim_segment(const struct cb_sim_detector *detector, const struct cb_normal_table *table,
                    const struct cb_sim_exposure *exposure, size_t amp, struct cb_sim_work *work,
                    int32_t *ret_raw);
