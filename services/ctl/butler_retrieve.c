/* butler retrieve-artifacts: files of datasets out of a repository. */
#include "butler_query.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/file.h"
#include "io/remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INDEX_MAX = 256 << 20 };

struct retrieval {
    const char *destination;
    enum cb_transfer transfer;
    bool keeps_path, clobbers, lists;
    size_t count;
    struct cb_bytes uris; /* one a line, where they are listed */
    struct cb_bytes types_text, refs_text, artifacts_text;
    struct cb_json types, refs, artifacts; /* the three parts of the index */
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

static void index_dataset(struct retrieval *r, const struct cb_dataset *dataset, const char *name)
{
    cb_json_open(&r->refs, dataset->id, '{');
    cb_json_str(&r->refs, "dataset_type_name", dataset->type);
    cb_json_str(&r->refs, "run", dataset->run);
    put_data_id(&r->refs, &dataset->data_id);
    cb_json_close(&r->refs);
    cb_json_open(&r->artifacts, name, '{');
    cb_json_open(&r->artifacts, "info", '{');
    cb_json_str(&r->artifacts, "formatter", dataset->formatter);
    cb_json_str(&r->artifacts, "path", name);
    cb_json_str(&r->artifacts, "storage_class", dataset->storage_class);
    cb_json_null(&r->artifacts, "component");
    cb_json_null(&r->artifacts, "checksum");
    cb_json_int(&r->artifacts, "file_size", dataset->size_bytes);
    cb_json_close(&r->artifacts);
    cb_json_open(&r->artifacts, "ids", '[');
    cb_json_str(&r->artifacts, NULL, dataset->id);
    cb_json_close(&r->artifacts);
    cb_json_close(&r->artifacts);
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

static bool write_index(struct retrieval *r, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(INDEX_MAX);
    struct cb_json json = CB_JSON(&text);
    cb_json_close(&r->types);
    cb_json_close(&r->refs);
    cb_json_close(&r->artifacts);
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
    cb_auto(cb_free) char *path = cb_xasprintf("%s/_butler_zip_index.json", r->destination);
    return cb_file_replace(path, cb_bytes_text(&text), text.size, err);
}

/* The path below the destination: below the root, or, of what lies elsewhere, that on its machine. */
static char *place_of(const struct cb_dataset *dataset, const char *source)
{
    if (strstr(dataset->path, "://") == NULL)
        return cb_xstrdup(dataset->path);
    return cb_remote_is(source) ? cb_remote_path(source) : cb_xstrdup(source + 1);
}

static bool retrieve_one(struct retrieval *r, const struct cb_repo *repo, const struct cb_dataset *dataset,
                         struct cb_error *err)
{
    cb_auto(cb_free) char *source = NULL;
    if (!cb_dataset_source(repo, dataset, &source, err))
        return false;
    cb_auto(cb_free) char *place = place_of(dataset, source);
    const char *slash = strrchr(place, '/');
    const char *name = r->keeps_path || slash == NULL ? place : slash + 1;
    cb_auto(cb_free) char *target = cb_xasprintf("%s/%s", r->destination, name);
    if (!check_clobber(r, source, target, err) || !cb_datastore_copy_out(source, target, r->transfer, err))
        return false;
    if (r->lists) {
        cb_auto(cb_free) char *uri = cb_file_uri(target);
        cb_bytes_printf(&r->uris, "%s\n", uri);
    }
    index_dataset(r, dataset, name);
    r->count++;
    return true;
}

static bool retrieve_each(struct cb_repo *repo, const struct cb_dataset_type *type,
                          const struct cb_dataset_list *list, void *self, struct cb_error *err)
{
    index_type(self, type);
    for (size_t i = 0; i < list->count; i++)
        if (!retrieve_one(self, repo, &list->item[i], err))
            return false;
    return true;
}

/* The folder exists, or its name ends in a slash. */
static bool prepare_destination(const char *given, char **ret_path, struct cb_error *err)
{
    struct stat info;
    size_t length = strlen(given);
    bool exists = stat(given, &info) == 0 && S_ISDIR(info.st_mode);
    if (!exists && (length == 0 || given[length - 1] != '/'))
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
    if (butler_flag(args, "zip"))
        return cb_fail(err, CB_ERR_INVALID, "--zip is not supported; retrieve the files themselves");
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
    r->artifacts = (struct cb_json)CB_JSON(&r->artifacts_text);
    cb_json_open(&r->types, NULL, '{');
    cb_json_open(&r->refs, NULL, '{');
    cb_json_open(&r->artifacts, NULL, '{');
}

static void retrieval_done(struct retrieval *r)
{
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
    if (!read_retrieval(args, r, err) || !prepare_destination(args->words[1], &destination, err) ||
        !butler_open(args->words[0], &repo, err))
        return false;
    r->destination = destination;
    if (!butler_query_each(repo, args, &search, retrieve_each, r, &types, &count, err) ||
        !butler_check_found(&globs, types, count, err))
        return false;
    if (count == 0) {
        puts("No datasets matched query.");
        return true;
    }
    if (!write_index(r, err))
        return false;
    if (r->lists)
        printf("Transferred the following to %s:\n%s\n", args->words[1], cb_bytes_text(&r->uris));
    printf("Number of artifacts retrieved into destination %s: %zu\n", args->words[1], r->count);
    return true;
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
    { "zip", 0, BUTLER_FLAG, "Not supported." },
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
