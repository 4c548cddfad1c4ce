/* Changing validity ranges of what is certified. Source: butler.md 3.6, 9.3. */
#include "butler/recertify.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"

#include <stdlib.h>
#include <string.h>

void cb_range_changes_done(struct cb_range_changes *changes)
{
    free(changes->item);
    *changes = (struct cb_range_changes){ 0 };
}

/* One attempt. */
struct attempt {
    const struct cb_recertification *wanted;
    struct cb_range_changes changes;
};

/* What of cb_recertification.only is a parameter, from $3 on. */
static bool put_conditions(struct cb_bytes *sql, const struct cb_recertification *wanted,
                           const struct cb_dataset_type *type, char (*values)[CB_DIMENSION_TEXT_SIZE],
                           struct cb_param *params, size_t *n, struct cb_error *err)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const struct cb_element *element = cb_element_at((enum cb_element_index)i);
        if ((wanted->only.has & CB_DIM(i)) == 0)
            continue;
        if ((type->dims & CB_DIM(i)) == 0)
            return cb_fail(err, CB_ERR_INVALID, "datasets of type %s have no %s", type->name, element->name);
        bool is_text = cb_element_key(element)->type == CB_TYPE_STRING;
        cb_data_id_value(&wanted->only, (enum cb_element_index)i, values[*n]);
        params[*n] = cb_p_text(values[*n]);
        ++*n;
        cb_bytes_printf(sql, " AND t.\"%s\" = $%zu::%s", element->name, *n, is_text ? "text" : "bigint");
    }
    if (wanted->at_ns != NULL) {
        params[(*n)++] = cb_p_int(*wanted->at_ns);
        cb_bytes_printf(sql, " AND t.timespan @> $%zu::bigint", *n);
    }
    return true;
}

/* Nothing is chosen: by what. */
static bool fail_none(const struct cb_recertification *wanted, const char *type, const char *collection,
                      struct cb_error *err)
{
    char at[CB_ISO_SIZE] = "";
    cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
    if (wanted->only.has != 0)
        cb_data_id_format(&wanted->only, &id);
    if (wanted->at_ns != NULL)
        cb_iso_format(*wanted->at_ns, 0, 'T', at);
    return cb_fail(err, CB_ERR_NOT_FOUND, "no %s%s%s is certified in %s%s%s%s", type,
                   wanted->only.has != 0 ? " " : "", wanted->only.has != 0 ? cb_bytes_text(&id) : "",
                   collection, at[0] != '\0' ? " at " : "", at, at[0] != '\0' ? " TAI" : "");
}

static bool select_rows(struct cb_repo *repo, const struct cb_recertification *wanted,
                        const struct cb_collection *collection, const struct cb_dataset_type *type,
                        struct cb_rows **ret_rows, struct cb_error *err)
{
    char values[CB_DIMENSION_COUNT + 2][CB_DIMENSION_TEXT_SIZE];
    struct cb_param params[CB_DIMENSION_COUNT + 3] = { cb_p_int(type->id), cb_p_int(collection->id) };
    size_t n = 2;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&sql, "SELECT t.id, t.dataset_id, t.timespan");
    cb_put_id_columns(&sql, type->dims, "t");
    cb_bytes_printf(&sql, " FROM \"%s\" t WHERE t.dataset_type_id = $1 AND t.collection_id = $2",
                    type->calibs_table);
    if (!put_conditions(&sql, wanted, type, values, params, &n, err))
        return false;
    cb_bytes_puts(&sql, " ORDER BY t.dataset_type_id");
    cb_put_id_columns(&sql, type->dims, "t");
    cb_bytes_puts(&sql, ", t.timespan");
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), params, n, ret_rows, err))
        return false;
    return cb_rows_count(*ret_rows) > 0 || fail_none(wanted, type->name, collection->name, err);
}

bool cb_range_change_read(const struct cb_rows *rows, size_t row, const struct cb_dataset_type *type,
                          struct cb_range_change *ret, struct cb_error *err)
{
    size_t column = 3;
    *ret = (struct cb_range_change){ .row = cb_rows_int(rows, row, 0) };
    memcpy(ret->dataset_id, cb_rows_text(rows, row, 1), CB_UUID_TEXT_SIZE);
    if (!cb_timespan_parse(cb_rows_text(rows, row, 2), &ret->old_range, err))
        return false;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((type->dims & CB_DIM(i)) != 0 &&
            !cb_data_id_set(&ret->data_id, (enum cb_element_index)i, cb_rows_text(rows, row, column++), err))
            return false;
    return true;
}

