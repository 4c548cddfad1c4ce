/* butler ingest-raws: raw files given on the command line into a repository, exposure by exposure.
 *
 * Only headers are read, or the metadata that stand beside the files; what is wrong with one file or one
 * exposure leaves the others alone. Source: instruments.md 2.5. */
#include "butler_cli.h"
#include "raw_locations.h"

#include "base/alloc.h"
#include "butler/query.h"
#include "butler/raw_ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The stock command's pattern for files of a folder. */
#define DEFAULT_REGEX "\\.fit[s]?\\b"
#define PLURAL(n) ((n) == 1 ? "" : "s")

struct ingestion {
    struct cb_repo *repo;
    struct cb_raw_put_options put;
    char *corrections;
    bool update, fail_fast, search_indexes;
    uint32_t cameras; /* bit of each that is registered */
    size_t read, unread;
    size_t exposures, unregistered, not_put, datasets;
    struct cb_bytes bad; /* what is wrong with each unread one, a line each */
};

/* A folder's index file, once it was looked for. */
struct folder {
    char *path;
    struct cb_raw_index *index; /* NULL: none that can be read */
    bool is_named;              /* given on the command line: then all of its files are taken */
};

/* A group of files while it is ingested. */
struct batch {
    struct ingestion *job;
    size_t n_folders, n_files;
    struct folder *folders;
    struct cb_raw_file *files; /* sound ones; those of index files come last */
};

