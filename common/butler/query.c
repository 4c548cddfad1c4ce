/* Queries of dimension records, data IDs and datasets. */
#include "butler/query.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/query_overlaps.h"
#include "butler/query_sql.h"
#include "butler/rows.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

void cb_data_id_list_done(struct cb_data_id_list *list)
{
    free(list->item);
    *list = (struct cb_data_id_list){ 0 };
}

/* Ids of the search path as an array. */
static bool flatten_ids(struct cb_repo *repo, const char *const *names, size_t count, struct cb_bytes *ids,
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

/* Do ranges of validity count, or is the type in none of the CALIBRATION collections? */
static bool find_validity(struct cb_repo *repo, const struct cb_dataset_type *type, const char *ids,
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
    if (!flatten_ids(repo, query->collections, query->n_collections, ids, err))
        return false;
    size_t param = cb_select_add_param(select, cb_bytes_text(ids));
    for (size_t i = 0; i < query->n_dataset_types; i++) {
        cb_auto_dataset_type struct cb_dataset_type type = { 0 };
        bool has_validity = false;
        if (!cb_dataset_type_find(repo, query->dataset_types[i], &type, err) ||
            !find_validity(repo, &type, cb_bytes_text(ids), &has_validity, err) ||
            !cb_select_add_join(select, &type, param, has_validity, err))
            return false;
    }
    return true;
}

/* The rows that a query chose: all, or those numbered in `kept`. */
struct result {
    struct cb_rows *rows;
    size_t *kept;
    size_t count;
};

static void result_done(struct result *result)
{
    cb_rows_free(result->rows);
    free(result->kept);
}
#define auto_result __attribute__((cleanup(result_done))) struct result

static size_t result_row(const struct result *result, size_t i)
{
    return result->kept != NULL ? result->kept[i] : i;
}

/* FROM and WHERE; the select knows all keys then. */
static bool plan_select(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                        struct cb_error *err)
{
    return join_datasets(repo, select, query, err) && cb_select_put_where(select, query, err);
}

/* SELECT columns FROM ... WHERE ... ORDER BY ...; the parts that all queries share. The order tells each row
 * of the result from the others. */
static bool run_select(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                       const char *columns, const char *order, struct result *result, struct cb_error *err)
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
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), select->params, select->n_params, &result->rows, err))
        return false;
    result->count = cb_rows_count(result->rows);
    return !select->is_flat || cb_select_keep_rows(select, result->rows, query->offset, query->limit,
                                                   &result->kept, &result->count, err);
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

/* Which of the texts have come before. Caller frees. */
static bool *find_repeats(const char *const *texts, size_t count)
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

/* Rows that differ only by what they are ordered by, a field of joined datasets: the first stands for all. */
static bool *find_repeated_rows(const struct result *result, const struct cb_select *select, size_t columns)
{
    if (select->order_fields.size == 0)
        return cb_xalloc_array(result->count + 1, sizeof(bool));
    char **texts = cb_xalloc_array(result->count + 1, sizeof *texts);
    for (size_t i = 0; i < result->count; i++) {
        struct cb_bytes text = CB_BYTES(32U << 20);
        for (size_t column = 0; column < columns; column++) {
            const char *value = cb_rows_text(result->rows, result_row(result, i), column);
            cb_bytes_printf(&text, "%s\n", value != NULL ? value : "\\N");
        }
        texts[i] = cb_bytes_steal(&text);
    }
    bool *repeats = find_repeats((const char *const *)texts, result->count);
    for (size_t i = 0; i < result->count; i++)
        free(texts[i]);
    free(texts);
    return repeats;
}

static char *record_value(const struct result *result, size_t i, const struct cb_element *element,
                          size_t column)
{
    const char *text = cb_rows_text(result->rows, result_row(result, i), column);
    if (element != cb_element_at(CB_HTM7) || element->columns[column].type != CB_TYPE_REGION)
        return cb_xstrdup(text);
    cb_auto_region region = { 0 };
    cb_region_of_pixel(cb_rows_int(result->rows, result_row(result, i), 0), CB_REGION_COMMON_LEVEL, &region);
    return cb_region_encode_text(&region);
}

