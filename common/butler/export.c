/* Writing export.yaml and its files. */
#include "butler/export.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/tai.h"
#include "butler/dataset_rows.h"
#include "butler/dimension_records.h"
#include "butler/query.h"
#include "butler/rows.h"
#include "domain/region.h"
#include "io/file.h"
#include "io/yaml.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { YAML_MAX = 256 << 20 };

/* Datasets of one type. */
struct type_part {
    struct cb_dataset_type type;
    struct cb_dataset_list datasets;       /* each once, by run */
    struct cb_dataset_list certifications; /* each row, by collection and range */
};

struct exporter {
    struct cb_repo *repo;
    const struct cb_export *wanted;
    struct cb_collection_list collections; /* with chains, in search order */
    struct type_part *parts;
    size_t n_parts;
    struct cb_data_id *related; /* exposures, systems and detectors that relations of visits name */
    size_t n_related;
    struct cb_bytes yaml;
};

static void exporter_done(struct exporter *e)
{
    for (size_t i = 0; i < e->n_parts; i++) {
        cb_dataset_type_done(&e->parts[i].type);
        cb_dataset_list_done(&e->parts[i].datasets);
        cb_dataset_list_done(&e->parts[i].certifications);
    }
    free(e->parts);
    free(e->related);
    cb_collection_list_done(&e->collections);
    cb_bytes_done(&e->yaml);
}

/* ---- gathering ---- */

static bool gather_collections(struct exporter *e, struct cb_error *err)
{
    static const char *const everything[] = { "*" };
    bool all = e->wanted->n_collections == 0;
    return cb_collection_flatten(e->repo, all ? everything : e->wanted->collections,
                                 all ? 1 : e->wanted->n_collections, true, &e->collections, err);
}

static bool has_collection(const struct exporter *e, const char *name)
{
    for (size_t i = 0; i < e->collections.count; i++)
        if (strcmp(e->collections.item[i].name, name) == 0)
            return true;
    return false;
}

/* RUNs that hold datasets of the calibrations belong to the export. */
static bool add_runs(struct exporter *e, const struct cb_dataset_list *datasets, struct cb_error *err)
{
    for (size_t i = 0; i < datasets->count; i++) {
        struct cb_collection run = { 0 };
        if (has_collection(e, datasets->item[i].run))
            continue;
        if (!cb_collection_find(e->repo, datasets->item[i].run, &run, err))
            return false;
        e->collections.item =
            cb_xrealloc_array(e->collections.item, e->collections.count + 1, sizeof *e->collections.item);
        e->collections.item[e->collections.count++] = run;
    }
    return true;
}

static bool gather_type(struct exporter *e, const struct cb_dataset_type *type, const struct cb_query *query,
                        struct cb_error *err)
{
    struct type_part *part = &e->parts[e->n_parts];
    if (!cb_dataset_type_find(e->repo, type->name, &part->type, err))
        return false;
    e->n_parts++;
    return cb_query_datasets(e->repo, type->name, CB_SEARCH_CERTIFICATIONS, query, &part->certifications,
                             err) &&
           cb_query_datasets(e->repo, type->name, CB_SEARCH_ALL, query, &part->datasets, err);
}

static bool gather_parts(struct exporter *e, struct cb_error *err)
{
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    const char **names = cb_xalloc_array(e->collections.count + 1, sizeof *names);
    struct cb_query query = { .collections = names };
    for (size_t i = 0; i < e->collections.count; i++)
        if (e->collections.item[i].type == CB_COLLECTION_CALIBRATION)
            names[query.n_collections++] = e->collections.item[i].name;
    bool ok =
        cb_dataset_type_query(e->repo, e->wanted->dataset_types, e->wanted->n_dataset_types, &types, err);
    e->parts = cb_xalloc_array(types.count + 1, sizeof *e->parts);
    for (size_t i = 0; ok && i < types.count; i++)
        ok = !types.item[i].is_calibration || gather_type(e, &types.item[i], &query, err);
    for (size_t i = 0; ok && i < e->n_parts; i++)
        ok = add_runs(e, &e->parts[i].datasets, err);
    free(names);
    return ok;
}

