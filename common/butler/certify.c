/* Certification and tags, under the butler's own lock. Source: butler.md 3.3, 3.6, 3.7, 9.5. */
#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/dataset_tables.h"
#include "butler/recertify.h"
#include "butler/rows.h"
#include "sql.h"

#include <inttypes.h>
#include <string.h>

/* What one call is about. */
struct link_set {
    struct cb_dataset_type type;
    struct cb_collection collection;
    size_t count;
    struct cb_data_id *data_id; /* [count] */
    const struct cb_data_id **ids;
};

static void link_set_done(struct link_set *set)
{
    cb_dataset_type_done(&set->type);
    cb_collection_done(&set->collection);
    free(set->data_id);
    free(set->ids);
}
static void link_set_done_at_exit(struct link_set *set)
{
    link_set_done(set);
}
#define auto_link_set __attribute__((cleanup(link_set_done_at_exit)))

static bool load(struct cb_repo *repo, const char *collection, const char *const *ids, size_t n,
                 struct link_set *set, struct cb_error *err)
{
    if (!cb_collection_find(repo, collection, &set->collection, err) ||
        !cb_data_ids_of_one_type(repo, ids, n, &set->type, &set->data_id, err))
        return false;
    set->count = n;
    set->ids = cb_xalloc_array(n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < n; i++)
        set->ids[i] = &set->data_id[i];
    return true;
}

bool cb_check_certifiable(const struct cb_collection *collection, const struct cb_dataset_type *type,
                          struct cb_error *err)
{
    if (collection->type != CB_COLLECTION_CALIBRATION)
        return cb_fail(err, CB_ERR_INVALID,
                       "Cannot certify into collection '%s' of type %s; must be CALIBRATION.",
                       collection->name, cb_collection_type_name(collection->type));
    return type->is_calibration ||
           cb_fail(err, CB_ERR_INVALID,
                   "Cannot certify datasets of type '%s', for which isCalibration=False.", type->name);
}

static int compare_ids(const void *a, const void *b)
{
    const struct cb_data_id *const *left = a, *const *right = b;
    return cb_data_id_compare(*left, *right);
}

/* Two datasets of one data ID in one call would make every later look-up ambiguous. */
static bool check_distinct(const struct link_set *set, struct cb_error *err)
{
    size_t n = set->count;
    const struct cb_data_id **sorted = cb_xalloc_array(n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < n; i++)
        sorted[i] = set->ids[i];
    qsort(sorted, n, sizeof(const struct cb_data_id *), compare_ids);
    bool ok = true;
    for (size_t i = 1; i < n && ok; i++)
        if (compare_ids(&sorted[i - 1], &sorted[i]) == 0) {
            cb_auto_bytes struct cb_bytes text = CB_BYTES(600);
            cb_data_id_format(sorted[i], &text);
            ok = cb_fail(err, CB_ERR_INVALID, "two datasets of type %s with data ID %s in one call",
                         set->type.name, cb_bytes_text(&text));
        }
    free(sorted);
    return ok;
}

bool cb_lock_calibs(struct cb_repo *repo, const struct cb_dataset_type *type, struct cb_error *err)
{
    cb_auto(cb_free) char *sql =
        cb_xasprintf(CB_CHECK_KEYS_BY_INDEX "LOCK TABLE \"%s\" IN EXCLUSIVE MODE", type->calibs_table);
    return cb_db_script(repo->db, sql, err);
}

static bool fail_overlap(const struct link_set *set, const struct cb_rows *rows, struct cb_timespan validity,
                         struct cb_error *err)
{
    char range[CB_TIMESPAN_ISO_SIZE], there[CB_TIMESPAN_ISO_SIZE] = "";
    struct cb_timespan first;
    cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
    cb_timespan_format_iso(validity, range);
    if (cb_timespan_parse(cb_rows_text(rows, 0, 1), &first, NULL))
        cb_timespan_format_iso(first, there);
    cb_data_id_format(set->ids[cb_rows_int(rows, 0, 0)], &id);
    return cb_fail(err, CB_ERR_CONFLICT,
                   "%zu validity range conflicts certifying datasets of type %s into %s for range %s: "
                   "%s is certified for %s, as dataset %s",
                   cb_rows_count(rows), set->type.name, set->collection.name, range, cb_bytes_text(&id),
                   there, cb_rows_text(rows, 0, 2));
}

