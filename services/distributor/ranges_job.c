/* Ranges that follow: in a site's repository they become what they are in the source's, in one transaction.
 */
#include "announce.h"
#include "base/alloc.h"
#include "base/log.h"
#include "butler/home.h"
#include "butler/query.h"
#include "butler/recertify.h"
#include "butler/rows.h"
#include "domain/timespan.h"
#include "jobs.h"
#include "rules.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

struct ranges_detail {
    char *rule_id, *site, *repository, *collection, *dataset_type, *source, *instrument, *ticket_chain;
    struct cb_rows *ids;          /* datasets of this kind that were distributed; first column */
    struct cb_repo *from;         /* while it runs */
    struct cb_bytes certified[3]; /* arrays: datasets, begins, ends, as the source has them */
    size_t changed;
};

static void ranges_release(void *context)
{
    struct ranges_detail *detail = context;
    char *texts[] = { detail->rule_id,      detail->site,   detail->repository, detail->collection,
                      detail->dataset_type, detail->source, detail->instrument, detail->ticket_chain };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    cb_rows_free(detail->ids);
    for (size_t i = 0; i < sizeof detail->certified / sizeof detail->certified[0]; i++)
        cb_bytes_done(&detail->certified[i]);
    free(detail);
}

static bool ranges_load(struct distributor *me, struct cb_db *db, const char *id, void **ret_detail,
                        struct cb_error *err)
{
    (void)me;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_rows_free) struct cb_rows *ids = NULL;
    if (!cb_db_run(db, sql_load_site_ranges, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    if (!cb_db_run(db, sql_list_distributed_ids, CB_P(cb_p_text(id)), &ids, err))
        return false;
    struct ranges_detail *detail = cb_xalloc(sizeof *detail);
    char **texts[] = { &detail->rule_id,      &detail->site,   &detail->repository, &detail->collection,
                       &detail->dataset_type, &detail->source, &detail->instrument, &detail->ticket_chain };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = cb_xstrdup(cb_rows_text(rows, 0, i));
    detail->ids = cb_steal(ids);
    *ret_detail = detail;
    return true;
}

static void put_bound(struct cb_bytes *array, bool is_bound, int64_t ns)
{
    if (is_bound)
        cb_array_int(array, ns);
    else
        cb_array_text(array, NULL);
}

/* For the catalogue. */
static void keep_certified(struct ranges_detail *detail, const struct cb_dataset_list *list)
{
    struct cb_bytes *ids = &detail->certified[0], *begins = &detail->certified[1],
                    *ends = &detail->certified[2];
    for (size_t i = 0; i < sizeof detail->certified / sizeof detail->certified[0]; i++) {
        cb_bytes_done(&detail->certified[i]);
        detail->certified[i] = (struct cb_bytes)CB_BYTES(CB_ARRAY_MAX);
        cb_array_begin(&detail->certified[i]);
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct cb_timespan span = list->item[i].validity;
        cb_array_text(ids, list->item[i].id);
        put_bound(begins, cb_timespan_has_begin(span), span.begin_ns);
        put_bound(ends, cb_timespan_has_end(span), span.end_ns);
    }
    for (size_t i = 0; i < sizeof detail->certified / sizeof detail->certified[0]; i++)
        cb_array_end(&detail->certified[i]);
}

/* Under the lock of the site's repository, so that of two jobs the later one reads later. */
static bool load_certified(void *context, struct cb_dataset_list *ret_wanted, struct cb_error *err)
{
    struct ranges_detail *detail = context;
    const char *const collections[] = { detail->collection };
    const struct cb_query query = { .collections = collections, .n_collections = 1 };
    if (!cb_query_datasets(detail->from, detail->dataset_type, CB_SEARCH_CERTIFICATIONS, &query, ret_wanted,
                           err))
        return false;
    keep_certified(detail, ret_wanted);
    return true;
}

static bool run_between(struct cb_repo *from, struct cb_repo *to, struct ranges_detail *detail,
                        struct cb_error *err)
{
    size_t n = cb_rows_count(detail->ids);
    const char **ids = cb_xalloc_array(n + 1, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = cb_rows_text(detail->ids, i, 0);
    const struct cb_followed_ranges followed = { .collection = detail->collection,
                                                 .type = detail->dataset_type,
                                                 .ids = ids,
                                                 .n_ids = n,
                                                 .load = load_certified,
                                                 .context = detail };
    detail->from = from;
    bool ok = cb_follow_ranges(to, &followed, &detail->changed, err);
    detail->from = NULL;
    free(ids);
    return ok;
}

/* A second time changes nothing. What was never distributed is not at the site. */
static bool ranges_run(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    struct ranges_detail *detail = job->detail;
    cb_auto(cb_repo_close) struct cb_repo *from = NULL;
    cb_auto(cb_repo_close) struct cb_repo *to = NULL;
    if (cb_rows_count(detail->ids) == 0)
        return true;
    return cb_repo_open_home(me->index_path, detail->source, db, &from, err) &&
           cb_repo_open_home(me->index_path, detail->repository, db, &to, err) &&
           run_between(from, to, detail, err);
}

/* Proposals whose change has arrived here are told. */
static bool tell_proposals(struct cb_db *db, const struct ranges_detail *detail,
                           const struct cb_rows *proposals, struct cb_error *err)
{
    for (size_t i = 0; i < cb_rows_count(proposals); i++) {
        const struct import_state followed = { .site = detail->site,
                                               .repository = detail->repository,
                                               .instrument = detail->instrument,
                                               .rule_id = detail->rule_id,
                                               .proposal_id = cb_rows_text(proposals, i, 0),
                                               .ticket_chain = detail->ticket_chain,
                                               .datasets = (int64_t)detail->changed };
        if (!say_site_imported(db, &followed, err))
            return false;
    }
    return true;
}

static bool ranges_done(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    (void)me;
    struct ranges_detail *detail = job->detail;
    cb_auto(cb_rows_free) struct cb_rows *proposals = NULL;
    cb_log(CB_INFO, "ranges have followed at a site", cb_str("site", detail->site),
           cb_str("repository", detail->repository), cb_str("collection", detail->collection),
           cb_str("dataset_type", detail->dataset_type), cb_int("changed", (int64_t)detail->changed));
    return lock_rule(db, detail->rule_id, err) &&
           (detail->certified[0].size == 0 ||
            cb_db_run(db, sql_follow_distributed,
                      CB_P(cb_p_text(job->id), cb_p_text(cb_bytes_text(&detail->certified[0])),
                           cb_p_text(cb_bytes_text(&detail->certified[1])),
                           cb_p_text(cb_bytes_text(&detail->certified[2]))),
                      NULL, err)) &&
           cb_db_run(db, sql_end_site_ranges,
                     CB_P(cb_p_text(job->id), cb_p_text("APPLIED"), cb_p_int((int64_t)detail->changed),
                          cb_p_text("")),
                     &proposals, err) &&
           free_rule(db, detail->rule_id, err) &&
           /* whether the site applies what was distributed is to be seen again (DMTN-222 section 3.4) */
           cb_db_run(db, sql_repeat_checks, CB_P(cb_p_text(job->id)), NULL, err) &&
           tell_proposals(db, detail, proposals, err);
}

static bool ranges_failed(struct distributor *me, struct cb_db *db, struct job *job,
                          const struct cb_error *outcome, int64_t *ret_again_ms, struct cb_error *err)
{
    const struct ranges_detail *detail = job->detail;
    cb_auto(cb_free) char *what = cb_xasprintf("ranges of %s at %s", detail->repository, detail->site);
    return end_failed_step(me, db, job, sql_end_site_ranges, detail->rule_id, what, outcome, ret_again_ms,
                           err);
}

const struct job_kind ranges_kind = {
    .name = "RANGES",
    .load = ranges_load,
    .run = ranges_run,
    .done = ranges_done,
    .failed = ranges_failed,
    .release = ranges_release,
};
