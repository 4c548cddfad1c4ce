/* Runs and quanta as rows of calbus.run and calbus.quantum. Every function works in the caller's transaction.
 */
#pragma once

#include "base/uuid.h"
#include "engine/graph.h"
#include "io/db.h"

/* One run as it was asked for, and how it stands. */
struct cb_run {
    char id[CB_UUID_TEXT_SIZE];
    char *engine; /* "generator", "verifier" */
    char *kind;   /* "campaign", "daily", "check" */
    char *state;  /* "requested", "running", "succeeded", "failed", "cancelled" */
    char *repository, *instrument, *name, *ticket;
    char *pipeline; /* YAML */
    char *template; /* of a request; not loaded */
    char *inputs;   /* search path, between commas */
    char *where;
    char *output_run, *output_collection;
    char *dataset_type, *physical_filter;
    char *options; /* JSON */
    char *requested_by;
    char *error;
};
void cb_run_done(struct cb_run *run);
static inline void cb_run_done_at_exit(struct cb_run *run)
{
    cb_run_done(run);
}
#define cb_auto_run __attribute__((cleanup(cb_run_done_at_exit)))

/* Texts that are NULL are stored as empty; options as {}. */
CB_MUST_CHECK bool cb_run_insert(struct cb_db *db, const struct cb_run *run, struct cb_error *err);
/* By id or by the name of its RUN collection (the newest). Errors: CB_ERR_NOT_FOUND. */
CB_MUST_CHECK bool cb_run_load(struct cb_db *db, const char *id_or_output_run, struct cb_run *ret_run,
                               struct cb_error *err);
/* Lock the run's row; its state goes into ret_state. */
CB_MUST_CHECK bool cb_run_lock(struct cb_db *db, const char *id, char ret_state[16], struct cb_error *err);

/* How many quanta are where. */
struct cb_run_counts {
    int64_t open, succeeded, failed, skipped, all;
    char error[CB_ERROR_TEXT_SIZE]; /* of the first that failed */
};
CB_MUST_CHECK bool cb_run_count(struct cb_db *db, const char *id, struct cb_run_counts *ret_counts,
                                struct cb_error *err);

/* Write a plan: quanta, what they need, read and make; the run is running then. */
CB_MUST_CHECK bool cb_run_start(struct cb_db *db, const struct cb_run *run, const struct cb_graph *graph,
                                const struct cb_template *resources, struct cb_error *err);
/* The run has ended, with state "succeeded", "failed" or "cancelled". */
CB_MUST_CHECK bool cb_run_end(struct cb_db *db, const char *id, const char *state, const char *error,
                              struct cb_error *err);
/* Nothing more of a run is begun, what is being done is thrown away. Errors: CB_ERR_CONFLICT it has ended. */
CB_MUST_CHECK bool cb_run_cancel(struct cb_db *db, const char *id, const char *why, struct cb_error *err);
/* Failed quanta and what waited for them are tried again. Errors: CB_ERR_CONFLICT it has not failed. */
CB_MUST_CHECK bool cb_run_retry(struct cb_db *db, const char *id, struct cb_error *err);
