/* butler retrieve-artifacts: files of datasets out of a repository. */
#include "butler_query.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/file.h"
#include "io/remote.h"
#include "io/zip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INDEX_MAX = 256 << 20 };
#define INDEX_NAME "_butler_zip_index.json"

/* A dataset's file on its way out. */
struct artifact {
    char *source; /* absolute path or URI */
    char *name;   /* below the destination, or in the archive */
    char *info;   /* JSON: what the datastore records of it */
    char id[CB_UUID_TEXT_SIZE];
    size_t order;
};

struct retrieval {
    const char *destination;
    enum cb_transfer transfer;
    bool keeps_path, clobbers, lists, zips;
    size_t n, count; /* datasets; files */
    struct artifact *artifacts;
    struct cb_bytes uris; /* one a line, where they are listed */
    struct cb_bytes types_text, refs_text, artifacts_text;
    struct cb_json types, refs, map; /* the three parts of the index */
};

static bool check_clobber(const struct retrieval *r, const char *source, const char *target,
                          struct cb_error *err)
{
    struct stat there, here;
    if (stat(target, &there) != 0 || r->clobbers)
        return true;
    bool same = stat(source, &here) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev;
    return same || cb_fail(err, CB_ERR_CONFLICT, "\"%s\" exists; --clobber replaces it", target);
}

static void put_data_id(struct cb_json *json, const struct cb_data_id *id)
{
    cb_json_open(json, "data_id", '{');
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        enum cb_element_index dimension = (enum cb_element_index)i;
        if (cb_data_id_has(id, dimension) && cb_data_id_text(id, dimension) != NULL)
            cb_json_str(json, cb_element_at(dimension)->name, cb_data_id_text(id, dimension));
        else if (cb_data_id_has(id, dimension))
            cb_json_int(json, cb_element_at(dimension)->name, id->number[i]);
    }
    cb_json_close(json);
}

static void index_dataset(struct retrieval *r, const struct cb_dataset *dataset)
{
    cb_json_open(&r->refs, dataset->id, '{');
    cb_json_str(&r->refs, "dataset_type_name", dataset->type);
    cb_json_str(&r->refs, "run", dataset->run);
    put_data_id(&r->refs, &dataset->data_id);
    cb_json_close(&r->refs);
}

static char *info_of(const struct cb_dataset *dataset, const char *path)
{
    struct cb_bytes text = CB_BYTES(1U << 20);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "formatter", dataset->formatter);
    cb_json_str(&json, "path", path);
    cb_json_str(&json, "storage_class", dataset->storage_class);
    cb_json_null(&json, "component");
    cb_json_str(&json, "checksum", dataset->checksum);
    cb_json_int(&json, "file_size", dataset->size_bytes);
    cb_json_close(&json);
    return cb_bytes_steal(&text);
}

/* A file, and the datasets in it. */
static void index_artifact(struct retrieval *r, const struct artifact *first, size_t n)
{
    cb_json_open(&r->map, first->name, '{');
    cb_json_raw(&r->map, "info", first->info);
    cb_json_open(&r->map, "ids", '[');
    for (size_t i = 0; i < n; i++)
        cb_json_str(&r->map, NULL, first[i].id);
    cb_json_close(&r->map);
    cb_json_close(&r->map);
}

static void index_type(struct retrieval *r, const struct cb_dataset_type *type)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t n = cb_dimensions_list(type->dims, names);
    cb_json_open(&r->types, type->name, '{');
    cb_json_str(&r->types, "name", type->name);
    cb_json_str(&r->types, "storageClass", type->storage_class);
    cb_json_open(&r->types, "dimensions", '[');
    for (size_t i = 0; i < n; i++)
        cb_json_str(&r->types, NULL, names[i]);
    cb_json_close(&r->types);
    cb_json_null(&r->types, "parentStorageClass");
    cb_json_bool(&r->types, "isCalibration", type->is_calibration);
    cb_json_close(&r->types);
}