/* Certifications of the data IDs that overlap the range. */
static bool find_overlaps(struct cb_repo *repo, const struct link_set *set, struct cb_timespan validity,
                          struct cb_rows **ret_rows, struct cb_error *err)
{
    char range[CB_TIMESPAN_TEXT_SIZE];
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_timespan_format(validity, range);
    struct cb_param params[3 + CB_MAX_ID_ARRAYS] = { cb_p_int(set->type.id), cb_p_int(set->collection.id),
                                                     cb_p_text(range) };
    size_t n_params = 3;
    if (!cb_id_arrays_fill(&arrays, set->ids, set->count, set->type.dims, err))
        return false;
    cb_id_arrays_params(&arrays, params, &n_params);
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&sql, "SELECT i.n, t.timespan, t.dataset_id FROM ");
    cb_put_id_source(&sql, set->type.dims, 4);
    cb_bytes_printf(&sql,
                    " JOIN \"%s\" t ON t.dataset_type_id = $1 AND t.collection_id = $2"
                    " AND t.timespan && $3::int8range",
                    set->type.calibs_table);
    cb_put_id_match(&sql, set->type.dims, "t");
    cb_bytes_puts(&sql, " ORDER BY i.n, t.timespan");
    return cb_db_run(repo->db, cb_bytes_text(&sql), params, n_params, ret_rows, err);
}

/* Datasets and what is to become of them in a collection. */
struct linking {
    const char *collection;
    const char *const *ids;
    size_t n;
    struct cb_timespan validity; /* of a certification */
};

/* $5 their ids, $6 how many there are: the rows of all of them, or of none where one is missing, of another
 * type, shares its data ID with another, or overlaps what is certified. In the order of the index, whose last
 * entry before the end of the range is the only one that can overlap it: those of one data ID are disjoint or
 * equal (find_sql.c). */
static void put_certify(struct cb_bytes *sql, const struct cb_dataset_type *type)
{
    cb_bytes_puts(sql, "WITH fit AS MATERIALIZED (SELECT i.dataset_id");
    cb_put_id_columns(sql, type->dims, "i");
    cb_bytes_puts(sql, " FROM (SELECT DISTINCT ON (t.dataset_type_id");
    cb_put_id_columns(sql, type->dims, "t");
    cb_bytes_puts(sql, ") t.dataset_id");
    cb_put_id_columns(sql, type->dims, "t");
    cb_bytes_printf(sql,
                    " FROM unnest($5::uuid[]) AS asked (id) JOIN dataset d ON d.id = asked.id JOIN \"%s\" t"
                    " ON t.dataset_id = d.id AND t.collection_id = d.run_id AND t.dataset_type_id = $1"
                    " ORDER BY t.dataset_type_id",
                    type->tags_table);
    cb_put_id_columns(sql, type->dims, "t");
    cb_bytes_printf(sql,
                    ") i WHERE NOT EXISTS (SELECT FROM (SELECT t.timespan FROM \"%s\" t"
                    " WHERE t.dataset_type_id = $1 AND t.collection_id = $2"
                    " AND t.timespan < int8range($4::bigint, $4::bigint + 1)",
                    type->calibs_table);
    cb_put_id_match(sql, type->dims, "t");
    cb_bytes_puts(sql, " ORDER BY t.timespan DESC LIMIT 1) t WHERE t.timespan && $3::int8range)) ");
    cb_put_calibs_insert(sql, type);
    cb_bytes_puts(sql, ", $1::bigint, i.dataset_id, $2::bigint, $3::int8range");
    cb_put_id_columns(sql, type->dims, "i");
    cb_bytes_puts(sql, " FROM fit i WHERE (SELECT count(*) FROM fit) = $6::bigint");
}

static bool insert_calibs(struct cb_repo *repo, const struct cb_collection *collection,
                          const struct cb_dataset_type *type, const struct linking *it, const char *uuids,
                          bool *ret_done, struct cb_error *err)
{
    char range[CB_TIMESPAN_TEXT_SIZE];
    cb_timespan_format(it->validity, range);
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_auto(cb_rows_free) struct cb_rows *inserted = NULL;
    put_certify(&sql, type);
    if (!cb_db_run(repo->db, cb_bytes_text(&sql),
                   CB_P(cb_p_int(type->id), cb_p_int(collection->id), cb_p_text(range),
                        cb_p_int(it->validity.end_ns), cb_p_text(uuids), cb_p_int((int64_t)it->n)),
                   &inserted, err))
        return false;
    *ret_done = cb_rows_affected(inserted) == it->n;
    return true;
}

