/* Files that a table names, into one RUN. */
#include "butler/ingest_files.h"

#include "base/alloc.h"
#include "domain/dimensions.h"
#include "io/csv.h"
#include "io/ecsv.h"
#include "io/remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Datasets of one statement: few enough for short arrays, so many that round trips do not count. */
enum { SLICE = 4096 };

/* A row of the table, or what becomes of it. */
struct entry {
    char *file;       /* absolute path, or a URI of another machine */
    size_t row;       /* from 0 */
    size_t first_row; /* the first row that has this file */
    struct cb_data_id id;
};

struct job {
    const struct cb_ingest_files *wanted;
    struct cb_dataset_type type;
    struct cb_table *table;
    struct cb_data_id common; /* of the assignments */
    char *prefix;             /* absolute folder, or a URI of one elsewhere */
    struct entry *entries;
    size_t count, files;
};

static void job_done(struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        free(job->entries[i].file);
    free(job->entries);
    free(job->prefix);
    cb_table_free(job->table);
    cb_dataset_type_done(&job->type);
}

/* ---- the table ---- */

static bool read_ecsv(const char *path, struct cb_table **ret_table, struct cb_error *err)
{
    return cb_ecsv_read(path, ret_table, err);
}

static bool read_csv(const char *path, struct cb_table **ret_table, struct cb_error *err)
{
    return cb_csv_read(path, CB_CSV_COMMAS, ret_table, err);
}

static bool read_rdb(const char *path, struct cb_table **ret_table, struct cb_error *err)
{
    return cb_csv_read(path, CB_CSV_RDB, ret_table, err);
}

static const struct {
    const char *ending;
    bool (*read)(const char *path, struct cb_table **ret_table, struct cb_error *err);
} formats[] = { { ".ecsv", read_ecsv }, { ".csv", read_csv }, { ".rdb", read_rdb } };

/* The format is told by the name, as astropy tells it. */
static bool read_table(struct job *job, struct cb_error *err)
{
    const char *path = job->wanted->table, *dot = strrchr(path, '.');
    cb_auto(cb_free) char *local = cb_file_uri_path(path);
    for (size_t i = 0; dot != NULL && i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].ending, dot) == 0)
            return formats[i].read(local != NULL ? local : path, &job->table, err);
    return cb_fail(err, CB_ERR_INVALID,
                   "the format of table \"%s\" is not told by its name: .ecsv, .csv and .rdb are read", path);
}

static bool fail_cell(const struct job *job, size_t row, const char *column, struct cb_error *err,
                      const char *what)
{
    return cb_fail(err, CB_ERR_INVALID, "\"%s\", row %zu, column \"%s\": %s", job->wanted->table, row + 1,
                   column, what);
}

/* The text of a cell of a name or a whole number. */
static bool cell_text(const struct job *job, size_t column, size_t row, char number[24],
                      const char **ret_text, struct cb_error *err)
{
    const struct cb_table_column *c = &job->table->column[column];
    *ret_text = NULL;
    if (c->is_array || (c->kind != CB_TABLE_TEXT && c->kind != CB_TABLE_INT))
        return fail_cell(job, row, c->name, err, "neither a text nor a whole number");
    if (c->kind == CB_TABLE_TEXT) {
        *ret_text = c->texts[row];
    } else {
        snprintf(number, 24, "%" PRId64, c->ints[row]);
        *ret_text = number;
    }
    return (*ret_text != NULL && (*ret_text)[0] != '\0') || fail_cell(job, row, c->name, err, "empty");
}

/* ---- rows ---- */

static bool read_common(struct job *job, struct cb_error *err)
{
    for (size_t i = 0; i < job->wanted->n_assignments; i++)
        if (!cb_data_id_assign(&job->common, job->wanted->assignments[i], err))
            return false;
    return true;
}

/* A dimension of the type by the name of a column; SIZE_MAX: it is none, or the command line has it. */
static size_t dimension_of(const struct job *job, size_t column)
{
    const char *name = job->table->column[column].name;
    const struct cb_element *element = cb_element_find(name, strlen(name));
    if (element == NULL || cb_element_index(element) >= CB_DIMENSION_COUNT)
        return SIZE_MAX;
    enum cb_element_index index = cb_element_index(element);
    return (job->type.dims & CB_DIM(index)) != 0 && !cb_data_id_has(&job->common, index) ? index : SIZE_MAX;
}

