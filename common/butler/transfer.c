/* Datasets of one repository into another. */
#include "butler/transfer.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/record_copy.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE = 4096 }; /* datasets of one statement */

struct item {
    const struct cb_dataset *dataset;
    struct cb_data_id id; /* with what it implies */
    struct cb_put_record record;
    char *file;     /* absolute path; NULL: the record is a URI that stays as it is */
    char *checksum; /* of the source's record; NULL: none */
};

struct job {
    struct cb_repo *source, *dest;
    const struct cb_transfer_options *options;
    struct item *items;
    size_t n;
};

static void job_done(struct job *job)
{
    for (size_t i = 0; i < job->n; i++) {
        free(job->items[i].file);
        free(job->items[i].checksum);
    }
    free(job->items);
}

static int compare_items(const void *a, const void *b)
{
    const struct cb_dataset *left = ((const struct item *)a)->dataset,
                            *right = ((const struct item *)b)->dataset;
    int order = strcmp(left->type, right->type);
    if (order == 0)
        order = strcmp(left->run, right->run);
    return order != 0 ? order : strcmp(left->id, right->id);
}

/* Each once, by type and run; those without a file are left out. */
static void sort_items(struct job *job, const struct cb_dataset_list *list)
{
    size_t kept = 0;
    job->items = cb_xalloc_array(list->count + 1, sizeof *job->items);
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].path != NULL) {
            job->items[job->n].dataset = &list->item[i];
            job->items[job->n++].id = list->item[i].data_id;
        }
    qsort(job->items, job->n, sizeof *job->items, compare_items);
    for (size_t i = 0; i < job->n; i++)
        if (i == 0 || strcmp(job->items[i].dataset->id, job->items[i - 1].dataset->id) != 0)
            job->items[kept++] = job->items[i];
    job->n = kept;
}

static bool same_type(const struct item *a, const struct item *b)
{
    return strcmp(a->dataset->type, b->dataset->type) == 0;
}

/* ---- what the source knows ---- */

static bool expand_ids(struct job *job, struct cb_error *err)
{
    struct cb_data_id **ids = cb_xalloc_array(job->n + 1, sizeof(struct cb_data_id *));
    for (size_t i = 0; i < job->n; i++)
        ids[i] = &job->items[i].id;
    bool ok = cb_data_ids_expand(job->source, ids, job->n, err);
    free(ids);
    return ok;
}

/* Checksums; and whether everything is stored as a whole. */
static bool read_records(struct job *job, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(256U << 20);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    const char **ids = cb_xalloc_array(job->n + 1, sizeof *ids);
    for (size_t i = 0; i < job->n; i++)
        ids[i] = job->items[i].dataset->id;
    const char *text = cb_text_array(&array, ids, job->n);
    free(ids);
    if (!cb_db_run(job->source->db, sql_list_records, CB_P(cb_p_text(text)), &rows, err))
        return false;
    for (size_t r = 0; r < cb_rows_count(rows); r++) {
        struct item *item = &job->items[cb_rows_int(rows, r, 0) - 1];
        if (!cb_rows_is_null(rows, r, 1))
            return cb_fail(err, CB_ERR_INVALID, "dataset %s is stored in components (\"%s\")",
                           item->dataset->id, cb_rows_text(rows, r, 1));
        item->checksum = cb_xstrdup(cb_rows_text(rows, r, 2));
    }
    return true;
}

/* Where the bytes are, and what will be recorded of them. */
static bool find_file(struct job *job, struct item *item, struct cb_error *err)
{
    const struct cb_dataset *dataset = item->dataset;
    bool is_uri = strstr(dataset->path, "://") != NULL || dataset->path[0] == '/';
    item->record = (struct cb_put_record){ .checksum = item->checksum, .size_bytes = dataset->size_bytes };
    if (is_uri && job->options->transfer == CB_TRANSFER_AUTO) {
        item->record.uri = dataset->path;
        return true;
    }
    if (!is_uri)
        item->record.path = dataset->path;
    return cb_dataset_source(job->source, dataset, &item->file, err);
}

static bool read_source(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct job *job = arg;
    (void)repo; /* the job's own */
    if (!expand_ids(job, err) || !read_records(job, err))
        return false;
    for (size_t i = 0; i < job->n; i++)
        if (!find_file(job, &job->items[i], err))
            return false;
    return true;
}

/* ---- into the destination ---- */

static bool check_same_type(const struct cb_dataset_type *here, const struct cb_dataset_type *there,
                            struct cb_error *err)
{
    if (here->dims == there->dims && here->is_calibration == there->is_calibration &&
        strcmp(here->storage_class, there->storage_class) == 0)
        return true;
    cb_auto_bytes struct cb_bytes left = CB_BYTES(1024), right = CB_BYTES(1024);
    cb_dimensions_format(here->dims, &left);
    cb_dimensions_format(there->dims, &right);
    return cb_fail(err, CB_ERR_CONFLICT,
                   "dataset type \"%s\" is {%s} %s%s in the source, and {%s} %s%s in the destination",
                   here->name, cb_bytes_text(&left), here->storage_class,
                   here->is_calibration ? " (calibration)" : "", cb_bytes_text(&right), there->storage_class,
                   there->is_calibration ? " (calibration)" : "");
}

