/* Data IDs as SQL arrays, rows of datasets as structs. */
#include "butler/dataset_rows.h"

#include "base/alloc.h"
#include "butler/rows.h"
#include "io/remote.h"
#include "sql.h"

#include <string.h>

static bool is_text(enum cb_element_index index)
{
    return cb_element_key(cb_element_at(index))->type == CB_TYPE_STRING;
}

const char *cb_text_array(struct cb_bytes *array, const char *const *texts, size_t n)
{
    cb_array_begin(array);
    for (size_t i = 0; i < n; i++)
        cb_array_text(array, texts[i]);
    return cb_array_end(array);
}

void cb_id_arrays_done(struct cb_id_arrays *arrays)
{
    for (size_t i = 0; i < arrays->count; i++)
        cb_bytes_done(&arrays->array[i]);
    *arrays = (struct cb_id_arrays){ 0 };
}

static struct cb_bytes *add_array(struct cb_id_arrays *arrays)
{
    struct cb_bytes *array = &arrays->array[arrays->count++];
    *array = (struct cb_bytes)CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(array);
    return array;
}

static bool add_dimension(struct cb_id_arrays *arrays, const struct cb_data_id *const *ids, size_t n,
                          enum cb_element_index index, struct cb_error *err)
{
    struct cb_bytes *array = add_array(arrays);
    for (size_t i = 0; i < n; i++) {
        char text[CB_DIMENSION_TEXT_SIZE];
        if (!cb_data_id_has(ids[i], index))
            return cb_fail(err, CB_ERR_INVALID, "a data ID has no %s", cb_element_at(index)->name);
        cb_data_id_value(ids[i], index, text);
        cb_array_text(array, text);
    }
    cb_array_end(array);
    return true;
}

bool cb_id_arrays_fill(struct cb_id_arrays *arrays, const struct cb_data_id *const *ids, size_t n,
                       uint32_t dims, struct cb_error *err)
{
    arrays->dims = dims;
    struct cb_bytes *indexes = add_array(arrays);
    for (size_t i = 0; i < n; i++)
        cb_array_int(indexes, (int64_t)i);
    cb_array_end(indexes);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((dims & CB_DIM(i)) != 0 && !add_dimension(arrays, ids, n, (enum cb_element_index)i, err))
            return false;
    return true;
}

void cb_id_arrays_params(const struct cb_id_arrays *arrays, struct cb_param *params, size_t *n)
{
    for (size_t i = 0; i < arrays->count; i++)
        params[(*n)++] = cb_p_text(cb_bytes_text(&arrays->array[i]));
}

void cb_put_id_source(struct cb_bytes *sql, uint32_t dims, size_t first)
{
    cb_bytes_printf(sql, "unnest($%zu::bigint[]", first);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", $%zu::%s[]", ++first,
                            is_text((enum cb_element_index)i) ? "text" : "bigint");
    cb_bytes_puts(sql, ") AS i (n");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", \"%s\"", cb_element_at((enum cb_element_index)i)->name);
    cb_bytes_puts(sql, ")");
}

void cb_put_id_match(struct cb_bytes *sql, uint32_t dims, const char *alias)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i)) {
            const char *name = cb_element_at((enum cb_element_index)i)->name;
            cb_bytes_printf(sql, " AND %s.\"%s\" = i.\"%s\"", alias, name, name);
        }
}

void cb_put_meeting_ranges(struct cb_bytes *sql, const struct cb_dataset_type *type)
{
    cb_bytes_printf(sql,
                    " FROM \"%s\" i JOIN \"%s\" t ON t.id <> i.id"
                    " AND t.dataset_type_id = i.dataset_type_id AND t.collection_id = i.collection_id"
                    " AND t.timespan && i.timespan",
                    type->calibs_table, type->calibs_table);
    cb_put_id_match(sql, type->dims, "t");
}

void cb_put_id_columns(struct cb_bytes *sql, uint32_t dims, const char *alias)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", %s.\"%s\"", alias, cb_element_at((enum cb_element_index)i)->name);
}

void cb_put_dimension_names(struct cb_bytes *sql, uint32_t dims)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", \"%s\"", cb_element_at((enum cb_element_index)i)->name);
}

void cb_put_calibs_insert(struct cb_bytes *sql, const struct cb_dataset_type *type)
{
    cb_bytes_printf(sql, "INSERT INTO \"%s\" (id, dataset_type_id, dataset_id, collection_id, timespan",
                    type->calibs_table);
    cb_put_dimension_names(sql, type->dims);
    cb_bytes_printf(sql, ") SELECT nextval('\"%s_seq_id\"')", type->calibs_table);
}

