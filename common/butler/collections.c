/* Collections: registering, finding, listing. */
#include "butler/collections.h"

#include "base/alloc.h"
#include "butler/rows.h"
#include "sql.h"

#include <string.h>
#include <strings.h>

enum { NAME_MAX_CHARS = 200 };

static const char *const type_names[] = { NULL, "RUN", "TAGGED", "CHAINED", "CALIBRATION" };

const char *cb_collection_type_name(enum cb_collection_type type)
{
    return (unsigned)type >= 1 && (unsigned)type <= 4 ? type_names[type] : "unknown";
}

bool cb_collection_type_parse(const char *name, enum cb_collection_type *ret_type)
{
    for (int i = 1; i <= 4; i++)
        if (strcasecmp(name, type_names[i]) == 0) {
            *ret_type = (enum cb_collection_type)i;
            return true;
        }
    return false;
}

void cb_collection_done(struct cb_collection *collection)
{
    free(collection->name);
    free(collection->doc);
    *collection = (struct cb_collection){ 0 };
}

void cb_collection_list_done(struct cb_collection_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        cb_collection_done(&list->item[i]);
    free(list->item);
    *list = (struct cb_collection_list){ 0 };
}

bool cb_collection_check_name(const char *name, struct cb_error *err)
{
    size_t length = strlen(name);
    size_t plain = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+~-");
    if (length == 0)
        return cb_fail(err, CB_ERR_INVALID, "a collection's name cannot be empty");
    if (length > NAME_MAX_CHARS)
        return cb_fail(err, CB_ERR_INVALID, "collection name \"%.60s...\" is longer than %d characters", name,
                       NAME_MAX_CHARS);
    if (plain != length)
        return cb_fail(err, CB_ERR_INVALID,
                       "collection name \"%s\" contains \"%c\"; letters, digits and _./+~- are possible",
                       name, name[plain]);
    if (name[0] == '/' || name[length - 1] == '/' || strstr(name, "//") != NULL ||
        strstr(name, "/../") != NULL || strncmp(name, "../", 3) == 0 || strcmp(name, "..") == 0 ||
        strcmp(name, ".") == 0 || (length >= 3 && strcmp(name + length - 3, "/..") == 0))
        return cb_fail(err, CB_ERR_INVALID,
                       "collection name \"%s\" has an empty part or \"..\" between slashes", name);
    return true;
}

static struct cb_collection take_row(const struct cb_rows *rows, size_t row)
{
    return (struct cb_collection){ .id = cb_rows_int(rows, row, 0),
                                   .name = cb_xstrdup(cb_rows_text(rows, row, 1)),
                                   .type = (enum cb_collection_type)cb_rows_int(rows, row, 2),
                                   .doc = cb_xstrdup(cb_rows_text(rows, row, 3)) };
}

static void add_rows(struct cb_collection_list *list, const struct cb_rows *rows)
{
    size_t more = cb_rows_count(rows);
    list->item = cb_xrealloc_array(list->item, list->count + more + 1, sizeof *list->item);
    for (size_t i = 0; i < more; i++)
        list->item[list->count++] = take_row(rows, i);
}

static bool run_list(struct cb_repo *repo, const char *sql, const struct cb_param *params, size_t n,
                     struct cb_collection_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql, params, n, &rows, err))
        return false;
    *ret_list = (struct cb_collection_list){ 0 };
    add_rows(ret_list, rows);
    return true;
}

/* search_path is set. */
static bool find_now(struct cb_repo *repo, const char *name, struct cb_collection *ret_collection,
                     struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_find_collection, CB_P(cb_p_text(name)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "No collection with name '%s' found.", name);
    *ret_collection = take_row(rows, 0);
    return true;
}

bool cb_collection_find(struct cb_repo *repo, const char *name, struct cb_collection *ret_collection,
                        struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_read(repo, &tx, err) && find_now(repo, name, ret_collection, err);
}

static bool check_existing(struct cb_repo *repo, const char *name, enum cb_collection_type type,
                           struct cb_error *err)
{
    cb_auto_collection struct cb_collection there = { 0 };
    if (!find_now(repo, name, &there, err))
        return false;
    return there.type == type || cb_fail(err, CB_ERR_CONFLICT, "collection \"%s\" exists as %s, not %s", name,
                                         cb_collection_type_name(there.type), cb_collection_type_name(type));
}

/* A collection that shall be there. */
struct registration {
    const char *name, *doc;
    enum cb_collection_type type;
    bool is_new;
};

static bool ensure_collection(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct registration *it = arg;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_register_collection,
                   CB_P(cb_p_text(it->name), cb_p_int(it->type), cb_p_text(it->doc)), &rows, err))
        return false;
    it->is_new = cb_rows_count(rows) > 0;
    if (!it->is_new)
        return check_existing(repo, it->name, it->type, err);
    return it->type != CB_COLLECTION_RUN ||
           cb_db_run(repo->db, sql_insert_run, CB_P(cb_p_int(cb_rows_int(rows, 0, 0))), NULL, err);
}

