/* butler remove-runs, remove-collections. */
#include "butler_cli.h"
#include "butler_confirm.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/removal.h"
#include "butler/rows.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name that is absent is no match. */
static bool find(struct cb_repo *repo, const char *glob, unsigned types, struct cb_collection_list *ret_list,
                 struct cb_error *err)
{
    struct cb_error why = { 0 };
    if (cb_collection_query(repo, &glob, 1, types, ret_list, &why) || why.kind == CB_ERR_NOT_FOUND)
        return true;
    return cb_fail(err, why.kind, "%s", why.text);
}

/* ---- RUNs ---- */

struct run_removal {
    struct cb_collection_list runs;
    struct cb_collection_list *parents; /* of each */
    const char **names;                 /* of each; borrowed */
    struct cb_rows *counts;             /* type, datasets */
    bool has_parents;
};

static void run_removal_done(struct run_removal *job)
{
    for (size_t i = 0; job->parents != NULL && i < job->runs.count; i++)
        cb_collection_list_done(&job->parents[i]);
    free(job->parents);
    free(job->names);
    cb_rows_free(job->counts);
    cb_collection_list_done(&job->runs);
}
#define auto_run_removal __attribute__((cleanup(run_removal_done))) struct run_removal

static bool count_datasets(struct cb_repo *repo, struct run_removal *job, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_bytes struct cb_bytes names = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&names);
    for (size_t i = 0; i < job->runs.count; i++)
        cb_array_text(&names, job->names[i]);
    return cb_repo_read(repo, &tx, err) &&
           cb_db_run(repo->db, sql_count_run_datasets, CB_P(cb_p_text(cb_array_end(&names))), &job->counts,
                     err);
}

static bool inspect(struct cb_repo *repo, const char *glob, struct run_removal *job, struct cb_error *err)
{
    if (!find(repo, glob, 1U << CB_COLLECTION_RUN, &job->runs, err))
        return false;
    job->parents = cb_xalloc_array(job->runs.count + 1, sizeof *job->parents);
    job->names = cb_xalloc_array(job->runs.count + 1, sizeof *job->names);
    for (size_t i = 0; i < job->runs.count; i++) {
        job->names[i] = job->runs.item[i].name;
        if (!cb_chain_parents(repo, job->names[i], &job->parents[i], err))
            return false;
        job->has_parents = job->has_parents || job->parents[i].count > 0;
    }
    return count_datasets(repo, job, err);
}

/* "run: will be unlinked from "a", "b"" */
static void print_linked(const struct run_removal *job, size_t i, const char *what)
{
    printf("%s: %s ", job->names[i], what);
    for (size_t k = 0; k < job->parents[i].count; k++)
        printf("%s\"%s\"", k > 0 ? ", " : "", job->parents[i].item[k].name);
    fputc('\n', stdout);
}

static void print_runs(const struct run_removal *job, bool will)
{
    printf("The following RUN collections %s removed:\n", will ? "will be" : "were");
    for (size_t i = 0; i < job->runs.count; i++)
        if (job->parents[i].count > 0)
            print_linked(job, i, will ? "will be unlinked from" : "was removed and unlinked from");
        else
            puts(job->names[i]);
    fputs(will ? "\nThe following datasets will be removed:\n" : "The following datasets were removed:\n",
          stdout);
    int64_t total = 0;
    for (size_t i = 0; i < cb_rows_count(job->counts); i++) {
        printf("%s%s(%" PRId64 ")", i > 0 ? ", " : "", cb_rows_text(job->counts, i, 0),
               cb_rows_int(job->counts, i, 1));
        total += cb_rows_int(job->counts, i, 1);
    }
    printf("\nTotal number of datasets to remove:  %" PRId64 "\n", total);
}

/* Unlinking from chains takes a person's yes, or --force. */
static bool fail_linked(const struct run_removal *job, struct cb_error *err)
{
    puts("Removing runs that are in parent CHAINED collections requires confirmation. \n"
         "Try again without --no-confirm to confirm removal of RUN collections from parents, or add the "
         "--force flag to skip confirmation.");
    for (size_t i = 0; i < job->runs.count; i++)
        if (job->parents[i].count > 0)
            print_linked(job, i, "must be unlinked from");
    return cb_fail(err, CB_ERR_CONFLICT, "RUNs are members of chains; nothing was removed");
}

static bool remove_all(struct cb_repo *repo, const struct run_removal *job, struct cb_error *err)
{
    return cb_runs_remove(repo, job->names, job->runs.count, true, err);
}

static bool ask_and_remove(struct cb_repo *repo, const struct run_removal *job, struct cb_error *err)
{
    bool yes = false;
    print_runs(job, true);
    if (!butler_confirm(&yes, err) || (yes && !remove_all(repo, job, err)))
        return false;
    puts(yes ? "Removed collections" : "Aborted.");
    return true;
}

static bool run_remove_runs(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_run_removal job = { 0 };
    if (!butler_open(args->words[0], &repo, err) || !inspect(repo, args->words[1], &job, err))
        return false;
    if (job.runs.count == 0) {
        puts("No RUN collections were found.");
        return true;
    }
    if (butler_asks_first(args))
        return ask_and_remove(repo, &job, err);
    if (job.has_parents && !butler_flag(args, "force"))
        return fail_linked(&job, err);
    if (!remove_all(repo, &job, err))
        return false;
    print_runs(&job, false);
    return true;
}

