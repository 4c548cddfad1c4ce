/* Where-expressions compiled to SQL: the types of butler.md 7.4 checked, each leaf one condition. */
#include "domain/where.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/tai.h"
#include "domain/scan.h"
#include "domain/timespan.h"
#include "domain/where_emit.h"
#include "domain/where_names.h"
#include "domain/where_operand.h"
#include "domain/where_parse.h"
#include "domain/where_region.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void give(struct cb_where_operand *from, struct cb_where_operand *to)
{
    *to = *from;
    *from = (struct cb_where_operand){ 0 };
}

static bool check_late(const struct cb_where_compiler *c, enum cb_where_late kind)
{
    return c->late[kind].kind == CB_ERR_NONE || cb_fail(c->err, c->late[kind].kind, "%s", c->late[kind].text);
}

/* A decimal fraction is first a double, and the shortest digits that read back as that are what the database
 * gets. */
static void set_fraction(const char *text, struct cb_where_operand *ret_operand)
{
    char shortest[32] = "Infinity";
    double number = strtod(text, NULL);
    for (int digits = 15; digits <= 17 && isfinite(number); digits++) {
        snprintf(shortest, sizeof shortest, "%.*g", digits, number);
        if (strtod(shortest, NULL) == number)
            break;
    }
    cb_where_set_literal(ret_operand, CB_TYPE_FLOAT, number < 0 && isinf(number) ? "-Infinity" : shortest);
}

static void compile_number(const struct cb_where_node *node, struct cb_where_operand *ret_operand)
{
    if (strpbrk(node->text, ".eE") == NULL)
        cb_where_set_literal(ret_operand, CB_TYPE_INT, node->text);
    else
        set_fraction(node->text, ret_operand);
}

static void set_time(int64_t tai_ns, struct cb_where_operand *ret_operand)
{
    char value[24], iso[CB_ISO_SIZE];
    snprintf(value, sizeof value, "%" PRId64, tai_ns);
    cb_iso_format(tai_ns, 0, 'T', iso);
    ret_operand->form = CB_FORM_LITERAL;
    ret_operand->type = CB_TYPE_DATETIME;
    ret_operand->value = cb_xstrdup(value);
    ret_operand->label = cb_xstrdup(iso);
}

static const struct cb_where_bind *find_bind(const struct cb_where_compiler *c, const char *name)
{
    for (size_t i = 0; i < c->emit.ctx->n_binds; i++)
        if (strcmp(c->emit.ctx->binds[i].name, name) == 0)
            return &c->emit.ctx->binds[i];
    return NULL;
}

static bool check_list(struct cb_where_compiler *c, const struct cb_where_node *node,
                       const struct cb_where_bind *bind)
{
    for (size_t i = 0; i < bind->n_values; i++)
        if (bind->values[i].type != bind->values[0].type)
            return cb_where_fail(c, node, "Mismatched types in bind iterable '%s': %s and %s.", bind->name,
                                 cb_column_type_name(bind->values[0].type),
                                 cb_column_type_name(bind->values[i].type));
    return true;
}

static bool compile_bind(struct cb_where_compiler *c, const struct cb_where_node *node,
                         const struct cb_where_bind *bind, struct cb_where_operand *ret_operand)
{
    ret_operand->label = cb_xasprintf(":%s", bind->name);
    ret_operand->bind = bind;
    if (bind->is_list) {
        ret_operand->form = CB_FORM_LIST;
        return check_list(c, node, bind);
    }
    if (bind->n_values != 1 || !cb_where_is_bindable(bind->values[0].type))
        return cb_where_fail(c, node, "The value bound to '%s' cannot be used in an expression.", bind->name);
    bool is_null = bind->values[0].type == CB_TYPE_NULL;
    ret_operand->form = is_null ? CB_FORM_NULL : CB_FORM_LITERAL;
    ret_operand->type = bind->values[0].type;
    ret_operand->value = cb_xstrdup(bind->values[0].text);
    return true;
}

