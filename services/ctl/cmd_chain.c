/* calbus chain: what is in force where, and changing it. */
#include "ask.h"
#include "commands.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/home.h"
#include "calbus/v1/certification.pb-c.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_flag change_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "site", 0, CTL_FLAG_TEXT, "SITE", "Where the repository is; read from the label unless given." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

/* "summit:/repo/LSSTComCam" is at summit, "/repo/main" at usdf. */
static void site_of(const struct ctl *ctl, const char *repository, char *ret_site, size_t size)
{
    const char *given = ctl_args_text(&ctl->args, "site", NULL);
    const char *colon = strchr(repository, ':');
    if (given != NULL)
        snprintf(ret_site, size, "%s", given);
    else if (colon != NULL)
        snprintf(ret_site, size, "%.*s", (int)(colon - repository), repository);
    else
        snprintf(ret_site, size, "usdf");
}

static bool change(struct ctl *ctl, const char *mode, struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE], site[64];
    cb_uuid_new_text(id);
    const char *repository = ctl_args_text(&ctl->args, "repo", "/repo/main");
    site_of(ctl, repository, site, sizeof site);
    Calbus__V1__ChainRequested requested = CALBUS__V1__CHAIN_REQUESTED__INIT;
    requested.request_id = id;
    requested.site = site;
    requested.repository = (char *)repository;
    requested.parent = (char *)ctl_word(ctl, 0);
    requested.child = (char *)ctl_word(ctl, 1);
    requested.mode = (char *)mode;
    requested.by = (char *)ctl_person(ctl);
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_CHAIN_REQUESTED;
    wrapper.chain_requested = &requested;

    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "chain.requested", .key = requested.parent };
    if (!ctl_ask(ctl, "certifier", id, &outgoing, &wrapper.base, &result, err))
        return false;
    return ctl_print_answer(ctl, result, err);
}

static bool prepend(struct ctl *ctl, struct cb_error *err)
{
    return change(ctl, "prepend", err);
}

static bool take_out(struct ctl *ctl, struct cb_error *err)
{
    return change(ctl, "remove", err);
}

static const struct ctl_column show_columns[] = {
    { "position", "POSITION", CTL_COL_NUMBER },
    { "collection", "COLLECTION", CTL_COL_TEXT },
    { "type", "TYPE", CTL_COL_TEXT },
    { .key = NULL },
};

static bool show(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_collections struct cb_collection_list children = { 0 };
    cb_auto(cb_free) char *index = cb_xasprintf("%s/repositories.yaml", ctl->layout.home);
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_repo_open_home(index, ctl_args_text(&ctl->args, "repo", "/repo/main"), db, &repo, err) ||
        !cb_chain_children(repo, ctl_word(ctl, 0), &children, err))
        return false;

    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.chain.show.v1", show_columns);
    for (size_t i = 0; i < children.count; i++) {
        char position[24];
        snprintf(position, sizeof position, "%zu", i + 1);
        const char *const cells[] = { position, children.item[i].name,
                                      cb_collection_type_name(children.item[i].type) };
        ctl_table_add(table, cells);
    }
    return ctl_print(ctl, table, err);
}

static const struct ctl_flag show_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { .name = NULL },
};

static const struct ctl_verb verbs[] = {
    { .name = "show",
      .words = "CHAIN",
      .summary = "List the members of a chain in search order.",
      .examples = "calbus chain show LSSTComCam/calib --repo summit:/repo/LSSTComCam",
      .flags = show_flags,
      .least = 1,
      .most = 1,
      .run = show },
    { .name = "prepend",
      .words = "CHAIN CHILD",
      .summary =
          "Put a ticket's chain at the front of a default chain: its calibrations come into force there.",
      .examples =
          "calbus chain prepend LSSTComCam/calib LSSTComCam/calib/DM-1 --repo summit:/repo/LSSTComCam",
      .flags = change_flags,
      .least = 2,
      .most = 2,
      .run = prepend },
    { .name = "remove",
      .words = "CHAIN CHILD",
      .summary = "Take a ticket's chain out of a default chain.",
      .examples = "calbus chain remove LSSTComCam/calib LSSTComCam/calib/DM-1",
      .flags = change_flags,
      .least = 2,
      .most = 2,
      .run = take_out },
    { .run = NULL },
};
const struct ctl_noun noun_chain = { "chain", "What is in force where, and changing it.", verbs, false };
