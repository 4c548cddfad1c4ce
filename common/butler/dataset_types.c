/* Dataset types. */
#include "butler/dataset_types.h"

#include "base/alloc.h"
#include "butler/dataset_tables.h"
#include "butler/datastore.h"
#include "butler/rows.h"
#include "butler/store_rules.h"
#include "domain/dimensions.h"
#include "sql.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_NAME_MAX = 128 };

void cb_dataset_type_done(struct cb_dataset_type *type)
{
    free(type->name);
    free(type->storage_class);
    free(type->tags_table);
    free(type->calibs_table);
    *type = (struct cb_dataset_type){ 0 };
}

void cb_dataset_type_list_done(struct cb_dataset_type_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        cb_dataset_type_done(&list->item[i]);
    free(list->item);
    *list = (struct cb_dataset_type_list){ 0 };
}

/* [a-zA-Z_][a-zA-Z0-9_]* without a component. */
static bool check_name(const char *name, struct cb_error *err)
{
    bool ok = strlen(name) <= TYPE_NAME_MAX && (isalpha((unsigned char)name[0]) || name[0] == '_');
    for (const char *c = name; *c != '\0'; c++)
        ok = ok && ((unsigned char)*c < 128 && (isalnum((unsigned char)*c) || *c == '_'));
    return ok ||
           cb_fail(err, CB_ERR_INVALID,
                   "\"%.140s\" cannot be a dataset type: a letter, then letters, digits and _, at most %d",
                   name, TYPE_NAME_MAX);
}

static bool parse_dims(const char *list, uint32_t *ret_dims, struct cb_error *err)
{
    uint32_t dims = 0;
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ",");
        const struct cb_element *element = cb_element_find(list, length);
        if (element == NULL || cb_element_index(element) >= CB_DIMENSION_COUNT)
            return cb_fail(err, CB_ERR_FATAL,
                           "the repository has a dimension \"%.*s\" that calbus does not know", (int)length,
                           list);
        dims |= CB_DIM(cb_element_index(element));
        list += length + (list[length] == ',');
    }
    *ret_dims = dims;
    return true;
}

static bool take_row(const struct cb_rows *rows, size_t row, struct cb_dataset_type *ret_type,
                     struct cb_error *err)
{
    uint32_t dims = 0;
    if (!parse_dims(cb_rows_text(rows, row, 5), &dims, err))
        return false;
    *ret_type = (struct cb_dataset_type){
        .id = cb_rows_int(rows, row, 0),
        .name = cb_xstrdup(cb_rows_text(rows, row, 1)),
        .storage_class = cb_xstrdup(cb_rows_text(rows, row, 2)),
        .dims = dims,
        .is_calibration = !cb_rows_is_null(rows, row, 4),
        .tags_table = cb_xstrdup(cb_rows_text(rows, row, 3)),
        .calibs_table = cb_xstrdup(cb_rows_text(rows, row, 4)),
    };
    return true;
}

static bool find_now(struct cb_repo *repo, const char *name, struct cb_dataset_type *ret_type,
                     struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_get_dataset_type, CB_P(cb_p_text(name)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "Dataset type with name '%s' not found.", name);
    return take_row(rows, 0, ret_type, err);
}

bool cb_dataset_type_find(struct cb_repo *repo, const char *name, struct cb_dataset_type *ret_type,
                          struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_read(repo, &tx, err) && find_now(repo, name, ret_type, err);
}

bool cb_dataset_type_of(struct cb_repo *repo, const char *dataset_id, struct cb_dataset_type *ret_type,
                        struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_get_type_of_dataset, CB_P(cb_p_text(dataset_id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no dataset with id %s", dataset_id);
    return take_row(rows, 0, ret_type, err);
}

bool cb_dataset_type_query(struct cb_repo *repo, const char *const *globs, size_t count,
                           struct cb_dataset_type_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes regexes = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&regexes);
    if (count == 0)
        cb_array_text(&regexes, "");
    for (size_t i = 0; i < count; i++) {
        cb_auto_bytes struct cb_bytes regex = CB_BYTES(65536);
        cb_glob_to_regex(&regex, globs[i]);
        cb_array_text(&regexes, cb_bytes_text(&regex));
    }
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_find_dataset_type, CB_P(cb_p_text(cb_array_end(&regexes))), &rows, err))
        return false;
    cb_auto_dataset_types struct cb_dataset_type_list list = { 0 };
    list.item = cb_xalloc_array(cb_rows_count(rows) + 1, sizeof *list.item);
    for (size_t i = 0; i < cb_rows_count(rows); i++, list.count++)
        if (!take_row(rows, i, &list.item[i], err))
            return false;
    ret_list->count = list.count;
    ret_list->item = cb_steal(list.item);
    list.count = 0;
    return true;
}

static bool check_same(const struct cb_dataset_type *there, uint32_t dims, const char *storage_class,
                       bool is_calibration, struct cb_error *err)
{
    if (there->dims == dims && strcmp(there->storage_class, storage_class) == 0 &&
        there->is_calibration == is_calibration)
        return true;
    cb_auto_bytes struct cb_bytes old = CB_BYTES(1024), new = CB_BYTES(1024);
    cb_dimensions_format(there->dims, &old);
    cb_dimensions_format(dims, &new);
    return cb_fail(err, CB_ERR_CONFLICT, "dataset type \"%s\" exists as {%s} %s%s, not {%s} %s%s",
                   there->name, cb_bytes_text(&old), there->storage_class,
                   there->is_calibration ? " (calibration)" : "", cb_bytes_text(&new), storage_class,
                   is_calibration ? " (calibration)" : "");
}