/* A statement waited for a removal, which then took what it points at. */
static bool was_removed(const struct cb_repo *repo)
{
    return strcmp(cb_db_sqlstate(repo->db), "23503") == 0;
}

static bool fail_removed(const char *type, const char *collection, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_CONFLICT,
                   "%s of the call, or the collection \"%s\", was removed at the same moment", type,
                   collection);
}

static bool count_stored(struct cb_repo *repo, const char *uuids, int64_t *ret_count, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_count_stored, CB_P(cb_p_text(uuids)), &rows, err))
        return false;
    *ret_count = cb_rows_int(rows, 0, 0);
    return true;
}

/* The lock and the insert have waited for whoever was taking these datasets or their files, and keep others
 * from it. */
static bool check_stored(struct cb_repo *repo, const struct cb_dataset_type *type, const char *uuids,
                         int64_t before, struct cb_error *err)
{
    int64_t after = 0;
    return count_stored(repo, uuids, &after, err) &&
           (after == before || cb_fail(err, CB_ERR_CONFLICT,
                                       "%" PRId64 " %s of the call, or their files, were removed at the same "
                                       "moment",
                                       before - after, type->name));
}

static bool insert_stored(struct cb_repo *repo, const struct cb_collection *collection,
                          const struct cb_dataset_type *type, const struct linking *it, const char *uuids,
                          int64_t before, bool *ret_done, struct cb_error *err)
{
    if (insert_calibs(repo, collection, type, it, uuids, ret_done, err))
        return check_stored(repo, type, uuids, before, err);
    return was_removed(repo) ? fail_removed(type->name, collection->name, err) : false;
}

/* Why none was certified. */
static bool fail_refused(struct cb_repo *repo, const struct linking *it, struct cb_error *err)
{
    auto_link_set struct link_set set = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *overlaps = NULL;
    if (!load(repo, it->collection, it->ids, it->n, &set, err) || !check_distinct(&set, err) ||
        !find_overlaps(repo, &set, it->validity, &overlaps, err))
        return false;
    return cb_rows_count(overlaps) > 0
               ? fail_overlap(&set, overlaps, it->validity, err)
               : cb_fail(err, CB_ERR_FATAL, "%zu datasets of type %s were not certified into %s", it->n,
                         set.type.name, it->collection);
}

static bool certify(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct linking *it = arg;
    cb_auto_collection struct cb_collection collection = { 0 };
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto_bytes struct cb_bytes uuids = CB_BYTES(CB_ARRAY_MAX);
    const char *array = cb_text_array(&uuids, it->ids, it->n);
    bool done = false;
    int64_t stored = 0;
    return count_stored(repo, array, &stored, err) &&
           cb_collection_find(repo, it->collection, &collection, err) &&
           cb_dataset_type_of(repo, it->ids[0], &type, err) &&
           cb_check_certifiable(&collection, &type, err) &&
           cb_add_summaries_of(repo, collection.id, &type, array, err) && cb_lock_calibs(repo, &type, err) &&
           cb_dataset_table_refresh(repo, type.calibs_table, err) &&
           insert_stored(repo, &collection, &type, it, array, stored, &done, err) &&
           (done || fail_refused(repo, it, err));
}

bool cb_certify(struct cb_repo *repo, const char *collection, const char *const *ids, size_t n,
                struct cb_timespan validity, struct cb_error *err)
{
    if (cb_timespan_is_empty(validity))
        return cb_fail(err, CB_ERR_INVALID, "cannot certify into \"%s\": the validity range is empty",
                       collection);
    if (n == 0)
        return cb_fail(err, CB_ERR_INVALID, "cannot certify into \"%s\": no dataset is given", collection);
    struct linking it = { collection, ids, n, validity };
    return cb_repo_transact(repo, certify, &it, err);
}