/* ---- dimension records ---- */

static size_t count_datasets(const struct exporter *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_parts; i++)
        n += e->parts[i].datasets.count;
    return n;
}

/* Data IDs of all datasets, with what they imply. */
static bool expand_ids(struct exporter *e, struct cb_error *err)
{
    size_t n = 0;
    struct cb_data_id **ids = cb_xalloc_array(count_datasets(e) + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < e->n_parts; i++)
        for (size_t k = 0; k < e->parts[i].datasets.count; k++)
            ids[n++] = &e->parts[i].datasets.item[k].data_id;
    bool ok = cb_data_ids_expand(e->repo, ids, n, err);
    free(ids);
    return ok;
}

static void put_date(struct cb_bytes *out, bool bounded, int64_t ns)
{
    char iso[CB_ISO_SIZE];
    if (!bounded) {
        cb_bytes_puts(out, "null");
        return;
    }
    cb_iso_format(ns, 9, ' ', iso);
    cb_bytes_printf(out, "!butler_time/tai/iso '%s'", iso);
}

static void put_timespan_columns(struct cb_bytes *out, const char *text)
{
    struct cb_timespan span = CB_TIMESPAN_ALWAYS;
    bool known = text != NULL && cb_timespan_parse(text, &span, NULL);
    cb_bytes_puts(out, "datetime_begin: ");
    put_date(out, known && cb_timespan_has_begin(span), span.begin_ns);
    cb_bytes_puts(out, ", datetime_end: ");
    put_date(out, known && cb_timespan_has_end(span), span.end_ns);
}

/* The stock butler's own form: !<lsst.sphgeom.ConvexPolygon> {encoded: 70...}, from the stored base64 text.
 */
static void put_region(struct cb_bytes *out, const char *text)
{
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(YAML_MAX);
    const char *class = cb_base64_decode(text, &bytes)
                            ? cb_region_class((const unsigned char *)cb_bytes_text(&bytes), bytes.size)
                            : NULL;
    if (class == NULL) {
        cb_yaml_put_text(out, text);
        return;
    }
    cb_bytes_printf(out, "!<lsst.sphgeom.%s> {encoded: ", class);
    for (size_t i = 0; i < bytes.size; i++)
        cb_bytes_printf(out, "%02x", (unsigned char)bytes.data[i]);
    cb_bytes_puts(out, "}");
}

static void put_value(struct cb_bytes *out, const struct cb_column *column, const char *text)
{
    if (text == NULL)
        cb_bytes_puts(out, "null");
    else if (column->type == CB_TYPE_REGION)
        put_region(out, text);
    else if (column->type == CB_TYPE_HASH) /* bytes, kept as base64 text */
        cb_bytes_printf(out, "!!binary \"%s\"", text);
    else if (column->type == CB_TYPE_BOOL)
        cb_bytes_puts(out, text[0] == 't' ? "true" : "false");
    else if (column->type == CB_TYPE_FLOAT && strpbrk(text, ".nN") == NULL)
        cb_bytes_printf(out, strpbrk(text, "eE") != NULL ? "!!float '%s'" : "%s.0", text);
    else if (column->type == CB_TYPE_INT || column->type == CB_TYPE_FLOAT)
        cb_bytes_puts(out, text);
    else
        cb_yaml_put_text(out, text);
}

static void put_record(struct cb_bytes *out, const struct cb_element *element, const struct cb_rows *rows,
                       size_t row)
{
    cb_bytes_puts(out, "  - {");
    for (size_t k = 0; k < element->n_columns; k++) {
        const struct cb_column *column = &element->columns[k];
        cb_bytes_puts(out, k > 0 ? ", " : "");
        if (column->type == CB_TYPE_TIMESPAN) {
            put_timespan_columns(out, cb_rows_text(rows, row, k));
            continue;
        }
        cb_bytes_printf(out, "%s: ", column->name);
        put_value(out, column, cb_rows_text(rows, row, k));
    }
    cb_bytes_puts(out, "}\n");
}

