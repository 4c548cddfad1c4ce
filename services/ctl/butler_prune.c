/* butler prune-datasets: take datasets out of a repository, of its files, or of tags. */
#include "butler_cli.h"
#include "butler_confirm.h"
#include "butler_query.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/removal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The datasets of one type. */
struct pruned_type {
    struct butler_table *table;
    char **ids;
    size_t n;
};

struct pruning {
    struct butler_list globs, collections, tags;
    const char *purge; /* RUN; NULL unless the rows go too */
    bool unstore, quiet, asks, dry_run, find_all;
    struct pruned_type *types;
    size_t n_types;
};

static void pruning_done(struct pruning *job)
{
    for (size_t i = 0; i < job->n_types; i++) {
        butler_table_free(job->types[i].table);
        for (size_t k = 0; k < job->types[i].n; k++)
            free(job->types[i].ids[k]);
        free(job->types[i].ids);
    }
    free(job->types);
    butler_list_done(&job->globs);
    butler_list_done(&job->collections);
    butler_list_done(&job->tags);
}
#define auto_pruning __attribute__((cleanup(pruning_done))) struct pruning

static bool check_options(const struct pruning *job, struct cb_error *err)
{
    if (job->quiet && job->dry_run)
        return cb_fail(err, CB_ERR_INVALID, "Can not use --quiet and --dry-run together.");
    if (job->tags.count == 0 && !job->unstore && job->purge == NULL)
        return cb_fail(err, CB_ERR_INVALID,
                       "No operation: one of --purge, --unstore, or --disassociate must be provided.");
    if (job->tags.count > 0 && job->purge != NULL)
        return cb_fail(
            err, CB_ERR_INVALID,
            "--disassociate and --purge may not be used together: --disassociate purges from just the passed "
            "TAGged collections, but --purge forces disassociation from all of them.");
    if (job->collections.count == 0)
        return cb_fail(
            err, CB_ERR_INVALID,
            "Must indicate collections from which to prune datasets by passing COLLECTION arguments (select "
            "all collections by passing '*', or consider using 'butler prune-collections'), by using --purge "
            "to pass a run collection, or by using --disassociate to select a tagged collection.");
    return true;
}

/* Without collections, those of --purge or --disassociate. */
static struct butler_list choose_collections(const struct butler_args *args, const struct pruning *job)
{
    struct butler_list list = butler_words_from(args, 1);
    if (list.count > 0)
        return list;
    butler_list_done(&list);
    list = butler_list_of(args, job->purge != NULL ? "purge" : "disassociate");
    return list;
}

static bool read_options(const struct butler_args *args, struct pruning *job, struct cb_error *err)
{
    job->globs = butler_list_of(args, "datasets");
    job->tags = butler_list_of(args, "disassociate");
    job->purge = butler_text(args, "purge", NULL);
    job->unstore = butler_flag(args, "unstore");
    job->quiet = butler_flag(args, "quiet");
    job->dry_run = butler_flag(args, "dry-run");
    job->find_all = butler_flag(args, "find-all");
    job->asks = !job->quiet && butler_asks_first(args);
    job->collections = choose_collections(args, job);
    return check_options(job, err);
}

static bool check_purge(struct cb_repo *repo, const char *run, struct cb_error *err)
{
    cb_auto_collection struct cb_collection found = { 0 };
    if (run == NULL)
        return true;
    return cb_collection_find(repo, run, &found, err) &&
           (found.type == CB_COLLECTION_RUN ||
            cb_fail(err, CB_ERR_INVALID, "Can not prune a collection that is not a RUN collection: %s", run));
}

static bool take_type(struct cb_repo *repo, const struct cb_dataset_type *type,
                      const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    struct pruning *job = self;
    struct butler_table *table = NULL;
    if (!butler_table_of_datasets(repo, type, list, false, &table, err))
        return false;
    job->types = cb_xrealloc_array(job->types, job->n_types + 1, sizeof *job->types);
    struct pruned_type *taken = &job->types[job->n_types++];
    *taken = (struct pruned_type){ .table = table,
                                   .ids = cb_xalloc_array(list->count, sizeof *taken->ids),
                                   .n = list->count };
    for (size_t i = 0; i < list->count; i++)
        taken->ids[i] = cb_xstrdup(list->item[i].id);
    return true;
}

static bool find(struct cb_repo *repo, const struct butler_args *args, struct pruning *job,
                 struct cb_error *err)
{
    const struct butler_search search = { .globs = &job->globs,
                                          .collections = &job->collections,
                                          .find_first = !job->find_all };
    size_t n_types = 0, count = 0;
    return butler_query_each(repo, args, &search, take_type, job, &n_types, &count, err) &&
           butler_check_found(&job->globs, n_types, count, err);
}

