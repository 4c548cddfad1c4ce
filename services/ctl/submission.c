/* A run asked for: from a bps template to rows and event. */
#include "submission.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/tai.h"
#include "calbus/v1/generation.pb-c.h"
#include "calbus/v1/verification.pb-c.h"
#include "domain/collection_name.h"
#include "domain/instrument.h"
#include "domain/where_parse.h"
#include "engine/plan.h"
#include "io/clock.h"
#include "io/file.h"
#include "service/outbox.h"
#include "sql.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPELINE_TEXT_MAX (4U << 20)

void submitted_done(struct submitted *submitted)
{
    free(submitted->output_run);
    free(submitted->submit_path);
    *submitted = (struct submitted){ 0 };
}

/* "20241210T010203Z": UTC now. */
static void timestamp(char ret_text[32])
{
    char iso[CB_ISO_SIZE];
    size_t length = 0;

    cb_iso_format(cb_clock_unix_ms() * 1000000, 0, 'T', iso);
    for (const char *at = iso; *at != '\0' && length < 30; at++) {
        if (*at != '-' && *at != ':')
            ret_text[length++] = *at;
    }
    ret_text[length++] = 'Z';
    ret_text[length] = '\0';
}

/* A pipeline with a task of cp_verify is the verifier's. */
static const char *engine_of(const struct cb_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->tasks; i++) {
        if (strncmp(pipeline->task[i].class->name, "lsst.cp.verify.", 15) == 0)
            return "verifier";
    }
    return "generator";
}

/* Everything the template says, loaded. */
struct request {
    struct cb_template *template;
    struct cb_pipeline *pipeline;
    struct cb_repo *repo;
    struct cb_run run;
    size_t quanta;
};

static void request_done(struct request *request)
{
    cb_template_free(request->template);
    cb_pipeline_free(request->pipeline);
    cb_repo_close(request->repo);
    cb_run_done(&request->run);
}

static bool load(struct ctl *ctl, const struct submission *submission, struct request *request,
                 struct cb_error *err)
{
    char now[32];

    timestamp(now);
    if (!cb_template_load(submission->template_path, submission->environment, now, submission->values,
                          &request->template, err))
        return false;
    if (submission->options != NULL && !cb_overrides_parse(submission->options, request->template, err))
        return false;
    for (size_t i = 0; i < request->template->warnings.count; i++)
        ctl_say(ctl, "warning: %s", request->template->warnings.at[i]);
    return cb_pipeline_load(request->template->pipeline, submission->environment, request->template->override,
                            request->template->overrides, &request->pipeline, err);
}

static bool open_repository(struct ctl *ctl, struct cb_db *db, const struct cb_environment *environment,
                            struct request *request, struct cb_error *err)
{
    static const char variable[] = "DAF_BUTLER_REPOSITORY_INDEX";
    struct cb_repo_index index = { 0 };
    const char *given = cb_environment_find(environment, variable, strlen(variable));
    const char *label = request->template->repository;
    cb_auto(cb_free) char *own = ctl_home_path(&ctl->layout, "repositories.yaml");

    if (!cb_repo_index_read(given != NULL ? given : own, &index, err))
        return false;
    bool open = cb_repo_open(label, &index, db, &request->repo, err);
    if (open) {
        const char *known = cb_repo_index_label(&index, label);
        request->run.repository = cb_xstrdup(known != NULL ? known : request->repo->root);
    }
    cb_repo_index_done(&index);
    return open;
}

static char *join(const struct cb_texts *texts)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1U << 20);
    for (size_t i = 0; i < texts->count; i++)
        cb_bytes_printf(&out, "%s%s", i > 0 ? "," : "", texts->at[i]);
    return cb_bytes_steal(&out);
}

static void fill_run(struct request *request, const char *by)
{
    const struct cb_template *template = request->template;
    struct cb_run *run = &request->run;
    cb_auto_bytes struct cb_bytes pipeline = CB_BYTES(PIPELINE_TEXT_MAX);

    cb_uuid_new_text(run->id);
    cb_pipeline_format(request->pipeline, &pipeline);
    run->engine = cb_xstrdup(engine_of(request->pipeline));
    run->name = cb_xstrdup(template->name);
    run->ticket = cb_xstrdup(*template->campaign != '\0' ? template->campaign : template->project);
    run->pipeline = cb_bytes_steal(&pipeline);
    run->template = cb_xstrdup(template->rendered);
    run->inputs = join(&template->inputs);
    run->where = cb_xstrdup(template->where);
    run->output_run = cb_xstrdup(template->output_run);
    run->output_collection = cb_xstrdup(template->output);
    run->requested_by = cb_xstrdup(by);
}

