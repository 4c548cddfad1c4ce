/* A run is asked for: plan it into quanta. */
#include "generator.h"

#include "base/log.h"
#include "calbus/v1/generation.pb-c.h"
#include "engine/plan.h"
#include "service/decode.h"
#include "service/outbox.h"

#include <string.h>

/* Plan in a savepoint, so that a run that can never be done leaves no trace in the repository. */
static bool plan(struct generator *me, struct cb_db *db, struct cb_run *run, size_t *ret_quanta,
                 struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *savepoint = NULL;

    if (!cb_tx_begin(db, &savepoint, err) || !cb_repo_index_read(me->index_path, &index, err))
        return false;
    bool open = cb_repo_open(run->repository, &index, db, &repo, err);
    cb_repo_index_done(&index);
    return open && cb_plan_run(repo, db, run, ret_quanta, err) && cb_tx_commit(&savepoint, err);
}

static bool announce_plan(struct cb_db *db, const struct cb_run *run, size_t quanta,
                          const struct cb_event *cause, struct cb_error *err)
{
    Calbus__V1__GenerationPlanned planned = CALBUS__V1__GENERATION_PLANNED__INIT;
    Calbus__V1__GenerationEvent wrapper = CALBUS__V1__GENERATION_EVENT__INIT;
    const struct cb_outgoing outgoing = { .type = "generation.planned",
                                          .key = run->output_run,
                                          .cause = cause };

    planned.run_id = (char *)run->id;
    planned.repository = run->repository;
    planned.output_run = run->output_run;
    planned.quanta = (uint32_t)quanta;
    wrapper.event_case = CALBUS__V1__GENERATION_EVENT__EVENT_PLANNED;
    wrapper.planned = &planned;
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool is_final(enum cb_err_kind kind)
{
    return kind == CB_ERR_INVALID || kind == CB_ERR_NOT_FOUND || kind == CB_ERR_CONFLICT;
}

/* The run ends as failed with the reason, which its submitter reads. */
static bool refuse(struct cb_db *db, const struct cb_run *run, const struct cb_error *why,
                   const struct cb_event *cause, struct cb_error *err)
{
    struct cb_run_counts counts = { 0 };
    cb_auto_run struct cb_run ended = { .id = "" };

    cb_log(CB_WARN, "generation cannot be run", cb_str("output_run", run->output_run),
           cb_str("error", why->text));
    return cb_run_end(db, run->id, "failed", why->text, err) && cb_run_load(db, run->id, &ended, err) &&
           announce_end(db, &ended, &counts, cause, err);
}

bool on_generation_requested(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    struct generator *me = self;
    char state[16] = "";
    size_t quanta = 0;
    struct cb_error why = { 0 };
    cb_auto_run struct cb_run run = { .id = "" };
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;

    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__GenerationRequested *requested =
        ((const Calbus__V1__GenerationEvent *)message)->requested;
    if (!cb_run_lock(db, requested->run_id, state, err))
        return false;
    if (strcmp(state, "requested") != 0)
        return true; /* planned before, or cancelled meanwhile */
    if (!cb_run_load(db, requested->run_id, &run, err))
        return false;
    if (!plan(me, db, &run, &quanta, &why)) {
        if (is_final(why.kind))
            return refuse(db, &run, &why, event, err);
        *err = why;
        return false;
    }
    if (!announce_plan(db, &run, quanta, event, err))
        return false;
    cb_log(CB_INFO, "generation planned", cb_str("run_id", run.id), cb_str("output_run", run.output_run),
           cb_int("quanta", quanta));
    wake_workers(run.id);
    return true;
}
