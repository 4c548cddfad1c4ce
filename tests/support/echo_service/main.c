/* echo: a service for tests. It counts each exposure.ingested in table calbus.echo, keeps the order per key,
 * says exposure.rejected about each, and fails as the event's observation_reason tells it: "poison" always
 * (CONFLICT), "later N" until its Nth attempt. Its work counts rows of calbus.echo_job. */
#include "calbus/v1/exposure.pb-c.h"
#include "service/decode.h"
#include "service/outbox.h"
#include "service/service.h"

#include "base/alloc.h"
#include "base/uuid.h"

#include <stdio.h>
#include <string.h>

struct echo {
    int attempts; /* at "later" events, in this process */
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)self;
    (void)common;
    return cb_db_script(
        db,
        "SELECT pg_advisory_xact_lock(77); CREATE TABLE IF NOT EXISTS calbus.echo ("
        "id bigserial PRIMARY KEY, ce_id uuid, key text, exposure bigint, seq integer);"
        "CREATE TABLE IF NOT EXISTS calbus.echo_job (id bigint PRIMARY KEY, owner text, token "
        "bigint NOT NULL DEFAULT 0, lease timestamptz, results integer NOT NULL DEFAULT 0, done "
        "boolean NOT NULL DEFAULT false)",
        err);
}

static bool refuse_as_told(struct echo *echo, const Calbus__V1__ExposureIngested *ingested,
                           struct cb_error *err)
{
    int wanted = 0;
    if (strcmp(ingested->observation_reason, "poison") == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "exposure %llu is poison",
                       (unsigned long long)ingested->exposure);
    if (sscanf(ingested->observation_reason, "later %d", &wanted) == 1 && ++echo->attempts < wanted)
        return cb_fail(err, CB_ERR_TRANSIENT, "not yet");
    return true;
}

static bool say_so(struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    Calbus__V1__ExposureRejected said = CALBUS__V1__EXPOSURE_REJECTED__INIT;
    Calbus__V1__ExposureEvent wrapper = CALBUS__V1__EXPOSURE_EVENT__INIT;
    said.site = said.kind = said.reason = (char *)"echo";
    said.file_name = (char *)(uintptr_t)event->id;
    wrapper.event_case = CALBUS__V1__EXPOSURE_EVENT__EVENT_REJECTED;
    wrapper.rejected = &said;
    return cb_outbox_put(
        db, &(struct cb_outgoing){ .type = "exposure.rejected", .key = event->key, .cause = event },
        &wrapper.base, err);
}

static bool on_exposure_ingested(void *self, struct cb_db *db, const struct cb_event *event,
                                 struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *wrapper = NULL;
    if (!cb_event_decode(event, &wrapper, err))
        return false;
    const Calbus__V1__ExposureIngested *ingested = ((Calbus__V1__ExposureEvent *)wrapper)->ingested;
    return refuse_as_told(self, ingested, err) &&
           cb_db_run(db,
                     "INSERT INTO calbus.echo (ce_id, key, exposure, seq) VALUES ($1::uuid, $2, $3::bigint, "
                     "$4::integer)",
                     CB_P(cb_p_text(event->id), cb_p_text(event->key), cb_p_int((int64_t)ingested->exposure),
                          cb_p_int(ingested->seq_num)),
                     NULL, err) &&
           say_so(db, event, err);
}

/* ---- work under a lease ---- */

struct job {
    int64_t id, token;
};

static bool claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err)
{
    (void)self;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(
            db,
            "UPDATE calbus.echo_job SET owner = $1, token = token + 1, lease = now() + interval '1 s' "
            "WHERE id = (SELECT id FROM calbus.echo_job WHERE NOT done AND (lease IS NULL OR lease < now()) "
            "ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, token",
            CB_P(cb_p_text(owner)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct job *job = cb_xalloc(sizeof *job);
    *job = (struct job){ .id = cb_rows_int(rows, 0, 0), .token = cb_rows_int(rows, 0, 1) };
    *ret_job = job;
    return true;
}

static bool run(void *self, struct cb_db *db, void *job, struct cb_error *err)
{
    (void)self;
    (void)job;
    return cb_db_run(db, "SELECT pg_sleep(0.02)", CB_P0, NULL, err);
}

static bool extend(void *self, struct cb_db *db, void *job, bool *ret_ours, struct cb_error *err)
{
    (void)self;
    const struct job *it = job;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db,
                   "UPDATE calbus.echo_job SET lease = now() + interval '1 s' WHERE id = $1::bigint AND "
                   "token = $2::bigint",
                   CB_P(cb_p_int(it->id), cb_p_int(it->token)), &rows, err))
        return false;
    *ret_ours = cb_rows_affected(rows) == 1;
    return true;
}

static bool finish(void *self, struct cb_db *db, void *job, const struct cb_error *outcome,
                   struct cb_error *err)
{
    (void)self;
    const struct job *it = job;
    return cb_db_run(db,
                     "UPDATE calbus.echo_job SET done = $3::boolean, results = results + "
                     "$3::boolean::integer, lease = NULL "
                     "WHERE id = $1::bigint AND token = $2::bigint",
                     CB_P(cb_p_int(it->id), cb_p_int(it->token), cb_p_bool(outcome->kind == CB_ERR_NONE)),
                     NULL, err);
}

static void release(void *self, void *job)
{
    (void)self;
    free(job);
}

static const struct cb_subscription subscriptions[] = {
    { "exposure.ingested", on_exposure_ingested },
    { NULL, NULL },
};

static const struct cb_work work = {
    .name = "job",
    .threads = 2,
    .lease_ms = 1000,
    .poll_ms = 500,
    .wake = "quantum.ready",
    .claim = claim,
    .run = run,
    .extend = extend,
    .finish = finish,
    .release = release,
};

int main(int argc, char **argv)
{
    static const struct cb_service service = {
        .name = "echo",
        .summary = "Count exposures; for tests.",
        .subscriptions = subscriptions,
        .work = &work,
        .start = start,
    };
    struct echo echo = { 0 };
    return cb_service_main(argc, argv, &service, &echo, NULL);
}
