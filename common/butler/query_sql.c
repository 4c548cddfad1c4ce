/* The SELECT of a query. */
#include "butler/query_sql.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/query_overlaps.h"
#include "butler/rows.h"
#include "domain/where_emit.h"
#include "domain/where_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A band has no records: those of the filters. */
#define BANDS "(SELECT DISTINCT band AS name FROM physical_filter)"

enum { FROM_MAX = 1 << 20, CONDITION_MAX = 32 << 20 };

void cb_select_init(struct cb_select *select)
{
    *select = (struct cb_select){ .from = CB_BYTES(CONDITION_MAX),
                                  .order_fields = CB_BYTES(FROM_MAX),
                                  .ids = CB_BYTES(CB_ARRAY_MAX),
                                  .condition = CB_BYTES(CONDITION_MAX) };
}

void cb_select_done(struct cb_select *select)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        free(select->key[i]);
    for (size_t i = 0; i < select->n_joins; i++) {
        cb_dataset_type_done(&select->joins[i].type);
        for (size_t k = 0; k < CB_DATASET_FIELDS; k++)
            free(select->joins[i].field[k]);
    }
    for (size_t i = 0; i < select->n_overlaps; i++) {
        cb_region_done(&select->overlaps[i].region);
        free(select->overlaps[i].pixels);
    }
    free(select->overlaps);
    for (size_t i = 0; i < select->n_order; i++)
        free(select->order[i].column);
    free(select->order);
    cb_bytes_done(&select->order_fields);
    cb_bytes_done(&select->from);
    cb_bytes_done(&select->ids);
    cb_bytes_done(&select->condition);
    free(select->params);
    cb_where_sql_done(&select->where);
    *select = (struct cb_select){ 0 };
}

size_t cb_select_add_param(struct cb_select *select, const char *text)
{
    size_t n = select->n_params;
    if ((n & (n - 1)) == 0)
        select->params = cb_xrealloc_array(select->params, n == 0 ? 1 : 2 * n, sizeof *select->params);
    select->params[select->n_params++] = cb_p_text(text);
    return select->n_params;
}

/* Conditions that tie a table to keys known already; returns how many. */
static size_t put_ties(struct cb_bytes *sql, char *const key[CB_DIMENSION_COUNT],
                       const struct cb_element *element)
{
    size_t ties = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const struct cb_column *column = cb_element_key_of(element, (enum cb_element_index)i);
        if (column == NULL || key[i] == NULL)
            continue;
        cb_bytes_printf(sql, "%s\"%s\".\"%s\" = %s", ties++ > 0 ? " AND " : "", element->name, column->name,
                        key[i]);
    }
    return ties;
}

static void learn_keys(char *key[CB_DIMENSION_COUNT], const struct cb_element *element)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const struct cb_column *column = cb_element_key_of(element, (enum cb_element_index)i);
        if (column != NULL && key[i] == NULL)
            key[i] = cb_xasprintf("\"%s\".\"%s\"", element->name, column->name);
    }
}

static void join_element(struct cb_bytes *from, char *key[CB_DIMENSION_COUNT], enum cb_element_index index)
{
    const struct cb_element *element = cb_element_at(index);
    struct cb_bytes ties = CB_BYTES(FROM_MAX);
    size_t n = put_ties(&ties, key, element);
    if (from->size == 0)
        cb_bytes_printf(from, "\"%s\"", element->name);
    else
        cb_bytes_printf(from, " JOIN \"%s\" ON %s", element->name, n > 0 ? cb_bytes_text(&ties) : "true");
    cb_bytes_done(&ties);
    learn_keys(key, element);
}

void cb_select_add_element(struct cb_select *select, enum cb_element_index index)
{
    if (!cb_element_at(index)->has_table || (select->tables & CB_DIM(index)))
        return;
    join_element(&select->from, select->key, index);
    select->tables |= CB_DIM(index);
}