static bool disassociate(struct cb_repo *repo, const struct pruning *job, const struct pruned_type *type,
                         struct cb_error *err)
{
    for (size_t i = 0; i < job->tags.count; i++)
        if (!cb_disassociate(repo, job->tags.item[i], (const char *const *)type->ids, type->n, err))
            return false;
    return true;
}

/* All of it is one transaction: a refusal leaves everything as it was. */
static bool prune(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct pruning *job = arg;
    enum cb_removal how = job->purge != NULL ? CB_REMOVE_WHOLE : CB_REMOVE_FILES;
    for (size_t i = 0; i < job->n_types; i++) {
        const struct pruned_type *type = &job->types[i];
        if (!disassociate(repo, job, type, err) ||
            ((job->purge != NULL || job->unstore) &&
             !cb_dataset_remove(repo, (const char *const *)type->ids, type->n, how, err)))
            return false;
    }
    return true;
}

static bool prune_all(struct cb_repo *repo, struct pruning *job, struct cb_error *err)
{
    return cb_repo_transact(repo, prune, job, err) && cb_datastore_empty_trash(repo, NULL, err);
}

static void print_tables(const struct pruning *job)
{
    for (size_t i = 0; i < job->n_types; i++) {
        fputc('\n', stdout);
        butler_table_print(job->types[i].table, stdout);
    }
    fputc('\n', stdout);
}

/* As Python shows a tuple. */
static void print_collections(const struct butler_list *list)
{
    fputc('(', stdout);
    for (size_t i = 0; i < list->count; i++)
        printf("%s'%s'", i > 0 ? ", " : "", list->item[i]);
    fputs(list->count == 1 ? ",)" : ")", stdout);
}

static void tell_dry_run(const struct pruning *job)
{
    bool disassociates = job->tags.count > 0 || job->purge != NULL;
    bool unstores = job->unstore || job->purge != NULL;
    if (!disassociates) {
        fputs("The following datasets will be removed from any datastores in which they are present:",
              stdout);
    } else {
        fputs("The following datasets will be disassociated from ", stdout);
        print_collections(&job->collections);
        fputs(unstores ? " if they are currently present in it (which is not checked), and removed from any "
                         "datastores in which they are present."
                       : " if they are currently present in it (which is not checked):",
              stdout);
    }
    fputc('\n', stdout);
    print_tables(job);
}

static bool ask_and_prune(struct cb_repo *repo, struct pruning *job, struct cb_error *err)
{
    bool yes = false;
    if (job->n_types == 0) {
        puts("Did not find any datasets.");
        return true;
    }
    puts("The following datasets will be removed:");
    print_tables(job);
    if (!butler_confirm(&yes, err) || (yes && !prune_all(repo, job, err)))
        return false;
    puts(yes ? "The datasets were removed." : "Did not remove the datasets.");
    return true;
}

static bool run_prune(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_pruning job = { 0 };
    if (!read_options(args, &job, err) || !butler_open(args->words[0], &repo, err) ||
        !check_purge(repo, job.purge, err) || !find(repo, args, &job, err))
        return false;
    if (job.dry_run) {
        tell_dry_run(&job);
        return true;
    }
    if (job.asks)
        return ask_and_prune(repo, &job, err);
    if (!prune_all(repo, &job, err))
        return false;
    if (!job.quiet) {
        puts("Removed the following datasets:");
        print_tables(&job);
    }
    return true;
}

static const struct butler_option prune_options[] = {
    { "datasets", 0, BUTLER_LIST, "Dataset types to be pruned; globs are possible." },
    { "find-all", 0, BUTLER_FLAG, "Not only the first dataset of each data ID along the collections." },
    { "where", 0, BUTLER_TEXT, "A string expression similar to a SQL WHERE clause." },
    { "disassociate", 0, BUTLER_LIST, "TAGGED collections to take the datasets out of." },
    { "purge", 0, BUTLER_TEXT, "Remove the datasets with their rows; RUN is searched without COLLECTIONS." },
    { "unstore", 0, BUTLER_FLAG, "Remove the files of the datasets." },
    { "dry-run", 0, BUTLER_FLAG, "Display what would be removed." },
    BUTLER_CONFIRM_OPTIONS,
    { "quiet", 0, BUTLER_FLAG, "Print nothing, and do not ask." },
    { .name = NULL },
};
const struct butler_command butler_prune_datasets = { "prune-datasets",
                                                      "REPO [COLLECTIONS]...",
                                                      "Remove datasets. What is certified is refused.",
                                                      prune_options,
                                                      1,
                                                      SIZE_MAX,
                                                      run_prune };
