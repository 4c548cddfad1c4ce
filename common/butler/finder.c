/* Find-first look-ups. Source: butler.md 3.8.
 *
 * Every question is joined with every collection of the path, tags and certifications are looked up by index,
 * and the lowest place of the path wins. Names are qualified, so that no transaction is needed to set the
 * search path: a look-up is one round trip. The path is written into the statement and one question is asked
 * with plain values, so that the server plans once; OFFSET 0 keeps the look-up an index scan where tables
 * have no statistics yet. */
#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

struct cb_finder {
    struct cb_repo *repo;
    struct cb_dataset_type type;
    char *schema;              /* "\"repo\"." */
    struct cb_bytes path;      /* "(17, 0), (12, 1)": ids and places of the collections */
    struct cb_bytes one, many; /* the statements for one question, and for any number */
};

/* One question as a row: $3 is its number, then its dimensions. */
static void put_one_source(struct cb_bytes *sql, uint32_t dims)
{
    size_t param = 3;
    cb_bytes_puts(sql, "(SELECT $3::bigint AS n");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i)) {
            const struct cb_element *element = cb_element_at((enum cb_element_index)i);
            bool is_text = cb_element_key(element)->type == CB_TYPE_STRING;
            cb_bytes_printf(sql, ", $%zu::%s AS \"%s\"", ++param, is_text ? "text" : "bigint", element->name);
        }
    cb_bytes_puts(sql, ") AS i");
}

/* Parameters: $1 dataset type, $2 timespan or timespans, $3... data IDs. */
static void put_hits(struct cb_bytes *sql, const struct cb_finder *finder, const char *table, bool certified,
                     bool many)
{
    cb_bytes_puts(sql, "SELECT i.n, x.place, t.* FROM ");
    if (many)
        cb_put_id_source(sql, finder->type.dims, 3);
    else
        put_one_source(sql, finder->type.dims);
    cb_bytes_printf(
        sql,
        " CROSS JOIN (VALUES %s) x (id, place) CROSS JOIN LATERAL (SELECT t.dataset_id, t.collection_id,"
        " %s AS timespan",
        cb_bytes_text(&finder->path), certified ? "t.timespan" : "NULL::int8range");
    cb_put_id_columns(sql, finder->type.dims, "t");
    cb_bytes_printf(sql, " FROM %s\"%s\" t WHERE t.dataset_type_id = $1 AND t.collection_id = x.id",
                    finder->schema, table);
    cb_put_id_match(sql, finder->type.dims, "t");
    if (certified)
        cb_bytes_puts(sql, many ? " AND t.timespan && ($2::int8range[])[i.n + 1]"
                                : " AND t.timespan && $2::int8range");
    cb_bytes_puts(sql, " OFFSET 0) t");
}

static void build_sql(const struct cb_finder *finder, struct cb_bytes *sql, bool many)
{
    cb_bytes_puts(sql, "WITH hits AS (");
    put_hits(sql, finder, finder->type.tags_table, false, many);
    if (finder->type.calibs_table != NULL) {
        cb_bytes_puts(sql, " UNION ALL ");
        put_hits(sql, finder, finder->type.calibs_table, true, many);
    } else { /* the parameter has to have a type */
        cb_bytes_puts(sql, many ? " WHERE $2::int8range[] IS NULL OR true"
                                : " WHERE $2::int8range IS NULL OR true");
    }
    cb_bytes_puts(
        sql,
        "), best AS (SELECT *, rank() OVER (PARTITION BY n ORDER BY place) AS rk FROM hits) SELECT t.n, ");
    cb_put_dataset_columns(sql, finder->type.dims, "t.timespan");
    cb_bytes_puts(sql, " FROM ");
    cb_put_dataset_joins(sql, finder->schema, "best");
    cb_bytes_puts(sql, " WHERE t.rk = 1 ORDER BY t.n");
}

bool cb_finder_open(struct cb_repo *repo, const char *type, const char *const *collections, size_t count,
                    struct cb_finder **ret_finder, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_finder_close) struct cb_finder *finder = cb_xalloc(sizeof *finder);
    cb_auto_collections struct cb_collection_list path = { 0 };
    *finder = (struct cb_finder){ .repo = repo,
                                  .path = CB_BYTES(CB_SQL_MAX),
                                  .one = CB_BYTES((size_t)4 * CB_SQL_MAX),
                                  .many = CB_BYTES((size_t)4 * CB_SQL_MAX) };
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &finder->type, err) ||
        !cb_collection_flatten(repo, collections, count, false, &path, err))
        return false;
    cb_auto(cb_free) char *quoted = cb_db_quote_identifier(repo->db, repo->schema);
    finder->schema = cb_xasprintf("%s.", quoted);
    cb_bytes_puts(&finder->path, path.count == 0 ? "(NULL::bigint, 0)" : "");
    for (size_t i = 0; i < path.count; i++)
        cb_bytes_printf(&finder->path, "%s(%" PRId64 "::bigint, %zu)", i > 0 ? ", " : "", path.item[i].id, i);
    build_sql(finder, &finder->one, false);
    build_sql(finder, &finder->many, true);
    *ret_finder = cb_steal(finder);
    return true;
}

void cb_finder_close(struct cb_finder *finder)
{
    if (finder == NULL)
        return;
    cb_dataset_type_done(&finder->type);
    cb_bytes_done(&finder->path);
    cb_bytes_done(&finder->one);
    cb_bytes_done(&finder->many);
    free(finder->schema);
    free(finder);
}