void cb_select_add_bands(struct cb_select *select)
{
    cb_bytes_printf(&select->from, "%s" BANDS " \"band\"", select->from.size > 0 ? " CROSS JOIN " : "");
    select->key[CB_BAND] = cb_xstrdup("\"band\".\"name\"");
}

bool cb_select_add_join(struct cb_select *select, struct cb_dataset_type *type, size_t ids_param,
                        bool has_validity, struct cb_error *err)
{
    size_t n = select->n_joins;
    if (n == CB_QUERY_MAX_TYPES)
        return cb_fail(err, CB_ERR_INVALID, "more than %d dataset types", CB_QUERY_MAX_TYPES);
    struct cb_select_join *join = &select->joins[select->n_joins++];
    *join = (struct cb_select_join){ .type = *type, .ids_param = ids_param, .has_validity = has_validity };
    *type = (struct cb_dataset_type){ 0 };
    join->field[CB_DATASET_ID] = cb_xasprintf("dt%zu.dataset_id", n);
    join->field[CB_DATASET_INGEST_DATE] =
        cb_xasprintf("(SELECT d.ingest_date FROM dataset d WHERE d.id = dt%zu.dataset_id)", n);
    join->field[CB_DATASET_RUN] =
        cb_xasprintf("(SELECT r.name FROM dataset d JOIN collection r"
                     " ON r.collection_id = d.run_id WHERE d.id = dt%zu.dataset_id)",
                     n);
    join->field[CB_DATASET_COLLECTION] =
        cb_xasprintf("(SELECT c.name FROM collection c WHERE c.collection_id = dt%zu.collection_id)", n);
    join->field[CB_DATASET_TIMESPAN] = cb_xasprintf("coalesce(dt%zu.timespan, '(,)')", n);
    return true;
}

/* FROM and WHERE of an EXISTS: each source is tied to the keys known so far, those of the rows outside too.
 */
struct exists {
    char *key[CB_DIMENSION_COUNT];
    struct cb_bytes from, ties;
};

static void exist_element(struct exists *e, enum cb_element_index index)
{
    const struct cb_element *element = cb_element_at(index);
    struct cb_bytes ties = CB_BYTES(FROM_MAX);
    cb_bytes_printf(&e->from, "%s%s\"%s\"", e->from.size > 0 ? ", " : "", index == CB_BAND ? BANDS " " : "",
                    element->name);
    if (put_ties(&ties, e->key, element) > 0)
        cb_bytes_printf(&e->ties, "%s AND ", cb_bytes_text(&ties));
    cb_bytes_done(&ties);
    learn_keys(e->key, element);
}

/* Rows of the tags and calibs tables of a type: dataset, collection, range, data ID. */
static void put_hits(const struct cb_select_join *join, struct cb_bytes *from)
{
    const char *tables[] = { join->type.tags_table, join->has_validity ? join->type.calibs_table : NULL };
    for (size_t i = 0; i < 2 && tables[i] != NULL; i++) {
        cb_bytes_printf(from, "%sSELECT h.dataset_id, h.collection_id, %s AS timespan",
                        i > 0 ? " UNION ALL " : "", i == 1 ? "h.timespan" : "NULL::int8range");
        cb_put_id_columns(from, join->type.dims, "h");
        cb_bytes_printf(
            from, " FROM \"%s\" h WHERE h.dataset_type_id = %lld AND h.collection_id = ANY ($%zu::bigint[])",
            tables[i], (long long)join->type.id, join->ids_param);
    }
}

/* Conditions that tie a type's rows to keys known already, each with " AND " behind; learns the others. */
static void tie_datasets(char *key[CB_DIMENSION_COUNT], const struct cb_select_join *join, size_t n,
                         struct cb_bytes *ties)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const char *name = cb_element_at((enum cb_element_index)i)->name;
        if (!(join->type.dims & CB_DIM(i)))
            continue;
        if (key[i] != NULL)
            cb_bytes_printf(ties, "dt%zu.\"%s\" = %s AND ", n, name, key[i]);
        else
            key[i] = cb_xasprintf("dt%zu.\"%s\"", n, name);
    }
}

