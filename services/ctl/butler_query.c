/* butler query-datasets, query-dimension-records, query-data-ids, query-dataset-types. */
#include "butler_cli.h"
#include "butler_query.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The parts of a query that options give; lists are borrowed from `lists`. */
struct query_lists {
    struct butler_list collections, order_by, types;
    bool warns; /* the limit is the silent cap */
};

static void query_lists_done(struct query_lists *lists)
{
    butler_list_done(&lists->collections);
    butler_list_done(&lists->order_by);
    butler_list_done(&lists->types);
}

#define auto_query_lists __attribute__((cleanup(query_lists_done))) struct query_lists

static bool read_query(const struct butler_args *args, int64_t default_limit, struct query_lists *lists,
                       struct cb_query *ret_query, struct cb_error *err)
{
    int64_t limit = 0, offset = 0;
    if (!butler_int(args, "limit", default_limit, &limit, err) ||
        !butler_int(args, "offset", 0, &offset, err))
        return false;
    lists->collections = butler_list_of(args, "collections");
    lists->order_by = butler_list_of(args, "order-by");
    lists->warns = limit < 0;
    *ret_query = (struct cb_query){ .where = butler_text(args, "where", NULL),
                                    .order_by = (const char *const *)lists->order_by.item,
                                    .n_order_by = lists->order_by.count,
                                    .limit = (size_t)(limit < 0 ? -limit : limit),
                                    .offset = (size_t)(offset > 0 ? offset : 0),
                                    .collections = (const char *const *)lists->collections.item,
                                    .n_collections = lists->collections.count };
    return true;
}

static void warn_limit(const struct query_lists *lists, const struct cb_query *query, size_t count)
{
    if (lists->warns && count >= query->limit)
        fprintf(stderr, "butler: WARNING: more rows may be there than the limit of %zu; use --limit\n",
                query->limit);
}

/* ---- datasets ---- */

/* Without --collections, all of them. */
static bool default_collections(bool find_first, struct query_lists *lists, struct cb_query *query)
{
    if (query->n_collections == 0) {
        if (find_first)
            return false;
        fprintf(stderr, "butler: WARNING: no --collections given: all collections are searched\n");
        lists->collections.item = cb_xalloc_array(1, sizeof *lists->collections.item);
        lists->collections.item[0] = cb_xstrdup("*");
        lists->collections.count = 1;
        query->collections = (const char *const *)lists->collections.item;
        query->n_collections = 1;
    }
    for (size_t i = 0; find_first && i < query->n_collections; i++)
        if (cb_is_glob(query->collections[i]))
            return false;
    return true;
}

/* Dimensions as columns: required ones, then implied ones. */
static size_t order_dimensions(uint32_t dims, enum cb_element_index ret_order[CB_DIMENSION_COUNT])
{
    uint32_t all = cb_dimensions_expand(dims), required = cb_dimensions_required(all);
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < CB_DIMENSION_COUNT; i++)
            if ((all & CB_DIM(i)) != 0 && ((required & CB_DIM(i)) != 0) == (pass == 0))
                ret_order[n++] = (enum cb_element_index)i;
    return n;
}

/* Columns of a type: type, run, id, dimensions, URI. */
static struct butler_table *table_of(const enum cb_element_index *order, size_t n_dims, bool with_uri)
{
    const char *names[CB_DIMENSION_COUNT + 4] = { "type", "run", "id" };
    for (size_t i = 0; i < n_dims; i++)
        names[3 + i] = cb_element_at(order[i])->name;
    names[3 + n_dims] = "URI";
    struct butler_table *table = butler_table_new(3 + n_dims + with_uri, names);
    for (size_t i = 0; i < n_dims; i++)
        if (cb_element_key(cb_element_at(order[i]))->type == CB_TYPE_INT)
            butler_table_set_number(table, 3 + i);
    return table;
}

static void add_dataset(struct butler_table *table, const struct cb_repo *repo,
                        const struct cb_dataset *dataset, const enum cb_element_index *order, size_t n_dims,
                        bool with_uri)
{
    const char *cells[CB_DIMENSION_COUNT + 4] = { dataset->type, dataset->run, dataset->id };
    char values[CB_DIMENSION_COUNT][CB_DIMENSION_TEXT_SIZE];
    for (size_t i = 0; i < n_dims; i++) {
        cb_data_id_value(&dataset->data_id, order[i], values[i]);
        cells[3 + i] = values[i];
    }
    cb_auto(cb_free) char *uri = with_uri ? cb_dataset_uri(repo, dataset) : NULL;
    cells[3 + n_dims] = uri;
    butler_table_add(table, cells);
}

