/* A calibration was made: verify it, on what its submitter selected, or else on its inputs and on the newest
 * other exposures of its type. */
#include "submit.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/uuid.h"
#include "calbus/v1/generation.pb-c.h"
#include "calib/verify_measure.h"
#include "engine/run_store.h"
#include "service/decode.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

/* What is to be verified, and on what. */
struct plan {
    struct cb_run run;
    char *used, *others, *detectors; /* comma separated */
    char *selection;                 /* a where-expression; "": none was given */
};

static void plan_done(struct plan *plan)
{
    cb_run_done(&plan->run);
    free(plan->used);
    free(plan->others);
    free(plan->detectors);
    free(plan->selection);
}
static inline void plan_done_at_exit(struct plan *plan)
{
    plan_done(plan);
}

static bool find_others(struct verifier *me, struct cb_db *db, struct plan *plan, const char *type,
                        struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!open_repository(me, db, plan->run.repository, &repo, err) || !cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_find_others,
                   CB_P(cb_p_text(plan->run.instrument), cb_p_text(type),
                        cb_p_text(plan->run.physical_filter), cb_p_text(plan->used),
                        cb_p_int(me->config.others)),
                   &rows, err))
        return false;
    plan->others = cb_xstrdup(cb_rows_text(rows, 0, 0));
    return true;
}

static bool make_plan(struct verifier *me, struct cb_db *db, const Calbus__V1__GenerationFinished *finished,
                      struct plan *plan, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_run_load(db, finished->run_id, &plan->run, err) ||
        !cb_db_run(db, sql_find_generation, CB_P(cb_p_text(finished->run_id)), &rows, err))
        return false;
    plan->used = cb_xstrdup(cb_rows_text(rows, 0, 0));
    plan->detectors = cb_xstrdup(cb_rows_text(rows, 0, 1));
    plan->selection = cb_xstrdup(cb_rows_text(rows, 0, 2));
    if (plan->run.physical_filter[0] == '\0' && finished->physical_filter[0] != '\0') {
        free(plan->run.physical_filter);
        plan->run.physical_filter = cb_xstrdup(finished->physical_filter);
    }
    return plan->selection[0] != '\0' || find_others(me, db, plan, finished->dataset_type, err);
}

static char *query_of_plan(const struct plan *plan)
{
    if (plan->selection[0] != '\0')
        return query_of_selection(plan->selection, plan->detectors, plan->run.physical_filter);
    cb_auto(cb_free) char *exposures =
        cb_xasprintf("%s%s%s", plan->used, plan->others[0] != '\0' ? "," : "", plan->others);
    return query_of(plan->run.instrument, exposures, plan->detectors);
}

static bool request(struct verifier *me, struct cb_db *db, const Calbus__V1__GenerationFinished *finished,
                    const struct plan *plan, const struct cb_event *event, struct cb_error *err)
{
    char run_id[CB_UUID_TEXT_SIZE];
    struct verify_names names;
    bool is_new;
    cb_uuid_derive(finished->run_id, "verification", run_id);
    if (!name_campaign(finished->output_run, finished->dataset_type, &names, err))
        return false;
    cb_auto(cb_free) char *query = query_of_plan(plan);
    cb_auto(cb_free) char *inputs = cb_xasprintf("%s,%s", finished->output_run, plan->run.inputs);
    const struct submission submission = {
        .run_id = run_id,
        .kind = "campaign",
        .repository = plan->run.repository,
        .instrument = plan->run.instrument,
        .calib_type = finished->dataset_type,
        .physical_filter = plan->run.physical_filter,
        .generation_run = finished->output_run,
        .inputs = inputs,
        .query = query,
        .requested_by = plan->run.requested_by,
        .names = &names,
        .set_id = "",
    };
    if (!submit(me, db, &submission, event, &is_new, err))
        return false;
    if (!is_new || plan->selection[0] != '\0')
        return true;
    return note_exposures(db, run_id, plan->used, "input", err) &&
           note_exposures(db, run_id, plan->others, "other", err);
}

bool on_generation_finished(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    struct verifier *me = self;
    enum cb_verify_type type;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__GenerationFinished *finished = ((const Calbus__V1__GenerationEvent *)message)->finished;
    if (!me->config.automatic || !finished->succeeded || !cb_verify_type_parse(finished->dataset_type, &type))
        return true; /* bootstraps and types without tests are not verified by themselves */

    __attribute__((cleanup(plan_done_at_exit))) struct plan plan = { 0 };
    if (!make_plan(me, db, finished, &plan, err))
        return cb_context(err, "cannot verify \"%s\"", finished->output_run);
    if (plan.used[0] == '\0')
        return true;
    if (!request(me, db, finished, &plan, event, err))
        return cb_context(err, "cannot verify \"%s\"", finished->output_run);
    cb_log(CB_INFO, "verification requested", cb_str("generation_run", finished->output_run));
    return true;
}
