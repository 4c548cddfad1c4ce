/* Removing collections that are no RUNs. Source: butler.md 3.10. */
#include "butler/removal.h"

#include "base/alloc.h"
#include "butler/rows.h"
#include "sql.h"

#include <inttypes.h>
#include <string.h>

bool cb_collection_lock(struct cb_repo *repo, const char *name, struct cb_collection *ret_collection,
                        struct cb_error *err)
{
    return cb_db_run(repo->db, sql_lock_chain, CB_P(cb_p_text(name)), NULL, err) &&
           cb_collection_find(repo, name, ret_collection, err);
}

bool cb_collection_unlink(struct cb_repo *repo, const char *name, bool from_parents, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list parents = { 0 };
    if (!cb_chain_parents(repo, name, &parents, err))
        return false;
    if (parents.count > 0 && !from_parents)
        return cb_fail(
            err, CB_ERR_CONFLICT,
            "collection \"%s\" is a member of the chain \"%s\": take it out of it first; nothing was "
            "removed",
            name, parents.item[0].name);
    for (size_t i = 0; i < parents.count; i++)
        if (!cb_chain_change(repo, parents.item[i].name, CB_CHAIN_REMOVE, &name, 1, err))
            return false;
    return true;
}

/* One type that is certified in the collection, and how often. */
static bool find_certified(struct cb_repo *repo, int64_t collection_id, char **ret_type, int64_t *ret_count,
                           struct cb_error *err)
{
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    *ret_type = NULL;
    if (!cb_dataset_type_query(repo, NULL, 0, &types, err))
        return false;
    for (size_t i = 0; i < types.count && *ret_type == NULL; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (types.item[i].calibs_table == NULL)
            continue;
        cb_auto(cb_free) char *sql =
            cb_xasprintf("SELECT count(*) FROM \"%s\" WHERE collection_id = $1 AND dataset_type_id = $2",
                         types.item[i].calibs_table);
        if (!cb_db_run(repo->db, sql, CB_P(cb_p_int(collection_id), cb_p_int(types.item[i].id)), &rows, err))
            return false;
        *ret_count = cb_rows_int(rows, 0, 0);
        if (*ret_count > 0)
            *ret_type = cb_xstrdup(types.item[i].name);
    }
    return true;
}

static bool check_not_certified(struct cb_repo *repo, const struct cb_collection *collection,
                                struct cb_error *err)
{
    cb_auto(cb_free) char *type = NULL;
    int64_t count = 0;
    if (!find_certified(repo, collection->id, &type, &count, err))
        return false;
    return type == NULL || cb_fail(err, CB_ERR_CONFLICT,
                                   "%" PRId64 " certifications of %s are in \"%s\": decertify them first; "
                                   "nothing was removed",
                                   count, type, collection->name);
}

/* Is the suite's own record of distributions in this database? */
static bool find_distribution(struct cb_repo *repo, const struct cb_collection_list *members,
                              struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *there = NULL;
    cb_auto_bytes struct cb_bytes names = CB_BYTES(CB_ARRAY_MAX);
    if (!cb_db_run(repo->db, "SELECT to_regclass('calbus.distribution') IS NOT NULL", CB_P0, &there, err))
        return false;
    if (!cb_rows_bool(there, 0, 0))
        return true;
    cb_array_begin(&names);
    for (size_t i = 0; i < members->count; i++)
        cb_array_text(&names, members->item[i].name);
    return cb_db_run(repo->db, sql_find_distribution, CB_P(cb_p_text(cb_array_end(&names))), ret_rows, err);
}

/* A chain that was distributed, or one that puts such a chain in force, stays while it leads to
 * certifications. */
static bool check_not_distributed(struct cb_repo *repo, const char *chain, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list members = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *sent = NULL;
    if (!cb_collection_flatten(repo, &chain, 1, true, &members, err) ||
        !find_distribution(repo, &members, &sent, err))
        return false;
    if (sent == NULL || cb_rows_count(sent) == 0)
        return true;
    for (size_t i = 0; i < members.count; i++)
        if (members.item[i].type == CB_COLLECTION_CALIBRATION &&
            !check_not_certified(repo, &members.item[i], err))
            return cb_context(err, "\"%s\" was distributed for %s", cb_rows_text(sent, 0, 0),
                              cb_rows_text(sent, 0, 1));
    return true;
}

/* The arguments of cb_collection_remove. */
struct collection_removal {
    const char *name;
    bool from_parents;
};

static bool check_removable(struct cb_repo *repo, const struct cb_collection *collection,
                            struct cb_error *err)
{
    switch (collection->type) {
    case CB_COLLECTION_RUN:
        return cb_fail(err, CB_ERR_INVALID, "collection \"%s\" is a RUN, which holds its datasets",
                       collection->name);
    case CB_COLLECTION_CALIBRATION:
        return check_not_certified(repo, collection, err);
    case CB_COLLECTION_CHAINED:
        return check_not_distributed(repo, collection->name, err);
    case CB_COLLECTION_TAGGED:
    default:
        return true;
    }
}

static bool remove_collection(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct collection_removal *it = arg;
    cb_auto_collection struct cb_collection self = { 0 };
    return cb_collection_lock(repo, it->name, &self, err) && check_removable(repo, &self, err) &&
           cb_collection_unlink(repo, it->name, it->from_parents, err) &&
           cb_db_run(repo->db, sql_delete_collection, CB_P(cb_p_int(self.id)), NULL, err);
}

bool cb_collection_remove(struct cb_repo *repo, const char *name, bool from_parents, struct cb_error *err)
{
    struct collection_removal it = { name, from_parents };
    return cb_repo_transact(repo, remove_collection, &it, err);
}
