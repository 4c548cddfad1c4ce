/* Curated calibrations: written as FITS, put and certified. */
#include "butler/curated.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/datasets.h"
#include "io/clock.h"
#include "io/fits_header.h"
#include "io/fits_table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct storing {
    struct cb_curated *curated;
    const struct cb_curated_target *target;
    const char *folder; /* of the files that are made */
};

static bool is_written(const struct cb_curated_file *file)
{
    return file->type->is_written;
}

static bool are_in_one_run(const struct cb_curated_file *a, const struct cb_curated_file *b)
{
    return a->type == b->type && strcmp(a->stamp, b->stamp) == 0;
}

static bool hold_together(const struct cb_curated_file *a, const struct cb_curated_file *b)
{
    return a->type == b->type && a->validity.begin_ns == b->validity.begin_ns &&
           a->validity.end_ns == b->validity.end_ns;
}

static char *run_of(const struct storing *job, const struct cb_curated_file *file)
{
    return cb_xasprintf("%s/curated/%s", job->target->prefix, file->stamp);
}

/* ---- files ---- */

/* Where a dataset came from, as the stock butler writes it into each file. */
static void add_provenance(const struct storing *job, struct cb_curated_file *file)
{
    struct cb_header *meta = file->table->meta;
    cb_auto(cb_free) char *run = run_of(job, file);
    char instrument[CB_DIMENSION_TEXT_SIZE];
    cb_header_set_string(meta, "LSST BUTLER ID", file->id, NULL);
    cb_header_set_string(meta, "LSST BUTLER RUN", run, NULL);
    cb_header_set_string(meta, "LSST BUTLER DATASETTYPE", file->type->name, NULL);
    if (cb_data_id_has(&file->data_id, CB_DETECTOR))
        cb_header_set_int(meta, "LSST BUTLER DATAID DETECTOR", file->data_id.number[CB_DETECTOR], NULL);
    cb_data_id_value(&file->data_id, CB_INSTRUMENT, instrument);
    cb_header_set_string(meta, "LSST BUTLER DATAID INSTRUMENT", instrument, NULL);
    cb_header_set_int(meta, "LSST BUTLER N_INPUTS", 0, NULL);
}

static bool make_files(struct storing *job, struct cb_error *err)
{
    for (size_t i = 0; i < job->curated->count; i++) {
        struct cb_curated_file *file = &job->curated->file[i];
        if (!is_written(file))
            continue;
        cb_uuid_new_text(file->id);
        file->made = cb_xasprintf("%s/%zu.fits", job->folder, i);
        add_provenance(job, file);
        const struct cb_table *const tables[] = { file->table, file->second };
        if (!cb_fits_tables_write(file->made, tables, file->second != NULL ? 2 : 1, err))
            return cb_context(err, "\"%s\"", file->path);
    }
    return true;
}

static void remove_files(const struct storing *job)
{
    for (size_t i = 0; i < job->curated->count; i++)
        if (job->curated->file[i].made != NULL)
            unlink(job->curated->file[i].made);
    rmdir(job->folder);
}

/* ---- rows ---- */

typedef bool group_test(const struct cb_curated_file *a, const struct cb_curated_file *b);
typedef bool group_work(struct cb_repo *repo, const struct storing *job,
                        const struct cb_curated_file *const *group, size_t n, struct cb_error *err);

/* A RUN is never written again, whatever changed in the package. */
static bool hint_label(struct cb_error *err)
{
    if (err->kind == CB_ERR_CONFLICT)
        cb_context(err, "this label was written before, a changed package needs another");
    return false;
}

static bool put_group(struct cb_repo *repo, const struct storing *job,
                      const struct cb_curated_file *const *group, size_t n, struct cb_error *err)
{
    cb_auto(cb_free) char *run = run_of(job, group[0]);
    cb_auto(cb_free) struct cb_put *puts = cb_xalloc_array(n, sizeof *puts);
    for (size_t i = 0; i < n; i++)
        puts[i] =
            (struct cb_put){ .data_id = &group[i]->data_id, .id = group[i]->id, .file = group[i]->made };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_COPY };
    return cb_collection_register(repo, run, CB_COLLECTION_RUN, NULL, NULL, err) &&
           (cb_dataset_put(repo, group[0]->type->name, run, puts, n, &options, NULL, err) || hint_label(err));
}