static void take_records(const struct result *result, const struct cb_select *select,
                         const struct cb_element *element, struct cb_record_list *ret_list)
{
    size_t columns = element->n_columns;
    cb_auto(cb_free) bool *repeats = find_repeated_rows(result, select, columns);
    *ret_list = (struct cb_record_list){ .element = element };
    ret_list->value = cb_xalloc_array(result->count * columns + 1, sizeof *ret_list->value);
    for (size_t i = 0; i < result->count; i++) {
        if (repeats[i])
            continue;
        for (size_t k = 0; k < columns; k++)
            ret_list->value[ret_list->count * columns + k] = record_value(result, i, element, k);
        ret_list->count++;
    }
}

/* A band by itself is that of any camera: nothing but a physical filter ties it to an instrument. */
static void add_bands(struct cb_select *select, uint32_t dims)
{
    if (dims & CB_DIM(CB_PHYSICAL_FILTER)) {
        cb_select_add_element(select, CB_PHYSICAL_FILTER);
        return;
    }
    cb_bytes_printf(&select->from, "%s(SELECT DISTINCT band, band AS name FROM physical_filter) band",
                    select->from.size > 0 ? " CROSS JOIN " : "");
    select->key[CB_BAND] = cb_xstrdup("band.band");
}

/* Tables for an order by a field that the keys do not tell (exposure.seq_num). They are implied by the data
 * ID, so no row is multiplied. */
static void add_order_tables(struct cb_select *select, const struct cb_query *query, uint32_t dims)
{
    for (int i = 0; query->n_order_by > 0 && i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_select_add_element(select, (enum cb_element_index)i);
}

/* The columns of an element's records, and its keys as their order. A pixel's region is in no table. */
static void put_record_columns(const struct cb_select *select, const struct cb_element *element,
                               struct cb_bytes *columns, struct cb_bytes *order)
{
    if (element == cb_element_at(CB_HTM7)) {
        cb_bytes_printf(columns, "%s, NULL", select->key[CB_HTM7]);
        cb_bytes_puts(order, select->key[CB_HTM7]);
        return;
    }
    for (size_t i = 0; i < element->n_columns; i++) {
        const struct cb_column *column = &element->columns[i];
        cb_bytes_printf(columns, "%s\"%s\".\"%s\"", i > 0 ? ", " : "", element->name, column->name);
        if (column->role == CB_COLUMN_REQUIRED || column->role == CB_COLUMN_PRIMARY)
            cb_bytes_printf(order, "%s\"%s\".\"%s\"", order->size > 0 ? ", " : "", element->name,
                            column->name);
    }
}

bool cb_query_records(struct cb_repo *repo, const struct cb_element *element, const struct cb_query *query,
                      struct cb_record_list *ret_list, struct cb_error *err)
{
    enum cb_element_index index = cb_element_index(element);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    auto_result result = { 0 };
    cb_auto_bytes struct cb_bytes columns = CB_BYTES(65536), order = CB_BYTES(65536);
    cb_auto_select struct cb_select select;
    cb_select_init(&select);
    select.dims = cb_dimensions_expand(index < CB_DIMENSION_COUNT ? CB_DIM(index) : element->required);
    if (index == CB_BAND)
        add_bands(&select, select.dims);
    cb_select_add_element(&select, index);
    add_order_tables(&select, query, select.dims);
    if (!cb_repo_read(repo, &tx, err) || !plan_select(repo, &select, query, err))
        return false;
    put_record_columns(&select, element, &columns, &order);
    if (!run_select(repo, &select, query, cb_bytes_text(&columns), cb_bytes_text(&order), &result, err))
        return false;
    take_records(&result, &select, element, ret_list);
    return true;
}

/* Tables that hold the keys of the dimensions: those that the others do not tell already, last first. */
static void add_dimension_tables(struct cb_select *select, uint32_t dims)
{
    for (int i = CB_DIMENSION_COUNT - 1; i >= 0; i--)
        if ((dims & CB_DIM(i)) != 0 && select->key[i] == NULL)
            cb_select_add_element(select, (enum cb_element_index)i);
    if ((dims & CB_DIM(CB_BAND)) != 0 && select->key[CB_BAND] == NULL)
        add_bands(select, dims);
    for (int i = CB_DIMENSION_COUNT; i < CB_ELEMENT_COUNT; i++)
        if (cb_dimensions_relations(dims) & CB_DIM(i))
            cb_select_add_element(select, (enum cb_element_index)i);
}

static void put_keys(const struct cb_select *select, uint32_t dims, struct cb_bytes *columns)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((dims & CB_DIM(i)) != 0 && select->key[i] != NULL)
            cb_bytes_printf(columns, "%s%s", columns->size > 0 ? ", " : "", select->key[i]);
}

