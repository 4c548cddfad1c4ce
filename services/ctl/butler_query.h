/* What the querying commands of the drop-in `butler` share. */
#pragma once

#include "butler_cli.h"

#include "butler/query.h"

#define BUTLER_QUERY_OPTIONS                                                                                 \
    { "collections", 0, BUTLER_LIST, "One or more collection names or globs to search." },                   \
        { "where", 0, BUTLER_TEXT, "A string expression similar to a SQL WHERE clause." },                   \
        { "limit", 0, BUTLER_INT, "Limit the number of results; a negative one warns when it is reached." }, \
    {                                                                                                        \
        "order-by", 0, BUTLER_LIST, "Fields to order by; a leading minus means descending."                  \
    }

/* What is done with the datasets of one type. */
typedef bool butler_each_type(struct cb_repo *repo, const struct cb_dataset_type *type,
                              const struct cb_dataset_list *list, void *self, struct cb_error *err);

enum { BUTLER_QUERY_CAP = 20000 }; /* of commands that list: more than that is warned of */

/* What a command looks for, besides --where and --order-by. */
struct butler_search {
    const struct butler_list *globs;       /* dataset types */
    const struct butler_list *collections; /* NULL or empty: those of --collections */
    bool find_first;
    int64_t limit; /* unless --limit is given; 0: none; negative: warn when it is reached */
};

/* Every dataset type that matches the globs, with its datasets.
 * ret_types, ret_count: how many types and datasets there were. */
CB_MUST_CHECK bool butler_query_each(struct cb_repo *repo, const struct butler_args *args,
                                     const struct butler_search *search, butler_each_type *each, void *self,
                                     size_t *ret_types, size_t *ret_count, struct cb_error *err);
/* Errors: NOT_FOUND nothing was found, where one type was asked for by its name. */
CB_MUST_CHECK bool butler_check_found(const struct butler_list *globs, size_t n_types, size_t count,
                                      struct cb_error *err);
/* The table of one type's datasets, as query-datasets prints it; implied dimensions are filled in. */
struct butler_table;
CB_MUST_CHECK bool butler_table_of_datasets(struct cb_repo *repo, const struct cb_dataset_type *type,
                                            const struct cb_dataset_list *list, bool with_uri,
                                            struct butler_table **ret_table, struct cb_error *err);
