/* What a repository's configuration means. */
#include "butler/config_dump.h"

#include "base/alloc.h"
#include "butler/config_files.h"
#include "io/db_uri.h"
#include "io/yaml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LAYERS = 64, INCLUDE_DEPTH = 8, DUMP_MAX = 16 << 20 };

/* Documents over each other, the first one on top. */
struct layers {
    struct cb_yaml *yaml[MOST_LAYERS];
    size_t count;
    struct cb_yaml *included[MOST_LAYERS]; /* what "!include" names, parts of the others now */
    size_t n_included;
    struct cb_yaml_node nothing; /* what an empty file holds */
};

/* The nodes of one key in all layers, the top one first. */
struct view {
    const struct cb_yaml_node *node[MOST_LAYERS];
    size_t count;
};

static void layers_done(struct layers *layers)
{
    for (size_t i = 0; i < layers->count; i++)
        cb_yaml_free(layers->yaml[i]);
    for (size_t i = 0; i < layers->n_included; i++)
        cb_yaml_free(layers->included[i]);
}

/* ---- "!include" ---- */

static bool resolve(struct layers *layers, const char *path, struct cb_yaml_node **slot, int depth,
                    struct cb_error *err);

/* The file beside the one that names it; its root takes the node's place in its parent. */
static bool include_file(struct layers *layers, const char *path, struct cb_yaml_node **slot, int depth,
                         struct cb_error *err)
{
    const struct cb_yaml_node *node = *slot;
    const char *name = cb_yaml_text(node);
    struct cb_yaml *yaml = NULL;
    if (name == NULL || depth > INCLUDE_DEPTH || layers->n_included == MOST_LAYERS)
        return cb_fail(err, CB_ERR_INVALID, "%s:%zu: !include %s", path, node->line,
                       name == NULL ? "names no file" : "is nested too deeply, or stands too often");
    cb_auto(cb_free) char *file = cb_config_beside(path, name);
    if (!cb_yaml_read(file, &yaml, err))
        return cb_context(err, "%s:%zu: !include", path, node->line);
    layers->included[layers->n_included++] = yaml;
    *slot = (struct cb_yaml_node *)cb_yaml_root(yaml);
    if (*slot == NULL)
        *slot = &layers->nothing;
    return resolve(layers, file, slot, depth + 1, err);
}

/* A node, or each child of one, that is to be included. */
static bool resolve(struct layers *layers, const char *path, struct cb_yaml_node **slot, int depth,
                    struct cb_error *err)
{
    const struct cb_yaml_node *node = *slot;
    bool included = node->tag != NULL && strcmp(node->tag, "!include") == 0;
    size_t step = node->kind == CB_YAML_MAPPING ? 2 : 1;
    if (node->kind == CB_YAML_SCALAR)
        return !included || include_file(layers, path, slot, depth, err);
    for (size_t i = 0; i < node->count; i++) {
        struct cb_yaml_node **child = &node->item[i * step + step - 1];
        if (!(included ? include_file(layers, path, child, depth, err)
                       : resolve(layers, path, child, depth, err)))
            return false;
    }
    return true;
}

/* Of the root only what is in it can be included: it is nobody's child. */
static bool resolve_root(struct layers *layers, const char *path, const struct cb_yaml_node *root,
                         struct cb_error *err)
{
    size_t step = root != NULL && root->kind == CB_YAML_MAPPING ? 2 : 1;
    for (size_t i = 0; root != NULL && root->kind != CB_YAML_SCALAR && i < root->count; i++)
        if (!resolve(layers, path, &root->item[i * step + step - 1], 0, err))
            return false;
    return true;
}

/* ---- files ---- */

static bool add_file(struct layers *layers, const char *path, struct cb_error *err)
{
    if (layers->count == MOST_LAYERS)
        return cb_fail(err, CB_ERR_INVALID, "%s: more than %d files of configuration", path, MOST_LAYERS);
    struct cb_yaml *yaml = NULL;
    if (!cb_yaml_read(path, &yaml, err))
        return false;
    layers->yaml[layers->count++] = yaml;
    return resolve_root(layers, path, cb_yaml_root(yaml), err);
}

