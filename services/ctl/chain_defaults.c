/* calbus chain defaults: the chain that an instrument's raws, calibrations and auxiliary products are found
 * by. */
#include "chain_verbs.h"

#include "base/alloc.h"
#include "butler/auxiliary.h"
#include "butler/home.h"

#include <string.h>

const struct ctl_flag ctl_chain_defaults_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { .name = NULL },
};

static const struct ctl_column columns[] = {
    { "position", "POSITION", CTL_COL_NUMBER },
    { "collection", "COLLECTION", CTL_COL_TEXT },
    { "type", "TYPE", CTL_COL_TEXT },
    { "new", "NEW", CTL_COL_BOOL },
    { .key = NULL },
};

static bool is_added(const char *instrument, const char *name, unsigned added)
{
    char standard[CB_COLLECTION_NAME_SIZE];
    for (unsigned member = 0; member < CB_DEFAULTS_COUNT; member++) {
        cb_defaults_name(instrument, (enum cb_defaults_member)member, standard);
        if ((added & 1U << member) != 0 && strcmp(standard, name) == 0)
            return true;
    }
    return false;
}

static bool print_chain(struct ctl *ctl, struct cb_repo *repo, unsigned added, struct cb_error *err)
{
    char chain[CB_COLLECTION_NAME_SIZE];
    cb_auto_collections struct cb_collection_list members = { 0 };
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.chain.defaults.v1", columns);
    cb_defaults_chain(ctl_word(ctl, 0), chain);
    if (!cb_chain_children(repo, chain, &members, err))
        return false;
    for (size_t i = 0; i < members.count; i++) {
        char position[24];
        snprintf(position, sizeof position, "%zu", i + 1);
        const char *const cells[] = { position, members.item[i].name,
                                      cb_collection_type_name(members.item[i].type),
                                      is_added(ctl_word(ctl, 0), members.item[i].name, added) ? "true"
                                                                                              : "false" };
        ctl_table_add(table, cells);
    }
    return ctl_print(ctl, table, err);
}

bool ctl_chain_defaults(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    unsigned added = 0;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    return ctl_db_of(ctl, &db, err) && cb_repo_open_home(index, ctl_repository(ctl), db, &repo, err) &&
           cb_defaults_update(repo, ctl_word(ctl, 0), &added, err) && print_chain(ctl, repo, added, err);
}