static const struct butler_option runs_options[] = {
    BUTLER_CONFIRM_OPTIONS,
    { "force", 0, BUTLER_FLAG,
      "Required to remove RUN collections from parent collections if using --no-confirm." },
    { .name = NULL },
};
const struct butler_command butler_remove_runs = {
    "remove-runs",
    "REPO COLLECTION",
    "Remove one or more RUN collections with their datasets. What is certified is refused.",
    runs_options,
    2,
    2,
    run_remove_runs
};

/* ---- other collections ---- */

struct collection_removal {
    struct cb_collection_list found; /* RUNs too, which stay */
    struct butler_table *others, *runs, *links;
    size_t n_others, n_runs, n_links;
    bool from_parents;
};

static void collection_removal_done(struct collection_removal *job)
{
    cb_collection_list_done(&job->found);
    butler_table_free(job->others);
    butler_table_free(job->runs);
    butler_table_free(job->links);
}
#define auto_collection_removal __attribute__((cleanup(collection_removal_done))) struct collection_removal

static struct butler_table *left_table(size_t columns, const char *const *names)
{
    struct butler_table *table = butler_table_new(columns, names);
    butler_table_set_left(table);
    return table;
}

static bool list_links(struct cb_repo *repo, const char *name, struct collection_removal *job,
                       struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list parents = { 0 };
    if (!cb_chain_parents(repo, name, &parents, err))
        return false;
    for (size_t i = 0; i < parents.count; i++, job->n_links++)
        butler_table_add(job->links, (const char *[]){ i == 0 ? name : "", parents.item[i].name });
    return true;
}

static bool fill_tables(struct cb_repo *repo, struct collection_removal *job, struct cb_error *err)
{
    job->others = left_table(2, (const char *[]){ "Collection", "Collection Type" });
    job->runs = left_table(1, (const char *[]){ "Collection" });
    job->links = left_table(2, (const char *[]){ "Child Collection", "Parent Collection" });
    for (size_t i = 0; i < job->found.count; i++) {
        const struct cb_collection *item = &job->found.item[i];
        if (item->type == CB_COLLECTION_RUN) {
            butler_table_add(job->runs, (const char *[]){ item->name });
            job->n_runs++;
            continue;
        }
        butler_table_add(job->others, (const char *[]){ item->name, cb_collection_type_name(item->type) });
        job->n_others++;
        if (job->from_parents && !list_links(repo, item->name, job, err))
            return false;
    }
    return true;
}

static bool remove_others(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct collection_removal *job = arg;
    for (size_t i = 0; i < job->found.count; i++)
        if (job->found.item[i].type != CB_COLLECTION_RUN &&
            !cb_collection_remove(repo, job->found.item[i].name, job->from_parents, err))
            return false;
    return true;
}

static void print_titled(const char *title, const struct butler_table *table, size_t n)
{
    if (n == 0)
        return;
    printf("\n%s\n", title);
    butler_table_print(table, stdout);
    fputc('\n', stdout);
}

static void announce(const struct collection_removal *job)
{
    if (job->n_others > 0) {
        puts("\nThe following collections will be removed:");
        butler_table_print(job->others, stdout);
    } else {
        puts("\nNo non-RUN collections were found.");
    }
    print_titled("Collections to be removed from their parent collection chains:", job->links, job->n_links);
    print_titled("The following RUN collections were found but can NOT be removed by this command:",
                 job->runs, job->n_runs);
}

static void report(const struct collection_removal *job)
{
    puts("\nRemoved collections:\n");
    butler_table_print(job->others, stdout);
    print_titled("Removed collections from their parent collection chains:", job->links, job->n_links);
    print_titled("Found RUN collections but they can NOT be removed by this command:", job->runs,
                 job->n_runs);
}

static bool run_remove_collections(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_collection_removal job = { .from_parents = butler_flag(args, "remove-from-parents") };
    bool asks = butler_asks_first(args), yes = true;
    if (!butler_open(args->words[0], &repo, err) || !find(repo, args->words[1], 0, &job.found, err) ||
        !fill_tables(repo, &job, err))
        return false;
    if (asks)
        announce(&job);
    if (job.n_others == 0)
        return true;
    if ((asks && !butler_confirm(&yes, err)) || (yes && !cb_repo_transact(repo, remove_others, &job, err)))
        return false;
    if (!yes)
        puts("\nAborted.\n");
    else if (asks)
        puts("\nRemoved collections.\n");
    else
        report(&job);
    return true;
}

static const struct butler_option collections_options[] = {
    BUTLER_CONFIRM_OPTIONS,
    { "remove-from-parents", 0, BUTLER_FLAG,
      "Forcibly remove the collection even if it is still referenced from collection chains." },
    { .name = NULL },
};
const struct butler_command butler_remove_collections = {
    "remove-collections",
    "REPO COLLECTION",
    "Remove one or more non-RUN collections. What holds certifications is refused.",
    collections_options,
    2,
    2,
    run_remove_collections
};
