/* Putting datasets: ids, files, rows, in one transaction. Source: butler.md 2.6, 3.2. */
#include "base/alloc.h"
#include "butler/data_id_expansion.h"
#include "butler/dataset_place.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"
#include "io/clock.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

/* One dataset on its way in. */
struct item {
    const struct cb_put *put;
    struct cb_data_id id; /* with implied values */
    char uuid[CB_UUID_TEXT_SIZE];
    bool is_there;         /* stored already: skipped */
    bool has_file;         /* and so is its file */
    const char *formatter; /* what reads the file */
    char path[CB_DATASET_PATH_SIZE];
    char *recorded;
    int64_t size_bytes;
};

struct batch {
    struct cb_repo *repo;
    struct cb_dataset_type type;
    struct cb_collection run;
    const struct cb_storage_class *storage_class;
    const struct cb_put_options *options;
    size_t n, n_new, n_files; /* all; new in the registry, in the datastore */
    struct item *items;
    const struct cb_data_id **ids; /* [n] of items */
};

static void batch_done(struct batch *batch)
{
    for (size_t i = 0; batch->items != NULL && i < batch->n; i++)
        free(batch->items[i].recorded);
    free(batch->items);
    free(batch->ids);
    cb_dataset_type_done(&batch->type);
    cb_collection_done(&batch->run);
}

static bool ending_of(const struct batch *batch, const struct item *item, char ret_ending[CB_ENDING_SIZE],
                      struct cb_error *err)
{
    if (batch->options->keep_ending)
        return cb_place_own_ending(item->formatter, item->put->file,
                                   batch->options->transfer != CB_TRANSFER_DIRECT, ret_ending, err);
    cb_place_usual_ending(batch->storage_class, item->formatter, item->put->file, ret_ending);
    return true;
}

/* What reads the file of an item, and does the datastore take it? */
static bool choose_formatter(const struct batch *batch, struct item *item, struct cb_error *err)
{
    const struct cb_store_subject subject = cb_place_subject(&batch->type, &item->id);
    if (!cb_store_rules_accept(batch->repo->rules, &subject))
        return cb_fail(err, CB_ERR_INVALID,
                       "DatasetType(s) not supported in ingest: %s (the configuration of datastore \"%s\" "
                       "rejects it)",
                       batch->type.name, batch->repo->datastore);
    item->formatter = item->put->formatter != NULL ? item->put->formatter
                                                   : cb_store_rules_formatter(batch->repo->rules, &subject);
    return item->formatter != NULL ||
           cb_fail(err, CB_ERR_INVALID, "storage class \"%s\" of %s has no formatter",
                   batch->type.storage_class, batch->type.name);
}

static bool expand(struct batch *batch, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_expansion_fetch(batch->repo, batch->ids, batch->n, &rows, err))
        return false;
    for (size_t i = 0; i < batch->n; i++) {
        struct item *item = &batch->items[i];
        char ending[CB_ENDING_SIZE];
        if (!cb_expansion_take(rows, i, &item->id, err) || !choose_formatter(batch, item, err) ||
            !ending_of(batch, item, ending, err))
            return cb_context(err, "cannot put %s", batch->type.name);
        const struct cb_placed placed = { &batch->type, batch->run.name, item->uuid, &item->id, ending };
        if (!cb_place_format(batch->repo, &placed, rows, i, item->path, err))
            return cb_context(err, "cannot put %s", batch->type.name);
    }
    return true;
}

static bool choose_ids(struct batch *batch, struct cb_error *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct item *item = &batch->items[i];
        struct cb_uuid uuid = { 0 };
        if (item->put->id != NULL) {
            if (!cb_uuid_parse(item->put->id, &uuid))
                return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no UUID", item->put->id);
        } else if (batch->options->id_mode == CB_ID_UNIQUE) {
            uuid = cb_uuid_new();
        } else {
            uuid = cb_data_id_uuid(&item->id, batch->type.dims, batch->type.name, batch->run.name,
                                   batch->options->id_mode == CB_ID_DATAID_TYPE ? CB_DATASET_ID_TYPE
                                                                                : CB_DATASET_ID_TYPE_RUN);
        }
        cb_uuid_format(&uuid, item->uuid);
    }
    return true;
}

