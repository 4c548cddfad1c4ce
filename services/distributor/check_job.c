/* Deployment checks: a raw frame of the site is processed with the site's default chain, and the header of
 * the result must name what was distributed. */
#include "announce.h"
#include "base/alloc.h"
#include "base/log.h"
#include "butler/datasets.h"
#include "butler/home.h"
#include "compare.h"
#include "engine/one_raw.h"
#include "fingerprint.h"
#include "io/file.h"
#include "io/fits_exposure.h"
#include "io/fits_header.h"
#include "jobs.h"
#include "pick_raw.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 4, DETAIL_MOST = 1000 };
static const char *const connections[CONNECTIONS] = { "ptc", "bias", "dark", "flat" };

struct check_detail {
    char *proposal_id, *site, *repository, *instrument, *parent, *ticket_chain, *ticket;
    struct cb_rows *rows; /* of what was distributed */
    struct distributed *distributed;
    size_t count;
    struct cb_frame_list raw;
    enum raw_kind kind;
    bool passed;
    char *processed; /* path */
    struct cb_bytes text;
    char fingerprint[CB_SHA256_TEXT_SIZE];
};

static void check_release(void *context)
{
    struct check_detail *detail = context;
    char *texts[] = { detail->proposal_id, detail->site,         detail->repository, detail->instrument,
                      detail->parent,      detail->ticket_chain, detail->ticket,     detail->processed };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    cb_rows_free(detail->rows);
    free(detail->distributed);
    cb_frame_list_done(&detail->raw);
    cb_bytes_done(&detail->text);
    free(detail);
}

static void read_distributed(struct check_detail *detail)
{
    const struct cb_rows *rows = detail->rows;
    detail->count = cb_rows_count(rows);
    detail->distributed = cb_xalloc_array(detail->count + 1, sizeof *detail->distributed);
    for (size_t i = 0; i < detail->count; i++)
        detail->distributed[i] = (struct distributed){
            .type = cb_rows_text(rows, i, 0),
            .run = cb_rows_text(rows, i, 1),
            .id = cb_rows_text(rows, i, 2),
            .sha256 = cb_rows_text(rows, i, 3),
            .physical_filter = cb_rows_text(rows, i, 4),
            .detector = cb_rows_is_null(rows, i, 5) ? -1 : cb_rows_int(rows, i, 5),
            .validity = { cb_rows_is_null(rows, i, 6) ? CB_TIMESPAN_MIN_NS : cb_rows_int(rows, i, 6),
                          cb_rows_is_null(rows, i, 7) ? CB_TIMESPAN_MAX_NS : cb_rows_int(rows, i, 7) },
        };
}

static bool check_load(struct distributor *me, struct cb_db *db, const char *id, void **ret_detail,
                       struct cb_error *err)
{
    (void)me;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_load_check, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct check_detail *detail = cb_xalloc(sizeof *detail);
    char **texts[] = { &detail->proposal_id, &detail->site,         &detail->repository, &detail->instrument,
                       &detail->parent,      &detail->ticket_chain, &detail->ticket };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = cb_xstrdup(cb_rows_text(rows, 0, i));
    detail->text = (struct cb_bytes)CB_BYTES(1 << 20);
    *ret_detail = detail;
    if (!cb_db_run(db, sql_list_distributed, CB_P(cb_p_text(detail->proposal_id)), &detail->rows, err))
        return false;
    read_distributed(detail);
    return true;
}