/* Keys and alternate keys fall under the governor rule; plain metadata does not. */
static void note_governor(struct cb_where_compiler *c, const struct cb_where_name *name,
                          struct cb_where_operand *operand)
{
    const struct cb_element *element =
        name->kind == CB_NAME_KEY ? cb_element_at(name->dimension) : name->element;
    if (name->kind == CB_NAME_DATASET || element->governor < 0)
        return;
    if (name->kind == CB_NAME_KEY && (int)name->dimension == element->governor)
        operand->governor = CB_DIM(name->dimension);
    else if (name->kind == CB_NAME_KEY || name->column->role == CB_COLUMN_ALTERNATE)
        c->governed |= CB_DIM(element->governor);
}

static bool compile_name(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    struct cb_error reason = { 0 };
    struct cb_where_name name;
    const struct cb_where_bind *bind = find_bind(c, node->text);
    if (bind != NULL)
        return compile_bind(c, node, bind, ret_operand);
    if (!cb_where_name_resolve(node->text, c->emit.ctx, &name, &reason))
        return cb_where_fail_at(c, node, reason.text);
    ret_operand->label = cb_where_name_label(&name);
    ret_operand->type = name.bound != CB_BOUND_NONE ? CB_TYPE_DATETIME : name.type;
    if (name.kind == CB_NAME_NULL) {
        ret_operand->form = CB_FORM_NULL;
        return true;
    }
    ret_operand->form = CB_FORM_COLUMN;
    ret_operand->sql = cb_where_emit_name(&c->emit, &name);
    ret_operand->spatial = name.kind == CB_NAME_COLUMN && name.type == CB_TYPE_REGION ? name.element : NULL;
    if (name.kind == CB_NAME_DATASET && name.dataset == NULL)
        cb_where_note_late(c, CB_LATE_DATASET, node,
                           "Cannot reference dataset type(s) {'%.*s'} that have not been joined.",
                           (int)name.dataset_type_length, name.dataset_type);
    else if (ret_operand->sql == NULL && ret_operand->spatial == NULL)
        cb_where_note_late(c, CB_LATE_JOIN, node, "Cannot join dimension element %s with no table.",
                           cb_element_at(name.dimension)->name);
    if (ret_operand->sql == NULL && ret_operand->spatial == NULL)
        ret_operand->sql = cb_xstrdup("NULL");
    if (ret_operand->type == CB_TYPE_TIMESPAN && name.kind == CB_NAME_COLUMN)
        ret_operand->temporal = name.element;
    ret_operand->is_ingest_date =
        ret_operand->type == CB_TYPE_DATETIME && name.kind == CB_NAME_DATASET && name.bound == CB_BOUND_NONE;
    ret_operand->is_validity = ret_operand->type == CB_TYPE_TIMESPAN && name.kind == CB_NAME_DATASET;
    note_governor(c, &name, ret_operand);
    return true;
}

/* Arithmetic: both of one type; a quotient of ints is true division, as the butler sends it. */
static bool compile_arithmetic(struct cb_where_compiler *c, const struct cb_where_node *node,
                               struct cb_where_operand *left, struct cb_where_operand *right,
                               struct cb_where_operand *ret_operand)
{
    const char *op = cb_where_operator(node->op);
    if (!cb_where_is_scalar(left) || !cb_where_is_scalar(right))
        return cb_where_fail_types(c, node, left, right);
    if (strcmp(cb_where_type_name(left), cb_where_type_name(right)) != 0)
        return cb_where_fail(c, node, "Column types for operator %s do not agree (%s, %s).", op,
                             cb_where_type_name(left), cb_where_type_name(right));
    if (!cb_where_is_number(left->type) || (node->op == CB_TOK_MOD && left->type != CB_TYPE_INT))
        return cb_where_fail(c, node, "Invalid column type %s for operator '%s'.", cb_where_type_name(left),
                             op);
    bool true_division = node->op == CB_TOK_DIV && left->type == CB_TYPE_INT;
    const char *left_sql = cb_where_sql_of(c, left), *right_sql = cb_where_sql_of(c, right);
    ret_operand->form = CB_FORM_COLUMN;
    ret_operand->type = left->type;
    ret_operand->sql = true_division ? cb_xasprintf("(%s / CAST(%s AS numeric))", left_sql, right_sql)
                                     : cb_xasprintf("(%s %s %s)", left_sql, op, right_sql);
    ret_operand->label = cb_xasprintf("%.90s %s %.90s", left->label, op, right->label);
    return true;
}