static bool check_columns(const struct job *job, struct cb_error *err)
{
    const char *names[CB_ELEMENT_COUNT];
    uint32_t missing = job->type.dims & ~job->common.has;
    for (size_t c = 1; c < job->table->columns; c++) {
        size_t index = dimension_of(job, c);
        missing &= ~(index != SIZE_MAX ? CB_DIM(index) : 0);
    }
    if (cb_dimensions_list(missing, names) == 0)
        return true;
    return cb_fail(
        err, CB_ERR_INVALID,
        "dataset type \"%s\" needs dimension %s, which neither \"%s\" has as a column nor --data-id "
        "gives",
        job->type.name, names[0], job->wanted->table);
}

static bool read_data_id(const struct job *job, size_t row, struct cb_data_id *ret_id, struct cb_error *err)
{
    *ret_id = job->common;
    for (size_t c = 1; c < job->table->columns; c++) {
        size_t index = dimension_of(job, c);
        char number[24];
        const char *text;
        struct cb_error why = { 0 };
        if (index == SIZE_MAX)
            continue;
        if (!cell_text(job, c, row, number, &text, err))
            return false;
        if (!cb_data_id_set(ret_id, (enum cb_element_index)index, text, &why))
            return fail_cell(job, row, job->table->column[c].name, err, why.text);
    }
    return true;
}

static bool read_file(const struct job *job, size_t row, char **ret_file, struct cb_error *err)
{
    struct stat status;
    char number[24];
    const char *text;
    if (!cell_text(job, 0, row, number, &text, err))
        return false;
    cb_auto(cb_free) char *local = cb_file_uri_path(text);
    if (cb_remote_is(text) || (local == NULL && text[0] != '/' && cb_remote_is(job->prefix))) {
        *ret_file = cb_remote_is(text) ? cb_xstrdup(text) : cb_remote_join(job->prefix, text);
        return true; /* whether it is there is learnt when it is asked for */
    }
    if (local == NULL && strstr(text, "://") != NULL)
        return fail_cell(job, row, job->table->column[0].name, err,
                         "neither a local file nor one of s3, http or https");
    const char *path = local != NULL ? local : text;
    cb_auto(cb_free) char *joined =
        path[0] == '/' ? cb_xstrdup(path) : cb_xasprintf("%s/%s", job->prefix, path);
    cb_auto(cb_free) char *file = cb_path_absolute(joined);
    if (stat(file, &status) != 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "\"%s\", row %zu: there is no file \"%s\"", job->wanted->table,
                       row + 1, file);
    *ret_file = cb_steal(file);
    return true;
}

static bool read_rows(struct job *job, struct cb_error *err)
{
    job->entries = cb_xalloc_array(job->table->rows + 1, sizeof *job->entries);
    for (size_t row = 0; row < job->table->rows; row++) {
        struct entry *entry = &job->entries[job->count];
        if (!read_data_id(job, row, &entry->id, err) || !read_file(job, row, &entry->file, err))
            return false;
        entry->row = row;
        job->count++;
    }
    return true;
}

/* ---- files and data IDs that occur twice ---- */

static int by_row(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_files(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = strcmp(left->file, right->file);
    return order != 0 ? order : by_row(left->row, right->row);
}

static int compare_places(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = by_row(left->first_row, right->first_row);
    return order != 0 ? order : by_row(left->row, right->row);
}

/* Rows of one file side by side, files in the order of the table. */
static void group_files(struct job *job)
{
    qsort(job->entries, job->count, sizeof *job->entries, compare_files);
    for (size_t i = 0; i < job->count; i++) {
        bool same = i > 0 && strcmp(job->entries[i].file, job->entries[i - 1].file) == 0;
        job->entries[i].first_row = same ? job->entries[i - 1].first_row : job->entries[i].row;
        job->files += !same;
    }
    qsort(job->entries, job->count, sizeof *job->entries, compare_places);
}

struct key {
    char *text;
    size_t row;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->text, right->text);
    return order != 0 ? order : by_row(left->row, right->row);
}

static bool check_different(const struct job *job, struct cb_error *err)
{
    struct key *keys = cb_xalloc_array(job->count + 1, sizeof *keys);
    bool ok = true;
    for (size_t i = 0; i < job->count; i++) {
        struct cb_bytes text = CB_BYTES(4096);
        cb_data_id_uuid_text(&job->entries[i].id, job->type.dims, job->type.name, job->wanted->run,
                             CB_DATASET_ID_TYPE_RUN, &text);
        keys[i] = (struct key){ cb_bytes_steal(&text), job->entries[i].row };
    }
    qsort(keys, job->count, sizeof *keys, compare_keys);
    for (size_t i = 1; ok && i < job->count; i++)
        ok = strcmp(keys[i].text, keys[i - 1].text) != 0 ||
             cb_fail(err, CB_ERR_CONFLICT, "\"%s\": rows %zu and %zu have the same data ID (%s)",
                     job->wanted->table, keys[i - 1].row + 1, keys[i].row + 1, keys[i].text);
    for (size_t i = 0; i < job->count; i++)
        free(keys[i].text);
    free(keys);
    return ok;
}

