/* Chains: redefine, prepend, extend, remove, pop. Source: butler.md 3.4.
 *
 * Two locks: one of our own that all our chain edits of a repository take, because the cycle test reads
 * chains other than the one that is locked; and the butler's row lock on the parent, against its edits of the
 * same chain. */
#include "butler/collections.h"

#include "base/alloc.h"
#include "butler/rows.h"
#include "sql.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* Position is a smallint; beyond these the chain is numbered anew from 0. */
enum { POSITION_LOW = -30000, POSITION_HIGH = 30000 };

static bool lock_parent(struct cb_repo *repo, const char *parent, int64_t *ret_id, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, "SELECT pg_advisory_xact_lock(hashtext('calbus chain'), hashtext($1))",
                   CB_P(cb_p_text(repo->schema)), NULL, err) ||
        !cb_db_run(repo->db, sql_lock_chain, CB_P(cb_p_text(parent)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "No collection with name '%s' found.", parent);
    if (cb_rows_int(rows, 0, 1) != CB_COLLECTION_CHAINED)
        return cb_fail(err, CB_ERR_INVALID, "Parent collection %s is not a chained collection.", parent);
    *ret_id = cb_rows_int(rows, 0, 0);
    return true;
}

/* The children's ids as an array, each once; *ret_count of them. */
static bool find_members(struct cb_repo *repo, const char *const *children, size_t count,
                         struct cb_bytes *ids, size_t *ret_count, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes names = CB_BYTES(CB_ARRAY_MAX);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_array_begin(&names);
    for (size_t i = 0; i < count; i++)
        cb_array_text(&names, children[i]);
    if (!cb_db_run(repo->db, sql_find_chain_members, CB_P(cb_p_text(cb_array_end(&names))), &rows, err))
        return false;
    cb_array_begin(ids);
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        if (cb_rows_is_null(rows, i, 0))
            return cb_fail(err, CB_ERR_NOT_FOUND, "No collection with name '%s' found.",
                           cb_rows_text(rows, i, 1));
        cb_array_int(ids, cb_rows_int(rows, i, 0));
    }
    cb_array_end(ids);
    *ret_count = cb_rows_count(rows);
    return true;
}

/* A parent may not be below its children, nor one of them. */
static bool check_cycle(struct cb_repo *repo, const char *parent, int64_t parent_id, const char *ids,
                        struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_flatten_collections, CB_P(cb_p_text(ids)), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (cb_rows_int(rows, i, 0) == parent_id)
            return cb_fail(err, CB_ERR_CONFLICT, "Cycle in collection chaining when defining '%s'.", parent);
    return true;
}

static bool clear(struct cb_repo *repo, int64_t parent, const char *ids, struct cb_error *err)
{
    return cb_db_run(repo->db, sql_clear_chain, CB_P(cb_p_int(parent), cb_p_text(ids)), NULL, err);
}

static bool set(struct cb_repo *repo, int64_t parent, const char *ids, int64_t first, struct cb_error *err)
{
    return cb_db_run(repo->db, sql_set_chain, CB_P(cb_p_int(parent), cb_p_text(ids), cb_p_int(first)), NULL,
                     err);
}

static bool renumber(struct cb_repo *repo, int64_t parent, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_renumber_chain, CB_P(cb_p_int(parent)), &rows, err))
        return false;
    return cb_rows_is_null(rows, 0, 0) || set(repo, parent, cb_rows_text(rows, 0, 0), 0, err);
}

/* First and last position, after making room for n more at either end. */
static bool read_bounds(struct cb_repo *repo, int64_t parent, size_t n, int64_t *ret_low, int64_t *ret_high,
                        struct cb_error *err)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!cb_db_run(repo->db, sql_chain_bounds, CB_P(cb_p_int(parent)), &rows, err))
            return false;
        *ret_low = cb_rows_int(rows, 0, 0);
        *ret_high = cb_rows_int(rows, 0, 1);
        if (*ret_low - (int64_t)n >= POSITION_LOW && *ret_high + (int64_t)n <= POSITION_HIGH)
            return true;
        if (attempt == 0 && !renumber(repo, parent, err))
            return false;
    }
    return cb_fail(err, CB_ERR_INVALID, "a chain cannot have more than %d members", POSITION_HIGH);
}

static bool add_members(struct cb_repo *repo, int64_t parent, enum cb_chain_edit edit, const char *ids,
                        size_t n, struct cb_error *err)
{
    int64_t low, high;
    if (!read_bounds(repo, parent, n, &low, &high, err))
        return false;
    return set(repo, parent, ids, edit == CB_CHAIN_PREPEND ? low - (int64_t)n : high + 1, err);
}

/* One edit; the arguments of cb_chain_change. */
struct edit {
    const char *parent;
    enum cb_chain_edit kind;
    const char *const *children;
    size_t count;
};

static bool change(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct edit *edit = arg;
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    int64_t id;
    size_t n = 0;
    if (!lock_parent(repo, edit->parent, &id, err) ||
        !find_members(repo, edit->children, edit->count, &ids, &n, err))
        return false;
    const char *members = cb_bytes_text(&ids);
    if (edit->kind != CB_CHAIN_REMOVE && !check_cycle(repo, edit->parent, id, members, err))
        return false;
    if (!clear(repo, id, edit->kind == CB_CHAIN_REDEFINE ? NULL : members, err))
        return false;
    return edit->kind == CB_CHAIN_REMOVE || n == 0 || add_members(repo, id, edit->kind, members, n, err);
}

bool cb_chain_change(struct cb_repo *repo, const char *parent, enum cb_chain_edit edit,
                     const char *const *children, size_t count, struct cb_error *err)
{
    struct edit it = { parent, edit, children, count };
    return cb_repo_transact(repo, change, &it, err);
}

/* The arguments of cb_chain_pop. */
struct removal {
    const char *parent;
    const int64_t *indexes;
    size_t count;
};

static bool pop(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct removal *it = arg;
    cb_auto_collections struct cb_collection_list there = { 0 };
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    int64_t id;
    if (!lock_parent(repo, it->parent, &id, err) || !cb_chain_children(repo, it->parent, &there, err))
        return false;
    cb_array_begin(&ids);
    for (size_t i = 0; i < it->count; i++) {
        int64_t size = (int64_t)there.count, index = it->indexes[i];
        if (index < -size || index >= size)
            return cb_fail(err, CB_ERR_INVALID, "index %" PRId64 " is beyond the %zu members of \"%s\"",
                           index, there.count, it->parent);
        cb_array_int(&ids, there.item[index < 0 ? index + size : index].id);
    }
    return clear(repo, id, cb_array_end(&ids), err);
}

bool cb_chain_pop(struct cb_repo *repo, const char *parent, const int64_t *indexes, size_t count,
                  struct cb_error *err)
{
    struct removal it = { parent, indexes, count };
    return cb_repo_transact(repo, pop, &it, err);
}
