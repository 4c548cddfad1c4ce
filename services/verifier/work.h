/* The verifier's worker role: quanta of verify runs under a lease. */
#pragma once

#include "verifier.h"

/* The functions of struct cb_work. */
bool work_claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err);
bool work_run(void *self, struct cb_db *db, void *job, struct cb_error *err);
bool work_extend(void *self, struct cb_db *db, void *job, bool *ret_ours, struct cb_error *err);
bool work_finish(void *self, struct cb_db *db, void *job, const struct cb_error *outcome,
                 struct cb_error *err);
void work_release(void *self, void *job);

/* Tell the workers that some quantum of a run may be ready. */
void wake_workers(const char *run_id);
