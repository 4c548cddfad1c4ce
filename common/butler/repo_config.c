/* A repository's configuration. */
#include "butler/repo_config.h"

#include "base/alloc.h"
#include "io/yaml.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 32 }; /* included ones too */

/* The files that were read; nodes are borrowed from them. */
struct reader {
    size_t n;
    struct {
        char *path;
        struct cb_yaml *yaml;
    } file[MAX_FILES];
    struct cb_repo_config *config;
    char *datastore_root, *records_table, *datastore_name;
    size_t file_stores; /* of the file that is being read */
};

/* A node and the file it stands in; no node: absent. */
struct place {
    const struct cb_yaml_node *node;
    size_t file;
};

static void reader_done(struct reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->file[i].path);
        cb_yaml_free(r->file[i].yaml);
    }
    free(r->datastore_root);
    free(r->records_table);
    free(r->datastore_name);
}
#define auto_reader __attribute__((cleanup(reader_done))) struct reader

void cb_repo_config_done(struct cb_repo_config *config)
{
    free(config->db);
    free(config->schema);
    free(config->root);
    *config = (struct cb_repo_config){ 0 };
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? cb_xstrdup(".") : cb_xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static bool open_file(struct reader *r, const char *path, struct place *ret_root, struct cb_error *err)
{
    if (r->n == MAX_FILES)
        return cb_fail(err, CB_ERR_INVALID, "%s: more than %d files include each other", path, MAX_FILES);
    if (!cb_yaml_read(path, &r->file[r->n].yaml, err))
        return false;
    r->file[r->n].path = cb_xstrdup(path);
    *ret_root = (struct place){ cb_yaml_root(r->file[r->n].yaml), r->n };
    r->n++;
    return true;
}

static bool open_included(struct reader *r, size_t from, const char *name, struct place *ret_root,
                          struct cb_error *err)
{
    cb_auto(cb_free) char *folder = folder_of(r->file[from].path);
    cb_auto(cb_free) char *full = name[0] == '/' ? cb_xstrdup(name) : cb_xasprintf("%s/%s", folder, name);
    struct cb_error why = { 0 };
    return open_file(r, full, ret_root, &why) ||
           cb_fail(err, CB_ERR_INVALID, "included by %s: %s", r->file[from].path, why.text);
}

/* "!include FILE" stands for what that file holds. */
static bool follow(struct reader *r, struct place *place, struct cb_error *err)
{
    while (place->node != NULL && place->node->tag != NULL && strcmp(place->node->tag, "!include") == 0) {
        const char *name = cb_yaml_text(place->node);
        if (name == NULL)
            return cb_yaml_fail(r->file[place->file].yaml, place->node, err, "!include takes one file");
        if (!open_included(r, place->file, name, place, err))
            return false;
    }
    return true;
}

static bool get(struct reader *r, struct place at, const char *key, struct place *ret_place,
                struct cb_error *err)
{
    *ret_place = (struct place){ cb_yaml_get(at.node, key), at.file };
    return follow(r, ret_place, err);
}

/* The first value that is found holds. */
static bool take_text(struct reader *r, struct place at, const char *key, char **slot, struct cb_error *err)
{
    struct place value;
    if (!get(r, at, key, &value, err))
        return false;
    if (*slot == NULL)
        *slot = cb_xstrdup(cb_yaml_text(value.node));
    return true;
}

static bool take_file_store(struct reader *r, struct place store, struct cb_error *err)
{
    struct place records;
    if (++r->file_stores > 1)
        return cb_yaml_fail(r->file[store.file].yaml, store.node, err,
                            "two file datastores: every dataset would have to be written to both, which "
                            "calbus does not do");
    return take_text(r, store, "root", &r->datastore_root, err) &&
           take_text(r, store, "name", &r->datastore_name, err) && get(r, store, "records", &records, err) &&
           take_text(r, records, "table", &r->records_table, err);
}

static bool take_store(struct reader *r, struct place store, int depth, struct cb_error *err);

/* A member is a datastore, or holds one under "datastore". */
static bool take_members(struct reader *r, struct place store, int depth, struct cb_error *err)
{
    struct place members, constraints;
    const struct cb_yaml *yaml = r->file[store.file].yaml;
    if (depth > 8)
        return cb_yaml_fail(yaml, store.node, err, "chains of datastores are nested too deeply");
    if (!get(r, store, "datastores", &members, err) ||
        !get(r, store, "datastore_constraints", &constraints, err))
        return false;
    if (members.node == NULL || members.node->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(yaml, store.node, err, "a chained datastore needs a list of datastores");
    if (!cb_yaml_is_null(constraints.node) && constraints.node->count != members.node->count)
        return cb_yaml_fail(yaml, store.node, err, "%zu datastores, but %zu datastore_constraints",
                            members.node->count, constraints.node->count);
    for (size_t i = 0; i < members.node->count; i++) {
        struct place member = { members.node->item[i], members.file }, inner;
        if (!follow(r, &member, err) || !get(r, member, "datastore", &inner, err) ||
            !take_store(r, inner.node != NULL ? inner : member, depth + 1, err))
            return false;
    }
    return true;
}

/* cls names a Python class; without one it is a file datastore. */
static bool take_store(struct reader *r, struct place store, int depth, struct cb_error *err)
{
    struct place cls;
    if (!get(r, store, "cls", &cls, err))
        return false;
    const char *name = cb_yaml_text(cls.node);
    if (name == NULL || strstr(name, "FileDatastore") != NULL)
        return take_file_store(r, store, err);
    if (strstr(name, "ChainedDatastore") != NULL)
        return take_members(r, store, depth, err);
    return strstr(name, "InMemoryDatastore") != NULL || strstr(name, "SasquatchDatastore") != NULL ||
           cb_yaml_fail(r->file[cls.file].yaml, cls.node, err, "calbus knows no datastore of class %s", name);
}

static bool take_values(struct reader *r, struct place root, struct cb_error *err)
{
    struct place registry, store;
    if (!get(r, root, "registry", &registry, err) || !take_text(r, registry, "db", &r->config->db, err) ||
        !take_text(r, registry, "namespace", &r->config->schema, err) ||
        !take_text(r, root, "root", &r->config->root, err) || !get(r, root, "datastore", &store, err))
        return false;
    r->file_stores = 0;
    if (cb_yaml_is_null(store.node))
        return true;
    return take_store(r, store, 0, err) &&
           (r->file_stores > 0 || cb_yaml_fail(r->file[store.file].yaml, store.node, err,
                                               "there is no file datastore, and calbus writes files"));
}

/* A file's own values hold before those it includes. */
static bool read_file(struct reader *r, struct place root, struct cb_error *err)
{
    struct place includes;
    if (!follow(r, &root, err) || !take_values(r, root, err) ||
        !get(r, root, "includeConfigs", &includes, err))
        return false;
    if (cb_yaml_is_null(includes.node))
        return true;
    bool is_list = includes.node->kind == CB_YAML_SEQUENCE;
    for (size_t i = 0; i < (is_list ? includes.node->count : 1); i++) {
        struct place included;
        const char *name = cb_yaml_text(is_list ? includes.node->item[i] : includes.node);
        if (name == NULL)
            return cb_yaml_fail(r->file[includes.file].yaml, includes.node, err,
                                "includeConfigs is a file or a list of files");
        if (!open_included(r, includes.file, name, &included, err) || !read_file(r, included, err))
            return false;
    }
    return true;
}

static bool check_texts(const struct reader *r, const char *path, struct cb_error *err)
{
    const struct {
        const char *what, *found, *wanted;
    } fixed[] = {
        { "datastore.root", r->datastore_root, "<butlerRoot>" },
        { "datastore.name", r->datastore_name, "FileDatastore@<butlerRoot>" },
        { "datastore.records.table", r->records_table, "file_datastore_records" },
    };
    if (r->config->db == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s: registry.db is missing", path);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (fixed[i].found != NULL && strcmp(fixed[i].found, fixed[i].wanted) != 0)
            return cb_fail(err, CB_ERR_INVALID, "%s: %s is \"%s\"; only %s is supported", path, fixed[i].what,
                           fixed[i].found, fixed[i].wanted);
    return true;
}

/* The root as the key gives it, or the folder of the file. */
static bool settle_root(const char *path, char **root, struct cb_error *err)
{
    cb_auto(cb_free) char *given = *root != NULL ? *root : folder_of(path);
    const char *plain = strncmp(given, "file://", 7) == 0 ? given + 7 : given;
    *root = realpath(plain, NULL);
    return *root != NULL || cb_fail(err, CB_ERR_NOT_FOUND, "%s: there is no folder \"%s\"", path, plain);
}

bool cb_repo_config_read(const char *path, struct cb_repo_config *ret_config, struct cb_error *err)
{
    cb_auto_repo_config struct cb_repo_config config = { 0 };
    auto_reader r = { .config = &config };
    struct place root;
    if (!open_file(&r, path, &root, err) || !read_file(&r, root, err) || !check_texts(&r, path, err) ||
        !settle_root(path, &config.root, err))
        return false;
    *ret_config = config;
    config = (struct cb_repo_config){ 0 };
    return true;
}
