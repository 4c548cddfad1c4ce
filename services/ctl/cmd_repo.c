/* calbus repo: files into a repository, datasets from one into another, what its configuration means. */
#include "butler_verb.h"
#include "commands.h"

#include "base/alloc.h"
#include "butler/config_dump.h"
#include "butler/home.h"
#include "butler/ingest_files.h"
#include "butler/query.h"
#include "butler/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values of a repeatable flag; to be freed with drop_texts. */
static char **texts_of(const struct ctl_args *args, const char *flag, size_t *ret_count)
{
    char **texts = NULL;
    size_t n = 0;
    for (char *one; (one = ctl_args_item(args, flag, n)) != NULL; n++) {
        texts = cb_xrealloc_array(texts, n + 1, sizeof *texts);
        texts[n] = one;
    }
    *ret_count = n;
    return texts;
}

static void drop_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

static bool open_repo(const struct ctl *ctl, const char *name, struct cb_repo **ret_repo,
                      struct cb_error *err)
{
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    return cb_repo_open_home(index, name, NULL, ret_repo, err);
}

/* ---- list ---- */

static const struct ctl_column list_columns[] = {
    { "label", "LABEL", CTL_COL_TEXT },
    { "folder", "FOLDER", CTL_COL_TEXT },
    { .key = NULL },
};

static bool list(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_free) char *path = ctl_home_path(&ctl->layout, "repositories.yaml");
    struct cb_repo_index index = { 0 };
    if (!cb_repo_index_read(path, &index, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.repo.list.v1", list_columns);
    for (size_t i = 0; i < index.count; i++)
        ctl_table_add(table, (const char *const[]){ index.entry[i].label, index.entry[i].path });
    cb_repo_index_done(&index);
    return ctl_print(ctl, table, err);
}

static bool read_transfer(struct ctl *ctl, enum cb_transfer *ret_transfer, struct cb_error *err)
{
    const char *name = ctl_args_text(&ctl->args, "transfer", "auto");
    return cb_transfer_parse(name, ret_transfer) ||
           ctl_refuse(ctl, CTL_USAGE, err, "unrecognized transfer mode \"%s\"", name);
}

/* ---- ingest ---- */

static bool read_id_mode(struct ctl *ctl, enum cb_id_mode *ret_mode, struct cb_error *err)
{
    static const char *const names[] = { "unique", "dataid_type", "dataid_type_run" };
    const char *name = ctl_args_text(&ctl->args, "ids", "unique");
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0) {
            *ret_mode = (enum cb_id_mode)i;
            return true;
        }
    return ctl_refuse(ctl, CTL_USAGE, err, "\"%s\" is none of unique, dataid_type, dataid_type_run", name);
}

static const struct ctl_column ingest_columns[] = {
    { "run", "RUN", CTL_COL_TEXT },
    { "dataset_type", "TYPE", CTL_COL_TEXT },
    { "datasets", "DATASETS", CTL_COL_NUMBER },
    { "files", "FILES", CTL_COL_NUMBER },
    { .key = NULL },
};

static bool ingest_into(struct ctl *ctl, struct cb_ingest_files *ingest, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    struct cb_ingest_counts counts = { 0 };
    if (!read_transfer(ctl, &ingest->transfer, err) || !read_id_mode(ctl, &ingest->id_mode, err) ||
        !open_repo(ctl, ctl_args_text(&ctl->args, "repo", "/repo/main"), &repo, err) ||
        !cb_ingest_files(repo, ingest, &counts, err))
        return false;
    char datasets[24], files[24];
    snprintf(datasets, sizeof datasets, "%zu", counts.datasets);
    snprintf(files, sizeof files, "%zu", counts.files);
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.repo.ingest.v1", ingest_columns);
    const char *const cells[] = { ingest->run, ingest->type, datasets, files };
    ctl_table_add(table, cells);
    return ctl_print(ctl, table, err);
}

static bool ingest(struct ctl *ctl, struct cb_error *err)
{
    size_t n = 0;
    char **assignments = texts_of(&ctl->args, "data-id", &n);
    struct cb_ingest_files wanted = { .type = ctl_word(ctl, 0),
                                      .run = ctl_word(ctl, 1),
                                      .table = ctl_word(ctl, 2),
                                      .prefix = ctl_args_text(&ctl->args, "prefix", NULL),
                                      .assignments = (const char *const *)assignments,
                                      .n_assignments = n,
                                      .formatter = ctl_args_text(&ctl->args, "formatter", NULL),
                                      .untracked = ctl_args_has(&ctl->args, "no-sizes") };
    bool ok = ingest_into(ctl, &wanted, err);
    drop_texts(assignments, n);
    return ok;
}