/* Take the range out of the rows of `t`; what is left before and after it goes back in under new ids. */
static void put_decertify(struct cb_bytes *sql, const struct cb_dataset_type *type, bool by_id)
{
    cb_bytes_printf(sql, "WITH gone AS (DELETE FROM \"%s\" t", type->calibs_table);
    if (by_id) {
        cb_bytes_puts(sql, " USING ");
        cb_put_id_source(sql, type->dims, 4);
    }
    cb_bytes_puts(sql,
                  " WHERE t.dataset_type_id = $1 AND t.collection_id = $2 AND t.timespan && $3::int8range");
    if (by_id)
        cb_put_id_match(sql, type->dims, "t");
    cb_bytes_puts(sql, " RETURNING t.*), kept AS (");
    cb_put_calibs_insert(sql, type);
    cb_bytes_puts(sql, ", g.dataset_type_id, g.dataset_id, g.collection_id, rest.span");
    cb_put_id_columns(sql, type->dims, "g");
    cb_bytes_puts(sql, " FROM gone g, LATERAL (VALUES"
                       " (CASE WHEN lower_inf($3::int8range) THEN 'empty' ELSE g.timespan * int8range(NULL, "
                       "lower($3::int8range)) END),"
                       " (CASE WHEN upper_inf($3::int8range) THEN 'empty' ELSE g.timespan * "
                       "int8range(upper($3::int8range), NULL) END)"
                       ") rest (span) WHERE NOT isempty(rest.span)) SELECT g.id, g.dataset_id, g.timespan");
    cb_put_id_columns(sql, type->dims, "g");
    cb_bytes_puts(sql, " FROM gone g ORDER BY g.dataset_type_id");
    cb_put_id_columns(sql, type->dims, "g");
    cb_bytes_puts(sql, ", g.timespan");
}

/* What was taken out of each row, in place of what an attempt before has read. */
static bool read_remains(const struct cb_rows *rows, const struct cb_dataset_type *type,
                         struct cb_timespan range, struct cb_range_changes *changes, struct cb_error *err)
{
    size_t n = cb_rows_count(rows);
    cb_range_changes_done(changes);
    changes->item = cb_xalloc_array(n + 1, sizeof *changes->item);
    for (; changes->count < n; changes->count++) {
        struct cb_range_change *change = &changes->item[changes->count];
        struct cb_timespan rest[2] = { { 0 }, { 0 } };
        if (!cb_range_change_read(rows, changes->count, type, change, err))
            return false;
        (void)cb_timespan_difference(change->old_range, range, rest);
        change->new_range = rest[0];
        change->rest = rest[1];
    }
    return true;
}

static bool run_decertify(struct cb_repo *repo, const struct cb_collection *collection,
                          const struct cb_dataset_type *type, struct cb_timespan range,
                          const struct cb_data_id *data_ids, size_t n, struct cb_range_changes *changes,
                          struct cb_error *err)
{
    char text[CB_TIMESPAN_TEXT_SIZE];
    cb_timespan_format(range, text);
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    struct cb_param params[3 + CB_MAX_ID_ARRAYS] = { cb_p_int(type->id), cb_p_int(collection->id),
                                                     cb_p_text(text) };
    size_t n_params = 3;
    const struct cb_data_id **ids = cb_xalloc_array(n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < n; i++)
        ids[i] = &data_ids[i];
    bool ok = cb_id_arrays_fill(&arrays, ids, n, type->dims, err);
    free(ids);
    if (n > 0)
        cb_id_arrays_params(&arrays, params, &n_params);
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    put_decertify(&sql, type, n > 0);
    return ok && cb_db_run(repo->db, cb_bytes_text(&sql), params, n_params, &rows, err) &&
           read_remains(rows, type, range, changes, err);
}

/* The arguments of cb_decertify, and its answer. */
struct withdrawal {
    const char *collection, *type;
    struct cb_timespan range;
    const struct cb_data_id *data_ids;
    size_t n;
    struct cb_range_changes changes;
};

static bool decertify(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct withdrawal *it = arg;
    cb_auto_collection struct cb_collection target = { 0 };
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    return cb_collection_find(repo, it->collection, &target, err) &&
           cb_dataset_type_find(repo, it->type, &type, err) && cb_check_certifiable(&target, &type, err) &&
           cb_lock_calibs(repo, &type, err) &&
           run_decertify(repo, &target, &type, it->range, it->data_ids, it->n, &it->changes, err);
}

bool cb_decertify(struct cb_repo *repo, const char *collection, const char *type, struct cb_timespan range,
                  const struct cb_data_id *data_ids, size_t n, size_t *ret_count, struct cb_error *err)
{
    if (cb_timespan_is_empty(range))
        return cb_fail(err, CB_ERR_INVALID, "cannot decertify from \"%s\": the range is empty", collection);
    struct withdrawal it = { collection, type, range, data_ids, n, { 0 } };
    bool ok = cb_repo_transact(repo, decertify, &it, err);
    if (ok && ret_count != NULL)
        *ret_count = it.changes.count;
    cb_range_changes_done(&it.changes);
    return ok;
}

