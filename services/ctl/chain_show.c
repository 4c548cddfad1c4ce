/* calbus chain show: the tree of a chain, with what each member holds. */
#include "chain_verbs.h"

#include "base/alloc.h"
#include "base/json.h"
#include "butler/contents.h"
#include "butler/home.h"
#include "domain/defaults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct ctl_flag ctl_chain_show_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "depth", 0, CTL_FLAG_INT, "LEVELS", "How far down: 1 tells the members only; all unless given." },
    { .name = NULL },
};

static const struct ctl_column columns[] = {
    { "position", "POSITION", CTL_COL_NUMBER }, /* in its parent, from 1 */
    { "tree", "COLLECTION", CTL_COL_TEXT },     /* the name, for people behind the lines of the tree */
    { "collection", NULL, CTL_COL_TEXT },
    { "parent", NULL, CTL_COL_TEXT },
    { "depth", NULL, CTL_COL_NUMBER },
    { "type", "TYPE", CTL_COL_TEXT },
    { "datasets", "DATASETS", CTL_COL_JSON },
    { "validity", "VALIDITY (TAI)", CTL_COL_TEXT },
    { "ticket", "TICKET", CTL_COL_TEXT },
    { "repeated", NULL, CTL_COL_BOOL }, /* stands further up already, where it is searched */
    { .key = NULL },
};

/* One line of the tree. */
struct node {
    int64_t id;
    char *name, *parent;
    char *lines; /* what is drawn before the name */
    enum cb_collection_type type;
    size_t position;
    int64_t depth;
    bool is_repeated;
};

struct tree {
    struct ctl *ctl;
    struct cb_repo *repo;
    int64_t depth_max;
    bool is_drawn, has_utf8;
    struct node *node;
    size_t count;
};

static void tree_done(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        free(tree->node[i].name);
        free(tree->node[i].parent);
        free(tree->node[i].lines);
    }
    free(tree->node);
    cb_repo_close(tree->repo);
}

/* ---- growing it ---- */

static bool is_there(const struct tree *tree, int64_t id)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->node[i].id == id)
            return true;
    return false;
}

static void add_node(struct tree *tree, const struct cb_collection *collection, const char *parent,
                     const char *lines, size_t position, int64_t depth)
{
    bool is_repeated = is_there(tree, collection->id);
    tree->node = cb_xrealloc_array(tree->node, tree->count + 1, sizeof *tree->node);
    tree->node[tree->count++] = (struct node){ .id = collection->id,
                                               .name = cb_xstrdup(collection->name),
                                               .parent = cb_xstrdup(parent),
                                               .lines = cb_xstrdup(lines),
                                               .type = collection->type,
                                               .position = position,
                                               .depth = depth,
                                               .is_repeated = is_repeated };
}

/* Members below a chain, indented by what was drawn for it. A chain that stands further up is not told again:
 * that is where it is searched, and so the walk ends whatever others have chained. */
static bool add_members(struct tree *tree, const char *chain, const char *indent, int64_t depth,
                        struct cb_error *err)
{
    static const char *const branch[] = { "|- ", "\xe2\x94\x9c\xe2\x94\x80 " };
    static const char *const corner[] = { "`- ", "\xe2\x94\x94\xe2\x94\x80 " };
    static const char *const stem[] = { "|  ", "\xe2\x94\x82  " };
    cb_auto_collections struct cb_collection_list members = { 0 };
    if (!cb_chain_children(tree->repo, chain, &members, err))
        return false;
    for (size_t i = 0; i < members.count; i++) {
        const struct cb_collection *member = &members.item[i];
        bool is_last = i + 1 == members.count;
        cb_auto(cb_free) char *lines =
            cb_xasprintf("%s%s", indent, (is_last ? corner : branch)[tree->has_utf8]);
        cb_auto(cb_free) char *below = cb_xasprintf("%s%s", indent, is_last ? "   " : stem[tree->has_utf8]);
        add_node(tree, member, chain, lines, i + 1, depth);
        if (member->type == CB_COLLECTION_CHAINED && !tree->node[tree->count - 1].is_repeated &&
            depth < tree->depth_max && !add_members(tree, member->name, below, depth + 1, err))
            return false;
    }
    return true;
}

