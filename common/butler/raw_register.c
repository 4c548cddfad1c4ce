/* Raw files into a repository: records, dataset, file. */
#include "base/alloc.h"
#include "butler/datasets.h"
#include "butler/dataset_types.h"
#include "butler/collections.h"
#include "butler/dimension_records.h"
#include "butler/raw_ingest.h"
#include "domain/data_id.h"
#include "io/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { EXPOSURE_COLUMNS = 23, NUMBER_SIZE = 32 };

/* Texts of the numbers of a record, kept while the row is built. */
struct row_texts {
    char text[EXPOSURE_COLUMNS][CB_TIMESPAN_TEXT_SIZE];
    size_t used;
};

static const char *whole(struct row_texts *texts, int64_t value)
{
    char *text = texts->text[texts->used++];
    snprintf(text, NUMBER_SIZE, "%" PRId64, value);
    return text;
}

static const char *real(struct row_texts *texts, double value)
{
    char *text = texts->text[texts->used++];
    snprintf(text, NUMBER_SIZE, "%.17g", value);
    return text;
}

static const char *optional(struct row_texts *texts, struct cb_optional_number number)
{
    return number.known ? real(texts, number.value) : NULL;
}

static const char *span(struct row_texts *texts, struct cb_timespan timespan)
{
    char *text = texts->text[texts->used++];
    cb_timespan_format(timespan, text);
    return text;
}

static const char *truth(enum cb_tristate value)
{
    static const char *const words[] = { [CB_NO] = "f", [CB_YES] = "t", [CB_UNKNOWN] = NULL };
    return words[value];
}

static bool sync(struct cb_repo *repo, enum cb_element_index element, const char *const *values, bool update,
                 struct cb_raw_changes *changes, struct cb_error *err)
{
    enum cb_sync what;
    struct cb_error difference = { 0 };
    if (!update)
        return cb_record_sync(repo, cb_element_at(element), values, false, &what, err);
    if (cb_record_sync(repo, cb_element_at(element), values, false, &what, &difference))
        return true;
    if (difference.kind == CB_ERR_CONFLICT && changes != NULL)
        snprintf(changes->columns, sizeof changes->columns, "%s", difference.text);
    return cb_record_sync(repo, cb_element_at(element), values, true, &what, err);
}

/* group, day_obs and exposure, in the order their keys need. changes may be NULL. */
static bool sync_records(struct cb_repo *repo, const struct cb_exposure_record *r, bool update,
                         struct cb_raw_changes *changes, struct cb_error *err)
{
    struct row_texts texts = { .used = 0 };
    const char *instrument = r->instrument->name;
    const char *day = whole(&texts, r->day_obs);
    const char *const day_obs[] = { instrument, day, r->has_day_span ? span(&texts, r->day_obs_span) : NULL };
    const char *const group[] = { instrument, r->group };
    const char *const exposure[EXPOSURE_COLUMNS] = {
        instrument,
        whole(&texts, r->id),
        day,
        r->group,
        r->physical_filter,
        r->obs_id,
        real(&texts, r->exposure_time_s),
        optional(&texts, r->dark_time_s),
        r->observation_type,
        r->has_reason ? r->observation_reason : NULL,
        r->has_seq_num ? whole(&texts, r->seq_num) : NULL,
        whole(&texts, r->seq_start),
        whole(&texts, r->seq_end),
        r->has_target ? r->target_name : NULL,
        r->has_program ? r->science_program : NULL,
        optional(&texts, r->tracking_ra_deg),
        optional(&texts, r->tracking_dec_deg),
        optional(&texts, r->sky_angle_deg),
        optional(&texts, r->azimuth_deg),
        optional(&texts, r->zenith_angle_deg),
        r->has_simulated ? "t" : "f",
        truth(r->can_see_sky),
        span(&texts, r->span),
    };
    return sync(repo, CB_GROUP, group, update, NULL, err) &&
           sync(repo, CB_DAY_OBS, day_obs, update, NULL, err) &&
           sync(repo, CB_EXPOSURE, exposure, update, changes, err);
}

