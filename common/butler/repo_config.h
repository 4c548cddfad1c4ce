/* A repository's configuration: butler.yaml, or any other file of its kind (butler+sasquatch.yaml). Source:
 * instruments.md 6.
 *
 * A value may be "!include FILE", and includeConfigs names files whose values hold where the file has none,
 * both relative to the file. Of a chain of datastores the one file datastore counts; stores in memory and of
 * Sasquatch hold no files. Caches and composites concern those who read and write Python objects. */
#pragma once

#include "base/error.h"
#include "butler/store_rules.h"

struct cb_repo_config {
    char *db;     /* registry.db, as SQLAlchemy takes it */
    char *schema; /* registry.namespace; NULL when it names none */
    char *root;   /* absolute: datastore.root, in which <butlerRoot> is the key root, relative to the working
                     folder, else the file's folder */
    char *datastore;              /* the name its files' locations are recorded under */
    struct cb_store_rules *rules; /* storage classes, formatters, templates, constraints */
};
void cb_repo_config_done(struct cb_repo_config *config);
static inline void cb_repo_config_done_at_exit(struct cb_repo_config *config)
{
    cb_repo_config_done(config);
}
#define cb_auto_repo_config __attribute__((cleanup(cb_repo_config_done_at_exit)))

/* Errors: NOT_FOUND no such file, no such folder; INVALID no registry.db, no file datastore or two of them,
 * files on another machine, another table of records, a template or a key that is none; CONFLICT a storage
 * class of the butler defined otherwise. */
CB_MUST_CHECK bool cb_repo_config_read(const char *path, struct cb_repo_config *ret_config,
                                       struct cb_error *err);