static size_t count_keys(const struct cb_select *select)
{
    size_t count = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        count += (select->dims & CB_DIM(i)) != 0 && select->key[i] != NULL;
    return count;
}

static bool take_data_ids(const struct result *result, const struct cb_select *select,
                          struct cb_data_id_list *list, struct cb_error *err)
{
    cb_auto(cb_free) bool *repeats = find_repeated_rows(result, select, count_keys(select));
    list->item = cb_xalloc_array(result->count + 1, sizeof *list->item);
    for (size_t row = 0; row < result->count; row++) {
        size_t column = 0;
        if (repeats[row])
            continue;
        for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
            if ((select->dims & CB_DIM(i)) == 0 || select->key[i] == NULL)
                continue;
            const char *text = cb_rows_text(result->rows, result_row(result, row), column++);
            if (text != NULL &&
                !cb_data_id_set(&list->item[list->count], (enum cb_element_index)i, text, err))
                return false;
        }
        list->count++;
    }
    return true;
}

bool cb_query_data_ids(struct cb_repo *repo, uint32_t dims, const struct cb_query *query,
                       struct cb_data_id_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    auto_result result = { 0 };
    cb_auto_bytes struct cb_bytes columns = CB_BYTES(65536), order = CB_BYTES(65536);
    cb_auto_select struct cb_select select;
    cb_select_init(&select);
    select.dims = cb_dimensions_expand(dims);
    add_dimension_tables(&select, select.dims);
    if (select.dims == 0)
        cb_bytes_puts(&select.from, "(SELECT) \"nothing\""); /* one data ID, the empty one */
    add_order_tables(&select, query, select.dims);
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    if (!cb_repo_read(repo, &tx, err) || !plan_select(repo, &select, query, err))
        return false;
    put_keys(&select, select.dims, &columns);
    if (columns.size == 0)
        cb_bytes_puts(&columns, "true"); /* what comes behind has a comma before it */
    cb_select_default_order(&select, select.dims, &order);
    if (!run_select(repo, &select, query, cb_bytes_text(&columns), cb_bytes_text(&order), &result, err) ||
        !take_data_ids(&result, &select, &list, err))
        return false;
    *ret_list = list;
    list = (struct cb_data_id_list){ 0 };
    return true;
}

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
                            struct result *result, struct cb_error *err)
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
    add_order_tables(&select, query, select.dims);
    cb_bytes_puts(&columns, "t.place, ");
    cb_put_dataset_columns(&columns, type->dims, "t.timespan");
    cb_bytes_puts(&order, "r.name COLLATE \"C\"");
    cb_select_default_order(&select, type->dims, &order);
    cb_bytes_puts(&order, ", d.id, t.place");
    struct cb_query rest = *query;
    rest.n_dataset_types = 0;
    rest.limit = rest.offset = 0; /* counted after equal datasets are one */
    return plan_select(repo, &select, &rest, err) &&
           run_select(repo, &select, &rest, cb_bytes_text(&columns), cb_bytes_text(&order), result, err);
}

/* A row of a search for the first: which data ID, at which place of the path. */
struct candidate {
    char *data_id;
    int64_t place, begin_ns;
    size_t row;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int order = strcmp(left->data_id, right->data_id);
    if (order == 0)
        order = (left->place > right->place) - (left->place < right->place);
    if (order == 0)
        order = (left->begin_ns > right->begin_ns) - (left->begin_ns < right->begin_ns);
    return order != 0 ? order : (left->row > right->row) - (left->row < right->row);
}

