/* Nights without a calibration: what the default chain certifies, but not for the newest exposures. */
#pragma once

#include "butler/repository.h"

/* One type, and one filter where the type has filters. */
struct cb_validity_gap {
    char *type;
    char *physical_filter; /* "" where the type has none */
    int64_t detectors;     /* of the night that have none for some exposure; 0: the type has no detectors */
    int64_t first_exposure;
};
struct cb_validity_gaps {
    int64_t day_obs; /* of the newest exposures, 0: there are none */
    size_t count;
    struct cb_validity_gap *item;
};
void cb_validity_gaps_done(struct cb_validity_gaps *gaps);
static inline void cb_validity_gaps_done_at_exit(struct cb_validity_gaps *gaps)
{
    cb_validity_gaps_done(gaps);
}
#define cb_auto_validity_gaps __attribute__((cleanup(cb_validity_gaps_done_at_exit)))

/* Exposures of the newest night that has raws, for which a type that INSTRUMENT/calib certifies for their
 * detector and filter, at whatever time, is certified at no time of theirs. A type that the chain has never
 * held for a detector is not missed. */
CB_MUST_CHECK bool cb_validity_gaps_find(struct cb_repo *repo, const char *instrument,
                                         struct cb_validity_gaps *ret_gaps, struct cb_error *err);
