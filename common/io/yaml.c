/* YAML as a tree of nodes. */
#include "io/yaml.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

/* A node with what only the parser needs. The public node comes first, so that pointers convert. */
struct owned_node {
    struct cb_yaml_node node;
    struct owned_node *next; /* in the document's list of all nodes */
    size_t weight;           /* nodes below and with it, aliased ones counted each time */
    size_t room;             /* of node.item */
    char *tag, *text;
};

struct anchor {
    char *name;
    struct owned_node *target;
};

struct cb_yaml {
    char *origin;
    struct owned_node *nodes;
    struct owned_node *root;
};

struct builder {
    struct cb_yaml *yaml;
    yaml_parser_t parser;
    struct anchor *anchors;
    size_t anchor_count;
    size_t depth;
    size_t total; /* weight so far */
    struct cb_error *err;
};

void cb_yaml_free(struct cb_yaml *yaml)
{
    if (yaml == NULL)
        return;
    for (struct owned_node *node = yaml->nodes, *next; node != NULL; node = next) {
        next = node->next;
        free(node->tag);
        free(node->text);
        free(node->node.item);
        free(node);
    }
    free(yaml->origin);
    free(yaml);
}

const struct cb_yaml_node *cb_yaml_root(const struct cb_yaml *yaml)
{
    return yaml->root != NULL ? &yaml->root->node : NULL;
}

const char *cb_yaml_origin(const struct cb_yaml *yaml)
{
    return yaml->origin;
}

static bool fail_at(struct builder *b, yaml_mark_t mark, const char *what)
{
    return cb_fail(b->err, CB_ERR_INVALID, "%s:%zu:%zu: %s", b->yaml->origin, mark.line + 1, mark.column + 1,
                   what);
}

static bool next_event(struct builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event))
        return true;
    yaml_mark_t mark = b->parser.problem_mark;
    return fail_at(b, mark, b->parser.problem != NULL ? b->parser.problem : "not valid YAML");
}

static struct owned_node *new_node(struct builder *b, const yaml_event_t *event, enum cb_yaml_kind kind)
{
    struct owned_node *node = cb_xalloc(sizeof *node);
    node->next = b->yaml->nodes;
    b->yaml->nodes = node;
    node->weight = 1;
    node->node.kind = kind;
    node->node.line = event->start_mark.line + 1;
    node->node.column = event->start_mark.column + 1;
    return node;
}

static void set_tag(struct owned_node *node, const yaml_char_t *tag)
{
    node->tag = cb_xstrdup((const char *)tag);
    node->node.tag = node->tag;
}

static void set_anchor(struct builder *b, const char *name, struct owned_node *target)
{
    for (size_t i = 0; i < b->anchor_count; i++)
        if (strcmp(b->anchors[i].name, name) == 0) {
            b->anchors[i].target = target;
            return;
        }
    b->anchors = cb_xrealloc_array(b->anchors, b->anchor_count + 1, sizeof *b->anchors);
    b->anchors[b->anchor_count++] = (struct anchor){ cb_xstrdup(name), target };
}

static void add_item(struct owned_node *parent, size_t index, struct owned_node *item)
{
    if (index == parent->room) {
        parent->room = parent->room == 0 ? 4 : parent->room * 2;
        parent->node.item = cb_xrealloc_array(parent->node.item, parent->room, sizeof(struct cb_yaml_node *));
    }
    parent->node.item[index] = &item->node;
    parent->weight += item->weight;
}

static bool build_node(struct builder *b, yaml_event_t *event, struct owned_node **ret_node);

static int compare_keys(const void *a, const void *b)
{
    const struct cb_yaml_node *const *left = a, *const *right = b;
    return strcmp((*left)->text, (*right)->text);
}