static bool compile_binary(struct cb_where_compiler *c, const struct cb_where_node *node,
                           struct cb_where_operand *ret_operand)
{
    cb_auto_operand left = { 0 }, right = { 0 };
    if (!cb_where_compile_node(c, node->children[0], &left) ||
        !cb_where_compile_node(c, node->children[1], &right))
        return false;
    if (node->op >= CB_TOK_ADD && node->op <= CB_TOK_MOD)
        return compile_arithmetic(c, node, &left, &right, ret_operand);
    return cb_where_compare(c, node, &left, &right, ret_operand);
}

static bool compile_sign(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    cb_auto_operand value = { 0 };
    if (!cb_where_compile_node(c, node->children[0], &value))
        return false;
    if (!cb_where_is_scalar(&value) || !cb_where_is_number(value.type)) {
        cb_auto(cb_free) char *text = cb_where_shown(node);
        return cb_where_fail(c, node, "Unary operator '%s' is not valid for operand of type %s in %s.",
                             cb_where_operator(node->op), cb_where_type_name(&value), text);
    }
    if (node->op == CB_TOK_ADD) {
        give(&value, ret_operand);
        return true;
    }
    ret_operand->form = CB_FORM_COLUMN;
    ret_operand->type = value.type;
    ret_operand->sql = cb_xasprintf("(- %s)", cb_where_sql_of(c, &value));
    ret_operand->label = cb_xasprintf("-%.190s", value.label);
    return true;
}

/* A timespan from two times, NULL for an open end. */
static bool tuple_bound(const struct cb_where_operand *operand, int64_t open, int64_t *ret_ns)
{
    *ret_ns = open;
    if (operand->form == CB_FORM_NULL)
        return true;
    return operand->form == CB_FORM_LITERAL && operand->type == CB_TYPE_DATETIME &&
           cb_scan_integer(operand->value, ret_ns);
}

static bool compile_tuple(struct cb_where_compiler *c, const struct cb_where_node *node,
                          struct cb_where_operand *ret_operand)
{
    cb_auto_operand begin = { 0 }, end = { 0 };
    int64_t begin_ns = 0, end_ns = 0;
    char text[CB_TIMESPAN_TEXT_SIZE];
    if (!cb_where_compile_node(c, node->children[0], &begin) ||
        !cb_where_compile_node(c, node->children[1], &end))
        return false;
    if (!tuple_bound(&begin, CB_TIMESPAN_MIN_NS, &begin_ns) ||
        !tuple_bound(&end, CB_TIMESPAN_MAX_NS, &end_ns)) {
        cb_auto(cb_free) char *tuple = cb_where_shown(node);
        return cb_where_fail(
            c, node,
            "Invalid type in timespan tuple \"%s\" (Note that date/time strings must be preceded by \"T\" "
            "to be recognized).",
            tuple);
    }
    cb_timespan_format(cb_timespan_of(begin_ns, end_ns), text);
    cb_where_set_literal(ret_operand, CB_TYPE_TIMESPAN, text);
    return true;
}

/* Functions. */