void cb_put_dataset_columns(struct cb_bytes *sql, uint32_t dims, const char *timespan_sql)
{
    cb_bytes_printf(sql,
                    "d.id, r.name, f.path, f.file_size, d.ingest_date, c.name, %s, f.formatter, f.checksum",
                    timespan_sql);
    cb_put_id_columns(sql, dims, "t");
}

void cb_put_found_joins(struct cb_bytes *sql, const char *schema, const char *table)
{
    cb_bytes_printf(
        sql,
        "%s t JOIN %sdataset d ON d.id = t.dataset_id"
        " JOIN %scollection r ON r.collection_id = d.run_id"
        " LEFT JOIN %sfile_datastore_records f ON f.dataset_id = d.id AND f.component = '__NULL_STRING__'"
        " CROSS JOIN LATERAL (SELECT t.collection) c (name)",
        table, schema, schema, schema);
}

void cb_put_dataset_joins(struct cb_bytes *sql, const char *schema, const char *table)
{
    cb_bytes_printf(
        sql,
        "%s t JOIN %sdataset d ON d.id = t.dataset_id"
        " JOIN %scollection r ON r.collection_id = d.run_id"
        " JOIN %scollection c ON c.collection_id = t.collection_id"
        " LEFT JOIN %sfile_datastore_records f ON f.dataset_id = d.id AND f.component = '__NULL_STRING__'",
        table, schema, schema, schema, schema);
}

void cb_dataset_list_done(struct cb_dataset_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->item[i].type);
        free(list->item[i].run);
        free(list->item[i].storage_class);
        free(list->item[i].path);
        free(list->item[i].formatter);
        free(list->item[i].checksum);
        free(list->item[i].collection);
    }
    free(list->item);
    *list = (struct cb_dataset_list){ 0 };
}

static bool take_data_id(const struct cb_rows *rows, size_t row, size_t column, uint32_t dims,
                         struct cb_data_id *ret_id, struct cb_error *err)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((dims & CB_DIM(i)) != 0 &&
            !cb_data_id_set(ret_id, (enum cb_element_index)i, cb_rows_text(rows, row, column++), err))
            return false;
    return true;
}

static bool take_row(const struct cb_rows *rows, size_t row, size_t first, const struct cb_dataset_type *type,
                     struct cb_dataset *ret_dataset, struct cb_error *err)
{
    struct cb_timespan validity = CB_TIMESPAN_ALWAYS;
    if (!cb_rows_is_null(rows, row, first + 6) &&
        !cb_timespan_parse(cb_rows_text(rows, row, first + 6), &validity, err))
        return false;
    struct cb_data_id id = { 0 };
    if (!take_data_id(rows, row, first + 9, type->dims, &id, err))
        return false;
    *ret_dataset = (struct cb_dataset){
        .type = cb_xstrdup(type->name),
        .run = cb_xstrdup(cb_rows_text(rows, row, first + 1)),
        .data_id = id,
        .storage_class = cb_xstrdup(type->storage_class),
        .path = cb_xstrdup(cb_rows_text(rows, row, first + 2)),
        .formatter = cb_xstrdup(cb_rows_text(rows, row, first + 7)),
        .checksum = cb_xstrdup(cb_rows_text(rows, row, first + 8)),
        .size_bytes = cb_rows_is_null(rows, row, first + 3) ? -1 : cb_rows_int(rows, row, first + 3),
        .ingest_tai_ns = cb_rows_int(rows, row, first + 4),
        .validity = validity,
        .collection = cb_xstrdup(cb_rows_text(rows, row, first + 5)),
    };
    memcpy(ret_dataset->id, cb_rows_text(rows, row, first), CB_UUID_TEXT_SIZE);
    return true;
}

bool cb_dataset_take_rows(const struct cb_rows *rows, size_t first, const struct cb_dataset_type *type,
                          struct cb_dataset_list *list, struct cb_error *err)
{
    size_t more = cb_rows_count(rows);
    list->item = cb_xrealloc_array(list->item, list->count + more + 1, sizeof *list->item);
    for (size_t i = 0; i < more; i++, list->count++)
        if (!take_row(rows, i, first, type, &list->item[list->count], err))
            return false;
    return true;
}