/* ---- into the repository ---- */

/* Names joined by dots, two at least. */
static bool check_formatter(const char *formatter, struct cb_error *err)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    bool ok = formatter == NULL || strchr(formatter, '.') != NULL;
    for (const char *c = formatter; ok && c != NULL && *c != '\0';) {
        size_t length = strspn(c, letters);
        ok = length > 0 && strchr(first, *c) != NULL &&
             (c[length] == '\0' || (c[length] == '.' && c[length + 1]));
        c += length + (c[length] == '.');
    }
    return ok || cb_fail(err, CB_ERR_INVALID, "\"%s\" is no fully-qualified name of a formatter", formatter);
}

/* Up to SLICE entries from `begin` on, and the rest of the last file's. */
static size_t slice_end(const struct job *job, size_t begin)
{
    size_t end = begin + SLICE < job->count ? begin + SLICE : job->count;
    while (end < job->count && job->entries[end].first_row == job->entries[end - 1].first_row)
        end++;
    return end;
}

static bool put_slice(struct cb_repo *repo, const struct job *job, size_t begin, size_t end,
                      struct cb_error *err)
{
    const struct cb_put_options options = { .transfer = job->wanted->transfer,
                                            .id_mode = job->wanted->id_mode,
                                            .untracked = job->wanted->untracked,
                                            .keep_ending = true };
    struct cb_put *puts = cb_xalloc_array(end - begin, sizeof *puts);
    for (size_t i = begin; i < end; i++)
        puts[i - begin] = (struct cb_put){ .data_id = &job->entries[i].id,
                                           .file = job->entries[i].file,
                                           .formatter = job->wanted->formatter };
    bool ok = cb_dataset_put(repo, job->type.name, job->wanted->run, puts, end - begin, &options, NULL, err);
    free(puts);
    return ok;
}

static bool put_all(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct job *job = arg;
    if (!cb_collection_register(repo, job->wanted->run, CB_COLLECTION_RUN, NULL, NULL, err))
        return false;
    for (size_t begin = 0, end; begin < job->count; begin = end) {
        end = slice_end(job, begin);
        if (!put_slice(repo, job, begin, end, err))
            return false;
    }
    return true;
}

static bool read_prefix(struct job *job, struct cb_error *err)
{
    const char *prefix = job->wanted->prefix;
    if (prefix == NULL || prefix[0] == '\0')
        prefix = ".";
    cb_auto(cb_free) char *local = cb_file_uri_path(prefix);
    bool is_remote = cb_remote_is(prefix);
    if (local == NULL && !is_remote && strstr(prefix, "://") != NULL)
        return cb_fail(err, CB_ERR_INVALID,
                       "prefix \"%s\" is neither a local folder nor one of s3, http or https", prefix);
    job->prefix = is_remote ? cb_xstrdup(prefix) : cb_path_absolute(local != NULL ? local : prefix);
    return true;
}

static bool ingest_files(struct cb_repo *repo, struct job *job, struct cb_error *err)
{
    if (!check_formatter(job->wanted->formatter, err) ||
        !cb_dataset_type_find(repo, job->wanted->type, &job->type, err) || !read_common(job, err) ||
        !read_prefix(job, err) || !read_table(job, err))
        return false;
    if (job->table->columns == 0)
        return cb_fail(err, CB_ERR_INVALID, "table \"%s\" has no columns", job->wanted->table);
    if (!check_columns(job, err) || !read_rows(job, err) || !check_different(job, err))
        return false;
    group_files(job);
    return cb_repo_transact(repo, put_all, job, err);
}

bool cb_ingest_files(struct cb_repo *repo, const struct cb_ingest_files *ingest,
                     struct cb_ingest_counts *ret_counts, struct cb_error *err)
{
    struct job job = { .wanted = ingest };
    bool ok = ingest_files(repo, &job, err);
    if (ok && ret_counts != NULL)
        *ret_counts = (struct cb_ingest_counts){ job.count, job.files };
    job_done(&job);
    return ok;
}
