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

/* Every dataset type that matches the globs, with its datasets by the options of the command.
 * ret_types, ret_count: how many types and datasets there were. */
CB_MUST_CHECK bool butler_query_each(struct cb_repo *repo, const struct butler_args *args,
                                     const struct butler_list *globs, butler_each_type *each, void *self,
                                     size_t *ret_types, size_t *ret_count, struct cb_error *err);