static bool check_keys(struct builder *b, const struct cb_yaml_node *map)
{
    const struct cb_yaml_node **keys = cb_xalloc_array(map->count + 1, sizeof(const struct cb_yaml_node *));
    size_t n = 0;
    for (size_t i = 0; i < map->count; i++)
        if (map->item[2 * i]->kind == CB_YAML_SCALAR)
            keys[n++] = map->item[2 * i];
    qsort(keys, n, sizeof(const struct cb_yaml_node *), compare_keys);
    bool ok = true;
    for (size_t i = 1; i < n && ok; i++)
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
            ok = cb_yaml_fail(b->yaml, keys[i], b->err, "the key \"%.80s\" is there twice in one map",
                              keys[i]->text);
    free(keys);
    return ok;
}

/* Items until the end event; a mapping's items are its keys and values in turn. */
static bool build_items(struct builder *b, struct owned_node *parent, yaml_event_type_t end)
{
    size_t items = 0;
    for (;;) {
        yaml_event_t event;
        if (!next_event(b, &event))
            return false;
        if (event.type == end) {
            yaml_event_delete(&event);
            break;
        }
        struct owned_node *item = NULL;
        bool ok = build_node(b, &event, &item);
        yaml_event_delete(&event);
        if (!ok)
            return false;
        add_item(parent, items++, item);
    }
    parent->node.count = parent->node.kind == CB_YAML_MAPPING ? items / 2 : items;
    return parent->node.kind != CB_YAML_MAPPING || check_keys(b, &parent->node);
}

static bool build_collection(struct builder *b, yaml_event_t *event, struct owned_node **ret_node)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    struct owned_node *node = new_node(b, event, is_map ? CB_YAML_MAPPING : CB_YAML_SEQUENCE);
    const yaml_char_t *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    set_tag(node, tag);
    if (++b->depth > CB_YAML_DEPTH_MAX)
        return fail_at(b, event->start_mark, "nested too deeply");
    if (!build_items(b, node, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT))
        return false;
    b->depth--;
    if (anchor != NULL)
        set_anchor(b, (const char *)anchor, node);
    *ret_node = node;
    return true;
}

static bool build_scalar(struct builder *b, yaml_event_t *event, struct owned_node **ret_node)
{
    struct owned_node *node = new_node(b, event, CB_YAML_SCALAR);
    node->text = cb_xstrndup((const char *)event->data.scalar.value, event->data.scalar.length);
    if (strlen(node->text) != event->data.scalar.length)
        return fail_at(b, event->start_mark, "a text contains a NUL character");
    set_tag(node, event->data.scalar.tag);
    node->node.text = node->text;
    node->node.length = event->data.scalar.length;
    node->node.quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (event->data.scalar.anchor != NULL)
        set_anchor(b, (const char *)event->data.scalar.anchor, node);
    *ret_node = node;
    return true;
}

static bool build_alias(struct builder *b, yaml_event_t *event, struct owned_node **ret_node)
{
    for (size_t i = 0; i < b->anchor_count; i++)
        if (strcmp(b->anchors[i].name, (const char *)event->data.alias.anchor) == 0) {
            *ret_node = b->anchors[i].target;
            return true;
        }
    return fail_at(b, event->start_mark, "an alias (*name) that no anchor (&name) before it defines");
}

static bool build_node(struct builder *b, yaml_event_t *event, struct owned_node **ret_node)
{
    bool ok = event->type == YAML_SCALAR_EVENT  ? build_scalar(b, event, ret_node)
              : event->type == YAML_ALIAS_EVENT ? build_alias(b, event, ret_node)
                                                : build_collection(b, event, ret_node);
    if (!ok)
        return false;
    b->total += event->type == YAML_ALIAS_EVENT ? (*ret_node)->weight : 1;
    return b->total <= CB_YAML_NODES_MAX || fail_at(b, event->start_mark, "too many values");
}

