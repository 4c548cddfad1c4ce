/* A Butler repository: its two halves, folder and schema, found and opened. */
#include "butler/repository.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/arrivals.h"
#include "butler/datastore.h"
#include "butler/look_up.h"
#include "butler/repo_config.h"
#include "butler/store_rules.h"
#include "io/clock.h"
#include "io/db_uri.h"
#include "sql.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "; labels are a, b" */
static bool fail_missing(const char *name, const char *what, const struct cb_repo_index *index,
                         struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes known = CB_BYTES(600);
    for (size_t i = 0; index != NULL && i < index->count; i++)
        cb_bytes_printf(&known, "%s%s", i > 0 ? ", " : "; labels are ", index->entry[i].label);
    return cb_fail(err, CB_ERR_NOT_FOUND, "no repository \"%s\": %s%s", name, what, cb_bytes_text(&known));
}

/* LABEL/other.yaml; to be freed, NULL when it is no such name. */
static char *file_of_label(const char *name, const struct cb_repo_index *index)
{
    const char *slash = strrchr(name, '/');
    if (index == NULL || slash == NULL || strstr(slash, ".yaml") == NULL)
        return NULL;
    cb_auto(cb_free) char *label = cb_xstrndup(name, (size_t)(slash - name));
    const char *root = cb_repo_index_find(index, label);
    return root != NULL ? cb_xasprintf("%s%s", root, slash) : NULL;
}

/* The canonical folder and the name as it is given: a link to a configuration stands for a file of its own.
 */
static char *absolute_file(const char *path)
{
    char real[PATH_MAX];
    const char *slash = strrchr(path, '/');
    cb_auto(cb_free) char *folder =
        slash == NULL ? cb_xstrdup(".") : cb_xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (access(path, F_OK) != 0 || realpath(folder, real) == NULL)
        return NULL;
    return cb_xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, slash == NULL ? path : slash + 1);
}

bool cb_repo_locate(const char *name, const struct cb_repo_index *index, char **ret_config,
                    struct cb_error *err)
{
    const char *labelled = index != NULL ? cb_repo_index_find(index, name) : NULL;
    cb_auto(cb_free) char *by_label = labelled == NULL ? file_of_label(name, index) : NULL;
    const char *given = labelled != NULL ? labelled : by_label != NULL ? by_label : name;
    cb_auto(cb_free) char *path =
        strncmp(given, "file://", 7) == 0 ? cb_file_uri_path(given) : cb_xstrdup(given);
    struct stat info;
    if (path == NULL || stat(path, &info) != 0)
        return fail_missing(name, "neither a label nor a folder", index, err);
    if (S_ISDIR(info.st_mode)) {
        char *file = cb_xasprintf("%s/butler.yaml", path);
        free(path);
        path = file;
    }
    *ret_config = absolute_file(path);
    if (*ret_config != NULL)
        return true;
    cb_auto(cb_free) char *what = cb_xasprintf("there is no %s", path);
    return fail_missing(name, what, index, err);
}

static bool fill_repo(struct cb_repo *repo, const char *name, const char *path, struct cb_error *err)
{
    cb_auto_repo_config struct cb_repo_config config = { 0 };
    if (!cb_repo_config_read(path, &config, err) || !cb_db_uri_from_python(config.db, &repo->uri, err))
        return cb_context(err, "cannot open repository \"%s\"", name);
    repo->name = cb_xstrdup(name);
    repo->root = cb_xstrdup(config.root);
    repo->schema = cb_xstrdup(config.schema != NULL ? config.schema : "public");
    repo->datastore = cb_xstrdup(config.datastore);
    repo->rules = cb_steal(config.rules);
    return true;
}

/* Manager names and versions this code is written for (butler.md 2.1); patch versions do not matter. */
static const struct {
    const char *type, *name, *version;
} managers[] = {
    { "attributes", "lsst.daf.butler.registry.attributes.DefaultButlerAttributeManager", "1.0" },
    { "dimensions", "lsst.daf.butler.registry.dimensions.static.StaticDimensionRecordStorageManager", "6.0" },
    { "collections", "lsst.daf.butler.registry.collections.synthIntKey.SynthIntKeyCollectionManager", "2.0" },
    { "datasets",
      "lsst.daf.butler.registry.datasets.byDimensions._manager.ByDimensionsDatasetRecordStorageManagerUUID",
      "2.0" },
    { "opaque", "lsst.daf.butler.registry.opaque.ByNameOpaqueTableStorageManager", "0.2" },
    { "datastores", "lsst.daf.butler.registry.bridge.monolithic.MonolithicDatastoreRegistryBridgeManager",
      "0.2" },
};

