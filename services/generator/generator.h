/* generator: what it knows, and its handlers. */
#pragma once

#include "engine/quantum.h"
#include "service/service.h"

#include <stdlib.h>

struct generator_config {
    char *roles; /* "planner,worker" */
    int64_t threads, lease_ms, attempts;
};

struct generator {
    struct generator_config config;
    char *index_path; /* labels of repositories */
    struct cb_engine engine;
};

cb_handler on_generation_requested;

/* Work on quanta, as struct cb_work wants it. */
bool work_claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err);
bool work_run(void *self, struct cb_db *db, void *job, struct cb_error *err);
bool work_extend(void *self, struct cb_db *db, void *job, bool *ret_ours, struct cb_error *err);
bool work_finish(void *self, struct cb_db *db, void *job, const struct cb_error *outcome,
                 struct cb_error *err);
void work_release(void *self, void *job);

/* A run has ended: say so. cause NULL: no event led to it. */
CB_MUST_CHECK bool announce_end(struct cb_db *db, const struct cb_run *run,
                                const struct cb_run_counts *counts, const struct cb_event *cause,
                                struct cb_error *err);
/* Quanta may be claimed: wake the workers. Lost without harm. */
void wake_workers(const char *run_id);