/* ---- telling it ---- */

static void tell_datasets(const struct tree *tree, const struct cb_content *content, size_t n,
                          struct cb_bytes *text)
{
    if (!tree->is_drawn) {
        struct cb_json json = CB_JSON(text);
        cb_json_open(&json, NULL, '{');
        for (size_t i = 0; i < n; i++)
            cb_json_int(&json, content[i].type, content[i].datasets);
        cb_json_close(&json);
        return;
    }
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(text, "%s%" PRId64 " %s", i > 0 ? ", " : "", content[i].datasets, content[i].type);
}

/* From the first begin to the last end of what is certified. */
static bool tell_validity(const struct node *node, const struct cb_content *content, size_t n,
                          char ret_text[CB_TIMESPAN_ISO_SIZE])
{
    if (node->type != CB_COLLECTION_CALIBRATION || n == 0)
        return false;
    struct cb_timespan span = content[0].validity;
    for (size_t i = 1; i < n; i++) {
        const struct cb_timespan *other = &content[i].validity;
        span.begin_ns = other->begin_ns < span.begin_ns ? other->begin_ns : span.begin_ns;
        span.end_ns = other->end_ns > span.end_ns ? other->end_ns : span.end_ns;
    }
    cb_timespan_format_iso(span, ret_text);
    return true;
}

/* The part of a name that is a ticket's key. */
static bool tell_ticket(const char *name, char ret_ticket[CB_TICKET_SIZE])
{
    for (const char *part = name;; part++) {
        size_t length = strcspn(part, "/");
        if (cb_ticket_is_valid_n(part, length)) {
            snprintf(ret_ticket, CB_TICKET_SIZE, "%.*s", (int)length, part);
            return true;
        }
        part += length;
        if (*part == '\0')
            return false;
    }
}

static void tell_node(const struct tree *tree, const struct node *node,
                      const struct cb_content_list *contents, struct ctl_table *table)
{
    size_t first = 0, n = 0;
    char position[24], depth[24], validity[CB_TIMESPAN_ISO_SIZE], ticket[CB_TICKET_SIZE];
    cb_auto_bytes struct cb_bytes datasets = CB_BYTES(65536);
    while (first < contents->count && contents->item[first].collection_id != node->id)
        first++;
    while (first + n < contents->count && contents->item[first + n].collection_id == node->id)
        n++;
    const struct cb_content *content = contents->item + first;
    tell_datasets(tree, content, n, &datasets);
    snprintf(position, sizeof position, "%zu", node->position);
    snprintf(depth, sizeof depth, "%" PRId64, node->depth);
    cb_auto(cb_free) char *drawn = cb_xasprintf("%s%s%s", tree->is_drawn ? node->lines : "", node->name,
                                                tree->is_drawn && node->is_repeated ? " (above)" : "");
    const char *const cells[] = { node->depth > 0 ? position : NULL,
                                  drawn,
                                  node->name,
                                  node->parent,
                                  depth,
                                  cb_collection_type_name(node->type),
                                  cb_bytes_text(&datasets),
                                  tell_validity(node, content, n, validity) ? validity : NULL,
                                  tell_ticket(node->name, ticket) ? ticket : NULL,
                                  node->is_repeated ? "true" : "false" };
    ctl_table_add(table, cells);
}