/* Records of an element that have the keys of data IDs. */
static void put_record_query(struct cb_bytes *sql, const struct cb_element *element, uint32_t keys)
{
    cb_bytes_puts(sql, "SELECT DISTINCT ");
    for (size_t k = 0; k < element->n_columns; k++)
        cb_bytes_printf(sql, "%se.\"%s\"", k > 0 ? ", " : "", element->columns[k].name);
    cb_bytes_printf(sql, " FROM \"%s\" e JOIN ", element->name);
    cb_put_id_source(sql, keys, 1);
    cb_bytes_puts(sql, " ON true");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (keys & CB_DIM(i))
            cb_bytes_printf(sql, " AND e.\"%s\" = i.\"%s\"",
                            cb_element_key_of(element, (enum cb_element_index)i)->name,
                            cb_element_at((enum cb_element_index)i)->name);
    const char *joint = " ORDER BY ";
    for (size_t k = 0; k < element->n_columns; k++)
        if (element->columns[k].role == CB_COLUMN_REQUIRED || element->columns[k].role == CB_COLUMN_PRIMARY) {
            cb_bytes_printf(sql, "%se.\"%s\"", joint, element->columns[k].name);
            joint = ", ";
        }
}

/* Data IDs that have all of the keys. */
static size_t pick_ids(const struct exporter *e, uint32_t keys, const struct cb_data_id **ret_ids)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_parts; i++)
        for (size_t k = 0; k < e->parts[i].datasets.count; k++)
            if ((e->parts[i].datasets.item[k].data_id.has & keys) == keys)
                ret_ids[n++] = &e->parts[i].datasets.item[k].data_id;
    for (size_t i = 0; i < e->n_related; i++)
        if ((e->related[i].has & keys) == keys)
            ret_ids[n++] = &e->related[i];
    return n;
}

static bool find_records(struct exporter *e, const struct cb_element *element, uint32_t keys,
                         struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    struct cb_param params[CB_MAX_ID_ARRAYS];
    size_t n_params = 0;
    const struct cb_data_id **ids =
        cb_xalloc_array(count_datasets(e) + e->n_related + 1, sizeof(const struct cb_data_id *));
    size_t n = pick_ids(e, keys, ids);
    bool ok = cb_id_arrays_fill(&arrays, ids, n, keys, err);
    free(ids);
    if (!ok || n == 0)
        return ok;
    cb_id_arrays_params(&arrays, params, &n_params);
    put_record_query(&sql, element, keys);
    return cb_db_run(e->repo->db, cb_bytes_text(&sql), params, n_params, ret_rows, err);
}

static bool write_element(struct exporter *e, enum cb_element_index index, uint32_t keys,
                          struct cb_error *err)
{
    const struct cb_element *element = cb_element_at(index);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!element->has_table)
        return true;
    if (!find_records(e, element, keys, &rows, err))
        return false;
    if (rows != NULL && cb_rows_count(rows) > 0)
        cb_bytes_printf(&e->yaml, "- type: dimension\n  element: %s\n  records:\n", element->name);
    for (size_t i = 0; rows != NULL && i < cb_rows_count(rows); i++)
        put_record(&e->yaml, element, rows, i);
    return true;
}

/* The relations of visits, and which other dimension each of them names. */
static const struct {
    enum cb_element_index relation, related;
} visit_relations[] = {
    { CB_VISIT_DEFINITION, CB_EXPOSURE },
    { CB_VISIT_DETECTOR_REGION, CB_DETECTOR },
    { CB_VISIT_SYSTEM_MEMBERSHIP, CB_VISIT_SYSTEM },
};
enum { RELATION_COUNT = sizeof visit_relations / sizeof visit_relations[0] };

/* By which keys a relation is exported: where data IDs have all of its keys, just those rows; else all rows
 * of their visits. */
static uint32_t relation_keys(const struct exporter *e, enum cb_element_index relation)
{
    const uint32_t required = cb_element_at(relation)->required;
    for (size_t i = 0; i < e->n_parts; i++)
        if (e->parts[i].datasets.count > 0 &&
            (e->parts[i].datasets.item[0].data_id.has & required) == required)
            return required;
    return CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT);
}