static void write_index(struct retrieval *r, struct cb_bytes *text)
{
    struct cb_json json = CB_JSON(text);
    cb_json_close(&r->types);
    cb_json_close(&r->refs);
    cb_json_close(&r->map);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "index_version", "V1");
    cb_json_open(&json, "refs", '{');
    cb_json_str(&json, "container_version", "V1");
    cb_json_int(&json, "universe_version", CB_UNIVERSE_VERSION);
    cb_json_str(&json, "universe_namespace", CB_UNIVERSE_NAMESPACE);
    cb_json_raw(&json, "dataset_types", cb_bytes_text(&r->types_text));
    cb_json_raw(&json, "compact_refs", cb_bytes_text(&r->refs_text));
    cb_json_null(&json, "dimension_records");
    cb_json_close(&json);
    cb_json_raw(&json, "artifact_map", cb_bytes_text(&r->artifacts_text));
    cb_json_close(&json);
}

/* The path below the destination: below the root, or, of what lies elsewhere, that on its machine. */
static char *place_of(const struct cb_dataset *dataset, const char *source)
{
    if (strstr(dataset->path, "://") == NULL)
        return cb_xstrdup(dataset->path);
    return cb_remote_is(source) ? cb_remote_path(source) : cb_xstrdup(source + 1);
}

static bool note_dataset(struct retrieval *r, const struct cb_repo *repo, const struct cb_dataset *dataset,
                         struct cb_error *err)
{
    cb_auto(cb_free) char *source = NULL;
    if (!cb_dataset_source(repo, dataset, &source, err))
        return false;
    cb_auto(cb_free) char *place = place_of(dataset, source);
    const char *slash = strrchr(place, '/'), *base = slash != NULL ? slash + 1 : place;
    r->artifacts = cb_xrealloc_array(r->artifacts, r->n + 1, sizeof *r->artifacts);
    struct artifact *artifact = &r->artifacts[r->n];
    *artifact = (struct artifact){ .name = r->zips ? cb_xasprintf("%.8s-%s", dataset->id, base)
                                                   : cb_xstrdup(r->keeps_path ? place : base),
                                   .info = info_of(dataset, dataset->path),
                                   .source = cb_steal(source),
                                   .order = r->n++ };
    memcpy(artifact->id, dataset->id, sizeof artifact->id);
    index_dataset(r, dataset);
    return true;
}

static int compare_sources(const void *a, const void *b)
{
    const struct artifact *left = a, *right = b;
    int order = strcmp(left->source, right->source);
    return order != 0 ? order : left->order < right->order ? -1 : left->order > right->order;
}

static bool place_artifact(struct retrieval *r, const struct artifact *artifact, struct cb_error *err)
{
    cb_auto(cb_free) char *target = cb_xasprintf("%s/%s", r->destination, artifact->name);
    if (!check_clobber(r, artifact->source, target, err) ||
        !cb_datastore_copy_out(artifact->source, target, r->transfer, err))
        return false;
    if (r->lists) {
        cb_auto(cb_free) char *uri = cb_file_uri(target);
        cb_bytes_printf(&r->uris, "%s\n", uri);
    }
    return true;
}

/* Datasets of one file side by side; the file once, under the name that the first of them gives it. */
static bool each_artifact(struct retrieval *r,
                          bool (*take)(struct retrieval *r, const struct artifact *first,
                                       struct cb_error *err),
                          struct cb_error *err)
{
    if (r->n > 0)
        qsort(r->artifacts, r->n, sizeof *r->artifacts, compare_sources);
    for (size_t begin = 0, end; begin < r->n; begin = end) {
        for (end = begin + 1;
             end < r->n && strcmp(r->artifacts[end].source, r->artifacts[begin].source) == 0;)
            end++;
        index_artifact(r, &r->artifacts[begin], end - begin);
        r->count++;
        if (!take(r, &r->artifacts[begin], err))
            return false;
    }
    return true;
}

static bool place_all(struct retrieval *r, const char *given, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(INDEX_MAX);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/" INDEX_NAME, r->destination);
    if (!each_artifact(r, place_artifact, err))
        return false;
    write_index(r, &text);
    if (!cb_file_replace(path, cb_bytes_text(&text), text.size, err))
        return false;
    if (r->lists)
        printf("Transferred the following to %s:\n%s\n", given, cb_bytes_text(&r->uris));
    printf("Number of artifacts retrieved into destination %s: %zu\n", given, r->count);
    return true;
}

/* ---- as one archive ---- */