/* A file, then those that it includes: the last of them lies over the others. */
static bool add_config(struct layers *layers, const char *path, int depth, struct cb_error *err)
{
    if (depth > INCLUDE_DEPTH)
        return cb_fail(err, CB_ERR_INVALID, "%s: includeConfigs nested too deeply", path);
    if (!add_file(layers, path, err))
        return false;
    const struct cb_yaml_node *includes =
        cb_yaml_get(cb_yaml_root(layers->yaml[layers->count - 1]), "includeConfigs");
    size_t n = cb_yaml_is_null(includes) ? 0 : includes->kind == CB_YAML_SEQUENCE ? includes->count : 1;
    for (size_t i = n; i-- > 0;) {
        const char *name = cb_yaml_text(includes->kind == CB_YAML_SEQUENCE ? includes->item[i] : includes);
        if (name == NULL)
            return cb_fail(err, CB_ERR_INVALID, "%s: includeConfigs is no list of files", path);
        cb_auto(cb_free) char *file = cb_config_included(path, name);
        if (!add_config(layers, file, depth + 1, err))
            return false;
    }
    return true;
}

/* Files of a search path that go over the defaults. */
static bool add_search_path(struct layers *layers, const char *folder, struct cb_error *err)
{
    static const char *const names[] = { "datastore.yaml", "registry.yaml", "storageClasses.yaml",
                                         "repo_transfer_formats.yaml", "datastores/fileDatastore.yaml" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", folder, names[i]);
        if (access(path, F_OK) == 0 && !add_file(layers, path, err))
            return false;
    }
    return true;
}

static bool is_of_files(const struct layers *layers)
{
    for (size_t i = 0; i < layers->count; i++) {
        const char *class =
            cb_yaml_text(cb_yaml_path(cb_yaml_root(layers->yaml[i]), "datastore", "cls", (char *)NULL));
        if (class != NULL)
            return strcmp(class, "lsst.daf.butler.datastores.fileDatastore.FileDatastore") == 0;
    }
    return true;
}

static bool add_text(struct layers *layers, const char *text, size_t size, struct cb_error *err)
{
    if (layers->count == MOST_LAYERS)
        return cb_fail(err, CB_ERR_INVALID, "more than %d files of configuration", MOST_LAYERS);
    struct cb_yaml *yaml = NULL;
    if (!cb_yaml_parse(text, size, "defaults", &yaml, err))
        return false;
    layers->yaml[layers->count++] = yaml;
    return true;
}

static bool add_defaults(struct layers *layers, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(DUMP_MAX);
    cb_config_defaults(is_of_files(layers), &text);
    return add_text(layers, cb_bytes_text(&text), text.size, err);
}

/* ---- views ---- */

static bool is_map(const struct view *view)
{
    return view->count > 0 && view->node[0]->kind == CB_YAML_MAPPING;
}

/* Maps lie over each other; what is no map hides all below it. */
static void view_of_key(const struct view *view, const char *key, struct view *ret_view)
{
    ret_view->count = 0;
    for (size_t i = 0; i < view->count && view->node[i]->kind == CB_YAML_MAPPING; i++) {
        const struct cb_yaml_node *value = cb_yaml_get(view->node[i], key);
        if (value != NULL)
            ret_view->node[ret_view->count++] = value;
    }
}

/* Names in their order, each once. */
struct names {
    const char **item;
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    size_t at = names->count;
    while (at > 0 && strcmp(names->item[at - 1], name) > 0)
        at--;
    if (at > 0 && strcmp(names->item[at - 1], name) == 0)
        return;
    names->item = cb_xrealloc_array(names->item, names->count + 1, sizeof *names->item);
    memmove(names->item + at + 1, names->item + at, (names->count - at) * sizeof *names->item);
    names->item[at] = name;
    names->count++;
}

/* Keys of a map; its list is to be freed. */
static struct names keys_of(const struct view *view)
{
    struct names names = { NULL, 0 };
    for (size_t i = 0; i < view->count && view->node[i]->kind == CB_YAML_MAPPING; i++)
        for (size_t k = 0; k < view->node[i]->count; k++) {
            const char *key = cb_yaml_key(view->node[i], k);
            if (key != NULL && strcmp(key, "includeConfigs") != 0)
                add_name(&names, key);
        }
    return names;
}

/* ---- printing ---- */

static void put_indent(struct cb_bytes *out, int depth)
{
    cb_bytes_printf(out, "%*s", 2 * depth, "");
}

