/* butler query-datasets, query-dimension-records, query-data-ids, query-dataset-types. */
#include "butler_cli.h"
#include "butler_query.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/tai.h"
#include "butler/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The parts of a query that options give; lists are borrowed from `lists`. */
struct query_lists {
    struct butler_list collections, order_by, types;
    size_t cap; /* more rows than that are warned of and left out; one more is asked for. 0: no cap */
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
    if (offset != 0)
        return cb_fail(err, CB_ERR_INVALID, "--offset is no longer supported");
    lists->collections = butler_list_of(args, "collections");
    lists->order_by = butler_list_of(args, "order-by");
    lists->cap = limit < 0 ? (size_t)-limit : 0;
    *ret_query = (struct cb_query){ .where = butler_text(args, "where", NULL),
                                    .order_by = (const char *const *)lists->order_by.item,
                                    .n_order_by = lists->order_by.count,
                                    .limit = limit < 0 ? lists->cap + 1 : (size_t)limit,
                                    .collections = (const char *const *)lists->collections.item,
                                    .n_collections = lists->collections.count };
    return true;
}

/* Is the last row one too many? */
static bool is_over_cap(const struct query_lists *lists, size_t count)
{
    if (lists->cap == 0 || count <= lists->cap)
        return false;
    butler_say(BUTLER_WARNING, "more results are there than the limit of %zu; use --limit", lists->cap);
    return true;
}

static void list_all(struct butler_list *list)
{
    butler_list_done(list);
    butler_list_add(list, "*");
}

/* Without --collections, all of them. */
static void default_collections(struct query_lists *lists, struct cb_query *query)
{
    if (query->n_collections > 0)
        return;
    list_all(&lists->collections);
    query->collections = (const char *const *)lists->collections.item;
    query->n_collections = lists->collections.count;
}

static bool has_globs(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cb_is_glob(names[i]))
            return true;
    return false;
}

/* ---- dataset types ---- */

static bool check_type_names(const struct butler_list *globs, struct cb_error *err)
{
    for (size_t i = 0; i < globs->count; i++)
        if (!cb_is_glob(globs->item[i]) && strchr(globs->item[i], '.') != NULL)
            return cb_fail(err, CB_ERR_INVALID,
                           "'%s': component dataset types are not supported here; name the whole",
                           globs->item[i]);
    return true;
}

/* Types that match; what is named and not there is not an error here. */
static bool find_types(struct cb_repo *repo, const struct butler_list *globs,
                       struct cb_dataset_type_list *ret_types, struct cb_error *err)
{
    return check_type_names(globs, err) &&
           cb_dataset_type_query(repo, (const char *const *)globs->item, globs->count, ret_types, err);
}

/* The first type that is named and not among those found, NULL for none; "*" finds whatever is there. */
static const char *missing_type(const struct butler_list *globs, const struct cb_dataset_type_list *types)
{
    for (size_t i = 0; i < globs->count; i++) {
        bool found = cb_is_glob(globs->item[i]);
        for (size_t k = 0; k < types->count && !found; k++)
            found = strcmp(types->item[k].name, globs->item[i]) == 0;
        if (!found)
            return globs->item[i];
    }
    return NULL;
}

static bool holds_text(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Leave only the types that these collections may have, by their summaries. */
static bool keep_types_of(struct cb_repo *repo, const char *const *collections, size_t count,
                          struct cb_dataset_type_list *types, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list list = { 0 };
    auto_list names = { 0 };
    if (!cb_collection_query(repo, collections, count, 0, &list, err) ||
        !cb_collection_types(repo, list.item, list.count, &names.item, &names.count, err))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < types->count; i++)
        if (holds_text(names.item, names.count, types->item[i].name))
            types->item[kept++] = types->item[i];
        else
            cb_dataset_type_done(&types->item[i]);
    types->count = kept;
    return true;
}

/* ---- datasets ---- */

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

