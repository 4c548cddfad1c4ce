/* A repository's configuration. */
#include "butler/repo_config.h"

#include "base/alloc.h"
#include "butler/config_files.h"
#include "io/file.h"
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
    bool has_chain;     /* its members have their rules: files below add none */
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
    free(config->datastore);
    cb_store_rules_free(config->rules);
    *config = (struct cb_repo_config){ 0 };
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

static bool open_included(struct reader *r, size_t from, const char *path, struct place *ret_root,
                          struct cb_error *err)
{
    struct cb_error why = { 0 };
    return open_file(r, path, ret_root, &why) ||
           cb_fail(err, CB_ERR_INVALID, "included by %s: %s", r->file[from].path, why.text);
}

/* "!include FILE" stands for what that file holds. */
static bool follow(struct reader *r, struct place *place, struct cb_error *err)
{
    while (place->node != NULL && place->node->tag != NULL && strcmp(place->node->tag, "!include") == 0) {
        const char *name = cb_yaml_text(place->node);
        if (name == NULL)
            return cb_yaml_fail(r->file[place->file].yaml, place->node, err, "!include takes one file");
        cb_auto(cb_free) char *file = cb_config_beside(r->file[place->file].path, name);
        if (!open_included(r, place->file, file, place, err))
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

/* ---- rules ---- */

/* The instrument of "instrument<LATISS>"; to be freed, NULL when the key is none of that form. */
static char *instrument_of(const char *key)
{
    size_t name = strspn(key, "abcdefghijklmnopqrstuvwxyz_"), length = strlen(key);
    if (name == 0 || key[name] != '<' || key[length - 1] != '>')
        return NULL;
    return cb_xstrndup(key + name + 1, length - name - 2);
}

/* One of "instrument": other dimensions are never asked for. */
static bool is_of_instrument(const char *key)
{
    return strncmp(key, "instrument<", 11) == 0;
}

/* A formatter is a name, or a map with one. */
static bool take_rule(struct reader *r, enum cb_store_table table, const char *key, const char *instrument,
                      struct place value, struct cb_error *err)
{
    struct cb_error why = { 0 };
    const char *text = cb_yaml_text(value.node);
    bool off = false;
    if (table == CB_STORE_FORMATTERS && value.node->kind == CB_YAML_MAPPING)
        text = cb_yaml_text(cb_yaml_get(value.node, "formatter"));
    if (table == CB_STORE_TEMPLATES && (cb_yaml_is_null(value.node) || cb_yaml_bool(value.node, &off)))
        text = strcmp(key, "default") == 0 && !off ? NULL : "";
    else if (text == NULL)
        return cb_yaml_fail(r->file[value.file].yaml, value.node, err, "%s names no formatter or template",
                            key);
    return cb_store_rules_add(r->config->rules, table, key, instrument, text, &why) ||
           cb_yaml_fail(r->file[value.file].yaml, value.node, err, "%s", why.text);
}

/* The keys of a table, or of one instrument in it. */
static bool take_rules(struct reader *r, struct place at, enum cb_store_table table, const char *instrument,
                       struct cb_error *err)
{
    size_t n = at.node != NULL && at.node->kind == CB_YAML_MAPPING ? at.node->count : 0;
    for (size_t i = 0; i < n; i++) {
        const char *key = cb_yaml_key(at.node, i);
        struct place value = { cb_yaml_value(at.node, i), at.file };
        if (key == NULL || !follow(r, &value, err))
            return key != NULL ? false
                               : cb_yaml_fail(r->file[at.file].yaml, at.node, err, "a key is no name");
        cb_auto(cb_free) char *inner = instrument == NULL ? instrument_of(key) : NULL;
        bool is_map = value.node->kind == CB_YAML_MAPPING;
        if (table == CB_STORE_FORMATTERS &&
            (strcmp(key, "default") == 0 || strcmp(key, "write_recipes") == 0))
            continue; /* what formatters are told when they write */
        if (is_map && inner != NULL) {
            if (is_of_instrument(key) && !take_rules(r, value, table, inner, err))
                return false;
            continue;
        }
        if (is_map && table == CB_STORE_TEMPLATES)
            return cb_yaml_fail(r->file[value.file].yaml, value.node, err,
                                "Hierarchical key '%s' not in form 'key<value>'", key);
        if (!take_rule(r, table, key, instrument, value, err))
            return false;
    }
    return true;
}

/* One entry of accept or reject: a key, or a map of an instrument to keys. */
static bool take_constraint(struct reader *r, struct place entry, bool accepts, struct cb_error *err)
{
    const char *name = cb_yaml_text(entry.node);
    if (name != NULL) {
        cb_store_rules_add_constraint(r->config->rules, accepts, name, NULL);
        return true;
    }
    const char *key =
        entry.node->kind == CB_YAML_MAPPING && entry.node->count == 1 ? cb_yaml_key(entry.node, 0) : NULL;
    cb_auto(cb_free) char *instrument = key != NULL ? instrument_of(key) : NULL;
    const struct cb_yaml_node *keys = instrument != NULL ? cb_yaml_value(entry.node, 0) : NULL;
    if (keys == NULL || keys->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(r->file[entry.file].yaml, entry.node, err,
                            "a constraint is a name, or instrument<NAME> with a list of names");
    for (size_t i = 0; i < keys->count && is_of_instrument(key); i++)
        if (cb_yaml_text(keys->item[i]) != NULL)
            cb_store_rules_add_constraint(r->config->rules, accepts, cb_yaml_text(keys->item[i]), instrument);
    return true;
}

/* The key constraints of a datastore, or of its place in a chain. */
static bool take_constraints(struct reader *r, struct place at, struct cb_error *err)
{
    static const char *const names[] = { "reject", "accept" };
    struct place constraints, list;
    if (!get(r, at, "constraints", &constraints, err))
        return false;
    if (cb_yaml_is_null(constraints.node))
        return true;
    cb_store_rules_begin_constraints(r->config->rules);
    for (int accepts = 0; accepts < 2; accepts++) {
        if (!get(r, constraints, names[accepts], &list, err))
            return false;
        size_t n = list.node != NULL && list.node->kind == CB_YAML_SEQUENCE ? list.node->count : 0;
        for (size_t i = 0; i < n; i++) {
            struct place entry = { list.node->item[i], list.file };
            if (!follow(r, &entry, err) || !take_constraint(r, entry, accepts, err))
                return false;
        }
    }
    return true;
}

static bool take_store_rules(struct reader *r, struct place store, struct cb_error *err)
{
    struct place templates, formatters;
    if (r->has_chain)
        return true;
    return get(r, store, "templates", &templates, err) &&
           take_rules(r, templates, CB_STORE_TEMPLATES, NULL, err) &&
           get(r, store, "formatters", &formatters, err) &&
           take_rules(r, formatters, CB_STORE_FORMATTERS, NULL, err) && take_constraints(r, store, err);
}

/* The Python type of a class, or of the one that it inherits from. */
static bool take_class_type(struct reader *r, struct place classes, const char *name, int depth,
                            const char **ret_type, struct cb_error *err)
{
    struct place class;
    if (!get(r, classes, name, &class, err))
        return false;
    *ret_type = cb_yaml_text(cb_yaml_get(class.node, "pytype"));
    const char *base = cb_yaml_text(cb_yaml_get(class.node, "inheritsFrom"));
    if (*ret_type != NULL || base == NULL)
        return true;
    const struct cb_storage_class *known = cb_store_rules_class(r->config->rules, base);
    if (known != NULL) {
        *ret_type = known->python_type;
        return true;
    }
    if (cb_yaml_get(classes.node, base) == NULL || depth > 8)
        return cb_yaml_fail(r->file[classes.file].yaml, class.node, err,
                            "storage class %s inherits from %s, which there is not", name, base);
    return take_class_type(r, classes, base, depth + 1, ret_type, err);
}

static bool take_classes(struct reader *r, struct place root, struct cb_error *err)
{
    struct place classes;
    struct cb_error why = { 0 };
    if (!get(r, root, "storageClasses", &classes, err))
        return false;
    size_t n = classes.node != NULL && classes.node->kind == CB_YAML_MAPPING ? classes.node->count : 0;
    for (size_t i = 0; i < n; i++) {
        const char *name = cb_yaml_key(classes.node, i), *type = NULL;
        if (name == NULL || !take_class_type(r, classes, name, 0, &type, err))
            return false;
        if (!cb_store_rules_add_class(r->config->rules, name, type, &why))
            return cb_yaml_fail(r->file[classes.file].yaml, classes.node, err, "%s", why.text);
    }
    return true;
}

/* ---- datastores ---- */

static bool take_file_store(struct reader *r, struct place store, struct cb_error *err)
{
    struct place records;
    if (++r->file_stores > 1)
        return cb_yaml_fail(r->file[store.file].yaml, store.node, err,
                            "two file datastores: every dataset would have to be written to both, which "
                            "calbus does not do");
    return take_text(r, store, "root", &r->datastore_root, err) &&
           take_text(r, store, "name", &r->datastore_name, err) && get(r, store, "records", &records, err) &&
           take_text(r, records, "table", &r->records_table, err) && take_store_rules(r, store, err);
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
    if (!r->has_chain && !take_constraints(r, store, err))
        return false;
    for (size_t i = 0; i < members.node->count; i++) {
        struct place member = { members.node->item[i], members.file }, inner;
        size_t before = r->file_stores;
        if (!follow(r, &member, err) || !get(r, member, "datastore", &inner, err) ||
            !take_store(r, inner.node != NULL ? inner : member, depth + 1, err))
            return false;
        struct place own = { cb_yaml_is_null(constraints.node) ? NULL : constraints.node->item[i],
                             constraints.file };
        if (r->file_stores > before && !r->has_chain && !take_constraints(r, own, err))
            return false;
    }
    r->has_chain = r->has_chain || depth == 0;
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
        !take_text(r, root, "root", &r->config->root, err) || !take_classes(r, root, err) ||
        !get(r, root, "datastore", &store, err))
        return false;
    r->file_stores = 0;
    if (cb_yaml_is_null(store.node))
        return true;
    return take_store(r, store, 0, err) &&
           (r->file_stores > 0 || cb_yaml_fail(r->file[store.file].yaml, store.node, err,
                                               "there is no file datastore, and calbus writes files"));
}

/* A file's own values hold before those it includes, and of these the last one's. */
static bool read_file(struct reader *r, struct place root, struct cb_error *err)
{
    struct place includes;
    if (!follow(r, &root, err) || !take_values(r, root, err) ||
        !get(r, root, "includeConfigs", &includes, err))
        return false;
    if (cb_yaml_is_null(includes.node))
        return true;
    bool is_list = includes.node->kind == CB_YAML_SEQUENCE;
    for (size_t i = is_list ? includes.node->count : 1; i-- > 0;) {
        struct place included;
        const char *name = cb_yaml_text(is_list ? includes.node->item[i] : includes.node);
        if (name == NULL)
            return cb_yaml_fail(r->file[includes.file].yaml, includes.node, err,
                                "includeConfigs is a file or a list of files");
        cb_auto(cb_free) char *file = cb_config_included(r->file[includes.file].path, name);
        if (!open_included(r, includes.file, file, &included, err) || !read_file(r, included, err))
            return false;
    }
    return true;
}

static bool check_texts(const struct reader *r, const char *path, struct cb_error *err)
{
    if (r->config->db == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s: registry.db is missing", path);
    if (r->records_table != NULL && strcmp(r->records_table, "file_datastore_records") != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "%s: datastore.records.table is \"%s\"; only file_datastore_records is supported",
                       path, r->records_table);
    return true;
}

/* The folder of the configuration, or the one that its key root names: <butlerRoot>. */
static bool settle_butler_root(const char *path, char **root, struct cb_error *err)
{
    cb_auto(cb_free) char *given = *root != NULL ? *root : cb_file_folder(path);
    const char *plain = strncmp(given, "file://", 7) == 0 ? given + 7 : given;
    *root = realpath(plain, NULL);
    return *root != NULL || cb_fail(err, CB_ERR_NOT_FOUND, "%s: there is no folder \"%s\"", path, plain);
}

/* datastore.root, in which <butlerRoot> stands for that folder. A folder that is not there yet is one that
 * nobody has written to. */
static bool settle_root(const struct reader *r, const char *path, char **root, struct cb_error *err)
{
    static const char mark[] = "<butlerRoot>";
    const char *text = r->datastore_root != NULL ? r->datastore_root : "<butlerRoot>/datastore";
    if (!settle_butler_root(path, root, err))
        return false;
    const char *at = strstr(text, mark);
    cb_auto(cb_free) char *given =
        at != NULL ? cb_xasprintf("%.*s%s%s", (int)(at - text), text, *root, at + strlen(mark))
                   : cb_xstrdup(text);
    const char *plain = strncmp(given, "file://", 7) == 0 ? given + 7 : given;
    if (strstr(plain, "://") != NULL)
        return cb_fail(err, CB_ERR_INVALID,
                       "%s: datastore.root is \"%s\"; calbus writes files of this machine", path, text);
    char *absolute = realpath(plain, NULL); /* as files' own paths are compared with it */
    free(*root);
    *root = absolute != NULL ? absolute : cb_path_absolute(plain);
    return true;
}

/* Files are recorded under the name as it is configured, before <butlerRoot> is put in. */
static char *datastore_name(const struct reader *r)
{
    if (r->datastore_name != NULL)
        return cb_xstrdup(r->datastore_name);
    return cb_xasprintf("FileDatastore@%s",
                        r->datastore_root != NULL ? r->datastore_root : "<butlerRoot>/datastore");
}

bool cb_repo_config_read(const char *path, struct cb_repo_config *ret_config, struct cb_error *err)
{
    cb_auto_repo_config struct cb_repo_config config = { 0 };
    auto_reader r = { .config = &config };
    struct place root;
    config.rules = cb_store_rules_new();
    if (!open_file(&r, path, &root, err) || !read_file(&r, root, err) || !check_texts(&r, path, err) ||
        !settle_root(&r, path, &config.root, err))
        return false;
    config.datastore = datastore_name(&r);
    *ret_config = config;
    config = (struct cb_repo_config){ 0 };
    return true;
}