static struct cb_data_id raw_data_id(const struct cb_exposure_record *r)
{
    struct cb_data_id id = { .has = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_PHYSICAL_FILTER) | CB_DIM(CB_BAND) };
    snprintf(id.instrument, sizeof id.instrument, "%s", r->instrument->name);
    snprintf(id.physical_filter, sizeof id.physical_filter, "%s", r->physical_filter);
    snprintf(id.band, sizeof id.band, "%s", r->band);
    cb_data_id_set_number(&id, CB_EXPOSURE, r->id);
    cb_data_id_set_number(&id, CB_DAY_OBS, r->day_obs);
    cb_data_id_set_number(&id, CB_DETECTOR, r->detector.id);
    return id;
}

static bool put_raw(struct cb_repo *repo, const struct cb_raw_file *file, const char *run,
                    enum cb_transfer transfer, char ret_id[CB_UUID_TEXT_SIZE], struct cb_error *err)
{
    const struct cb_data_id data_id = raw_data_id(&file->record);
    const struct cb_put put = { .data_id = &data_id,
                                .file = file->path,
                                .formatter = file->record.instrument->raw_formatter };
    const struct cb_put_options options = { .transfer = transfer, .id_mode = CB_ID_DATAID_TYPE_RUN };
    char ids[1][CB_UUID_TEXT_SIZE];
    if (!cb_collection_register(repo, run, CB_COLLECTION_RUN, NULL, NULL, err) ||
        !cb_dataset_put(repo, "raw", run, &put, 1, &options, ids, err))
        return false;
    memcpy(ret_id, ids[0], CB_UUID_TEXT_SIZE);
    return true;
}

static bool set_fault(struct cb_raw_file *file, enum cb_raw_fault fault, const char *reason)
{
    file->fault = fault;
    snprintf(file->reason, sizeof file->reason, "%s", reason);
    return true;
}

