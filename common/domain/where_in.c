/* IN: literals of one type are gathered into one array parameter; the rest are conditions joined by OR. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "domain/scan.h"
#include "domain/where_operand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct membership {
    struct cb_where_operand *tested;
    struct cb_bytes
        arrays[CB_TYPE_HASH + 1]; /* by type of the member; FLOAT has the integers beyond 64 bits too */
    struct cb_bytes conditions;
};

/* A number of up to 38 digits. */
static bool scan_wide(const char *text, __int128 *ret_value)
{
    bool negative = text[0] == '-';
    const char *at = text + negative;
    at += strspn(at, "0");
    if (strlen(at) > 38)
        return false;
    __int128 value = 0;
    for (; *at != '\0'; at++)
        value = value * 10 + (*at - '0');
    *ret_value = negative ? -value : value;
    return true;
}

static void add_condition(struct membership *m, const char *sql)
{
    if (m->conditions.size > 0)
        cb_bytes_puts(&m->conditions, " OR ");
    cb_bytes_puts(&m->conditions, sql);
}

/* "(tested OPERATOR parameters...)" */
static char *range_bounds(struct cb_where_compiler *c, const char *tested, const struct cb_where_node *range,
                          bool is_one)
{
    cb_auto(cb_free) char *start = cb_where_emit_param(&c->emit, CB_TYPE_INT, false, range->start);
    if (is_one)
        return cb_xasprintf("(%s = %s)", tested, start);
    cb_auto(cb_free) char *stop = cb_where_emit_param(&c->emit, CB_TYPE_INT, false, range->stop);
    return cb_xasprintf("(%s BETWEEN %s AND %s)", tested, start, stop);
}

/* Steps of a range are those whose remainder is that of its start; of a negative number the remainder is
 * negative in SQL, that of the start never is. */
static char *range_steps(struct cb_where_compiler *c, const char *tested, __int128 start, int64_t stride)
{
    char text[24];
    int64_t remainder = (int64_t)(start % stride);
    snprintf(text, sizeof text, "%" PRId64, stride);
    cb_auto(cb_free) char *divisor = cb_where_emit_param(&c->emit, CB_TYPE_INT, false, text);
    snprintf(text, sizeof text, "%" PRId64, remainder < 0 ? remainder + stride : remainder);
    cb_auto(cb_free) char *rest = cb_where_emit_param(&c->emit, CB_TYPE_INT, false, text);
    return cb_xasprintf(" AND (%s %% %s = %s)", tested, divisor, rest);
}

static bool add_range(struct cb_where_compiler *c, struct membership *m, const struct cb_where_node *range)
{
    __int128 start = 0, stop = 0;
    int64_t stride = 1;
    if (m->tested->type != CB_TYPE_INT)
        return cb_where_fail(c, range, "Column %.200s is not an integer.", m->tested->label);
    if (!scan_wide(range->start, &start) || !scan_wide(range->stop, &stop) ||
        (range->stride != NULL && !cb_scan_integer(range->stride, &stride)))
        return cb_where_fail(c, range, "The numbers of the range are too large.");
    if (stop + 1 < start)
        return cb_where_fail(c, range, "Range stop must be >= start.");
    const char *tested = cb_where_sql_of(c, m->tested);
    cb_auto(cb_free) char *bounds = range_bounds(c, tested, range, start == stop);
    cb_auto(cb_free) char *steps =
        stride == 1 || start == stop ? cb_xstrdup("") : range_steps(c, tested, start, stride);
    cb_auto(cb_free) char *condition =
        steps[0] == '\0' ? cb_steal(bounds) : cb_xasprintf("(%s%s)", bounds, steps);
    add_condition(m, condition);
    return true;
}

/* A member of the array of its type; what no array can hold is compared by itself. */
static void add_member(struct cb_where_compiler *c, struct membership *m, enum cb_column_type type,
                       const char *value)
{
    if (type == CB_TYPE_FLOAT && !cb_where_is_finite(value)) {
        const char *tested = cb_where_sql_of(c, m->tested);
        cb_auto(cb_free) char *parameter = cb_where_emit_param(&c->emit, type, false, value);
        cb_auto(cb_free) char *equal = cb_xasprintf("(%s = %s)", tested, parameter);
        add_condition(m, equal);
        return;
    }
    bool is_wide = type == CB_TYPE_INT && !cb_where_is_bigint(value);
    cb_where_array_add(&m->arrays[is_wide ? CB_TYPE_FLOAT : type], value);
}

static bool add_list(struct cb_where_compiler *c, const struct cb_where_node *node, struct membership *m,
                     const struct cb_where_bind *bind)
{
    if (m->tested->type == CB_TYPE_TIMESPAN || m->tested->type == CB_TYPE_REGION)
        return cb_where_fail(c, node, "Timespan or region column %.200s may not be used in IN expressions.",
                             m->tested->label);
    for (size_t i = 0; i < bind->n_values; i++) {
        enum cb_column_type type = bind->values[i].type;
        if (type != m->tested->type || m->tested->is_ingest_date || !cb_where_is_bindable(type))
            return cb_where_fail(
                c, node, "Column types for membership test %.200s IN :%s do not agree (%s, %s).",
                m->tested->label, bind->name, cb_where_type_name(m->tested), cb_column_type_name(type));
        add_member(c, m, type, bind->values[i].text);
    }
    return true; /* for the governor rule a bound list does not count: the butler does not look into it */
}

