/* Long work under a lease: worker threads that claim, run and finish jobs, and a keeper that extends their
 * leases. */
#include "service/daemon.h"

#include "base/alloc.h"
#include "base/log.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

struct worker {
    struct cb_work_crew *crew;
    pthread_t thread;
    char owner[128];
    struct cb_db *db;
    pthread_mutex_t lock; /* guards job against the keeper */
    void *job;            /* NULL: idle */
    atomic_bool lost;     /* the lease is somebody else's */
};

struct cb_work_crew {
    struct cb_daemon *daemon;
    const struct cb_work *work;
    struct worker *workers;
    int count;
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t wakes;
    bool stopping;
};

static __thread const struct worker *this_worker; /* of the thread that asks */

bool cb_work_cancelled(void)
{
    return cb_service_is_stopping() || (this_worker != NULL && atomic_load(&this_worker->lost));
}

/* ---- waiting ---- */

/* Wait for a wake-up that is newer than *seen, at most wait_ms. False when the crew stops. */
static bool wait_for_wake(struct cb_work_crew *crew, uint64_t *seen, int64_t wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&crew->lock);
    while (!crew->stopping && (seen == NULL || crew->wakes == *seen))
        if (pthread_cond_timedwait(&crew->changed, &crew->lock, &until) != 0)
            break;
    if (seen != NULL)
        *seen = crew->wakes;
    bool go_on = !crew->stopping;
    pthread_mutex_unlock(&crew->lock);
    return go_on && !cb_service_is_stopping();
}

