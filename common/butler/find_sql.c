/* The statement of a find-first look-up.
 *
 * Every question is joined with every collection of the path by index, and the lowest place wins; LATERAL
 * with OFFSET or LIMIT keeps that an index scan where tables have no statistics yet.
 *
 * The certifications of one data ID in a collection are disjoint, or equal where the butler let the same data
 * ID pass twice in one call: both butlers see to it under the lock. So of those that begin before the end of
 * what is asked for, only the last two can overlap it, or, where three or more do, two suffice to know that
 * the match is ambiguous. The index has them in order, so that twenty years of history cost no more than one.
 */
#include "butler/find_sql.h"

#include <inttypes.h>

static const char *type_of(int dimension)
{
    const struct cb_element *element = cb_element_at((enum cb_element_index)dimension);
    return cb_element_key(element)->type == CB_TYPE_STRING ? "text" : "bigint";
}

/* One question as a row. */
static void put_one_source(struct cb_bytes *sql, uint32_t dims)
{
    size_t param = CB_FIND_ID_PARAM;
    cb_bytes_puts(sql, "(SELECT 0::bigint AS n, $2::int8range AS span");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", $%zu::%s AS \"%s\"", param++, type_of(i),
                            cb_element_at((enum cb_element_index)i)->name);
    cb_bytes_puts(sql, ") AS i");
}

/* Questions as rows; without timespans, or with too few, the rest of the ranges is NULL. */
static void put_many_source(struct cb_bytes *sql, uint32_t dims)
{
    size_t param = CB_FIND_ID_PARAM;
    cb_bytes_printf(sql, "unnest($%zu::bigint[], $2::int8range[]", param++);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", $%zu::%s[]", param++, type_of(i));
    cb_bytes_puts(sql, ") AS i (n, span");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i))
            cb_bytes_printf(sql, ", \"%s\"", cb_element_at((enum cb_element_index)i)->name);
    cb_bytes_puts(sql, ")");
}

/* The rows of one table for each collection of the path, up to what limits them. */
static void put_probe(struct cb_bytes *sql, const struct cb_dataset_type *type, const char *schema,
                      const char *table, const char *timespan)
{
    cb_bytes_printf(sql, "SELECT x.place, x.name AS collection, t.dataset_id, %s", timespan);
    cb_put_id_columns(sql, type->dims, "t");
    cb_bytes_printf(sql,
                    " FROM unnest($3::bigint[], $4::boolean[], $5::text[]) WITH ORDINALITY"
                    " AS x (id, certified, name, place) CROSS JOIN LATERAL (SELECT * FROM %s\"%s\" t"
                    " WHERE t.dataset_type_id = $1 AND t.collection_id = x.id",
                    schema, table);
    cb_put_id_match(sql, type->dims, "t");
}

static void put_tagged(struct cb_bytes *sql, const struct cb_dataset_type *type, const char *schema)
{
    put_probe(sql, type, schema, type->tags_table, "NULL::int8range AS timespan");
    cb_bytes_puts(sql, " OFFSET 0) t WHERE NOT x.certified");
}

static void put_certified(struct cb_bytes *sql, const struct cb_dataset_type *type, const char *schema)
{
    put_probe(sql, type, schema, type->calibs_table, "t.timespan");
    cb_bytes_printf(sql,
                    " AND t.timespan < int8range(coalesce(upper(i.span), %" PRId64
                    "), coalesce(upper(i.span), %" PRId64
                    ") + 1) ORDER BY t.timespan DESC LIMIT 2) t WHERE x.certified AND t.timespan && i.span",
                    CB_TIMESPAN_MAX_NS, CB_TIMESPAN_MAX_NS);
}

void cb_put_find(struct cb_bytes *sql, const struct cb_dataset_type *type, const char *schema,
                 const struct cb_find_form *form)
{
    bool certified = form->certified && type->calibs_table != NULL, tagged = form->tagged || !certified;
    cb_bytes_puts(sql, "SELECT t.n, ");
    cb_put_dataset_columns(sql, type->dims, "t.timespan");
    cb_bytes_puts(sql, " FROM ");
    cb_auto_bytes struct cb_bytes hits = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&hits, "(SELECT i.n, h.* FROM ");
    if (form->many)
        put_many_source(&hits, type->dims);
    else
        put_one_source(&hits, type->dims);
    cb_bytes_puts(&hits, " CROSS JOIN LATERAL (");
    if (tagged)
        put_tagged(&hits, type, schema);
    cb_bytes_puts(&hits, tagged && certified ? " UNION ALL " : "");
    if (certified)
        put_certified(&hits, type, schema);
    cb_bytes_puts(&hits, " ORDER BY place FETCH FIRST 1 ROW WITH TIES) h)");
    cb_put_found_joins(sql, schema, cb_bytes_text(&hits));
    cb_bytes_puts(sql, form->many ? " ORDER BY t.n" : "");
}

bool cb_find_params(const struct cb_dataset_type *type, const struct cb_data_id *id,
                    const struct cb_timespan *timespan, struct cb_find_values *values,
                    struct cb_param params[CB_FIND_MAX_PARAMS], size_t *ret_n, struct cb_error *err)
{
    params[0] = cb_p_int(type->id);
    params[1] = cb_p_null();
    if (timespan != NULL) {
        cb_timespan_format(*timespan, values->span);
        params[1] = cb_p_text(values->span);
    }
    size_t n = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        if (!(type->dims & CB_DIM(i)))
            continue;
        if (!cb_data_id_has(id, (enum cb_element_index)i))
            return cb_fail(err, CB_ERR_INVALID, "a data ID has no %s",
                           cb_element_at((enum cb_element_index)i)->name);
        cb_data_id_value(id, (enum cb_element_index)i, values->text[n]);
        params[CB_FIND_ID_PARAM - 1 + n] = cb_p_text(values->text[n]);
        n++;
    }
    *ret_n = CB_FIND_ID_PARAM - 1 + n;
    return true;
}

static bool check_unambiguous(const struct cb_rows *rows, size_t first, const struct cb_dataset_type *type,
                              const struct cb_data_id *const *ids, struct cb_error *err)
{
    for (size_t i = 1; i < cb_rows_count(rows); i++)
        if (cb_rows_int(rows, i, first) == cb_rows_int(rows, i - 1, first)) {
            cb_auto_bytes struct cb_bytes id = CB_BYTES(600);
            cb_data_id_format(ids[cb_rows_int(rows, i, first)], &id);
            return cb_fail(err, CB_ERR_CONFLICT,
                           "Ambiguous calibration validity range match for %s %s in collection \"%s\": "
                           "datasets %s and %s",
                           type->name, cb_bytes_text(&id), cb_rows_text(rows, i, first + 6),
                           cb_rows_text(rows, i - 1, first + 1), cb_rows_text(rows, i, first + 1));
        }
    return true;
}

bool cb_find_take(const struct cb_rows *rows, size_t first, const struct cb_dataset_type *type,
                  const struct cb_data_id *const *ids, struct cb_dataset_list *ret_list, struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    if (!check_unambiguous(rows, first, type, ids, err) ||
        !cb_dataset_take_rows(rows, first + 1, type, &list, err))
        return false;
    *ret_list = list;
    list = (struct cb_dataset_list){ 0 };
    return true;
}
