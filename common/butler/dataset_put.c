/* Putting datasets: ids, paths, files, rows, in one transaction. Source: butler.md 2.6, 3.2. */
#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"
#include "butler/store_rules.h"
#include "domain/dataset_path.h"
#include "domain/path_template.h"
#include "domain/region.h"
#include "io/clock.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

enum { ENDING_SIZE = 16 };

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

/* What the repository's rules are asked of a data ID. */
static struct cb_store_subject subject_of(const struct cb_dataset_type *type, const struct cb_data_id *id)
{
    return (struct cb_store_subject){ .type = type->name,
                                      .storage_class = type->storage_class,
                                      .dims = type->dims,
                                      .instrument = cb_data_id_text(id, CB_INSTRUMENT) };
}

static void put_number_or_null(struct cb_bytes *array, const struct cb_data_id *id,
                               enum cb_element_index index)
{
    if (cb_data_id_has(id, index))
        cb_array_int(array, id->number[index]);
    else
        cb_array_text(array, NULL);
}

static bool fetch_expansion(struct cb_repo *repo, const struct cb_data_id *const *ids, size_t n,
                            struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes instrument = CB_BYTES(CB_ARRAY_MAX), detector = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes exposure = CB_BYTES(CB_ARRAY_MAX), visit = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes filter = CB_BYTES(CB_ARRAY_MAX);
    struct cb_bytes *arrays[] = { &instrument, &detector, &exposure, &visit, &filter };
    for (size_t k = 0; k < 5; k++)
        cb_array_begin(arrays[k]);
    for (size_t i = 0; i < n; i++) {
        cb_array_text(&instrument, cb_data_id_text(ids[i], CB_INSTRUMENT));
        put_number_or_null(&detector, ids[i], CB_DETECTOR);
        put_number_or_null(&exposure, ids[i], CB_EXPOSURE);
        put_number_or_null(&visit, ids[i], CB_VISIT);
        cb_array_text(&filter, cb_data_id_text(ids[i], CB_PHYSICAL_FILTER));
    }
    return cb_db_run(repo->db, sql_expand_data_ids,
                     CB_P(cb_p_text(cb_array_end(&instrument)), cb_p_text(cb_array_end(&detector)),
                          cb_p_text(cb_array_end(&exposure)), cb_p_text(cb_array_end(&visit)),
                          cb_p_text(cb_array_end(&filter))),
                     ret_rows, err);
}

static bool check_registered(const struct cb_rows *rows, size_t row, const struct cb_data_id *id,
                             struct cb_error *err)
{
    static const enum cb_element_index checked[] = { CB_DETECTOR, CB_EXPOSURE, CB_VISIT, CB_PHYSICAL_FILTER,
                                                     CB_INSTRUMENT };
    for (size_t k = 0; k < 5; k++)
        if (cb_rows_bool(rows, row, 7 + k)) {
            char text[CB_DIMENSION_TEXT_SIZE];
            cb_data_id_value(id, checked[k], text);
            return cb_fail(err, CB_ERR_INVALID, "%s %s of %s is not registered",
                           cb_element_at(checked[k])->name, text, id->instrument);
        }
    return true;
}

/* Pixels of the sky have no table: what is one is known. */
static bool check_pixel(const struct cb_data_id *id, struct cb_error *err)
{
    int64_t pixel = id->number[CB_HTM7];
    return !cb_data_id_has(id, CB_HTM7) || (pixel >= CB_HTM7_FIRST && pixel <= CB_HTM7_LAST) ||
           cb_fail(err, CB_ERR_INVALID, "htm7 %lld is no pixel of that level: they are %d to %d",
                   (long long)pixel, CB_HTM7_FIRST, CB_HTM7_LAST);
}

static bool take_implied(const struct cb_rows *rows, size_t row, struct cb_data_id *id, struct cb_error *err)
{
    static const struct {
        enum cb_element_index dimension;
        size_t column;
    } implied[] = { { CB_DAY_OBS, 3 }, { CB_PHYSICAL_FILTER, 4 }, { CB_BAND, 5 }, { CB_GROUP, 6 } };
    for (size_t k = 0; k < 4; k++)
        if (!cb_rows_is_null(rows, row, implied[k].column) &&
            !cb_data_id_set(id, implied[k].dimension, cb_rows_text(rows, row, implied[k].column), err))
            return false;
    return true;
}

static bool ends_in(const char *file, const char *ending, size_t length)
{
    size_t all = strlen(file);
    return all > length && strncmp(file + all - length, ending, length) == 0;
}