void cb_work_crew_wake(struct cb_work_crew *crew)
{
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->wakes++;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

/* ---- a worker ---- */

/* A live connection of the thread's own. */
static bool have_db(struct cb_daemon *daemon, struct cb_db **db, struct cb_error *err)
{
    if (*db == NULL)
        return cb_db_open(daemon->config.db_uri, daemon->name, db, err);
    return cb_db_is_alive(*db) || cb_db_reopen(*db, err);
}

static bool claim(struct worker *worker, void **ret_job, struct cb_error *err)
{
    struct cb_daemon *daemon = worker->crew->daemon;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    void *job = NULL;
    if (!have_db(daemon, &worker->db, err) || !cb_tx_begin(worker->db, &tx, err) ||
        !worker->crew->work->claim(daemon->self, worker->db, worker->owner, &job, err))
        return false;
    if (!cb_tx_commit(&tx, err)) {
        if (job != NULL)
            worker->crew->work->release(daemon->self, job);
        return false;
    }
    *ret_job = job;
    return true;
}

static void set_job(struct worker *worker, void *job)
{
    pthread_mutex_lock(&worker->lock);
    worker->job = job;
    atomic_store(&worker->lost, false);
    pthread_mutex_unlock(&worker->lock);
}

static bool finish_once(struct worker *worker, void *job, const struct cb_error *outcome,
                        struct cb_error *err)
{
    struct cb_daemon *daemon = worker->crew->daemon;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return have_db(daemon, &worker->db, err) && cb_tx_begin(worker->db, &tx, err) &&
           worker->crew->work->finish(daemon->self, worker->db, job, outcome, err) && cb_tx_commit(&tx, err);
}

/* Tried again while TRANSIENT; when the service stops, a few times only: the lease will run out. */
static void finish(struct worker *worker, void *job, const struct cb_error *outcome)
{
    for (unsigned attempt = 0; attempt < 5 || !cb_service_is_stopping(); attempt++) {
        struct cb_error err = { .kind = CB_ERR_NONE };
        if (finish_once(worker, job, outcome, &err))
            return;
        cb_log_error("job could not be finished", &err);
        if (err.kind == CB_ERR_FATAL)
            cb_daemon_fail(worker->crew->daemon, &err);
        if (err.kind != CB_ERR_TRANSIENT)
            return;
        cb_daemon_wait_ms(cb_backoff_ms(attempt, cb_daemon_chance()));
    }
}

static void run_job(struct worker *worker, void *job)
{
    struct cb_daemon *daemon = worker->crew->daemon;
    const struct cb_work *work = worker->crew->work;
    struct cb_error outcome = { .kind = CB_ERR_NONE };
    set_job(worker, job);
    bool ok = work->run(daemon->self, worker->db, job, &outcome);
    if (ok)
        outcome.kind = CB_ERR_NONE;
    else if (outcome.kind == CB_ERR_NONE)
        cb_fail(&outcome, CB_ERR_INVALID, "the job failed without saying why");
    bool lost = atomic_load(&worker->lost);
    if (!lost)
        finish(worker, job, &outcome);
    else
        cb_log(CB_WARN, "job taken over by another worker", cb_str("owner", worker->owner));
    set_job(worker, NULL);
    work->release(daemon->self, job);
}

static void *work_on(void *arg)
{
    struct worker *worker = arg;
    struct cb_work_crew *crew = worker->crew;
    this_worker = worker;
    uint64_t seen = 0;
    unsigned failures = 0;
    bool go_on = true;
    while (go_on) {
        void *job = NULL;
        struct cb_error err = { .kind = CB_ERR_NONE };
        if (!claim(worker, &job, &err)) {
            cb_log_error("could not claim a job", &err);
            if (err.kind == CB_ERR_FATAL)
                cb_daemon_fail(crew->daemon, &err);
            go_on = wait_for_wake(crew, NULL, cb_backoff_ms(failures++, cb_daemon_chance()));
            continue;
        }
        failures = 0;
        if (job != NULL)
            run_job(worker, job);
        go_on = wait_for_wake(crew, &seen, job != NULL ? 0 : crew->work->poll_ms);
    }
    cb_db_close(worker->db);
    return NULL;
}

/* ---- the keeper of leases ---- */

/* The job stays while its lock is held: the worker must take it before it goes on to finish. */
static bool extend(struct cb_work_crew *crew, struct worker *worker, struct cb_db *db, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    bool ours = true, ok = true;
    pthread_mutex_lock(&worker->lock);
    if (worker->job != NULL && !atomic_load(&worker->lost)) {
        ok = cb_tx_begin(db, &tx, err) &&
             crew->work->extend(crew->daemon->self, db, worker->job, &ours, err) && cb_tx_commit(&tx, err);
        if (ok && !ours)
            atomic_store(&worker->lost, true);
    }
    pthread_mutex_unlock(&worker->lock);
    return ok;
}

static void *keep_leases(void *arg)
{
    struct cb_work_crew *crew = arg;
    struct cb_db *db = NULL;
    while (wait_for_wake(crew, NULL, crew->work->lease_ms / 3)) {
        struct cb_error err = { .kind = CB_ERR_NONE };
        bool ok = have_db(crew->daemon, &db, &err);
        for (int i = 0; ok && i < crew->count; i++)
            ok = extend(crew, &crew->workers[i], db, &err);
        if (!ok)
            cb_log_error("could not extend leases", &err);
    }
    cb_db_close(db);
    return NULL;
}

/* ---- the crew ---- */

struct cb_work_crew *cb_work_crew_start(struct cb_daemon *daemon)
{
    const struct cb_work *work = daemon->service->work;
    if (work == NULL || work->name == NULL)
        return NULL;
    struct cb_work_crew *crew = cb_xalloc(sizeof *crew);
    crew->daemon = daemon;
    crew->work = work;
    crew->count = work->threads; /* start may have set it */
    crew->workers = cb_xalloc_array((size_t)crew->count + 1, sizeof *crew->workers);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&crew->changed, &monotonic);
    pthread_mutex_init(&crew->lock, NULL);
    for (int i = 0; i < crew->count; i++) {
        struct worker *worker = &crew->workers[i];
        worker->crew = crew;
        pthread_mutex_init(&worker->lock, NULL);
        snprintf(worker->owner, sizeof worker->owner, "%s/%d/%d", daemon->name, (int)daemon->pid, i);
        pthread_create(&worker->thread, NULL, work_on, worker);
    }
    pthread_create(&crew->keeper, NULL, keep_leases, crew);
    return crew;
}

void cb_work_crew_stop(struct cb_work_crew *crew)
{
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->stopping = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    for (int i = 0; i < crew->count; i++)
        pthread_join(crew->workers[i].thread, NULL);
    pthread_join(crew->keeper, NULL);
    free(crew->workers);
    free(crew);
}
