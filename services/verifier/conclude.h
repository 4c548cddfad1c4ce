/* The end of a verification: gather its statistics, judge, tell, write the report. */
#pragma once

#include "calib/verify_tests.h"
#include "verifier.h"

/* One verification whose run has ended. Texts are borrowed from the rows. */
struct ended {
    const char *run_id, *kind, *repository, *instrument, *calib_type, *physical_filter, *generation_run,
        *verify_run;
    int day_obs;
    const char *set_id;
    int revision;
    const char *run_state, *run_error, *ticket, *output_collection, *query, *inputs, *requested_by,
        *requested_at;
    int64_t quanta;
    const char *pipeline, *rendered;
    int64_t requested_unix_s;
    enum cb_verify_type type;
};

/* How it ended. */
struct judgement {
    enum cb_run_verdict verdict;
    struct cb_verify_tally cells, detectors;
    struct cb_verify_vote vote;
    size_t exposures;
    bool persistent;
    char reason[CB_ERROR_TEXT_SIZE];
};

/* Read detector statistics that are not stored yet, some at a time. *ret_more: there are more. */
CB_MUST_CHECK bool gather(struct verifier *me, struct cb_db *db, const struct ended *ended, bool *ret_more,
                          struct cb_error *err);
/* Add what is missing and the tests over detectors, and judge the run by the stored tests. */
CB_MUST_CHECK bool judge_run(struct cb_db *db, const struct ended *ended, struct judgement *ret_judgement,
                             struct cb_error *err);
/* Say verification.finished, and test.failed for each (detector, test). report: a URI. */
CB_MUST_CHECK bool announce_end(struct cb_db *db, const struct ended *ended,
                                const struct judgement *judgement, const char *report, struct cb_error *err);
/* Write the report; *ret_uri (to be freed) is its file: URI. */
CB_MUST_CHECK bool write_report(struct verifier *me, struct cb_db *db, const struct ended *ended,
                                const struct judgement *judgement, char **ret_uri, struct cb_error *err);
/* Write the page that lists a ticket's reports. */
CB_MUST_CHECK bool write_ticket_index(struct verifier *me, struct cb_db *db, const char *ticket,
                                      struct cb_error *err);