static const char *find_attribute(const struct cb_rows *rows, const char *prefix, const char *rest)
{
    size_t length = strlen(prefix);
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        const char *name = cb_rows_text(rows, i, 0);
        if (strncmp(name, prefix, length) == 0 && strcmp(name + length, rest) == 0)
            return cb_rows_text(rows, i, 1);
    }
    return NULL;
}

static bool is_version(const char *found, const char *wanted)
{
    size_t length = strlen(wanted);
    return found != NULL && strncmp(found, wanted, length) == 0 &&
           (found[length] == '.' || found[length] == '\0');
}

static bool check_managers(const struct cb_repo *repo, const struct cb_rows *rows, struct cb_error *err)
{
    for (size_t i = 0; i < sizeof managers / sizeof managers[0]; i++) {
        const char *name = find_attribute(rows, "config:registry.managers.", managers[i].type);
        if (name == NULL || strcmp(name, managers[i].name) != 0)
            return cb_fail(
                err, CB_ERR_FATAL,
                "repository \"%s\" has the %s manager %s, calbus works with %s; nothing was changed",
                repo->name, managers[i].type, name != NULL ? name : "(none)", managers[i].name);
        const char *version = find_attribute(rows, "version:", name);
        if (!is_version(version, managers[i].version))
            return cb_fail(err, CB_ERR_FATAL,
                           "repository \"%s\" has version %s of the %s manager %s, calbus works with %s; "
                           "nothing was changed",
                           repo->name, version != NULL ? version : "(none)", managers[i].type, name,
                           managers[i].version);
    }
    const char *universe = find_attribute(rows, "universe", "");
    if (universe == NULL || strcmp(universe, "daf_butler 8") != 0)
        return cb_fail(err, CB_ERR_FATAL,
                       "repository \"%s\" has the dimension universe %s, calbus works with daf_butler 8; "
                       "nothing was changed",
                       repo->name, universe != NULL ? universe : "(none)");
    return true;
}

/* One statement: of a command that only opens and asks, each takes a tenth of its time. */
static bool read_attributes(struct cb_repo *repo, struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_error why = { 0 };
    if (!cb_repo_begin(repo, &tx, err))
        return false;
    if (cb_db_run(repo->db, sql_get_attributes, CB_P0, ret_rows, &why))
        return true;
    if (strcmp(cb_db_sqlstate(repo->db), "42P01") == 0) /* no such table */
        return cb_fail(err, CB_ERR_FATAL,
                       "the database of repository \"%s\" holds no butler tables in schema \"%s\"",
                       repo->name, repo->schema);
    return cb_fail(err, why.kind, "%s", why.text);
}

static bool create_records(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    (void)arg;
    return cb_db_script(repo->db, sql_create_records, err);
}

/* A repository that the stock butler made and has not opened to write files yet has no table of them. */
static bool ensure_records(struct cb_repo *repo, bool are_there, struct cb_error *err)
{
    return are_there || cb_repo_transact(repo, create_records, NULL, err) ||
           cb_context(err, "nobody has written to the repository yet");
}

static bool check_schema(struct cb_repo *repo, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *attributes = NULL;
    if (!read_attributes(repo, &attributes, err))
        return false;
    if (find_attribute(attributes, "extension", "") == NULL)
        return cb_fail(
            err, CB_ERR_FATAL,
            "the database of repository \"%s\" has no extension btree_gist, which every butler needs",
            repo->name);
    return check_managers(repo, attributes, err) &&
           ensure_records(repo, find_attribute(attributes, "table", "") != NULL, err);
}