static char *data_id_text(const struct cb_data_id *id)
{
    struct cb_bytes text = CB_BYTES(65536);
    cb_data_id_format(id, &text);
    return cb_bytes_steal(&text);
}

static bool is_same_data_id(const struct candidate *one, const struct candidate *other)
{
    return strcmp(one->data_id, other->data_id) == 0;
}

/* Of the rows that stand, the first of each data ID. The data ID that has several first ones, to be freed, or
 * NULL. */
static char *mark_first(const struct result *result, const struct cb_dataset_list *list, bool *marks)
{
    char *ambiguous = NULL;
    struct candidate *sorted = cb_xalloc_array(result->count + 1, sizeof *sorted);
    for (size_t i = 0; i < result->count; i++) {
        size_t row = result_row(result, i);
        sorted[i] =
            (struct candidate){ data_id_text(&list->item[row].data_id), cb_rows_int(result->rows, row, 0),
                                list->item[row].validity.begin_ns, row };
    }
    qsort(sorted, result->count, sizeof *sorted, compare_candidates);
    for (size_t i = 0; i < result->count; i++) {
        marks[sorted[i].row] = i == 0 || !is_same_data_id(&sorted[i], &sorted[i - 1]);
        if (ambiguous == NULL && !marks[sorted[i].row] && marks[sorted[i - 1].row] &&
            sorted[i].place == sorted[i - 1].place)
            ambiguous = cb_xstrdup(sorted[i].data_id);
    }
    for (size_t i = 0; i < result->count; i++)
        free(sorted[i].data_id);
    free(sorted);
    return ambiguous;
}

/* Of each row whether it stands and is sought; to be freed. */
static bool mark_sought(const struct result *result, const struct cb_dataset_list *list,
                        enum cb_search search, bool **ret_marks, struct cb_error *err)
{
    *ret_marks = cb_xalloc_array(list->count + 1, sizeof **ret_marks);
    if (search != CB_SEARCH_FIRST && search != CB_SEARCH_ONLY) {
        for (size_t i = 0; i < result->count; i++)
            (*ret_marks)[result_row(result, i)] = true;
        return true;
    }
    cb_auto(cb_free) char *ambiguous = mark_first(result, list, *ret_marks);
    return ambiguous == NULL || search == CB_SEARCH_FIRST ||
           cb_fail(err, CB_ERR_CONFLICT,
                   "Ambiguous calibration validity range match: several %s are certified for %s in one "
                   "collection",
                   list->item[0].type, ambiguous);
}

/* Which of these datasets have come before; what is marked of the others does not matter. */
static bool *find_repeated_datasets(const struct cb_dataset_list *list, const bool *is_taken)
{
    const char **ids = cb_xalloc_array(list->count + 1, sizeof *ids);
    for (size_t i = 0; i < list->count; i++)
        ids[i] = is_taken[i] ? list->item[i].id : "";
    bool *repeats = find_repeats(ids, list->count);
    free(ids);
    return repeats;
}

/* In one collection alone all are first. */
static bool weaken_search(struct cb_repo *repo, const struct cb_dataset_type *type, const char *ids,
                          enum cb_search *search, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (*search != CB_SEARCH_FIRST && *search != CB_SEARCH_ONLY)
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
    auto_result result = { 0 };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    bool has_validity = false;
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &known, err) ||
        !flatten_ids(repo, query->collections, query->n_collections, &ids, err) ||
        !find_validity(repo, &known, cb_bytes_text(&ids), &has_validity, err) ||
        !weaken_search(repo, &known, cb_bytes_text(&ids), &search, err))
        return false;
    if (search == CB_SEARCH_CERTIFICATIONS && !known.is_calibration)
        return true;
    if (!select_datasets(repo, &known, search, query, cb_bytes_text(&ids), has_validity, &result, err) ||
        !cb_dataset_take_rows(result.rows, 1, &known, &list, err))
        return false;
    cb_auto(cb_free) bool *is_sought = NULL;
    if (!mark_sought(&result, &list, search, &is_sought, err))
        return false;
    trim(&list, is_sought, search, query);
    *ret_list = list;
    list = (struct cb_dataset_list){ 0 };
    return true;
}