/* The longest of the endings, blank between, that the file has; "" when it has none of them. */
static void find_ending(const char *file, const char *endings, char ret_ending[ENDING_SIZE])
{
    ret_ending[0] = '\0';
    for (const char *one = endings; *one != '\0';) {
        size_t length = strcspn(one, " ");
        if (length > strlen(ret_ending) && length < ENDING_SIZE && ends_in(file, one, length))
            snprintf(ret_ending, ENDING_SIZE, "%.*s", (int)length, one);
        one += length + (one[length] == ' ');
    }
}

/* A file of FITS keeps its own ending; other names (of temporary files) say nothing. */
static void choose_ending(const struct cb_storage_class *class, const struct item *item,
                          char ret_ending[ENDING_SIZE])
{
    /* of a formatter that we do not know we take what is usual for the class: cameras have their own for raws
     */
    bool is_usual = class->formatter != NULL && strcmp(class->formatter, item->formatter) == 0;
    const char *known = cb_formatter_endings(item->formatter);
    const char *endings = known != NULL ? known : class->endings;
    const char *extension =
        is_usual || known == NULL ? class->extension : cb_formatter_extension(item->formatter);
    ret_ending[0] = '\0';
    if (item->put->file != NULL && strcmp(extension, ".fits") == 0 && endings != NULL)
        find_ending(item->put->file, endings, ret_ending);
    if (ret_ending[0] == '\0')
        snprintf(ret_ending, ENDING_SIZE, "%s", extension);
}

/* From the last dot of its name on, with the one before where it is packed. */
static void own_ending(const char *file, char ret_ending[ENDING_SIZE])
{
    static const char packed[] = " .gz .bz2 .fz .xz ";
    const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
    const char *dot = strrchr(name, '.');
    ret_ending[0] = '\0';
    if (dot == NULL || dot == name || strlen(dot) >= ENDING_SIZE)
        return;
    char word[ENDING_SIZE + 2];
    snprintf(word, sizeof word, " %s ", dot);
    for (const char *c = dot; strstr(packed, word) != NULL && c > name + 1 && strlen(c) < ENDING_SIZE;)
        if (*--c == '.') {
            dot = c;
            break;
        }
    if (strlen(dot) < ENDING_SIZE)
        snprintf(ret_ending, ENDING_SIZE, "%s", dot);
}

/* The ending of the file as it is, where the formatter takes it. Only files that come below the root are
 * named anew. */
static bool keep_ending(const struct batch *batch, const struct item *item, char ret_ending[ENDING_SIZE],
                        struct cb_error *err)
{
    const struct cb_put *put = item->put;
    const char *endings = cb_formatter_endings(item->formatter);
    char known[ENDING_SIZE];
    ret_ending[0] = '\0';
    if (put->file == NULL)
        return true;
    own_ending(put->file, ret_ending);
    if (endings == NULL || batch->options->transfer == CB_TRANSFER_DIRECT)
        return true;
    find_ending(put->file, endings, known);
    return known[0] != '\0' ||
           cb_fail(err, CB_ERR_INVALID, "formatter \"%s\" does not take \"%s\": it takes %s", item->formatter,
                   put->file, endings);
}

static bool ending_of(const struct batch *batch, const struct item *item, char ret_ending[ENDING_SIZE],
                      struct cb_error *err)
{
    if (batch->options->keep_ending)
        return keep_ending(batch, item, ret_ending, err);
    choose_ending(batch->storage_class, item, ret_ending);
    return true;
}

/* ---- columns of records that a template of the repository's own wants ---- */

/* "t" is True, 30 of a float column is 30.0, nothing is None: as Python shows them. */
static char *python_text(const struct cb_column *column, const char *text)
{
    if (text == NULL)
        return cb_xstrdup("None");
    if (column->type == CB_TYPE_BOOL)
        return cb_xstrdup(text[0] == 't' ? "True" : "False");
    bool whole = column->type == CB_TYPE_FLOAT && strspn(text, "-0123456789") == strlen(text);
    return whole ? cb_xasprintf("%s.0", text) : cb_xstrdup(text);
}

static bool fetch_column(struct cb_repo *repo, const struct cb_element *element,
                         const struct cb_column *column, const struct cb_data_id *id, char **ret_text,
                         struct cb_error *err)
{
    char keys[CB_DIMENSION_COUNT][CB_DIMENSION_TEXT_SIZE];
    struct cb_param params[CB_DIMENSION_COUNT];
    size_t n = 0;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_bytes_printf(&sql, "SELECT \"%s\"::text FROM \"%s\"", column->name, element->name);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const struct cb_column *key = cb_element_key_of(element, (enum cb_element_index)i);
        if (!(element->required & CB_DIM(i)) || key == NULL)
            continue;
        cb_data_id_value(id, (enum cb_element_index)i, keys[n]);
        params[n] = cb_p_text(keys[n]);
        cb_bytes_printf(&sql, " %s \"%s\"::text = $%zu", n == 0 ? "WHERE" : "AND", key->name, n + 1);
        n++;
    }
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), params, n, &rows, err))
        return false;
    *ret_text = cb_rows_count(rows) == 1 ? python_text(column, cb_rows_text(rows, 0, 0)) : NULL;
    return true;
}