/* SELECTION_BIAS_V, SELECTION_FLAT_r_V: the variable of the submitter that says on what a product is
 * verified; NULL when it is not set. Borrowed. */
static const char *find_selection(const struct cb_environment *environment, const struct cb_run *run)
{
    const struct cb_instrument *instrument = cb_instrument_find(run->instrument);
    char band[CB_FILTER_NAME_SIZE] = "";
    struct cb_error unknown;

    if (*run->physical_filter != '\0' &&
        (instrument == NULL || !cb_instrument_band(instrument, run->physical_filter, band, &unknown)))
        return NULL;
    cb_auto(cb_free) char *type = cb_xstrdup(run->dataset_type);
    for (char *at = type; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    cb_auto(cb_free) char *name = cb_xasprintf("SELECTION_%s%s%s_V", type, *band != '\0' ? "_" : "", band);
    return cb_environment_find(environment, name, strlen(name));
}

/* The run remembers on what its product is to be verified, for the verifier knows nobody's environment. */
static bool note_verification(const struct submission *submission, struct cb_run *run, struct cb_error *err)
{
    cb_auto(cb_where_node_free) struct cb_where_node *parsed = NULL;
    cb_auto_bytes struct cb_bytes options = CB_BYTES(1U << 20);
    struct cb_json json = CB_JSON(&options);
    const char *where = submission->verify_where != NULL ? submission->verify_where
                                                         : find_selection(submission->environment, run);

    if (where == NULL || *where == '\0' || strcmp(run->engine, "generator") != 0)
        return true;
    if (!cb_where_parse(where, &parsed, err))
        return cb_context(err, "what to verify %s on", run->dataset_type);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "verify_where", where);
    cb_json_close(&json);
    run->options = cb_bytes_steal(&options);
    return true;
}

static bool check_service(struct ctl *ctl, struct cb_db *db, const char *engine, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, sql_count_instances, CB_P(cb_p_text(engine)), &rows, err))
        return false;
    if (cb_rows_int(rows, 0, 0) > 0)
        return true;
    (void)ctl_hint(ctl, "Start the suite with calbus up.");
    return ctl_refuse(ctl, CTL_UNAVAILABLE, err, "the %s is not up", engine);
}

/* "--rerun 20250207b" behind 20250207a; other words where the name has no letter to count on from. */
static void tell_next_rerun(struct ctl *ctl, const char *output)
{
    struct cb_collection_name name = { 0 };
    char next[CB_RERUN_SIZE];
    struct cb_error why = { 0 };

    if (cb_collection_name_parse(output, &name, &why) && name.rerun[0] != '\0' &&
        cb_rerun_next(name.rerun, next, &why))
        (void)ctl_hint(ctl, "Retry it with --rerun %s; calbus generation show %s tells of this one.", next,
                       output);
    else if (name.rerun[0] != '\0')
        (void)ctl_hint(ctl, "%s.", why.text);
    else
        (void)ctl_hint(ctl, "Give another letter with --rerun; calbus generation show %s tells of this one.",
                       output);
}

