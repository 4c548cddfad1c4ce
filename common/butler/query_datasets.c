/* Queries of datasets: all along a search path, the first of each data ID, or every certification. */
#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/query_run.h"
#include "butler/rows.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

/* Rows of the tags and calibs tables along the path: $1 collections, $2 type. */
static void put_hits(const struct cb_dataset_type *type, enum cb_search search, struct cb_bytes *sql)
{
    const char *tables[] = { search == CB_SEARCH_CERTIFICATIONS ? NULL : type->tags_table,
                             type->calibs_table };
    bool any = false;
    for (size_t i = 0; i < 2; i++) {
        if (tables[i] == NULL)
            continue;
        cb_bytes_printf(sql, "%sSELECT x.place, h.dataset_id, h.collection_id, %s AS timespan",
                        any ? " UNION ALL " : "", i == 1 ? "h.timespan" : "NULL::int8range");
        cb_put_id_columns(sql, type->dims, "h");
        cb_bytes_printf(sql,
                        " FROM unnest($1::bigint[]) WITH ORDINALITY x (id, place) JOIN \"%s\" h"
                        " ON h.collection_id = x.id AND h.dataset_type_id = $2",
                        tables[i]);
        any = true;
    }
}

/* Behind the hits: d, r, c, f are the dataset, its run, the collection, the file. */
static const char dataset_joins[] =
    " JOIN dataset d ON d.id = t.dataset_id JOIN collection r ON r.collection_id = d.run_id"
    " JOIN collection c ON c.collection_id = t.collection_id LEFT JOIN file_datastore_records f"
    " ON f.dataset_id = d.id AND f.component = '__NULL_STRING__'";

static void offer_dataset_keys(struct cb_select *select, uint32_t dims)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            select->key[i] = cb_xasprintf("t.\"%s\"", cb_element_at((enum cb_element_index)i)->name);
}

static bool select_datasets(struct cb_repo *repo, const struct cb_dataset_type *type, enum cb_search search,
                            const struct cb_query *query, const char *ids, bool has_validity,
                            struct cb_chosen *chosen, struct cb_error *err)
{
    const struct cb_where_dataset fields = { type->name, "d.id",   "d.ingest_date",
                                             "r.name",   "c.name", "coalesce(t.timespan, '(,)')",
                                             false };
    cb_auto_bytes struct cb_bytes columns = CB_BYTES(65536), order = CB_BYTES(65536);
    cb_auto_select struct cb_select select;
    char type_id[24];
    cb_select_init(&select);
    snprintf(type_id, sizeof type_id, "%lld", (long long)type->id);
    select.dims = cb_dimensions_expand(type->dims);
    select.dataset_dims = type->dims;
    select.dataset = &fields;
    select.has_validity = has_validity;
    cb_select_add_param(&select, ids);
    cb_select_add_param(&select, type_id);
    cb_bytes_puts(&select.from, "(");
    put_hits(type, search, &select.from);
    cb_bytes_puts(&select.from, ") t");
    select.from_tail = dataset_joins;
    offer_dataset_keys(&select, type->dims);
    cb_query_add_order_tables(&select, query, select.dims);
    cb_bytes_puts(&columns, "t.place, ");
    cb_put_dataset_columns(&columns, type->dims, "t.timespan");
    cb_bytes_puts(&order, "r.name COLLATE \"C\"");
    cb_select_default_order(&select, type->dims, &order);
    cb_bytes_puts(&order, ", d.id, t.place");
    struct cb_query rest = *query;
    rest.n_dataset_types = 0;
    rest.limit = rest.offset = 0; /* counted after equal datasets are one */
    return cb_query_plan(repo, &select, &rest, err) &&
           cb_query_run(repo, &select, &rest, cb_bytes_text(&columns), cb_bytes_text(&order), chosen, err);
}

/* A row of a search for the first: which data ID, at which place of the path. */
struct candidate {
    const struct cb_dataset *dataset;
    int64_t place;
    size_t row;
};

static bool is_for_first(enum cb_search search)
{
    return search == CB_SEARCH_FIRST || search == CB_SEARCH_ONLY;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int order = cb_data_id_compare(&left->dataset->data_id, &right->dataset->data_id);
    if (order == 0)
        order = compare_numbers(left->place, right->place);
    if (order == 0)
        order = compare_numbers(left->dataset->validity.begin_ns, right->dataset->validity.begin_ns);
    return order != 0 ? order : compare_numbers((int64_t)left->row, (int64_t)right->row);
}

/* Of the rows that stand, the first of each data ID. A dataset of a data ID that has several first ones, or
 * NULL. */
