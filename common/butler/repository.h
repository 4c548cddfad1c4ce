/* A Butler repository: a folder with butler.yaml, and a schema of a PostgreSQL database.
 *
 *   <root>/butler.yaml     names the database and the schema (registry.namespace)
 *   <root>/...             the datastore's files
 *   schema <namespace>     the stock butler's tables, nothing added
 *
 * Every function of common/butler that takes a repository is one transaction, or, when its connection is
 * already in one, a savepoint of it: so a service can write its own tables, the outbox and the repository in
 * one transaction, and several repositories of one database in one. A failure leaves no trace. search_path is
 * set inside (SET LOCAL), so the caller's own tables must be schema-qualified. Locks are taken in the order
 * graph tables, collections, calibs tables (butler.md 9.3); what the stock butler or a new dataset type's
 * tables lock in another order is met by trying again: cb_repo_transact, or the caller from the outermost
 * transaction where the error is TRANSIENT. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "io/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cb_repo {
    char *name;       /* the label or path it was opened by, for messages */
    char *root;       /* absolute folder of the files, no slash at its end */
    char *datastore;  /* the name that their locations are recorded under */
    char *schema;     /* "public" when butler.yaml names none */
    char *uri;        /* of its database, for libpq; without password */
    struct cb_db *db; /* borrowed or own */
    bool owns_db;
    struct cb_store_rules *rules; /* what the configuration says of files: store_rules.h */
    struct cb_look_up *look_ups;  /* of look_up.c */
    struct cb_arrivals *arrivals; /* of arrivals.c; NULL unless the open transaction brings files */
};

/* Where labels lead: the map of $DAF_BUTLER_REPOSITORY_INDEX (YAML or JSON, label: path). */
struct cb_repo_index {
    size_t count;
    struct {
        char *label, *path;
    } * entry;
};
/* A missing file is an empty index. Errors: INVALID not a map of texts. */
CB_MUST_CHECK bool cb_repo_index_read(const char *path, struct cb_repo_index *ret_index,
                                      struct cb_error *err);
/* The map itself, as $DAF_BUTLER_REPOSITORIES holds it; origin names it in errors. */
CB_MUST_CHECK bool cb_repo_index_parse(const char *text, const char *origin, struct cb_repo_index *ret_index,
                                       struct cb_error *err);
void cb_repo_index_done(struct cb_repo_index *index);
const char *cb_repo_index_find(const struct cb_repo_index *index, const char *label); /* NULL: absent */
/* The label of what a label, folder or path stands for; NULL: the index has none. Borrowed from the index. */
const char *cb_repo_index_label(const struct cb_repo_index *index, const char *name);
/* Add or replace a label in the index file, by rename; made when absent, its other lines kept in order. */
CB_MUST_CHECK bool cb_repo_index_put(const char *path, const char *label, const char *root,
                                     struct cb_error *err);

/* Make a repository: schema and tables in the database of `db` (whose address for butler.yaml is `uri`, a
 * libpq URI or key=value string), then root/butler.yaml. The folder is made when absent. Leftovers of a
 * create that was killed (a schema without butler.yaml) are told from a foreign schema by their rows: an
 * empty repository schema is taken over. schema   a plain name: [a-z_][a-z0-9_]{0,62}, not pg_*, not calbus;
 * "public" only when it holds no tables of ours Errors: CONFLICT butler.yaml exists ("repository exists"), or
 * the schema holds data; INVALID schema name. */
CB_MUST_CHECK bool cb_repo_create(struct cb_db *db, const char *uri, const char *root, const char *schema,
                                  struct cb_error *err);

/* The same with what the stock command's options say. */
struct cb_repo_seed {
    const char *config;  /* file whose other keys go into butler.yaml too; NULL: none */
    bool override;       /* its datastore and registry.db hold before ours */
    bool standalone;     /* the defaults are written out */
    const char *outfile; /* in place of root/butler.yaml; NULL */
};
CB_MUST_CHECK bool cb_repo_create_seeded(struct cb_db *db, const char *uri, const char *root,
                                         const char *schema, const struct cb_repo_seed *seed,
                                         struct cb_error *err);

/* The configuration file that a label, folder or path stands for; to be freed. Errors: NOT_FOUND as below. */
CB_MUST_CHECK bool cb_repo_locate(const char *name, const struct cb_repo_index *index, char **ret_config,
                                  struct cb_error *err);
/* Open by label, folder, path of a butler.yaml or LABEL/other.yaml (repo_config.h). index may be NULL. shared
 * (with its URI) may be NULL; it is borrowed when the repository lives in the same database. Of one in
 * another database the work becomes part of the transaction that shared is in (cb_tx_join); while it is in
 * none, a connection of its own is opened. Errors: NOT_FOUND no such label or folder, naming the labels there
 * are; FATAL manager names or versions other than ours, both printed (butler.md 1.1), not PostgreSQL, no
 * btree_gist; TRANSIENT the database is away. */
CB_MUST_CHECK bool cb_repo_open(const char *label_or_path, const struct cb_repo_index *index,
                                struct cb_db *shared, struct cb_repo **ret_repo, struct cb_error *err);
void cb_repo_close(struct cb_repo *repo);
CB_DEFINE_CLEANUP(struct cb_repo *, cb_repo_close)

/* Begin a transaction, or a savepoint of the open one, with search_path set to the repository. For callers
 * that want several calls to be one, and for statements of their own on the repository's tables. */
CB_MUST_CHECK bool cb_repo_begin(struct cb_repo *repo, struct cb_tx **ret_tx, struct cb_error *err);
/* Several calls as one transaction, done anew when the server gave it up for another's sake (deadlock,
 * serialization), up to CB_REPO_TRIES times with drawn pauses; inside an open transaction a savepoint that is
 * tried once, because only its outermost can be tried again. work gets the same arg each time and must not
 * have told anybody of what it did. */
enum { CB_REPO_TRIES = 10 };
typedef bool cb_repo_work(struct cb_repo *repo, void *arg, struct cb_error *err);
CB_MUST_CHECK bool cb_repo_transact(struct cb_repo *repo, cb_repo_work *work, void *arg,
                                    struct cb_error *err);
/* For reading: sets search_path where a transaction is open (*ret_tx stays NULL), else begins one that ends
 * with the handle. */
CB_MUST_CHECK bool cb_repo_read(struct cb_repo *repo, struct cb_tx **ret_tx, struct cb_error *err);
