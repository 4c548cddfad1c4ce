/* The sites that calibrations are carried to: their repositories, their storage (RSE) and their landing
 * folders. */
#pragma once

#include "base/settings.h"

#include <stdbool.h>

enum { CB_SITES = 4 };

struct cb_site {
    bool enabled;
    char *repositories; /* labels of the repository index, label,...; "usdf" has none in front, others
                           "summit:" */
    char *rse;          /* Rucio storage element: "SUMMIT_CALIB_DISK" */
    char *rse_folder;   /* its root; only the distributor writes there */
    char *landing;      /* where new raw files appear */
};

struct cb_sites {
    struct cb_site site[CB_SITES]; /* in the order of cb_site_names */
};
extern const char *const cb_site_names[CB_SITES + 1]; /* "usdf", "summit", "bts", "tts", NULL */

/* Sections [site.usdf], [site.summit], [site.bts], [site.tts]; target struct cb_sites. */
extern const struct cb_setting cb_site_settings[];

/* NULL when there is no site of this name. */
const struct cb_site *cb_site_find(const struct cb_sites *sites, const char *name);
/* The site of a storage element: its index, -1 if there is none. */
int cb_site_of_rse(const struct cb_sites *sites, const char *rse);
/* The i-th repository label of a site, to be freed; NULL after the last. */
char *cb_site_repository(const struct cb_site *site, int i);
/* Folder and schema of the repository with this label at a site, in the private database: "/repo/main" at
 * usdf is
 * "<home>/sites/usdf/repo/main" and "usdf_main". To be freed. */
char *cb_site_repository_folder(const char *home, const char *site, const char *label);
char *cb_site_repository_schema(const char *site, const char *label);
