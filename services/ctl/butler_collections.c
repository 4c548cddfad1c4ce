/* butler query-collections in all its forms. */
#include "butler_cli.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/collections.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool children_of(struct cb_repo *repo, const struct cb_collection *collection,
                        struct cb_collection_list *ret, struct cb_error *err)
{
    return collection->type != CB_COLLECTION_CHAINED || cb_chain_children(repo, collection->name, ret, err);
}

/* A row, then its children below it, two blanks further in; a cycle made by others ends at depth 64. */
static bool add_tree(struct cb_repo *repo, const struct cb_collection *collection, bool up, int depth,
                     struct butler_table *table, struct cb_error *err)
{
    cb_auto(cb_free) char *name = cb_xasprintf("%*s%s", 2 * depth, "", collection->name);
    butler_table_add(table, (const char *[]){ name, cb_collection_type_name(collection->type) });
    cb_auto_collections struct cb_collection_list next = { 0 };
    if (!(up ? cb_chain_parents(repo, collection->name, &next, err)
             : children_of(repo, collection, &next, err)))
        return false;
    for (size_t i = 0; i < next.count && depth < 64; i++)
        if (!add_tree(repo, &next.item[i], up, depth + 1, table, err))
            return false;
    return true;
}

/* One row for each relative, the name only in the first. */
static bool add_relatives(struct cb_repo *repo, const struct cb_collection *collection, bool up,
                          struct butler_table *table, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list next = { 0 };
    if (!(up ? cb_chain_parents(repo, collection->name, &next, err)
             : children_of(repo, collection, &next, err)))
        return false;
    for (size_t i = 0; i < next.count || i == 0; i++)
        butler_table_add(table, (const char *[]){ i == 0 ? collection->name : "",
                                                  i == 0 ? cb_collection_type_name(collection->type) : "",
                                                  i < next.count ? next.item[i].name : "" });
    return true;
}

static bool read_types(const struct butler_args *args, unsigned *ret_types, struct cb_error *err)
{
    auto_list names = butler_list_of(args, "collection-type");
    *ret_types = 0;
    for (size_t i = 0; i < names.count; i++) {
        enum cb_collection_type type;
        if (!cb_collection_type_parse(names.item[i], &type))
            return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--collection-type': '%s'.",
                           names.item[i]);
        *ret_types |= 1U << type;
    }
    return true;
}

static const char *const forms[] = { "tree",         "table",   "inverse-table",
                                     "inverse-tree", "flatten", "no-children" };
enum form { TREE, TABLE, INVERSE_TABLE, INVERSE_TREE, FLATTEN, NO_CHILDREN, FORM_COUNT };

static bool read_form(const struct butler_args *args, enum form *ret_form, struct cb_error *err)
{
    const char *name = butler_text(args, "chains", "tree");
    for (int i = 0; i < FORM_COUNT; i++)
        if (strcasecmp(name, forms[i]) == 0) {
            *ret_form = (enum form)i;
            return true;
        }
    return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--chains': '%s'.", name);
}

static bool fill(struct cb_repo *repo, const struct cb_collection_list *list, enum form form,
                 struct butler_table *table, struct cb_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct cb_collection *item = &list->item[i];
        bool ok = true;
        if (form == TREE || form == INVERSE_TREE)
            ok = add_tree(repo, item, form == INVERSE_TREE, 0, table, err);
        else if (form == TABLE || form == INVERSE_TABLE)
            ok = add_relatives(repo, item, form == INVERSE_TABLE, table, err);
        else
            butler_table_add(table, (const char *[]){ item->name, cb_collection_type_name(item->type) });
        if (!ok)
            return false;
    }
    return true;
}

/* Flattening follows search order; everything else is sorted by name. */
static bool find(struct cb_repo *repo, const struct butler_args *args, enum form form,
                 struct cb_collection_list *ret, struct cb_error *err)
{
    auto_list globs = butler_words_from(args, 1);
    unsigned types = 0;
    if (!read_types(args, &types, err))
        return false;
    if (form != FLATTEN)
        return cb_collection_query(repo, (const char *const *)globs.item, globs.count, types, ret, err);
    const char *all = "*";
    return cb_collection_flatten(repo, globs.count > 0 ? (const char *const *)globs.item : &all,
                                 globs.count > 0 ? globs.count : 1, false, ret, err);
}

static bool run_collections(const struct butler_args *args, struct cb_error *err)
{
    static const char *const titles[][3] = { { "Name", "Type", NULL },      { "Name", "Type", "Children" },
                                             { "Name", "Type", "Parents" }, { "Name", "Type", NULL },
                                             { "Name", "Type", NULL },      { "Name", "Type", NULL } };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_collections struct cb_collection_list list = { 0 };
    enum form form = TREE;
    if (!read_form(args, &form, err) || !butler_open(args->words[0], &repo, err) ||
        !find(repo, args, form, &list, err))
        return false;
    cb_auto(butler_table_free) struct butler_table *table =
        butler_table_new(titles[form][2] != NULL ? 3 : 2, titles[form]);
    butler_table_set_left(table);
    if (!fill(repo, &list, form, table, err))
        return false;
    if (list.count > 0)
        butler_table_print(table, stdout);
    return true;
}

static const struct butler_option collections_options[] = {
    { "chains", 0, BUTLER_TEXT, "tree, table, inverse-table, inverse-tree, flatten or no-children." },
    { "collection-type", 0, BUTLER_LIST, "RUN, TAGGED, CHAINED or CALIBRATION; repeatable." },
    { .name = NULL },
};
const struct butler_command butler_query_collections = {
    "query-collections",
    "REPO [GLOB]...",
    "Get the collections whose names match an expression.",
    collections_options,
    1,
    SIZE_MAX,
    run_collections
};