static bool fail_taken(const struct batch *batch, const struct item *item, const char *uuid,
                       struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
    cb_data_id_format(&item->id, &id);
    return cb_fail(err, CB_ERR_CONFLICT, "%s %s is in run \"%s\" already, as dataset %s", batch->type.name,
                   cb_bytes_text(&id), batch->run.name, uuid);
}

/* Which (type, run, data ID) are taken? */
static bool find_existing(struct batch *batch, struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_param params[2 + CB_MAX_ID_ARRAYS] = { cb_p_int(batch->type.id), cb_p_int(batch->run.id) };
    size_t n_params = 2;
    if (!cb_id_arrays_fill(&arrays, batch->ids, batch->n, batch->type.dims, err))
        return false;
    cb_id_arrays_params(&arrays, params, &n_params);
    cb_bytes_puts(&sql, "SELECT i.n, t.dataset_id, EXISTS (SELECT FROM file_datastore_records f"
                        " WHERE f.dataset_id = t.dataset_id) FROM ");
    cb_put_id_source(&sql, batch->type.dims, 3);
    cb_bytes_printf(&sql,
                    " CROSS JOIN LATERAL (SELECT t.dataset_id FROM \"%s\" t"
                    " WHERE t.dataset_type_id = $1 AND t.collection_id = $2",
                    batch->type.tags_table);
    cb_put_id_match(&sql, batch->type.dims, "t");
    cb_bytes_puts(&sql, " OFFSET 0) t"); /* an index look-up, statistics or not */
    if (!cb_db_run(batch->repo->db, cb_bytes_text(&sql), params, n_params, &rows, err))
        return false;
    for (size_t k = 0; k < cb_rows_count(rows); k++) {
        struct item *item = &batch->items[cb_rows_int(rows, k, 0)];
        if (batch->options->existing == CB_EXISTING_REFUSE)
            return fail_taken(batch, item, cb_rows_text(rows, k, 1), err);
        item->is_there = true;
        item->has_file = cb_rows_bool(rows, k, 2);
        memcpy(item->uuid, cb_rows_text(rows, k, 1), CB_UUID_TEXT_SIZE);
    }
    return true;
}

/* So few files are synced one by one: nobody waits for what others have written to the same disk. */
enum { SYNCED_EACH_MAX = 16 };

static enum cb_file_sync sync_of(const struct batch *batch)
{
    return batch->n > SYNCED_EACH_MAX ? CB_FILE_SYNC_LATER : CB_FILE_SYNC_NOW;
}

/* Does this dataset bring a file? */
static bool needs_file(const struct batch *batch, const struct item *item)
{
    return !item->is_there || (batch->options->restores && !item->has_file);
}

/* Is the file that of the dataset before? Then it has been brought. */
static bool shares_file(const struct batch *batch, size_t i)
{
    return i > 0 && batch->items[i - 1].recorded != NULL && batch->items[i].put->file != NULL &&
           batch->items[i - 1].put->file != NULL &&
           strcmp(batch->items[i].put->file, batch->items[i - 1].put->file) == 0;
}

static bool bring_file(struct batch *batch, size_t i, struct cb_error *err)
{
    struct item *item = &batch->items[i];
    const struct cb_put_record *record = item->put->record;
    if (record != NULL && record->uri != NULL) {
        item->recorded = cb_xstrdup(record->uri);
    } else if (shares_file(batch, i)) {
        item->recorded = cb_xstrdup(batch->items[i - 1].recorded);
        item->size_bytes = batch->items[i - 1].size_bytes;
    } else if (!cb_datastore_ingest(batch->repo, item->put->file,
                                    record != NULL && record->path != NULL ? record->path : item->path,
                                    batch->options->transfer, sync_of(batch), &item->recorded,
                                    &item->size_bytes, err)) {
        return cb_context(err, "cannot put %s", batch->type.name);
    }
    if (record != NULL)
        item->size_bytes = record->size_bytes;
    if (batch->options->untracked)
        item->size_bytes = -1;
    return true;
}