static bool take_key(struct cb_data_id *id, const struct cb_element *relation, size_t column,
                     enum cb_element_index related, const char *text, struct cb_error *err)
{
    const enum cb_element_index keys[] = { CB_INSTRUMENT, related };
    for (size_t i = 0; i < 2; i++)
        if (cb_element_key_of(relation, keys[i]) == &relation->columns[column])
            return cb_data_id_set(id, keys[i], text, err);
    return true;
}

/* What the rows of a relation name beside their visits. */
static bool relate(struct exporter *e, size_t i, struct cb_error *err)
{
    const struct cb_element *relation = cb_element_at(visit_relations[i].relation);
    const enum cb_element_index related = visit_relations[i].related;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!find_records(e, relation, relation_keys(e, visit_relations[i].relation), &rows, err))
        return false;
    size_t n = rows != NULL ? cb_rows_count(rows) : 0;
    e->related = cb_xrealloc_array(e->related, e->n_related + n + 1, sizeof *e->related);
    for (size_t row = 0; row < n; row++) {
        struct cb_data_id id = { 0 };
        for (size_t k = 0; k < relation->n_columns; k++)
            if (!take_key(&id, relation, k, related, cb_rows_text(rows, row, k), err))
                return false;
        e->related[e->n_related++] = id;
    }
    return true;
}

static bool relate_all(struct exporter *e, struct cb_error *err)
{
    for (size_t k = 0; k < RELATION_COUNT; k++)
        if (!relate(e, k, err))
            return false;
    struct cb_data_id **ids = cb_xalloc_array(e->n_related + 1, sizeof(struct cb_data_id *));
    for (size_t i = 0; i < e->n_related; i++)
        ids[i] = &e->related[i];
    bool ok = e->n_related == 0 || cb_data_ids_expand(e->repo, ids, e->n_related, err);
    free(ids);
    return ok;
}

/* What a record refers to comes before it: dimensions in universe order, then relations. */
static bool write_dimensions(struct exporter *e, struct cb_error *err)
{
    if (!relate_all(e, err))
        return false;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const enum cb_element_index index = (enum cb_element_index)i;
        if (!write_element(e, index, cb_element_at(index)->required, err))
            return false;
    }
    for (size_t k = 0; k < RELATION_COUNT; k++)
        if (!write_element(e, visit_relations[k].relation, relation_keys(e, visit_relations[k].relation),
                           err))
            return false;
    return true;
}

/* ---- collections, types, datasets, associations ---- */

static bool write_collection(struct exporter *e, const struct cb_collection *collection, struct cb_error *err)
{
    struct cb_bytes *out = &e->yaml;
    cb_bytes_printf(out, "- type: collection\n  collection_type: %s\n  name: ",
                    cb_collection_type_name(collection->type));
    cb_yaml_put_text(out, collection->name);
    cb_bytes_puts(out, "\n");
    if (collection->doc != NULL) {
        cb_bytes_puts(out, "  doc: ");
        cb_yaml_put_text(out, collection->doc);
        cb_bytes_puts(out, "\n");
    }
    if (collection->type == CB_COLLECTION_RUN)
        cb_bytes_puts(out, "  host: null\n  timespan_begin: null\n  timespan_end: null\n");
    if (collection->type != CB_COLLECTION_CHAINED)
        return true;
    cb_auto_collections struct cb_collection_list children = { 0 };
    if (!cb_chain_children(e->repo, collection->name, &children, err))
        return false;
    cb_bytes_puts(out, children.count > 0 ? "  children:\n" : "  children: []\n");
    for (size_t i = 0; i < children.count; i++) {
        cb_bytes_puts(out, "  - ");
        cb_yaml_put_text(out, children.item[i].name);
        cb_bytes_puts(out, "\n");
    }
    return true;
}

