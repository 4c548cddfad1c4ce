/* The repository index: labels and the folders they stand for. */
#include "butler/repository.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/datastore.h"
#include "io/file.h"
#include "io/yaml.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool take_entries(const struct cb_yaml *yaml, struct cb_repo_index *ret_index, struct cb_error *err)
{
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    if (root == NULL)
        return true;
    if (root->kind != CB_YAML_MAPPING)
        return cb_yaml_fail(yaml, root, err, "a repository index is a map from label to path");
    for (size_t i = 0; i < root->count; i++)
        if (cb_yaml_key(root, i) == NULL || cb_yaml_text(cb_yaml_value(root, i)) == NULL)
            return cb_yaml_fail(yaml, cb_yaml_value(root, i), err,
                                "a repository index is a map from label to path");
    ret_index->entry = cb_xalloc_array(root->count + 1, sizeof *ret_index->entry);
    for (size_t i = 0; i < root->count; i++) {
        ret_index->entry[i].label = cb_xstrdup(cb_yaml_key(root, i));
        ret_index->entry[i].path = cb_xstrdup(cb_yaml_text(cb_yaml_value(root, i)));
    }
    ret_index->count = root->count;
    return true;
}

bool cb_repo_index_read(const char *path, struct cb_repo_index *ret_index, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    cb_auto(cb_free) char *plain =
        strncmp(path, "file://", 7) == 0 ? cb_file_uri_path(path) : cb_xstrdup(path);
    struct cb_error why = { 0 };
    *ret_index = (struct cb_repo_index){ 0 };
    if (!cb_yaml_read(plain, &yaml, &why))
        return why.kind == CB_ERR_NOT_FOUND ||
               cb_fail(err, why.kind, "cannot read repository index: %s", why.text);
    return take_entries(yaml, ret_index, err);
}

bool cb_repo_index_parse(const char *text, const char *origin, struct cb_repo_index *ret_index,
                         struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    *ret_index = (struct cb_repo_index){ 0 };
    return cb_yaml_parse(text, strlen(text), origin, &yaml, err) && take_entries(yaml, ret_index, err);
}

void cb_repo_index_done(struct cb_repo_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        free(index->entry[i].label);
        free(index->entry[i].path);
    }
    free(index->entry);
    *index = (struct cb_repo_index){ 0 };
}

static size_t find_label(const struct cb_repo_index *index, const char *label)
{
    size_t i = 0;
    while (i < index->count && strcmp(index->entry[i].label, label) != 0)
        i++;
    return i;
}

const char *cb_repo_index_find(const struct cb_repo_index *index, const char *label)
{
    size_t i = find_label(index, label);
    return i < index->count ? index->entry[i].path : NULL;
}

const char *cb_repo_index_label(const struct cb_repo_index *index, const char *name)
{
    cb_auto(cb_free) char *config = NULL;
    size_t known = find_label(index, name);
    if (known < index->count)
        return index->entry[known].label;
    if (!cb_repo_locate(name, index, &config, NULL))
        return NULL;
    for (size_t i = 0; i < index->count; i++) {
        cb_auto(cb_free) char *other = NULL;
        if (cb_repo_locate(index->entry[i].label, index, &other, NULL) && strcmp(config, other) == 0)
            return index->entry[i].label;
    }
    return NULL;
}

static void set_label(struct cb_repo_index *index, const char *label, const char *root)
{
    size_t i = find_label(index, label);
    if (i == index->count) {
        index->entry = cb_xrealloc_array(index->entry, i + 1, sizeof *index->entry);
        index->entry[i].label = cb_xstrdup(label);
        index->entry[i].path = NULL;
        index->count++;
    }
    free(index->entry[i].path);
    index->entry[i].path = cb_xstrdup(root);
}

static bool write_index(const char *path, const struct cb_repo_index *index, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 20);
    for (size_t i = 0; i < index->count; i++) {
        cb_yaml_put_text(&text, index->entry[i].label);
        cb_bytes_puts(&text, ": ");
        cb_yaml_put_text(&text, index->entry[i].path);
        cb_bytes_puts(&text, "\n");
    }
    return cb_file_replace(path, cb_bytes_text(&text), text.size, err);
}

bool cb_repo_index_put(const char *path, const char *label, const char *root, struct cb_error *err)
{
    cb_auto(cb_free) char *lock_path = cb_xasprintf("%s.lock", path);
    if (!cb_file_make_parents(path, err))
        return false;
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        if (lock >= 0)
            close(lock);
        return cb_fail(err, CB_ERR_TRANSIENT, "could not lock \"%s\"", lock_path);
    }
    struct cb_repo_index index;
    bool ok = cb_repo_index_read(path, &index, err);
    if (ok) {
        set_label(&index, label, root);
        ok = write_index(path, &index, err);
        cb_repo_index_done(&index);
    }
    close(lock);
    return ok;
}
