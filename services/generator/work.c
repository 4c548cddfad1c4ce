/* Quanta of generation runs: claimed, run and finished by the engine; the end of a run is announced. */
#include "generator.h"

#include "base/log.h"
#include "calbus/v1/quantum.pb-c.h"
#include "service/outbox.h"

bool work_claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err)
{
    struct generator *me = self;
    struct cb_quantum *quantum = NULL;
    cb_auto_run struct cb_run ended_run = { .id = "" };
    bool ended = false;

    if (!cb_quantum_claim(&me->engine, db, owner, &quantum, &ended_run, &ended, err))
        return false;
    *ret_job = quantum;
    struct cb_run_counts counts;
    return !ended ||
           (cb_run_count(db, ended_run.id, &counts, err) && announce_end(db, &ended_run, &counts, NULL, err));
}

bool work_run(void *self, struct cb_db *db, void *job, struct cb_error *err)
{
    struct generator *me = self;
    return cb_quantum_run(&me->engine, db, job, cb_work_cancelled, err);
}

bool work_extend(void *self, struct cb_db *db, void *job, bool *ret_ours, struct cb_error *err)
{
    struct generator *me = self;
    return cb_quantum_extend(&me->engine, db, job, ret_ours, err);
}

/* Progress, for those who watch. */
static void tell_progress(const struct cb_quantum *quantum, bool succeeded, const char *error)
{
    Calbus__V1__QuantumFinished finished = CALBUS__V1__QUANTUM_FINISHED__INIT;
    Calbus__V1__QuantumEvent wrapper = CALBUS__V1__QUANTUM_EVENT__INIT;
    const struct cb_outgoing outgoing = { .type = "quantum.finished", .key = quantum->id };

    finished.quantum_id = (char *)quantum->id;
    finished.run_id = (char *)quantum->run.id;
    finished.succeeded = succeeded;
    finished.error = (char *)error;
    wrapper.event_case = CALBUS__V1__QUANTUM_EVENT__EVENT_FINISHED;
    wrapper.finished = &finished;
    cb_send_loose(&outgoing, &wrapper.base);
}

static void log_end(const struct cb_quantum *quantum, const struct cb_error *outcome)
{
    bool failed = outcome != NULL && outcome->kind != CB_ERR_NONE;
    cb_log(failed ? CB_WARN : CB_INFO, "quantum done", cb_str("quantum_id", quantum->id),
           cb_str("label", quantum->label), cb_int("detector", quantum->detector),
           cb_dbl("wall_s", quantum->wall_s), cb_dbl("cpu_s", quantum->cpu_s),
           cb_int("peak_rss_kb", quantum->peak_rss_kb), cb_int("attempt", quantum->attempts),
           cb_str("error", failed ? outcome->text : NULL));
}

bool work_finish(void *self, struct cb_db *db, void *job, const struct cb_error *outcome,
                 struct cb_error *err)
{
    struct generator *me = self;
    struct cb_quantum *quantum = job;
    struct cb_quantum_end end = { 0 };

    bool done = cb_quantum_finish(&me->engine, db, quantum, outcome, &end, err) &&
                (!end.run_ended || announce_end(db, &end.run, &end.counts, NULL, err));
    if (done && end.ours) {
        log_end(quantum, outcome);
        tell_progress(quantum, end.succeeded, outcome != NULL ? outcome->text : "");
        if (end.made_ready)
            wake_workers(quantum->run.id);
    }
    cb_run_done(&end.run);
    return done;
}

void work_release(void *self, void *job)
{
    (void)self;
    cb_quantum_release(job);
}