static void exist_datasets(struct exists *e, const struct cb_select_join *join, size_t n)
{
    cb_bytes_puts(&e->from, e->from.size > 0 ? ", (" : "(");
    put_hits(join, &e->from);
    cb_bytes_printf(&e->from, ") dt%zu", n);
    tie_datasets(e->key, join, n, &e->ties);
}

static void join_datasets(struct cb_select *select, size_t n)
{
    struct cb_bytes ties = CB_BYTES(FROM_MAX);
    bool first = select->from.size == 0;
    tie_datasets(select->key, &select->joins[n], n, &ties);
    cb_bytes_puts(&select->from, first ? "(" : " JOIN (");
    put_hits(&select->joins[n], &select->from);
    cb_bytes_printf(&select->from, ") dt%zu", n);
    if (!first)
        cb_bytes_printf(&select->from, " ON %strue", cb_bytes_text(&ties));
    cb_bytes_done(&ties);
}

/* Tables that only the condition names, and datasets that must be there, inside EXISTS. */
static void put_exists(struct cb_select *select, uint32_t extra, const char *condition, struct cb_bytes *sql)
{
    struct exists e = { .from = CB_BYTES(FROM_MAX), .ties = CB_BYTES(FROM_MAX) };
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        e.key[i] = cb_xstrdup(select->key[i]);
    for (size_t i = 0; i < select->n_joins; i++)
        exist_datasets(&e, &select->joins[i], i);
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if (extra & CB_DIM(i))
            exist_element(&e, (enum cb_element_index)i);
    bool is_ordered_by = select->order_fields.size > 0;
    cb_bytes_printf(is_ordered_by ? &select->from : sql, "%s%s FROM %s WHERE %s(%s))%s",
                    is_ordered_by ? " JOIN LATERAL (SELECT DISTINCT " : "EXISTS (SELECT",
                    is_ordered_by ? cb_bytes_text(&select->order_fields) : "", cb_bytes_text(&e.from),
                    cb_bytes_text(&e.ties), condition, is_ordered_by ? " o ON true" : "");
    if (is_ordered_by)
        cb_bytes_puts(sql, "true");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        free(e.key[i]);
    cb_bytes_done(&e.from);
    cb_bytes_done(&e.ties);
}

static uint32_t elements_with_tables(uint32_t elements)
{
    uint32_t kept = 0;
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if ((elements & CB_DIM(i)) != 0 && cb_element_at((enum cb_element_index)i)->has_table)
            kept |= CB_DIM(i);
    return kept;
}

/* Dimensions of the rows and of the datasets that they must have. */
static uint32_t dims_of(const struct cb_select *select)
{
    uint32_t dims = select->dims;
    for (size_t i = 0; i < select->n_joins; i++)
        dims |= select->joins[i].type.dims;
    return cb_dimensions_expand(dims);
}

/* What names mean in a query; the lists that the context borrows. */
struct meaning {
    struct cb_where_key keys[CB_DIMENSION_COUNT];
    struct cb_where_dataset datasets[CB_QUERY_MAX_TYPES];
    struct cb_where_context context;
    char pixel[32];
};

/* A pixel's number is in the dataset tables, or in what will be joined for it. */
static void name_pixel(struct meaning *m, const struct cb_select *select)
{
    snprintf(m->pixel, sizeof m->pixel, "%s", CB_QUERY_PIXEL);
    for (size_t i = select->n_joins; i-- > 0;)
        if (select->joins[i].type.dims & CB_DIM(CB_HTM7))
            snprintf(m->pixel, sizeof m->pixel, "dt%zu.\"htm7\"", i);
}

