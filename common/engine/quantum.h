/* A quantum's life in a worker: claimed under a lease, run in a thread, finished in one transaction with its
 * datasets.
 *
 * Used by the services generator and verifier through the work table of service/service.h. */
#pragma once

#include "engine/call.h"
#include "engine/run_store.h"

/* What a service tells the engine. */
struct cb_engine {
    const char *name;             /* "generator" or "verifier": whose quanta are taken */
    const char *repository_index; /* path of the label file; NULL: labels are paths */
    int64_t lease_ms;
    int64_t max_attempts; /* a quantum that was begun so often and never ended has failed */
};

/* A claimed quantum. */
struct cb_quantum {
    char id[CB_UUID_TEXT_SIZE];
    int64_t token, attempts;
    char *label;
    int64_t detector;
    char *physical_filter, *band;
    int64_t *exposure;
    size_t exposures;
    struct cb_run run;
    struct cb_call_state *state; /* outputs written */
    double wall_s, cpu_s;
    int64_t peak_rss_kb;
    bool interrupted; /* the service stopped meanwhile: the attempt does not count */
};

/* Claim one. *ret_quantum NULL: there is nothing to do. A quantum that was lost max_attempts times is made to
 * fail here; *ret_ended then tells whether its run ended with it (as of cb_quantum_finish). */
CB_MUST_CHECK bool cb_quantum_claim(const struct cb_engine *engine, struct cb_db *db, const char *owner,
                                    struct cb_quantum **ret_quantum, struct cb_run *ret_ended_run,
                                    bool *ret_ended, struct cb_error *err);
/* Run the task function on each of its data IDs; outputs stay under temporary names in the repository's root.
 * cancelled is asked between data IDs. */
CB_MUST_CHECK bool cb_quantum_run(const struct cb_engine *engine, struct cb_db *db,
                                  struct cb_quantum *quantum, bool (*cancelled)(void), struct cb_error *err);
/* Extend the lease. */
CB_MUST_CHECK bool cb_quantum_extend(const struct cb_engine *engine, struct cb_db *db,
                                     const struct cb_quantum *quantum, bool *ret_ours, struct cb_error *err);

/* What finishing a quantum led to. */
struct cb_quantum_end {
    bool ours; /* false: the lease was lost, nothing was written */
    bool succeeded;
    bool made_ready;   /* others waited for it and can be taken now: workers may sleep */
    bool run_ended;    /* the run's state is written; say so */
    struct cb_run run; /* when run_ended, as it stands now: end with cb_run_done */
    struct cb_run_counts counts;
};
/* Put its datasets, let go those that waited for it, and end the run when it was the last. */
CB_MUST_CHECK bool cb_quantum_finish(const struct cb_engine *engine, struct cb_db *db,
                                     struct cb_quantum *quantum, const struct cb_error *outcome,
                                     struct cb_quantum_end *ret_end, struct cb_error *err);
/* Forget it and remove its temporary files. */
void cb_quantum_release(struct cb_quantum *quantum);

/* End a run when none of its quanta is open. */
CB_MUST_CHECK bool cb_run_settle(struct cb_db *db, const char *run_id, bool *ret_ended,
                                 struct cb_run *ret_run, struct cb_run_counts *ret_counts,
                                 struct cb_error *err);
