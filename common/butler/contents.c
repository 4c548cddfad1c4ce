/* What collections hold, counted by dataset type. */
#include "butler/contents.h"

#include "base/alloc.h"
#include "butler/rows.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

void cb_content_list_done(struct cb_content_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->item[i].type);
    free(list->item);
    *list = (struct cb_content_list){ 0 };
}

/* Rows: collection, type, how many [, range from the first begin to the last end]. */
static bool take_rows(const struct cb_rows *rows, struct cb_content_list *list, struct cb_error *err)
{
    size_t n = cb_rows_count(rows);
    list->item = cb_xrealloc_array(list->item, list->count + n + 1, sizeof *list->item);
    for (size_t i = 0; i < n; i++) {
        struct cb_content *content = &list->item[list->count++];
        *content = (struct cb_content){ .collection_id = cb_rows_int(rows, i, 0),
                                        .type = cb_xstrdup(cb_rows_text(rows, i, 1)),
                                        .datasets = cb_rows_int(rows, i, 2),
                                        .validity = CB_TIMESPAN_ALWAYS };
        if (cb_rows_columns(rows) > 3 &&
            !cb_timespan_parse(cb_rows_text(rows, i, 3), &content->validity, err))
            return false;
    }
    return true;
}

static bool count_table(struct cb_repo *repo, const char *table, bool has_ranges, const char *ids,
                        struct cb_content_list *list, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(2048);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_bytes_printf(&sql,
                    "SELECT a.collection_id, t.name, count(*)%s FROM \"%s\" a"
                    " JOIN dataset_type t ON t.id = a.dataset_type_id"
                    " JOIN collection c ON c.collection_id = a.collection_id"
                    " WHERE a.collection_id = ANY ($1::bigint[]) AND c.type IN (2, 4) GROUP BY 1, 2"
                    " ORDER BY 1, 2",
                    has_ranges ? ", range_merge(range_agg(a.timespan))" : "", table);
    return cb_db_run(repo->db, cb_bytes_text(&sql), CB_P(cb_p_text(ids)), &rows, err) &&
           take_rows(rows, list, err);
}

static bool count_tables(struct cb_repo *repo, const char *ids, struct cb_content_list *list,
                         struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *tables = NULL;
    if (!cb_db_run(repo->db, sql_find_contents_tables, CB_P(cb_p_text(ids)), &tables, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(tables); i++)
        if (!count_table(repo, cb_rows_text(tables, i, 0), cb_rows_bool(tables, i, 1), ids, list, err))
            return false;
    return true;
}

static int by_collection(const void *a, const void *b)
{
    const struct cb_content *left = a, *right = b;
    if (left->collection_id != right->collection_id)
        return left->collection_id < right->collection_id ? -1 : 1;
    return strcmp(left->type, right->type);
}

bool cb_contents_count(struct cb_repo *repo, const int64_t *ids, size_t n, struct cb_content_list *ret_list,
                       struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_contents struct cb_content_list list = { 0 };
    cb_array_begin(&array);
    for (size_t i = 0; i < n; i++)
        cb_array_int(&array, ids[i]);
    const char *text = cb_array_end(&array);
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_count_contents_of_runs, CB_P(cb_p_text(text)), &rows, err) ||
        !take_rows(rows, &list, err) || !count_tables(repo, text, &list, err))
        return false;
    if (list.count > 0)
        qsort(list.item, list.count, sizeof *list.item, by_collection);
    *ret_list = list;
    list = (struct cb_content_list){ 0 };
    return true;
}