/* Several types, or one by its name? */
static bool is_search_of_many(const struct butler_list *globs)
{
    return globs->count > 1 || has_globs((const char *const *)globs->item, globs->count);
}

static void warn_unspecific(size_t n_collections, size_t n_globs)
{
    if (n_collections == 0)
        fputs("butler: WARNING: no --collections given: all collections are searched\n", stderr);
    if (n_globs == 0)
        fputs("butler: WARNING: no dataset types given: all are searched for; say '*'\n", stderr);
}

static bool check_search(const struct butler_search *search, const struct butler_list *globs,
                         const struct cb_query *query, struct cb_error *err)
{
    if (query->n_order_by > 0 && is_search_of_many(globs))
        return cb_fail(err, CB_ERR_INVALID,
                       "--order-by is only supported for queries with a single dataset type.");
    if (search->find_first && has_globs(query->collections, query->n_collections))
        return cb_fail(err, CB_ERR_INVALID, "Can not use wildcards in collections when find_first=True");
    return true;
}

/* The types to look for; none, with a word, when one that is named is not there. */
static bool find_wanted(struct cb_repo *repo, const struct butler_list *globs, const struct cb_query *query,
                        struct cb_dataset_type_list *types, struct cb_error *err)
{
    bool many = is_search_of_many(globs);
    cb_auto_collections struct cb_collection_list path = { 0 };
    if (!many && has_globs(query->collections, query->n_collections) &&
        !cb_collection_query(repo, query->collections, query->n_collections, 0, &path, err))
        return false;
    if ((many && !check_type_names(globs, err)) ||
        !cb_dataset_type_query(repo, (const char *const *)globs->item, globs->count, types, err))
        return false;
    const char *missing = missing_type(globs, types);
    if (missing != NULL || types->count == 0) {
        butler_say(BUTLER_INFO, "Dataset type '%s' does not exist.",
                   missing != NULL ? missing : globs->item[0]);
        cb_dataset_type_list_done(types);
        return true;
    }
    return !many || keep_types_of(repo, query->collections, query->n_collections, types, err);
}

/* Datasets of one type, as many as may still come. */
static bool query_one(struct cb_repo *repo, const struct cb_dataset_type *type, bool find_first,
                      const struct cb_query *query, size_t seen, struct cb_dataset_list *ret_list,
                      struct cb_error *err)
{
    struct cb_query one = *query;
    one.limit = query->limit == 0 ? 0 : query->limit - seen;
    return cb_query_datasets(repo, type->name, find_first ? CB_SEARCH_FIRST : CB_SEARCH_ALL, &one, ret_list,
                             err);
}

static void drop_last(struct cb_dataset_list *list)
{
    struct cb_dataset_list last = { .item = cb_xalloc_array(1, sizeof *last.item), .count = 1 };
    last.item[0] = list->item[--list->count];
    cb_dataset_list_done(&last);
}

