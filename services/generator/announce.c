/* What the generator says: that a run has ended, and that there is work. */
#include "generator.h"

#include "base/log.h"
#include "calbus/v1/generation.pb-c.h"
#include "calbus/v1/quantum.pb-c.h"
#include "io/clock.h"
#include "service/outbox.h"

#include <string.h>

bool announce_end(struct cb_db *db, const struct cb_run *run, const struct cb_run_counts *counts,
                  const struct cb_event *cause, struct cb_error *err)
{
    Calbus__V1__GenerationFinished finished = CALBUS__V1__GENERATION_FINISHED__INIT;
    Calbus__V1__GenerationEvent wrapper = CALBUS__V1__GENERATION_EVENT__INIT;
    const struct cb_outgoing outgoing = { .type = "generation.finished",
                                          .key = run->output_run,
                                          .cause = cause };

    finished.run_id = (char *)run->id;
    finished.repository = run->repository;
    finished.instrument = run->instrument;
    finished.output_run = run->output_run;
    finished.output_collection = run->output_collection;
    finished.dataset_type = run->dataset_type;
    finished.physical_filter = run->physical_filter;
    finished.succeeded = strcmp(run->state, "succeeded") == 0;
    finished.quanta = (uint32_t)counts->all;
    finished.failed = (uint32_t)(counts->failed + counts->skipped);
    finished.error = run->error;
    wrapper.event_case = CALBUS__V1__GENERATION_EVENT__EVENT_FINISHED;
    wrapper.finished = &finished;
    cb_log(CB_INFO, "generation finished", cb_str("run_id", run->id), cb_str("output_run", run->output_run),
           cb_flag("succeeded", finished.succeeded), cb_int("quanta", counts->all),
           cb_int("failed", counts->failed));
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

void wake_workers(const char *run_id)
{
    Calbus__V1__QuantumReady ready = CALBUS__V1__QUANTUM_READY__INIT;
    Calbus__V1__QuantumEvent wrapper = CALBUS__V1__QUANTUM_EVENT__INIT;
    char id[CB_UUID_TEXT_SIZE];

    cb_uuid_new_text(
        id); /* which quantum it is does not matter; a new key reaches another worker each time */
    const struct cb_outgoing outgoing = { .type = "quantum.ready", .key = id };
    ready.quantum_id = id;
    ready.run_id = (char *)run_id;
    ready.engine = (char *)"generator";
    wrapper.event_case = CALBUS__V1__QUANTUM_EVENT__EVENT_READY;
    wrapper.ready = &ready;
    cb_send_loose(&outgoing, &wrapper.base);
}