static bool print_tree(const struct tree *tree, struct cb_error *err)
{
    cb_auto_contents struct cb_content_list contents = { 0 };
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.chain.show.v1", columns);
    cb_auto(cb_free) int64_t *ids = cb_xalloc_array(tree->count, sizeof *ids);
    cb_auto_bytes struct cb_bytes chain = CB_BYTES(4096);
    for (size_t i = 0; i < tree->count; i++)
        ids[i] = tree->node[i].id;
    if (!cb_contents_count(tree->repo, ids, tree->count, &contents, err))
        return false;
    /* for programs the chain itself is no item of its list */
    for (size_t i = tree->is_drawn ? 0 : 1; i < tree->count; i++)
        tell_node(tree, &tree->node[i], &contents, table);
    cb_json_add_text(&chain, tree->node[0].name, false);
    ctl_table_extra(table, "chain", cb_bytes_text(&chain));
    return ctl_print(tree->ctl, table, err);
}

/* ---- which chain ---- */

static const char *variable(const struct ctl *ctl, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *line = ctl->environment; *line != NULL; line++)
        if (strncmp(*line, name, length) == 0 && (*line)[length] == '=' && (*line)[length + 1] != '\0')
            return *line + length + 1;
    return NULL;
}

/* The locale's encoding, as the C library finds it. */
static bool wants_utf8(const struct ctl *ctl)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *locale = variable(ctl, names[i]);
        if (locale != NULL)
            return strcasestr(locale, "UTF-8") != NULL || strcasestr(locale, "UTF8") != NULL;
    }
    return false;
}

/* $INSTRUMENT/defaults, or the only chain of that kind; to be freed. */
static bool default_chain(const struct tree *tree, char **ret_name, struct cb_error *err)
{
    const char *instrument = variable(tree->ctl, "INSTRUMENT"), *const glob = "*/defaults";
    char name[CB_COLLECTION_NAME_SIZE];
    cb_auto_collections struct cb_collection_list all = { 0 };
    cb_auto_bytes struct cb_bytes names = CB_BYTES(4096);
    if (instrument != NULL) {
        cb_defaults_chain(instrument, name);
        *ret_name = cb_xstrdup(name);
        return true;
    }
    if (!cb_collection_query(tree->repo, &glob, 1, 1U << CB_COLLECTION_CHAINED, &all, err))
        return false;
    if (all.count == 1) {
        *ret_name = cb_xstrdup(all.item[0].name);
        return true;
    }
    for (size_t i = 0; i < all.count; i++)
        cb_bytes_printf(&names, "%s%s", i > 0 ? ", " : "", all.item[i].name);
    if (all.count == 0)
        ctl_hint(tree->ctl, "Make one with calbus chain defaults INSTRUMENT.");
    return ctl_refuse(tree->ctl, CTL_USAGE, err, "name a chain, or set INSTRUMENT; there %s %s%s",
                      all.count == 1 ? "is" : "are", all.count == 0 ? "no chains of defaults" : "",
                      cb_bytes_text(&names));
}

static bool grow(struct tree *tree, const char *name, struct cb_error *err)
{
    cb_auto_collection struct cb_collection root = { 0 };
    if (!cb_collection_find(tree->repo, name, &root, err))
        return false;
    add_node(tree, &root, NULL, "", 0, 0);
    return (root.type != CB_COLLECTION_CHAINED || add_members(tree, name, "", 1, err)) &&
           print_tree(tree, err);
}

bool ctl_chain_show(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    cb_auto(cb_free) char *name = ctl_word(ctl, 0) != NULL ? cb_xstrdup(ctl_word(ctl, 0)) : NULL;
    struct tree tree = { .ctl = ctl,
                         .depth_max = ctl_args_int(&ctl->args, "depth", INT64_MAX),
                         .is_drawn = !ctl_args_has(&ctl->args, "json") && !ctl_args_has(&ctl->args, "plain"),
                         .has_utf8 = wants_utf8(ctl) };
    if (tree.depth_max < 1)
        return ctl_refuse(ctl, CTL_USAGE, err, "--depth must be at least 1");
    bool ok = ctl_db_of(ctl, &db, err) &&
              cb_repo_open_home(index, ctl_repository(ctl), db, &tree.repo, err) &&
              (name != NULL || default_chain(&tree, &name, err)) && grow(&tree, name, err);
    tree_done(&tree);
    return ok;
}