static void set_meaning(struct meaning *m, const struct cb_select *select, const struct cb_query *query)
{
    size_t n_keys = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (select->key[i] != NULL)
            m->keys[n_keys++] = (struct cb_where_key){ (enum cb_element_index)i, select->key[i] };
    if (select->key[CB_HTM7] == NULL) {
        name_pixel(m, select);
        m->keys[n_keys++] = (struct cb_where_key){ CB_HTM7, m->pixel };
    }
    for (size_t i = 0; i < select->n_joins; i++) {
        char *const *field = select->joins[i].field;
        m->datasets[i] = (struct cb_where_dataset){ select->joins[i].type.name,
                                                    field[CB_DATASET_ID],
                                                    field[CB_DATASET_INGEST_DATE],
                                                    field[CB_DATASET_RUN],
                                                    field[CB_DATASET_COLLECTION],
                                                    field[CB_DATASET_TIMESPAN],
                                                    true };
    }
    bool own = select->dataset != NULL;
    m->context = (struct cb_where_context){ .dimensions = select->dims,
                                            .joined_dimensions = dims_of(select),
                                            .default_instrument = query->instrument,
                                            .binds = query->binds,
                                            .n_binds = query->n_binds,
                                            .datasets = own ? select->dataset : m->datasets,
                                            .n_datasets = own ? 1 : select->n_joins,
                                            .keys = m->keys,
                                            .n_keys = n_keys,
                                            .params_before = select->n_params };
}

static bool compile(struct cb_select *select, const struct cb_query *query, struct cb_error *err)
{
    struct meaning meaning;
    set_meaning(&meaning, select, query);
    if (!cb_where_compile(query->where != NULL ? query->where : "", &meaning.context, &select->where, err))
        return false;
    for (size_t i = 0; i < select->where.n_params; i++)
        cb_select_add_param(select, select->where.params[i].value);
    return true;
}

/* The finest of the elements with a timespan among these dimensions, NULL when none has one. */
static const struct cb_element *temporal_element(uint32_t dimensions)
{
    const enum cb_element_index finest_first[] = { CB_EXPOSURE, CB_VISIT, CB_DAY_OBS };
    for (size_t i = 0; i < sizeof finest_first / sizeof finest_first[0]; i++)
        if (dimensions & CB_DIM(finest_first[i]))
            return cb_element_at(finest_first[i]);
    return NULL;
}

/* What is asked about exposures, visits or days finds the calibrations that were valid then: the butler joins
 * the ranges unless the expression does; two calibrations are valid at the same time. Datasets outside
 * CALIBRATION collections are valid always. Errors: INVALID more ranges than two. */
static bool put_validity(struct cb_select *select, struct cb_bytes *sql, struct cb_error *err)
{
    const struct cb_element *element =
        temporal_element(cb_dimensions_expand(dims_of(select) | select->where.dimensions));
    cb_auto(cb_free) char *column = element != NULL ? cb_xasprintf("\"%s\".timespan", element->name) : NULL;
    const char *spans[CB_QUERY_MAX_TYPES + 2];
    size_t n = 0;
    if (select->has_validity)
        spans[n++] = select->dataset->timespan;
    for (size_t i = 0; i < select->n_joins; i++)
        if (select->joins[i].has_validity)
            spans[n++] = select->joins[i].field[CB_DATASET_TIMESPAN];
    if (n > 0 && column != NULL)
        spans[n++] = column;
    if (n < 2 || select->where.temporal_join)
        return true;
    if (n > 2)
        return cb_fail(err, CB_ERR_INVALID,
                       "Too many disconnected sets of temporal families for an automatic join.");
    if (element != NULL)
        select->where.elements |= CB_DIM(cb_element_index(element));
    cb_bytes_printf(sql, " AND (%s && %s)", spans[0], spans[1]);
    return true;
}

/* Dimensions by whose keys these elements are tied to the rows. */
static uint32_t tied_dimensions(uint32_t elements)
{
    uint32_t dims = 0;
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if (elements & CB_DIM(i))
            dims |= cb_element_at((enum cb_element_index)i)->required;
    return dims;
}

/* Tables that tie what the condition and the datasets are about to the rows: records that imply a dimension
 * of theirs which FROM does not tell, and relations. */
