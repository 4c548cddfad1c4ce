/* butler export-calibs and import. */
#include "butler_cli.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/export.h"
#include "butler/import.h"
#include "domain/dimensions.h"
#include "io/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_transfer(const struct butler_args *args, enum cb_transfer *ret_transfer,
                          struct cb_error *err)
{
    const char *name = butler_text(args, "transfer", "auto");
    return cb_transfer_parse(name, ret_transfer) ||
           cb_fail(err, CB_ERR_INVALID, "Invalid value for '--transfer': '%s'.", name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_ids(const struct cb_data_id *a, const struct cb_data_id *b)
{
    for (int k = 0; k < CB_DIMENSION_COUNT; k++) {
        enum cb_element_index dimension = (enum cb_element_index)k;
        const char *left = cb_data_id_text(a, dimension), *right = cb_data_id_text(b, dimension);
        int order = left != NULL && right != NULL ? strcmp(left, right)
                    : a->number[k] < b->number[k] ? -1
                                                  : a->number[k] > b->number[k];
        if (order != 0)
            return order;
    }
    return 0;
}

/* By type, then data ID, then run. */
static int compare_datasets(const void *a, const void *b)
{
    const struct cb_dataset *left = a, *right = b;
    int order = strcmp(left->type, right->type);
    if (order == 0)
        order = compare_ids(&left->data_id, &right->data_id);
    return order != 0 ? order : strcmp(left->run, right->run);
}

static bool expand_all(struct cb_repo *repo, struct cb_dataset_list *list, struct cb_error *err)
{
    struct cb_data_id **ids = cb_xalloc_array(list->count + 1, sizeof(struct cb_data_id *));
    for (size_t i = 0; i < list->count; i++)
        ids[i] = &list->item[i].data_id;
    bool ok = cb_data_ids_expand(repo, ids, list->count, err);
    free(ids);
    return ok;
}

/* calibrationType, run, then the dimensions of all types, implied ones too, by name. */
static bool print_exported(struct cb_repo *repo, struct cb_dataset_list *list, struct cb_error *err)
{
    uint32_t dims = 0;
    const char *names[CB_ELEMENT_COUNT + 2] = { "calibrationType", "run" };
    for (size_t i = 0; i < list->count; i++)
        dims |= cb_dimensions_expand(list->item[i].data_id.has);
    size_t n = 2 + cb_dimensions_list(dims, names + 2);
    qsort(names + 2, n - 2, sizeof *names, compare_names);
    if (!expand_all(repo, list, err))
        return false;
    qsort(list->item, list->count, sizeof *list->item, compare_datasets);
    cb_auto(butler_table_free) struct butler_table *table = butler_table_new(n, names);
    butler_table_set_left(table);
    for (size_t i = 0; i < list->count; i++) {
        const char *cells[CB_ELEMENT_COUNT + 2] = { list->item[i].type, list->item[i].run };
        char values[CB_ELEMENT_COUNT][CB_DIMENSION_TEXT_SIZE];
        for (size_t k = 2; k < n; k++) {
            cb_data_id_value(&list->item[i].data_id,
                             cb_element_index(cb_element_find(names[k], strlen(names[k]))), values[k - 2]);
            cells[k] = values[k - 2];
        }
        butler_table_add(table, cells);
    }
    butler_table_print(table, stdout);
    return true;
}

static bool run_export(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    auto_list collections = butler_words_from(args, 2);
    auto_list types = butler_list_of(args, "dataset-type");
    struct cb_export export = { .folder = args->words[1],
                                .collections = (const char *const *)collections.item,
                                .n_collections = collections.count,
                                .dataset_types = (const char *const *)types.item,
                                .n_dataset_types = types.count };
    if (!read_transfer(args, &export.transfer, err) || !butler_open(args->words[0], &repo, err) ||
        !cb_export_calibs(repo, &export, &list, err))
        return false;
    return list.count == 0 || print_exported(repo, &list, err);
}

static const struct butler_option export_options[] = {
    { "dataset-type", 'd', BUTLER_LIST, "Specific DatasetType(s) to export." },
    { "transfer", 't', BUTLER_TEXT, "auto, link, symlink, hardlink, copy, relsymlink or direct." },
    { .name = NULL },
};
const struct butler_command butler_export_calibs = {
    "export-calibs",
    "REPO DIRECTORY [COLLECTIONS]...",
    "Export calibrations from the butler for import elsewhere.",
    export_options,
    2,
    SIZE_MAX,
    run_export
};

/* The file is looked for here first, then in the directory. */
static char *find_yaml(const struct butler_args *args, const char *folder)
{
    const char *name = butler_text(args, "export-file", "export.yaml");
    if (access(name, R_OK) == 0 || name[0] == '/' || cb_remote_is(name))
        return cb_xstrdup(name);
    return cb_remote_is(folder) ? cb_remote_join(folder, name) : cb_xasprintf("%s/%s", folder, name);
}

/* The directory as it is named, or the URI of one elsewhere; to be freed, NULL: there is none. */
static char *find_folder(const char *name)
{
    cb_auto(cb_free) char *local = cb_file_uri_path(name);
    return cb_remote_is(name) ? cb_xstrdup(name) : realpath(local != NULL ? local : name, NULL);
}

static bool run_import(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *folder = find_folder(args->words[1]);
    auto_list skipped = butler_list_of(args, "skip-dimensions");
    if (folder == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no folder \"%s\"", args->words[1]);
    cb_auto(cb_free) char *yaml = find_yaml(args, folder);
    struct cb_import import = { .folder = folder,
                                .yaml = yaml,
                                .skip_elements = (const char *const *)skipped.item,
                                .n_skip_elements = skipped.count,
                                .untracked = butler_denies(args, "track-file-attrs") };
    struct cb_import_counts counts = { 0 };
    if (!read_transfer(args, &import.transfer, err) || !butler_open(args->words[0], &repo, err) ||
        !cb_import(repo, &import, &counts, err))
        return false;
    if (counts.skipped > 0)
        butler_say(BUTLER_INFO, "%zu datasets were there already and were left as they are", counts.skipped);
    return true;
}

static const struct butler_option import_options[] = {
    { "export-file", 0, BUTLER_TEXT, "Name for the file that contains database information." },
    { "transfer", 't', BUTLER_TEXT, "auto, link, symlink, hardlink, copy, move, relsymlink or direct." },
    { "skip-dimensions", 's', BUTLER_LIST, "Dimensions that should be skipped during import." },
    { "track-file-attrs", 0, BUTLER_FLAG, "Record the sizes of files (default)." },
    { "no-track-file-attrs", 0, BUTLER_FLAG, "Do not." },
    { .name = NULL },
};
const struct butler_command butler_import = {
    "import", "REPO DIRECTORY", "Import data into a butler repository.", import_options, 2, 2, run_import
};
