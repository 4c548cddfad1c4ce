/* butler transfer-datasets: datasets of one repository into another. */
#include "butler_cli.h"
#include "butler_query.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Take the datasets of a type into one list. */
static bool gather(struct cb_repo *repo, const struct cb_dataset_type *type,
                   const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    struct cb_dataset_list *all = self;
    const char **ids = cb_xalloc_array(list->count + 1, sizeof *ids);
    (void)type;
    for (size_t i = 0; i < list->count; i++)
        ids[i] = list->item[i].id;
    struct cb_dataset_list more = { 0 };
    bool ok = cb_dataset_get(repo, ids, list->count, &more, err);
    free(ids);
    if (!ok)
        return false;
    all->item = cb_xrealloc_array(all->item, all->count + more.count + 1, sizeof *all->item);
    memcpy(all->item + all->count, more.item, more.count * sizeof *more.item);
    all->count += more.count;
    free(more.item); /* what it held belongs to `all` now */
    return true;
}

static bool find_datasets(struct cb_repo *source, const struct butler_args *args,
                          struct cb_dataset_list *ret_list, struct cb_error *err)
{
    char *everything[] = { (char[]){ "*" } };
    const struct butler_list all = { 1, everything };
    auto_list globs = butler_list_of(args, "dataset-type");
    auto_list collections = butler_list_of(args, "collections");
    const struct butler_search search = { .globs = &globs,
                                          .collections = collections.count > 0 ? &collections : &all,
                                          .find_first = butler_flag(args, "find-first"),
                                          .limit = -BUTLER_QUERY_CAP };
    size_t n_types = 0, count = 0;
    return butler_query_each(source, args, &search, gather, ret_list, &n_types, &count, err) &&
           butler_check_found(&globs, n_types, count, err);
}

/* People read the stock command's sentence, programs a row. */
static void tell(const struct butler_args *args, size_t count, bool dry_run)
{
    if (!butler_table_is_diverted()) {
        printf("Number of datasets transferred: %zu\n", count);
        return;
    }
    cb_auto(cb_free) char *number = cb_xasprintf("%zu", count);
    cb_auto(butler_table_free) struct butler_table *table =
        butler_table_new(4, (const char *[]){ "source", "dest", "datasets", "dry_run" });
    butler_table_set_number(table, 2);
    butler_table_add(table,
                     (const char *[]){ args->words[0], args->words[1], number, dry_run ? "yes" : "no" });
    butler_table_print(table, stdout);
}

static bool run_transfer(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *source = NULL, *dest = NULL;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    struct cb_transfer_options options = { .register_types = butler_flag(args, "register-dataset-types"),
                                           .dimensions = !butler_denies(args, "transfer-dimensions"),
                                           .dry_run = butler_flag(args, "dry-run") };
    const char *transfer = butler_text(args, "transfer", "auto");
    size_t count = 0;
    if (!cb_transfer_parse(transfer, &options.transfer))
        return cb_fail(err, CB_ERR_INVALID, "unrecognized transfer mode \"%s\"", transfer);
    if (!butler_open(args->words[0], &source, err) || !butler_open(args->words[1], &dest, err) ||
        !find_datasets(source, args, &list, err) ||
        !cb_datasets_transfer(source, dest, &list, &options, &count, err))
        return false;
    tell(args, count, options.dry_run);
    return true;
}

static const struct butler_option options[] = {
    { "dataset-type", 'd', BUTLER_LIST, "Dataset types to be queried; globs are possible." },
    BUTLER_QUERY_OPTIONS,
    { "find-first", 0, BUTLER_FLAG,
      "Only the first matching dataset of each data ID along the collections." },
    { "no-find-first", 0, BUTLER_FLAG, "All of them (default)." },
    { "transfer", 't', BUTLER_TEXT, "How the files get into the repository; not direct, not move." },
    { "register-dataset-types", 0, BUTLER_FLAG, "Make dataset types that DEST does not have." },
    { "transfer-dimensions", 0, BUTLER_FLAG, "Copy dimension records too (default)." },
    { "no-transfer-dimensions", 0, BUTLER_FLAG, "Do not: all of them are there." },
    { "dry-run", 0, BUTLER_FLAG, "Tell how many there would be, transfer none." },
    { "no-dry-run", 0, BUTLER_FLAG, "Transfer them (default)." },
    { .name = NULL },
};
const struct butler_command butler_transfer_datasets = {
    "transfer-datasets",
    "SOURCE DEST",
    "Transfer datasets from a source butler to a destination butler.",
    options,
    2,
    2,
    run_transfer
};