static bool compile_glob(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    cb_auto_operand column = { 0 }, pattern = { 0 };
    if (!cb_where_compile_node(c, node->children[0], &column) ||
        !cb_where_compile_node(c, node->children[1], &pattern))
        return false;
    if (column.form != CB_FORM_COLUMN || column.type != CB_TYPE_STRING)
        return cb_where_fail(c, node, "glob() first argument must be a string column.");
    if (pattern.form != CB_FORM_LITERAL || pattern.type != CB_TYPE_STRING)
        return cb_where_fail(c, node, "glob() pattern must be a string.");
    cb_where_note_constraint(c, &column, &pattern);
    if (strcmp(pattern.value, "*") == 0) {
        cb_where_set_condition(ret_operand, cb_xstrdup("TRUE"));
        return true;
    }
    cb_auto(cb_free) char *like = cb_where_like_pattern(pattern.value);
    cb_auto(cb_free) char *parameter = cb_where_emit_param(&c->emit, CB_TYPE_STRING, false, like);
    cb_where_set_condition(ret_operand, cb_xasprintf("(%s LIKE %s ESCAPE E'\\\\')", column.sql, parameter));
    return true;
}

static bool is_function_of_regions(const char *name)
{
    static const char *const names[] = { "POINT", "CIRCLE", "BOX", "POLYGON", "REGION" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* What is wrong with an argument comes first. */
static bool fail_function(struct cb_where_compiler *c, const struct cb_where_node *call)
{
    for (size_t i = 0; i < call->n_children; i++) {
        cb_auto_operand argument = { 0 };
        if (!cb_where_compile_node(c, call->children[i], &argument))
            return false;
    }
    return cb_where_fail(c, call, "Unknown function '%.100s' in expression", call->text);
}

static bool compile_call(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    if (strcmp(node->text, "GLOB") == 0)
        return compile_glob(c, node, ret_operand);
    if (strcmp(node->text, "UUID") == 0) {
        cb_where_set_literal(ret_operand, CB_TYPE_UUID, node->children[0]->text);
        return true;
    }
    if (!is_function_of_regions(node->text))
        return fail_function(c, node);
    cb_auto(cb_free) char *region = NULL;
    struct cb_error reason = { 0 };
    if (!cb_where_region(node, c->emit.ctx, &region, &reason))
        return cb_where_fail_at(c, node, reason.text);
    cb_where_set_literal(ret_operand, CB_TYPE_REGION, region);
    free(ret_operand->label);
    ret_operand->label = cb_xstrdup("(region)");
    return true;
}

/* Logic. */

static bool is_truth(const struct cb_where_operand *operand)
{
    return operand->form == CB_FORM_CONDITION ||
           (operand->form == CB_FORM_COLUMN && operand->type == CB_TYPE_BOOL);
}

static bool compile_not(struct cb_where_compiler *c, const struct cb_where_node *node,
                        struct cb_where_operand *ret_operand)
{
    cb_auto_operand child = { 0 };
    c->negated = !c->negated;
    if (!cb_where_compile_node(c, node->children[0], &child))
        return false;
    c->negated = !c->negated;
    if (!is_truth(&child)) {
        cb_auto(cb_free) char *text = cb_where_shown(node);
        return cb_where_fail(c, node, "Unary operator 'NOT' is not valid for operand of type %s in %s.",
                             cb_where_type_name(&child), text);
    }
    cb_where_set_condition(ret_operand, cb_xasprintf("(NOT %s)", child.sql));
    return true;
}

/* Which operand of AND or OR is no condition, said as the butler says it: with what stands before. */
static bool fail_operand(struct cb_where_compiler *c, const struct cb_where_node *node, size_t index,
                         const struct cb_where_operand *operand)
{
    struct cb_where_node part = *node;
    part.n_children = index > 0 ? index + 1 : 2;
    cb_auto(cb_free) char *text = cb_where_shown(&part);
    struct cb_where_operand truth = { .type = CB_TYPE_BOOL };
    if (index > 0)
        return cb_where_fail(c, node->children[index],
                             "Invalid types bool, %s for binary operator '%s' in expression %s.",
                             cb_where_type_name(operand), cb_where_operator(node->op), text);
    cb_auto_operand second = { 0 };
    if (!cb_where_compile_node(c, node->children[1], &second))
        return false;
    return cb_where_fail(c, node->children[0],
                         "Invalid types %s, %s for binary operator '%s' in expression %s.",
                         cb_where_type_name(operand),
                         is_truth(&second) ? cb_where_type_name(&truth) : cb_where_type_name(&second),
                         cb_where_operator(node->op), text);
}

static bool compile_list(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_WHERE_SQL_MAX);
    unsigned alternative = (node->kind == CB_NODE_OR) != c->negated;
    c->optional += alternative;
    for (size_t i = 0; i < node->n_children; i++) {
        cb_auto_operand child = { 0 };
        if (!cb_where_compile_node(c, node->children[i], &child))
            return false;
        if (!is_truth(&child))
            return fail_operand(c, node, i, &child);
        cb_bytes_printf(&sql, "%s%s", i == 0 ? "(" : node->kind == CB_NODE_AND ? " AND " : " OR ", child.sql);
    }
    c->optional -= alternative;
    cb_bytes_puts(&sql, ")");
    if (!cb_bytes_ok(&sql))
        return cb_where_fail(c, node, "The expression is too large.");
    cb_where_set_condition(ret_operand, cb_bytes_steal(&sql));
    return true;
}

/* Dispatch. */

static bool compile_leaf(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *ret_operand)
{
    const struct cb_where_bind *bind = NULL;
    switch (node->kind) {
    case CB_NODE_NUMBER:
        compile_number(node, ret_operand);
        return true;
    case CB_NODE_STRING:
        cb_where_set_literal(ret_operand, CB_TYPE_STRING, node->text);
        return true;
    case CB_NODE_TIME:
        set_time(node->tai_ns, ret_operand);
        return true;
    case CB_NODE_RANGE:
        ret_operand->form = CB_FORM_RANGE;
        ret_operand->type = CB_TYPE_RANGE;
        return true;
    case CB_NODE_BIND:
        bind = find_bind(c, node->text);
        return bind != NULL ? compile_bind(c, node, bind, ret_operand)
                            : cb_where_fail(c, node, "Name '%.200s' is not in the bind map.", node->text);
    default:
        return compile_name(c, node, ret_operand);
    }
}

bool cb_where_compile_node(struct cb_where_compiler *c, const struct cb_where_node *node,
                           struct cb_where_operand *ret_operand)
{
    ret_operand->node = node;
    switch (node->kind) {
    case CB_NODE_OR:
    case CB_NODE_AND:
        return compile_list(c, node, ret_operand);
    case CB_NODE_NOT:
        return compile_not(c, node, ret_operand);
    case CB_NODE_BINARY:
        return compile_binary(c, node, ret_operand);
    case CB_NODE_SIGN:
        return compile_sign(c, node, ret_operand);
    case CB_NODE_IN:
        return cb_where_compile_in(c, node, ret_operand);
    case CB_NODE_PAREN:
        return cb_where_compile_node(c, node->children[0], ret_operand);
    case CB_NODE_TUPLE:
        return compile_tuple(c, node, ret_operand);
    case CB_NODE_CALL:
        return compile_call(c, node, ret_operand);
    default:
        return compile_leaf(c, node, ret_operand);
    }
}

static uint32_t dimensions_of(const struct cb_where_context *ctx)
{
    return cb_dimensions_expand(ctx->dimensions | ctx->joined_dimensions);
}

/* Governor rule: a dimension of an instrument needs the instrument, from the expression or the default data
 * ID. The default is a condition of its own, also when only the query's result or plain metadata has an
 * instrument. */
static bool constrain(struct cb_where_compiler *c, enum cb_element_index governor, const char *fallback,
                      struct cb_bytes *sql)
{
    uint32_t named = cb_dimensions_expand(c->emit.dimensions);
    uint32_t wanted = c->governed | (fallback != NULL ? named | dimensions_of(c->emit.ctx) : 0);
    if ((wanted & ~c->constrained & CB_DIM(governor)) == 0)
        return true;
    const char *name = cb_element_at(governor)->name;
    if (fallback == NULL)
        return cb_fail(
            c->err, CB_ERR_INVALID,
            "Query 'where' expression references a dimension dependent on %s without constraining it "
            "directly.",
            name);
    struct cb_where_name key = { .kind = CB_NAME_KEY, .dimension = governor };
    cb_auto(cb_free) char *column = cb_where_emit_name(&c->emit, &key);
    cb_auto(cb_free) char *value = cb_where_emit_param(&c->emit, CB_TYPE_STRING, false, fallback);
    cb_bytes_printf(sql, " AND (%s = %s)", column, value);
    return true;
}

/* root NULL: the empty expression. */
static bool compile_root(struct cb_where_compiler *c, const struct cb_where_node *root, struct cb_bytes *sql)
{
    cb_auto_operand whole = { 0 };
    if (root != NULL && !cb_where_compile_node(c, root, &whole))
        return false;
    if (root != NULL && !is_truth(&whole)) {
        cb_auto(cb_free) char *text = cb_where_shown(root);
        return cb_where_fail(c, root, "Invalid types: the expression %s is %s, not a condition.", text,
                             cb_where_type_name(&whole));
    }
    cb_bytes_puts(sql, root != NULL ? whole.sql : "TRUE");
    if (!check_late(c, CB_LATE_DATASET) ||
        !constrain(c, CB_INSTRUMENT, c->emit.ctx->default_instrument, sql) ||
        !constrain(c, CB_SKYMAP, c->emit.ctx->default_skymap, sql) || !check_late(c, CB_LATE_JOIN))
        return false;
    if (c->emit.overflowed)
        return cb_fail(c->err, CB_ERR_INVALID, "the where-expression has more than %d values",
                       CB_WHERE_PARAMS_MAX);
    if (!cb_bytes_ok(sql))
        return cb_fail(c->err, CB_ERR_INVALID, "the where-expression becomes more than %u bytes of SQL",
                       CB_WHERE_SQL_MAX);
    return true;
}

static void overlaps_free(struct cb_where_overlap *overlaps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(overlaps[i].region);
    free(overlaps);
}

bool cb_where_compile(const char *expression, const struct cb_where_context *ctx,
                      struct cb_where_sql *ret_sql, struct cb_error *err)
{
    cb_auto(cb_where_node_free) struct cb_where_node *root = NULL;
    struct cb_where_compiler c = { .expression = expression, .emit = { .ctx = ctx }, .err = err };
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_WHERE_SQL_MAX);
    if (!cb_where_parse(expression, &root, err))
        return false;
    if (!compile_root(&c, root, &sql)) {
        cb_where_emitter_done(&c.emit);
        overlaps_free(c.overlaps, c.n_overlaps);
        return false;
    }
    *ret_sql =
        (struct cb_where_sql){ .text = cb_bytes_steal(&sql),
                               .params = c.emit.params,
                               .n_params = c.emit.n_params,
                               .dimensions = c.emit.dimensions,
                               .temporal_join = c.temporal_join,
                               .overlaps = c.overlaps,
                               .n_overlaps = c.n_overlaps,
                               .elements = c.emit.elements |
                                           cb_dimensions_relations(c.emit.dimensions | dimensions_of(ctx)) };
    if (root == NULL)
        ret_sql->elements = c.emit.elements;
    return true;
}

void cb_where_sql_done(struct cb_where_sql *sql)
{
    struct cb_where_emitter emitter = { .params = sql->params, .n_params = sql->n_params };
    cb_where_emitter_done(&emitter);
    overlaps_free(sql->overlaps, sql->n_overlaps);
    free(sql->text);
    *sql = (struct cb_where_sql){ 0 };
}