static bool sync_files(struct batch *batch, struct cb_error *err)
{
    if (sync_of(batch) == CB_FILE_SYNC_NOW)
        return true;
    const char **recorded = cb_xalloc_array(batch->n, sizeof *recorded);
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++)
        if (needs_file(batch, &batch->items[i]))
            recorded[n++] = batch->items[i].recorded;
    bool ok = cb_datastore_sync(batch->repo, recorded, n, err);
    free(recorded);
    return ok;
}

static bool bring_files(struct batch *batch, struct cb_error *err)
{
    for (size_t i = 0; i < batch->n; i++)
        if (needs_file(batch, &batch->items[i]) && !bring_file(batch, i, err))
            return false;
    return sync_files(batch, err);
}

static void count_new(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        batch->n_new += !batch->items[i].is_there;
        batch->n_files += needs_file(batch, &batch->items[i]);
    }
}

/* Keep the new ones only, so that the inserts need not ask. */
static void drop_existing(struct batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->n; i++)
        if (!batch->items[i].is_there)
            batch->ids[kept++] = &batch->items[i].id;
}

static bool insert_tags(struct batch *batch, const char *uuids, struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    struct cb_param params[3 + CB_MAX_ID_ARRAYS] = { cb_p_int(batch->type.id), cb_p_int(batch->run.id),
                                                     cb_p_text(uuids) };
    size_t n_params = 3;
    if (!cb_id_arrays_fill(&arrays, batch->ids, batch->n_new, batch->type.dims, err))
        return false;
    cb_id_arrays_params(&arrays, params, &n_params);
    cb_bytes_printf(&sql, "INSERT INTO \"%s\" AS t (dataset_type_id, dataset_id, collection_id",
                    batch->type.tags_table);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (batch->type.dims & CB_DIM(i))
            cb_bytes_printf(&sql, ", \"%s\"", cb_element_at((enum cb_element_index)i)->name);
    cb_bytes_puts(&sql, ") SELECT $1::bigint, ($3::uuid[])[i.n + 1], $2::bigint");
    cb_put_id_columns(&sql, batch->type.dims, "i");
    cb_bytes_puts(&sql, " FROM ");
    cb_put_id_source(&sql, batch->type.dims, 4);
    return cb_db_run(batch->repo->db, cb_bytes_text(&sql), params, n_params, NULL, err);
}

/* The ids of new datasets, or of those that bring a file. */
static const char *uuids_of(const struct batch *batch, bool with_file, struct cb_bytes *array)
{
    cb_array_begin(array);
    for (size_t i = 0; i < batch->n; i++)
        if (with_file ? needs_file(batch, &batch->items[i]) : !batch->items[i].is_there)
            cb_array_text(array, batch->items[i].uuid);
    return cb_array_end(array);
}

static bool insert_records(struct batch *batch, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes paths = CB_BYTES(CB_ARRAY_MAX), formatters = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes sizes = CB_BYTES(CB_ARRAY_MAX), checksums = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    const char *uuids = uuids_of(batch, true, &array);
    cb_array_begin(&paths);
    cb_array_begin(&formatters);
    cb_array_begin(&sizes);
    cb_array_begin(&checksums);
    for (size_t i = 0; i < batch->n; i++) {
        const struct item *item = &batch->items[i];
        if (!needs_file(batch, item))
            continue;
        cb_array_text(&paths, item->recorded);
        cb_array_text(&formatters, item->formatter);
        cb_array_int(&sizes, item->size_bytes);
        cb_array_text(&checksums, item->put->record != NULL ? item->put->record->checksum : NULL);
    }
    return cb_db_run(batch->repo->db, sql_insert_records,
                     CB_P(cb_p_text(uuids), cb_p_text(cb_array_end(&paths)),
                          cb_p_text(cb_array_end(&formatters)), cb_p_text(batch->type.storage_class),
                          cb_p_text(cb_array_end(&sizes)), cb_p_text(cb_array_end(&checksums))),
                     NULL, err);
}

static bool insert_locations(struct batch *batch, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    return cb_db_run(batch->repo->db, sql_insert_locations,
                     CB_P(cb_p_text(uuids_of(batch, true, &array)), cb_p_text(batch->repo->datastore)), NULL,
                     err);
}