/* A file without usable metadata: told at the end; the end at once when asked so. */
static bool set_aside(struct ingestion *job, const char *path, const char *reason, struct cb_error *err)
{
    job->unread++;
    cb_auto(cb_free) char *uri = cb_file_uri(path);
    cb_bytes_printf(&job->bad, "- %s: %s\n", uri, reason);
    return !job->fail_fast ||
           cb_fail(err, CB_ERR_INVALID, "Problem extracting metadata for file %s: %s", path, reason);
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Looks at one file and keeps it when it is sound. */
static bool take_file(struct batch *batch, const char *path, const struct cb_raw_metadata *metadata,
                      struct cb_error *err)
{
    struct ingestion *job = batch->job;
    struct cb_raw_file file = { 0 };
    struct cb_error why = { 0 };
    if (ends_in(path, ".zip"))
        return set_aside(job, path, "zip files of raws are not read: unpack them first", err);
    if (!cb_raw_look(path, metadata, job->corrections, &file, &why))
        return set_aside(job, path, why.text, err);
    bool ok = true;
    const struct cb_instrument *camera = file.record.instrument;
    if (file.fault != CB_RAW_SOUND) {
        ok = set_aside(job, path, file.reason, err);
    } else if ((job->cameras & UINT32_C(1) << camera->camera) == 0) {
        snprintf(file.reason, sizeof file.reason, "Instrument %s for file %s not known to registry",
                 camera->name, path);
        ok = set_aside(job, path, file.reason, err);
    } else {
        job->read++;
        batch->files = cb_xrealloc_array(batch->files, batch->n_files + 1, sizeof *batch->files);
        batch->files[batch->n_files++] = file;
        return true;
    }
    cb_raw_file_done(&file);
    return ok;
}

/* Index files. */

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool read_index(struct batch *batch, struct folder *folder, struct cb_error *err)
{
    struct cb_error why = { 0 };
    cb_auto(cb_free) char *path = cb_xasprintf("%s/" CB_RAW_INDEX_NAME, folder->path);
    if (cb_raw_index_read(path, &folder->index, &why)) {
        if (cb_raw_index_is_guessed(folder->index))
            butler_say(BUTLER_WARNING, "No '__CONTENT__' key in %s, assuming 'metadata'", path);
        return true;
    }
    return (why.kind == CB_ERR_NOT_FOUND && !folder->is_named) || set_aside(batch->job, path, why.text, err);
}

static struct folder *find_folder(struct batch *batch, const char *path)
{
    size_t length = (size_t)(name_in(path) - path) - 1;
    for (size_t i = 0; i < batch->n_folders; i++)
        if (strncmp(batch->folders[i].path, path, length) == 0 && batch->folders[i].path[length] == '\0')
            return &batch->folders[i];
    batch->folders = cb_xrealloc_array(batch->folders, batch->n_folders + 1, sizeof *batch->folders);
    struct folder *folder = &batch->folders[batch->n_folders++];
    *folder = (struct folder){ .path = cb_xstrndup(path, length) };
    return folder;
}

static bool is_index(const char *path)
{
    return strcmp(name_in(path), CB_RAW_INDEX_NAME) == 0;
}

static bool read_indexes(struct batch *batch, const struct raw_group *group, struct cb_error *err)
{
    for (size_t i = 0; i < group->count; i++) {
        struct folder *folder = find_folder(batch, group->path[i]);
        folder->is_named = folder->is_named || is_index(group->path[i]);
    }
    for (size_t i = 0; i < batch->n_folders; i++)
        if (!read_index(batch, &batch->folders[i], err))
            return false;
    return true;
}

/* Files. */

static bool take_by_index(struct batch *batch, const struct folder *folder, const char *name,
                          struct cb_error *err)
{
    struct cb_raw_metadata metadata = { 0 };
    if (!cb_raw_index_find(folder->index, name, &metadata))
        return true;
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", folder->path, name);
    bool ok = take_file(batch, path, &metadata, err);
    cb_raw_metadata_done(&metadata);
    return ok;
}

static bool take_alone(struct batch *batch, const char *path, struct cb_error *err)
{
    struct cb_raw_metadata metadata = { 0 };
    if (!cb_raw_sidecar_read(path, &metadata))
        return take_file(batch, path, NULL, err);
    bool ok = take_file(batch, path, &metadata, err);
    cb_raw_metadata_done(&metadata);
    return ok;
}

static bool is_indexed(struct batch *batch, const char *path)
{
    const struct folder *folder = batch->job->search_indexes ? find_folder(batch, path) : NULL;
    struct cb_raw_metadata metadata = { 0 };
    if (folder == NULL || folder->index == NULL ||
        !cb_raw_index_find(folder->index, name_in(path), &metadata))
        return false;
    cb_raw_metadata_done(&metadata);
    return true;
}

static bool is_repeated(const struct raw_group *group, size_t i)
{
    for (size_t k = 0; group->is_named && k < i; k++)
        if (strcmp(group->path[k], group->path[i]) == 0)
            return true;
    return false;
}

/* Those without an entry in an index first, then those with one, as the stock command has them. */
static bool read_files(struct batch *batch, const struct raw_group *group, struct cb_error *err)
{
    for (size_t i = 0; i < group->count; i++)
        if (!(batch->job->search_indexes && is_index(group->path[i])) && !is_repeated(group, i) &&
            !is_indexed(batch, group->path[i]) && !take_alone(batch, group->path[i], err))
            return false;
    for (size_t i = 0; i < group->count; i++) {
        const struct folder *folder =
            is_indexed(batch, group->path[i]) ? find_folder(batch, group->path[i]) : NULL;
        if (folder != NULL && !folder->is_named && !is_repeated(group, i) &&
            !take_by_index(batch, folder, name_in(group->path[i]), err))
            return false;
    }
    for (size_t f = 0; f < batch->n_folders; f++) {
        const struct folder *folder = &batch->folders[f];
        for (size_t i = 0; folder->is_named && folder->index != NULL; i++) {
            const char *name = cb_raw_index_file(folder->index, i);
            if (name == NULL)
                break;
            if (!take_by_index(batch, folder, name, err))
                return false;
        }
    }
    return true;
}

/* Exposures. */

/* "Conflict in sync for table exposure on column(s) a, b: ..." */
static void tell_changes(const struct cb_exposure_record *r, const struct cb_raw_changes *changes)
{
    const char *columns = strstr(changes->columns, "column(s) ");
    if (columns == NULL)
        return;
    columns += strlen("column(s) ");
    butler_say(BUTLER_INFO, "Exposure %s:%s was already present, but column(s) %.*s were updated.",
               r->instrument->name, r->obs_id, (int)strcspn(columns, ":"), columns);
}

static bool register_exposure(struct ingestion *job, const struct cb_exposure_record *r, bool *ret_done,
                              struct cb_error *err)
{
    struct cb_raw_changes changes;
    struct cb_error why = { 0 };
    *ret_done = cb_raw_sync_exposure(job->repo, r, job->update, &changes, &why);
    if (*ret_done) {
        tell_changes(r, &changes);
        return true;
    }
    job->unregistered++;
    butler_say(BUTLER_WARNING, "Exposure %s:%s could not be registered: %s", r->instrument->name, r->obs_id,
               why.text);
    return (!job->fail_fast && why.kind != CB_ERR_FATAL) || cb_fail(err, why.kind, "%s", why.text);
}

static bool put_raws(struct ingestion *job, const struct cb_raw_file *const *files, size_t n,
                     struct cb_error *err)
{
    struct cb_error why = { 0 };
    const struct cb_exposure_record *r = &files[0]->record;
    if (cb_raw_put_exposure(job->repo, files, n, &job->put, &why)) {
        job->exposures++;
        job->datasets += n;
        butler_say(BUTLER_INFO, "Exposure %s:%s ingested successfully", r->instrument->name, r->obs_id);
        return true;
    }
    job->not_put++;
    butler_say(BUTLER_WARNING, "Failed to ingest the following for reason: %s", why.text);
    for (size_t i = 0; i < n; i++) {
        cb_auto(cb_free) char *uri = cb_file_uri(files[i]->path);
        butler_say(BUTLER_WARNING, "- %s", uri);
    }
    return (!job->fail_fast && why.kind != CB_ERR_FATAL) || cb_fail(err, why.kind, "%s", why.text);
}

static bool ingest_exposure(struct ingestion *job, const struct cb_raw_file *const *files, size_t n,
                            struct cb_error *err)
{
    bool registered = false;
    return register_exposure(job, &files[0]->record, &registered, err) &&
           (!registered || put_raws(job, files, n, err));
}

static bool is_of(const struct cb_raw_file *file, const struct cb_raw_file *first)
{
    return file->record.instrument == first->record.instrument && file->record.id == first->record.id;
}

/* Exposures in the order of their first files; the first file of each tells its record. */
static bool ingest_exposures(struct batch *batch, struct cb_error *err)
{
    bool ok = true;
    cb_auto(cb_free) const struct cb_raw_file **files = cb_xalloc_array(batch->n_files + 1, sizeof(void *));
    cb_auto(cb_free) bool *done = cb_xalloc_array(batch->n_files + 1, sizeof *done);
    for (size_t i = 0; ok && i < batch->n_files; i++) {
        size_t n = 0;
        for (size_t k = i; !done[i] && k < batch->n_files; k++)
            if (is_of(&batch->files[k], &batch->files[i])) {
                files[n++] = &batch->files[k];
                done[k] = k > i;
            }
        ok = n == 0 || ingest_exposure(batch->job, files, n, err);
    }
    return ok;
}

static void batch_done(struct batch *batch)
{
    for (size_t i = 0; i < batch->n_files; i++)
        cb_raw_file_done(&batch->files[i]);
    for (size_t i = 0; i < batch->n_folders; i++) {
        free(batch->folders[i].path);
        cb_raw_index_free(batch->folders[i].index);
    }
    free(batch->files);
    free(batch->folders);
}

static bool ingest_group(struct ingestion *job, const struct raw_group *group, struct cb_error *err)
{
    struct batch batch = { .job = job };
    bool ok = (!job->search_indexes || read_indexes(&batch, group, err)) && read_files(&batch, group, err) &&
              ingest_exposures(&batch, err);
    batch_done(&batch);
    return ok;
}

static bool report(const struct ingestion *job, struct cb_error *err)
{
    if (job->unread > 0)
        butler_say(BUTLER_WARNING, "Could not extract observation metadata from the following:");
    for (const char *line = cb_bytes_text(&job->bad); *line != '\0'; line += strcspn(line, "\n") + 1)
        butler_say(BUTLER_WARNING, "%.*s", (int)strcspn(line, "\n"), line);
    butler_say(
        BUTLER_INFO,
        "Successfully processed data from %zu exposure%s with %zu failure%s from exposure registration and "
        "%zu "
        "failure%s from file ingest.",
        job->exposures, PLURAL(job->exposures), job->unregistered, PLURAL(job->unregistered), job->not_put,
        PLURAL(job->not_put));
    butler_say(BUTLER_INFO, "Ingested %zu distinct Butler dataset%s", job->datasets, PLURAL(job->datasets));
    return job->unread + job->unregistered + job->not_put == 0 ||
           cb_fail(err, CB_ERR_INVALID, "Some failures encountered during ingestion");
}

static bool find_cameras(struct ingestion *job, struct cb_error *err)
{
    const struct cb_query all = { 0 };
    cb_auto_records struct cb_record_list records = { 0 };
    if (!cb_query_records(job->repo, cb_element_at(CB_INSTRUMENT), &all, &records, err))
        return false;
    for (size_t i = 0; i < records.count; i++) {
        const struct cb_instrument *camera = cb_instrument_find(cb_record_get(&records, i, "name"));
        if (camera != NULL)
            job->cameras |= UINT32_C(1) << camera->camera;
    }
    return true;
}

static bool ingest_all(const struct butler_args *args, struct ingestion *job, struct cb_error *err)
{
    struct raw_groups groups = { 0 };
    bool ok =
        find_cameras(job, err) && raw_groups_find((const char *const *)args->words + 1, args->n_words - 1,
                                                  butler_text(args, "regex", DEFAULT_REGEX), &groups, err);
    for (size_t i = 0; ok && i < groups.count; i++)
        ok = ingest_group(job, &groups.item[i], err);
    raw_groups_done(&groups);
    return ok && report(job, err);
}

/* "failFast=True", "transfer=copy": the task's own configuration. */
static bool take_config(struct ingestion *job, char **transfer, const char *text, struct cb_error *err)
{
    if (strncmp(text, "transfer=", 9) == 0) {
        free(*transfer);
        *transfer = cb_xstrdup(text + 9);
        return true;
    }
    job->fail_fast = strcmp(text, "failFast=True") == 0;
    return job->fail_fast || strcmp(text, "failFast=False") == 0 ||
           cb_fail(err, CB_ERR_INVALID,
                   "configuration \"%s\" is not understood: there are failFast=True|False and transfer=MODE",
                   text);
}

/* A line `config.transfer = "copy"  # why` as "transfer=copy"; to be freed, NULL: nothing stands there. */
static char *config_of_line(const char *line)
{
    struct cb_bytes text = CB_BYTES(4096);
    char quote = '\0';
    line += strspn(line, " \t");
    for (const char *c = strncmp(line, "config.", 7) == 0 ? line + 7 : line; *c != '\0' && *c != '\n'; c++) {
        if (quote == '\0' && *c == '#')
            break;
        if ((*c == '"' || *c == '\'') && (quote == '\0' || quote == *c))
            quote = (char)(quote == *c ? '\0' : *c);
        else if (quote != '\0' || strchr(" \t\r", *c) == NULL)
            cb_bytes_add(&text, c, 1);
    }
    if (text.size > 0)
        return cb_bytes_steal(&text);
    cb_bytes_done(&text);
    return NULL;
}

/* Files of such lines; other Python than that is not understood. */
static bool read_config_file(struct ingestion *job, char **transfer, const char *path, struct cb_error *err)
{
    char line[4096];
    bool ok = true;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no configuration file \"%s\"", path);
    while (ok && fgets(line, sizeof line, file) != NULL) {
        cb_auto(cb_free) char *config = config_of_line(line);
        ok = config == NULL || take_config(job, transfer, config, err) || cb_context(err, "%s", path);
    }
    (void)fclose(file);
    return ok;
}