/* A calibration of the default chain for the raw; none there is no error here. */
static bool find_calibration(struct cb_repo *repo, const struct check_detail *detail, const char *type,
                             struct cb_dataset_list *ret_found, struct cb_error *err)
{
    const struct cb_frame *raw = &detail->raw.frame[0];
    const char *const chain[] = { detail->parent };
    struct cb_data_id id = { 0 };
    struct cb_error why = { 0 };
    if (!cb_data_id_set(&id, CB_INSTRUMENT, detail->instrument, err))
        return false;
    cb_data_id_set_number(&id, CB_DETECTOR, raw->detector);
    if (strcmp(type, "flat") == 0 && (!cb_data_id_set(&id, CB_PHYSICAL_FILTER, raw->physical_filter, err) ||
                                      !cb_data_id_set(&id, CB_BAND, raw->band, err)))
        return false;
    if (cb_dataset_find(repo, type, &id, chain, 1, &raw->when, ret_found, &why) ||
        why.kind == CB_ERR_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

/* What the ISR of the check is given. */
struct inputs {
    struct cb_call_input input[1 + CONNECTIONS];
    struct cb_dataset_list found[1 + CONNECTIONS];
    char *path[1 + CONNECTIONS];
    size_t count;
    bool has[CONNECTIONS];
};

static void inputs_done(struct inputs *inputs)
{
    for (size_t i = 0; i < 1 + CONNECTIONS; i++) {
        cb_dataset_list_done(&inputs->found[i]);
        free(inputs->path[i]);
    }
}

static bool add_input(struct cb_repo *repo, const struct check_detail *detail, const char *connection,
                      struct inputs *inputs, struct cb_error *err)
{
    const struct cb_frame *raw = &detail->raw.frame[0];
    size_t at = inputs->count++;
    const struct cb_dataset *dataset = &inputs->found[at].item[0];
    bool is_raw = at == 0;
    if (!cb_dataset_file(repo, dataset, &inputs->path[at], err))
        return cb_context(err, "%s %s", dataset->type, dataset->id);
    struct cb_call_input *input = &inputs->input[at];
    *input = (struct cb_call_input){ .connection = connection,
                                     .dataset_type = dataset->type,
                                     .run = dataset->run,
                                     .data_id = { .instrument = detail->instrument,
                                                  .detector = raw->detector,
                                                  .exposure = is_raw ? raw->exposure : -1,
                                                  .physical_filter = raw->physical_filter,
                                                  .band = raw->band },
                                     .path = inputs->path[at] };
    memcpy(input->id, dataset->id, sizeof input->id);
    return true;
}

static bool find_inputs(struct cb_repo *repo, const struct check_detail *detail, struct inputs *inputs,
                        struct cb_error *err)
{
    const char *const ids[] = { detail->raw.frame[0].dataset_id };
    if (!cb_dataset_get(repo, ids, 1, &inputs->found[0], err) ||
        !add_input(repo, detail, "ccdExposure", inputs, err))
        return false;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (!is_applied(connections[i], detail->kind))
            continue;
        struct cb_dataset_list *found = &inputs->found[inputs->count];
        if (!find_calibration(repo, detail, connections[i], found, err))
            return false;
        inputs->has[i] = found->count > 0;
        if (inputs->has[i] && !add_input(repo, detail, connections[i], inputs, err))
            return false;
    }
    return true;
}

/* The instrument's pipeline of the check, with the steps for which there are calibrations. */
static bool load_pipeline(const struct distributor *me, const struct check_detail *detail,
                          const struct inputs *inputs, struct cb_pipeline **ret_pipeline,
                          struct cb_error *err)
{
    static const char *const fields[CONNECTIONS] = { "doApplyGains", "doBias", "doDark", "doFlat" };
    struct cb_override override[CONNECTIONS + 1];
    for (size_t i = 0; i < CONNECTIONS; i++)
        override[i] = (struct cb_override){ (char *)"deploymentCheckIsr", (char *)fields[i],
                                            (char *)(inputs->has[i] ? "true" : "false") };
    override[CONNECTIONS] = (struct cb_override){ (char *)"deploymentCheckIsr", (char *)"doBootstrap",
                                                  (char *)(inputs->has[0] ? "false" : "true") };
    cb_auto(cb_free) char *path =
        cb_xasprintf("%s/pipelines/%s/deploymentCheck.yaml", me->pipelines, detail->instrument);
    cb_auto(cb_free) char *variable = cb_xasprintf("CP_PIPE_DIR=%s", me->pipelines);
    const char *const entries[] = { variable, NULL };
    const struct cb_environment environment = { entries };
    return cb_pipeline_load(path, &environment, override, CONNECTIONS + 1, ret_pipeline, err);
}

static bool process(const struct distributor *me, struct cb_repo *repo, struct check_detail *detail,
                    struct cb_error *err)
{
    struct inputs inputs __attribute__((cleanup(inputs_done))) = { .count = 0 };
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const struct cb_frame *raw = &detail->raw.frame[0];
    if (!find_inputs(repo, detail, &inputs, err) || !load_pipeline(me, detail, &inputs, &pipeline, err) ||
        !cb_process_one_raw(pipeline, inputs.input, inputs.count, &image, &header, err))
        return false;
    cb_auto(cb_free) char *path =
        cb_xasprintf("%s/sites/%s/checks/%s_%s_%lld_det%03lld.fits", me->home, detail->site,
                     detail->instrument, detail->ticket, (long long)raw->exposure, (long long)raw->detector);
    if (!cb_file_make_parents(path, err) || !cb_exposure_write(path, image, header, err))
        return false;
    detail->processed = cb_steal(path);
    return true;
}

/* The file as it was written is what counts. */
static bool compare(struct check_detail *detail, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    cb_auto(cb_free) struct expected *expected = cb_xalloc_array(detail->count + 1, sizeof *expected);
    size_t n = 0;
    if (!cb_header_read(detail->processed, 0, &header, err))
        return false;
    for (size_t i = 0; i < detail->count; i++) {
        const struct distributed *d = &detail->distributed[i];
        if (is_expected(d, &detail->raw.frame[0], detail->kind))
            expected[n++] = (struct expected){ d->type, d->run, d->id, d->sha256 };
    }
    detail->passed = header_names(header, expected, n, &detail->text);
    return true;
}

static bool is_transient(enum cb_err_kind kind)
{
    return kind == CB_ERR_TRANSIENT || kind == CB_ERR_FATAL;
}

/* A calibration that cannot be applied, or a damaged file, is the verdict; what may be better later is an
 * error. */
static bool check_frame(const struct distributor *me, struct cb_repo *repo, struct check_detail *detail,
                        struct cb_error *err)
{
    struct cb_error why = { 0 };
    if (process(me, repo, detail, &why) && compare(detail, &why) &&
        chain_fingerprint(repo, detail->parent, cb_work_cancelled, detail->fingerprint, &why))
        return true;
    if (is_transient(why.kind)) {
        *err = why;
        return false;
    }
    detail->passed = false;
    cb_bytes_printf(&detail->text, "%s", why.text);
    return true;
}

static bool check_run(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    struct check_detail *detail = job->detail;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (detail->count == 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "\"%s\" has not been exported yet", detail->ticket_chain);
    if (!cb_repo_open_home(me->index_path, detail->repository, db, &repo, err) ||
        !pick_raw(repo, detail->instrument, detail->distributed, detail->count, &detail->raw, &detail->kind,
                  err))
        return false;
    if (detail->raw.count == 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "no raw frame of the validity of \"%s\" has landed in %s yet",
                       detail->ticket_chain, detail->repository);
    return check_frame(me, repo, detail, err);
}

/* At most so much, cut at the end of a sentence where there is one. */
static const char *short_detail(struct check_detail *detail)
{
    const char *text = cb_bytes_text(&detail->text);
    if (detail->text.size > DETAIL_MOST)
        detail->text.data[DETAIL_MOST] = '\0';
    return text;
}

static bool check_done(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    (void)me;
    struct check_detail *detail = job->detail;
    const struct cb_frame *raw = &detail->raw.frame[0];
    const struct check_state checked = { .site = detail->site,
                                         .repository = detail->repository,
                                         .instrument = detail->instrument,
                                         .proposal_id = detail->proposal_id,
                                         .ticket_chain = detail->ticket_chain,
                                         .verdict = detail->passed ? "PASS" : "FAIL",
                                         .processed = detail->processed != NULL ? detail->processed : "",
                                         .detail = short_detail(detail),
                                         .fingerprint = detail->fingerprint,
                                         .exposure = raw->exposure,
                                         .detector = raw->detector };
    cb_log(detail->passed ? CB_INFO : CB_ERROR, "deployment checked", cb_str("site", checked.site),
           cb_str("repository", checked.repository), cb_str("verdict", checked.verdict),
           cb_int("exposure", checked.exposure), cb_int("detector", checked.detector),
           cb_str("detail", checked.detail));
    return cb_db_run(db, sql_end_check,
                     CB_P(cb_p_text(job->id), cb_p_text(checked.verdict), cb_p_int(checked.exposure),
                          cb_p_int(checked.detector), cb_p_text(checked.processed), cb_p_text(checked.detail),
                          cb_p_text(checked.fingerprint)),
                     NULL, err) &&
           say_deployment_checked(db, &checked, err);
}

/* It stays pending, with what it waits for: a raw frame may take days to come. */
static bool check_failed(struct distributor *me, struct cb_db *db, struct job *job,
                         const struct cb_error *outcome, int64_t *ret_again_ms, struct cb_error *err)
{
    *ret_again_ms = me->config.check_ms;
    return cb_db_run(db, sql_note_check, CB_P(cb_p_text(job->id), cb_p_text(outcome->text)), NULL, err);
}

const struct job_kind check_kind = {
    .name = "CHECK",
    .load = check_load,
    .run = check_run,
    .done = check_done,
    .failed = check_failed,
    .release = check_release,
};
