/* butler ingest-files: files that a table names into one RUN. */
#include "butler_cli.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/ingest_files.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum cb_id_mode mode;
} id_modes[] = { { "unique", CB_ID_UNIQUE },
                 { "dataid_type", CB_ID_DATAID_TYPE },
                 { "dataid_type_run", CB_ID_DATAID_TYPE_RUN } };

static bool read_modes(const struct butler_args *args, struct cb_ingest_files *ingest, struct cb_error *err)
{
    const char *mode = butler_text(args, "id-generation-mode", "unique");
    const char *transfer = butler_text(args, "transfer", "auto");
    if (!cb_transfer_parse(transfer, &ingest->transfer))
        return cb_fail(err, CB_ERR_INVALID, "unrecognized transfer mode \"%s\"", transfer);
    for (size_t i = 0; i < sizeof id_modes / sizeof id_modes[0]; i++)
        if (strcasecmp(id_modes[i].name, mode) == 0) {
            ingest->id_mode = id_modes[i].mode;
            return true;
        }
    return cb_fail(err, CB_ERR_INVALID, "unrecognized mode of ids \"%s\"", mode);
}

/* People read the stock command's message, programs a row. */
static void tell(const struct cb_ingest_files *ingest, const struct cb_ingest_counts *counts)
{
    butler_say(BUTLER_INFO, "Ingested %zu dataset ref(s) from %zu file(s)", counts->datasets, counts->files);
    if (!butler_table_is_diverted())
        return;
    cb_auto(cb_free) char *datasets = cb_xasprintf("%zu", counts->datasets);
    cb_auto(cb_free) char *files = cb_xasprintf("%zu", counts->files);
    cb_auto(butler_table_free) struct butler_table *table =
        butler_table_new(4, (const char *[]){ "run", "dataset_type", "datasets", "files" });
    butler_table_set_number(table, 2);
    butler_table_set_number(table, 3);
    butler_table_add(table, (const char *[]){ ingest->run, ingest->type, datasets, files });
    butler_table_print(table, stdout);
}

static bool run_ingest_files(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list assignments = butler_list_of(args, "data-id");
    struct cb_ingest_counts counts = { 0 };
    struct cb_ingest_files ingest = { .type = args->words[1],
                                      .run = args->words[2],
                                      .table = args->words[3],
                                      .prefix = butler_text(args, "prefix", NULL),
                                      .assignments = (const char *const *)assignments.item,
                                      .n_assignments = assignments.count,
                                      .formatter = butler_text(args, "formatter", NULL),
                                      .untracked = butler_denies(args, "track-file-attrs") };
    if (ingest.formatter != NULL && ingest.formatter[0] == '\0')
        ingest.formatter = NULL;
    if (!read_modes(args, &ingest, err) || !butler_open(args->words[0], &repo, err) ||
        !cb_ingest_files(repo, &ingest, &counts, err))
        return false;
    tell(&ingest, &counts);
    return true;
}

static const struct butler_option options[] = {
    { "formatter", 0, BUTLER_TEXT, "Python class that reads the files; the storage class's unless given." },
    { "id-generation-mode", 0, BUTLER_TEXT,
      "New ids (default), or ids made from data ID, dataset type and run." },
    { "data-id", 0, BUTLER_LIST, "KEYWORD=VALUE for all files, before what the table says." },
    { "prefix", 0, BUTLER_TEXT, "What relative files are relative to; the working folder unless given." },
    { "track-file-attrs", 0, BUTLER_FLAG, "Record the sizes of files (default)." },
    { "no-track-file-attrs", 0, BUTLER_FLAG, "Do not." },
    { "transfer", 't', BUTLER_TEXT, "How the files get into the repository." },
    { .name = NULL },
};
const struct butler_command butler_ingest_files = {
    "ingest-files",  "REPO DATASET_TYPE RUN TABLE_FILE", "Ingest files from table file.", options, 4, 4,
    run_ingest_files
};