/* STREAM-START [DOCUMENT-START node DOCUMENT-END] STREAM-END */
static bool build_document(struct builder *b)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(b, &event))
            return false;
        bool ok = true;
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && b->yaml->root != NULL)
            ok = fail_at(b, event.start_mark, "a second document; one is expected");
        else if (event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
                 event.type == YAML_MAPPING_START_EVENT || event.type == YAML_ALIAS_EVENT)
            ok = build_node(b, &event, &b->yaml->root);
        yaml_event_delete(&event);
        if (!ok || is_end)
            return ok;
    }
}

bool cb_yaml_parse(const char *text, size_t size, const char *origin, struct cb_yaml **ret_yaml,
                   struct cb_error *err)
{
    if (size > CB_YAML_TEXT_MAX)
        return cb_fail(err, CB_ERR_INVALID, "%s: larger than %u bytes", origin, CB_YAML_TEXT_MAX);
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = cb_xalloc(sizeof *yaml);
    yaml->origin = cb_xstrdup(origin);
    struct builder b = { .yaml = yaml, .err = err };
    if (!yaml_parser_initialize(&b.parser))
        return cb_fail(err, CB_ERR_TRANSIENT, "out of memory reading %s", origin);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, size);
    bool ok = build_document(&b);
    yaml_parser_delete(&b.parser);
    for (size_t i = 0; i < b.anchor_count; i++)
        free(b.anchors[i].name);
    free(b.anchors);
    if (ok)
        *ret_yaml = cb_steal(yaml);
    return ok;
}

static bool read_all(int fd, const char *path, struct cb_bytes *bytes, struct cb_error *err)
{
    char part[65536];
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) != 0) {
        if (got < 0 && errno != EINTR)
            return cb_fail(err, CB_ERR_TRANSIENT, "could not read \"%s\": %s", path, strerror(errno));
        if (got > 0)
            cb_bytes_add(bytes, part, (size_t)got);
    }
    return cb_bytes_ok(bytes) ||
           cb_fail(err, CB_ERR_INVALID, "%s: larger than %u bytes", path, CB_YAML_TEXT_MAX);
}

bool cb_yaml_read(const char *path, struct cb_yaml **ret_yaml, struct cb_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cb_fail(err, errno == ENOENT || errno == ENOTDIR ? CB_ERR_NOT_FOUND : CB_ERR_TRANSIENT,
                       "could not open \"%s\": %s", path, strerror(errno));
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(CB_YAML_TEXT_MAX);
    bool ok = read_all(fd, path, &bytes, err);
    close(fd);
    return ok && cb_yaml_parse(cb_bytes_text(&bytes), bytes.size, path, ret_yaml, err);
}

const char *cb_yaml_key(const struct cb_yaml_node *mapping, size_t i)
{
    return mapping->item[2 * i]->text;
}

const struct cb_yaml_node *cb_yaml_value(const struct cb_yaml_node *mapping, size_t i)
{
    return mapping->item[2 * i + 1];
}

const struct cb_yaml_node *cb_yaml_get(const struct cb_yaml_node *node, const char *key)
{
    if (node == NULL || node->kind != CB_YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (cb_yaml_key(node, i) != NULL && strcmp(cb_yaml_key(node, i), key) == 0)
            return cb_yaml_value(node, i);
    return NULL;
}

const struct cb_yaml_node *cb_yaml_path(const struct cb_yaml_node *node, ...)
{
    va_list keys;
    va_start(keys, node);
    for (const char *key; (key = va_arg(keys, const char *)) != NULL;)
        node = cb_yaml_get(node, key);
    va_end(keys);
    return node;
}

bool cb_yaml_fail(const struct cb_yaml *yaml, const struct cb_yaml_node *node, struct cb_error *err,
                  const char *fmt, ...)
{
    char what[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    size_t line = node != NULL ? node->line : 1, column = node != NULL ? node->column : 1;
    return cb_fail(err, CB_ERR_INVALID, "%s:%zu:%zu: %s", yaml->origin, line, column, what);
}