bool cb_collection_register(struct cb_repo *repo, const char *name, enum cb_collection_type type,
                            const char *doc, bool *ret_new, struct cb_error *err)
{
    struct registration it = { .name = name, .doc = doc, .type = type };
    if (!cb_collection_check_name(name, err) || !cb_repo_transact(repo, ensure_collection, &it, err))
        return false;
    if (ret_new != NULL)
        *ret_new = it.is_new;
    return true;
}

static void types_array(struct cb_bytes *array, unsigned types)
{
    cb_array_begin(array);
    for (int i = 1; i <= 4; i++)
        if (types == 0 || (types & (1U << i)) != 0)
            cb_array_int(array, i);
    cb_array_end(array);
}

static bool has_everything(const char *const *globs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(globs[i], "*") == 0)
            return true;
    return false;
}

/* Plain names must exist; beside "*" they mean nothing. */
static bool check_plain_names(struct cb_repo *repo, const char *const *globs, size_t count,
                              struct cb_error *err)
{
    if (has_everything(globs, count))
        return true;
    for (size_t i = 0; i < count; i++) {
        cb_auto_collection struct cb_collection there = { 0 };
        if (!cb_is_glob(globs[i]) && !find_now(repo, globs[i], &there, err))
            return false;
    }
    return true;
}

static bool query_now(struct cb_repo *repo, const char *const *globs, size_t count, unsigned types,
                      struct cb_collection_list *ret_list, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes regexes = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes wanted = CB_BYTES(256);
    cb_array_begin(&regexes);
    if (count == 0)
        cb_array_text(&regexes, "");
    for (size_t i = 0; i < count; i++) {
        cb_auto_bytes struct cb_bytes regex = CB_BYTES(65536);
        cb_glob_to_regex(&regex, globs[i]);
        cb_array_text(&regexes, cb_bytes_text(&regex));
    }
    types_array(&wanted, types);
    return run_list(repo, sql_query_collections,
                    CB_P(cb_p_text(cb_array_end(&regexes)), cb_p_text(cb_bytes_text(&wanted))), ret_list,
                    err);
}

bool cb_collection_query(struct cb_repo *repo, const char *const *globs, size_t count, unsigned types,
                         struct cb_collection_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_read(repo, &tx, err) && check_plain_names(repo, globs, count, err) &&
           query_now(repo, globs, count, types, ret_list, err);
}

bool cb_collection_types(struct cb_repo *repo, const struct cb_collection *collections, size_t count,
                         char ***ret_names, size_t *ret_count, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&ids);
    for (size_t i = 0; i < count; i++)
        cb_array_int(&ids, collections[i].id);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_list_summary_types, CB_P(cb_p_text(cb_array_end(&ids))), &rows, err))
        return false;
    *ret_count = cb_rows_count(rows);
    *ret_names = cb_xalloc_array(*ret_count + 1, sizeof **ret_names);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_names)[i] = cb_xstrdup(cb_rows_text(rows, i, 0));
    return true;
}

/* Ids of names and globs, in their order. */
static bool list_ids(struct cb_repo *repo, const char *const *names, size_t count, struct cb_bytes *array,
                     struct cb_error *err)
{
    const char *all = "*";
    if (has_everything(names, count)) {
        names = &all;
        count = 1;
    }
    cb_array_begin(array);
    for (size_t i = 0; i < count; i++) {
        cb_auto_collections struct cb_collection_list some = { 0 };
        if (!check_plain_names(repo, names + i, 1, err) || !query_now(repo, names + i, 1, 0, &some, err))
            return false;
        for (size_t k = 0; k < some.count; k++)
            cb_array_int(array, some.item[k].id);
    }
    cb_array_end(array);
    return true;
}

static void drop_chains(struct cb_collection_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].type == CB_COLLECTION_CHAINED)
            cb_collection_done(&list->item[i]);
        else
            list->item[kept++] = list->item[i];
    list->count = kept;
}

bool cb_collection_flatten(struct cb_repo *repo, const char *const *names, size_t count, bool with_chains,
                           struct cb_collection_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    if (!cb_repo_read(repo, &tx, err) || !list_ids(repo, names, count, &ids, err) ||
        !run_list(repo, sql_flatten_collections, CB_P(cb_p_text(cb_bytes_text(&ids))), ret_list, err))
        return false;
    if (!with_chains)
        drop_chains(ret_list);
    return true;
}

static bool list_relatives(struct cb_repo *repo, const char *sql, const char *name,
                           struct cb_collection_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_collection struct cb_collection self = { 0 };
    return cb_repo_read(repo, &tx, err) && find_now(repo, name, &self, err) &&
           run_list(repo, sql, CB_P(cb_p_int(self.id)), ret_list, err);
}

bool cb_chain_children(struct cb_repo *repo, const char *parent, struct cb_collection_list *ret_list,
                       struct cb_error *err)
{
    return list_relatives(repo, sql_list_chain_children, parent, ret_list, err);
}

bool cb_chain_parents(struct cb_repo *repo, const char *child, struct cb_collection_list *ret_list,
                      struct cb_error *err)
{
    return list_relatives(repo, sql_list_chain_parents, child, ret_list, err);
}
