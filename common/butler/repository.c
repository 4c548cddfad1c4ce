/* A Butler repository: its two halves, folder and schema, found and opened. */
#include "butler/repository.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/look_up.h"
#include "io/clock.h"
#include "io/db_uri.h"
#include "io/file.h"
#include "io/yaml.h"
#include "sql.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What butler.yaml says. */
struct config {
    char *db, *schema, *datastore_root, *records_table, *root;
};

static void config_done(struct config *config)
{
    free(config->db);
    free(config->schema);
    free(config->datastore_root);
    free(config->records_table);
    free(config->root);
}
static void config_done_at_exit(struct config *config)
{
    config_done(config);
}

static void take_text(char **slot, const struct cb_yaml_node *node)
{
    if (*slot == NULL)
        *slot = cb_xstrdup(cb_yaml_text(node));
}

/* The file datastore's settings, also inside a chained datastore. */
static void take_datastore(struct config *config, const struct cb_yaml_node *datastore)
{
    const struct cb_yaml_node *members = cb_yaml_get(datastore, "datastores");
    for (size_t i = 0; members != NULL && members->kind == CB_YAML_SEQUENCE && i < members->count; i++) {
        const struct cb_yaml_node *member = cb_yaml_get(members->item[i], "datastore");
        const char *cls = cb_yaml_text(cb_yaml_get(member, "cls"));
        if (cls != NULL && strstr(cls, "FileDatastore") != NULL)
            take_datastore(config, member);
    }
    take_text(&config->datastore_root, cb_yaml_get(datastore, "root"));
    take_text(&config->records_table, cb_yaml_path(datastore, "records", "table", (char *)NULL));
}

static bool read_config(const char *path, int depth, struct config *config, struct cb_error *err);

static bool read_includes(const char *path, const struct cb_yaml_node *includes, int depth,
                          struct config *config, struct cb_error *err)
{
    if (includes == NULL)
        return true;
    size_t count = includes->kind == CB_YAML_SEQUENCE ? includes->count : 1;
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; i < count; i++) {
        const char *name = cb_yaml_text(includes->kind == CB_YAML_SEQUENCE ? includes->item[i] : includes);
        if (name == NULL || name[0] == '\0')
            continue;
        cb_auto(cb_free) char *full = name[0] == '/' || slash == NULL
                                          ? cb_xstrdup(name)
                                          : cb_xasprintf("%.*s/%s", (int)(slash - path), path, name);
        if (!read_config(full, depth + 1, config, err))
            return false;
    }
    return true;
}