bool cb_add_summaries(struct cb_repo *repo, int64_t collection_id, const struct cb_dataset_type *type,
                      const struct cb_data_id *const *ids, size_t n, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes instruments = CB_BYTES(CB_ARRAY_MAX), skymaps = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&instruments);
    cb_array_begin(&skymaps);
    for (size_t i = 0; i < n; i++) {
        if ((type->dims & CB_DIM(CB_INSTRUMENT)) != 0 &&
            (i == 0 || strcmp(ids[i]->instrument, ids[i - 1]->instrument) != 0))
            cb_array_text(&instruments, ids[i]->instrument);
        if ((type->dims & CB_DIM(CB_SKYMAP)) != 0 &&
            (i == 0 || strcmp(ids[i]->skymap, ids[i - 1]->skymap) != 0))
            cb_array_text(&skymaps, ids[i]->skymap);
    }
    return cb_db_run(repo->db, sql_add_summary_type, CB_P(cb_p_int(collection_id), cb_p_int(type->id)), NULL,
                     err) &&
           cb_db_run(repo->db, sql_add_summary_instruments,
                     CB_P(cb_p_int(collection_id), cb_p_text(cb_array_end(&instruments))), NULL, err) &&
           (skymaps.size <= 1 ||
            cb_db_run(repo->db, sql_add_summary_skymaps,
                      CB_P(cb_p_int(collection_id), cb_p_text(cb_array_end(&skymaps))), NULL, err));
}

static bool add_governor(struct cb_repo *repo, int64_t collection_id, const struct cb_dataset_type *type,
                         const char *ids, const char *governor, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_printf(&sql,
                    "INSERT INTO collection_summary_%s (collection_id, %s) SELECT DISTINCT $2::bigint, t.%s"
                    " FROM \"%s\" t WHERE t.dataset_type_id = $1 AND t.dataset_id = ANY ($3::uuid[])"
                    " ORDER BY 2 ON CONFLICT DO NOTHING",
                    governor, governor, governor, type->tags_table);
    return cb_db_run(repo->db, cb_bytes_text(&sql),
                     CB_P(cb_p_int(type->id), cb_p_int(collection_id), cb_p_text(ids)), NULL, err);
}

bool cb_add_summaries_of(struct cb_repo *repo, int64_t collection_id, const struct cb_dataset_type *type,
                         const char *ids, struct cb_error *err)
{
    return cb_db_run(repo->db, sql_add_summary_type, CB_P(cb_p_int(collection_id), cb_p_int(type->id)), NULL,
                     err) &&
           ((type->dims & CB_DIM(CB_INSTRUMENT)) == 0 ||
            add_governor(repo, collection_id, type, ids, "instrument", err)) &&
           ((type->dims & CB_DIM(CB_SKYMAP)) == 0 ||
            add_governor(repo, collection_id, type, ids, "skymap", err));
}

/* Types of the ids, in their order; absent ones are an error. */
static bool find_types(struct cb_repo *repo, const char *const *ids, size_t n, struct cb_rows **ret_rows,
                       struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    if (!cb_db_run(repo->db, sql_find_types_of_datasets, CB_P(cb_p_text(cb_text_array(&array, ids, n))),
                   ret_rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(*ret_rows); i++)
        if (cb_rows_is_null(*ret_rows, i, 1))
            return cb_fail(err, CB_ERR_NOT_FOUND, "no dataset with id %s", cb_rows_text(*ret_rows, i, 0));
    return true;
}

/* Datasets of one type by id, in their order, with their RUN as collection. */
static bool get_of_type(struct cb_repo *repo, const struct cb_dataset_type *type, const char *const *ids,
                        size_t n, struct cb_dataset_list *list, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX), array = CB_BYTES(CB_ARRAY_MAX);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_bytes_puts(&sql, "SELECT ");
    cb_put_dataset_columns(&sql, type->dims, "NULL::int8range");
    cb_bytes_puts(&sql, " FROM unnest($1::uuid[]) WITH ORDINALITY i (id, n) JOIN (");
    cb_put_dataset_joins(&sql, "", type->tags_table);
    cb_bytes_puts(&sql,
                  ") ON d.id = i.id AND t.collection_id = d.run_id AND t.dataset_type_id = $2 ORDER BY i.n");
    return cb_db_run(repo->db, cb_bytes_text(&sql),
                     CB_P(cb_p_text(cb_text_array(&array, ids, n)), cb_p_int(type->id)), &rows, err) &&
           cb_dataset_take_rows(rows, 0, type, list, err);
}

