/* The SELECT of a query. */
#include "butler/query_sql.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { FROM_MAX = 1 << 20, CONDITION_MAX = 32 << 20 };

void cb_select_init(struct cb_select *select)
{
    *select = (struct cb_select){ .from = CB_BYTES(FROM_MAX) };
    select->params = cb_xalloc_array(CB_QUERY_MAX_PARAMS, sizeof *select->params);
}

void cb_select_done(struct cb_select *select)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        free(select->key[i]);
    cb_bytes_done(&select->from);
    free(select->params);
    cb_where_sql_done(&select->where);
    *select = (struct cb_select){ 0 };
}

size_t cb_select_add_param(struct cb_select *select, const char *text)
{
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

/* Tables that only the condition names, inside EXISTS: tied to the outer keys, then to each other. */
static void put_exists(const struct cb_select *select, uint32_t extra, const char *condition,
                       struct cb_bytes *sql)
{
    char *key[CB_DIMENSION_COUNT];
    struct cb_bytes from = CB_BYTES(FROM_MAX), outer = CB_BYTES(FROM_MAX);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        key[i] = cb_xstrdup(select->key[i]);
    for (int i = 0; i < CB_ELEMENT_COUNT; i++) {
        if (!(extra & CB_DIM(i)))
            continue;
        if (from.size == 0) { /* the first has no ON: its ties to the rows outside are conditions */
            put_ties(&outer, key, cb_element_at((enum cb_element_index)i));
        }
        join_element(&from, key, (enum cb_element_index)i);
    }
    cb_bytes_printf(sql, "EXISTS (SELECT FROM %s WHERE %s%s(%s))", cb_bytes_text(&from),
                    cb_bytes_text(&outer), outer.size > 0 ? " AND " : "", condition);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        free(key[i]);
    cb_bytes_done(&from);
    cb_bytes_done(&outer);
}

static uint32_t elements_with_tables(uint32_t elements)
{
    uint32_t kept = 0;
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if ((elements & CB_DIM(i)) != 0 && cb_element_at((enum cb_element_index)i)->has_table)
            kept |= CB_DIM(i);
    return kept;
}

static bool compile(struct cb_select *select, const struct cb_query *query, struct cb_error *err)
{
    struct cb_where_key keys[CB_DIMENSION_COUNT];
    size_t n_keys = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (select->key[i] != NULL)
            keys[n_keys++] = (struct cb_where_key){ (enum cb_element_index)i, select->key[i] };
    const struct cb_where_context context = { .dimensions = select->dims,
                                              .default_instrument = query->instrument,
                                              .binds = query->binds,
                                              .n_binds = query->n_binds,
                                              .datasets = select->dataset,
                                              .n_datasets = select->dataset != NULL ? 1 : 0,
                                              .keys = keys,
                                              .n_keys = n_keys,
                                              .params_before = select->n_params };
    if (!cb_where_compile(query->where != NULL ? query->where : "", &context, &select->where, err))
        return false;
    if (select->n_params + select->where.n_params > CB_QUERY_MAX_PARAMS)
        return cb_fail(err, CB_ERR_INVALID, "the expression has %zu values, %d are possible",
                       select->where.n_params, CB_QUERY_MAX_PARAMS);
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

/* An expression about exposures, visits or days finds the calibrations that were valid then: the butler joins
 * the ranges unless the expression does. Datasets outside CALIBRATION collections are valid always. */
static void put_validity(struct cb_select *select, struct cb_bytes *sql)
{
    const struct cb_element *element =
        temporal_element(cb_dimensions_expand(select->dims | select->where.dimensions));
    if (element == NULL || !select->has_validity || select->where.temporal_join)
        return;
    select->where.elements |= CB_DIM(cb_element_index(element));
    cb_bytes_printf(sql, " AND (%s && \"%s\".timespan)", select->dataset->timespan, element->name);
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
                select->helpers |= CB_DIM(i);
                extra &= ~CB_DIM(i);
            }
    }
    return extra;
}

bool cb_select_put_where(struct cb_select *select, const struct cb_query *query, struct cb_bytes *sql,
                         struct cb_error *err)
{
    bool has_where = query->where != NULL && query->where[strspn(query->where, " \t\n")] != '\0';
    if (!has_where && query->instrument == NULL) {
        cb_bytes_puts(sql, "true");
        return true;
    }
    if (!compile(select, query, err))
        return false;
    cb_auto_bytes struct cb_bytes condition = CB_BYTES(CONDITION_MAX);
    cb_bytes_printf(&condition, "(%s)", select->where.text);
    put_validity(select, &condition);
    if (select->key[CB_BAND] != NULL &&
        (cb_dimensions_expand(select->where.dimensions) & CB_DIM(CB_PHYSICAL_FILTER)) != 0)
        select->where.elements |= CB_DIM(CB_PHYSICAL_FILTER); /* what has a filter has its band */
    uint32_t extra = join_determined(select, elements_with_tables(select->where.elements) & ~select->tables);
    if (extra == 0)
        cb_bytes_printf(sql, "(%s)", cb_bytes_text(&condition));
    else
        put_exists(select, extra, cb_bytes_text(&condition), sql);
    return true;
}

/* A column of one of the tables in FROM: "seq_num", "exposure.seq_num", "exposure"; begin and end of a
 * timespan. */
static char *order_column(const struct cb_select *select, const char *name)
{
    const struct cb_element *dimension = cb_element_find(name, strlen(name));
    if (dimension != NULL && cb_element_index(dimension) < CB_DIMENSION_COUNT)
        return cb_xstrdup(select->key[cb_element_index(dimension)]);
    const char *dot = strchr(name, '.');
    const struct cb_element *element = dot != NULL ? cb_element_find(name, (size_t)(dot - name)) : NULL;
    const char *field = element != NULL ? dot + 1 : name;
    size_t length = strcspn(field, ".");
    const char *bound = strcmp(field + length, ".begin") == 0 ? "lower"
                        : strcmp(field + length, ".end") == 0 ? "upper"
                                                              : "";
    if (field[length] != '\0' && bound[0] == '\0')
        return NULL;
    for (int i = 0; i < CB_ELEMENT_COUNT; i++) {
        const struct cb_element *table = cb_element_at((enum cb_element_index)i);
        const struct cb_column *column = cb_element_column(table, field, length);
        if ((select->tables & ~select->helpers & CB_DIM(i)) != 0 && column != NULL &&
            (element == NULL || element == table))
            return cb_xasprintf("%s(\"%s\".\"%s\")", bound, table->name, column->name);
    }
    return NULL;
}

bool cb_select_put_order(const struct cb_select *select, const struct cb_query *query, const char *fallback,
                         struct cb_bytes *sql, struct cb_error *err)
{
    for (size_t i = 0; i < query->n_order_by; i++) {
        bool down = query->order_by[i][0] == '-';
        cb_auto(cb_free) char *column = order_column(select, query->order_by[i] + down);
        if (column == NULL)
            return cb_fail(err, CB_ERR_INVALID, "cannot order by \"%s\": no such field here",
                           query->order_by[i] + down);
        cb_bytes_printf(sql, "%s%s%s", i == 0 ? " ORDER BY " : ", ", column, down ? " DESC" : "");
    }
    if (fallback != NULL && fallback[0] != '\0')
        cb_bytes_printf(sql, "%s%s", query->n_order_by > 0 ? ", " : " ORDER BY ", fallback);
    if (query->limit > 0)
        cb_bytes_printf(sql, " LIMIT %zu", query->limit);
    if (query->offset > 0)
        cb_bytes_printf(sql, " OFFSET %zu", query->offset);
    return true;
}