static bool leave(struct retrieval *r, const struct artifact *first, struct cb_error *err)
{
    (void)r;
    (void)first;
    (void)err;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The archive is named after the files in it. */
static void name_archive(const char *const *names, size_t n, char ret_name[CB_UUID_TEXT_SIZE])
{
    struct cb_uuid space, name;
    cb_auto_bytes struct cb_bytes all = CB_BYTES(INDEX_MAX);
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(&all, "%s%s", i > 0 ? "," : "", names[i]);
    (void)cb_uuid_parse("840b31d9-05cd-5161-b2c8-00d32b280d0f", &space); /* the butler's name space */
    name = cb_uuid_v5(&space, cb_bytes_text(&all), all.size);
    cb_uuid_format(&name, ret_name);
}

/* The index, then each file once; what lies elsewhere is fetched beside the archive first. */
static bool write_archive(struct retrieval *r, const char *path, const struct cb_bytes *index,
                          struct cb_error *err)
{
    cb_auto(cb_free) struct cb_zip_entry *entries = cb_xalloc_array(r->count + 1, sizeof *entries);
    char **fetched = cb_xalloc_array(r->n + 1, sizeof *fetched);
    size_t n = 0, n_fetched = 0;
    bool ok = true;
    entries[n++] = (struct cb_zip_entry){ INDEX_NAME, NULL, cb_bytes_text(index), index->size };
    for (size_t i = 0; ok && i < r->n; i++) {
        const struct artifact *artifact = &r->artifacts[i];
        if (i > 0 && strcmp(artifact->source, r->artifacts[i - 1].source) == 0)
            continue;
        const char *file = artifact->source;
        if (cb_remote_is(file)) {
            char *part = cb_xasprintf("%s.%zu.part", path, n_fetched);
            fetched[n_fetched++] = part;
            ok = cb_remote_fetch(file, part, err);
            file = part;
        }
        entries[n++] = (struct cb_zip_entry){ .name = artifact->name, .file = file };
    }
    ok = ok && cb_zip_write(path, entries, n, err);
    for (size_t i = 0; i < n_fetched; i++) {
        unlink(fetched[i]);
        free(fetched[i]);
    }
    free(fetched);
    return ok;
}

static bool zip_all(struct retrieval *r, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes index = CB_BYTES(INDEX_MAX);
    char name[CB_UUID_TEXT_SIZE];
    if (!each_artifact(r, leave, err))
        return false;
    write_index(r, &index);
    cb_auto(cb_free) const char **names = cb_xalloc_array(r->count + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (i == 0 || strcmp(r->artifacts[i].source, r->artifacts[i - 1].source) != 0)
            names[n++] = r->artifacts[i].name;
    qsort(names, n, sizeof *names, compare_names);
    name_archive(names, n, name);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s.zip", r->destination, name);
    cb_auto(cb_free) char *uri = cb_file_uri(path);
    if (!r->clobbers && access(path, F_OK) == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "Output Zip at %s already exists but cannot overwrite.", uri);
    if (!write_archive(r, path, &index, err))
        return false;
    printf("Zip file written to %s\n", uri);
    return true;
}

static bool retrieve_each(struct cb_repo *repo, const struct cb_dataset_type *type,
                          const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    index_type(self, type);
    for (size_t i = 0; i < list->count; i++)
        if (!note_dataset(self, repo, &list->item[i], err))
            return false;
    return true;
}

/* The folder exists, or its name ends in a slash, or it is made anyway. */
static bool prepare_destination(const char *given, bool is_made, char **ret_path, struct cb_error *err)
{
    struct stat info;
    size_t length = strlen(given);
    bool exists = stat(given, &info) == 0 && S_ISDIR(info.st_mode);
    if (!exists && (length == 0 || (!is_made && given[length - 1] != '/')))
        return cb_fail(
            err, CB_ERR_INVALID,
            "Destination location must refer to a directory. Given: %s (make it, or end it with /)", given);
    cb_auto(cb_free) char *inside = cb_xasprintf("%s/.", given);
    if (!cb_file_make_parents(inside, err))
        return false;
    *ret_path = realpath(given, NULL);
    return *ret_path != NULL ||
           cb_fail(err, CB_ERR_TRANSIENT, "could not make folder \"%s\": %s", given, strerror(errno));
}

static bool read_retrieval(const struct butler_args *args, struct retrieval *r, struct cb_error *err)
{
    r->keeps_path = !butler_flag(args, "no-preserve-path");
    r->clobbers = butler_flag(args, "clobber");
    r->lists = butler_flag(args, "verbose");
    const char *transfer = butler_text(args, "transfer", "auto");
    if (!cb_transfer_parse(transfer, &r->transfer) || r->transfer == CB_TRANSFER_DIRECT)
        return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--transfer': '%s'.", transfer);
    if (r->transfer == CB_TRANSFER_MOVE)
        return cb_fail(err, CB_ERR_INVALID, "Can not move an artifact out of the repository");
    r->zips = butler_flag(args, "zip");
    return true;
}

static void retrieval_init(struct retrieval *r)
{
    *r = (struct retrieval){ .types_text = CB_BYTES(INDEX_MAX),
                             .refs_text = CB_BYTES(INDEX_MAX),
                             .artifacts_text = CB_BYTES(INDEX_MAX),
                             .uris = CB_BYTES(INDEX_MAX) };
    r->types = (struct cb_json)CB_JSON(&r->types_text);
    r->refs = (struct cb_json)CB_JSON(&r->refs_text);
    r->map = (struct cb_json)CB_JSON(&r->artifacts_text);
    cb_json_open(&r->types, NULL, '{');
    cb_json_open(&r->refs, NULL, '{');
    cb_json_open(&r->map, NULL, '{');
}

static void retrieval_done(struct retrieval *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->artifacts[i].source);
        free(r->artifacts[i].name);
        free(r->artifacts[i].info);
    }
    free(r->artifacts);
    cb_bytes_done(&r->uris);
    cb_bytes_done(&r->types_text);
    cb_bytes_done(&r->refs_text);
    cb_bytes_done(&r->artifacts_text);
}

