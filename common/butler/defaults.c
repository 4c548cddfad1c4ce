/* The chain INSTRUMENT/defaults. */
#include "base/alloc.h"
#include "butler/auxiliary.h"
#include "butler/dimension_records.h"
#include "sql.h"

#include <string.h>

static bool exists(struct cb_repo *repo, const char *name, bool *ret_exists, struct cb_error *err)
{
    cb_auto_collection struct cb_collection found = { 0 };
    struct cb_error why = { 0 };
    *ret_exists = cb_collection_find(repo, name, &found, &why);
    if (*ret_exists || why.kind == CB_ERR_NOT_FOUND)
        return true;
    if (err != NULL)
        *err = why;
    return false;
}

static bool check_instrument(struct cb_repo *repo, const char *instrument, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_instrument_names(repo, &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (strcmp(cb_rows_text(rows, i, 0), instrument) == 0)
            return true;
    return cb_fail(err, CB_ERR_NOT_FOUND, "instrument \"%.60s\" is not registered in %s", instrument,
                   repo->name);
}

/* Those that calbus itself fills are made before their first use. */
static bool make_own(struct cb_repo *repo, const char *instrument, struct cb_error *err)
{
    static const struct {
        enum cb_defaults_member member;
        enum cb_collection_type type;
    } own[] = { { CB_DEFAULTS_RAW, CB_COLLECTION_RUN }, { CB_DEFAULTS_CALIB, CB_COLLECTION_CHAINED } };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        char name[CB_COLLECTION_NAME_SIZE];
        bool is_there;
        cb_defaults_name(instrument, own[i].member, name);
        if (!exists(repo, name, &is_there, err) ||
            (!is_there && !cb_collection_register(repo, name, own[i].type, NULL, NULL, err)))
            return false;
    }
    return true;
}

static bool find_wanted(struct cb_repo *repo, const char *instrument, unsigned *ret_wanted,
                        struct cb_error *err)
{
    *ret_wanted = 0;
    for (unsigned member = 0; member < CB_DEFAULTS_COUNT; member++) {
        char name[CB_COLLECTION_NAME_SIZE];
        bool is_there;
        cb_defaults_name(instrument, (enum cb_defaults_member)member, name);
        if (!exists(repo, name, &is_there, err))
            return false;
        *ret_wanted |= is_there ? 1U << member : 0;
    }
    return true;
}

static bool redefine(struct cb_repo *repo, const char *instrument, const char *chain, unsigned wanted,
                     unsigned *ret_added, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list there = { 0 };
    if (!cb_chain_children(repo, chain, &there, err))
        return false;
    cb_auto(cb_free) const char **names = cb_xalloc_array(there.count + CB_DEFAULTS_COUNT, sizeof *names);
    char(*merged)[CB_COLLECTION_NAME_SIZE] = cb_xalloc_array(there.count + CB_DEFAULTS_COUNT, sizeof *merged);
    for (size_t i = 0; i < there.count; i++)
        names[i] = there.item[i].name;
    size_t n = cb_defaults_merge(instrument, names, there.count, wanted, merged, ret_added);
    for (size_t i = 0; i < n; i++)
        names[i] = merged[i];
    bool ok = *ret_added == 0 || cb_chain_change(repo, chain, CB_CHAIN_REDEFINE, names, n, err);
    free(merged);
    return ok;
}

struct updating {
    const char *instrument;
    unsigned *ret_added;
};

static bool update(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct updating *it = arg;
    char chain[CB_COLLECTION_NAME_SIZE];
    unsigned wanted, added = 0;
    cb_defaults_chain(it->instrument, chain);
    bool ok = check_instrument(repo, it->instrument, err) && make_own(repo, it->instrument, err) &&
              cb_collection_register(repo, chain, CB_COLLECTION_CHAINED, NULL, NULL, err) &&
              /* nothing is removed: it locks the chain before its members are read */
              cb_chain_change(repo, chain, CB_CHAIN_REMOVE, NULL, 0, err) &&
              find_wanted(repo, it->instrument, &wanted, err) &&
              redefine(repo, it->instrument, chain, wanted, &added, err);
    if (ok && it->ret_added != NULL)
        *it->ret_added = added;
    return ok;
}

bool cb_defaults_update(struct cb_repo *repo, const char *instrument, unsigned *ret_added,
                        struct cb_error *err)
{
    struct updating it = { instrument, ret_added };
    return cb_repo_transact(repo, update, &it, err);
}

static bool update_registered(struct cb_repo *repo, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_instrument_names(repo, &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!cb_defaults_update(repo, cb_rows_text(rows, i, 0), NULL, err))
            return false;
    return true;
}

bool cb_defaults_update_all(struct cb_repo *repo, const char *const *instruments, size_t n,
                            struct cb_error *err)
{
    if (n == 0)
        return update_registered(repo, err);
    for (size_t i = 0; i < n; i++)
        if (!cb_defaults_update(repo, instruments[i], NULL, err))
            return false;
    return true;
}
