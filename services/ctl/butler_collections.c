/* butler query-collections in all its forms. */
#include "butler_cli.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/rows.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the choices of --chains. */
enum form { TABLE, INVERSE_TABLE, TREE, INVERSE_TREE, FLATTEN, NO_CHILDREN };

/* A listing under way. */
struct listing {
    struct cb_repo *repo;
    enum form form;
    bool has_relatives, has_types; /* columns besides name and type */
    struct butler_list excluded;   /* globs of dataset types that are not shown */
    struct butler_table *table;
};

static bool is_upward(const struct listing *l)
{
    return l->form == INVERSE_TABLE || l->form == INVERSE_TREE;
}

/* The chains that hold a collection, or the children of a chain. */
static bool relatives_of(const struct listing *l, const struct cb_collection *collection,
                         struct cb_collection_list *ret, struct cb_error *err)
{
    if (is_upward(l))
        return cb_chain_parents(l->repo, collection->name, ret, err);
    return collection->type != CB_COLLECTION_CHAINED ||
           cb_chain_children(l->repo, collection->name, ret, err);
}

static bool is_excluded(const struct listing *l, const char *type)
{
    for (size_t i = 0; i < l->excluded.count; i++)
        if (fnmatch(l->excluded.item[i], type, FNM_NOESCAPE) == 0)
            return true;
    return false;
}

/* Names of the dataset types to show: none for NULL. */
static bool types_of(const struct listing *l, const struct cb_collection *collection,
                     struct butler_list *ret_types, struct cb_error *err)
{
    struct butler_list all = { 0 };
    if (!l->has_types || collection == NULL)
        return true;
    if (!cb_collection_types(l->repo, collection, 1, &all.item, &all.count, err))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < all.count; i++)
        if (is_excluded(l, all.item[i]))
            free(all.item[i]);
        else
            all.item[kept++] = all.item[i];
    all.count = kept;
    *ret_types = all;
    return true;
}

/* A row, and one more for each dataset type of `shown` after the first. */
static bool add_rows(const struct listing *l, const char *name, const char *type, const char *relative,
                     const struct cb_collection *shown, struct cb_error *err)
{
    auto_list types = { 0 };
    if (!types_of(l, shown, &types, err))
        return false;
    for (size_t i = 0; i < types.count || i == 0; i++) {
        const char *cells[4] = { i == 0 ? name : "", i == 0 ? type : "" };
        size_t n = 2;
        if (l->has_relatives)
            cells[n++] = i == 0 ? relative : "";
        cells[n] = i < types.count ? types.item[i] : "";
        butler_table_add(l->table, cells);
    }
    return true;
}

/* A row, then its relatives below it, two blanks further in; a cycle made by others ends at depth 64. */
static bool add_tree(const struct listing *l, const struct cb_collection *collection, int depth,
                     struct cb_error *err)
{
    cb_auto(cb_free) char *name = cb_xasprintf("%*s%s", 2 * depth, "", collection->name);
    cb_auto_collections struct cb_collection_list next = { 0 };
    bool is_chain = collection->type == CB_COLLECTION_CHAINED;
    if (!add_rows(l, name, cb_collection_type_name(collection->type), "", is_chain ? NULL : collection,
                  err) ||
        !relatives_of(l, collection, &next, err))
        return false;
    for (size_t i = 0; i < next.count && depth < 64; i++)
        if (!add_tree(l, &next.item[i], depth + 1, err))
            return false;
    return true;
}

/* One row for each relative, the name only in the first; dataset types are those of the relatives. */
static bool add_relatives(const struct listing *l, const struct cb_collection *collection,
                          struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list next = { 0 };
    const char *type = cb_collection_type_name(collection->type);
    if (!relatives_of(l, collection, &next, err))
        return false;
    if (next.count == 0)
        return add_rows(l, collection->name, type, "", collection, err);
    for (size_t i = 0; i < next.count; i++)
        if (!add_rows(l, i == 0 ? collection->name : "", i == 0 ? type : "", next.item[i].name, &next.item[i],
                      err))
            return false;
    return true;
}

static bool fill(const struct listing *l, const struct cb_collection_list *list, struct cb_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct cb_collection *item = &list->item[i];
        bool ok = true;
        if (l->form == TREE || l->form == INVERSE_TREE)
            ok = add_tree(l, item, 0, err);
        else if (l->form == TABLE || l->form == INVERSE_TABLE)
            ok = add_relatives(l, item, err);
        else
            ok = add_rows(l, item->name, cb_collection_type_name(item->type), "", item, err);
        if (!ok)
            return false;
    }
    return true;
}

/* A column of children is there when a chain is listed, one of parents when something listed has any. */
static bool find_relatives(struct listing *l, const struct cb_collection_list *list, struct cb_error *err)
{
    bool is_table = l->form == TABLE || l->form == INVERSE_TABLE;
    for (size_t i = 0; is_table && i < list->count && !l->has_relatives; i++) {
        cb_auto_collections struct cb_collection_list next = { 0 };
        if (l->form == TABLE)
            l->has_relatives = list->item[i].type == CB_COLLECTION_CHAINED;
        else if (!relatives_of(l, &list->item[i], &next, err))
            return false;
        l->has_relatives |= next.count > 0;
    }
    return true;
}