static const struct ctl_flag ingest_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label or folder; /repo/main unless given." },
    { "data-id", 'd', CTL_FLAG_LIST, "KEY=VALUE", "A dimension of all files, before what the table says." },
    { "prefix", 0, CTL_FLAG_TEXT, "FOLDER", "What relative files are relative to; here unless given." },
    { "transfer", 't', CTL_FLAG_TEXT, "MODE",
      "auto, link, symlink, hardlink, copy, move, relsymlink or direct." },
    { "ids", 0, CTL_FLAG_TEXT, "MODE", "unique (default), dataid_type or dataid_type_run." },
    { "formatter", 0, CTL_FLAG_TEXT, "CLASS", "What reads the files; the storage class's unless given." },
    { "no-sizes", 0, CTL_FLAG_BOOL, NULL, "Do not record the sizes of the files." },
    { .name = NULL },
};

/* ---- transfer ---- */

/* What is asked for, its texts owned. */
struct selection {
    char **types, **collections;
    size_t n_types, n_collections;
    struct cb_query query;
    enum cb_search search;
};

/* Datasets of one type; what they own goes over to `all`. */
static bool gather_type(struct cb_repo *repo, const char *type, const struct selection *selection,
                        struct cb_dataset_list *all, struct cb_error *err)
{
    struct cb_dataset_list more = { 0 };
    struct cb_query query = selection->query;
    if (query.limit > 0 && all->count >= query.limit)
        return true;
    query.limit = query.limit > 0 ? query.limit - all->count : 0;
    if (!cb_query_datasets(repo, type, selection->search, &query, &more, err))
        return false;
    all->item = cb_xrealloc_array(all->item, all->count + more.count + 1, sizeof *all->item);
    if (more.count > 0)
        memcpy(all->item + all->count, more.item, more.count * sizeof *more.item);
    all->count += more.count;
    free(more.item);
    return true;
}

static bool gather(struct cb_repo *repo, const struct selection *selection, struct cb_dataset_list *all,
                   struct cb_error *err)
{
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    if (!cb_dataset_type_query(repo, (const char *const *)selection->types, selection->n_types, &types, err))
        return false;
    for (size_t i = 0; i < types.count; i++)
        if (!gather_type(repo, types.item[i].name, selection, all, err))
            return false;
    return true;
}

static const struct ctl_column transfer_columns[] = {
    { "source", "SOURCE", CTL_COL_TEXT },
    { "dest", "DEST", CTL_COL_TEXT },
    { "datasets", "DATASETS", CTL_COL_NUMBER },
    { "dry_run", "DRY RUN", CTL_COL_BOOL },
    { .key = NULL },
};

static bool transfer_selected(struct ctl *ctl, const struct selection *selection, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *source = NULL, *dest = NULL;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    struct cb_transfer_options options = { .register_types = ctl_args_has(&ctl->args, "register-types"),
                                           .dimensions = !ctl_args_has(&ctl->args, "no-dimensions"),
                                           .dry_run = ctl_args_has(&ctl->args, "dry-run") };
    size_t count = 0;
    if (!read_transfer(ctl, &options.transfer, err) || !open_repo(ctl, ctl_word(ctl, 0), &source, err) ||
        !open_repo(ctl, ctl_word(ctl, 1), &dest, err) || !gather(source, selection, &list, err) ||
        !cb_datasets_transfer(source, dest, &list, &options, &count, err))
        return false;
    char datasets[24];
    snprintf(datasets, sizeof datasets, "%zu", count);
    cb_auto(ctl_table_free) struct ctl_table *table =
        ctl_table_new("calbus.repo.transfer.v1", transfer_columns);
    const char *const cells[] = { ctl_word(ctl, 0), ctl_word(ctl, 1), datasets,
                                  options.dry_run ? "true" : "false" };
    ctl_table_add(table, cells);
    return ctl_print(ctl, table, err);
}

