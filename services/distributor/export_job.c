/* Exports: what a proposal certified, from its repository into the source's storage element, with checksums.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "butler/export.h"
#include "butler/home.h"
#include "butler/query.h"
#include "io/digest.h"
#include "io/file.h"
#include "jobs.h"
#include "place.h"
#include "rses.h"
#include "rules.h"
#include "sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT_NAME "export.yaml"

struct exported_file {
    char *name; /* of its DID: the path below <folder>/<scope> */
    struct cb_digest digest;
};

struct export_detail {
    char *repository, *ticket_chain, *scope, *dataset, *source_rse;
    char *root; /* <folder of the storage element>/<scope> */
    char *yaml, *yaml_unfinished;
    struct cb_dataset_list datasets;       /* each once */
    struct cb_dataset_list certifications; /* each with its range */
    struct exported_file *file;            /* of the datasets, in their order, then the YAML */
    size_t files;
};

static void export_release(void *context)
{
    struct export_detail *detail = context;
    char *texts[] = { detail->repository, detail->ticket_chain, detail->scope, detail->dataset,
                      detail->source_rse, detail->root,         detail->yaml,  detail->yaml_unfinished };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < detail->files; i++)
        free(detail->file[i].name);
    free(detail->file);
    cb_dataset_list_done(&detail->datasets);
    cb_dataset_list_done(&detail->certifications);
    free(detail);
}

/* A proposal that was taken back meanwhile is not distributed. */
static bool check_consent(struct cb_db *db, const char *rule_id, const char *proposal_id, bool *ret_accepted,
                          struct cb_error *err)
{
    char state[32];
    if (!is_accepted(db, proposal_id, ret_accepted, state, err))
        return false;
    if (*ret_accepted)
        return true;
    cb_log(CB_WARN, "distribution is suspended", cb_str("rule_id", rule_id),
           cb_str("proposal_id", proposal_id), cb_str("state", state));
    return cb_db_run(db, sql_suspend_rule, CB_P(cb_p_text(rule_id), cb_p_text(state)), NULL, err);
}

