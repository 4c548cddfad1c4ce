/* Imports: at a site whose files are all there, export.yaml is read into its repository; the files stay where
 * they are. */
#include "announce.h"
#include "base/alloc.h"
#include "base/log.h"
#include "butler/home.h"
#include "butler/import.h"
#include "jobs.h"
#include "rules.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

struct import_detail {
    char *rule_id, *site, *repository, *instrument, *proposal_id, *ticket_chain;
    char *folder, *yaml;
    struct cb_import_counts counts;
};

static void import_release(void *context)
{
    struct import_detail *detail = context;
    char *texts[] = { detail->rule_id,     detail->site,         detail->repository, detail->instrument,
                      detail->proposal_id, detail->ticket_chain, detail->folder,     detail->yaml };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(detail);
}

static bool import_load(struct distributor *me, struct cb_db *db, const char *id, void **ret_detail,
                        struct cb_error *err)
{
    (void)me;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    bool accepted = false;
    char state[32];
    if (!cb_db_run(db, sql_load_import, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    if (!is_accepted(db, cb_rows_text(rows, 0, 4), &accepted, state, err))
        return false;
    if (!accepted)
        return cb_db_run(db, sql_end_import,
                         CB_P(cb_p_text(id), cb_p_text("CANCELLED"), cb_p_int(0), cb_p_text(state)), NULL,
                         err);
    struct import_detail *detail = cb_xalloc(sizeof *detail);
    char **texts[] = { &detail->rule_id,     &detail->site,         &detail->repository, &detail->instrument,
                       &detail->proposal_id, &detail->ticket_chain, &detail->folder,     &detail->yaml };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = cb_xstrdup(cb_rows_text(rows, 0, i));
    *ret_detail = detail;
    return true;
}

/* In a transaction of its own, which may be in another database: a second import changes nothing. */
static bool import_run(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    struct import_detail *detail = job->detail;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    const struct cb_import import = { .folder = detail->folder,
                                      .yaml = detail->yaml,
                                      .transfer = CB_TRANSFER_DIRECT };
    return cb_repo_open_home(me->index_path, detail->repository, db, &repo, err) &&
           cb_import(repo, &import, &detail->counts, err);
}

static bool import_done(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    (void)me;
    const struct import_detail *detail = job->detail;
    int64_t datasets = (int64_t)(detail->counts.datasets + detail->counts.skipped);
    const struct import_state imported = { .site = detail->site,
                                           .repository = detail->repository,
                                           .instrument = detail->instrument,
                                           .rule_id = detail->rule_id,
                                           .proposal_id = detail->proposal_id,
                                           .ticket_chain = detail->ticket_chain,
                                           .datasets = datasets };
    cb_log(CB_INFO, "imported at a site", cb_str("site", detail->site),
           cb_str("repository", detail->repository), cb_str("ticket_chain", detail->ticket_chain),
           cb_int("datasets", datasets));
    return lock_rule(db, detail->rule_id, err) && /* before ranges that change meanwhile are looked at */
           cb_db_run(db, sql_end_import,
                     CB_P(cb_p_text(job->id), cb_p_text("IMPORTED"), cb_p_int(datasets), cb_p_text("")), NULL,
                     err) &&
           cb_db_run(db, sql_put_site_ranges,
                     CB_P(cb_p_text(detail->rule_id), cb_p_text(detail->site), cb_p_text(""), cb_p_text(""),
                          cb_p_text("")),
                     NULL, err) &&
           free_rule(db, detail->rule_id, err) && say_site_imported(db, &imported, err);
}

static bool import_failed(struct distributor *me, struct cb_db *db, struct job *job,
                          const struct cb_error *outcome, int64_t *ret_again_ms, struct cb_error *err)
{
    const struct import_detail *detail = job->detail;
    cb_auto(cb_free) char *what = cb_xasprintf("import into %s at %s", detail->repository, detail->site);
    return end_failed_step(me, db, job, sql_end_import, detail->rule_id, what, outcome, ret_again_ms, err);
}

const struct job_kind import_kind = {
    .name = "IMPORT",
    .load = import_load,
    .run = import_run,
    .done = import_done,
    .failed = import_failed,
    .release = import_release,
};