static bool retrieve(struct retrieval *r, const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *destination = NULL;
    auto_list globs = butler_list_of(args, "dataset-type");
    const struct butler_search search = { .globs = &globs,
                                          .find_first = butler_flag(args, "find-first"),
                                          .limit = -BUTLER_QUERY_CAP };
    size_t count = 0, types = 0;
    if (!read_retrieval(args, r, err) || !butler_open(args->words[0], &repo, err) ||
        !butler_query_each(repo, args, &search, retrieve_each, r, &types, &count, err) ||
        !butler_check_found(&globs, types, count, err))
        return false;
    if (count == 0) {
        puts("No datasets matched query.");
        return true;
    }
    if (!prepare_destination(args->words[1], r->zips, &destination, err))
        return false;
    r->destination = destination;
    return r->zips ? zip_all(r, err) : place_all(r, args->words[1], err);
}

static bool run_retrieve(const struct butler_args *args, struct cb_error *err)
{
    struct retrieval r;
    retrieval_init(&r);
    bool ok = retrieve(&r, args, err);
    retrieval_done(&r);
    return ok;
}

static const struct butler_option retrieve_options[] = {
    BUTLER_QUERY_OPTIONS,
    { "dataset-type", 'd', BUTLER_LIST, "Specific DatasetType(s) to retrieve; globs are possible." },
    { "find-first", 0, BUTLER_FLAG,
      "Only the first matching dataset of each data ID along the collections." },
    { "no-find-first", 0, BUTLER_FLAG, "All of them (default)." },
    { "transfer", 't', BUTLER_TEXT, "How the files get there; not move, not direct." },
    { "verbose", 'v', BUTLER_FLAG, "Print the location of every file." },
    { "preserve-path", 0, BUTLER_FLAG, "Keep the datastore's path below the destination (default)." },
    { "no-preserve-path", 0, BUTLER_FLAG, "Put the files directly into the destination." },
    { "clobber", 0, BUTLER_FLAG, "Overwrite files that are there." },
    { "no-clobber", 0, BUTLER_FLAG, "Refuse to (default)." },
    { "zip", 0, BUTLER_FLAG, "Into one archive, named after what is in it." },
    { "no-zip", 0, BUTLER_FLAG, "Retrieve the files themselves (default)." },
    { .name = NULL },
};
const struct butler_command butler_retrieve_artifacts = { "retrieve-artifacts",
                                                          "REPO DESTINATION",
                                                          "Retrieve file artifacts associated with datasets.",
                                                          retrieve_options,
                                                          2,
                                                          2,
                                                          run_retrieve };
