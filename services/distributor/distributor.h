/* The distributor's state, handlers and tasks. */
#pragma once

#include "service/service.h"
#include "service/sites.h"

struct distributor_config {
    struct cb_sites sites; /* first: the table of sites is written for it */
    char *scope;           /* of everything that is distributed */
    char *rse_expression;  /* where it is to be; empty: follows from the enabled sites */
    char *pipelines;       /* folder laid out like cp_pipe; empty: $CP_PIPE_DIR */
    int64_t transfer_threads;
    int64_t attempts; /* failed transfers of a file before its lock is stuck */
    int64_t retry_ms; /* first pause after a failure; doubles */
    int64_t retry_most_ms;
    int64_t repair_ms; /* a stuck rule is tried again after this */
    int64_t check_ms;  /* pause before a site is asked again for a raw frame to check with */
};

struct distributor {
    struct distributor_config config;
    char *home;
    char *index_path; /* the repository index */
    char *pipelines;  /* "" when it is not known */
};

bool on_approval_accepted(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_chain_deployed(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_calibration_recertified(void *self, struct cb_db *db, const struct cb_event *event,
                                struct cb_error *err);
bool on_distribution_requested(void *self, struct cb_db *db, const struct cb_event *event,
                               struct cb_error *err);

/* Stuck rules are tried again. */
bool repair_rules(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);

/* A proposal may be distributed: accepted, and neither rejected nor withdrawn since. *ret_why is a state's
 * name when it may not. Errors: as cb_db_run. */
CB_MUST_CHECK bool is_accepted(struct cb_db *db, const char *proposal_id, bool *ret_accepted,
                               char ret_state[32], struct cb_error *err);