/* What the files say, then what is given; both hold before --transfer. */
static bool read_config(const struct butler_args *args, struct ingestion *job, char **transfer,
                        struct cb_error *err)
{
    auto_list files = butler_list_of(args, "config-file"), given = butler_list_of(args, "config");
    for (size_t i = 0; i < files.count; i++)
        if (!read_config_file(job, transfer, files.item[i], err))
            return false;
    for (size_t i = 0; i < given.count; i++)
        if (!take_config(job, transfer, given.item[i], err))
            return false;
    job->fail_fast = job->fail_fast || butler_flag(args, "fail-fast");
    return true;
}

/* What is on unless it is turned off; the last word counts. */
static bool is_on(const struct butler_args *args, const char *name, const char *off)
{
    return butler_flag(args, name) || !butler_flag(args, off);
}

static bool read_options(const struct butler_args *args, struct ingestion *job, struct cb_error *err)
{
    int64_t processes = 1;
    cb_auto(cb_free) char *transfer = cb_xstrdup(butler_text(args, "transfer", "auto"));
    const char *task = butler_text(args, "ingest-task", "lsst.obs.base.RawIngestTask");
    job->put.run = butler_text(args, "output-run", NULL);
    job->put.existing =
        is_on(args, "skip-existing", "no-skip-existing") ? CB_EXISTING_SKIP : CB_EXISTING_REFUSE;
    job->put.untracked = !is_on(args, "track-file-attrs", "no-track-file-attrs");
    job->update = butler_flag(args, "update-records");
    job->search_indexes = is_on(args, "search-indexes", "no-search-indexes");
    if (!read_config(args, job, &transfer, err) || !butler_int(args, "processes", 1, &processes, err))
        return false;
    if (!cb_transfer_parse(transfer, &job->put.transfer))
        return cb_fail(err, CB_ERR_INVALID, "unrecognized transfer mode \"%s\"", transfer);
    if (strcmp(task, "lsst.obs.base.RawIngestTask") != 0 &&
        strcmp(task, "lsst.obs.base.ingest.RawIngestTask") != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "ingest task \"%s\" is not to be had: only lsst.obs.base.RawIngestTask is", task);
    return true;
}

