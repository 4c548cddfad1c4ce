/* Find-first look-ups along a search path that was resolved before: each is one round trip. */
#include "base/alloc.h"
#include "butler/find_sql.h"
#include "butler/rows.h"
#include "sql.h"

#include <stdint.h>
#include <string.h>

struct cb_finder {
    struct cb_repo *repo;
    struct cb_dataset_type type;
    struct cb_bytes ids, certified, names; /* of the path, as arrays */
    struct cb_bytes one, many;             /* the statements for one question, and for any number */
};

static bool is_listed(const struct cb_rows *rows, int64_t id)
{
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (cb_rows_int(rows, i, 0) == id)
            return true;
    return false;
}

/* The path without collections that have never held the type, as the butler has it; form: what is in it.
 */
static bool keep_path(struct cb_finder *finder, const struct cb_collection_list *path,
                      struct cb_find_form *form, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *holders = NULL;
    if (!cb_db_run(finder->repo->db, sql_list_collections_of_type, CB_P(cb_p_int(finder->type.id)), &holders,
                   err))
        return false;
    cb_array_begin(&finder->ids);
    cb_array_begin(&finder->certified);
    cb_array_begin(&finder->names);
    for (size_t i = 0; i < path->count; i++) {
        if (!is_listed(holders, path->item[i].id))
            continue;
        bool certified = path->item[i].type == CB_COLLECTION_CALIBRATION;
        cb_array_int(&finder->ids, path->item[i].id);
        cb_array_text(&finder->certified, certified ? "t" : "f");
        cb_array_text(&finder->names, path->item[i].name);
        form->certified |= certified;
        form->tagged |= !certified;
    }
    cb_array_end(&finder->ids);
    cb_array_end(&finder->certified);
    cb_array_end(&finder->names);
    return true;
}

bool cb_finder_open(struct cb_repo *repo, const char *type, const char *const *collections, size_t count,
                    struct cb_finder **ret_finder, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_finder_close) struct cb_finder *finder = cb_xalloc(sizeof *finder);
    cb_auto_collections struct cb_collection_list path = { 0 };
    struct cb_find_form form = { 0 };
    *finder = (struct cb_finder){ .repo = repo,
                                  .ids = CB_BYTES(CB_ARRAY_MAX),
                                  .certified = CB_BYTES(CB_ARRAY_MAX),
                                  .names = CB_BYTES(CB_ARRAY_MAX),
                                  .one = CB_BYTES(CB_SQL_MAX),
                                  .many = CB_BYTES(CB_SQL_MAX) };
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &finder->type, err) ||
        !cb_collection_flatten(repo, collections, count, false, &path, err) ||
        !keep_path(finder, &path, &form, err))
        return false;
    cb_auto(cb_free) char *quoted = cb_db_quote_identifier(repo->db, repo->schema);
    cb_auto(cb_free) char *schema = cb_xasprintf("%s.", quoted);
    cb_put_find(&finder->one, &finder->type, schema, &form);
    form.many = true;
    cb_put_find(&finder->many, &finder->type, schema, &form);
    *ret_finder = cb_steal(finder);
    return true;
}

void cb_finder_close(struct cb_finder *finder)
{
    if (finder == NULL)
        return;
    cb_dataset_type_done(&finder->type);
    cb_bytes_done(&finder->ids);
    cb_bytes_done(&finder->certified);
    cb_bytes_done(&finder->names);
    cb_bytes_done(&finder->one);
    cb_bytes_done(&finder->many);
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

static void set_path(const struct cb_finder *finder, struct cb_param params[CB_FIND_MAX_PARAMS])
{
    params[CB_FIND_PATH_PARAM - 1] = cb_p_text(cb_bytes_text(&finder->ids));
    params[CB_FIND_PATH_PARAM] = cb_p_text(cb_bytes_text(&finder->certified));
    params[CB_FIND_PATH_PARAM + 1] = cb_p_text(cb_bytes_text(&finder->names));
}

static bool run_many(struct cb_finder *finder, const struct cb_data_id *const *ids,
                     const struct cb_timespan *timespans, size_t n, struct cb_rows **ret_rows,
                     struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_auto_bytes struct cb_bytes spans = CB_BYTES(CB_ARRAY_MAX);
    put_timespans(&spans, timespans, n);
    struct cb_param params[CB_FIND_MAX_PARAMS] = { cb_p_int(finder->type.id),
                                                   cb_p_text(cb_bytes_text(&spans)) };
    size_t n_params = CB_FIND_ID_PARAM - 1;
    set_path(finder, params);
    if (!cb_id_arrays_fill(&arrays, ids, n, finder->type.dims, err))
        return false;
    cb_id_arrays_params(&arrays, params, &n_params);
    return cb_db_run(finder->repo->db, cb_bytes_text(&finder->many), params, n_params, ret_rows, err);
}

bool cb_finder_find(struct cb_finder *finder, const struct cb_data_id *data_id,
                    const struct cb_timespan *timespan, struct cb_dataset_list *ret_found,
                    struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_find_values values;
    struct cb_param params[CB_FIND_MAX_PARAMS];
    size_t n = 0;
    if (!cb_find_params(&finder->type, data_id, timespan, &values, params, &n, err))
        return false;
    set_path(finder, params);
    return cb_db_run(finder->repo->db, cb_bytes_text(&finder->one), params, n, &rows, err) &&
           cb_find_take(rows, 0, &finder->type, &data_id, ret_found, err);
}

bool cb_finder_find_many(struct cb_finder *finder, const struct cb_data_id *data_ids,
                         const struct cb_timespan *timespans, size_t n, size_t *ret_found,
                         struct cb_dataset_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    const struct cb_data_id **ids = cb_xalloc_array(n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < n; i++)
        ids[i] = &data_ids[i];
    bool ok = run_many(finder, ids, timespans, n, &rows, err) &&
              cb_find_take(rows, 0, &finder->type, ids, ret_list, err);
    free(ids);
    for (size_t i = 0; ok && i < n; i++)
        ret_found[i] = SIZE_MAX;
    for (size_t i = 0; ok && i < cb_rows_count(rows); i++)
        ret_found[cb_rows_int(rows, i, 0)] = i;
    return ok;
}