bool butler_table_of_datasets(struct cb_repo *repo, const struct cb_dataset_type *type,
                              const struct cb_dataset_list *list, bool with_uri,
                              struct butler_table **ret_table, struct cb_error *err)
{
    enum cb_element_index order[CB_DIMENSION_COUNT] = { 0 };
    size_t n = order_dimensions(type->dims, order);
    struct cb_data_id **ids = cb_xalloc_array(list->count + 1, sizeof(struct cb_data_id *));
    for (size_t i = 0; i < list->count; i++)
        ids[i] = &list->item[i].data_id;
    bool ok = cb_data_ids_expand(repo, ids, list->count, err);
    free(ids);
    cb_auto(butler_table_free) struct butler_table *table = table_of(order, n, with_uri);
    for (size_t i = 0; i < list->count; i++)
        add_dataset(table, repo, &list->item[i], order, n, with_uri);
    if (ok)
        *ret_table = cb_steal(table);
    return ok;
}

/* Types that match; an explicit name that is not there is said and left out. */
static bool find_types(struct cb_repo *repo, const struct butler_list *globs,
                       struct cb_dataset_type_list *ret_types, struct cb_error *err)
{
    if (!cb_dataset_type_query(repo, (const char *const *)globs->item, globs->count, ret_types, err))
        return false;
    for (size_t i = 0; i < globs->count; i++) {
        bool found = cb_is_glob(globs->item[i]);
        for (size_t k = 0; k < ret_types->count && !found; k++)
            found = strcmp(ret_types->item[k].name, globs->item[i]) == 0;
        if (!found)
            fprintf(stderr, "butler: INFO: \"Dataset type '%s' does not exist.\"\n", globs->item[i]);
    }
    return true;
}

/* Every type that matches, with its datasets. ret_types, ret_count: types and datasets in all. */
bool butler_query_each(struct cb_repo *repo, const struct butler_args *args,
                       const struct butler_search *search, butler_each_type *each, void *self,
                       size_t *ret_types, size_t *ret_count, struct cb_error *err)
{
    auto_query_lists lists = { 0 };
    struct cb_query query;
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    if (!read_query(args, search->limit, &lists, &query, err))
        return false;
    if (search->collections != NULL && search->collections->count > 0) {
        query.collections = (const char *const *)search->collections->item;
        query.n_collections = search->collections->count;
    }
    if (!default_collections(search->find_first, &lists, &query))
        return cb_fail(err, CB_ERR_INVALID, "Can not use wildcards in collections when find_first=True");
    if (!find_types(repo, search->globs, &types, err))
        return false;
    *ret_count = 0;
    *ret_types = types.count;
    for (size_t i = 0; i < types.count && (query.limit == 0 || *ret_count < query.limit); i++) {
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        struct cb_query one = query;
        one.limit = query.limit == 0 ? 0 : query.limit - *ret_count;
        enum cb_search how = search->find_first ? CB_SEARCH_FIRST : CB_SEARCH_ALL;
        if (!cb_query_datasets(repo, types.item[i].name, how, &one, &list, err) ||
            (list.count > 0 && !each(repo, &types.item[i], &list, self, err)))
            return false;
        *ret_count += list.count;
    }
    warn_limit(&lists, &query, *ret_count);
    return true;
}

bool butler_check_found(const struct butler_list *globs, size_t n_types, size_t count, struct cb_error *err)
{
    bool by_name = globs->count == 1 && !cb_is_glob(globs->item[0]);
    return count > 0 || n_types == 0 || !by_name ||
           cb_fail(err, CB_ERR_NOT_FOUND, "EmptyQueryResultError: no datasets match the query");
}

struct printing {
    bool with_uri, started;
};

static bool print_each(struct cb_repo *repo, const struct cb_dataset_type *type,
                       const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    struct printing *printing = self;
    if (!printing->started)
        fputc('\n', stdout);
    printing->started = true;
    cb_auto(butler_table_free) struct butler_table *table = NULL;
    if (!butler_table_of_datasets(repo, type, list, printing->with_uri, &table, err))
        return false;
    butler_table_print(table, stdout);
    fputc('\n', stdout);
    return true;
}