static bool certify_group(struct cb_repo *repo, const struct storing *job,
                          const struct cb_curated_file *const *group, size_t n, struct cb_error *err)
{
    cb_auto(cb_free) const char **ids = cb_xalloc_array(n, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = group[i]->id;
    return cb_certify(repo, job->target->collection, ids, n, group[0]->validity, err);
}

/* Call work for each set of files that belong together; a bulk statement each. */
static bool each_group(struct cb_repo *repo, const struct storing *job, group_test *together,
                       group_work *work, struct cb_error *err)
{
    size_t count = job->curated->count;
    cb_auto(cb_free) const struct cb_curated_file **group = cb_xalloc_array(
        count, sizeof(const struct cb_curated_file *)); /* NOLINT(bugprone-sizeof-expression) */
    cb_auto(cb_free) bool *taken = cb_xalloc_array(count, sizeof *taken);
    for (size_t first = 0; first < count; first++) {
        size_t n = 0;
        for (size_t i = first; i < count; i++)
            if (!taken[i] && is_written(&job->curated->file[i]) &&
                together(&job->curated->file[first], &job->curated->file[i])) {
                taken[i] = true;
                group[n++] = &job->curated->file[i];
            }
        if (n > 0 && !work(repo, job, group, n, err))
            return false;
    }
    return true;
}

/* ---- the camera ---- */

/* Its content is the pipelines': only that it is an archive of theirs is looked at. */
static bool check_camera(const char *path, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const char *kind = "";
    if (!cb_header_read(path, 1, &header, err))
        return cb_context(err, "cannot use camera \"%s\"", path);
    if (!cb_header_get_string(header, "EXTTYPE", &kind) || strcmp(kind, "ARCHIVE_INDEX") != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "\"%s\" is no camera: its first extension is not an archive index of the pipelines",
                       path);
    return true;
}

static bool store_camera(struct cb_repo *repo, const struct storing *job, struct cb_error *err)
{
    char path[PATH_MAX], id[1][CB_UUID_TEXT_SIZE];
    cb_auto(cb_free) char *run = cb_xasprintf("%s/unbounded", job->target->prefix);
    struct cb_data_id data_id = { 0 };
    if (realpath(job->target->camera, path) == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no file \"%s\"", job->target->camera);
    const struct cb_put put = { .data_id = &data_id, .file = path };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_COPY };
    const char *const ids[] = { id[0] };
    const struct cb_timespan always = cb_timespan_of(CB_TIMESPAN_MIN_NS, CB_TIMESPAN_MAX_NS);
    return cb_data_id_set(&data_id, CB_INSTRUMENT, job->curated->instrument->name, err) &&
           cb_collection_register(repo, run, CB_COLLECTION_RUN, NULL, NULL, err) &&
           (cb_dataset_put(repo, "camera", run, &put, 1, &options, id, err) || hint_label(err)) &&
           cb_certify(repo, job->target->collection, ids, 1, always, err);
}

static bool store_all(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct storing *job = arg;
    return cb_collection_register(repo, job->target->collection, CB_COLLECTION_CALIBRATION, NULL, NULL,
                                  err) &&
           (job->target->camera == NULL || store_camera(repo, job, err)) &&
           each_group(repo, job, are_in_one_run, put_group, err) &&
           each_group(repo, job, hold_together, certify_group, err);
}

/* By themselves and first: making a type's tables locks those that raws are being registered in. */
static bool register_types(struct cb_repo *repo, const struct storing *job, struct cb_error *err)
{
    if (job->target->camera != NULL &&
        !cb_dataset_type_register(repo, "camera", CB_DIM(CB_INSTRUMENT), "Camera", true, NULL, err))
        return false;
    for (size_t i = 0; i < job->curated->count; i++) {
        const struct cb_curated_file *file = &job->curated->file[i];
        bool first = i == 0 || file[-1].type != file->type;
        if (first && is_written(file) &&
            !cb_dataset_type_register(repo, file->type->name, file->type->dims, file->type->storage_class,
                                      true, NULL, err))
            return false;
    }
    return true;
}

static bool check_any(const struct cb_curated *curated, const struct cb_curated_target *target,
                      struct cb_error *err)
{
    for (size_t i = 0; i < curated->count; i++)
        if (is_written(&curated->file[i]))
            return true;
    return target->camera != NULL ||
           cb_fail(
               err, CB_ERR_NOT_FOUND,
               "No data to ingest: transmission curves need the pipelines' own tool, and there is nothing "
               "else");
}

bool cb_curated_store(struct cb_repo *repo, struct cb_curated *curated,
                      const struct cb_curated_target *target, struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/calbus-curated.XXXXXX", target->scratch);
    struct storing job = { .curated = curated, .target = target, .folder = folder };
    if (!check_any(curated, target, err) || (target->camera != NULL && !check_camera(target->camera, err)))
        return false;
    if (mkdtemp(folder) == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not make a folder in \"%s\": %m", target->scratch);
    bool ok = make_files(&job, err) && register_types(repo, &job, err) &&
              cb_repo_transact(repo, store_all, &job, err);
    remove_files(&job);
    return ok;
}