/* A scalar with its meaning: what was quoted is a text. A password in an address is not shown. */
static void put_scalar(struct cb_bytes *out, const struct cb_yaml_node *node)
{
    bool truth = false;
    cb_auto(cb_free) char *text = cb_db_uri_masked(node->text);
    if (node->quoted)
        cb_yaml_put_text(out, text);
    else if (cb_yaml_is_null(node))
        cb_bytes_puts(out, "null");
    else if (cb_yaml_bool(node, &truth))
        cb_bytes_puts(out, truth ? "true" : "false");
    else
        cb_bytes_puts(out, text);
}

static void put_map(struct cb_bytes *out, const struct view *view, int depth);

/* What stands behind "key:" or "-". */
static void put_value(struct cb_bytes *out, const struct view *view, int depth)
{
    const struct cb_yaml_node *top = view->node[0];
    if (top->kind == CB_YAML_SCALAR) {
        cb_bytes_puts(out, " ");
        put_scalar(out, top);
        cb_bytes_puts(out, "\n");
    } else if (top->kind == CB_YAML_SEQUENCE) {
        cb_bytes_puts(out, top->count == 0 ? " []\n" : "\n");
        for (size_t i = 0; i < top->count; i++) {
            const struct view item = { { top->item[i] }, 1 };
            put_indent(out, depth);
            cb_bytes_puts(out, "-");
            put_value(out, &item, depth + 1);
        }
    } else {
        struct names names = keys_of(view);
        free(names.item);
        cb_bytes_puts(out, names.count == 0 ? " {}\n" : "\n");
        put_map(out, view, depth + 1);
    }
}

static void put_map(struct cb_bytes *out, const struct view *view, int depth)
{
    struct names names = keys_of(view);
    for (size_t i = 0; i < names.count; i++) {
        struct view value;
        view_of_key(view, names.item[i], &value);
        if (value.count == 0)
            continue;
        put_indent(out, depth);
        cb_yaml_put_text(out, names.item[i]);
        cb_bytes_puts(out, ":");
        put_value(out, &value, depth);
    }
    free(names.item);
}

/* One value as Python shows it. */
static void put_python(struct cb_bytes *out, const struct cb_yaml_node *node, bool inside)
{
    bool truth = false;
    int64_t whole = 0;
    double real = 0;
    cb_auto(cb_free) char *text = cb_db_uri_masked(node->kind == CB_YAML_SCALAR ? node->text : "");
    if (node->kind == CB_YAML_SEQUENCE) {
        cb_bytes_puts(out, "[");
        for (size_t i = 0; i < node->count; i++) {
            cb_bytes_puts(out, i > 0 ? ", " : "");
            put_python(out, node->item[i], true);
        }
        cb_bytes_puts(out, "]");
    } else if (node->kind == CB_YAML_MAPPING) {
        cb_bytes_puts(out, "{");
        for (size_t i = 0; i < node->count; i++) {
            cb_bytes_puts(out, i > 0 ? ", " : "");
            put_python(out, node->item[2 * i], true);
            cb_bytes_puts(out, ": ");
            put_python(out, node->item[2 * i + 1], true);
        }
        cb_bytes_puts(out, "}");
    } else if (!node->quoted && cb_yaml_is_null(node)) {
        cb_bytes_puts(out, "None");
    } else if (!node->quoted && cb_yaml_bool(node, &truth)) {
        cb_bytes_puts(out, truth ? "True" : "False");
    } else if (inside && (node->quoted || (!cb_yaml_int(node, &whole) && !cb_yaml_real(node, &real)))) {
        cb_bytes_printf(out, "'%s'", text);
    } else {
        cb_bytes_puts(out, text);
    }
}

/* ---- a part ---- */

static bool fail_absent(const struct cb_config_dump *dump, const struct view *root, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes names = CB_BYTES(400);
    struct names keys = keys_of(root);
    for (size_t i = 0; i < keys.count; i++)
        cb_bytes_printf(&names, "%s%s", i > 0 ? ", " : "", keys.item[i]);
    free(keys.item);
    return cb_fail(err, CB_ERR_NOT_FOUND, "%.80s not found in config at %s (has %s)", dump->subset,
                   dump->repo, cb_bytes_text(&names));
}