static bool fail_in(struct cb_where_compiler *c, const struct cb_where_node *in,
                    const struct cb_where_node *item)
{
    cb_auto(cb_free) char *text = cb_where_shown(in);
    return cb_where_fail(c, item, "Invalid IN expression: '%s'.", text);
}

static bool add_literal(struct cb_where_compiler *c, const struct cb_where_node *node, struct membership *m,
                        const struct cb_where_operand *item)
{
    if (!cb_where_same_type(m->tested, item))
        return cb_where_fail_mismatch(c, node, "==", m->tested, item);
    if (!cb_where_is_ordered(item->type) && item->type != CB_TYPE_UUID && item->type != CB_TYPE_HASH) {
        cb_where_note_late(c, CB_LATE_JOIN, node, "Invalid column type %s for operator '=='.",
                           cb_where_type_name(item));
        return true;
    }
    cb_where_note_constraint(c, m->tested, item);
    add_member(c, m, item->type, item->value);
    return true;
}

static bool add_item(struct cb_where_compiler *c, const struct cb_where_node *in,
                     const struct cb_where_node *node, struct membership *m)
{
    cb_auto_operand item = { 0 }, equal = { 0 };
    if (node->kind == CB_NODE_RANGE)
        return add_range(c, m, node);
    if (!cb_where_compile_node(c, node, &item))
        return false;
    switch (item.form) {
    case CB_FORM_LIST:
        return add_list(c, node, m, item.bind);
    case CB_FORM_NULL: {
        cb_auto(cb_free) char *sql = cb_xasprintf("(%s IS NULL)", cb_where_sql_of(c, m->tested));
        add_condition(m, sql);
        return true;
    }
    case CB_FORM_LITERAL:
        return add_literal(c, node, m, &item);
    case CB_FORM_COLUMN:
        if (item.type == CB_TYPE_BOOL)
            return fail_in(c, in, node);
        if (!cb_where_compare_values(c, node, CB_TOK_EQ, m->tested, &item, &equal))
            return false;
        add_condition(m, equal.sql);
        return true;
    default:
        return fail_in(c, in, node);
    }
}

/* x = ANY(array) for each type that has members; one member is a plain equality to the planner too. */
static void add_arrays(struct cb_where_compiler *c, struct membership *m)
{
    for (size_t type = 0; type < sizeof m->arrays / sizeof m->arrays[0]; type++) {
        if (m->arrays[type].size == 0)
            continue;
        cb_where_array_close(&m->arrays[type]);
        const char *tested = cb_where_sql_of(c, m->tested);
        cb_auto(cb_free) char *array =
            cb_where_emit_param(&c->emit, (enum cb_column_type)type, true, cb_bytes_text(&m->arrays[type]));
        cb_auto(cb_free) char *sql = cb_xasprintf("(%s = ANY(%s))", tested, array);
        add_condition(m, sql);
    }
}

static bool compile_items(struct cb_where_compiler *c, const struct cb_where_node *node, struct membership *m,
                          struct cb_where_operand *ret_operand)
{
    for (size_t i = 1; i < node->n_children; i++) { /* names first, as the butler looks at them */
        cb_auto_operand item = { 0 };
        if (node->children[i]->kind != CB_NODE_RANGE && !cb_where_compile_node(c, node->children[i], &item))
            return false;
    }
    for (size_t i = 1; i < node->n_children; i++)
        if (!add_item(c, node, node->children[i], m))
            return false;
    add_arrays(c, m);
    if (m->conditions.size == 0) { /* empty lists; a parameter once made has to be in the text */
        cb_auto(cb_free) char *none = m->tested->sql == NULL || strchr(m->tested->sql, '$') == NULL
                                          ? cb_xstrdup("FALSE")
                                          : cb_xasprintf("FALSE AND (%s) IS NULL", m->tested->sql);
        add_condition(m, none);
    }
    const char *any = cb_bytes_text(&m->conditions);
    cb_where_set_condition(ret_operand, cb_xasprintf(node->negated ? "(NOT (%s))" : "(%s)", any));
    return true;
}

bool cb_where_compile_in(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    cb_auto_operand tested = { 0 };
    if (!cb_where_compile_node(c, node->children[0], &tested))
        return false;
    if (!cb_where_is_scalar(&tested))
        return fail_in(c, node, node);
    struct membership m = { .tested = &tested, .conditions = CB_BYTES(CB_WHERE_SQL_MAX) };
    for (size_t type = 0; type < sizeof m.arrays / sizeof m.arrays[0]; type++)
        m.arrays[type].max = CB_WHERE_SQL_MAX;
    bool ok = compile_items(c, node, &m, ret_operand);
    for (size_t type = 0; type < sizeof m.arrays / sizeof m.arrays[0]; type++)
        cb_bytes_done(&m.arrays[type]);
    cb_bytes_done(&m.conditions);
    return ok;
}