static const struct cb_dataset *mark_first(const struct cb_chosen *chosen, const struct cb_dataset_list *list,
                                           bool *marks)
{
    const struct cb_dataset *ambiguous = NULL;
    cb_auto(cb_free) struct candidate *sorted = cb_xalloc_array(chosen->count + 1, sizeof *sorted);
    for (size_t i = 0; i < chosen->count; i++) {
        size_t row = cb_chosen_row(chosen, i);
        sorted[i] = (struct candidate){ &list->item[row], cb_rows_int(chosen->rows, row, 0), row };
    }
    qsort(sorted, chosen->count, sizeof *sorted, compare_candidates);
    for (size_t i = 0; i < chosen->count; i++) {
        const struct candidate *before = i > 0 ? &sorted[i - 1] : NULL;
        marks[sorted[i].row] =
            before == NULL || cb_data_id_compare(&sorted[i].dataset->data_id, &before->dataset->data_id) != 0;
        if (ambiguous == NULL && !marks[sorted[i].row] && marks[before->row] &&
            sorted[i].place == before->place)
            ambiguous = sorted[i].dataset;
    }
    return ambiguous;
}

/* Of each row whether it stands and is sought; to be freed. */
static bool mark_sought(const struct cb_chosen *chosen, const struct cb_dataset_list *list,
                        enum cb_search search, bool **ret_marks, struct cb_error *err)
{
    *ret_marks = cb_xalloc_array(list->count + 1, sizeof **ret_marks);
    for (size_t i = 0; !is_for_first(search) && i < chosen->count; i++)
        (*ret_marks)[cb_chosen_row(chosen, i)] = true;
    const struct cb_dataset *ambiguous = is_for_first(search) ? mark_first(chosen, list, *ret_marks) : NULL;
    if (ambiguous == NULL || search == CB_SEARCH_FIRST)
        return true;
    cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
    cb_data_id_format(&ambiguous->data_id, &id);
    return cb_fail(err, CB_ERR_CONFLICT,
                   "Ambiguous calibration validity range match: several %s are certified for %s in one "
                   "collection",
                   ambiguous->type, cb_bytes_text(&id));
}

/* Which of these datasets have come before; what is marked of the others does not matter. */
static bool *find_repeated_datasets(const struct cb_dataset_list *list, const bool *is_taken)
{
    const char **ids = cb_xalloc_array(list->count + 1, sizeof *ids);
    for (size_t i = 0; i < list->count; i++)
        ids[i] = is_taken[i] ? list->item[i].id : "";
    bool *repeats = cb_find_repeats(ids, list->count);
    free(ids);
    return repeats;
}

/* In one collection alone all are first. */
static bool weaken_search(struct cb_repo *repo, const struct cb_dataset_type *type, const char *ids,
                          enum cb_search *search, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!is_for_first(*search))
        return true;
    if (!cb_db_run(repo->db, sql_count_type_holders, CB_P(cb_p_text(ids), cb_p_int(type->id)), &rows, err))
        return false;
    if (cb_rows_int(rows, 0, 0) <= 1)
        *search = CB_SEARCH_ALL;
    return true;
}

/* Keep what is sought, each dataset once (certifications: each row), then offset and limit. */
static void trim(struct cb_dataset_list *list, const bool *is_sought, enum cb_search search,
                 const struct cb_query *query)
{
    size_t kept = 0, seen = 0;
    struct cb_dataset_list dropped = { .item = cb_xalloc_array(list->count + 1, sizeof *dropped.item) };
    cb_auto(cb_free) bool *repeats = find_repeated_datasets(list, is_sought);
    for (size_t i = 0; i < list->count; i++) {
        bool again = search != CB_SEARCH_CERTIFICATIONS && repeats[i];
        bool take = is_sought[i] && !again;
        if (take)
            take = seen++ >= query->offset && (query->limit == 0 || kept < query->limit);
        if (take)
            list->item[kept++] = list->item[i];
        else
            dropped.item[dropped.count++] = list->item[i];
    }
    list->count = kept;
    cb_dataset_list_done(&dropped);
}

bool cb_query_datasets(struct cb_repo *repo, const char *type, enum cb_search search,
                       const struct cb_query *query, struct cb_dataset_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_dataset_type struct cb_dataset_type known = { 0 };
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_chosen chosen = { 0 };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    bool has_validity = false;
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &known, err) ||
        !cb_query_path(repo, query->collections, query->n_collections, &ids, err) ||
        !cb_query_find_validity(repo, &known, cb_bytes_text(&ids), &has_validity, err) ||
        !weaken_search(repo, &known, cb_bytes_text(&ids), &search, err))
        return false;
    if (search == CB_SEARCH_CERTIFICATIONS && !known.is_calibration)
        return true;
    if (!select_datasets(repo, &known, search, query, cb_bytes_text(&ids), has_validity, &chosen, err) ||
        !cb_dataset_take_rows(chosen.rows, 1, &known, &list, err))
        return false;
    cb_auto(cb_free) bool *is_sought = NULL;
    if (!mark_sought(&chosen, &list, search, &is_sought, err))
        return false;
    trim(&list, is_sought, search, query);
    *ret_list = list;
    list = (struct cb_dataset_list){ 0 };
    return true;
}