/* The type of the source in the destination, made where that is wanted. */
static bool bring_type(struct job *job, const char *name, struct cb_error *err)
{
    cb_auto_dataset_type struct cb_dataset_type here = { 0 }, there = { 0 };
    struct cb_error why = { 0 };
    if (!cb_dataset_type_find(job->source, name, &here, err))
        return false;
    if (cb_dataset_type_find(job->dest, name, &there, &why))
        return check_same_type(&here, &there, err);
    if (why.kind != CB_ERR_NOT_FOUND)
        return cb_fail(err, why.kind, "%s", why.text);
    if (!job->options->register_types)
        return cb_fail(err, why.kind, "%s It is missing in \"%s\": --register-dataset-types makes it",
                       why.text, job->dest->name);
    return cb_dataset_type_register(job->dest, name, here.dims, here.storage_class, here.is_calibration, NULL,
                                    err);
}

static bool bring_types(struct job *job, struct cb_error *err)
{
    for (size_t i = 0; i < job->n; i++)
        if ((i == 0 || !same_type(&job->items[i], &job->items[i - 1])) &&
            !bring_type(job, job->items[i].dataset->type, err))
            return false;
    return true;
}

static bool bring_records(struct job *job, struct cb_error *err)
{
    if (!job->options->dimensions)
        return true;
    const struct cb_data_id **ids = cb_xalloc_array(job->n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < job->n; i++)
        ids[i] = &job->items[i].id;
    bool ok = cb_records_copy(job->source, job->dest, ids, job->n, err);
    free(ids);
    return ok;
}

static bool bring_run(struct job *job, const char *name, struct cb_error *err)
{
    cb_auto_collection struct cb_collection run = { 0 };
    return cb_collection_find(job->source, name, &run, err) &&
           cb_collection_register(job->dest, name, CB_COLLECTION_RUN, run.doc, NULL, err);
}

/* A dataset that was there must be the same one. */
static bool check_ids(const struct job *job, size_t begin, size_t end, char (*ids)[CB_UUID_TEXT_SIZE],
                      struct cb_error *err)
{
    for (size_t i = begin; i < end; i++) {
        const struct cb_dataset *dataset = job->items[i].dataset;
        if (strcmp(ids[i - begin], dataset->id) == 0)
            continue;
        cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
        cb_data_id_format(&dataset->data_id, &id);
        return cb_fail(err, CB_ERR_CONFLICT, "%s %s is in run \"%s\" already, as dataset %s, not %s",
                       dataset->type, cb_bytes_text(&id), dataset->run, ids[i - begin], dataset->id);
    }
    return true;
}

static bool bring_slice(struct job *job, size_t begin, size_t end, struct cb_error *err)
{
    const struct cb_put_options options = { .transfer = job->options->transfer,
                                            .existing = CB_EXISTING_SKIP,
                                            .keep_ending = true,
                                            .restores = true };
    struct cb_put *puts = cb_xalloc_array(end - begin, sizeof *puts);
    char(*ids)[CB_UUID_TEXT_SIZE] = cb_xalloc_array(end - begin, sizeof *ids);
    for (size_t i = begin; i < end; i++)
        puts[i - begin] = (struct cb_put){ .data_id = &job->items[i].id,
                                           .id = job->items[i].dataset->id,
                                           .file = job->items[i].file,
                                           .formatter = job->items[i].dataset->formatter,
                                           .record = &job->items[i].record };
    const struct cb_dataset *first = job->items[begin].dataset;
    bool ok = cb_dataset_put(job->dest, first->type, first->run, puts, end - begin, &options, ids, err) &&
              check_ids(job, begin, end, ids, err);
    free(ids);
    free(puts);
    return ok;
}

static bool bring_datasets(struct job *job, struct cb_error *err)
{
    for (size_t begin = 0, end; begin < job->n; begin = end) {
        const struct cb_dataset *first = job->items[begin].dataset;
        end = begin + 1;
        while (end < job->n && end - begin < SLICE && same_type(&job->items[end], &job->items[begin]) &&
               strcmp(job->items[end].dataset->run, first->run) == 0)
            end++;
        if (!bring_run(job, first->run, err) || !bring_slice(job, begin, end, err))
            return false;
    }
    return true;
}

static bool bring_all(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct job *job = arg;
    (void)repo; /* the job's own */
    return bring_types(job, err) && bring_records(job, err) && bring_datasets(job, err);
}

/* What would be refused for its type is refused in a dry run too. */
static bool check_types(struct job *job, struct cb_error *err)
{
    if (job->options->register_types)
        return true;
    return bring_types(job, err);
}

static bool check_mode(enum cb_transfer transfer, struct cb_error *err)
{
    if (transfer == CB_TRANSFER_DIRECT)
        return cb_fail(err, CB_ERR_INVALID,
                       "Can not transfer from a source datastore using direct mode since those files are "
                       "controlled by the other datastore.");
    if (transfer == CB_TRANSFER_MOVE)
        return cb_fail(err, CB_ERR_INVALID, "mode move would take the files away from the source repository");
    return true;
}

bool cb_datasets_transfer(struct cb_repo *source, struct cb_repo *dest, const struct cb_dataset_list *list,
                          const struct cb_transfer_options *options, size_t *ret_count, struct cb_error *err)
{
    struct job job = { .source = source, .dest = dest, .options = options };
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    if (!check_mode(options->transfer, err) || !cb_repo_read(source, &tx, err))
        return false;
    sort_items(&job, list);
    bool ok = read_source(source, &job, err) &&
              (options->dry_run ? check_types(&job, err) : cb_repo_transact(dest, bring_all, &job, err));
    if (ok && ret_count != NULL)
        *ret_count = job.n;
    job_done(&job);
    return ok;
}