static void put_timespans(struct cb_bytes *array, const struct cb_timespan *timespans, size_t n)
{
    cb_array_begin(array);
    for (size_t i = 0; timespans != NULL && i < n; i++) {
        char text[CB_TIMESPAN_TEXT_SIZE];
        cb_timespan_format(timespans[i], text);
        cb_array_text(array, text);
    }
    cb_array_end(array);
}

static bool run_many(struct cb_finder *finder, const struct cb_data_id *const *ids,
                     const struct cb_timespan *timespans, size_t n, struct cb_rows **ret_rows,
                     struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_auto_bytes struct cb_bytes spans = CB_BYTES(CB_ARRAY_MAX);
    put_timespans(&spans, timespans, n);
    struct cb_param params[2 + CB_MAX_ID_ARRAYS] = { cb_p_int(finder->type.id),
                                                     cb_p_text(cb_bytes_text(&spans)) };
    size_t n_params = 2;
    if (!cb_id_arrays_fill(&arrays, ids, n, finder->type.dims, err))
        return false;
    cb_id_arrays_params(&arrays, params, &n_params);
    return cb_db_run(finder->repo->db, cb_bytes_text(&finder->many), params, n_params, ret_rows, err);
}

static bool run_one(struct cb_finder *finder, const struct cb_data_id *id, const struct cb_timespan *timespan,
                    struct cb_rows **ret_rows, struct cb_error *err)
{
    char span[CB_TIMESPAN_TEXT_SIZE], values[CB_MAX_ID_ARRAYS][CB_DIMENSION_TEXT_SIZE];
    struct cb_param params[3 + CB_MAX_ID_ARRAYS] = { cb_p_int(finder->type.id), cb_p_null(), cb_p_int(0) };
    size_t n_params = 3, n = 0;
    if (timespan != NULL) {
        cb_timespan_format(*timespan, span);
        params[1] = cb_p_text(span);
    }
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        if (!(finder->type.dims & CB_DIM(i)))
            continue;
        if (!cb_data_id_has(id, (enum cb_element_index)i))
            return cb_fail(err, CB_ERR_INVALID, "a data ID has no %s",
                           cb_element_at((enum cb_element_index)i)->name);
        cb_data_id_value(id, (enum cb_element_index)i, values[n]);
        params[n_params++] = cb_p_text(values[n++]);
    }
    return cb_db_run(finder->repo->db, cb_bytes_text(&finder->one), params, n_params, ret_rows, err);
}

static bool check_unambiguous(const struct cb_finder *finder, const struct cb_data_id *const *ids,
                              const struct cb_rows *rows, struct cb_error *err)
{
    for (size_t i = 1; i < cb_rows_count(rows); i++)
        if (cb_rows_int(rows, i, 0) == cb_rows_int(rows, i - 1, 0)) {
            cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
            cb_data_id_format(ids[cb_rows_int(rows, i, 0)], &id);
            return cb_fail(err, CB_ERR_CONFLICT,
                           "Ambiguous calibration validity range match for %s %s in collection \"%s\": "
                           "datasets %s and %s",
                           finder->type.name, cb_bytes_text(&id), cb_rows_text(rows, i, 6),
                           cb_rows_text(rows, i - 1, 1), cb_rows_text(rows, i, 1));
        }
    return true;
}

static bool find_all(struct cb_finder *finder, const struct cb_data_id *const *ids,
                     const struct cb_timespan *timespans, size_t n, size_t *ret_found,
                     struct cb_dataset_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    bool ok = n == 1 ? run_one(finder, ids[0], timespans, &rows, err)
                     : run_many(finder, ids, timespans, n, &rows, err);
    if (!ok || !check_unambiguous(finder, ids, rows, err) ||
        !cb_dataset_take_rows(rows, 1, &finder->type, &list, err))
        return false;
    for (size_t i = 0; ret_found != NULL && i < n; i++)
        ret_found[i] = SIZE_MAX;
    for (size_t i = 0; ret_found != NULL && i < cb_rows_count(rows); i++)
        ret_found[cb_rows_int(rows, i, 0)] = i;
    *ret_list = list;
    list = (struct cb_dataset_list){ 0 };
    return true;
}

bool cb_finder_find(struct cb_finder *finder, const struct cb_data_id *data_id,
                    const struct cb_timespan *timespan, struct cb_dataset_list *ret_found,
                    struct cb_error *err)
{
    return find_all(finder, &data_id, timespan, 1, NULL, ret_found, err);
}

bool cb_finder_find_many(struct cb_finder *finder, const struct cb_data_id *data_ids,
                         const struct cb_timespan *timespans, size_t n, size_t *ret_found,
                         struct cb_dataset_list *ret_list, struct cb_error *err)
{
    const struct cb_data_id **ids = cb_xalloc_array(n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < n; i++)
        ids[i] = &data_ids[i];
    bool ok = find_all(finder, ids, timespans, n, ret_found, ret_list, err);
    free(ids);
    return ok;
}

bool cb_dataset_find(struct cb_repo *repo, const char *type, const struct cb_data_id *data_id,
                     const char *const *collections, size_t count, const struct cb_timespan *timespan,
                     struct cb_dataset_list *ret_found, struct cb_error *err)
{
    cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
    return cb_finder_open(repo, type, collections, count, &finder, err) &&
           cb_finder_find(finder, data_id, timespan, ret_found, err);
}