static bool fail_for(const struct cb_range_change *change, const struct cb_recertification *wanted,
                     enum cb_err_kind kind, const char *what, struct cb_timespan span, struct cb_error *err)
{
    char range[CB_TIMESPAN_ISO_SIZE];
    cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
    cb_timespan_format_iso(span, range);
    cb_data_id_format(&change->data_id, &id);
    return cb_fail(err, kind, "cannot recertify %s %s in %s: %s %s", wanted->type, cb_bytes_text(&id),
                   wanted->collection, what, range);
}

static bool choose_range(struct cb_range_change *change, const struct cb_recertification *wanted,
                         struct cb_error *err)
{
    struct cb_error why = { 0 };
    const struct cb_timespan old = change->old_range;
    if (cb_timespan_validity(wanted->begin_ns != NULL ? *wanted->begin_ns : old.begin_ns,
                             wanted->end_ns != NULL ? *wanted->end_ns : old.end_ns, &change->new_range, &why))
        return true;
    cb_auto(cb_free) char *what = cb_xasprintf("%s; now it holds for", why.text);
    return fail_for(change, wanted, CB_ERR_INVALID, what, old, err);
}

static bool plan(struct attempt *it, const struct cb_rows *rows, const struct cb_dataset_type *type,
                 struct cb_error *err)
{
    size_t n = cb_rows_count(rows);
    struct cb_range_change previous = { 0 };
    cb_range_changes_done(&it->changes); /* of an attempt that met a deadlock */
    it->changes.item = cb_xalloc_array(n + 1, sizeof *it->changes.item);
    for (size_t i = 0; i < n; i++) {
        struct cb_range_change *change = &it->changes.item[it->changes.count];
        if (!cb_range_change_read(rows, i, type, change, err))
            return false;
        if (i > 0 && cb_data_id_equal(&previous.data_id, &change->data_id, type->dims))
            return fail_for(change, it->wanted, CB_ERR_INVALID,
                            "it has several ranges, of which one must be chosen by a time (--at); among them",
                            change->old_range, err);
        previous = *change;
        if (!choose_range(change, it->wanted, err))
            return false;
        if (!cb_timespan_equal(change->old_range, change->new_range))
            it->changes.count++;
    }
    return true;
}

static bool update_rows(struct cb_repo *repo, const struct cb_range_changes *changes,
                        const struct cb_dataset_type *type, const char *ids, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes spans = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&spans);
    for (size_t i = 0; i < changes->count; i++) {
        char text[CB_TIMESPAN_TEXT_SIZE];
        cb_timespan_format(changes->item[i].new_range, text);
        cb_array_text(&spans, text);
    }
    cb_auto(cb_free) char *sql =
        cb_xasprintf("UPDATE \"%s\" t SET timespan = n.span FROM unnest($1::bigint[], $2::int8range[])"
                     " AS n (id, span) WHERE t.id = n.id",
                     type->calibs_table);
    return cb_db_run(repo->db, sql, CB_P(cb_p_text(ids), cb_p_text(cb_array_end(&spans))), NULL, err);
}

/* The change of a row, which is among them. */
static const struct cb_range_change *change_of(const struct cb_range_changes *changes, int64_t row)
{
    const struct cb_range_change *change = changes->item;
    while (change->row != row)
        change++;
    return change;
}

/* Each new range against every other of its data ID in the collection, the changed ones included. */
static bool check_apart(struct cb_repo *repo, const struct attempt *it, const struct cb_dataset_type *type,
                        const char *ids, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&sql, "SELECT i.id, t.timespan");
    cb_put_meeting_ranges(&sql, type);
    cb_bytes_puts(&sql, " WHERE i.id = ANY ($1::bigint[]) ORDER BY i.id, t.timespan LIMIT 1");
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), CB_P(cb_p_text(ids)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct cb_timespan there = { 0 };
    const struct cb_range_change *change = change_of(&it->changes, cb_rows_int(rows, 0, 0));
    return cb_timespan_parse(cb_rows_text(rows, 0, 1), &there, err) &&
           fail_for(change, it->wanted, CB_ERR_CONFLICT, "the new range meets another certification, of",
                    there, err);
}

static const char *put_ids(const struct cb_range_changes *changes, struct cb_bytes *ids)
{
    cb_array_begin(ids);
    for (size_t i = 0; i < changes->count; i++)
        cb_array_int(ids, changes->item[i].row);
    return cb_array_end(ids);
}

