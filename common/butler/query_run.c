/* Running a select: the search path, the parts that all queries share, the rows that stand. */
#include "butler/query_run.h"

#include "base/alloc.h"
#include "butler/query_overlaps.h"
#include "butler/rows.h"
#include "sql.h"

#include <string.h>

bool cb_query_path(struct cb_repo *repo, const char *const *names, size_t count, struct cb_bytes *ids,
                   struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list path = { 0 };
    if (!cb_collection_flatten(repo, names, count, false, &path, err))
        return false;
    cb_array_begin(ids);
    for (size_t i = 0; i < path.count; i++)
        cb_array_int(ids, path.item[i].id);
    cb_array_end(ids);
    return true;
}

bool cb_query_find_validity(struct cb_repo *repo, const struct cb_dataset_type *type, const char *ids,
                            bool *ret_has_validity, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    *ret_has_validity = false;
    if (!type->is_calibration)
        return true;
    if (!cb_db_run(repo->db, sql_find_certified_type, CB_P(cb_p_text(ids), cb_p_int(type->id)), &rows, err))
        return false;
    *ret_has_validity = cb_rows_count(rows) > 0;
    return true;
}

static bool join_datasets(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                          struct cb_error *err)
{
    struct cb_bytes *ids = &select->ids;
    if (query->n_dataset_types == 0)
        return true;
    if (!cb_query_path(repo, query->collections, query->n_collections, ids, err))
        return false;
    size_t param = cb_select_add_param(select, cb_bytes_text(ids));
    for (size_t i = 0; i < query->n_dataset_types; i++) {
        cb_auto_dataset_type struct cb_dataset_type type = { 0 };
        bool has_validity = false;
        if (!cb_dataset_type_find(repo, query->dataset_types[i], &type, err) ||
            !cb_query_find_validity(repo, &type, cb_bytes_text(ids), &has_validity, err) ||
            !cb_select_add_join(select, &type, param, has_validity, err))
            return false;
    }
    return true;
}

void cb_chosen_done(struct cb_chosen *chosen)
{
    cb_rows_free(chosen->rows);
    free(chosen->kept);
}

size_t cb_chosen_row(const struct cb_chosen *chosen, size_t i)
{
    return chosen->kept != NULL ? chosen->kept[i] : i;
}

bool cb_query_plan(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                   struct cb_error *err)
{
    return join_datasets(repo, select, query, err) && cb_select_put_where(select, query, err);
}

bool cb_query_run(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                  const char *columns, const char *order, struct cb_chosen *chosen, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(32U << 20), more = CB_BYTES(1U << 20);
    struct cb_query in_sql = *query;
    if (select->is_flat)
        in_sql.limit = in_sql.offset = 0;
    if (select->is_flat && select->order_fields.size > 0)
        cb_bytes_printf(&more, ", %s", cb_bytes_text(&select->order_fields));
    cb_select_put_regions(select, &more);
    cb_bytes_printf(&sql, "SELECT %s%s FROM %s%s WHERE %s", columns, cb_bytes_text(&more),
                    cb_bytes_text(&select->from), select->from_tail != NULL ? select->from_tail : "",
                    cb_bytes_text(&select->condition));
    cb_select_put_order(select, &in_sql, order, &sql);
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), select->params, select->n_params, &chosen->rows, err))
        return false;
    chosen->count = cb_rows_count(chosen->rows);
    return !select->is_flat || cb_select_keep_rows(select, chosen->rows, query->offset, query->limit,
                                                   &chosen->kept, &chosen->count, err);
}

struct text_at {
    const char *text;
    size_t index;
};

static int compare_texts(const void *a, const void *b)
{
    const struct text_at *left = a, *right = b;
    int order = strcmp(left->text, right->text);
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

bool *cb_find_repeats(const char *const *texts, size_t count)
{
    bool *repeats = cb_xalloc_array(count + 1, sizeof *repeats);
    struct text_at *sorted = cb_xalloc_array(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct text_at){ texts[i], i };
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < count; i++)
        repeats[sorted[i].index] = strcmp(sorted[i].text, sorted[i - 1].text) == 0;
    free(sorted);
    return repeats;
}

void cb_query_add_order_tables(struct cb_select *select, const struct cb_query *query, uint32_t dims)
{
    for (int i = 0; query->n_order_by > 0 && i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_select_add_element(select, (enum cb_element_index)i);
}
