/* A verify run is asked for: plan it into quanta. */
#include "base/log.h"
#include "calbus/v1/quantum.pb-c.h"
#include "calbus/v1/verification.pb-c.h"
#include "engine/plan.h"
#include "service/decode.h"
#include "service/outbox.h"
#include "verifier.h"
#include "work.h"

#include <string.h>

/* Plan in a savepoint. A run that can never be done ends as failed, and is then judged as one without data.
 */
static bool plan(struct verifier *me, struct cb_db *db, struct cb_run *run, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *savepoint = NULL;
    size_t quanta;
    if (!cb_tx_begin(db, &savepoint, err) || !open_repository(me, db, run->repository, &repo, err) ||
        !cb_plan_run(repo, db, run, &quanta, err) || !cb_tx_commit(&savepoint, err))
        return false;
    cb_log(CB_INFO, "verification planned", cb_str("output_run", run->output_run), cb_int("quanta", quanta));
    return true;
}

static bool is_final(enum cb_err_kind kind)
{
    return kind == CB_ERR_INVALID || kind == CB_ERR_NOT_FOUND || kind == CB_ERR_CONFLICT;
}

bool on_verification_requested(void *self, struct cb_db *db, const struct cb_event *event,
                               struct cb_error *err)
{
    struct verifier *me = self;
    char state[16];
    cb_auto_run struct cb_run run = { .id = "" };
    struct cb_error why = { 0 };
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__VerificationRequested *requested =
        ((const Calbus__V1__VerificationEvent *)message)->requested;
    if (!cb_run_lock(db, requested->run_id, state, err))
        return false;
    if (strcmp(state, "requested") != 0)
        return true; /* planned before */
    if (!cb_run_load(db, requested->run_id, &run, err))
        return false;
    if (plan(me, db, &run, &why)) {
        wake_workers(run.id);
        return true;
    }
    if (!is_final(why.kind)) {
        *err = why;
        return false;
    }
    cb_log(CB_WARN, "verification cannot be run", cb_str("output_run", run.output_run),
           cb_str("error", why.text));
    return cb_run_end(db, run.id, "failed", why.text, err);
}

void wake_workers(const char *run_id)
{
    Calbus__V1__QuantumReady ready = CALBUS__V1__QUANTUM_READY__INIT;
    ready.quantum_id = (char *)run_id; /* some quantum of the run; workers take any */
    ready.run_id = (char *)run_id;
    ready.engine = (char *)"verifier";
    Calbus__V1__QuantumEvent wrapper = CALBUS__V1__QUANTUM_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__QUANTUM_EVENT__EVENT_READY;
    wrapper.ready = &ready;
    const struct cb_outgoing outgoing = { .type = "quantum.ready", .key = run_id };
    cb_send_loose(&outgoing, &wrapper.base);
}
