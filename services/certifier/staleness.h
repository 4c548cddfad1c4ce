/* Which certified calibrations in force were built from calibrations that are in force no longer. */
#pragma once

#include "butler/repository.h"
#include "service/outbox.h"

/* After a default chain has changed, in its transaction: look up what is in force now, tell what has become
 * stale and what no longer is (calibration.stale), and remember it. A calibration is stale when the chain
 * finds it, and for one of its inputs finds another dataset than it was built from (DMTN-222 section 3.1,
 * figure 2). Only what was generated and certified here is known; an input that the chain does not find at
 * all says nothing. */
CB_MUST_CHECK bool update_staleness(struct cb_db *db, struct cb_repo *repo, const char *repository,
                                    const char *instrument, const char *chain, const struct cb_event *cause,
                                    struct cb_error *err);
