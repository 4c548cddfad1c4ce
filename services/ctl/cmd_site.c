/* calbus site: the sites that calibrations are carried to. */
#include "broker.h"
#include "cluster.h"
#include "commands.h"
#include "database.h"
#include "sites_setup.h"

#include "base/alloc.h"
#include "base/json.h"
#include "butler/repository.h"
#include "io/db_uri.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_column columns[] = {
    { "name", "SITE", CTL_COL_TEXT },       { "enabled", "ENABLED", CTL_COL_BOOL },
    { "rse", "RSE", CTL_COL_TEXT },         { "rse_folder", "RSE FOLDER", CTL_COL_TEXT },
    { "landing", "LANDING", CTL_COL_TEXT }, { "repositories", "REPOSITORIES", CTL_COL_JSON },
    { NULL, NULL, CTL_COL_TEXT },
};

/* Where a repository is: as attached or made, else where it will be made. To be freed. */
static char *folder_of_repository(const struct ctl *ctl, int which, const char *label)
{
    struct cb_repo_index index = { 0 };
    cb_auto(cb_free) char *path = ctl_repository_index(&ctl->layout);
    const char *found = cb_repo_index_read(path, &index, NULL) ? cb_repo_index_find(&index, label) : NULL;
    char *folder = found != NULL ? cb_xstrdup(found)
                                 : cb_site_repository_folder(ctl->layout.home, cb_site_names[which], label);
    cb_repo_index_done(&index);
    return folder;
}

static void add(struct ctl_table *table, const struct ctl *ctl, int which)
{
    const struct cb_site *site = &ctl->settings.sites.site[which];
    cb_auto_bytes struct cb_bytes list = CB_BYTES(65536);
    struct cb_json json = CB_JSON(&list);
    cb_json_open(&json, NULL, '[');
    for (int i = 0;; i++) {
        cb_auto(cb_free) char *label = cb_site_repository(site, i);
        if (label == NULL)
            break;
        cb_json_open(&json, NULL, '{');
        cb_auto(cb_free) char *folder = folder_of_repository(ctl, which, label);
        cb_json_str(&json, "label", label);
        cb_json_str(&json, "folder", folder);
        cb_json_close(&json);
    }
    cb_json_close(&json);
    const char *people = ctl_args_has(&ctl->args, "json") ? cb_bytes_text(&list) : site->repositories;
    const char *cells[] = { cb_site_names[which],
                            site->enabled ? "true" : "false",
                            site->rse,
                            site->rse_folder,
                            site->landing,
                            people };
    ctl_table_add(table, cells);
}

static bool list(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.site.list.v1", columns);
    for (int i = 0; i < CB_SITES; i++)
        add(table, ctl, i);
    return ctl_print(ctl, table, err);
}

static bool show(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    const char *name = ctl_word(ctl, 0);
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.site.show.v1", columns);
    for (int i = 0; i < CB_SITES; i++)
        if (strcmp(cb_site_names[i], name) == 0)
            add(table, ctl, i);
    if (ctl_table_rows(table) == 1)
        return ctl_print(ctl, table, err);
    const char *near = ctl_nearest(name, cb_site_names);
    if (near != NULL)
        ctl_hint(ctl, "Did you mean %s?", near);
    return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there is no site \"%s\"; there are usdf, summit, bts and tts",
                      name);
}

/* What calbus up does beside starting processes, for suites that are started otherwise (containers, systemd).
 */
static bool setup(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    struct cb_db *db = NULL;
    int applied = 0;
    if (!ctl_settings_of(ctl, &settings, err) || !ctl_db_of(ctl, &db, err))
        return false;
    if (!ctl_make_folder(ctl->layout.home, 0755, err) || !ctl_database_migrate(ctl, db, &applied, err) ||
        !ctl_sites_set_up(ctl, db, err) || !ctl_broker_wait(settings, settings->ready_ms, err))
        return false;
    ctl_say(ctl, "database, topics, sites and repositories are there (%s)", ctl->layout.home);
    return true;
}

/* Where calbus's own database cannot prepare transactions, a service that is killed between its two commits
 * has changed the repository, and does not know. Not said while there is no database to ask. */
static bool warn_of_kills(struct ctl *ctl, const struct cb_repo *repo, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    bool safe = false;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    cb_auto(cb_free) char *uri = ctl_cluster_uri(&ctl->layout, settings->common.db_uri);
    if (uri == NULL || !cb_db_open(uri, "calbus", &db, NULL))
        return true;
    cb_auto(cb_free) char *own = cb_db_address(db);
    if (cb_db_uri_same(own, repo->uri))
        return true;
    if (!cb_joint_is_safe(db, &safe, err))
        return false;
    if (!safe)
        ctl_say(ctl, "warning: it lives in another database, and calbus's own has max_prepared_transactions "
                     "= 0: what is\n"
                     "done to both does not outlive a kill between their commits. Set it to 64.");
    return true;
}

/* LABEL PATH: a repository that is there already, made by the stock butler or by us, gets a label of the
 * suite's index; calbus up then makes none of that name. */
static bool attach(struct ctl *ctl, struct cb_error *err)
{
    const char *label = ctl_word(ctl, 0);
    struct cb_repo_index index = { 0 };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *index_path = ctl_repository_index(&ctl->layout);
    cb_auto(cb_free) char *path = realpath(ctl_word(ctl, 1), NULL);
    if (path == NULL)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there is no repository \"%s\"", ctl_word(ctl, 1));
    if (!cb_repo_index_read(index_path, &index, err))
        return false;
    const char *there = cb_repo_index_find(&index, label);
    bool free_label = there == NULL || strcmp(there, path) == 0;
    bool ok = free_label || ctl_refuse(ctl, CTL_REFUSED, err, "label %s stands for %s already", label, there);
    cb_repo_index_done(&index);
    if (!ok || !cb_repo_open(path, NULL, NULL, &repo, err) || !ctl_make_folder(ctl->layout.home, 0755, err) ||
        !cb_repo_index_put(index_path, label, path, err))
        return false;
    ctl_say(ctl, "%s is %s, schema %s", label, path, repo->schema);
    return warn_of_kills(ctl, repo, err);
}

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "Print the sites.",
      .examples = "calbus site list",
      .run = list },
    { .name = "show",
      .words = "NAME",
      .summary = "Print one site: folders, storage, repositories.",
      .examples = "calbus site show summit --json",
      .least = 1,
      .most = 1,
      .run = show },
    { .name = "setup",
      .words = "",
      .summary = "Make what calbus up makes (tables, topics, folders, repositories) where something else "
                 "starts the services.",
      .examples = "calbus site setup",
      .run = setup },
    { .name = "attach",
      .words = "LABEL PATH",
      .summary = "Give a label to a repository that is there already (a folder or a butler.yaml), also one "
                 "that the stock "
                 "butler made.",
      .examples = "calbus site attach /repo/main /data/repos/main",
      .least = 2,
      .most = 2,
      .run = attach },
    { .run = NULL },
};
const struct ctl_noun noun_site = { "site", "The sites that calibrations are carried to.", verbs, false };
