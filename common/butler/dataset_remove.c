/* Taking datasets out, unless something still points at them. Source: butler.md 3.9, 3.10. */
#include "butler/removal.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"
#include "sql.h"

#include <string.h>

/* A certification of one of them, or a tag; their own RUN does not count. */
static bool check_unused(struct cb_repo *repo, const struct cb_dataset_type *type, const char *uuids,
                         bool tags_count, struct cb_error *err)
{
    cb_auto(cb_free) char *tags =
        !tags_count
            ? NULL
            : cb_xasprintf("SELECT t.dataset_id, c.name FROM \"%s\" t JOIN dataset d ON d.id = t.dataset_id"
                           " JOIN collection c ON c.collection_id = t.collection_id"
                           " WHERE t.dataset_id = ANY ($1::uuid[]) AND t.collection_id <> d.run_id LIMIT 1",
                           type->tags_table);
    cb_auto(cb_free) char *calibs =
        type->calibs_table == NULL ? NULL
                                   : cb_xasprintf("SELECT t.dataset_id, c.name FROM \"%s\" t"
                                                  " JOIN collection c ON c.collection_id = t.collection_id"
                                                  " WHERE t.dataset_id = ANY ($1::uuid[])"
                                                  " ORDER BY c.name, t.dataset_id LIMIT 1",
                                                  type->calibs_table);
    const char *statements[] = { calibs, tags };
    for (size_t i = 0; i < 2; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (statements[i] == NULL)
            continue;
        if (!cb_db_run(repo->db, statements[i], CB_P(cb_p_text(uuids)), &rows, err))
            return false;
        if (cb_rows_count(rows) > 0)
            return cb_fail(err, CB_ERR_CONFLICT, "%s %s is %s \"%s\"%s; nothing was removed", type->name,
                           cb_rows_text(rows, 0, 0), i == 0 ? "certified in" : "tagged in",
                           cb_rows_text(rows, 0, 1), i == 0 ? ": decertify it first" : "");
    }
    return true;
}

/* The datasets, locked against certification and tagging. */
static bool check_all_unused(struct cb_repo *repo, const char *uuids, bool tags_count, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *types = NULL;
    if (!cb_db_run(repo->db, sql_lock_datasets, CB_P(cb_p_text(uuids)), &types, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(types); i++) {
        cb_auto_dataset_type struct cb_dataset_type type = { 0 };
        if (i > 0 && strcmp(cb_rows_text(types, i, 0), cb_rows_text(types, i - 1, 0)) == 0)
            continue;
        if (!cb_dataset_type_find(repo, cb_rows_text(types, i, 0), &type, err) ||
            !check_unused(repo, &type, uuids, tags_count, err))
            return false;
    }
    return true;
}

static bool remove_now(struct cb_repo *repo, const char *uuids, enum cb_removal how, struct cb_error *err)
{
    if (!check_all_unused(repo, uuids, how == CB_REMOVE_UNTAGGED, err) ||
        !cb_db_run(repo->db, sql_trash_locations, CB_P(cb_p_text(uuids)), NULL, err))
        return false;
    return how == CB_REMOVE_FILES || cb_db_run(repo->db, "DELETE FROM dataset WHERE id = ANY ($1::uuid[])",
                                               CB_P(cb_p_text(uuids)), NULL, err);
}

/* The arguments of cb_dataset_remove. */
struct dataset_removal {
    const char *const *ids;
    size_t n;
    enum cb_removal how;
};

static bool remove_datasets(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct dataset_removal *it = arg;
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    return remove_now(repo, cb_text_array(&array, it->ids, it->n), it->how, err);
}

/* Files go after the commit; in an open transaction the caller does that when it has ended. */
static bool transact_and_empty(struct cb_repo *repo, cb_repo_work *work, void *arg, struct cb_error *err)
{
    return cb_repo_transact(repo, work, arg, err) &&
           (cb_db_in_tx(repo->db) || cb_datastore_empty_trash(repo, NULL, err) ||
            cb_context(err, "the rows are removed, but files are left, which the next removal deletes"));
}

bool cb_dataset_remove(struct cb_repo *repo, const char *const *ids, size_t n, enum cb_removal how,
                       struct cb_error *err)
{
    struct dataset_removal it = { ids, n, how };
    return n == 0 || transact_and_empty(repo, remove_datasets, &it, err);
}

/* ---- RUNs ---- */

/* The arguments of cb_runs_remove. */
struct run_removal {
    const char *const *runs;
    size_t n;
    bool from_parents;
};

static bool remove_contents(struct cb_repo *repo, int64_t run_id, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    if (!cb_db_run(repo->db, sql_list_run_datasets, CB_P(cb_p_int(run_id)), &rows, err))
        return false;
    cb_array_begin(&array);
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        cb_array_text(&array, cb_rows_text(rows, i, 0));
    return remove_now(repo, cb_array_end(&array), CB_REMOVE_WHOLE, err);
}

static bool remove_run(struct cb_repo *repo, const char *name, bool from_parents, struct cb_error *err)
{
    struct cb_collection run = { 0 };
    bool ok = cb_collection_lock(repo, name, &run, err) &&
              (run.type == CB_COLLECTION_RUN ||
               cb_fail(err, CB_ERR_INVALID, "collection \"%s\" is no RUN", name)) &&
              cb_collection_unlink(repo, name, from_parents, err) && remove_contents(repo, run.id, err) &&
              cb_db_run(repo->db, sql_delete_collection, CB_P(cb_p_int(run.id)), NULL, err);
    cb_collection_done(&run);
    return ok;
}

static bool remove_runs(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct run_removal *it = arg;
    for (size_t i = 0; i < it->n; i++)
        if (!remove_run(repo, it->runs[i], it->from_parents, err))
            return cb_context(err, "cannot remove RUN \"%s\"", it->runs[i]);
    return true;
}

bool cb_runs_remove(struct cb_repo *repo, const char *const *runs, size_t n, bool from_parents,
                    struct cb_error *err)
{
    struct run_removal it = { runs, n, from_parents };
    return transact_and_empty(repo, remove_runs, &it, err);
}
