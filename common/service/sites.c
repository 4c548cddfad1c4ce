/* The sites that calibrations are carried to. */
#include "service/sites.h"

#include "base/alloc.h"

#include <ctype.h>
#include <string.h>

const char *const cb_site_names[CB_SITES + 1] = { "usdf", "summit", "bts", "tts", NULL };

#define AT(index, field) offsetof(struct cb_sites, site[index].field)
#define SITE(index, name, on, repos, element)                                                                     \
    { "site." name, "enabled", CB_SET_BOOL, AT(index, enabled),                                                   \
      on,           0,         0,           "whether calibrations are carried to " name },                        \
        { "site." name,                                                                                           \
          "repositories",                                                                                         \
          CB_SET_TEXT,                                                                                            \
          AT(index, repositories),                                                                                \
          repos,                                                                                                  \
          0,                                                                                                      \
          0,                                                                                                      \
          "labels of the site's repositories in the repository index, label,..." },                               \
        { "site." name, "rse", CB_SET_TEXT, AT(index, rse), element, 0, 0, "name of its Rucio storage element" }, \
        { "site." name,                                                                                           \
          "rse_folder",                                                                                           \
          CB_SET_PATH,                                                                                            \
          AT(index, rse_folder),                                                                                  \
          "$CALBUS_HOME/sites/" name "/rse",                                                                      \
          0,                                                                                                      \
          0,                                                                                                      \
          "root of the storage element; only the distributor writes there" },                                     \
    {                                                                                                             \
        "site." name, "landing", CB_SET_PATH, AT(index, landing), "$CALBUS_HOME/sites/" name "/landing", 0,       \
            0, "folder in which new raw files appear"                                                             \
    }

const struct cb_setting cb_site_settings[] = {
    SITE(0, "usdf", "true", "/repo/main,/repo/embargo,/repo/ir2", "SLAC_BUTLER_DISK"),
    SITE(1, "summit", "true", "summit:/repo/LATISS,summit:/repo/LSSTComCam,summit:/repo/LSSTCam",
         "SUMMIT_CALIB_DISK"),
    SITE(2, "bts", "true", "bts:/repo/LSSTComCam,bts:/repo/LSSTCam", "BASE_CALIB_DISK"),
    SITE(3, "tts", "false", "tts:/repo/LATISS,tts:/repo/LSSTComCam", "TTS_CALIB_DISK"),
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

const struct cb_site *cb_site_find(const struct cb_sites *sites, const char *name)
{
    for (int i = 0; i < CB_SITES; i++)
        if (strcmp(cb_site_names[i], name) == 0)
            return &sites->site[i];
    return NULL;
}

int cb_site_of_rse(const struct cb_sites *sites, const char *rse)
{
    for (int i = 0; i < CB_SITES; i++)
        if (strcmp(sites->site[i].rse, rse) == 0)
            return i;
    return -1;
}

char *cb_site_repository(const struct cb_site *site, int i)
{
    for (const char *at = site->repositories;;) {
        at += strspn(at, ", ");
        size_t length = strcspn(at, ", ");
        if (length == 0)
            return NULL;
        if (i-- == 0)
            return cb_xstrndup(at, length);
        at += length;
    }
}

/* The label without its site and without "/repo/": "main", "LSSTComCam". */
static const char *short_name(const char *label)
{
    const char *slash = strrchr(label, '/');
    return slash == NULL ? label : slash + 1;
}

char *cb_site_repository_folder(const char *home, const char *site, const char *label)
{
    return cb_xasprintf("%s/sites/%s/repo/%s", home, site, short_name(label));
}

char *cb_site_repository_schema(const char *site, const char *label)
{
    char *schema = cb_xasprintf("%s_%s", site, short_name(label));
    for (char *letter = schema; *letter != '\0'; letter++)
        *letter = isalnum((unsigned char)*letter) ? (char)tolower((unsigned char)*letter) : '_';
    return schema;
}
