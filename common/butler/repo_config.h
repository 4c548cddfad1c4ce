/* A repository's configuration: butler.yaml, or any other file of its kind (butler+sasquatch.yaml). Source:
 * instruments.md 6.
 *
 * A value may be "!include FILE", and includeConfigs names files whose values hold where the file has none,
 * both relative to the file. Of a chain of datastores the one file datastore counts; stores in memory and of
 * Sasquatch hold no files. */
#pragma once

#include "base/error.h"

struct cb_repo_config {
    char *db;     /* registry.db, as SQLAlchemy takes it */
    char *schema; /* registry.namespace; NULL when it names none */
    char *root;   /* absolute: the key root, relative to the working folder; else the file's folder */
};
void cb_repo_config_done(struct cb_repo_config *config);
static inline void cb_repo_config_done_at_exit(struct cb_repo_config *config)
{
    cb_repo_config_done(config);
}
#define cb_auto_repo_config __attribute__((cleanup(cb_repo_config_done_at_exit)))

/* Errors: NOT_FOUND no such file; INVALID no registry.db, no file datastore or two of them, files elsewhere
 * than below <butlerRoot>. */
CB_MUST_CHECK bool cb_repo_config_read(const char *path, struct cb_repo_config *ret_config,
                                       struct cb_error *err);