static uint32_t tying_elements(const struct cb_select *select, uint32_t extra)
{
    uint32_t about = select->where.dimensions | tied_dimensions(extra);
    uint32_t all = cb_dimensions_expand(dims_of(select) | select->where.dimensions), found = 0;
    for (size_t i = 0; i < select->n_joins; i++)
        about |= select->joins[i].type.dims;
    about = cb_dimensions_expand(about);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        uint32_t implied = cb_element_at((enum cb_element_index)i)->implied & about, told = 0;
        for (int k = 0; k < CB_DIMENSION_COUNT; k++)
            told |= select->key[k] != NULL ? CB_DIM(k) : 0;
        bool is_new = (select->dims & CB_DIM(i)) == 0;
        if ((all & CB_DIM(i)) != 0 && (is_new ? implied != 0 : (implied & ~told) != 0))
            found |= CB_DIM(i);
    }
    return found | (cb_dimensions_relations(all) & ~cb_dimensions_relations(select->dims));
}

/* A pixel has no records: some dataset or region must tell which there are. */
static bool check_pixel(const struct cb_select *select, uint32_t dims, struct cb_error *err)
{
    bool told = (dims & CB_DIM(CB_HTM7)) == 0 || select->key[CB_HTM7] != NULL;
    for (size_t i = 0; i < select->n_joins; i++)
        told = told || (select->joins[i].type.dims & CB_DIM(CB_HTM7)) != 0;
    return told || cb_fail(err, CB_ERR_INVALID, "Cannot join dimension element htm7 with no table.");
}

/* Its key is known, so a row of the query has one row of the table at most. */
static bool is_determined(const struct cb_select *select, const struct cb_element *element)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((element->required & CB_DIM(i)) != 0 && select->key[i] == NULL)
            return false;
    return true;
}

/* Join those of the tables that are determined, and those that follow from them; returns what is left. */
static uint32_t join_determined(struct cb_select *select, uint32_t extra)
{
    for (uint32_t before = 0; before != extra;) {
        before = extra;
        for (int i = 0; i < CB_ELEMENT_COUNT; i++)
            if ((extra & CB_DIM(i)) != 0 && is_determined(select, cb_element_at((enum cb_element_index)i))) {
                cb_select_add_element(select, (enum cb_element_index)i);
                extra &= ~CB_DIM(i);
            }
    }
    return extra;
}

/* Tables that only the condition needs. */
static uint32_t find_extra(const struct cb_select *select)
{
    uint32_t needed = select->where.elements | cb_select_overlap_elements(select);
    uint32_t extra = elements_with_tables(needed) & ~select->tables;
    if (extra != 0 || select->n_joins > 0)
        extra |= elements_with_tables(tying_elements(select, extra)) & ~select->tables;
    return extra;
}

/* All in FROM, so that regions can be looked at in each row, and pixels come from what has them. */
static bool put_flat(struct cb_select *select, uint32_t dims, const char *condition, struct cb_error *err)
{
    uint32_t extra = join_determined(select, find_extra(select));
    for (size_t i = 0; i < select->n_joins; i++)
        join_datasets(select, i);
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if (extra & CB_DIM(i))
            cb_select_add_element(select, (enum cb_element_index)i);
    if (select->where.elements & CB_DIM(CB_BAND))
        cb_select_add_bands(select);
    if (dims & CB_DIM(CB_HTM7))
        cb_select_join_pixels(select);
    if (!check_pixel(select, dims, err))
        return false;
    cb_bytes_printf(&select->condition, "(%s)", condition);
    cb_select_join_overlaps(select, dims);
    return true;
}

/* Tables whose rows are not determined in an EXISTS. */
static void put_nested(struct cb_select *select, const char *condition)
{
    uint32_t extra = join_determined(select, find_extra(select)) | (select->where.elements & CB_DIM(CB_BAND));
    if (extra == 0 && select->n_joins == 0)
        cb_bytes_printf(&select->condition, "(%s)", condition);
    else
        put_exists(select, extra, condition, &select->condition);
}