/* The key of a dimension group, made where it is new. */
static bool find_group(struct cb_repo *repo, uint32_t dims, int64_t *ret_key, struct cb_error *err)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t n = cb_dimensions_list(dims, names);
    cb_auto_bytes struct cb_bytes array = CB_BYTES(4096);
    cb_array_begin(&array);
    for (size_t i = 0; i < n; i++)
        cb_array_text(&array, names[i]);
    cb_array_end(&array);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_find_dimension_group, CB_P(cb_p_text(cb_bytes_text(&array))), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0) {
        cb_rows_free(cb_steal(rows));
        if (!cb_db_run(repo->db, sql_insert_dimension_group, CB_P(cb_p_text(cb_bytes_text(&array))), &rows,
                       err))
            return false;
    }
    *ret_key = cb_rows_int(rows, 0, 0);
    return true;
}

/* The group without dimensions has key 0 and no row: a stock butler that meets another key for it opens no
 * repository. Its tables are there afterwards. */
static bool ensure_group(struct cb_repo *repo, uint32_t dims, bool with_calibs, int64_t *ret_key,
                         struct cb_error *err)
{
    *ret_key = 0;
    return cb_db_script(repo->db,
                        "LOCK TABLE dimension_graph_key, dimension_graph_definition IN EXCLUSIVE MODE",
                        err) &&
           (dims == 0 || find_group(repo, dims, ret_key, err)) &&
           cb_dataset_tables_make(repo, *ret_key, dims, with_calibs, err);
}

static bool insert_type(struct cb_repo *repo, const char *name, uint32_t dims, const char *storage_class,
                        bool is_calibration, bool *ret_new, struct cb_error *err)
{
    int64_t key = 0;
    char tags[64], calibs[64];
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ensure_group(repo, dims, is_calibration, &key, err))
        return false;
    snprintf(tags, sizeof tags, "dataset_tags_%08" PRId64, key);
    snprintf(calibs, sizeof calibs, "dataset_calibs_%08" PRId64, key);
    if (!cb_db_run(repo->db, sql_insert_dataset_type,
                   CB_P(cb_p_text(name), cb_p_text(storage_class), cb_p_int(key), cb_p_text(tags),
                        cb_p_text(is_calibration ? calibs : NULL)),
                   &rows, err))
        return false;
    *ret_new = cb_rows_count(rows) > 0;
    return true;
}

/* A dataset type that shall be there. */
struct registration {
    const char *name, *storage_class;
    uint32_t required;
    bool is_calibration, is_new;
};

static bool ensure_type(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct registration *it = arg;
    cb_auto_dataset_type struct cb_dataset_type there = { 0 };
    struct cb_error why = { 0 };
    it->is_new = false;
    if (!find_now(repo, it->name, &there, &why)) {
        if (why.kind != CB_ERR_NOT_FOUND)
            return cb_fail(err, why.kind, "%s", why.text);
        if (!insert_type(repo, it->name, it->required, it->storage_class, it->is_calibration, &it->is_new,
                         err) ||
            !find_now(repo, it->name, &there, err))
            return false;
    }
    return check_same(&there, it->required, it->storage_class, it->is_calibration, err);
}

bool cb_dataset_type_register(struct cb_repo *repo, const char *name, uint32_t dims,
                              const char *storage_class, bool is_calibration, bool *ret_new,
                              struct cb_error *err)
{
    if (!check_name(name, err))
        return false;
    if (cb_store_rules_class(repo->rules, storage_class) == NULL)
        return cb_fail(err, CB_ERR_INVALID, "dataset type \"%s\": storage class \"%s\" is not known", name,
                       storage_class);
    struct registration it = { .name = name,
                               .storage_class = storage_class,
                               .required = cb_dimensions_required(cb_dimensions_expand(dims)),
                               .is_calibration = is_calibration };
    if (!cb_repo_transact(repo, ensure_type, &it, err))
        return false;
    if (ret_new != NULL)
        *ret_new = it.is_new;
    return true;
}

static bool remove_type(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const char *name = arg;
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *used = NULL;
    if (!find_now(repo, name, &type, err) ||
        !cb_db_run(repo->db, "SELECT EXISTS (SELECT FROM dataset WHERE dataset_type_id = $1)",
                   CB_P(cb_p_int(type.id)), &used, err))
        return false;
    if (cb_rows_bool(used, 0, 0))
        return cb_fail(err, CB_ERR_CONFLICT, "dataset type \"%s\" has datasets", name);
    return cb_db_run(repo->db, "DELETE FROM collection_summary_dataset_type WHERE dataset_type_id = $1",
                     CB_P(cb_p_int(type.id)), NULL, err) &&
           cb_db_run(repo->db, "DELETE FROM dataset_type WHERE id = $1", CB_P(cb_p_int(type.id)), NULL, err);
}

bool cb_dataset_type_remove(struct cb_repo *repo, const char *name, struct cb_error *err)
{
    cb_auto(cb_free) char *copy = cb_xstrdup(name);
    return cb_repo_transact(repo, remove_type, copy, err);
}
