/* Asks for verify runs: the run's row, what it verifies, and the event that has it planned. */
#pragma once

#include "names.h"
#include "verifier.h"

/* A verify run to be. Texts are borrowed. */
struct submission {
    const char *run_id, *kind; /* "campaign", "daily" */
    const char *repository, *instrument, *calib_type, *physical_filter;
    const char *generation_run;
    const char *inputs; /* search path, between commas */
    const char *query;
    const char *requested_by;
    const struct verify_names *names;
    int day_obs;
    const char *set_id;
    int revision;
};

/* Insert calbus.run and calbus.verification and say verification.requested, all in the open transaction. A
 * submission that is there already is left alone. Errors: as cb_pipeline_load; NOT_FOUND no pipeline for the
 * instrument. */
CB_MUST_CHECK bool submit(struct verifier *me, struct cb_db *db, const struct submission *submission,
                          const struct cb_event *cause, bool *ret_new, struct cb_error *err);

/* Note exposures of a verification, comma separated. origin: "input", "other", "selection", "daily". */
CB_MUST_CHECK bool note_exposures(struct cb_db *db, const char *run_id, const char *exposures,
                                  const char *origin, struct cb_error *err);