/* The boundary between a range that changes and another of its data ID moves along, or gives way. */
static struct cb_timespan make_way(const struct cb_timespan there, const struct cb_range_change *change)
{
    const struct cb_timespan old = change->old_range, new = change->new_range;
    struct cb_timespan moved = there;
    if (there.end_ns <= old.begin_ns && (there.end_ns == old.begin_ns || there.end_ns > new.begin_ns))
        moved.end_ns = new.begin_ns;
    if (there.begin_ns >= old.end_ns && (there.begin_ns == old.end_ns || there.begin_ns < new.end_ns))
        moved.begin_ns = new.end_ns;
    return moved;
}

/* Every certification beside those that change, with the row that it stands beside behind its columns. */
static bool select_neighbours(struct cb_repo *repo, const struct attempt *it,
                              const struct cb_dataset_type *type, struct cb_rows **ret_rows,
                              struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&sql, "SELECT t.id, t.dataset_id, t.timespan");
    cb_put_id_columns(&sql, type->dims, "t");
    cb_bytes_printf(&sql,
                    ", i.id FROM \"%s\" i JOIN \"%s\" t ON t.id <> i.id"
                    " AND t.dataset_type_id = i.dataset_type_id AND t.collection_id = i.collection_id",
                    type->calibs_table, type->calibs_table);
    cb_put_id_match(&sql, type->dims, "t");
    cb_bytes_puts(&sql, " WHERE i.id = ANY ($1::bigint[]) ORDER BY i.id, t.timespan");
    return cb_db_run(repo->db, cb_bytes_text(&sql), CB_P(cb_p_text(put_ids(&it->changes, &ids))), ret_rows,
                     err);
}

/* Neighbours that move become changes of their own. */
static bool move_neighbours(struct cb_repo *repo, struct attempt *it, const struct cb_dataset_type *type,
                            struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!select_neighbours(repo, it, type, &rows, err))
        return false;
    size_t n = cb_rows_count(rows), chosen = it->changes.count;
    it->changes.item = cb_xrealloc_array(it->changes.item, chosen + n + 1, sizeof *it->changes.item);
    for (size_t i = 0; i < n; i++) {
        struct cb_range_change *moved = &it->changes.item[it->changes.count];
        if (!cb_range_change_read(rows, i, type, moved, err))
            return false;
        const struct cb_range_change *change =
            change_of(&it->changes, cb_rows_int(rows, i, cb_rows_columns(rows) - 1));
        moved->new_range = make_way(moved->old_range, change);
        if (cb_timespan_is_empty(moved->new_range))
            return fail_for(change, it->wanted, CB_ERR_CONFLICT, "nothing would remain of the one for",
                            moved->old_range, err);
        if (!cb_timespan_equal(moved->old_range, moved->new_range))
            it->changes.count++;
    }
    return true;
}

static bool apply(struct cb_repo *repo, struct attempt *it, const struct cb_dataset_type *type,
                  struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes ids = CB_BYTES(CB_ARRAY_MAX);
    if (it->changes.count == 0)
        return true;
    if (it->wanted->move_neighbours && !move_neighbours(repo, it, type, err))
        return false;
    const char *rows = put_ids(&it->changes, &ids);
    return update_rows(repo, &it->changes, type, rows, err) && check_apart(repo, it, type, rows, err);
}

static bool recertify(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct attempt *it = arg;
    cb_auto_collection struct cb_collection collection = { 0 };
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    return cb_collection_find(repo, it->wanted->collection, &collection, err) &&
           cb_dataset_type_find(repo, it->wanted->type, &type, err) &&
           cb_check_certifiable(&collection, &type, err) && cb_lock_calibs(repo, &type, err) &&
           select_rows(repo, it->wanted, &collection, &type, &rows, err) && plan(it, rows, &type, err) &&
           apply(repo, it, &type, err);
}

bool cb_recertify(struct cb_repo *repo, const struct cb_recertification *wanted,
                  struct cb_range_changes *ret_changes, struct cb_error *err)
{
    struct attempt it = { .wanted = wanted };
    if (wanted->begin_ns == NULL && wanted->end_ns == NULL)
        return cb_fail(err, CB_ERR_INVALID, "cannot recertify in \"%s\": neither begin nor end is given",
                       wanted->collection);
    if (!cb_repo_transact(repo, recertify, &it, err)) {
        cb_range_changes_done(&it.changes);
        return false;
    }
    *ret_changes = it.changes;
    return true;
}
