/* Asks for verify runs. */
#include "submit.h"

#include "base/alloc.h"
#include "calbus/v1/verification.pb-c.h"
#include "engine/pipeline.h"
#include "engine/run_store.h"
#include "service/outbox.h"
#include "sql.h"

#include <string.h>

static bool load_pipeline(const struct verifier *me, const char *instrument, const char *calib_type,
                          char **ret_text, struct cb_error *err)
{
    char type[CB_COLLECTION_PART_SIZE];
    verify_type_name(calib_type, type, sizeof type);
    cb_auto(cb_free) char *path =
        cb_xasprintf("%s/pipelines/%s/verify%s.yaml", me->pipelines, instrument, type);
    cb_auto(cb_free) char *variable = cb_xasprintf("CP_VERIFY_DIR=%s", me->pipelines);
    const char *const entries[] = { variable, NULL };
    const struct cb_environment environment = { entries };
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    if (!cb_pipeline_load(path, &environment, NULL, 0, &pipeline, err))
        return false;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(8u << 20);
    cb_pipeline_format(pipeline, &text);
    *ret_text = cb_bytes_steal(&text);
    return true;
}

static bool insert_run(struct verifier *me, struct cb_db *db, const struct submission *s,
                       struct cb_error *err)
{
    cb_auto(cb_free) char *pipeline = NULL;
    cb_auto(cb_free) char *id = cb_xstrdup(s->run_id);
    if (!load_pipeline(me, s->instrument, s->calib_type, &pipeline, err))
        return false;
    struct cb_run run = {
        .engine = "verifier",
        .kind = (char *)s->kind,
        .state = "requested",
        .repository = (char *)s->repository,
        .instrument = (char *)s->instrument,
        .name = (char *)s->calib_type,
        .ticket = (char *)s->names->ticket,
        .pipeline = pipeline,
        .inputs = (char *)s->inputs,
        .where = (char *)s->query,
        .output_run = (char *)s->names->run,
        .output_collection = (char *)s->names->output,
        .physical_filter = (char *)s->physical_filter,
        .requested_by = (char *)s->requested_by,
    };
    memcpy(run.id, id, CB_UUID_TEXT_SIZE);
    return cb_run_insert(db, &run, err);
}

static bool insert_verification(struct cb_db *db, const struct submission *s, struct cb_error *err)
{
    return cb_db_run(db, sql_insert_verification,
                     CB_P(cb_p_text(s->run_id), cb_p_text(s->kind), cb_p_text(s->repository),
                          cb_p_text(s->instrument), cb_p_text(s->calib_type), cb_p_text(s->physical_filter),
                          cb_p_text(s->generation_run), cb_p_text(s->names->run), cb_p_int(s->day_obs),
                          cb_p_text(s->set_id), cb_p_int(s->revision)),
                     NULL, err);
}

static bool announce(struct cb_db *db, const struct submission *s, const struct cb_event *cause,
                     struct cb_error *err)
{
    Calbus__V1__VerificationRequested requested = CALBUS__V1__VERIFICATION_REQUESTED__INIT;
    requested.run_id = (char *)s->run_id;
    requested.repository = (char *)s->repository;
    requested.output_run = (char *)s->names->run;
    Calbus__V1__VerificationEvent wrapper = CALBUS__V1__VERIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__VERIFICATION_EVENT__EVENT_REQUESTED;
    wrapper.requested = &requested;
    const struct cb_outgoing outgoing = {
        .type = "verification.requested", .key = s->names->run, .cause = cause, .salt = s->run_id
    };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

bool submit(struct verifier *me, struct cb_db *db, const struct submission *submission,
            const struct cb_event *cause, bool *ret_new, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_verification, CB_P(cb_p_text(submission->run_id)), &rows, err))
        return false;
    *ret_new = cb_rows_count(rows) == 0;
    if (!*ret_new)
        return true;
    return insert_run(me, db, submission, err) && insert_verification(db, submission, err) &&
           announce(db, submission, cause, err);
}

bool note_exposures(struct cb_db *db, const char *run_id, const char *exposures, const char *origin,
                    struct cb_error *err)
{
    return cb_db_run(db, sql_insert_exposures,
                     CB_P(cb_p_text(run_id), cb_p_text(exposures), cb_p_text(origin)), NULL, err);
}
