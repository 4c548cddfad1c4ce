/* What calbus up makes for each site. */
#include "sites_setup.h"

#include "base/alloc.h"
#include "butler/dimension_records.h"
#include "butler/repository.h"

#include <string.h>
#include <unistd.h>

/* A repository named after an instrument holds that one; the others hold all. */
static const char *const instruments[] = { "LATISS", "LSSTComCam", "LSSTCam", NULL };

char *ctl_repository_index(const struct ctl_layout *layout)
{
    return ctl_home_path(layout, "repositories.yaml");
}

static bool is_for_one(const char *label)
{
    const char *slash = strrchr(label, '/');
    for (size_t i = 0; instruments[i] != NULL; i++)
        if (strcmp(slash == NULL ? label : slash + 1, instruments[i]) == 0)
            return true;
    return false;
}

static bool register_instruments(struct cb_db *db, const char *folder, const char *label,
                                 struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (!cb_repo_open(folder, NULL, db, &repo, err))
        return false;
    const char *slash = strrchr(label, '/');
    const char *own = is_for_one(label) ? (slash == NULL ? label : slash + 1) : NULL;
    for (size_t i = 0; instruments[i] != NULL; i++)
        if ((own == NULL || strcmp(own, instruments[i]) == 0) &&
            !cb_instrument_register(repo, instruments[i], false, err))
            return false;
    return true;
}

/* A repository that was made in part by a killed `up` has no butler.yaml yet, or lacks instruments; both are
 * made good. */
static bool set_up_repository(struct ctl *ctl, struct cb_db *db, const char *site, const char *label,
                              const struct cb_repo_index *index, struct cb_error *err)
{
    if (cb_repo_index_find(index, label) != NULL)
        return true;
    cb_auto(cb_free) char *folder = cb_site_repository_folder(ctl->layout.home, site, label);
    cb_auto(cb_free) char *schema = cb_site_repository_schema(site, label);
    cb_auto(cb_free) char *index_path = ctl_repository_index(&ctl->layout);
    cb_auto(cb_free) char *config = cb_xasprintf("%s/butler.yaml", folder);
    cb_auto(cb_free) char *uri = cb_db_address(db); /* a service file or the environment may say where */
    if (access(config, F_OK) != 0 && !cb_repo_create(db, uri, folder, schema, err))
        return cb_context(err, "cannot make repository \"%s\"", label);
    return register_instruments(db, folder, label, err) && cb_repo_index_put(index_path, label, folder, err);
}

static bool set_up_site(struct ctl *ctl, struct cb_db *db, int which, const struct cb_repo_index *index,
                        struct cb_error *err)
{
    const struct cb_site *site = &ctl->settings.sites.site[which];
    if (!ctl_make_folder(site->landing, 0755, err) || !ctl_make_folder(site->rse_folder, 0755, err))
        return false;
    for (int i = 0;; i++) {
        cb_auto(cb_free) char *label = cb_site_repository(site, i);
        if (label == NULL)
            return true;
        if (!set_up_repository(ctl, db, cb_site_names[which], label, index, err))
            return false;
    }
}

bool ctl_sites_set_up(struct ctl *ctl, struct cb_db *db, struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    cb_auto(cb_free) char *path = ctl_repository_index(&ctl->layout);
    if (!cb_repo_index_read(path, &index, err))
        return false;
    bool done = true;
    for (int i = 0; done && i < CB_SITES; i++)
        if (ctl->settings.sites.site[i].enabled)
            done = set_up_site(ctl, db, i, &index, err) ||
                   cb_context(err, "cannot set up site %s", cb_site_names[i]);
    cb_repo_index_done(&index);
    return done;
}