static bool run_datasets(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list globs = butler_words_from(args, 1);
    struct printing printing = { .with_uri = butler_flag(args, "show-uri") };
    const struct butler_search search = { .globs = &globs,
                                          .find_first = butler_flag(args, "find-first"),
                                          .limit = -BUTLER_QUERY_CAP };
    size_t count = 0, types = 0;
    if (!butler_open(args->words[0], &repo, err) ||
        !butler_query_each(repo, args, &search, print_each, &printing, &types, &count, err))
        return false;
    if (!butler_check_found(&globs, types, count, err))
        return false;
    if (count == 0)
        fputc('\n', stdout);
    return true;
}

static const struct butler_option datasets_options[] = {
    BUTLER_QUERY_OPTIONS,
    { "find-first", 0, BUTLER_FLAG,
      "Only the first matching dataset of each data ID along the collections." },
    { "show-uri", 0, BUTLER_FLAG, "Show the dataset URI in results." },
    { .name = NULL },
};
const struct butler_command butler_query_datasets = {
    "query-datasets", "REPO [GLOB]...", "List the datasets in a repository.", datasets_options, 1,
    SIZE_MAX,         run_datasets
};

/* ---- dimension records ---- */

static bool query_element(struct cb_repo *repo, const struct butler_args *args,
                          struct cb_record_list *ret_list, struct cb_error *err)
{
    auto_query_lists lists = { 0 };
    struct cb_query query;
    const struct cb_element *element = cb_element_find(args->words[1], strlen(args->words[1]));
    if (element == NULL)
        return cb_fail(err, CB_ERR_INVALID, "No dimension element with name '%s'.", args->words[1]);
    if (!read_query(args, -BUTLER_QUERY_CAP, &lists, &query, err))
        return false;
    lists.types = butler_list_of(args, "datasets");
    query.dataset_types = (const char *const *)lists.types.item;
    query.n_dataset_types = lists.types.count;
    if (!cb_query_records(repo, element, &query, ret_list, err))
        return false;
    warn_limit(&lists, &query, ret_list->count);
    return true;
}

/* Values as Python shows them. */
static char *show_value(const struct cb_column *column, const char *text)
{
    if (text == NULL)
        return NULL;
    if (column->type == CB_TYPE_BOOL)
        return cb_xstrdup(text[0] == 't' ? "True" : "False");
    if (column->type == CB_TYPE_FLOAT && strpbrk(text, ".eEnN") == NULL)
        return cb_xasprintf("%s.0", text);
    struct cb_timespan span;
    if (column->type == CB_TYPE_TIMESPAN && cb_timespan_parse(text, &span, NULL)) {
        char iso[CB_TIMESPAN_ISO_SIZE];
        cb_timespan_format_seconds(span, iso);
        return cb_xstrdup(iso);
    }
    return cb_xstrdup(text);
}

static void print_records(const struct cb_record_list *list)
{
    size_t n = list->element->n_columns;
    const char *names[64] = { NULL };
    char *cells[64];
    for (size_t k = 0; k < n; k++)
        names[k] = list->element->columns[k].type == CB_TYPE_TIMESPAN ? "timespan (TAI)"
                                                                      : list->element->columns[k].name;
    cb_auto(butler_table_free) struct butler_table *table = butler_table_new(n, names);
    for (size_t k = 0; k < n; k++)
        if (list->element->columns[k].type == CB_TYPE_INT || list->element->columns[k].type == CB_TYPE_FLOAT)
            butler_table_set_number(table, k);
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < n; k++)
            cells[k] = show_value(&list->element->columns[k], list->value[i * n + k]);
        butler_table_add(table, (const char *const *)cells);
        for (size_t k = 0; k < n; k++)
            free(cells[k]);
    }
    butler_table_print(table, stdout);
}

static bool run_records(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_records struct cb_record_list list = { 0 };
    if (!butler_open(args->words[0], &repo, err) || !query_element(repo, args, &list, err))
        return false;
    if (list.count > 0)
        print_records(&list);
    else
        fputs("No results. Try --help for more information.\n", stdout);
    return true;
}

static const struct butler_option records_options[] = {
    BUTLER_QUERY_OPTIONS,
    { "datasets", 0, BUTLER_LIST, "Only records for which there are datasets of these types." },
    { "offset", 0, BUTLER_INT, "Skip as many results." },
    { "no-check", 0, BUTLER_FLAG, "Do not check the query before execution; no effect." },
    { .name = NULL },
};
const struct butler_command butler_query_dimension_records = { "query-dimension-records",
                                                               "REPO ELEMENT",
                                                               "Query for dimension information.",
                                                               records_options,
                                                               2,
                                                               2,
                                                               run_records };

