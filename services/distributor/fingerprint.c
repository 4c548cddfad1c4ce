/* Fingerprints of datasets, collections and chains. */
#include "fingerprint.h"

#include "base/alloc.h"
#include "butler/query.h"
#include "io/digest.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "detector=0,instrument=LSSTComCam,physical_filter=r_03". */
static void write_data_id(const struct cb_data_id *id, uint32_t dims, struct cb_bytes *text)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t n = cb_dimensions_list(dims, names);
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++) {
        char value[CB_DIMENSION_TEXT_SIZE];
        const struct cb_element *element = cb_element_find(names[i], strlen(names[i]));
        cb_data_id_value(id, cb_element_index(element), value);
        cb_bytes_printf(text, "%s%s=%s", i == 0 ? "" : ",", names[i], value);
    }
}

void dataset_fingerprint(const struct cb_dataset *dataset, uint32_t dims, int64_t size_bytes,
                         const char *sha256, char ret_text[CB_SHA256_TEXT_SIZE])
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(65536);
    cb_bytes_printf(&text, "%s\n", dataset->type);
    write_data_id(&dataset->data_id, dims, &text);
    cb_bytes_printf(&text, "\n%s\n%lld\n%s\n", dataset->id, (long long)size_bytes, sha256);
    cb_sha256_text(text.data, text.size, ret_text);
}

static int by_line(const void *a, const void *b)
{
    const struct fingerprint_line *one = a, *other = b;
    int order = strcmp(one->dataset, other->dataset);
    if (order != 0)
        return order;
    return (one->validity.begin_ns > other->validity.begin_ns) -
           (one->validity.begin_ns < other->validity.begin_ns);
}

void collection_fingerprint(struct fingerprint_line *lines, size_t count, char ret_text[CB_SHA256_TEXT_SIZE])
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(256u << 20);
    if (count > 0) /* none may have no array either */
        qsort(lines, count, sizeof *lines, by_line);
    for (size_t i = 0; i < count; i++) {
        cb_bytes_printf(&text, "%s ", lines[i].dataset);
        if (cb_timespan_has_begin(lines[i].validity))
            cb_bytes_printf(&text, "%lld", (long long)lines[i].validity.begin_ns);
        cb_bytes_puts(&text, " ");
        if (cb_timespan_has_end(lines[i].validity))
            cb_bytes_printf(&text, "%lld", (long long)lines[i].validity.end_ns);
        cb_bytes_puts(&text, "\n");
    }
    cb_sha256_text(count > 0 ? (const void *)text.data : "", text.size, ret_text);
}

struct line_list {
    struct fingerprint_line *line;
    size_t count;
};

static bool add_dataset(struct cb_repo *repo, const struct cb_dataset_type *type,
                        const struct cb_dataset *dataset, struct line_list *lines, struct cb_error *err)
{
    cb_auto(cb_free) char *path = NULL;
    struct cb_digest digest;
    if (!cb_dataset_file(repo, dataset, &path, err) || !cb_digest_file(path, &digest, err))
        return cb_context(err, "%s %s", dataset->type, dataset->id);
    lines->line = cb_xrealloc_array(lines->line, lines->count + 1, sizeof *lines->line);
    struct fingerprint_line *line = &lines->line[lines->count++];
    line->validity = dataset->validity;
    dataset_fingerprint(dataset, type->dims, digest.size_bytes, digest.sha256, line->dataset);
    return true;
}

static bool add_type(struct cb_repo *repo, const struct cb_dataset_type *type,
                     const struct cb_collection *collection, bool (*cancelled)(void), struct line_list *lines,
                     struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    const char *const collections[] = { collection->name };
    const struct cb_query query = { .collections = collections, .n_collections = 1 };
    bool certified = collection->type == CB_COLLECTION_CALIBRATION;
    if (certified && !type->is_calibration)
        return true;
    if (!cb_query_datasets(repo, type->name, certified ? CB_SEARCH_CERTIFICATIONS : CB_SEARCH_ALL, &query,
                           &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        if (cancelled != NULL && cancelled())
            return cb_fail(err, CB_ERR_TRANSIENT, "stopping");
        if (!add_dataset(repo, type, &list.item[i], lines, err))
            return false;
    }
    return true;
}

static bool add_collection(struct cb_repo *repo, const struct cb_dataset_type_list *types,
                           const struct cb_collection *collection, bool (*cancelled)(void),
                           struct cb_bytes *text, struct cb_error *err)
{
    struct line_list lines = { 0 };
    char fingerprint[CB_SHA256_TEXT_SIZE];
    bool done = true;
    for (size_t i = 0; done && i < types->count; i++)
        done = add_type(repo, &types->item[i], collection, cancelled, &lines, err);
    if (done) {
        collection_fingerprint(lines.line, lines.count, fingerprint);
        cb_bytes_printf(text, "%s\n%s\n", collection->name, fingerprint);
    }
    free(lines.line);
    return done;
}

bool chain_fingerprint(struct cb_repo *repo, const char *chain, bool (*cancelled)(void),
                       char ret_text[CB_SHA256_TEXT_SIZE], struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list collections = { 0 };
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    cb_auto_bytes struct cb_bytes text = CB_BYTES(16u << 20);
    if (!cb_collection_flatten(repo, &chain, 1, false, &collections, err) ||
        !cb_dataset_type_query(repo, NULL, 0, &types, err))
        return false;
    for (size_t i = 0; i < collections.count; i++)
        if (!add_collection(repo, &types, &collections.item[i], cancelled, &text, err))
            return cb_context(err, "fingerprint of \"%s\"", chain);
    cb_sha256_text(text.size > 0 ? (const void *)text.data : "", text.size, ret_text);
    return true;
}
