/* Quanta of verify runs. That a run has ended is seen by the conclude task, from its row. */
#include "work.h"

#include "base/log.h"
#include "calbus/v1/quantum.pb-c.h"
#include "engine/quantum.h"
#include "service/outbox.h"

bool work_claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err)
{
    struct verifier *me = self;
    struct cb_quantum *quantum = NULL;
    cb_auto_run struct cb_run ended = { .id = "" };
    bool has_ended = false;
    if (!cb_quantum_claim(&me->engine, db, owner, &quantum, &ended, &has_ended, err))
        return false;
    *ret_job = quantum;
    return true;
}

bool work_run(void *self, struct cb_db *db, void *job, struct cb_error *err)
{
    struct verifier *me = self;
    return cb_quantum_run(&me->engine, db, job, cb_work_cancelled, err);
}

bool work_extend(void *self, struct cb_db *db, void *job, bool *ret_ours, struct cb_error *err)
{
    struct verifier *me = self;
    return cb_quantum_extend(&me->engine, db, job, ret_ours, err);
}

/* Progress, for the console and for commands that wait. */
static void tell_progress(const struct cb_quantum *quantum, const struct cb_error *outcome, bool succeeded)
{
    Calbus__V1__QuantumFinished finished = CALBUS__V1__QUANTUM_FINISHED__INIT;
    finished.quantum_id = (char *)quantum->id;
    finished.run_id = (char *)quantum->run.id;
    finished.succeeded = succeeded;
    finished.error = (char *)(succeeded ? "" : outcome->text);
    Calbus__V1__QuantumEvent wrapper = CALBUS__V1__QUANTUM_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__QUANTUM_EVENT__EVENT_FINISHED;
    wrapper.finished = &finished;
    const struct cb_outgoing outgoing = { .type = "quantum.finished", .key = quantum->id };
    cb_send_loose(&outgoing, &wrapper.base);
}

bool work_finish(void *self, struct cb_db *db, void *job, const struct cb_error *outcome,
                 struct cb_error *err)
{
    struct verifier *me = self;
    struct cb_quantum *quantum = job;
    struct cb_quantum_end end = { 0 };
    if (!cb_quantum_finish(&me->engine, db, quantum, outcome, &end, err))
        return false;
    if (end.ours) {
        tell_progress(quantum, outcome, end.succeeded);
        if (end.made_ready)
            wake_workers(quantum->run.id);
    }
    if (end.run_ended) {
        cb_log(CB_INFO, "verify run ended", cb_str("output_run", end.run.output_run),
               cb_str("state", end.run.state));
        cb_run_done(&end.run);
    }
    return true;
}

void work_release(void *self, void *job)
{
    (void)self;
    cb_quantum_release(job);
}
