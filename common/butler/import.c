/* Reading export.yaml into a repository. */
#include "butler/import.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/tai.h"
#include "butler/dataset_rows.h"
#include "butler/dimension_records.h"
#include "butler/query.h"
#include "io/remote.h"
#include "io/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 40, REGION_MAX = 1 << 20 };

struct importer {
    struct cb_repo *repo;
    const struct cb_import *wanted;
    struct cb_yaml *yaml;
    const struct cb_yaml_node *data;
    struct cb_import_counts counts;
};

typedef bool read_section(struct importer *im, const struct cb_yaml_node *section, struct cb_error *err);

/* The text of a key that must be there. */
static bool need_text(struct importer *im, const struct cb_yaml_node *node, const char *key,
                      const char **ret_text, struct cb_error *err)
{
    *ret_text = cb_yaml_text(cb_yaml_get(node, key));
    return *ret_text != NULL || cb_yaml_fail(im->yaml, node, err, "%s is missing", key);
}

/* The list of a key; absent or null is empty. */
static bool list_of(struct importer *im, const struct cb_yaml_node *node, const char *key, size_t *ret_count,
                    struct cb_yaml_node *const **ret_items, struct cb_error *err)
{
    const struct cb_yaml_node *list = cb_yaml_get(node, key);
    *ret_count = 0;
    if (cb_yaml_is_null(list))
        return true;
    if (list->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(im->yaml, list, err, "%s is no list", key);
    *ret_count = list->count;
    *ret_items = list->item;
    return true;
}

/* ---- versions ---- */

static bool check_version(struct importer *im, const struct cb_yaml_node *root, struct cb_error *err)
{
    const struct cb_yaml_node *version = cb_yaml_get(root, "version");
    const char *text = cb_yaml_text(version);
    if (text == NULL)
        return cb_yaml_fail(im->yaml, root, err, "version is missing: this is no export of a butler");
    if (strcmp(text, "0") != 0 && strcmp(text, "1.0") != 0 && strncmp(text, "1.0.", 4) != 0)
        return cb_yaml_fail(im->yaml, version, err, "the export has version %s, calbus reads 1.0", text);
    const char *name = cb_yaml_text(cb_yaml_get(root, "universe_namespace"));
    int64_t universe = CB_UNIVERSE_VERSION;
    cb_yaml_int(cb_yaml_get(root, "universe_version"), &universe);
    if ((name != NULL && strcmp(name, CB_UNIVERSE_NAMESPACE) != 0) || universe > CB_UNIVERSE_VERSION)
        return cb_yaml_fail(im->yaml, root, err, "the export has the universe %s %lld, calbus reads %s %d",
                            name != NULL ? name : CB_UNIVERSE_NAMESPACE, (long long)universe,
                            CB_UNIVERSE_NAMESPACE, CB_UNIVERSE_VERSION);
    return true;
}

/* ---- times ---- */

/* A !butler_time/tai/iso scalar; null is unbounded. */
static bool read_time(struct importer *im, const struct cb_yaml_node *node, int64_t unbounded,
                      int64_t *ret_ns, struct cb_error *err)
{
    *ret_ns = unbounded;
    if (cb_yaml_is_null(node))
        return true;
    if (node->kind != CB_YAML_SCALAR || !cb_iso_parse(node->text, ret_ns))
        return cb_yaml_fail(im->yaml, node, err, "not a time");
    *ret_ns = cb_timespan_clip(*ret_ns);
    return true;
}

/* Either {begin, end} under "timespan", or the two keys themselves. */
static bool read_timespan(struct importer *im, const struct cb_yaml_node *node, const char *begin_key,
                          const char *end_key, struct cb_timespan *ret_span, struct cb_error *err)
{
    int64_t begin, end;
    if (!read_time(im, cb_yaml_get(node, begin_key), CB_TIMESPAN_MIN_NS, &begin, err) ||
        !read_time(im, cb_yaml_get(node, end_key), CB_TIMESPAN_MAX_NS, &end, err))
        return false;
    *ret_span = cb_timespan_of(begin, end);
    return true;
}

/* ---- dimension records ---- */

static bool skips(const struct importer *im, const char *element)
{
    for (size_t i = 0; i < im->wanted->n_skip_elements; i++)
        if (strcmp(im->wanted->skip_elements[i], element) == 0)
            return true;
    return false;
}

static bool record_timespan(struct importer *im, const struct cb_yaml_node *record, char *ret_text,
                            bool *ret_known, struct cb_error *err)
{
    struct cb_timespan span;
    const struct cb_yaml_node *whole = cb_yaml_get(record, "timespan");
    const struct cb_yaml_node *begin = cb_yaml_get(record, "datetime_begin"),
                              *end = cb_yaml_get(record, "datetime_end");
    *ret_known = !cb_yaml_is_null(whole) || begin != NULL || end != NULL;
    if (!(whole != NULL ? read_timespan(im, whole, "begin", "end", &span, err)
                        : read_timespan(im, record, "datetime_begin", "datetime_end", &span, err)))
        return false;
    cb_timespan_format(span, ret_text);
    return true;
}

/* A region as it is stored: base64 of the bytes that the file has in hex below `encoded`. */
static bool read_region(struct importer *im, const struct cb_yaml_node *value, struct cb_bytes *text,
                        struct cb_error *err)
{
    const char *hex = cb_yaml_text(cb_yaml_get(value, "encoded"));
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(REGION_MAX);
    size_t length = hex != NULL ? strlen(hex) : 0;
    if (length == 0 || length % 2 != 0 || strspn(hex, "0123456789abcdefABCDEF") != length)
        return cb_yaml_fail(im->yaml, value, err, "the region is not encoded in hex digits");
    for (size_t i = 0; i < length; i += 2) {
        const char digits[] = { hex[i], hex[i + 1], '\0' };
        unsigned char byte = (unsigned char)strtoul(digits, NULL, 16);
        cb_bytes_add(&bytes, &byte, 1);
    }
    cb_base64_add(text, (const unsigned char *)cb_bytes_text(&bytes), bytes.size);
    return true;
}

/* A hash as it is stored: the base64 text of a !!binary scalar, without the newlines of a block. */
static void read_hash(const char *value, struct cb_bytes *text)
{
    for (; *value != '\0'; value++)
        if (strchr(" \r\n", *value) == NULL)
            cb_bytes_add(text, value, 1);
}

static bool read_record(struct importer *im, const struct cb_element *element,
                        const struct cb_yaml_node *record, struct cb_error *err)
{
    const char *values[MAX_COLUMNS] = { NULL };
    char span[CB_TIMESPAN_TEXT_SIZE];
    cb_auto_bytes struct cb_bytes region = CB_BYTES((size_t)2 * REGION_MAX), hash = CB_BYTES(1024);
    for (size_t i = 0; i < element->n_columns; i++) {
        const struct cb_column *column = &element->columns[i];
        const struct cb_yaml_node *value = cb_yaml_get(record, column->name);
        bool known = false, truth = false;
        values[i] = value != NULL && value->kind == CB_YAML_SCALAR ? cb_yaml_text(value) : NULL;
        if (column->type == CB_TYPE_BOOL && values[i] != NULL) {
            if (!cb_yaml_bool(value, &truth))
                return cb_yaml_fail(im->yaml, value, err, "%s is neither true nor false", column->name);
            values[i] = truth ? "t" : "f";
        }
        if (column->type == CB_TYPE_REGION && value != NULL && value->kind == CB_YAML_MAPPING) {
            if (!read_region(im, value, &region, err))
                return false;
            values[i] = cb_bytes_text(&region);
        }
        if (column->type == CB_TYPE_HASH && values[i] != NULL) {
            read_hash(values[i], &hash);
            values[i] = cb_bytes_text(&hash);
        }
        if (column->type != CB_TYPE_TIMESPAN)
            continue;
        if (!record_timespan(im, record, span, &known, err))
            return false;
        values[i] = known ? span : NULL;
    }
    struct cb_error why = { 0 };
    if (cb_record_sync(im->repo, element, values, false, NULL, &why) || why.kind == CB_ERR_CONFLICT)
        return true; /* what is there stays as it is */
    return cb_yaml_fail(im->yaml, record, err, "%s", why.text);
}

static bool read_dimension(struct importer *im, const struct cb_yaml_node *section, struct cb_error *err)
{
    const char *name;
    size_t n;
    struct cb_yaml_node *const *records;
    if (!need_text(im, section, "element", &name, err) || !list_of(im, section, "records", &n, &records, err))
        return false;
    const struct cb_element *element = cb_element_find(name, strlen(name));
    if (element == NULL || !element->has_table)
        return cb_yaml_fail(im->yaml, section, err, "there is no dimension element \"%s\"", name);
    for (size_t i = 0; i < n && !skips(im, name); i++)
        if (!read_record(im, element, records[i], err))
            return false;
    return true;
}

/* ---- collections and types ---- */

static bool redefine_chain(struct importer *im, const char *name, const struct cb_yaml_node *section,
                           struct cb_error *err)
{
    size_t n;
    struct cb_yaml_node *const *children;
    if (!list_of(im, section, "children", &n, &children, err))
        return false;
    const char **names = cb_xalloc_array(n + 1, sizeof *names);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        names[i] = cb_yaml_text(children[i]);
        ok = names[i] != NULL || cb_yaml_fail(im->yaml, children[i], err, "a child of a chain is no name");
    }
    ok = ok && cb_chain_change(im->repo, name, CB_CHAIN_REDEFINE, names, n, err);
    free(names);
    return ok;
}