bool cb_withdraw(struct cb_repo *repo, const char *collection, const char *type, struct cb_timespan range,
                 const struct cb_data_id *data_ids, size_t n, struct cb_range_changes *ret_changes,
                 struct cb_error *err)
{
    if (cb_timespan_is_empty(range))
        return cb_fail(err, CB_ERR_INVALID, "cannot decertify from \"%s\": the range is empty", collection);
    struct withdrawal it = { collection, type, range, data_ids, n, { 0 } };
    if (!cb_repo_transact(repo, decertify, &it, err) ||
        (it.changes.count == 0 &&
         !cb_fail(err, CB_ERR_NOT_FOUND, "no %s is certified in %s in that range", type, collection))) {
        cb_range_changes_done(&it.changes);
        return false;
    }
    *ret_changes = it.changes;
    return true;
}

static bool check_tagged(const struct cb_collection *collection, struct cb_error *err)
{
    return collection->type == CB_COLLECTION_TAGGED ||
           cb_fail(err, CB_ERR_INVALID, "Collection '%s' has type %s, not TAGGED.", collection->name,
                   cb_collection_type_name(collection->type));
}

static bool insert_tags(struct cb_repo *repo, const struct link_set *set, const char *uuids,
                        struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    if (!cb_id_arrays_fill(&arrays, set->ids, set->count, set->type.dims, err))
        return false;
    struct cb_param params[3 + CB_MAX_ID_ARRAYS] = { cb_p_int(set->type.id), cb_p_int(set->collection.id),
                                                     cb_p_text(uuids) };
    size_t n_params = 3;
    cb_id_arrays_params(&arrays, params, &n_params);
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_printf(&sql, "INSERT INTO \"%s\" (dataset_type_id, dataset_id, collection_id",
                    set->type.tags_table);
    cb_put_dimension_names(&sql, set->type.dims);
    cb_bytes_puts(&sql, ") SELECT $1::bigint, ($3::uuid[])[i.n + 1], $2::bigint");
    cb_put_id_columns(&sql, set->type.dims, "i");
    cb_bytes_puts(&sql, " FROM ");
    cb_put_id_source(&sql, set->type.dims, 4);
    cb_bytes_puts(&sql, " ON CONFLICT (dataset_id, collection_id) DO NOTHING");
    return cb_db_run(repo->db, cb_bytes_text(&sql), params, n_params, NULL, err);
}

static bool associate(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct linking *it = arg;
    auto_link_set struct link_set set = { 0 };
    cb_auto_bytes struct cb_bytes uuids = CB_BYTES(CB_ARRAY_MAX);
    if (!load(repo, it->collection, it->ids, it->n, &set, err) || !check_tagged(&set.collection, err) ||
        !cb_add_summaries(repo, set.collection.id, &set.type, set.ids, set.count, err))
        return false;
    if (insert_tags(repo, &set, cb_text_array(&uuids, it->ids, it->n), err))
        return true;
    return was_removed(repo)
               ? fail_removed(set.type.name, set.collection.name, err)
               : cb_context(err, "another dataset of type %s with the same data ID is in \"%s\"",
                            set.type.name, it->collection);
}

bool cb_associate(struct cb_repo *repo, const char *collection, const char *const *ids, size_t n,
                  struct cb_error *err)
{
    struct linking it = { .collection = collection, .ids = ids, .n = n };
    return n == 0 || cb_repo_transact(repo, associate, &it, err);
}

static bool disassociate(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct linking *it = arg;
    auto_link_set struct link_set set = { 0 };
    cb_auto_bytes struct cb_bytes uuids = CB_BYTES(CB_ARRAY_MAX);
    if (!load(repo, it->collection, it->ids, it->n, &set, err) || !check_tagged(&set.collection, err))
        return false;
    cb_auto(cb_free) char *sql = cb_xasprintf(
        "DELETE FROM \"%s\" WHERE collection_id = $1 AND dataset_id = ANY ($2::uuid[])", set.type.tags_table);
    return cb_db_run(repo->db, sql,
                     CB_P(cb_p_int(set.collection.id), cb_p_text(cb_text_array(&uuids, it->ids, it->n))),
                     NULL, err);
}

bool cb_disassociate(struct cb_repo *repo, const char *collection, const char *const *ids, size_t n,
                     struct cb_error *err)
{
    struct linking it = { .collection = collection, .ids = ids, .n = n };
    return n == 0 || cb_repo_transact(repo, disassociate, &it, err);
}