static bool query_types(struct cb_repo *repo, const struct cb_dataset_type_list *types, bool find_first,
                        const struct query_lists *lists, const struct cb_query *query, butler_each_type *each,
                        void *self, size_t *ret_count, struct cb_error *err)
{
    for (size_t i = 0; i < types->count && (query->limit == 0 || *ret_count < query->limit); i++) {
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        if (!query_one(repo, &types->item[i], find_first, query, *ret_count, &list, err))
            return false;
        *ret_count += list.count;
        if (is_over_cap(lists, *ret_count))
            drop_last(&list);
        if (list.count > 0 && !each(repo, &types->item[i], &list, self, err))
            return false;
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
    warn_unspecific(query.n_collections, search->globs->count);
    default_collections(&lists, &query);
    if (search->globs->count == 0)
        list_all(&lists.types);
    const struct butler_list *globs = search->globs->count > 0 ? search->globs : &lists.types;
    if (!check_search(search, globs, &query, err) || !find_wanted(repo, globs, &query, &types, err))
        return false;
    *ret_count = 0;
    *ret_types = types.count;
    return query_types(repo, &types, search->find_first, &lists, &query, each, self, ret_count, err);
}

bool butler_check_found(const struct butler_list *globs, size_t n_types, size_t count, struct cb_error *err)
{
    return count > 0 || n_types == 0 || globs->count == 0 || is_search_of_many(globs) ||
           cb_fail(err, CB_ERR_NOT_FOUND, "EmptyQueryResultError: no datasets match the query");
}

static bool print_each(struct cb_repo *repo, const struct cb_dataset_type *type,
                       const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    const bool *with_uri = self;
    cb_auto(butler_table_free) struct butler_table *table = NULL;
    if (!butler_table_of_datasets(repo, type, list, *with_uri, &table, err))
        return false;
    fputc('\n', stdout);
    butler_table_print(table, stdout);
    return true;
}

static bool run_datasets(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list globs = butler_words_from(args, 1);
    bool with_uri = butler_flag(args, "show-uri");
    const struct butler_search search = { .globs = &globs,
                                          .find_first = butler_flag(args, "find-first"),
                                          .limit = -BUTLER_QUERY_CAP };
    size_t count = 0, types = 0;
    if (!butler_open(args->words[0], &repo, err) ||
        !butler_query_each(repo, args, &search, print_each, &with_uri, &types, &count, err) ||
        !butler_check_found(&globs, types, count, err))
        return false;
    fputc('\n', stdout);
    return true;
}

static const struct butler_option datasets_options[] = {
    BUTLER_QUERY_OPTIONS,
    { "find-first", 0, BUTLER_FLAG,
      "Only the first matching dataset of each data ID along the collections." },
    { "no-find-first", 0, BUTLER_FLAG, "All of them (default)." },
    { "show-uri", 0, BUTLER_FLAG, "Show the dataset URI in results." },
    { .name = NULL },
};
const struct butler_command butler_query_datasets = {
    "query-datasets", "REPO [GLOB]...", "List the datasets in a repository.", datasets_options, 1,
    SIZE_MAX,         run_datasets
};

/* ---- dimension records ---- */

/* The types of --datasets that the collections of --collections (all, when there are none) may have; `types`
 * owns them. False in ret_any when there are none at all. */
static bool read_datasets(struct cb_repo *repo, const struct butler_args *args, struct query_lists *lists,
                          struct cb_dataset_type_list *types, struct cb_query *query, bool *ret_any,
                          struct cb_error *err)
{
    const char *wanted = butler_text(args, "datasets", "");
    auto_list globs = { 0 };
    *ret_any = true;
    if (*wanted == '\0')
        return true;
    globs.item = cb_xalloc_array(1, sizeof *globs.item);
    globs.item[globs.count++] = cb_xstrdup(wanted);
    default_collections(lists, query);
    if (!find_types(repo, &globs, types, err) ||
        !keep_types_of(repo, query->collections, query->n_collections, types, err))
        return false;
    for (size_t i = 0; i < types->count; i++)
        butler_list_add(&lists->types, types->item[i].name);
    query->dataset_types = (const char *const *)lists->types.item;
    query->n_dataset_types = lists->types.count;
    *ret_any = types->count > 0;
    return true;
}

static bool query_element(struct cb_repo *repo, const struct butler_args *args,
                          struct cb_record_list *ret_list, struct cb_error *err)
{
    auto_query_lists lists = { 0 };
    struct cb_query query;
    bool any = true;
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    if (!read_query(args, -BUTLER_QUERY_CAP, &lists, &query, err) ||
        !read_datasets(repo, args, &lists, &types, &query, &any, err))
        return false;
    if (!any)
        return true;
    const struct cb_element *element = cb_element_find(args->words[1], strlen(args->words[1]));
    if (element == NULL)
        return cb_fail(err, CB_ERR_INVALID, "No dimension element with name '%s'.", args->words[1]);
    if (!cb_query_records(repo, element, &query, ret_list, err))
        return false;
    if (is_over_cap(&lists, ret_list->count))
        for (size_t k = 0, last = --ret_list->count * element->n_columns; k < element->n_columns; k++)
            free(ret_list->value[last + k]);
    return true;
}

static char *show_float(const char *text)
{
    static const char *const names[][2] = { { "Infinity", "inf" },
                                            { "-Infinity", "-inf" },
                                            { "NaN", "nan" } };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][0], text) == 0)
            return cb_xstrdup(names[i][1]);
    return cb_xasprintf(strpbrk(text, ".e") == NULL ? "%s.0" : "%s", text);
}