static bool connect_repo(struct cb_repo *repo, struct cb_db *shared, struct cb_error *err)
{
    cb_auto(cb_free) char *place = shared != NULL ? cb_db_address(shared) : NULL;
    if (place != NULL && cb_db_uri_same(place, repo->uri)) {
        repo->db = shared;
        return true;
    }
    if (shared != NULL && cb_db_in_tx(shared))
        return cb_tx_join(shared, repo->uri, repo->name, &repo->db, err);
    repo->owns_db = true;
    return cb_db_open(repo->uri, "calbus", &repo->db, err);
}

bool cb_repo_open(const char *label_or_path, const struct cb_repo_index *index, struct cb_db *shared,
                  struct cb_repo **ret_repo, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = cb_xalloc(sizeof *repo);
    cb_auto(cb_free) char *path = NULL;
    if (!cb_repo_locate(label_or_path, index, &path, err) || !fill_repo(repo, label_or_path, path, err))
        return false;
    if (!connect_repo(repo, shared, err) || !check_schema(repo, err))
        return cb_context(err, "cannot open repository \"%s\"", label_or_path);
    *ret_repo = cb_steal(repo);
    return true;
}

void cb_repo_close(struct cb_repo *repo)
{
    if (repo == NULL)
        return;
    if (repo->owns_db)
        cb_db_close(repo->db);
    free(repo->name);
    free(repo->root);
    free(repo->schema);
    free(repo->uri);
    free(repo->datastore);
    cb_store_rules_free(repo->rules);
    cb_look_ups_free(repo->look_ups);
    cb_arrivals_detach(repo);
    free(repo);
}

/* In the open transaction. The name is quoted by the server. */
static bool set_path(struct cb_repo *repo, struct cb_error *err)
{
    return cb_db_run(repo->db, "SELECT set_config('search_path', quote_ident($1), true)",
                     CB_P(cb_p_text(repo->schema)), NULL, err);
}

static bool ensure_alive(struct cb_repo *repo, struct cb_error *err)
{
    return !repo->owns_db || cb_db_is_alive(repo->db) || cb_db_reopen(repo->db, err);
}

bool cb_repo_begin(struct cb_repo *repo, struct cb_tx **ret_tx, struct cb_error *err)
{
    if (!ensure_alive(repo, err))
        return false;
    cb_auto(cb_free) char *schema = cb_db_quote_identifier(repo->db, repo->schema);
    cb_auto(cb_free) char *path = cb_xasprintf("SET LOCAL search_path TO %s", schema);
    return cb_tx_begin_with(repo->db, path, ret_tx, err);
}

static bool transact_once(struct cb_repo *repo, cb_repo_work *work, void *arg, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_begin(repo, &tx, err) && work(repo, arg, err) && cb_tx_commit(&tx, err);
}

/* Deadlock, serialization failure, a table that another made at once (the stock butler makes those of types
 * outside the lock of ours): another transaction went first, and this one left nothing behind. */
static bool was_given_up(const struct cb_repo *repo, enum cb_err_kind kind)
{
    static const char *const states[] = { "40P01", "40001", "23505" };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (kind == CB_ERR_TRANSIENT && strcmp(cb_db_sqlstate(repo->db), states[i]) == 0)
            return cb_db_is_alive(repo->db);
    return false;
}

/* Two that met once shall not meet again in step. */
static void pause_before(int attempt)
{
    uint8_t drawn;
    cb_random_bytes(&drawn, sizeof drawn);
    (void)poll(NULL, 0, 5 + drawn * attempt / 8);
}

bool cb_repo_transact(struct cb_repo *repo, cb_repo_work *work, void *arg, struct cb_error *err)
{
    bool outermost = !cb_db_in_tx(repo->db);
    struct cb_error why = { 0 };
    for (int attempt = 1;; attempt++) {
        why = (struct cb_error){ 0 };
        if (transact_once(repo, work, arg, &why))
            return true;
        if (!outermost || attempt == CB_REPO_TRIES || !was_given_up(repo, why.kind))
            break;
        pause_before(attempt);
    }
    if (err != NULL)
        *err = why;
    return false;
}

bool cb_repo_read(struct cb_repo *repo, struct cb_tx **ret_tx, struct cb_error *err)
{
    return cb_db_in_tx(repo->db) ? set_path(repo, err) : cb_repo_begin(repo, ret_tx, err);
}