/* ret_texts to be freed, each. */
static bool fetch_columns(struct cb_repo *repo, const struct cb_path_columns *columns,
                          const struct cb_data_id *id, char *ret_texts[CB_PATH_MAX_COLUMNS],
                          struct cb_error *err)
{
    for (size_t i = 0; i < columns->count; i++)
        if (!fetch_column(repo, cb_element_at(columns->item[i].element), columns->item[i].column, id,
                          &ret_texts[i], err))
            return false;
    return true;
}

/* A dataset whose path is asked for. */
struct placed {
    const struct cb_dataset_type *type;
    const char *run, *uuid; /* uuid NULL: not known yet */
    const struct cb_data_id *id;
    const char *extension;
};

static bool format_path(struct cb_repo *repo, const struct placed *it, const struct cb_rows *rows, size_t row,
                        char ret_path[CB_DATASET_PATH_SIZE], struct cb_error *err)
{
    struct cb_path_columns columns;
    char *texts[CB_PATH_MAX_COLUMNS] = { NULL };
    struct cb_dataset_path parts = { .run = it->run,
                                     .dataset_type = it->type->name,
                                     .dimensions = it->type->dims,
                                     .id = it->id,
                                     .obs_id = cb_rows_text(rows, row, 2),
                                     .detector_name = cb_rows_text(rows, row, 1),
                                     .extension = it->extension,
                                     .dataset_id = it->uuid,
                                     .columns = &columns,
                                     .column_texts = (const char *const *)texts };
    const struct cb_store_subject subject = subject_of(it->type, it->id);
    bool ok = cb_store_rules_template(repo->rules, &subject, &parts.template, err) &&
              cb_path_template_columns(parts.template, cb_dimensions_expand(it->type->dims), &columns, err) &&
              fetch_columns(repo, &columns, it->id, texts, err) &&
              cb_dataset_path_format(&parts, ret_path, err);
    for (size_t i = 0; i < CB_PATH_MAX_COLUMNS; i++)
        free(texts[i]);
    return ok;
}

/* What reads the file of an item, and does the datastore take it? */
static bool choose_formatter(const struct batch *batch, struct item *item, struct cb_error *err)
{
    const struct cb_store_subject subject = subject_of(&batch->type, &item->id);
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
    if (!fetch_expansion(batch->repo, batch->ids, batch->n, &rows, err))
        return false;
    for (size_t i = 0; i < batch->n; i++) {
        struct item *item = &batch->items[i];
        char ending[ENDING_SIZE];
        if (!check_registered(rows, i, &item->id, err) || !check_pixel(&item->id, err) ||
            !take_implied(rows, i, &item->id, err) || !choose_formatter(batch, item, err) ||
            !ending_of(batch, item, ending, err))
            return cb_context(err, "cannot put %s", batch->type.name);
        const struct placed placed = { &batch->type, batch->run.name, item->uuid, &item->id, ending };
        if (!format_path(batch->repo, &placed, rows, i, item->path, err))
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

bool cb_dataset_template_path(struct cb_repo *repo, const char *type, const char *run,
                              const struct cb_data_id *data_id, const char *extension, char **ret_path,
                              struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_dataset_type struct cb_dataset_type known = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_data_id id = *data_id;
    const struct cb_data_id *one = &id;
    char path[CB_DATASET_PATH_SIZE];
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &known, err) ||
        !fetch_expansion(repo, &one, 1, &rows, err) || !check_registered(rows, 0, &id, err) ||
        !take_implied(rows, 0, &id, err))
        return false;
    const struct placed placed = { &known, run, NULL, &id, extension };
    if (!format_path(repo, &placed, rows, 0, path, err))
        return false;
    *ret_path = cb_xstrdup(path);
    return true;
}

bool cb_data_ids_expand(struct cb_repo *repo, struct cb_data_id *const *ids, size_t n, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !fetch_expansion(repo, (const struct cb_data_id *const *)ids, n, &rows, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!check_registered(rows, i, ids[i], err) || !take_implied(rows, i, ids[i], err))
            return false;
    return true;
}
