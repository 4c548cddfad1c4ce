/* calbus repo: files into a repository, datasets from one into another, what its configuration means. */
#include "butler_verb.h"
#include "commands.h"

#include "base/alloc.h"
#include "butler/config_dump.h"

#include <stdio.h>

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
      .least = 3,
      .most = 3,
      .butler = &butler_ingest_files,
      .run = ctl_run_butler },
    { .name = "transfer",
      .words = "SOURCE DEST",
      .summary = "Copy datasets of one repository into another, with their ids and runs.",
      .examples =
          "calbus repo transfer /repo/main /repo/ir2 --dataset-type bias --collections LSSTComCam/calib/DM-1",
      .least = 2,
      .most = 2,
      .butler = &butler_transfer_datasets,
      .run = ctl_run_butler },
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