/* A file's own values win over those it includes. */
static bool read_config(const char *path, int depth, struct config *config, struct cb_error *err)
{
    if (depth > 4)
        return cb_fail(err, CB_ERR_INVALID, "%s: includeConfigs nested too deeply", path);
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    if (!cb_yaml_read(path, &yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    take_text(&config->db, cb_yaml_path(root, "registry", "db", (char *)NULL));
    take_text(&config->schema, cb_yaml_path(root, "registry", "namespace", (char *)NULL));
    take_text(&config->root, cb_yaml_get(root, "root"));
    take_datastore(config, cb_yaml_get(root, "datastore"));
    return read_includes(path, cb_yaml_get(root, "includeConfigs"), depth, config, err);
}

static bool check_config(const char *path, const struct config *config, struct cb_error *err)
{
    if (config->db == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s: registry.db is missing", path);
    if (config->datastore_root != NULL && strcmp(config->datastore_root, "<butlerRoot>") != 0)
        return cb_fail(err, CB_ERR_INVALID, "%s: datastore.root is \"%s\"; only <butlerRoot> is supported",
                       path, config->datastore_root);
    if (config->records_table != NULL && strcmp(config->records_table, "file_datastore_records") != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "%s: datastore.records.table is \"%s\"; only file_datastore_records is supported",
                       path, config->records_table);
    return true;
}

/* The configuration file a label or path stands for; to be freed. */
static bool locate(const char *name, const struct cb_repo_index *index, char **ret_config,
                   struct cb_error *err)
{
    const char *path = index != NULL ? cb_repo_index_find(index, name) : NULL;
    cb_auto(cb_free) char *by_label = NULL;
    const char *slash = strrchr(name, '/');
    if (path == NULL && index != NULL && slash != NULL &&
        strstr(slash, ".yaml") != NULL) { /* LABEL/other.yaml */
        cb_auto(cb_free) char *label = cb_xstrndup(name, (size_t)(slash - name));
        const char *root = cb_repo_index_find(index, label);
        if (root != NULL)
            by_label = cb_xasprintf("%s%s", root, slash);
    }
    if (path == NULL)
        path = by_label != NULL ? by_label : name;
    if (strncmp(path, "file://", 7) == 0)
        path += 7;
    char real[PATH_MAX];
    if (realpath(path, real) == NULL) {
        cb_auto_bytes struct cb_bytes known = CB_BYTES(600);
        for (size_t i = 0; index != NULL && i < index->count; i++)
            cb_bytes_printf(&known, "%s%s", i > 0 ? ", " : "; labels are ", index->entry[i].label);
        return cb_fail(err, CB_ERR_NOT_FOUND, "no repository \"%s\": neither a label nor a folder%s", name,
                       cb_bytes_text(&known));
    }
    struct stat info;
    bool is_folder = stat(real, &info) == 0 && S_ISDIR(info.st_mode);
    *ret_config = cb_xasprintf("%s%s", real, is_folder ? "/butler.yaml" : "");
    return true;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return cb_xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static bool fill_repo(struct cb_repo *repo, const char *name, const char *path, struct cb_error *err)
{
    __attribute__((cleanup(config_done_at_exit))) struct config config = { 0 };
    if (!read_config(path, 0, &config, err)) {
        if (err != NULL && err->kind == CB_ERR_NOT_FOUND)
            return cb_fail(err, CB_ERR_NOT_FOUND, "no repository \"%s\": there is no %s", name, path);
        return false;
    }
    if (!check_config(path, &config, err) || !cb_db_uri_from_python(config.db, &repo->uri, err))
        return cb_context(err, "cannot open repository \"%s\"", name);
    repo->name = cb_xstrdup(name);
    repo->root = config.root != NULL && config.root[0] == '/' ? cb_xstrdup(config.root) : folder_of(path);
    repo->schema = cb_xstrdup(config.schema != NULL ? config.schema : "public");
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

static bool check_schema(struct cb_repo *repo, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *present = NULL;
    if (!cb_db_run(repo->db, sql_check_schema, CB_P(cb_p_text(repo->schema)), &present, err))
        return false;
    if (!cb_rows_bool(present, 0, 0))
        return cb_fail(err, CB_ERR_FATAL,
                       "the database of repository \"%s\" holds no butler tables in schema \"%s\"",
                       repo->name, repo->schema);
    if (!cb_rows_bool(present, 0, 1))
        return cb_fail(
            err, CB_ERR_FATAL,
            "the database of repository \"%s\" has no extension btree_gist, which every butler needs",
            repo->name);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *attributes = NULL;
    return cb_repo_read(repo, &tx, err) && cb_db_run(repo->db, sql_get_attributes, CB_P0, &attributes, err) &&
           check_managers(repo, attributes, err);
}

static bool connect_repo(struct cb_repo *repo, struct cb_db *shared, struct cb_error *err)
{
    if (shared != NULL && cb_db_uri_same(cb_db_uri(shared), repo->uri)) {
        repo->db = shared;
        return true;
    }
    repo->owns_db = true;
    return cb_db_open(repo->uri, "calbus", &repo->db, err);
}

bool cb_repo_open(const char *label_or_path, const struct cb_repo_index *index, struct cb_db *shared,
                  struct cb_repo **ret_repo, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = cb_xalloc(sizeof *repo);
    cb_auto(cb_free) char *path = NULL;
    if (!locate(label_or_path, index, &path, err) || !fill_repo(repo, label_or_path, path, err))
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
    cb_look_ups_free(repo->look_ups);
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
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    if (!ensure_alive(repo, err) || !cb_tx_begin(repo->db, &tx, err) || !set_path(repo, err))
        return false;
    *ret_tx = cb_steal(tx);
    return true;
}

static bool transact_once(struct cb_repo *repo, cb_repo_work *work, void *arg, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_begin(repo, &tx, err) && work(repo, arg, err) && cb_tx_commit(&tx, err);
}

/* Deadlock, serialization failure: another transaction went first, and this one left nothing behind. */
static bool was_given_up(const struct cb_repo *repo)
{
    const char *state = cb_db_sqlstate(repo->db);
    return cb_db_is_alive(repo->db) && (strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0);
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
        if (!outermost || attempt == CB_REPO_TRIES || why.kind != CB_ERR_TRANSIENT || !was_given_up(repo))
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