/* How many chains lie below: children are written before their parents. */
static bool depth_of(struct exporter *e, const struct cb_collection *collection, int guard, int *ret_depth,
                     struct cb_error *err)
{
    *ret_depth = 0;
    if (collection->type != CB_COLLECTION_CHAINED || guard == 0)
        return true;
    cb_auto_collections struct cb_collection_list children = { 0 };
    if (!cb_chain_children(e->repo, collection->name, &children, err))
        return false;
    for (size_t i = 0; i < children.count; i++) {
        int below = 0;
        if (!depth_of(e, &children.item[i], guard - 1, &below, err))
            return false;
        *ret_depth = below + 1 > *ret_depth ? below + 1 : *ret_depth;
    }
    *ret_depth = *ret_depth > 0 ? *ret_depth : 1;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct cb_collection *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static bool write_collections(struct exporter *e, struct cb_error *err)
{
    enum { DEEPEST = 32 };
    int *depth = cb_xalloc_array(e->collections.count + 1, sizeof *depth);
    qsort(e->collections.item, e->collections.count, sizeof *e->collections.item, compare_names);
    bool ok = true;
    for (size_t i = 0; ok && i < e->collections.count; i++)
        ok = depth_of(e, &e->collections.item[i], DEEPEST, &depth[i], err);
    for (int level = 0; ok && level <= DEEPEST; level++)
        for (size_t i = 0; ok && i < e->collections.count; i++)
            ok = depth[i] != level || write_collection(e, &e->collections.item[i], err);
    free(depth);
    return ok;
}

static void write_type(struct exporter *e, const struct cb_dataset_type *type)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t n = cb_dimensions_list(cb_dimensions_expand(type->dims), names);
    cb_bytes_printf(&e->yaml, "- type: dataset_type\n  name: %s\n  dimensions: [", type->name);
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(&e->yaml, "%s%s", i > 0 ? ", " : "", names[i]);
    cb_bytes_printf(&e->yaml, "]\n  storage_class: %s\n  is_calibration: %s\n", type->storage_class,
                    type->is_calibration ? "true" : "false");
}

static void put_data_id(struct cb_bytes *out, const struct cb_data_id *id, uint32_t dims)
{
    const char *comma = "";
    cb_bytes_puts(out, "{");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        enum cb_element_index dimension = (enum cb_element_index)i;
        char text[CB_DIMENSION_TEXT_SIZE];
        if (!(dims & CB_DIM(i)))
            continue;
        cb_bytes_printf(out, "%s%s: ", comma, cb_element_at(dimension)->name);
        cb_data_id_value(id, dimension, text);
        if (cb_data_id_text(id, dimension) != NULL)
            cb_yaml_put_text(out, text);
        else
            cb_bytes_puts(out, text);
        comma = ", ";
    }
    cb_bytes_puts(out, "}");
}

/* ".fits", ".fits.gz": how a path ends, with what comes before the name of a compression. */
static const char *extension_of(const char *path)
{
    static const char *const compressions[] = { ".gz", ".fz", ".bz2", ".xz", ".zst" };
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') : path;
    const char *last = strrchr(name, '.');
    if (last == NULL)
        return "";
    bool compressed = false;
    for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++)
        compressed = compressed || strcmp(last, compressions[i]) == 0;
    const char *before = last;
    while (compressed && before > name)
        if (*--before == '.')
            return before;
    return last;
}

/* Where a file goes below the folder; one that lies outside the repository goes where the repository would
 * have put it. To be freed. */
static bool place_of(const struct exporter *e, const struct cb_dataset *dataset, char **ret_path,
                     struct cb_error *err)
{
    const char *prefix = e->wanted->path_prefix != NULL ? e->wanted->path_prefix : "";
    cb_auto(cb_free) char *own = NULL;
    if (strstr(dataset->path, "://") != NULL &&
        !cb_dataset_template_path(e->repo, dataset->type, dataset->run, &dataset->data_id,
                                  extension_of(dataset->path), &own, err))
        return false;
    *ret_path = cb_xasprintf("%s%s", prefix, own != NULL ? own : dataset->path);
    return true;
}

/* The path as the importer will read it. */
static bool exported_path(const struct exporter *e, const struct cb_dataset *dataset, char **ret_path,
                          struct cb_error *err)
{
    if (e->wanted->only_yaml ? strstr(dataset->path, "://") == NULL
                             : e->wanted->transfer != CB_TRANSFER_DIRECT)
        return place_of(e, dataset, ret_path, err);
    *ret_path = cb_dataset_uri(e->repo, dataset);
    return true;
}