/* One key, or several behind the delimiter that the text begins with. */
static bool descend(const struct cb_config_dump *dump, const struct view *root, struct view *ret_view,
                    struct cb_error *err)
{
    const char *key = dump->subset;
    char delimiter[2] = "";
    *ret_view = *root;
    if (key[0] != '\0' && !isalnum((unsigned char)key[0]) && key[0] != '_')
        delimiter[0] = *key++;
    for (;;) {
        size_t length = delimiter[0] != '\0' ? strcspn(key, delimiter) : strlen(key);
        cb_auto(cb_free) char *one = cb_xstrndup(key, length);
        struct view next;
        view_of_key(ret_view, one, &next);
        if (next.count == 0)
            return fail_absent(dump, root, err);
        *ret_view = next;
        if (key[length] == '\0')
            return true;
        key += length + 1;
    }
}

static bool dump_layers(const struct cb_config_dump *dump, const struct layers *layers, struct cb_bytes *out,
                        struct cb_error *err)
{
    struct view root = { .count = 0 }, part;
    for (size_t i = 0; i < layers->count; i++)
        if (cb_yaml_root(layers->yaml[i]) != NULL)
            root.node[root.count++] = cb_yaml_root(layers->yaml[i]);
    part = root;
    if (dump->subset != NULL && !descend(dump, &root, &part, err))
        return false;
    if (is_map(&part)) {
        put_map(out, &part, 0);
        return true;
    }
    if (part.count == 0 || dump->subset == NULL)
        return cb_fail(err, CB_ERR_INVALID, "the configuration of %s is no map", dump->repo);
    cb_bytes_printf(out, "%s: ", dump->subset);
    put_python(out, part.node[0], false);
    cb_bytes_puts(out, "\n");
    return true;
}

bool cb_config_dump(const struct cb_config_dump *dump, const struct cb_repo_index *index,
                    struct cb_bytes *out, struct cb_error *err)
{
    struct layers layers = { .nothing = { .kind = CB_YAML_SCALAR, .text = "" } };
    cb_auto(cb_free) char *path = NULL;
    if (!cb_repo_locate(dump->repo, index, &path, err))
        return false;
    bool ok = add_config(&layers, path, 0, err);
    for (size_t i = 0; ok && i < dump->n_search_paths; i++)
        ok = add_search_path(&layers, dump->search_paths[i], err);
    ok = ok && add_defaults(&layers, err) && dump_layers(dump, &layers, out, err);
    layers_done(&layers);
    return ok;
}

/* ---- a new repository's ---- */

/* Does any document name another kind of datastore? */
static bool has_other_store(const struct layers *layers)
{
    for (size_t i = 0; i < layers->count; i++) {
        const struct layers one = { .yaml = { layers->yaml[i] }, .count = 1 };
        if (!is_of_files(&one))
            return true;
    }
    return false;
}

static bool add_parts(struct layers *layers, const struct cb_config_parts *parts, struct cb_error *err)
{
    for (int i = 0; i < 2; i++) {
        bool is_seed = (i == 0) == parts->override;
        if (is_seed ? parts->seed != NULL && !add_config(layers, parts->seed, 0, err)
                    : !add_text(layers, parts->forced, strlen(parts->forced), err))
            return false;
    }
    if (has_other_store(layers))
        return cb_fail(err, CB_ERR_INVALID,
                       "%s: a repository is made with one datastore of files; chains are written into its "
                       "butler.yaml by hand",
                       parts->seed);
    return !parts->standalone || add_defaults(layers, err);
}

bool cb_config_compose(const struct cb_config_parts *parts, struct cb_bytes *out, struct cb_error *err)
{
    struct layers layers = { .nothing = { .kind = CB_YAML_SCALAR, .text = "" } };
    struct view root = { .count = 0 };
    bool ok = add_parts(&layers, parts, err);
    for (size_t i = 0; ok && i < layers.count; i++)
        if (cb_yaml_root(layers.yaml[i]) != NULL)
            root.node[root.count++] = cb_yaml_root(layers.yaml[i]);
    struct names names = keys_of(&root);
    for (size_t i = 0; ok && i < names.count; i++) {
        struct view value;
        view_of_key(&root, names.item[i], &value);
        if (value.count == 0 || strcmp(names.item[i], "root") == 0)
            continue;
        cb_yaml_put_text(out, names.item[i]);
        cb_bytes_puts(out, ":");
        put_value(out, &value, 0);
    }
    free(names.item);
    layers_done(&layers);
    return ok;
}