/* A second run below the same output would hide the first one behind the same name. */
static bool check_earlier(struct ctl *ctl, struct cb_db *db, const struct cb_run *run, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, sql_find_earlier_run,
                   CB_P(cb_p_text(run->repository), cb_p_text(run->output_collection)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    tell_next_rerun(ctl, run->output_collection);
    return ctl_refuse(ctl, CTL_REFUSED, err, "run \"%s\" of this ticket, tag and rerun is there: %s",
                      cb_rows_text(rows, 0, 0), cb_rows_text(rows, 0, 1));
}

static bool put_event(struct cb_db *db, const struct cb_run *run, struct cb_error *err)
{
    if (strcmp(run->engine, "verifier") == 0) {
        Calbus__V1__VerificationRequested requested = CALBUS__V1__VERIFICATION_REQUESTED__INIT;
        Calbus__V1__VerificationEvent wrapper = CALBUS__V1__VERIFICATION_EVENT__INIT;
        const struct cb_outgoing outgoing = { .type = "verification.requested", .key = run->output_run };
        requested.run_id = (char *)run->id;
        requested.repository = run->repository;
        requested.output_run = run->output_run;
        wrapper.event_case = CALBUS__V1__VERIFICATION_EVENT__EVENT_REQUESTED;
        wrapper.requested = &requested;
        return cb_outbox_put(db, &outgoing, &wrapper.base, err);
    }
    Calbus__V1__GenerationRequested requested = CALBUS__V1__GENERATION_REQUESTED__INIT;
    Calbus__V1__GenerationEvent wrapper = CALBUS__V1__GENERATION_EVENT__INIT;
    const struct cb_outgoing outgoing = { .type = "generation.requested", .key = run->output_run };
    requested.run_id = (char *)run->id;
    requested.repository = run->repository;
    requested.output_run = run->output_run;
    wrapper.event_case = CALBUS__V1__GENERATION_EVENT__EVENT_REQUESTED;
    wrapper.requested = &requested;
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool store(struct ctl *ctl, struct cb_db *db, const struct cb_run *run, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    const struct ctl_settings *settings = NULL;

    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    cb_outbox_set_source(settings->common.site, "calbus");
    return cb_tx_begin(db, &tx, err) && cb_run_insert(db, run, err) && put_event(db, run, err) &&
           cb_tx_commit(&tx, err);
}

/* The record of the submission: the rendered template and the whole pipeline. */
static void write_record(struct ctl *ctl, const struct request *request, struct submitted *submitted)
{
    const char *folder = request->template->submit_path;
    struct cb_error err = { 0 };

    if (folder == NULL)
        return;
    cb_auto(cb_free) char *template_path = cb_xasprintf("%s/template.yaml", folder);
    cb_auto(cb_free) char *pipeline_path = cb_xasprintf("%s/pipeline.yaml", folder);
    cb_auto(cb_free) char *run_path = cb_xasprintf("%s/run.yaml", folder);
    cb_auto(cb_free) char *run_text = cb_xasprintf(
        "run_id: %s\nrepository: %s\noutput_run: %s\nquanta: %zu\nrequested_by: %s\n", request->run.id,
        request->run.repository, request->run.output_run, request->quanta, request->run.requested_by);
    if (!cb_file_make_parents(template_path, &err) ||
        !cb_file_replace(template_path, request->run.template, strlen(request->run.template), &err) ||
        !cb_file_replace(pipeline_path, request->run.pipeline, strlen(request->run.pipeline), &err) ||
        !cb_file_replace(run_path, run_text, strlen(run_text), &err)) {
        ctl_say(ctl, "warning: the record of the submission could not be written: %s", err.text);
        return;
    }
    submitted->submit_path = cb_xstrdup(folder);
}

static bool put(struct ctl *ctl, const struct submission *submission, struct request *request,
                struct submitted *ret_submitted, struct cb_error *err)
{
    struct cb_db *db = NULL;

    if (!load(ctl, submission, request, err) || !ctl_db_of(ctl, &db, err) ||
        !open_repository(ctl, db, submission->environment, request, err))
        return false;
    fill_run(request, submission->by);
    if ((submission->only_one && !check_earlier(ctl, db, &request->run, err)) ||
        !cb_plan_check(request->repo, &request->run, &request->quanta, err) ||
        !note_verification(submission, &request->run, err) ||
        !check_service(ctl, db, request->run.engine, err) || !store(ctl, db, &request->run, err))
        return false;
    snprintf(ret_submitted->run_id, sizeof ret_submitted->run_id, "%s", request->run.id);
    ret_submitted->output_run = cb_xstrdup(request->run.output_run);
    ret_submitted->quanta = (int64_t)request->quanta;
    write_record(ctl, request, ret_submitted);
    return true;
}

bool submission_put(struct ctl *ctl, const struct submission *submission, struct submitted *ret_submitted,
                    struct cb_error *err)
{
    struct request request = { 0 };

    *ret_submitted = (struct submitted){ 0 };
    bool done = put(ctl, submission, &request, ret_submitted, err);
    request_done(&request);
    return done;
}