static bool write_dataset(struct exporter *e, const struct cb_dataset_type *type,
                          const struct cb_dataset *dataset, struct cb_error *err)
{
    if (dataset->path == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "dataset %s (%s) has no file in the datastore", dataset->id,
                       type->name);
    cb_auto(cb_free) char *path = NULL;
    if (!exported_path(e, dataset, &path, err))
        return false;
    cb_bytes_printf(&e->yaml, "  - dataset_id:\n    - !uuid '%s'\n    data_id:\n    - ", dataset->id);
    put_data_id(&e->yaml, &dataset->data_id, type->dims);
    cb_bytes_puts(&e->yaml, "\n    path: ");
    cb_yaml_put_text(&e->yaml, path);
    cb_bytes_puts(&e->yaml, "\n    formatter: ");
    cb_yaml_put_text(&e->yaml, dataset->formatter);
    cb_bytes_puts(&e->yaml, "\n");
    return true;
}

static bool write_datasets(struct exporter *e, const struct type_part *part, struct cb_error *err)
{
    for (size_t i = 0; i < part->datasets.count; i++) {
        const struct cb_dataset *dataset = &part->datasets.item[i];
        if (i == 0 || strcmp(dataset->run, part->datasets.item[i - 1].run) != 0) {
            cb_bytes_printf(&e->yaml, "- type: dataset\n  dataset_type: %s\n  run: ", part->type.name);
            cb_yaml_put_text(&e->yaml, dataset->run);
            cb_bytes_puts(&e->yaml, "\n  records:\n");
        }
        if (!write_dataset(e, &part->type, dataset, err))
            return false;
    }
    return true;
}

static int compare_certifications(const void *a, const void *b)
{
    const struct cb_dataset *left = a, *right = b;
    if (left->validity.begin_ns != right->validity.begin_ns)
        return left->validity.begin_ns < right->validity.begin_ns ? -1 : 1;
    if (left->validity.end_ns != right->validity.end_ns)
        return left->validity.end_ns < right->validity.end_ns ? -1 : 1;
    return strcmp(left->id, right->id);
}

static void write_ranges(struct exporter *e, const struct cb_dataset *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !cb_timespan_equal(rows[i].validity, rows[i - 1].validity)) {
            cb_bytes_puts(&e->yaml, "  - timespan: !lsst.daf.butler.Timespan\n      begin: ");
            put_date(&e->yaml, cb_timespan_has_begin(rows[i].validity), rows[i].validity.begin_ns);
            cb_bytes_puts(&e->yaml, "\n      end: ");
            put_date(&e->yaml, cb_timespan_has_end(rows[i].validity), rows[i].validity.end_ns);
            cb_bytes_puts(&e->yaml, "\n    dataset_ids:\n");
        }
        cb_bytes_printf(&e->yaml, "    - !uuid '%s'\n", rows[i].id);
    }
}

/* The certifications of one collection, of all types, by range. */
static void write_association(struct exporter *e, const char *collection)
{
    size_t n = 0, room = 0;
    for (size_t i = 0; i < e->n_parts; i++)
        room += e->parts[i].certifications.count;
    struct cb_dataset *rows = cb_xalloc_array(room + 1, sizeof *rows); /* borrowed texts */
    for (size_t i = 0; i < e->n_parts; i++)
        for (size_t k = 0; k < e->parts[i].certifications.count; k++)
            if (strcmp(e->parts[i].certifications.item[k].collection, collection) == 0)
                rows[n++] = e->parts[i].certifications.item[k];
    qsort(rows, n, sizeof *rows, compare_certifications);
    if (n > 0) {
        cb_bytes_puts(&e->yaml, "- type: associations\n  collection: ");
        cb_yaml_put_text(&e->yaml, collection);
        cb_bytes_puts(&e->yaml, "\n  collection_type: CALIBRATION\n  validity_ranges:\n");
        write_ranges(e, rows, n);
    }
    free(rows);
}

