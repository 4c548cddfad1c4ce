/* Taking datasets out whole, unless something still points at them. */
#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"
#include "sql.h"

#include <string.h>

/* A certification or a tag of one of them; their own RUN does not count. */
static bool check_unused(struct cb_repo *repo, const struct cb_dataset_type *type, const char *uuids,
                         struct cb_error *err)
{
    cb_auto(cb_free) char *tags =
        cb_xasprintf("SELECT t.dataset_id, c.name FROM \"%s\" t JOIN dataset d ON d.id = t.dataset_id"
                     " JOIN collection c ON c.collection_id = t.collection_id"
                     " WHERE t.dataset_id = ANY ($1::uuid[]) AND t.collection_id <> d.run_id LIMIT 1",
                     type->tags_table);
    cb_auto(cb_free) char *calibs =
        type->calibs_table == NULL ? NULL
                                   : cb_xasprintf("SELECT t.dataset_id, c.name FROM \"%s\" t"
                                                  " JOIN collection c ON c.collection_id = t.collection_id"
                                                  " WHERE t.dataset_id = ANY ($1::uuid[]) LIMIT 1",
                                                  type->calibs_table);
    const char *statements[] = { calibs, tags };
    for (size_t i = 0; i < 2; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (statements[i] == NULL)
            continue;
        if (!cb_db_run(repo->db, statements[i], CB_P(cb_p_text(uuids)), &rows, err))
            return false;
        if (cb_rows_count(rows) > 0)
            return cb_fail(err, CB_ERR_CONFLICT, "%s %s is %s \"%s\"; nothing was removed", type->name,
                           cb_rows_text(rows, 0, 0), i == 0 ? "certified in" : "tagged in",
                           cb_rows_text(rows, 0, 1));
    }
    return true;
}

static bool remove_rows(struct cb_repo *repo, const char *uuids, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *files = NULL;
    if (!cb_db_run(repo->db, sql_delete_records, CB_P(cb_p_text(uuids)), &files, err) ||
        !cb_db_run(repo->db, "DELETE FROM dataset_location WHERE dataset_id = ANY ($1::uuid[])",
                   CB_P(cb_p_text(uuids)), NULL, err) ||
        !cb_db_run(repo->db, "DELETE FROM dataset WHERE id = ANY ($1::uuid[])", CB_P(cb_p_text(uuids)), NULL,
                   err))
        return false;
    for (size_t i = 0; i < cb_rows_count(files); i++) {
        const char *path = cb_rows_text(files, i, 0);
        cb_auto(cb_free) char *full = cb_xasprintf("%s/%s", repo->root, path);
        if (strstr(path, "://") == NULL && path[0] != '/') /* only what lies in the repository is its own */
            cb_datastore_remove_at_commit(repo, full);
    }
    return true;
}

bool cb_dataset_remove(struct cb_repo *repo, const char *const *ids, size_t n, struct cb_error *err)
{
    if (n == 0)
        return true;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *types = NULL;
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    const char *uuids = cb_text_array(&array, ids, n);
    if (!cb_repo_begin(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_lock_datasets, CB_P(cb_p_text(uuids)), &types, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(types); i++) {
        cb_auto_dataset_type struct cb_dataset_type type = { 0 };
        if (i > 0 && strcmp(cb_rows_text(types, i, 0), cb_rows_text(types, i - 1, 0)) == 0)
            continue;
        if (!cb_dataset_type_find(repo, cb_rows_text(types, i, 0), &type, err) ||
            !check_unused(repo, &type, uuids, err))
            return false;
    }
    return remove_rows(repo, uuids, err) && cb_tx_commit(&tx, err);
}
