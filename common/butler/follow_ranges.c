/* Ranges of another repository, made those of this one. */
#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/recertify.h"
#include "butler/rows.h"

#include <string.h>

struct following {
    const struct cb_followed_ranges *followed;
    size_t changed;
};

/* $3, $4: the wanted ranges, side by side. */
#define WANTED "unnest($3::uuid[], $4::int8range[]) AS w (dataset_id, span)"

static bool drop_unwanted(struct cb_repo *repo, const struct cb_dataset_type *type, int64_t collection,
                          const struct cb_param *wanted, const char *ids, size_t *changed,
                          struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *sql =
        cb_xasprintf("DELETE FROM \"%s\" t WHERE t.dataset_type_id = $1 AND t.collection_id = $2"
                     " AND t.dataset_id = ANY ($5::uuid[]) AND NOT EXISTS (SELECT FROM " WANTED
                     " WHERE w.dataset_id = t.dataset_id AND w.span = t.timespan)",
                     type->calibs_table);
    if (!cb_db_run(repo->db, sql,
                   CB_P(cb_p_int(type->id), cb_p_int(collection), wanted[0], wanted[1], cb_p_text(ids)),
                   &rows, err))
        return false;
    *changed += (size_t)cb_rows_affected(rows);
    return true;
}

/* Data IDs are those that the datasets have in their RUNs here. */
static bool add_missing(struct cb_repo *repo, const struct cb_dataset_type *type, int64_t collection,
                        const struct cb_param *wanted, size_t *changed, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_put_calibs_insert(&sql, type);
    cb_bytes_puts(&sql, ", $1, d.id, $2, w.span");
    cb_put_id_columns(&sql, type->dims, "t");
    cb_bytes_printf(&sql,
                    " FROM " WANTED " JOIN dataset d ON d.id = w.dataset_id AND d.dataset_type_id = $1"
                    " JOIN \"%s\" t ON t.dataset_id = d.id AND t.collection_id = d.run_id"
                    " WHERE NOT EXISTS (SELECT FROM \"%s\" c WHERE c.dataset_type_id = $1 AND c.collection_id"
                    " = $2 AND c.dataset_id = w.dataset_id AND c.timespan = w.span)",
                    type->tags_table, type->calibs_table);
    if (!cb_db_run(repo->db, cb_bytes_text(&sql),
                   CB_P(cb_p_int(type->id), cb_p_int(collection), wanted[0], wanted[1]), &rows, err))
        return false;
    *changed += (size_t)cb_rows_affected(rows);
    return true;
}

static bool check_apart(struct cb_repo *repo, const struct cb_dataset_type *type, int64_t collection,
                        const struct cb_followed_ranges *followed, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&sql, "SELECT i.dataset_id, t.dataset_id");
    cb_put_meeting_ranges(&sql, type);
    cb_bytes_puts(&sql, " WHERE i.dataset_type_id = $1 AND i.collection_id = $2 ORDER BY 1, 2 LIMIT 1");
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), CB_P(cb_p_int(type->id), cb_p_int(collection)), &rows, err))
        return false;
    return cb_rows_count(rows) == 0 ||
           cb_fail(err, CB_ERR_CONFLICT,
                   "the ranges of %s in %s cannot become those of the source: %s meets %s", followed->type,
                   followed->collection, cb_rows_text(rows, 0, 0), cb_rows_text(rows, 0, 1));
}

static bool make_same(struct cb_repo *repo, struct following *it, const struct cb_dataset_list *list,
                      const struct cb_collection *collection, const struct cb_dataset_type *type,
                      struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes uuids = CB_BYTES(CB_ARRAY_MAX), spans = CB_BYTES(CB_ARRAY_MAX),
                                  ids = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&uuids);
    cb_array_begin(&spans);
    for (size_t i = 0; i < list->count; i++) {
        char text[CB_TIMESPAN_TEXT_SIZE];
        cb_timespan_format(list->item[i].validity, text);
        cb_array_text(&uuids, list->item[i].id);
        cb_array_text(&spans, text);
    }
    const struct cb_param wanted[] = { cb_p_text(cb_array_end(&uuids)), cb_p_text(cb_array_end(&spans)) };
    const char *all = cb_text_array(&ids, it->followed->ids, it->followed->n_ids);
    return drop_unwanted(repo, type, collection->id, wanted, all, &it->changed, err) &&
           add_missing(repo, type, collection->id, wanted, &it->changed, err) &&
           check_apart(repo, type, collection->id, it->followed, err);
}

static bool follow(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct following *it = arg;
    cb_auto(cb_tx_abandon) struct cb_tx *again = NULL;
    cb_auto_collection struct cb_collection collection = { 0 };
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto_datasets struct cb_dataset_list wanted = { 0 };
    it->changed = 0;
    return cb_collection_find(repo, it->followed->collection, &collection, err) &&
           cb_dataset_type_find(repo, it->followed->type, &type, err) &&
           cb_check_certifiable(&collection, &type, err) && cb_lock_calibs(repo, &type, err) &&
           it->followed->load(it->followed->context, &wanted, err) &&
           cb_repo_begin(repo, &again, err) && /* search_path is ours again */
           make_same(repo, it, &wanted, &collection, &type, err) && cb_tx_commit(&again, err);
}

bool cb_follow_ranges(struct cb_repo *repo, const struct cb_followed_ranges *followed, size_t *ret_changed,
                      struct cb_error *err)
{
    struct following it = { .followed = followed };
    if (!cb_repo_transact(repo, follow, &it, err))
        return false;
    *ret_changed = it.changed;
    return true;
}
