/* The detectors of a camera that take part. */
#pragma once

#include "base/bytes.h"
#include "calib/simulate_camera.h"
#include "domain/instrument.h"
#include "plan.h"

struct camera {
    const struct cb_instrument *instrument;
    struct cb_sim_layout layout;
    struct cb_normal_table *table;
    struct camera_detector {
        struct cb_detector record;
        struct cb_sim_detector *truth;
        struct cb_bytes segment_cards[CB_MAX_SEGMENTS]; /* headers of the segments, formatted */
    } * detector;                                       /* [detectors] */
    size_t detectors;
};

/* Errors: CB_ERR_INVALID an instrument that cannot be simulated, a detector that it has not. chosen may name
 * more detectors than there are only when it names all PLAN_MAX_DETECTORS. */
CB_MUST_CHECK bool camera_new(const char *instrument, uint64_t seed, const struct cb_sim_layout *layout,
                              const struct detector_set *chosen, struct camera **ret_camera,
                              struct cb_error *err);
void camera_free(struct camera *camera);
CB_DEFINE_CLEANUP(struct camera *, camera_free)
