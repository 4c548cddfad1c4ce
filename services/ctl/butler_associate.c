/* butler associate: put datasets that a query finds into a TAGGED collection. */
#include "butler_cli.h"
#include "butler_query.h"

#include "base/alloc.h"

#include <stdlib.h>

/* What the command was asked for. */
struct association {
    const struct butler_args *args;
    const struct butler_list *globs;
};

static bool associate_type(struct cb_repo *repo, const struct cb_dataset_type *type,
                           const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    (void)type;
    const char **ids = cb_xalloc_array(list->count, sizeof *ids);
    for (size_t i = 0; i < list->count; i++)
        ids[i] = list->item[i].id;
    bool ok = cb_associate(repo, self, ids, list->count, err);
    free(ids);
    return ok;
}

/* Collection and tags are one transaction. */
static bool associate(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct association *it = arg;
    char *collection = it->args->words[1];
    const struct butler_search search = { .globs = it->globs,
                                          .find_first = butler_flag(it->args, "find-first") };
    size_t n_types = 0, count = 0;
    return cb_collection_register(repo, collection, CB_COLLECTION_TAGGED, NULL, NULL, err) &&
           butler_query_each(repo, it->args, &search, associate_type, collection, &n_types, &count, err) &&
           butler_check_found(it->globs, n_types, count, err);
}

static bool run_associate(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list globs = butler_list_of(args, "dataset-type");
    struct association it = { args, &globs };
    return butler_open(args->words[0], &repo, err) && cb_repo_transact(repo, associate, &it, err);
}

static const struct butler_option options[] = {
    { "dataset-type", 'd', BUTLER_LIST, "Dataset types to be queried; globs are possible." },
    { "collections", 0, BUTLER_LIST, "One or more collection names or globs to search." },
    { "where", 0, BUTLER_TEXT, "A string expression similar to a SQL WHERE clause." },
    { "find-first", 0, BUTLER_FLAG,
      "Only the first matching dataset of each data ID along the collections." },
    { "no-find-first", 0, BUTLER_FLAG, "All of them (default)." },
    { "limit", 0, BUTLER_INT, "Limit the number of datasets; 0, the default, means no limit." },
    { .name = NULL },
};
const struct butler_command butler_associate = {
    "associate", "REPO COLLECTION", "Add existing datasets to a tagged collection.", options, 2,
    2,           run_associate
};