static bool write_yaml(struct exporter *e, struct cb_error *err)
{
    cb_bytes_printf(&e->yaml,
                    "description: Butler Data Repository Export\nversion: 1.0.2\nuniverse_version: %d\n"
                    "universe_namespace: %s\ndata:\n",
                    CB_UNIVERSE_VERSION, CB_UNIVERSE_NAMESPACE);
    if (!write_dimensions(e, err) || !write_collections(e, err))
        return false;
    for (size_t i = 0; i < e->n_parts; i++) {
        if (e->parts[i].datasets.count == 0)
            continue;
        write_type(e, &e->parts[i].type);
        if (!write_datasets(e, &e->parts[i], err))
            return false;
    }
    for (size_t i = 0; i < e->collections.count; i++)
        if (e->collections.item[i].type == CB_COLLECTION_CALIBRATION)
            write_association(e, e->collections.item[i].name);
    return cb_bytes_ok(&e->yaml) ||
           cb_fail(err, CB_ERR_INVALID, "the export is larger than %d bytes", YAML_MAX);
}

/* ---- files ---- */

static bool bring_file(const struct exporter *e, const struct cb_dataset *dataset, struct cb_error *err)
{
    cb_auto(cb_free) char *source = NULL, *place = NULL;
    if (!place_of(e, dataset, &place, err) || !cb_dataset_source(e->repo, dataset, &source, err))
        return false;
    cb_auto(cb_free) char *target = cb_xasprintf("%s/%s", e->wanted->folder, place);
    return cb_datastore_copy_out(source, target, e->wanted->transfer, err);
}

static bool bring_files(const struct exporter *e, struct cb_error *err)
{
    bool none = e->wanted->only_yaml || e->wanted->transfer == CB_TRANSFER_DIRECT;
    for (size_t i = 0; !none && i < e->n_parts; i++)
        for (size_t k = 0; k < e->parts[i].datasets.count; k++)
            if (!bring_file(e, &e->parts[i].datasets.item[k], err))
                return false;
    return true;
}

static bool check_folder(const struct cb_export *wanted, struct cb_error *err)
{
    struct stat info;
    if (wanted->transfer == CB_TRANSFER_MOVE)
        return cb_fail(err, CB_ERR_INVALID, "an export cannot move files out of the repository");
    if (strstr(wanted->folder, "://") != NULL)
        return cb_fail(err, CB_ERR_INVALID,
                       "an export goes into a folder of this machine; copy it from there to its place");
    return wanted->only_yaml || stat(wanted->folder, &info) != 0 ||
           cb_fail(err, CB_ERR_CONFLICT, "\"%s\" exists: an export starts with a folder of its own",
                   wanted->folder);
}

static bool finish(struct exporter *e, struct cb_error *err)
{
    cb_auto(cb_free) char *path = cb_xasprintf(
        "%s/%s", e->wanted->folder, e->wanted->yaml_name != NULL ? e->wanted->yaml_name : "export.yaml");
    return bring_files(e, err) && cb_file_make_parents(path, err) &&
           cb_file_replace(path, cb_bytes_text(&e->yaml), e->yaml.size, err);
}

static void give_datasets(struct exporter *e, struct cb_dataset_list *ret_datasets)
{
    *ret_datasets =
        (struct cb_dataset_list){ .item = cb_xalloc_array(count_datasets(e) + 1, sizeof(struct cb_dataset)) };
    for (size_t i = 0; i < e->n_parts; i++) {
        for (size_t k = 0; k < e->parts[i].datasets.count; k++)
            ret_datasets->item[ret_datasets->count++] = e->parts[i].datasets.item[k];
        e->parts[i].datasets.count = 0; /* theirs now */
    }
}

bool cb_export_calibs(struct cb_repo *repo, const struct cb_export *export,
                      struct cb_dataset_list *ret_datasets, struct cb_error *err)
{
    struct exporter e = { .repo = repo, .wanted = export, .yaml = CB_BYTES(YAML_MAX) };
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    bool ok = check_folder(export, err) && cb_repo_begin(repo, &tx, err) && gather_collections(&e, err) &&
              gather_parts(&e, err) && expand_ids(&e, err) && write_yaml(&e, err) && finish(&e, err);
    if (ok && ret_datasets != NULL)
        give_datasets(&e, ret_datasets);
    exporter_done(&e);
    return ok || cb_context(err, "cannot export to \"%s\"", export->folder);
}