static bool insert_rows(struct batch *batch, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    const char *uuids = uuids_of(batch, false, &array);
    drop_existing(batch);
    int64_t now_us = cb_clock_tai_ns() / 1000 * 1000; /* the butler's clock has microseconds */
    return cb_db_script(batch->repo->db, CB_CHECK_KEYS_BY_INDEX, err) &&
           cb_add_summaries(batch->repo, batch->run.id, &batch->type, batch->ids, batch->n_new, err) &&
           cb_db_run(
               batch->repo->db, sql_insert_datasets,
               CB_P(cb_p_text(uuids), cb_p_int(batch->type.id), cb_p_int(now_us), cb_p_int(batch->run.id)),
               NULL, err) &&
           insert_tags(batch, uuids, err);
}

static bool start_batch(struct batch *batch, const char *type, const char *run, const struct cb_put *puts,
                        struct cb_error *err)
{
    if (!cb_dataset_type_find(batch->repo, type, &batch->type, err) ||
        !cb_collection_find(batch->repo, run, &batch->run, err))
        return false;
    if (batch->run.type != CB_COLLECTION_RUN)
        return cb_fail(err, CB_ERR_INVALID, "datasets are put into a RUN; \"%s\" is %s", run,
                       cb_collection_type_name(batch->run.type));
    batch->storage_class = cb_store_rules_class(batch->repo->rules, batch->type.storage_class);
    if (batch->storage_class == NULL)
        return cb_fail(err, CB_ERR_INVALID, "storage class \"%s\" of %s is not known",
                       batch->type.storage_class, type);
    batch->items = cb_xalloc_array(batch->n, sizeof *batch->items);
    batch->ids = cb_xalloc_array(batch->n, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < batch->n; i++) {
        batch->items[i].put = &puts[i];
        batch->items[i].id = *puts[i].data_id;
        batch->ids[i] = &batch->items[i].id;
    }
    return true;
}

/* Rows first: who puts the same dataset waits there, and touches no file of the one that was faster. */
static bool put_rows(struct batch *batch, struct cb_error *err)
{
    return ((batch->n_new == 0 || insert_rows(batch, err)) &&
            (batch->n_files == 0 || insert_locations(batch, err))) ||
           cb_context(err, "cannot put %zu %s into \"%s\"", batch->n_new, batch->type.name, batch->run.name);
}

static bool put_batch(struct batch *batch, struct cb_error *err)
{
    if (!choose_ids(batch, err) || !expand(batch, err) || !find_existing(batch, err))
        return false;
    count_new(batch);
    return put_rows(batch, err) && bring_files(batch, err) &&
           (batch->n_files == 0 || insert_records(batch, err));
}

/* The arguments of cb_dataset_put. */
struct putting {
    const char *type, *run;
    const struct cb_put *puts;
    size_t n;
    const struct cb_put_options *options;
    char (*ret_ids)[CB_UUID_TEXT_SIZE];
};

static bool put(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct putting *it = arg;
    struct batch batch = { .repo = repo, .n = it->n, .options = it->options };
    bool ok = start_batch(&batch, it->type, it->run, it->puts, err) && put_batch(&batch, err);
    for (size_t i = 0; ok && it->ret_ids != NULL && i < it->n; i++)
        memcpy(it->ret_ids[i], batch.items[i].uuid, CB_UUID_TEXT_SIZE);
    batch_done(&batch);
    return ok;
}

bool cb_dataset_put(struct cb_repo *repo, const char *type, const char *run, const struct cb_put *puts,
                    size_t n, const struct cb_put_options *options, char (*ret_ids)[CB_UUID_TEXT_SIZE],
                    struct cb_error *err)
{
    static const struct cb_put_options defaults = { .transfer = CB_TRANSFER_AUTO };
    struct putting it = { type, run, puts, n, options != NULL ? options : &defaults, ret_ids };
    struct cb_error why = { 0 };
    size_t emptied = 0;
    if (n == 0 || cb_repo_transact(repo, put, &it, &why))
        return true;
    /* a removal that was interrupted holds the place, or the id: finish it */
    if (why.kind == CB_ERR_CONFLICT && !cb_db_in_tx(repo->db) &&
        cb_datastore_empty_trash(repo, &emptied, NULL) && emptied > 0)
        return cb_repo_transact(repo, put, &it, err);
    if (err != NULL)
        *err = why;
    return false;
}
