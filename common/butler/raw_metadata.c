/* Metadata that stand beside raw files, in place of their headers. */
#include "butler/raw_metadata.h"

#include "base/alloc.h"
#include "butler/raw_cards.h"
#include "io/yaml.h"

#include <string.h>

#define COMMON "__COMMON__"
#define CONTENT "__CONTENT__"

struct cb_raw_index {
    struct cb_yaml *yaml; /* JSON is YAML */
    const struct cb_yaml_node *common;
    bool is_translated, is_guessed;
    size_t n_files;
    const char **files; /* [n_files], borrowed from yaml */
};

void cb_raw_metadata_done(struct cb_raw_metadata *metadata)
{
    cb_header_free(metadata->cards);
    *metadata = (struct cb_raw_metadata){ 0 };
}

void cb_raw_index_free(struct cb_raw_index *index)
{
    if (index == NULL)
        return;
    cb_yaml_free(index->yaml);
    free(index->files);
    free(index);
}

/* "metadata" or "translated". */
static bool read_content(const struct cb_yaml *yaml, bool *ret_is_translated, bool *ret_is_said,
                         struct cb_error *err)
{
    const struct cb_yaml_node *node = cb_yaml_get(cb_yaml_root(yaml), CONTENT);
    const char *content = cb_yaml_text(node);
    *ret_is_said = content != NULL;
    *ret_is_translated = content != NULL && strcmp(content, "translated") == 0;
    if (content != NULL && !*ret_is_translated && strcmp(content, "metadata") != 0)
        return cb_yaml_fail(yaml, node, err,
                            "unrecognized " CONTENT " \"%.40s\": expected metadata or translated", content);
    return true;
}

static bool is_own_key(const char *key)
{
    return strcmp(key, COMMON) == 0 || strcmp(key, CONTENT) == 0;
}

static bool read_files(struct cb_raw_index *index, struct cb_error *err)
{
    const struct cb_yaml_node *root = cb_yaml_root(index->yaml);
    index->files = cb_xalloc_array(root->count, sizeof *index->files);
    for (size_t i = 0; i < root->count; i++) {
        const char *key = cb_yaml_key(root, i);
        if (key == NULL || is_own_key(key))
            continue;
        if (cb_yaml_value(root, i)->kind != CB_YAML_MAPPING)
            return cb_yaml_fail(index->yaml, cb_yaml_value(root, i), err,
                                "the entry of \"%.80s\" must be a map of keys to values", key);
        index->files[index->n_files++] = key;
    }
    return true;
}

bool cb_raw_index_read(const char *path, struct cb_raw_index **ret_index, struct cb_error *err)
{
    bool is_said = false;
    cb_auto(cb_raw_index_free) struct cb_raw_index *index = cb_xalloc(sizeof *index);
    if (!cb_yaml_read(path, &index->yaml, err))
        return false;
    index->common = cb_yaml_get(cb_yaml_root(index->yaml), COMMON);
    if (index->common == NULL || index->common->kind != CB_YAML_MAPPING)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no index of raw files: it has no map " COMMON, path);
    if (!read_content(index->yaml, &index->is_translated, &is_said, err) || !read_files(index, err))
        return false;
    index->is_guessed = !is_said;
    *ret_index = cb_steal(index);
    return true;
}

const char *cb_raw_index_file(const struct cb_raw_index *index, size_t i)
{
    return i < index->n_files ? index->files[i] : NULL;
}

bool cb_raw_index_is_guessed(const struct cb_raw_index *index)
{
    return index->is_guessed;
}

static void put_value(struct cb_header *cards, const char *key, const struct cb_yaml_node *value)
{
    if (value->kind == CB_YAML_SCALAR)
        cb_raw_cards_set(cards, key, value);
    else if (value->kind == CB_YAML_SEQUENCE)
        for (size_t i = 0; i < value->count; i++) {
            cb_auto(cb_free) char *item = cb_xasprintf("%s %zu", key, i);
            if (value->item[i]->kind == CB_YAML_SCALAR)
                cb_raw_cards_set(cards, item, value->item[i]);
        }
}

static void put_values(struct cb_header *cards, const struct cb_yaml_node *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (cb_yaml_key(map, i) != NULL && !is_own_key(cb_yaml_key(map, i)))
            put_value(cards, cb_yaml_key(map, i), cb_yaml_value(map, i));
}

bool cb_raw_index_find(const struct cb_raw_index *index, const char *file,
                       struct cb_raw_metadata *ret_metadata)
{
    const struct cb_yaml_node *entry = is_own_key(file) ? NULL : cb_yaml_get(cb_yaml_root(index->yaml), file);
    if (entry == NULL)
        return false;
    *ret_metadata = (struct cb_raw_metadata){ cb_header_new(), index->is_translated };
    put_values(ret_metadata->cards, entry);
    put_values(ret_metadata->cards, index->common);
    return true;
}

const char *cb_raw_extension(const char *path)
{
    static const char *const known[] = { ".fits", ".fits.gz", ".fits.fz", ".fz", ".fit", NULL };
    const char *slash = strrchr(path, '/'), *best = "";
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; known[i] != NULL; i++) {
        size_t length = strlen(known[i]), whole = strlen(name);
        if (length > strlen(best) && whole > length && strcmp(name + whole - length, known[i]) == 0)
            best = name + whole - length;
    }
    return best;
}

bool cb_raw_sidecar_read(const char *raw_path, struct cb_raw_metadata *ret_metadata)
{
    bool is_translated = false, is_said = false;
    const char *extension = cb_raw_extension(raw_path);
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    cb_auto(cb_free) char *path =
        cb_xasprintf("%.*s.json", (int)(strlen(raw_path) - strlen(extension)), raw_path);
    if (!cb_yaml_read(path, &yaml, NULL))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    if (root == NULL || root->kind != CB_YAML_MAPPING || !read_content(yaml, &is_translated, &is_said, NULL))
        return false;
    if (!is_said)
        is_translated =
            cb_yaml_get(root, "observation_id") != NULL && cb_yaml_get(root, "instrument") != NULL;
    *ret_metadata = (struct cb_raw_metadata){ cb_header_new(), is_translated };
    put_values(ret_metadata->cards, root);
    return true;
}