static void start_table(struct listing *l)
{
    const char *titles[4] = { "Name", "Type" };
    size_t n = 2;
    if (l->has_relatives)
        titles[n++] = l->form == TABLE ? "Children" : "Parents";
    if (l->has_types)
        titles[n++] = "Dataset Types";
    l->table = butler_table_new(n, titles);
    butler_table_set_left(l->table);
}

static unsigned read_types(const struct butler_args *args)
{
    auto_list names = butler_list_of(args, "collection-type");
    unsigned types = 0;
    for (size_t i = 0; i < names.count; i++) {
        enum cb_collection_type type;
        if (cb_collection_type_parse(names.item[i], &type))
            types |= 1U << type;
    }
    return types;
}

static enum form read_form(const struct butler_args *args)
{
    const char *const *forms = butler_choices("chains");
    const char *name = butler_text(args, "chains", forms[TREE]);
    int form = 0;
    while (forms[form] != NULL && strcmp(name, forms[form]) != 0)
        form++;
    return forms[form] != NULL ? (enum form)form : TREE;
}

static bool holds(const struct cb_collection_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].id == id)
            return true;
    return false;
}

/* Move what is of these types and not there already to the end of `list`; empties `more`. */
static void append(struct cb_collection_list *list, struct cb_collection_list *more, unsigned types)
{
    list->item = cb_xrealloc_array(list->item, list->count + more->count + 1, sizeof *list->item);
    for (size_t i = 0; i < more->count; i++)
        if ((types != 0 && (types & (1U << more->item[i].type)) == 0) || holds(list, more->item[i].id))
            cb_collection_done(&more->item[i]);
        else
            list->item[list->count++] = more->item[i];
    more->count = 0;
}

/* What globs find comes first, then what is named, in the order of the names; flat: a chain's members in
 * search order instead of it. */
static bool find_in_order(struct cb_repo *repo, const struct butler_list *globs, bool flat, unsigned types,
                          struct cb_collection_list *ret, struct cb_error *err)
{
    for (size_t i = 0; i < 2 * globs->count; i++) {
        const char *const *glob = (const char *const *)&globs->item[i % globs->count];
        cb_auto_collections struct cb_collection_list some = { 0 };
        if (cb_is_glob(*glob) != (i < globs->count))
            continue;
        if (flat ? !cb_collection_flatten(repo, glob, 1, false, &some, err)
                 : !cb_collection_query(repo, glob, 1, 0, &some, err))
            return false;
        append(ret, &some, types);
    }
    return true;
}

static bool find(struct cb_repo *repo, const struct butler_args *args, enum form form,
                 struct cb_collection_list *ret, struct cb_error *err)
{
    auto_list globs = butler_words_from(args, 1);
    unsigned types = read_types(args);
    bool all = globs.count == 0;
    for (size_t i = 0; i < globs.count; i++)
        all |= strcmp(globs.item[i], "*") == 0;
    if (all) {
        const unsigned flat_types = form == FLATTEN ? ~(1U << CB_COLLECTION_CHAINED) : ~0U;
        cb_auto_collections struct cb_collection_list found = { 0 };
        if (!cb_collection_query(repo, NULL, 0, 0, &found, err))
            return false;
        const unsigned wanted = (types != 0 ? types : ~0U) & flat_types;
        if (wanted != 0)
            append(ret, &found, wanted);
        return true;
    }
    if (form == FLATTEN || form == NO_CHILDREN)
        return find_in_order(repo, &globs, form == FLATTEN, types, ret, err);
    return cb_collection_query(repo, (const char *const *)globs.item, globs.count, types, ret, err);
}

static bool list_collections(struct listing *l, const struct butler_args *args, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list list = { 0 };
    if (!find(l->repo, args, l->form, &list, err) || !find_relatives(l, &list, err))
        return false;
    start_table(l);
    if (!fill(l, &list, err))
        return false;
    if (list.count > 0)
        butler_table_print(l->table, stdout);
    return true;
}

/* The dataset types that are not shown unless told. */
static struct butler_list excluded_types(const struct butler_args *args)
{
    struct butler_list list = butler_list_of(args, "exclude-dataset-types");
    if (butler_text(args, "exclude-dataset-types", NULL) == NULL)
        butler_list_add(&list, "*_config,*_log,*_metadata,packages");
    return list;
}

static bool run_collections(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (!butler_open(args->words[0], &repo, err))
        return false;
    struct listing l = { .repo = repo,
                         .form = read_form(args),
                         .has_types = butler_flag(args, "show-dataset-types"),
                         .excluded = excluded_types(args) };
    bool ok = list_collections(&l, args, err);
    butler_table_free(l.table);
    butler_list_done(&l.excluded);
    return ok;
}

static const struct butler_option collections_options[] = {
    { "chains", 0, BUTLER_TEXT, "tree, table, inverse-table, inverse-tree, flatten or no-children." },
    { "collection-type", 0, BUTLER_LIST, "RUN, TAGGED, CHAINED or CALIBRATION; repeatable." },
    { "show-dataset-types", 't', BUTLER_FLAG, "Also show the dataset types of each collection." },
    { "exclude-dataset-types", 0, BUTLER_LIST,
      "Globs of dataset types not to show; *_config,*_log,*_metadata,packages unless given." },
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