static bool is_same_file(const char *path, const char *other)
{
    struct stat one, two;
    return stat(path, &one) == 0 && lstat(other, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* Something is registered for this exposure and detector: is it the same bytes? */
static bool compare_registered(struct cb_repo *repo, struct cb_raw_file *file, const char *run,
                               const char *refusal, struct cb_error *err)
{
    const struct cb_data_id data_id = raw_data_id(&file->record);
    const char *const runs[] = { run };
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    if (!cb_dataset_find(repo, "raw", &data_id, runs, 1, NULL, &found, err))
        return false;
    if (found.count == 0)
        return set_fault(file, CB_RAW_CONFLICT, refusal);

    cb_auto(cb_free) char *path = NULL;
    struct cb_digest digest;
    struct cb_error why = { 0 };
    char reason[CB_ERROR_TEXT_SIZE];
    bool readable =
        cb_dataset_file(repo, &found.item[0], &path, &why) && cb_digest_sha256(path, &digest, &why);
    bool same = readable && strcmp(digest.sha256, file->sha256) == 0;
    file->is_registered = same && is_same_file(path, file->path);
    snprintf(reason, sizeof reason, "%s detector %d is registered already, with %s (dataset %s)%s%s",
             file->record.obs_id, file->record.detector.id, same ? "the same content" : "another content",
             found.item[0].id, readable ? "" : ": ", why.text);
    return set_fault(file, same ? CB_RAW_DUPLICATE : CB_RAW_CONFLICT, reason);
}

/* Before anything is written: the tables of a new dataset type are made under locks on what all writers
 * write. */
static bool register_type(struct cb_repo *repo, struct cb_error *err)
{
    const uint32_t dims = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE);
    return cb_dataset_type_register(repo, "raw", dims, "Exposure", false, NULL, err);
}

/* The arguments of cb_raw_register. */
struct arrival {
    const struct cb_raw_file *file;
    const char *run;
    enum cb_transfer transfer;
    bool update;
    char *ret_id; /* [CB_UUID_TEXT_SIZE] */
};

static bool register_arrival(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct arrival *it = arg;
    return register_type(repo, err) && sync_records(repo, &it->file->record, it->update, NULL, err) &&
           put_raw(repo, it->file, it->run, it->transfer, it->ret_id, err);
}

bool cb_raw_register(struct cb_repo *repo, struct cb_raw_file *file, const char *run,
                     enum cb_transfer transfer, bool update, char ret_id[CB_UUID_TEXT_SIZE],
                     struct cb_error *err)
{
    char default_run[80];
    snprintf(default_run, sizeof default_run, "%s/raw/all", file->record.instrument->name);
    run = run != NULL ? run : default_run;

    struct cb_error why = { 0 };
    struct arrival it = { file, run, transfer, update, ret_id };
    if (cb_repo_transact(repo, register_arrival, &it, &why))
        return true;
    switch (why.kind) {
    case CB_ERR_CONFLICT:
        return compare_registered(repo, file, run, why.text, err);
    case CB_ERR_INVALID:
    case CB_ERR_NOT_FOUND:
        return set_fault(file, CB_RAW_UNREGISTERED, why.text);
    default:
        if (err != NULL)
            *err = why;
        return false;
    }
}

bool cb_raw_sync_exposure(struct cb_repo *repo, const struct cb_exposure_record *record, bool update,
                          struct cb_raw_changes *ret_changes, struct cb_error *err)
{
    ret_changes->columns[0] = '\0';
    return sync_records(repo, record, update, ret_changes, err);
}

/* The arguments of cb_raw_put_exposure. */
struct exposure {
    const struct cb_raw_file *const *files;
    size_t n;
    const struct cb_raw_put_options *options;
    const char *run;
};

static bool check_extensions(const struct exposure *it, struct cb_error *err)
{
    for (size_t i = 0; i < it->n; i++)
        if (cb_raw_extension(it->files[i]->path)[0] == '\0')
            return cb_fail(err, CB_ERR_INVALID,
                           "\"%s\" has no extension of a raw: .fits, .fits.gz, .fits.fz, .fz or .fit",
                           it->files[i]->path);
    return true;
}

static bool check_detectors(const struct exposure *it, struct cb_error *err)
{
    for (size_t i = 0; i < it->n; i++)
        for (size_t k = 0; k < i; k++)
            if (it->files[k]->record.detector.id == it->files[i]->record.detector.id)
                return cb_fail(err, CB_ERR_INVALID,
                               "two files are detector %s of exposure %s: \"%s\" and \"%s\"",
                               it->files[i]->record.detector.full_name, it->files[i]->record.obs_id,
                               it->files[k]->path, it->files[i]->path);
    return true;
}

static bool put_exposure(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct exposure *it = arg;
    const struct cb_put_options options = { .transfer = it->options->transfer,
                                            .id_mode = CB_ID_DATAID_TYPE_RUN,
                                            .existing = it->options->existing,
                                            .untracked = it->options->untracked };
    cb_auto(cb_free) struct cb_data_id *ids = cb_xalloc_array(it->n, sizeof *ids);
    cb_auto(cb_free) struct cb_put *puts = cb_xalloc_array(it->n, sizeof *puts);
    for (size_t i = 0; i < it->n; i++) {
        ids[i] = raw_data_id(&it->files[i]->record);
        puts[i] = (struct cb_put){ .data_id = &ids[i],
                                   .file = it->files[i]->path,
                                   .formatter = it->files[i]->record.instrument->raw_formatter };
    }
    return register_type(repo, err) &&
           cb_collection_register(repo, it->run, CB_COLLECTION_RUN, NULL, NULL, err) &&
           cb_dataset_put(repo, "raw", it->run, puts, it->n, &options, NULL, err);
}

bool cb_raw_put_exposure(struct cb_repo *repo, const struct cb_raw_file *const *files, size_t n,
                         const struct cb_raw_put_options *options, struct cb_error *err)
{
    char default_run[80];
    snprintf(default_run, sizeof default_run, "%s/raw/all", files[0]->record.instrument->name);
    struct exposure it = { files, n, options, options->run != NULL ? options->run : default_run };
    return check_extensions(&it, err) && check_detectors(&it, err) &&
           cb_repo_transact(repo, put_exposure, &it, err);
}
