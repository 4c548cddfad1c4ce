/* What calbus up makes for each site: folders, repositories with their instruments, and the repository index.
 */
#pragma once

#include "ctl.h"

/* Folders of landing and storage of every enabled site, its repositories in the database of db with the
 * camera's instruments registered, and $CALBUS_HOME/repositories.yaml. What is there already is left alone.
 * Errors: as cb_repo_create and cb_repo_open. */
CB_MUST_CHECK bool ctl_sites_set_up(struct ctl *ctl, struct cb_db *db, struct cb_error *err);
/* $CALBUS_HOME/repositories.yaml, to be freed. */
char *ctl_repository_index(const struct ctl_layout *layout);
