/* Which ranges change only with the board's consent. */
#include "consent.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/home.h"
#include "domain/collection_name.h"
#include "domain/instrument.h"
#include "sql.h"

#include <string.h>

static bool contains(const struct cb_collection_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, name) == 0)
            return true;
    return false;
}

/* Does an instrument's default chain lead to it? */
static bool is_in_force(const struct certifier *me, struct cb_db *db, const char *repository,
                        const char *collection, bool *ret_is, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    *ret_is = false;
    if (!cb_repo_open_home(me->index_path, repository, db, &repo, err))
        return false;
    for (int i = 0; i < CB_CAMERA_COUNT && !*ret_is; i++) {
        struct cb_error why = { 0 };
        cb_auto(cb_free) char *chain = cb_xasprintf("%s/calib", cb_instrument_at((enum cb_camera)i)->name);
        cb_auto_collections struct cb_collection_list path = { 0 };
        const char *const start[] = { chain };
        if (!cb_collection_flatten(repo, start, 1, true, &path, &why) && why.kind != CB_ERR_NOT_FOUND) {
            *err = why;
            return false;
        }
        *ret_is = contains(&path, collection);
    }
    return true;
}

/* A collection of a ticket that was accepted, or that the board is looking at. */
static bool look_at_proposal(struct cb_db *db, const char *repository, const char *collection,
                             bool *ret_accepted, struct cb_error *err)
{
    char ticket_chain[CB_COLLECTION_NAME_SIZE];
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    *ret_accepted = false;
    if (!cb_collection_name_chain(collection, ticket_chain, NULL))
        return true;
    if (!cb_db_run(db, sql_find_proposals_of_chain, CB_P(cb_p_text(repository), cb_p_text(ticket_chain)),
                   &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        if (cb_rows_bool(rows, i, 2))
            *ret_accepted = true;
        else
            return cb_fail(err, CB_ERR_CONFLICT,
                           "%s is before the board: %s is %s; withdraw it, or have more requested",
                           collection, cb_rows_text(rows, i, 0), cb_rows_text(rows, i, 1));
    }
    return true;
}

bool is_consent_needed(const struct certifier *me, struct cb_db *db, const char *repository,
                       const char *collection, bool *ret_needed, struct cb_error *err)
{
    struct cb_collection_name name;
    bool accepted = false, in_force = false;
    if (!cb_collection_name_parse(collection, &name, err))
        return false;
    *ret_needed = false;
    if (name.user[0] != '\0')
        return true;
    if (!look_at_proposal(db, repository, collection, &accepted, err) ||
        !is_in_force(me, db, repository, collection, &in_force, err))
        return false;
    *ret_needed = accepted || in_force;
    return true;
}

/* Is the collection among what was accepted, or in force, already? */
static bool check_new(const struct certifier *me, struct cb_db *db, const char *repository,
                      const char *collection, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *accepted = NULL;
    bool in_force = false;
    if (!cb_db_run(db, sql_find_accepted_collection, CB_P(cb_p_text(repository), cb_p_text(collection)),
                   &accepted, err) ||
        !is_in_force(me, db, repository, collection, &in_force, err))
        return false;
    if (cb_rows_count(accepted) == 0 && !in_force)
        return true;
    return cb_fail(
        err, CB_ERR_CONFLICT,
        "%s is in force or accepted: certify into a collection of its own (--into), which the board "
        "has yet to accept",
        collection);
}

bool consent_of_certification(const struct certifier *me, struct cb_db *db, const char *repository,
                              const char *collection, const char *ticket_chain,
                              enum certify_consent *ret_consent, struct cb_error *err)
{
    struct cb_collection_name name;
    bool accepted = false, in_force = false;
    *ret_consent = CERTIFY_INTO_CHAIN;
    if (!cb_collection_name_parse(collection, &name, err))
        return false;
    if (name.user[0] != '\0' || ticket_chain[0] == '\0')
        return true;
    if (!look_at_proposal(db, repository, collection, &accepted, err) ||
        !is_in_force(me, db, repository, ticket_chain, &in_force, err))
        return false;
    if (!accepted && !in_force)
        return true;
    *ret_consent = CERTIFY_TO_WAIT;
    return check_new(me, db, repository, collection, err);
}
