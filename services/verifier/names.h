/* What verify runs are called, from what they verify. Pure. */
#pragma once

#include "base/error.h"
#include "domain/collection_name.h"

/* Names of one verify run. */
struct verify_names {
    char output[CB_COLLECTION_NAME_SIZE]; /* CHAINED: ".../verifyBias.20250207a" */
    char run[CB_COLLECTION_NAME_SIZE];    /* RUN below it */
    char ticket[CB_TICKET_SIZE];          /* of the report; "daily" for daily runs, "user" without one */
};

/* "Bias" of "bias"; the type must not be empty. */
void verify_type_name(const char *calib_type, char *ret_name, size_t size);

/* Of a generation RUN: verify<Type>[-filter].RERUN beside it, with the generation's own step below (run1
 * without one). A collection that follows no pattern gets "<run>/verify<Type>". Errors: INVALID too long a
 * name. */
CB_MUST_CHECK bool name_campaign(const char *generation_run, const char *calib_type,
                                 struct verify_names *ret_names, struct cb_error *err);

/* Of a day's set: <INSTRUMENT>/calib/daily/verify<Type>[-filter].<day_obs><letter of the revision>/<first of
 * set id>. Revisions beyond 26 keep the letter z and get their number. Errors: INVALID too long a name. */
CB_MUST_CHECK bool name_daily(const char *instrument, const char *calib_type, const char *band, int day_obs,
                              const char *set_id, int revision, struct verify_names *ret_names,
                              struct cb_error *err);

/* The data query of exactly these exposures and detectors, comma separated: "instrument='X' and exposure in
 * (1, 2) and detector in (0, 4)"; no detectors: all. To be freed. */
char *query_of(const char *instrument, const char *exposures, const char *detectors);
/* The data query of the exposures that somebody selected, of what was made and nothing else: "(SELECTION) and
 * detector in (0, 4) and physical_filter='r_03'"; an older calibration of another detector is not to be
 * judged in its place. No detectors, no filter: all. To be freed. */
char *query_of_selection(const char *selection, const char *detectors, const char *physical_filter);