static bool export_load(struct distributor *me, struct cb_db *db, const char *id, void **ret_detail,
                        struct cb_error *err)
{
    (void)me;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    bool accepted = false;
    if (!cb_db_run(db, sql_load_export, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    if (!check_consent(db, id, cb_rows_text(rows, 0, 0), &accepted, err))
        return false;
    if (!accepted)
        return true;

    struct export_detail *detail = cb_xalloc(sizeof *detail);
    detail->repository = cb_xstrdup(cb_rows_text(rows, 0, 1));
    detail->ticket_chain = cb_xstrdup(cb_rows_text(rows, 0, 2));
    detail->scope = cb_xstrdup(cb_rows_text(rows, 0, 3));
    detail->dataset = cb_xstrdup(cb_rows_text(rows, 0, 4));
    detail->source_rse = cb_xstrdup(cb_rows_text(rows, 0, 5));
    detail->root = cb_xasprintf("%s/%s", cb_rows_text(rows, 0, 6), detail->scope);
    detail->yaml = cb_xasprintf("%s/%s/" EXPORT_NAME, detail->root, detail->dataset);
    *ret_detail = detail;
    return true;
}

static bool write_yaml(struct cb_repo *repo, struct export_detail *detail, int64_t token,
                       struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/%s", detail->root, detail->dataset);
    cb_auto(cb_free) char *name = cb_xasprintf(".%lld." EXPORT_NAME, (long long)token);
    const char *const collections[] = { detail->ticket_chain };
    const struct cb_export export = {
        .folder = folder, .yaml_name = name, .collections = collections, .n_collections = 1, .only_yaml = true
    };
    detail->yaml_unfinished = cb_xasprintf("%s/%s", folder, name);
    return cb_file_make_parents(detail->yaml_unfinished, err) &&
           cb_export_calibs(repo, &export, &detail->datasets, err);
}

/* The file of a dataset under its datastore path below the storage element's root. */
static bool place_dataset(struct cb_repo *repo, const struct export_detail *detail,
                          const struct cb_dataset *dataset, struct exported_file *ret_file,
                          struct cb_error *err)
{
    cb_auto(cb_free) char *source = NULL;
    if (dataset->path == NULL || strstr(dataset->path, "://") != NULL || dataset->path[0] == '/')
        return cb_fail(err, CB_ERR_INVALID, "%s %s lies outside the repository's datastore", dataset->type,
                       dataset->id);
    cb_auto(cb_free) char *target = cb_xasprintf("%s/%s", detail->root, dataset->path);
    if (!cb_dataset_file(repo, dataset, &source, err) || !place_file(source, target, &ret_file->digest, err))
        return cb_context(err, "%s %s", dataset->type, dataset->id);
    ret_file->name = cb_xstrdup(dataset->path);
    return true;
}

static bool place_datasets(struct cb_repo *repo, struct export_detail *detail, struct cb_error *err)
{
    detail->file = cb_xalloc_array(detail->datasets.count + 1, sizeof *detail->file);
    for (size_t i = 0; i < detail->datasets.count; i++) {
        if (cb_work_cancelled())
            return cb_fail(err, CB_ERR_TRANSIENT, "stopping");
        if (!place_dataset(repo, detail, &detail->datasets.item[i], &detail->file[i], err))
            return false;
        detail->files++;
    }
    struct exported_file *yaml = &detail->file[detail->files];
    if (chmod(detail->yaml_unfinished, 0444) != 0 ||
        !cb_digest_file(detail->yaml_unfinished, &yaml->digest, err))
        return cb_context(err, "export.yaml of %s", detail->dataset);
    yaml->name = cb_xasprintf("%s/" EXPORT_NAME, detail->dataset);
    detail->files++;
    return true;
}

static void append_all(struct cb_dataset_list *all, struct cb_dataset_list *more)
{
    all->item = cb_xrealloc_array(all->item, all->count + more->count + 1, sizeof *all->item);
    for (size_t i = 0; i < more->count; i++)
        all->item[all->count++] = more->item[i];
    free(more->item);
    *more = (struct cb_dataset_list){ 0 };
}

/* What is certified, type by type: the datasets come sorted by type. */
static bool list_certifications(struct cb_repo *repo, struct export_detail *detail, struct cb_error *err)
{
    const char *const collections[] = { detail->ticket_chain };
    const struct cb_query query = { .collections = collections, .n_collections = 1 };
    for (size_t i = 0; i < detail->datasets.count; i++) {
        const char *type = detail->datasets.item[i].type;
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(detail->datasets.item[k].type, type) == 0;
        struct cb_dataset_list list = { 0 };
        if (seen)
            continue;
        if (!cb_query_datasets(repo, type, CB_SEARCH_CERTIFICATIONS, &query, &list, err))
            return false;
        append_all(&detail->certifications, &list);
    }
    return true;
}

static bool export_run(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    struct export_detail *detail = job->detail;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (!cb_repo_open_home(me->index_path, detail->repository, db, &repo, err) ||
        !write_yaml(repo, detail, job->token, err))
        return false;
    if (detail->datasets.count == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "nothing is certified in \"%s\" of %s", detail->ticket_chain,
                       detail->repository);
    return list_certifications(repo, detail, err) && place_datasets(repo, detail, err);
}

static bool register_file(struct cb_db *db, const struct export_detail *detail,
                          const struct exported_file *file, struct cb_error *err)
{
    const struct cb_digest *digest = &file->digest;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_register_file,
                   CB_P(cb_p_text(detail->scope), cb_p_text(file->name), cb_p_int(digest->size_bytes),
                        cb_p_text(digest->adler32), cb_p_text(digest->md5)),
                   &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "%s:%s is being registered by somebody else", detail->scope,
                       file->name);
    if (!cb_rows_bool(rows, 0, 0))
        return cb_fail(err, CB_ERR_CONFLICT, "%s:%s is registered with another content", detail->scope,
                       file->name);
    return cb_db_run(db, sql_attach_file,
                     CB_P(cb_p_text(detail->scope), cb_p_text(detail->dataset), cb_p_text(file->name),
                          cb_p_text(detail->source_rse)),
                     NULL, err);
}

static const struct exported_file *file_of(const struct export_detail *detail, const char *dataset_id)
{
    for (size_t i = 0; i < detail->datasets.count; i++)
        if (strcmp(detail->datasets.item[i].id, dataset_id) == 0)
            return &detail->file[i];
    return NULL;
}

static bool note_certification(struct cb_db *db, const char *rule_id, const struct export_detail *detail,
                               const struct cb_dataset *dataset, struct cb_error *err)
{
    const struct exported_file *file = file_of(detail, dataset->id);
    const struct cb_data_id *id = &dataset->data_id;
    struct cb_timespan validity = dataset->validity;
    if (file == NULL) /* certified since the export began */
        return cb_fail(err, CB_ERR_TRANSIENT, "\"%s\" was changed during its export", detail->ticket_chain);
    return cb_db_run(db, sql_note_certification,
                     CB_P(cb_p_text(rule_id), cb_p_text(dataset->id), cb_p_text(dataset->type),
                          cb_p_text(dataset->run), cb_p_text(dataset->collection),
                          cb_data_id_has(id, CB_DETECTOR) ? cb_p_int(id->number[CB_DETECTOR]) : cb_p_null(),
                          cb_p_text(id->physical_filter),
                          cb_timespan_has_begin(validity) ? cb_p_int(validity.begin_ns) : cb_p_null(),
                          cb_timespan_has_end(validity) ? cb_p_int(validity.end_ns) : cb_p_null(),
                          cb_p_text(file->name), cb_p_text(file->digest.sha256)),
                     NULL, err);
}

static bool register_all(struct cb_db *db, const char *rule_id, const struct export_detail *detail,
                         struct cb_error *err)
{
    for (size_t i = 0; i < detail->files; i++)
        if (!register_file(db, detail, &detail->file[i], err))
            return false;
    for (size_t i = 0; i < detail->certifications.count; i++)
        if (!note_certification(db, rule_id, detail, &detail->certifications.item[i], err))
            return false;
    return cb_db_run(db, sql_close_did, CB_P(cb_p_text(detail->scope), cb_p_text(detail->dataset)), NULL,
                     err);
}

static bool name_yaml(const struct export_detail *detail, struct cb_error *err)
{
    if (rename(detail->yaml_unfinished, detail->yaml) != 0)
        return cb_fail(err, cb_file_err_kind(errno), "could not name \"%s\": %s", detail->yaml,
                       strerror(errno));
    return cb_file_sync_parent(detail->yaml, err);
}

static bool complete(struct distributor *me, struct cb_db *db, const char *rule_id,
                     const struct export_detail *detail, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *savepoint = NULL;
    return cb_tx_begin(db, &savepoint, err) && lock_rule(db, rule_id, err) &&
           register_all(db, rule_id, detail, err) &&
           cb_db_run(db, sql_note_exported, CB_P(cb_p_text(rule_id)), NULL, err) &&
           apply_rule(me, db, rule_id, err) && name_yaml(detail, err) && cb_tx_commit(&savepoint, err);
}

static bool export_failed(struct distributor *me, struct cb_db *db, struct job *job,
                          const struct cb_error *outcome, int64_t *ret_again_ms, struct cb_error *err)
{
    struct export_detail *detail = job->detail;
    if (detail->yaml_unfinished != NULL)
        (void)unlink(detail->yaml_unfinished);
    if (outcome->kind == CB_ERR_TRANSIENT) {
        *ret_again_ms = retry_pause_ms(&me->config, job->failures + 1);
        return true;
    }
    *ret_again_ms = -1;
    return lock_rule(db, job->id, err) && stick_rule(db, job->id, outcome->text, err);
}

/* A refusal of the catalogue is the rule's fate, not the service's. */
static bool export_done(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    struct cb_error why = { 0 };
    int64_t again_ms;
    if (complete(me, db, job->id, job->detail, &why))
        return true;
    if (why.kind == CB_ERR_TRANSIENT || why.kind == CB_ERR_FATAL) {
        *err = why;
        return false;
    }
    return export_failed(me, db, job, &why, &again_ms, err);
}

const struct job_kind export_kind = {
    .name = "EXPORT",
    .load = export_load,
    .run = export_run,
    .done = export_done,
    .failed = export_failed,
    .release = export_release,
};