static bool read_collection(struct importer *im, const struct cb_yaml_node *section, struct cb_error *err)
{
    const char *name, *type_name;
    enum cb_collection_type type;
    if (!need_text(im, section, "name", &name, err) ||
        !need_text(im, section, "collection_type", &type_name, err))
        return false;
    if (!cb_collection_type_parse(type_name, &type))
        return cb_yaml_fail(im->yaml, section, err, "there is no type of collection \"%s\"", type_name);
    im->counts.collections++;
    return cb_collection_register(im->repo, name, type, cb_yaml_text(cb_yaml_get(section, "doc")), NULL,
                                  err) &&
           (type != CB_COLLECTION_CHAINED || redefine_chain(im, name, section, err));
}

static bool read_type(struct importer *im, const struct cb_yaml_node *section, struct cb_error *err)
{
    const char *name, *storage_class;
    bool is_calibration = false;
    size_t n;
    uint32_t dims = 0;
    struct cb_yaml_node *const *dimensions;
    if (!need_text(im, section, "name", &name, err) ||
        !need_text(im, section, "storage_class", &storage_class, err) ||
        !list_of(im, section, "dimensions", &n, &dimensions, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *one = cb_yaml_text(dimensions[i]);
        uint32_t dim = 0;
        if (one == NULL || !cb_dimensions_parse(&one, 1, &dim, err))
            return cb_yaml_fail(im->yaml, dimensions[i], err, "there is no dimension \"%s\"",
                                one != NULL ? one : "");
        dims |= dim;
    }
    cb_yaml_bool(cb_yaml_get(section, "is_calibration"), &is_calibration);
    return cb_dataset_type_register(im->repo, name, dims, storage_class, is_calibration, NULL, err);
}

/* ---- datasets ---- */

/* The datasets of one section, on their way to one call of put. */
struct batch {
    size_t n, room;
    struct cb_put *puts;
    struct cb_data_id *ids;
    char **files;
};

static void batch_done(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        free(batch->files[i]);
    free(batch->puts);
    free(batch->ids);
    free(batch->files);
}

static bool read_data_id(struct importer *im, const struct cb_yaml_node *node, struct cb_data_id *ret_id,
                         struct cb_error *err)
{
    if (node->kind != CB_YAML_MAPPING)
        return cb_yaml_fail(im->yaml, node, err, "a data ID is a map");
    for (size_t i = 0; i < node->count; i++) {
        const char *name = cb_yaml_key(node, i), *value = cb_yaml_text(cb_yaml_value(node, i));
        const struct cb_element *element = name != NULL ? cb_element_find(name, strlen(name)) : NULL;
        struct cb_error why = { 0 };
        if (element == NULL || cb_element_index(element) >= CB_DIMENSION_COUNT || value == NULL)
            return cb_yaml_fail(im->yaml, node, err, "\"%s\" is no dimension with a value",
                                name != NULL ? name : "");
        if (!cb_data_id_set(ret_id, cb_element_index(element), value, &why))
            return cb_yaml_fail(im->yaml, node, err, "%s", why.text);
    }
    return true;
}

static char *file_of(const struct importer *im, const char *path)
{
    if (strncmp(path, "file://", 7) == 0)
        return cb_file_uri_path(path);
    if (cb_remote_is(path))
        return cb_xstrdup(path);
    if (path[0] != '/' && cb_remote_is(im->wanted->folder))
        return cb_remote_join(im->wanted->folder, path);
    return path[0] == '/' ? cb_xstrdup(path) : cb_xasprintf("%s/%s", im->wanted->folder, path);
}

/* One record may name several datasets in one file. */
static bool add_record(struct importer *im, const struct cb_yaml_node *record, struct batch *batch,
                       struct cb_error *err)
{
    size_t n_ids, n_data_ids;
    struct cb_yaml_node *const *ids, *const *data_ids;
    const char *path;
    if (!list_of(im, record, "dataset_id", &n_ids, &ids, err) ||
        !list_of(im, record, "data_id", &n_data_ids, &data_ids, err) ||
        !need_text(im, record, "path", &path, err))
        return false;
    if (n_ids == 0 || n_ids != n_data_ids)
        return cb_yaml_fail(im->yaml, record, err, "dataset_id and data_id are lists of the same length");
    if (strstr(path, "://") != NULL && strncmp(path, "file://", 7) != 0 && !cb_remote_is(path))
        return cb_yaml_fail(im->yaml, record, err,
                            "\"%s\" is neither a local file nor one of s3, http or https", path);
    for (size_t i = 0; i < n_ids; i++) {
        struct cb_uuid uuid;
        const char *id = cb_yaml_text(ids[i]);
        if (id == NULL || !cb_uuid_parse(id, &uuid))
            return cb_yaml_fail(im->yaml, ids[i], err, "a dataset id is a UUID");
        if (!read_data_id(im, data_ids[i], &batch->ids[batch->n], err))
            return false;
        batch->files[batch->n] = file_of(im, path);
        batch->puts[batch->n] =
            (struct cb_put){ .data_id = &batch->ids[batch->n],
                             .id = id,
                             .file = batch->files[batch->n],
                             .formatter = cb_yaml_text(cb_yaml_get(record, "formatter")) };
        batch->n++;
    }
    return true;
}

/* A dataset that was there must be the same one. */
static bool check_same_ids(struct importer *im, const char *type, const char *run, const struct batch *batch,
                           char (*ids)[CB_UUID_TEXT_SIZE], struct cb_error *err)
{
    for (size_t i = 0; i < batch->n; i++)
        if (strcasecmp(ids[i], batch->puts[i].id) != 0) {
            cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
            cb_data_id_format(&batch->ids[i], &id);
            return cb_fail(err, CB_ERR_CONFLICT, "%s %s is in run \"%s\" already, as dataset %s, not %s",
                           type, cb_bytes_text(&id), run, ids[i], batch->puts[i].id);
        }
    (void)im;
    return true;
}

/* How many of the ids are stored already. */
static bool count_stored(struct importer *im, const struct batch *batch, size_t *ret_count,
                         struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(256U << 20);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    const char **ids = cb_xalloc_array(batch->n + 1, sizeof *ids);
    for (size_t i = 0; i < batch->n; i++)
        ids[i] = batch->puts[i].id;
    const char *text = cb_text_array(&array, ids, batch->n);
    free(ids);
    if (!cb_repo_read(im->repo, &tx, err) ||
        !cb_db_run(im->repo->db, "SELECT count(*) FROM dataset WHERE id = ANY ($1::uuid[])",
                   CB_P(cb_p_text(text)), &rows, err))
        return false;
    *ret_count = (size_t)cb_rows_int(rows, 0, 0);
    return true;
}

static bool put_batch(struct importer *im, const char *type, const char *run, const struct batch *batch,
                      struct cb_error *err)
{
    const struct cb_put_options options = { .transfer = im->wanted->transfer,
                                            .existing = CB_EXISTING_SKIP,
                                            .untracked = im->wanted->untracked,
                                            .keep_ending = true,
                                            .restores = true };
    char(*ids)[CB_UUID_TEXT_SIZE] = cb_xalloc_array(batch->n + 1, sizeof *ids);
    size_t stored = 0;
    bool ok = count_stored(im, batch, &stored, err) &&
              cb_dataset_put(im->repo, type, run, batch->puts, batch->n, &options, ids, err) &&
              check_same_ids(im, type, run, batch, ids, err);
    free(ids);
    im->counts.skipped += stored;
    im->counts.datasets += batch->n - stored;
    return ok;
}

static bool read_dataset(struct importer *im, const struct cb_yaml_node *section, struct cb_error *err)
{
    const char *type, *run;
    size_t n;
    struct cb_yaml_node *const *records;
    struct batch batch = { 0 };
    if (!need_text(im, section, "dataset_type", &type, err) || !need_text(im, section, "run", &run, err) ||
        !list_of(im, section, "records", &n, &records, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct cb_yaml_node *ids = cb_yaml_get(records[i], "dataset_id");
        batch.room += ids != NULL ? ids->count : 0;
    }
    batch.puts = cb_xalloc_array(batch.room + 1, sizeof *batch.puts);
    batch.ids = cb_xalloc_array(batch.room + 1, sizeof *batch.ids);
    batch.files = cb_xalloc_array(batch.room + 1, sizeof *batch.files);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = add_record(im, records[i], &batch, err);
    ok = ok && (batch.n == 0 || put_batch(im, type, run, &batch, err));
    batch_done(&batch);
    return ok;
}

/* ---- associations ---- */

static bool read_ids(struct importer *im, const struct cb_yaml_node *node, const char ***ret_ids,
                     size_t *ret_count, struct cb_error *err)
{
    size_t n;
    struct cb_yaml_node *const *items;
    struct cb_uuid uuid;
    if (!list_of(im, node, "dataset_ids", &n, &items, err))
        return false;
    const char **ids = cb_xalloc_array(n + 1, sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        ids[i] = cb_yaml_text(items[i]);
        if (ids[i] == NULL || !cb_uuid_parse(ids[i], &uuid)) {
            free(ids);
            return cb_yaml_fail(im->yaml, items[i], err, "a dataset id is a UUID");
        }
    }
    *ret_ids = ids;
    *ret_count = n;
    return true;
}

static bool is_certified(const struct cb_dataset_list *there, const char *id, struct cb_timespan validity)
{
    for (size_t i = 0; i < there->count; i++)
        if (strcasecmp(there->item[i].id, id) == 0 && cb_timespan_equal(there->item[i].validity, validity))
            return true;
    return false;
}

/* Certify those datasets (of one type) that do not have this very range yet. */
static bool certify_missing(struct importer *im, const char *collection, const struct cb_dataset *datasets,
                            size_t n, struct cb_timespan validity, struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list there = { 0 };
    const struct cb_query query = { .collections = &collection, .n_collections = 1 };
    if (!cb_query_datasets(im->repo, datasets[0].type, CB_SEARCH_CERTIFICATIONS, &query, &there, err))
        return false;
    const char **missing = cb_xalloc_array(n + 1, sizeof *missing);
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++)
        if (!is_certified(&there, datasets[i].id, validity))
            missing[n_missing++] = datasets[i].id;
    bool ok = n_missing == 0 || cb_certify(im->repo, collection, missing, n_missing, validity, err);
    free(missing);
    im->counts.certified += n_missing;
    return ok;
}

static int compare_types(const void *a, const void *b)
{
    const struct cb_dataset *left = a, *right = b;
    int order = strcmp(left->type, right->type);
    return order != 0 ? order : strcmp(left->id, right->id);
}

static bool read_range(struct importer *im, const char *collection, const struct cb_yaml_node *range,
                       struct cb_error *err)
{
    const struct cb_yaml_node *span = cb_yaml_get(range, "timespan");
    struct cb_timespan validity;
    const char **ids = NULL;
    size_t n = 0;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    if (!read_timespan(im, span != NULL ? span : range, "begin", "end", &validity, err) ||
        !read_ids(im, range, &ids, &n, err))
        return false;
    bool ok = cb_dataset_get(im->repo, ids, n, &list, err);
    free(ids);
    if (ok)
        qsort(list.item, list.count, sizeof *list.item, compare_types);
    for (size_t i = 0, end; ok && i < list.count; i = end) {
        for (end = i + 1; end < list.count && strcmp(list.item[end].type, list.item[i].type) == 0;)
            end++;
        ok = certify_missing(im, collection, list.item + i, end - i, validity, err);
    }
    return ok;
}

static bool read_tags(struct importer *im, const char *collection, const struct cb_yaml_node *section,
                      struct cb_error *err)
{
    const char **ids = NULL;
    size_t n = 0;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    if (!read_ids(im, section, &ids, &n, err))
        return false;
    bool ok = cb_dataset_get(im->repo, ids, n, &list, err);
    free(ids);
    for (size_t i = 0; ok && i < list.count; i++) { /* one by one: types may be mixed */
        const char *one = list.item[i].id;
        ok = cb_associate(im->repo, collection, &one, 1, err);
    }
    return ok;
}

static bool read_associations(struct importer *im, const struct cb_yaml_node *section, struct cb_error *err)
{
    const char *collection, *type_name;
    enum cb_collection_type type;
    size_t n;
    struct cb_yaml_node *const *ranges;
    if (!need_text(im, section, "collection", &collection, err) ||
        !need_text(im, section, "collection_type", &type_name, err))
        return false;
    if (!cb_collection_type_parse(type_name, &type) ||
        (type != CB_COLLECTION_TAGGED && type != CB_COLLECTION_CALIBRATION))
        return cb_yaml_fail(im->yaml, section, err,
                            "datasets cannot be associated with a collection of type \"%s\"", type_name);
    if (type == CB_COLLECTION_TAGGED)
        return read_tags(im, collection, section, err);
    if (!list_of(im, section, "validity_ranges", &n, &ranges, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_range(im, collection, ranges[i], err))
            return false;
    return true;
}

/* ---- all of it ---- */

/* In this order, whatever the order in the file; locks come in the order graph tables, collections, calibs
 * tables. */
static const struct {
    const char *name;
    read_section *read;
} sections[] = {
    { "dataset_type", read_type }, { "collection", read_collection },     { "dimension", read_dimension },
    { "dataset", read_dataset },   { "associations", read_associations },
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

static bool is_known(const char *type)
{
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (type != NULL && strcmp(sections[i].name, type) == 0)
            return true;
    return false;
}

static bool check_sections(struct importer *im, struct cb_error *err)
{
    for (size_t i = 0; i < im->data->count; i++) {
        const char *type = cb_yaml_text(cb_yaml_get(im->data->item[i], "type"));
        if (!is_known(type))
            return cb_yaml_fail(im->yaml, im->data->item[i], err, "a section has the unknown type \"%s\"",
                                type != NULL ? type : "");
    }
    return true;
}

static bool read_all(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    (void)repo; /* the importer's own */
    struct importer *im = arg;
    im->counts = (struct cb_import_counts){ 0 };
    for (size_t s = 0; s < SECTION_COUNT; s++)
        for (size_t i = 0; i < im->data->count; i++) {
            const struct cb_yaml_node *section = im->data->item[i];
            if (strcmp(cb_yaml_text(cb_yaml_get(section, "type")), sections[s].name) == 0 &&
                !sections[s].read(im, section, err))
                return false;
        }
    return true;
}

static bool read_yaml(const char *path, struct cb_yaml **ret_yaml, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_YAML_TEXT_MAX);
    if (!cb_remote_is(path))
        return cb_yaml_read(path, ret_yaml, err);
    return cb_remote_read(path, &text, err) &&
           cb_yaml_parse(cb_bytes_text(&text), text.size, path, ret_yaml, err);
}

static bool import_file(struct importer *im, const char *path, struct cb_error *err)
{
    static const struct cb_yaml_node nothing = { .kind = CB_YAML_SEQUENCE };
    if (!read_yaml(path, &im->yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(im->yaml);
    if (root == NULL || root->kind != CB_YAML_MAPPING)
        return cb_yaml_fail(im->yaml, root, err, "this is no export of a butler");
    im->data = cb_yaml_get(root, "data");
    if (cb_yaml_is_null(im->data))
        im->data = &nothing;
    if (im->data->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(im->yaml, im->data, err, "data is no list");
    return check_version(im, root, err) && check_sections(im, err) &&
           cb_repo_transact(im->repo, read_all, im, err);
}

bool cb_import(struct cb_repo *repo, const struct cb_import *import, struct cb_import_counts *ret_counts,
               struct cb_error *err)
{
    struct importer im = { .repo = repo, .wanted = import };
    cb_auto(cb_free) char *path =
        import->yaml != NULL ? cb_xstrdup(import->yaml) : cb_xasprintf("%s/export.yaml", import->folder);
    bool ok = import_file(&im, path, err);
    cb_yaml_free(im.yaml);
    if (ok && ret_counts != NULL)
        *ret_counts = im.counts;
    return ok || cb_context(err, "cannot import \"%s\"", path);
}