/* Bytes as hexadecimal digits. */
static char *show_bytes(const char *base64)
{
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(4096), hex = CB_BYTES(8200);
    if (!cb_base64_decode(base64, &bytes))
        return cb_xstrdup(base64);
    cb_bytes_puts(&hex, "0x");
    for (size_t i = 0; i < bytes.size; i++)
        cb_bytes_printf(&hex, "%02x", (unsigned char)bytes.data[i]);
    return cb_xstrdup(cb_bytes_text(&hex));
}

/* Values as Python shows them. */
static char *show_value(const struct cb_column *column, const char *text)
{
    if (text == NULL)
        return NULL;
    if (column->type == CB_TYPE_BOOL)
        return cb_xstrdup(text[0] == 't' ? "True" : "False");
    if (column->type == CB_TYPE_FLOAT)
        return show_float(text);
    if (column->type == CB_TYPE_HASH)
        return show_bytes(text);
    if (column->type == CB_TYPE_REGION)
        return cb_xstrdup("(elided)");
    struct cb_timespan span;
    char seconds[CB_TIMESPAN_ISO_SIZE];
    if (column->type == CB_TYPE_TIMESPAN && cb_timespan_parse(text, &span, NULL)) {
        cb_timespan_format_seconds(span, seconds);
        return cb_xstrdup(seconds);
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
    if (butler_flag(args, "no-check"))
        fputs("WARNING: --no-check option has no effect and will be removed after v28.\n", stdout);
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
    { "datasets", 0, BUTLER_TEXT, "Only records for which there are datasets of this type or glob." },
    { "offset", 0, BUTLER_INT, "No longer supported; 0 is accepted." },
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

/* Dimensions that all these types have. */
static uint32_t common_dimensions(const struct cb_dataset_type_list *types)
{
    uint32_t dims = types->count > 0 ? UINT32_MAX : 0;
    for (size_t i = 0; i < types->count; i++)
        dims &= cb_dimensions_expand(types->item[i].dims);
    return dims;
}

/* "['a', 'b']" */
static void put_names(struct cb_bytes *text, const char *const *names, size_t count)
{
    cb_bytes_puts(text, "[");
    for (size_t i = 0; i < count; i++)
        cb_bytes_printf(text, "%s'%s'", i > 0 ? ", " : "", names[i]);
    cb_bytes_puts(text, "]");
}

/* No dimensions are named: those that the dataset types have in common. */
static bool guess_dimensions(struct cb_repo *repo, const char *datasets, uint32_t *ret_dims,
                             struct cb_error *err)
{
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    cb_auto_bytes struct cb_bytes names = CB_BYTES(65536);
    auto_list globs = { .item = cb_xalloc_array(1, sizeof *globs.item), .count = 1 };
    globs.item[0] = cb_xstrdup(datasets);
    if (!find_types(repo, &globs, &types, err))
        return false;
    *ret_dims = common_dimensions(&types);
    if (*ret_dims != 0)
        return true;
    const char **texts = cb_xalloc_array(types.count + 1, sizeof *texts);
    for (size_t i = 0; i < types.count; i++)
        texts[i] = types.item[i].name;
    put_names(&names, texts, types.count);
    free(texts);
    printf("No dimensions in common for specified dataset types (%s)\n", cb_bytes_text(&names));
    return true;
}

/* Why there is nothing. */
static bool tell_no_datasets(struct cb_repo *repo, const char *datasets, const struct cb_query *query,
                             struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list list = { 0 };
    if (!cb_collection_query(repo, query->collections, query->n_collections, 0, &list, err))
        return false;
    printf("No datasets of type '%s' existed in the specified collections ", datasets);
    for (size_t i = 0; i < list.count; i++)
        printf("%s%s", i > 0 ? "," : "", list.item[i].name);
    puts(".");
    return true;
}

/* names: of dimensions, added to *dims; an error only where something is asked for. */
static bool query_ids(struct cb_repo *repo, const struct butler_args *args, const struct butler_list *names,
                      uint32_t *dims, struct cb_data_id_list *ret_list, struct cb_error *err)
{
    auto_query_lists lists = { 0 };
    struct cb_query query;
    bool any = true;
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    if (!read_query(args, -BUTLER_QUERY_CAP, &lists, &query, err) ||
        !read_datasets(repo, args, &lists, &types, &query, &any, err))
        return false;
    if (!any)
        return tell_no_datasets(repo, butler_text(args, "datasets", ""), &query, err);
    uint32_t named = 0;
    if (!cb_dimensions_parse((const char *const *)names->item, names->count, &named, err))
        return false;
    *dims |= named;
    if (!cb_query_data_ids(repo, *dims, &query, ret_list, err))
        return false;
    if (is_over_cap(&lists, ret_list->count))
        ret_list->count--;
    return true;
}

static bool run_data_ids(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list names = butler_words_from(args, 1);
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    const char *datasets = butler_text(args, "datasets", "");
    bool guesses = names.count == 0 && *datasets != '\0' && butler_text(args, "collections", NULL) != NULL;
    uint32_t dims = 0;
    if (!butler_open(args->words[0], &repo, err) ||
        (guesses && !guess_dimensions(repo, datasets, &dims, err)))
        return false;
    if (!(guesses && dims == 0) && !query_ids(repo, args, &names, &dims, &list, err))
        return false;
    if (list.count > 0 && dims == 0)
        puts("Result has one logical row but no columns because no dimensions were requested.");
    if (list.count > 0 && dims != 0)
        print_data_ids(cb_dimensions_expand(dims), &list);
    else if (names.count == 0 && *datasets == '\0')
        puts("No results. Try requesting some dimensions or datasets, see --help for more information.");
    else
        puts("No results. Try --help for more information.");
    return true;
}

static const struct butler_option data_ids_options[] = {
    BUTLER_QUERY_OPTIONS,
    { "datasets", 0, BUTLER_TEXT, "Only data IDs for which there are datasets of this type or glob." },
    { "offset", 0, BUTLER_INT, "No longer supported; 0 is accepted." },
    { .name = NULL },
};
const struct butler_command butler_query_data_ids = { "query-data-ids",
                                                      "REPO [DIMENSIONS]...",
                                                      "List the data IDs in a repository.",
                                                      data_ids_options,
                                                      1,
                                                      SIZE_MAX,
                                                      run_data_ids };

/* ---- dataset types ---- */

static void put_dimensions(struct cb_bytes *text, uint32_t dims)
{
    const char *names[CB_ELEMENT_COUNT];
    put_names(text, names, cb_dimensions_list(cb_dimensions_expand(dims), names));
}

static bool run_types(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    auto_list globs = butler_words_from(args, 1), collections = butler_list_of(args, "collections");
    if (!butler_open(args->words[0], &repo, err) || !find_types(repo, &globs, &types, err) ||
        (collections.count > 0 &&
         !keep_types_of(repo, (const char *const *)collections.item, collections.count, &types, err)))
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
    { "collections", 0, BUTLER_LIST, "Only types that these collections, or globs of them, have." },
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
