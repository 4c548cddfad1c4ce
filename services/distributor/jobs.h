/* Long work under a lease: one queue of exports, transfers, imports and deployment checks. */
#pragma once

#include "distributor.h"

#include "base/uuid.h"

struct job;
struct job_kind {
    const char *name; /* as in calbus.dist_job: "TRANSFER" */
    /* Read what it is about, in the claim's transaction. *ret_detail NULL: there is nothing left to do. */
    bool (*load)(struct distributor *me, struct cb_db *db, const char *id, void **ret_detail,
                 struct cb_error *err);
    /* In a worker thread, outside a transaction. */
    bool (*run)(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err);
    /* In a transaction, the job's row locked and still ours. The row is gone afterwards. */
    bool (*done)(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err);
    /* The same after a failure; *ret_again_ms: when to try again, -1: the job is given up. */
    bool (*failed)(struct distributor *me, struct cb_db *db, struct job *job, const struct cb_error *outcome,
                   int64_t *ret_again_ms, struct cb_error *err);
    void (*release)(void *detail);
};
extern const struct job_kind export_kind, transfer_kind, import_kind, check_kind, ranges_kind;

struct job {
    const struct job_kind *kind;
    char id[CB_UUID_TEXT_SIZE];
    int64_t token;
    int64_t failures; /* before this attempt */
    bool interrupted; /* the service stopped, or the lease was lost: no failure */
    void *detail;
};

/* The pause after the n-th failure (from 1): the first doubled each time, up to the most. */
int64_t retry_pause_ms(const struct distributor_config *config, int64_t failures);

extern struct cb_work distributor_work;