static bool is_ordered(const struct cb_where_name *name)
{
    static const enum cb_column_type ordered[] = { CB_TYPE_INT, CB_TYPE_FLOAT, CB_TYPE_STRING,
                                                   CB_TYPE_DATETIME };
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++)
        if (name->bound != CB_BOUND_NONE || name->type == ordered[i])
            return true;
    return false;
}

/* The SQL of a name of the order, of what FROM offers. A field of a joined type is one of order_fields.
 * Caller frees. */
static bool find_order_column(struct cb_select *select, const struct meaning *meaning,
                              const struct cb_where_name *name, char **ret_column, struct cb_error *err)
{
    struct cb_where_emitter emitter = { .ctx = &meaning->context };
    cb_auto(cb_free) char *column = cb_where_emit_name(&emitter, name);
    bool is_pixel = name->kind == CB_NAME_KEY && name->dimension == CB_HTM7;
    if (column == NULL || (emitter.elements & ~select->tables) != 0 ||
        (is_pixel && (select->dims & CB_DIM(CB_HTM7)) == 0))
        return cb_fail(
            err, CB_ERR_INVALID,
            "Order-by expression may not reference columns that are not in the result dimensions.");
    if (name->kind == CB_NAME_DATASET && name->dataset->is_joined) {
        bool is_first = select->order_fields.size == 0;
        cb_bytes_printf(&select->order_fields, "%s%s AS f%zu", is_first ? "" : ", ", column, select->n_order);
        *ret_column = cb_xasprintf("f%zu", select->n_order);
        return true;
    }
    *ret_column = cb_steal(column);
    return true;
}