static bool transfer(struct ctl *ctl, struct cb_error *err)
{
    static const char *const everything[] = { "*" };
    int64_t most = ctl_args_int(&ctl->args, "most", 0);
    struct selection selection = {
        .query = { .where = ctl_args_text(&ctl->args, "where", NULL), .limit = most > 0 ? (size_t)most : 0 },
        .search = ctl_args_has(&ctl->args, "find-first") ? CB_SEARCH_FIRST : CB_SEARCH_ALL
    };
    selection.types = texts_of(&ctl->args, "type", &selection.n_types);
    selection.collections = texts_of(&ctl->args, "collections", &selection.n_collections);
    bool all = selection.n_collections == 0;
    selection.query.collections = all ? everything : (const char *const *)selection.collections;
    selection.query.n_collections = all ? 1 : selection.n_collections;
    bool ok = all && selection.search == CB_SEARCH_FIRST
                  ? ctl_refuse(ctl, CTL_USAGE, err, "--find-first needs --collections")
                  : transfer_selected(ctl, &selection, err);
    drop_texts(selection.types, selection.n_types);
    drop_texts(selection.collections, selection.n_collections);
    return ok;
}

static const struct ctl_flag transfer_flags[] = {
    { "type", 0, CTL_FLAG_LIST, "TYPE", "Dataset types; globs are possible; all unless given." },
    { "collections", 0, CTL_FLAG_LIST, "NAME", "Collections to be searched; globs are possible." },
    { "where", 'w', CTL_FLAG_TEXT, "EXPRESSION", "Which datasets, as a where-expression." },
    { "find-first", 0, CTL_FLAG_BOOL, NULL, "Only the first of each data ID along the collections." },
    { "most", 0, CTL_FLAG_INT, "N", "At most so many datasets." },
    { "transfer", 't', CTL_FLAG_TEXT, "MODE", "auto, link, symlink, hardlink, copy or relsymlink." },
    { "register-types", 0, CTL_FLAG_BOOL, NULL, "Make dataset types that DEST does not have." },
    { "no-dimensions", 0, CTL_FLAG_BOOL, NULL, "Do not copy dimension records: all are there." },
    { "dry-run", 'n', CTL_FLAG_BOOL, NULL, "Tell how many there would be, transfer none." },
    { .name = NULL },
};

/* ---- config ---- */

static bool config(struct ctl *ctl, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(16U << 20);
    cb_auto(cb_free) char *path = ctl_home_path(&ctl->layout, "repositories.yaml");
    struct cb_repo_index index = { 0 };
    const struct cb_config_dump dump = { .repo = ctl_args_text(&ctl->args, "repo", "/repo/main"),
                                         .subset = ctl->args.n_words > 0 ? ctl_word(ctl, 0) : NULL };
    if (!cb_repo_index_read(path, &index, err))
        return false;
    bool ok = cb_config_dump(&dump, &index, &text, err);
    cb_repo_index_done(&index);
    if (ok && ctl_args_has(&ctl->args, "json"))
        return ctl_print_one(ctl, "yaml", cb_bytes_text(&text), err);
    if (ok)
        fputs(cb_bytes_text(&text), ctl->out);
    return ok;
}

static const struct ctl_flag config_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label or folder; /repo/main unless given." },
    { .name = NULL },
};

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "List the repositories that this suite knows by a label.",
      .examples = "calbus repo list",
      .run = list },
    { .name = "create",
      .words = "FOLDER",
      .summary = "Make an empty repository.",
      .examples = "calbus repo create /data/new --seed-config seed.yaml",
      .least = 1,
      .most = 1,
      .butler = &butler_create,
      .run = ctl_run_butler },
    { .name = "ingest",
      .words = "TYPE RUN TABLE",
      .summary = "Put the files that a table (ECSV, CSV, RDB) names into a run, the other columns their "
                 "dimensions.",
      .examples = "calbus repo ingest the_monster_20250219 refcats/DM-49042 filename_to_htm.ecsv -t direct",
      .flags = ingest_flags,
      .least = 3,
      .most = 3,
      .run = ingest },
    { .name = "transfer",
      .words = "SOURCE DEST",
      .summary = "Copy datasets of one repository into another, with their ids and runs.",
      .examples = "calbus repo transfer /repo/main /repo/ir2 --type bias --collections LSSTComCam/calib/DM-1",
      .flags = transfer_flags,
      .least = 2,
      .most = 2,
      .run = transfer },
    { .name = "config",
      .words = "[KEY]",
      .summary = "Print what a repository's configuration means, or a part of it (.registry.db).",
      .examples = "calbus repo config .registry.db --repo /repo/main",
      .flags = config_flags,
      .least = 0,
      .most = 1,
      .run = config },
    { .run = NULL },
};
const struct ctl_noun noun_repo = { "repo", "Files and datasets into repositories, and their configuration.",
                                    verbs, false };