static bool run_ingest_raws(const struct butler_args *args, struct cb_error *err)
{
    struct ingestion job = { .bad = CB_BYTES(64U << 20) };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    job.corrections = cb_raw_corrections(NULL, getenv("METADATA_CORRECTIONS_PATH"));
    bool ok = read_options(args, &job, err) && butler_open(args->words[0], &repo, err);
    job.repo = repo;
    ok = ok && ingest_all(args, &job, err);
    free(job.corrections);
    cb_bytes_done(&job.bad);
    return ok;
}

static const struct butler_option options[] = {
    { "regex", 0, BUTLER_TEXT, "Pattern of the files to be taken from folders; of FITS files unless given." },
    { "config", 'c', BUTLER_LIST, "failFast=True or transfer=MODE." },
    { "config-file", 'C', BUTLER_LIST, "File of lines config.failFast=True or config.transfer=\"MODE\"." },
    { "output-run", 0, BUTLER_TEXT, "RUN of the raws; INSTRUMENT/raw/all unless given." },
    { "transfer", 't', BUTLER_TEXT, "auto, link, symlink, hardlink, copy, move, relsymlink or direct." },
    { "processes", 'j', BUTLER_INT, "Accepted, and not needed." },
    { "ingest-task", 0, BUTLER_TEXT, "lsst.obs.base.RawIngestTask, the only one there is." },
    { "track-file-attrs", 0, BUTLER_FLAG, "Record the sizes of the files (the default)." },
    { "no-track-file-attrs", 0, BUTLER_FLAG, "Do not record them." },
    { "fail-fast", 0, BUTLER_FLAG, "Stop at the first file or exposure that cannot be taken." },
    { "update-records", 0, BUTLER_FLAG, "Make stored exposure records equal to what the headers say." },
    { "no-update-records", 0, BUTLER_FLAG, "An exposure whose record differs is a failure (the default)." },
    { "skip-existing", 0, BUTLER_FLAG, "Pass over raws that are there already (the default)." },
    { "no-skip-existing", 0, BUTLER_FLAG, "A raw that is there already is a failure." },
    { "search-indexes", 0, BUTLER_FLAG, "Use " CB_RAW_INDEX_NAME " files beside the raws (the default)." },
    { "no-search-indexes", 0, BUTLER_FLAG, "Pass over them." },
    { .name = NULL },
};
const struct butler_command butler_ingest_raws = {
    "ingest-raws", "REPO LOCATION...", "Ingest raw frames into a repository.", options, 2,
    SIZE_MAX,      run_ingest_raws,
};
