/* The queue of long work. */
#include "jobs.h"

#include "base/alloc.h"
#include "base/log.h"
#include "service/metrics.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_S = 10 };

static const struct job_kind *const kinds[] = { &export_kind, &transfer_kind, &import_kind,
                                                &check_kind,  &ranges_kind,   NULL };

static const struct job_kind *find_kind(const char *name)
{
    for (size_t i = 0; kinds[i] != NULL; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static void release(void *self, void *context)
{
    (void)self;
    struct job *job = context;
    if (job->detail != NULL)
        job->kind->release(job->detail);
    free(job);
}

static bool drop_job(struct cb_db *db, const char *id, struct cb_error *err)
{
    return cb_db_run(db, sql_drop_job, CB_P(cb_p_text(id)), NULL, err);
}

static bool claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    *ret_job = NULL;
    if (!cb_db_run(db, sql_claim_job, CB_P(cb_p_int(LEASE_S), cb_p_text(owner)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct job *job = cb_xalloc(sizeof *job);
    snprintf(job->id, sizeof job->id, "%s", cb_rows_text(rows, 0, 0));
    job->kind = find_kind(cb_rows_text(rows, 0, 1));
    job->token = cb_rows_int(rows, 0, 2);
    job->failures = cb_rows_int(rows, 0, 3);
    bool loaded = job->kind != NULL
                      ? job->kind->load(self, db, job->id, &job->detail, err)
                      : cb_fail(err, CB_ERR_FATAL, "job \"%s\" is of an unrecognized kind", job->id);
    if (loaded && job->detail != NULL) {
        *ret_job = job;
        return true;
    }
    bool dropped = loaded && drop_job(db, job->id, err);
    release(self, job);
    return dropped;
}

static bool run(void *self, struct cb_db *db, void *context, struct cb_error *err)
{
    struct job *job = context;
    bool done = job->kind->run(self, db, job, err);
    job->interrupted = !done && cb_work_cancelled();
    return done;
}

static bool extend(void *self, struct cb_db *db, void *context, bool *ret_ours, struct cb_error *err)
{
    (void)self;
    const struct job *job = context;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_extend_job, CB_P(cb_p_text(job->id), cb_p_int(job->token), cb_p_int(LEASE_S)),
                   &rows, err))
        return false;
    *ret_ours = cb_rows_affected(rows) > 0;
    return true;
}

static bool give_back(struct distributor *me, struct cb_db *db, struct job *job,
                      const struct cb_error *outcome, struct cb_error *err)
{
    int64_t again_ms = 0;
    if (job->interrupted)
        return cb_db_run(db, sql_yield_job, CB_P(cb_p_text(job->id)), NULL, err);
    if (!job->kind->failed(me, db, job, outcome, &again_ms, err))
        return false;
    cb_metric_add("calbus_distributor_jobs_total", 1,
                  CB_LABELS({ "kind", job->kind->name }, { "result", "failed" }));
    cb_log(CB_WARN, "job failed", cb_str("kind", job->kind->name), cb_str("job", job->id),
           cb_int("failures", job->failures + 1), cb_int("again_ms", again_ms),
           cb_str("error", outcome->text));
    if (again_ms < 0)
        return drop_job(db, job->id, err);
    return cb_db_run(db, sql_retry_job,
                     CB_P(cb_p_text(job->id), cb_p_int(again_ms), cb_p_text(outcome->text)), NULL, err);
}

static bool finish(void *self, struct cb_db *db, void *context, const struct cb_error *outcome,
                   struct cb_error *err)
{
    struct job *job = context;
    cb_auto(cb_rows_free) struct cb_rows *ours = NULL;
    if (!cb_db_run(db, sql_lock_job, CB_P(cb_p_text(job->id), cb_p_int(job->token)), &ours, err))
        return false;
    if (cb_rows_count(ours) == 0)
        return true; /* the lease was lost: somebody else has it */
    if (outcome->kind != CB_ERR_NONE)
        return give_back(self, db, job, outcome, err);
    cb_metric_add("calbus_distributor_jobs_total", 1,
                  CB_LABELS({ "kind", job->kind->name }, { "result", "done" }));
    return job->kind->done(self, db, job, err) && drop_job(db, job->id, err);
}

struct cb_work distributor_work = {
    .name = "distribution",
    .threads = 2,
    .lease_ms = LEASE_S * INT64_C(1000),
    .poll_ms = 200,
    .wake = NULL,
    .claim = claim,
    .run = run,
    .extend = extend,
    .finish = finish,
    .release = release,
};