/* What is wrong with ids that are not of one type. */
static bool fail_mixed(struct cb_repo *repo, const char *const *ids, size_t n, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *types = NULL;
    if (!find_types(repo, ids, n, &types, err))
        return false;
    for (size_t i = 1; i < n; i++)
        if (strcmp(cb_rows_text(types, i, 1), cb_rows_text(types, 0, 1)) != 0)
            return cb_fail(err, CB_ERR_INVALID, "datasets of one type are expected, not %s and %s",
                           cb_rows_text(types, 0, 1), cb_rows_text(types, i, 1));
    return cb_fail(err, CB_ERR_FATAL, "a dataset is not in its own run: %s", ids[0]);
}

static bool read_data_ids(struct cb_repo *repo, const struct cb_dataset_type *type, const char *const *ids,
                          size_t n, struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX), array = CB_BYTES(CB_ARRAY_MAX);
    cb_bytes_puts(&sql, "SELECT i.n");
    cb_put_id_columns(&sql, type->dims, "t");
    cb_bytes_printf(
        &sql,
        " FROM unnest($1::uuid[]) WITH ORDINALITY i (id, n) JOIN dataset d ON d.id = i.id JOIN \"%s\" t"
        " ON t.dataset_id = d.id AND t.collection_id = d.run_id WHERE t.dataset_type_id = $2"
        " ORDER BY i.n",
        type->tags_table);
    return cb_db_run(repo->db, cb_bytes_text(&sql),
                     CB_P(cb_p_text(cb_text_array(&array, ids, n)), cb_p_int(type->id)), ret_rows, err);
}

bool cb_data_ids_of_one_type(struct cb_repo *repo, const char *const *ids, size_t n,
                             struct cb_dataset_type *ret_type, struct cb_data_id **ret_data_ids,
                             struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_dataset_type_of(repo, ids[0], ret_type, err) ||
        !read_data_ids(repo, ret_type, ids, n, &rows, err))
        return false;
    if (cb_rows_count(rows) != n)
        return fail_mixed(repo, ids, n, err);
    cb_auto(cb_free) struct cb_data_id *data_ids = cb_xalloc_array(n, sizeof *data_ids);
    for (size_t i = 0; i < n; i++)
        if (!take_data_id(rows, i, 1, ret_type->dims, &data_ids[i], err))
            return false;
    *ret_data_ids = cb_steal(data_ids);
    return true;
}

/* Runs of equal types are fetched together, so that the order stays. */
bool cb_dataset_get(struct cb_repo *repo, const char *const *ids, size_t n, struct cb_dataset_list *ret_list,
                    struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *types = NULL;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    if (!cb_repo_read(repo, &tx, err) || !find_types(repo, ids, n, &types, err))
        return false;
    for (size_t i = 0, end; i < n; i = end) {
        cb_auto_dataset_type struct cb_dataset_type type = { 0 };
        for (end = i + 1; end < n && strcmp(cb_rows_text(types, i, 1), cb_rows_text(types, end, 1)) == 0;)
            end++;
        if (!cb_dataset_type_find(repo, cb_rows_text(types, i, 1), &type, err) ||
            !get_of_type(repo, &type, ids + i, end - i, &list, err))
            return false;
    }
    *ret_list = list;
    list = (struct cb_dataset_list){ 0 };
    return true;
}

bool cb_dataset_source(const struct cb_repo *repo, const struct cb_dataset *dataset, char **ret_source,
                       struct cb_error *err)
{
    if (dataset->path == NULL || !cb_remote_is(dataset->path))
        return cb_dataset_file(repo, dataset, ret_source, err);
    *ret_source = cb_xstrdup(dataset->path);
    return true;
}

bool cb_dataset_file(const struct cb_repo *repo, const struct cb_dataset *dataset, char **ret_path,
                     struct cb_error *err)
{
    if (dataset->path == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "dataset %s (%s) has no file in the datastore", dataset->id,
                       dataset->type);
    if (strstr(dataset->path, "://") == NULL) {
        *ret_path = cb_xasprintf("%s/%s", repo->root, dataset->path);
        return true;
    }
    char *path = cb_file_uri_path(dataset->path);
    if (path == NULL)
        return cb_fail(err, CB_ERR_INVALID, "dataset %s (%s) is at \"%s\", which is no local file",
                       dataset->id, dataset->type, dataset->path);
    *ret_path = path;
    return true;
}

char *cb_dataset_uri(const struct cb_repo *repo, const struct cb_dataset *dataset)
{
    if (dataset->path == NULL || strstr(dataset->path, "://") != NULL)
        return cb_xstrdup(dataset->path);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", repo->root, dataset->path);
    return cb_file_uri(path);
}