/* ---- data ids ---- */

static void print_data_ids(uint32_t dims, const struct cb_data_id_list *list)
{
    enum cb_element_index order[CB_DIMENSION_COUNT] = { 0 };
    const char *names[CB_DIMENSION_COUNT] = { NULL };
    size_t n = order_dimensions(dims, order);
    for (size_t k = 0; k < n; k++)
        names[k] = cb_element_at(order[k])->name;
    cb_auto(butler_table_free) struct butler_table *table = butler_table_new(n, names);
    for (size_t k = 0; k < n; k++)
        if (cb_element_key(cb_element_at(order[k]))->type == CB_TYPE_INT)
            butler_table_set_number(table, k);
    for (size_t i = 0; i < list->count; i++) {
        char values[CB_DIMENSION_COUNT][CB_DIMENSION_TEXT_SIZE];
        const char *cells[CB_DIMENSION_COUNT];
        for (size_t k = 0; k < n; k++) {
            cb_data_id_value(&list->item[i], order[k], values[k]);
            cells[k] = values[k];
        }
        butler_table_add(table, cells);
    }
    butler_table_print(table, stdout);
}

static bool run_data_ids(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_query_lists lists = { 0 };
    auto_list names = butler_words_from(args, 1);
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    struct cb_query query;
    uint32_t dims = 0;
    if (!cb_dimensions_parse((const char *const *)names.item, names.count, &dims, err) ||
        !read_query(args, -BUTLER_QUERY_CAP, &lists, &query, err))
        return false;
    lists.types = butler_list_of(args, "datasets");
    query.dataset_types = (const char *const *)lists.types.item;
    query.n_dataset_types = lists.types.count;
    if (!butler_open(args->words[0], &repo, err) || !cb_query_data_ids(repo, dims, &query, &list, err))
        return false;
    warn_limit(&lists, &query, list.count);
    if (list.count == 0)
        fputs("No results. Try --help for more information.\n", stdout);
    else
        print_data_ids(cb_dimensions_expand(dims), &list);
    return true;
}

static const struct butler_option data_ids_options[] = {
    BUTLER_QUERY_OPTIONS,
    { "datasets", 0, BUTLER_LIST, "Only data IDs for which there are datasets of these types." },
    { "offset", 0, BUTLER_INT, "Skip as many results." },
    { .name = NULL },
};
const struct butler_command butler_query_data_ids = {
    "query-data-ids", "REPO DIMENSIONS...", "List the data IDs in a repository.", data_ids_options, 2,
    SIZE_MAX,         run_data_ids
};

/* ---- dataset types ---- */

static void put_dimensions(struct cb_bytes *text, uint32_t dims)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t n = cb_dimensions_list(cb_dimensions_expand(dims), names);
    cb_bytes_puts(text, "[");
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(text, "%s'%s'", i > 0 ? ", " : "", names[i]);
    cb_bytes_puts(text, "]");
}

static bool run_types(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    auto_list globs = butler_words_from(args, 1);
    if (!butler_open(args->words[0], &repo, err) ||
        !cb_dataset_type_query(repo, (const char *const *)globs.item, globs.count, &types, err))
        return false;
    static const char *const names[] = { "name", "dimensions", "storage class" };
    cb_auto(butler_table_free) struct butler_table *table =
        butler_table_new(butler_flag(args, "verbose") ? 3 : 1, names);
    for (size_t i = 0; i < types.count; i++) {
        cb_auto_bytes struct cb_bytes dims = CB_BYTES(4096);
        put_dimensions(&dims, types.item[i].dims);
        butler_table_add(
            table, (const char *[]){ types.item[i].name, cb_bytes_text(&dims), types.item[i].storage_class });
    }
    butler_table_set_left(table);
    if (types.count > 0)
        butler_table_print(table, stdout);
    else
        fputs("No results. Try --help for more information.\n", stdout);
    return true;
}

static const struct butler_option types_options[] = {
    { "verbose", 'v', BUTLER_FLAG, "Include dataset type name, dimensions, and storage class in output." },
    { .name = NULL },
};
const struct butler_command butler_query_dataset_types = { "query-dataset-types",
                                                           "REPO [GLOB]...",
                                                           "Get the dataset types in a repository.",
                                                           types_options,
                                                           1,
                                                           SIZE_MAX,
                                                           run_types };