/* What a term of the order names. */
static bool resolve_term(const struct meaning *meaning, const char *term, struct cb_where_name *ret_name,
                         struct cb_error *err)
{
    const char *text = term + (term[0] == '-');
    if (text[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID, "Empty dimension name in ORDER BY");
    if (strcasecmp(text, "NULL") == 0)
        return cb_fail(err, CB_ERR_INVALID, "Unrecognized identifier '%s'.", text);
    if (!cb_where_name_resolve(text, &meaning->context, ret_name, err))
        return false;
    if (is_ordered(ret_name))
        return true;
    cb_auto(cb_free) char *label = cb_where_name_label(ret_name);
    return cb_fail(err, CB_ERR_INVALID, "Column type %s of %s is not ordered.",
                   cb_column_type_name(ret_name->type), label);
}

static bool is_missing(const struct cb_where_name *name)
{
    return name->kind == CB_NAME_DATASET && name->dataset == NULL;
}

static bool check_types(const struct cb_where_name *names, size_t count, struct cb_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (is_missing(&names[i]))
            return cb_fail(err, CB_ERR_INVALID,
                           "Dataset type '%.*s' in order-by expression is not part of the query.",
                           (int)names[i].dataset_type_length, names[i].dataset_type);
    return true;
}

/* First all names, then whether they are those of the rows, last the dataset types: so the butler finds
 * faults. */
static bool take_order(struct cb_select *select, const struct cb_query *query, struct cb_error *err)
{
    struct meaning meaning;
    set_meaning(&meaning, select, query);
    meaning.context.n_binds = 0; /* an order is of names only */
    cb_auto(cb_free) struct cb_where_name *names = cb_xalloc_array(query->n_order_by + 1, sizeof *names);
    for (size_t i = 0; i < query->n_order_by; i++)
        if (!resolve_term(&meaning, query->order_by[i], &names[i], err))
            return cb_context(err, "cannot order by \"%s\"", query->order_by[i]);
    select->order = cb_xalloc_array(query->n_order_by + 1, sizeof *select->order);
    for (size_t i = 0; i < query->n_order_by; i++) {
        char *column = NULL;
        if (!is_missing(&names[i]) && !find_order_column(select, &meaning, &names[i], &column, err))
            return cb_context(err, "cannot order by \"%s\"", query->order_by[i]);
        select->order[select->n_order++] = (struct cb_select_order){ column, query->order_by[i][0] == '-' };
    }
    return check_types(names, query->n_order_by, err);
}

bool cb_select_put_where(struct cb_select *select, const struct cb_query *query, struct cb_error *err)
{
    bool has_where = query->where != NULL && query->where[strspn(query->where, " \t\n")] != '\0';
    bool is_plain = !has_where && query->instrument == NULL && select->n_joins == 0;
    cb_auto_bytes struct cb_bytes condition = CB_BYTES(CONDITION_MAX);
    if ((!is_plain && !compile(select, query, err)) || !take_order(select, query, err))
        return false;
    uint32_t dims = cb_dimensions_expand(dims_of(select) | select->where.dimensions);
    if (!cb_select_plan_overlaps(select, dims, err))
        return false;
    cb_bytes_printf(&condition, "(%s)", is_plain ? "true" : select->where.text);
    if (!is_plain && !put_validity(select, &condition, err))
        return false;
    if (select->key[CB_BAND] != NULL &&
        (cb_dimensions_expand(select->where.dimensions) & CB_DIM(CB_PHYSICAL_FILTER)) != 0)
        select->where.elements |= CB_DIM(CB_PHYSICAL_FILTER); /* what has a filter has its band */
    bool only_datasets_tell = (select->dims & CB_DIM(CB_HTM7)) != 0 && select->key[CB_HTM7] == NULL;
    select->is_flat = select->n_overlaps > 0 || only_datasets_tell;
    if (select->is_flat)
        return put_flat(select, dims, cb_bytes_text(&condition), err);
    put_nested(select, cb_bytes_text(&condition));
    return check_pixel(select, dims, err);
}

/* Has the dimension's record a time or a place? */
static bool is_topological(enum cb_element_index index)
{
    const struct cb_element *element = cb_element_at(index);
    return cb_element_column(element, "timespan", 8) != NULL ||
           cb_element_column(element, "region", 6) != NULL;
}

static void put_order_key(const struct cb_select *select, int dimension, uint32_t *done,
                          struct cb_bytes *order)
{
    if (select->key[dimension] == NULL || (*done & CB_DIM(dimension)))
        return;
    bool is_text = cb_element_key(cb_element_at((enum cb_element_index)dimension))->type == CB_TYPE_STRING;
    cb_bytes_printf(order, "%s%s%s", order->size > 0 ? ", " : "", select->key[dimension],
                    is_text ? " COLLATE \"C\"" : "");
    *done |= CB_DIM(dimension);
}

void cb_select_default_order(const struct cb_select *select, uint32_t dims, struct cb_bytes *order)
{
    uint32_t done = 0, all = cb_dimensions_expand(dims), required = cb_dimensions_required(all);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < CB_DIMENSION_COUNT; i++)
            if ((all & CB_DIM(i)) != 0 && ((required & CB_DIM(i)) != 0) == (pass == 0) &&
                is_topological((enum cb_element_index)i))
                for (int k = 0; k < CB_DIMENSION_COUNT; k++)
                    if (cb_element_at((enum cb_element_index)i)->required & CB_DIM(k))
                        put_order_key(select, k, &done, order);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < CB_DIMENSION_COUNT; i++)
            if ((all & CB_DIM(i)) != 0 && ((required & CB_DIM(i)) != 0) == (pass == 0))
                put_order_key(select, i, &done, order);
}

void cb_select_put_order(const struct cb_select *select, const struct cb_query *query, const char *fallback,
                         struct cb_bytes *sql)
{
    for (size_t i = 0; i < select->n_order; i++)
        cb_bytes_printf(sql, "%s%s%s", i == 0 ? " ORDER BY " : ", ", select->order[i].column,
                        select->order[i].down ? " DESC" : "");
    if (fallback != NULL && fallback[0] != '\0')
        cb_bytes_printf(sql, "%s%s", select->n_order > 0 ? ", " : " ORDER BY ", fallback);
    if (query->limit > 0)
        cb_bytes_printf(sql, " LIMIT %zu", query->limit);
    if (query->offset > 0)
        cb_bytes_printf(sql, " OFFSET %zu", query->offset);
}
