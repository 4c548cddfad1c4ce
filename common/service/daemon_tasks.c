/* Periodic tasks, each call in a transaction of its own. */
#include "service/daemon.h"

#include "base/log.h"
#include "io/clock.h"

static bool run_in(struct cb_daemon *daemon, const struct cb_task *task, bool *ret_again,
                   struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_tx_begin(daemon->db, &tx, err) && task->run(daemon->self, daemon->db, ret_again, err) &&
           cb_tx_commit(&tx, err);
}

static void run_task(struct cb_daemon *daemon, const struct cb_task *task, struct cb_task_state *state)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    bool again = false;
    if (run_in(daemon, task, &again, &err)) {
        state->failures = 0;
        state->due_ms = cb_clock_monotonic_ms() + (again ? 0 : task->interval_ms);
        return;
    }
    cb_log(CB_WARN, "task failed", cb_str("task", task->name), cb_str("kind", cb_err_kind_name(err.kind)),
           cb_str("error", err.text));
    if (err.kind == CB_ERR_FATAL)
        cb_daemon_fail(daemon, &err);
    state->due_ms = cb_clock_monotonic_ms() + cb_backoff_ms(state->failures, cb_daemon_chance());
    state->failures++;
}

void cb_daemon_run_tasks(struct cb_daemon *daemon)
{
    const struct cb_task *tasks = daemon->service->tasks;
    for (size_t i = 0; tasks != NULL && tasks[i].name != NULL; i++)
        if (daemon->tasks[i].due_ms <= cb_clock_monotonic_ms() && cb_db_is_alive(daemon->db) &&
            !cb_service_is_stopping())
            run_task(daemon, &tasks[i], &daemon->tasks[i]);
}

int64_t cb_daemon_next_task_ms(const struct cb_daemon *daemon)
{
    const struct cb_task *tasks = daemon->service->tasks;
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; tasks != NULL && tasks[i].name != NULL; i++)
        next_ms = daemon->tasks[i].due_ms < next_ms ? daemon->tasks[i].due_ms : next_ms;
    return next_ms;
}
