/* Where-expressions compiled to SQL: the types of butler.md 7.4 checked, each leaf one condition. */
#include "domain/where.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/tai.h"
#include "domain/scan.h"
#include "domain/timespan.h"
#include "domain/where_emit.h"
#include "domain/where_names.h"
#include "domain/where_parse.h"
#include "domain/where_region.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL_SHOWN_MAX 300

enum operand_form {
    FORM_CONDITION, /* a comparison, or anything built of conditions */
    FORM_COLUMN,    /* depends on the row */
    FORM_LITERAL,   /* not yet in the SQL: value */
    FORM_NULL,
    FORM_RANGE, /* node */
    FORM_LIST   /* bind */
};

struct operand {
    enum operand_form form;
    enum cb_column_type type;
    char *sql;
    char *value;
    char *label; /* for messages */
    const struct cb_where_node *node;
    const struct cb_where_bind *bind;
    const struct cb_element *temporal; /* whose timespan this is */
    bool is_ingest_date;               /* of a dataset: to the butler a type of its own */
    bool is_validity;                  /* the timespan of a dataset */
    uint32_t governor;                 /* the governor this is the key of, as a set */
    const struct cb_element *spatial;  /* whose region this is; a pixel's is in no table: it has no SQL */
};

/* What the butler finds only when all names and types are right: the first of its kind, told in this order.
 */
enum late_fault { LATE_DATASET, LATE_JOIN, LATE_FAULTS };

struct compiler {
    const char *expression;
    struct cb_error late[LATE_FAULTS];
    struct cb_where_emitter emit;
    uint32_t governed;    /* governors whose dimensions are named */
    uint32_t constrained; /* governors that are compared with something */
    bool temporal_join;
    bool negated;      /* under an odd number of NOT */
    unsigned optional; /* alternatives that the part under way is one of: OR, or AND under NOT */
    struct cb_where_overlap *overlaps;
    size_t n_overlaps;
    struct cb_error *err;
};

static void operand_done(struct operand *operand)
{
    free(operand->sql);
    free(operand->value);
    free(operand->label);
}
#define auto_operand __attribute__((cleanup(operand_done))) struct operand

static bool compile(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand);

static void give(struct operand *from, struct operand *to)
{
    *to = *from;
    *from = (struct operand){ 0 };
}

static bool fail_at(struct compiler *c, const struct cb_where_node *node, const char *sentence)
{
    size_t line = 0, column = 0;
    cb_where_place(c->expression, node->offset, &line, &column);
    return cb_fail(c->err, CB_ERR_INVALID, "%.800s (line: %zu, pos: %zu)", sentence, line, column);
}

__attribute__((format(printf, 3, 4))) static bool fail(struct compiler *c, const struct cb_where_node *node,
                                                       const char *fmt, ...)
{
    char sentence[900];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    return fail_at(c, node, sentence);
}

/* A fault to be told when nothing else is wrong. */
__attribute__((format(printf, 4, 5))) static void
note_late(struct compiler *c, enum late_fault kind, const struct cb_where_node *node, const char *fmt, ...)
{
    char sentence[400];
    size_t line = 0, column = 0;
    va_list args;
    if (c->late[kind].kind != CB_ERR_NONE)
        return;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    cb_where_place(c->expression, node->offset, &line, &column);
    cb_fail(&c->late[kind], CB_ERR_INVALID, "%s (line: %zu, pos: %zu)", sentence, line, column);
}

static bool check_late(const struct compiler *c, enum late_fault kind)
{
    return c->late[kind].kind == CB_ERR_NONE || cb_fail(c->err, c->late[kind].kind, "%s", c->late[kind].text);
}

/* The node as text, cut to what a message can hold. Caller frees. */
static char *shown(const struct cb_where_node *node)
{
    struct cb_bytes text = CB_BYTES(LABEL_SHOWN_MAX);
    cb_where_node_format(node, &text);
    return cb_bytes_steal(&text);
}

static const char *type_name(const struct operand *operand)
{
    if (operand->form == FORM_LIST)
        return "sequence";
    if (operand->is_ingest_date)
        return "ingest_date";
    return cb_column_type_name(operand->type);
}

static bool fail_types(struct compiler *c, const struct cb_where_node *node, const struct operand *left,
                       const struct operand *right)
{
    cb_auto(cb_free) char *text = shown(node);
    return fail(c, node, "Invalid types %s, %s for binary operator '%s' in expression %s.", type_name(left),
                type_name(right), cb_where_operator(node->op), text);
}

/* SQL of an operand that is a value; a literal becomes a parameter here, and only here. */
static const char *sql_of(struct compiler *c, struct operand *operand)
{
    if (operand->sql == NULL)
        operand->sql = cb_where_emit_param(&c->emit, operand->type, false, operand->value);
    return operand->sql;
}

static bool is_scalar(const struct operand *operand)
{
    if (operand->spatial != NULL && operand->sql == NULL)
        return false;
    return (operand->form == FORM_COLUMN || operand->form == FORM_LITERAL) && operand->type != CB_TYPE_BOOL;
}

static bool is_number(enum cb_column_type type)
{
    return type == CB_TYPE_INT || type == CB_TYPE_FLOAT;
}

/* Leaves. */

static void set_literal(struct operand *operand, enum cb_column_type type, const char *value)
{
    operand->form = FORM_LITERAL;
    operand->type = type;
    operand->value = cb_xstrdup(value);
    operand->label = type == CB_TYPE_STRING ? cb_xasprintf("'%.200s'", value) : cb_xasprintf("%.200s", value);
}

/* A decimal fraction is first a double, and the shortest digits that read back as that are what the database
 * gets. */
static void set_fraction(const char *text, struct operand *ret_operand)
{
    char shortest[32] = "Infinity";
    double number = strtod(text, NULL);
    for (int digits = 15; digits <= 17 && isfinite(number); digits++) {
        snprintf(shortest, sizeof shortest, "%.*g", digits, number);
        if (strtod(shortest, NULL) == number)
            break;
    }
    set_literal(ret_operand, CB_TYPE_FLOAT, number < 0 && isinf(number) ? "-Infinity" : shortest);
}

static void compile_number(const struct cb_where_node *node, struct operand *ret_operand)
{
    if (strpbrk(node->text, ".eE") == NULL)
        set_literal(ret_operand, CB_TYPE_INT, node->text);
    else
        set_fraction(node->text, ret_operand);
}

static void set_time(int64_t tai_ns, struct operand *ret_operand)
{
    char value[24], iso[CB_ISO_SIZE];
    snprintf(value, sizeof value, "%" PRId64, tai_ns);
    cb_iso_format(tai_ns, 0, 'T', iso);
    ret_operand->form = FORM_LITERAL;
    ret_operand->type = CB_TYPE_DATETIME;
    ret_operand->value = cb_xstrdup(value);
    ret_operand->label = cb_xstrdup(iso);
}

static const struct cb_where_bind *find_bind(const struct compiler *c, const char *name)
{
    for (size_t i = 0; i < c->emit.ctx->n_binds; i++)
        if (strcmp(c->emit.ctx->binds[i].name, name) == 0)
            return &c->emit.ctx->binds[i];
    return NULL;
}

static bool is_bindable(enum cb_column_type type)
{
    return type != CB_TYPE_BOOL && type != CB_TYPE_REGION && type != CB_TYPE_RANGE;
}

static bool check_list(struct compiler *c, const struct cb_where_node *node, const struct cb_where_bind *bind)
{
    for (size_t i = 0; i < bind->n_values; i++)
        if (bind->values[i].type != bind->values[0].type)
            return fail(c, node, "Mismatched types in bind iterable '%s': %s and %s.", bind->name,
                        cb_column_type_name(bind->values[0].type), cb_column_type_name(bind->values[i].type));
    return true;
}

static bool compile_bind(struct compiler *c, const struct cb_where_node *node,
                         const struct cb_where_bind *bind, struct operand *ret_operand)
{
    ret_operand->label = cb_xasprintf(":%s", bind->name);
    ret_operand->bind = bind;
    if (bind->is_list) {
        ret_operand->form = FORM_LIST;
        return check_list(c, node, bind);
    }
    if (bind->n_values != 1 || !is_bindable(bind->values[0].type))
        return fail(c, node, "The value bound to '%s' cannot be used in an expression.", bind->name);
    bool is_null = bind->values[0].type == CB_TYPE_NULL;
    ret_operand->form = is_null ? FORM_NULL : FORM_LITERAL;
    ret_operand->type = bind->values[0].type;
    ret_operand->value = cb_xstrdup(bind->values[0].text);
    return true;
}

/* Keys and alternate keys fall under the governor rule; plain metadata does not. */
static void note_governor(struct compiler *c, const struct cb_where_name *name, struct operand *operand)
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

static bool compile_name(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    struct cb_error reason = { 0 };
    struct cb_where_name name;
    const struct cb_where_bind *bind = find_bind(c, node->text);
    if (bind != NULL)
        return compile_bind(c, node, bind, ret_operand);
    if (!cb_where_name_resolve(node->text, c->emit.ctx, &name, &reason))
        return fail_at(c, node, reason.text);
    ret_operand->label = cb_where_name_label(&name);
    ret_operand->type = name.bound != CB_BOUND_NONE ? CB_TYPE_DATETIME : name.type;
    if (name.kind == CB_NAME_NULL) {
        ret_operand->form = FORM_NULL;
        return true;
    }
    ret_operand->form = FORM_COLUMN;
    ret_operand->sql = cb_where_emit_name(&c->emit, &name);
    ret_operand->spatial = name.kind == CB_NAME_COLUMN && name.type == CB_TYPE_REGION ? name.element : NULL;
    if (name.kind == CB_NAME_DATASET && name.dataset == NULL)
        note_late(c, LATE_DATASET, node,
                  "Cannot reference dataset type(s) {'%.*s'} that have not been joined.",
                  (int)name.dataset_type_length, name.dataset_type);
    else if (ret_operand->sql == NULL && ret_operand->spatial == NULL)
        note_late(c, LATE_JOIN, node, "Cannot join dimension element %s with no table.",
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

/* Comparisons. */

static bool mismatch(struct compiler *c, const struct cb_where_node *node, const char *op,
                     const struct operand *left, const struct operand *right)
{
    return fail(c, node, "Column types for comparison %.200s %s %.200s do not agree (%s, %s).", left->label,
                op, right->label, type_name(left), type_name(right));
}

static void note_constraint(struct compiler *c, const struct operand *left, const struct operand *right)
{
    if (right->form != FORM_NULL)
        c->constrained |= left->governor;
    if (left->form != FORM_NULL)
        c->constrained |= right->governor;
}

static void set_condition(struct operand *operand, char *sql)
{
    operand->form = FORM_CONDITION;
    operand->type = CB_TYPE_BOOL;
    operand->sql = sql;
}

/* x = NULL, NULL != x: the only comparisons with NULL. */
static bool compare_null(struct compiler *c, const struct cb_where_node *node, struct operand *left,
                         struct operand *right, struct operand *ret_operand)
{
    struct operand *other = left->form == FORM_NULL ? right : left;
    bool testable = is_scalar(other) || (other->form == FORM_COLUMN && other->type == CB_TYPE_BOOL);
    if ((node->op != CB_TOK_EQ && node->op != CB_TOK_NE) || !testable)
        return fail_types(c, node, left, right);
    set_condition(ret_operand,
                  cb_xasprintf("(%s IS %sNULL)", sql_of(c, other), node->op == CB_TOK_NE ? "NOT " : ""));
    return true;
}

static bool same_type(const struct operand *left, const struct operand *right)
{
    return left->type == right->type || (is_number(left->type) && is_number(right->type));
}

static bool is_ordered(enum cb_column_type type)
{
    return is_number(type) || type == CB_TYPE_STRING || type == CB_TYPE_DATETIME;
}

/* = != < <= > >= between two values. */
static bool compare_values(struct compiler *c, const struct cb_where_node *node, enum cb_where_token_kind op,
                           struct operand *left, struct operand *right, struct operand *ret_operand)
{
    const char *name = op == CB_TOK_EQ ? "==" : cb_where_operator(op);
    if (!same_type(left, right))
        return mismatch(c, node, name, left, right);
    bool equality = op == CB_TOK_EQ || op == CB_TOK_NE;
    bool both_ingest_dates = left->is_ingest_date && right->is_ingest_date;
    bool comparable = (is_ordered(left->type) && (equality || !both_ingest_dates)) ||
                      (equality && (left->type == CB_TYPE_UUID || left->type == CB_TYPE_HASH ||
                                    left->type == CB_TYPE_REGION));
    if (!comparable && equality)
        note_late(c, LATE_JOIN, node, "Invalid column type %s for operator '%s'.", type_name(left), name);
    else if (!comparable)
        return fail(c, node, "Invalid column type %s for operator '%s'.", type_name(left), name);
    note_constraint(c, left, right);
    const char *left_sql = sql_of(c, left), *right_sql = sql_of(c, right);
    set_condition(ret_operand, cb_xasprintf("(%s %s %s)", left_sql, cb_where_operator(op), right_sql));
    return true;
}

/* Two elements that need no join: one tells the other's place. */
static bool same_family(const struct cb_element *one, const struct cb_element *other)
{
    const uint32_t key = CB_DIM(CB_VISIT) | CB_DIM(CB_TRACT) | CB_DIM(CB_HTM7);
    return (one->required & other->required & key) != 0;
}

static void note_overlap(struct compiler *c, const struct operand *one, const struct operand *other)
{
    const struct operand *column = one->spatial != NULL ? one : other, *rest = column == one ? other : one;
    c->overlaps = cb_xrealloc_array(c->overlaps, c->n_overlaps + 1, sizeof *c->overlaps);
    c->overlaps[c->n_overlaps++] =
        (struct cb_where_overlap){ .element = cb_element_index(column->spatial),
                                   .other =
                                       cb_element_index((rest->spatial != NULL ? rest : column)->spatial),
                                   .region = rest->spatial != NULL ? NULL : cb_xstrdup(rest->value) };
}

static bool overlap_regions(struct compiler *c, const struct cb_where_node *node, const struct operand *left,
                            const struct operand *right, struct operand *ret_operand)
{
    bool join = left->spatial != NULL && right->spatial != NULL;
    if (left->spatial == NULL && right->spatial == NULL)
        return fail(c, node, "Spatial overlap comparison requires at least one dimension region column.");
    if (join && same_family(left->spatial, right->spatial))
        return fail(c, node, "Spatial join between %s and %s is not necessary.", left->spatial->name,
                    right->spatial->name);
    if (c->negated || c->optional > 0)
        return fail(c, node, "Spatial overlap %s nested inside OR or NOT are not supported.",
                    join ? "joins" : "constraints");
    note_overlap(c, left, right);
    set_condition(ret_operand, cb_xstrdup("TRUE"));
    return true;
}

static bool compare_overlap(struct compiler *c, const struct cb_where_node *node, struct operand *left,
                            struct operand *right, struct operand *ret_operand)
{
    bool span_left = left->type == CB_TYPE_TIMESPAN, span_right = right->type == CB_TYPE_TIMESPAN;
    if (left->type == CB_TYPE_REGION && right->type == CB_TYPE_REGION)
        return overlap_regions(c, node, left, right, ret_operand);
    if (strcmp(type_name(left), type_name(right)) == 0 && !span_left)
        return fail(c, node, "Invalid column type %s for operator 'overlaps'.", type_name(left));
    if (!(span_left && (span_right || right->type == CB_TYPE_DATETIME)) &&
        !(span_right && left->type == CB_TYPE_DATETIME))
        return mismatch(c, node, "OVERLAPS", left, right);
    if (left->temporal != NULL && right->temporal != NULL)
        note_late(c, LATE_JOIN, node, "Temporal join between %s and %s is not necessary.",
                  left->temporal->name, right->temporal->name);
    c->temporal_join |=
        (left->temporal != NULL && right->is_validity) || (right->temporal != NULL && left->is_validity);
    const char *op = span_left && span_right ? "&&" : span_left ? "@>" : "<@";
    const char *left_sql = sql_of(c, left), *right_sql = sql_of(c, right);
    set_condition(ret_operand, cb_xasprintf("(%s %s %s)", left_sql, op, right_sql));
    return true;
}

static bool compile_comparison(struct compiler *c, const struct cb_where_node *node, struct operand *left,
                               struct operand *right, struct operand *ret_operand)
{
    if (left->form == FORM_NULL || right->form == FORM_NULL)
        return compare_null(c, node, left, right, ret_operand);
    bool regions =
        node->op == CB_TOK_OVERLAPS && left->type == CB_TYPE_REGION && right->type == CB_TYPE_REGION;
    if (!regions && (!is_scalar(left) || !is_scalar(right)))
        return fail_types(c, node, left, right);
    if (node->op == CB_TOK_OVERLAPS)
        return compare_overlap(c, node, left, right, ret_operand);
    return compare_values(c, node, node->op, left, right, ret_operand);
}

/* Arithmetic: both of one type; a quotient of ints is true division, as the butler sends it. */
static bool compile_arithmetic(struct compiler *c, const struct cb_where_node *node, struct operand *left,
                               struct operand *right, struct operand *ret_operand)
{
    const char *op = cb_where_operator(node->op);
    if (!is_scalar(left) || !is_scalar(right))
        return fail_types(c, node, left, right);
    if (strcmp(type_name(left), type_name(right)) != 0)
        return fail(c, node, "Column types for operator %s do not agree (%s, %s).", op, type_name(left),
                    type_name(right));
    if (!is_number(left->type) || (node->op == CB_TOK_MOD && left->type != CB_TYPE_INT))
        return fail(c, node, "Invalid column type %s for operator '%s'.", type_name(left), op);
    bool true_division = node->op == CB_TOK_DIV && left->type == CB_TYPE_INT;
    const char *left_sql = sql_of(c, left), *right_sql = sql_of(c, right);
    ret_operand->form = FORM_COLUMN;
    ret_operand->type = left->type;
    ret_operand->sql = true_division ? cb_xasprintf("(%s / CAST(%s AS numeric))", left_sql, right_sql)
                                     : cb_xasprintf("(%s %s %s)", left_sql, op, right_sql);
    ret_operand->label = cb_xasprintf("%.90s %s %.90s", left->label, op, right->label);
    return true;
}

static bool compile_binary(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    auto_operand left = { 0 }, right = { 0 };
    if (!compile(c, node->children[0], &left) || !compile(c, node->children[1], &right))
        return false;
    if (node->op >= CB_TOK_ADD && node->op <= CB_TOK_MOD)
        return compile_arithmetic(c, node, &left, &right, ret_operand);
    return compile_comparison(c, node, &left, &right, ret_operand);
}

static bool compile_sign(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    auto_operand value = { 0 };
    if (!compile(c, node->children[0], &value))
        return false;
    if (!is_scalar(&value) || !is_number(value.type)) {
        cb_auto(cb_free) char *text = shown(node);
        return fail(c, node, "Unary operator '%s' is not valid for operand of type %s in %s.",
                    cb_where_operator(node->op), type_name(&value), text);
    }
    if (node->op == CB_TOK_ADD) {
        give(&value, ret_operand);
        return true;
    }
    ret_operand->form = FORM_COLUMN;
    ret_operand->type = value.type;
    ret_operand->sql = cb_xasprintf("(- %s)", sql_of(c, &value));
    ret_operand->label = cb_xasprintf("-%.190s", value.label);
    return true;
}

/* A timespan from two times, NULL for an open end. */
static bool tuple_bound(const struct operand *operand, int64_t open, int64_t *ret_ns)
{
    *ret_ns = open;
    if (operand->form == FORM_NULL)
        return true;
    return operand->form == FORM_LITERAL && operand->type == CB_TYPE_DATETIME &&
           cb_scan_integer(operand->value, ret_ns);
}

static bool compile_tuple(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    auto_operand begin = { 0 }, end = { 0 };
    int64_t begin_ns = 0, end_ns = 0;
    char text[CB_TIMESPAN_TEXT_SIZE];
    if (!compile(c, node->children[0], &begin) || !compile(c, node->children[1], &end))
        return false;
    if (!tuple_bound(&begin, CB_TIMESPAN_MIN_NS, &begin_ns) ||
        !tuple_bound(&end, CB_TIMESPAN_MAX_NS, &end_ns)) {
        cb_auto(cb_free) char *tuple = shown(node);
        return fail(
            c, node,
            "Invalid type in timespan tuple \"%s\" (Note that date/time strings must be preceded by \"T\" "
            "to be recognized).",
            tuple);
    }
    cb_timespan_format(cb_timespan_of(begin_ns, end_ns), text);
    set_literal(ret_operand, CB_TYPE_TIMESPAN, text);
    return true;
}

/* IN. Literals of one type are gathered into one array parameter; the rest are conditions joined by OR. */
struct membership {
    struct operand *tested;
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
static char *range_bounds(struct compiler *c, const char *tested, const struct cb_where_node *range,
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
static char *range_steps(struct compiler *c, const char *tested, __int128 start, int64_t stride)
{
    char text[24];
    int64_t remainder = (int64_t)(start % stride);
    snprintf(text, sizeof text, "%" PRId64, stride);
    cb_auto(cb_free) char *divisor = cb_where_emit_param(&c->emit, CB_TYPE_INT, false, text);
    snprintf(text, sizeof text, "%" PRId64, remainder < 0 ? remainder + stride : remainder);
    cb_auto(cb_free) char *rest = cb_where_emit_param(&c->emit, CB_TYPE_INT, false, text);
    return cb_xasprintf(" AND (%s %% %s = %s)", tested, divisor, rest);
}

static bool add_range(struct compiler *c, struct membership *m, const struct cb_where_node *range)
{
    __int128 start = 0, stop = 0;
    int64_t stride = 1;
    if (m->tested->type != CB_TYPE_INT)
        return fail(c, range, "Column %.200s is not an integer.", m->tested->label);
    if (!scan_wide(range->start, &start) || !scan_wide(range->stop, &stop) ||
        (range->stride != NULL && !cb_scan_integer(range->stride, &stride)))
        return fail(c, range, "The numbers of the range are too large.");
    if (stop + 1 < start)
        return fail(c, range, "Range stop must be >= start.");
    const char *tested = sql_of(c, m->tested);
    cb_auto(cb_free) char *bounds = range_bounds(c, tested, range, start == stop);
    cb_auto(cb_free) char *steps =
        stride == 1 || start == stop ? cb_xstrdup("") : range_steps(c, tested, start, stride);
    cb_auto(cb_free) char *condition =
        steps[0] == '\0' ? cb_steal(bounds) : cb_xasprintf("(%s%s)", bounds, steps);
    add_condition(m, condition);
    return true;
}

/* A member of the array of its type; what no array can hold is compared by itself. */
static void add_member(struct compiler *c, struct membership *m, enum cb_column_type type, const char *value)
{
    if (type == CB_TYPE_FLOAT && !cb_where_is_finite(value)) {
        const char *tested = sql_of(c, m->tested);
        cb_auto(cb_free) char *parameter = cb_where_emit_param(&c->emit, type, false, value);
        cb_auto(cb_free) char *equal = cb_xasprintf("(%s = %s)", tested, parameter);
        add_condition(m, equal);
        return;
    }
    bool is_wide = type == CB_TYPE_INT && !cb_where_is_bigint(value);
    cb_where_array_add(&m->arrays[is_wide ? CB_TYPE_FLOAT : type], value);
}

static bool add_list(struct compiler *c, const struct cb_where_node *node, struct membership *m,
                     const struct cb_where_bind *bind)
{
    if (m->tested->type == CB_TYPE_TIMESPAN || m->tested->type == CB_TYPE_REGION)
        return fail(c, node, "Timespan or region column %.200s may not be used in IN expressions.",
                    m->tested->label);
    for (size_t i = 0; i < bind->n_values; i++) {
        enum cb_column_type type = bind->values[i].type;
        if (type != m->tested->type || m->tested->is_ingest_date || !is_bindable(type))
            return fail(c, node, "Column types for membership test %.200s IN :%s do not agree (%s, %s).",
                        m->tested->label, bind->name, type_name(m->tested), cb_column_type_name(type));
        add_member(c, m, type, bind->values[i].text);
    }
    return true; /* for the governor rule a bound list does not count: the butler does not look into it */
}

static bool fail_in(struct compiler *c, const struct cb_where_node *in, const struct cb_where_node *item)
{
    cb_auto(cb_free) char *text = shown(in);
    return fail(c, item, "Invalid IN expression: '%s'.", text);
}

static bool add_literal(struct compiler *c, const struct cb_where_node *node, struct membership *m,
                        const struct operand *item)
{
    if (!same_type(m->tested, item))
        return mismatch(c, node, "==", m->tested, item);
    if (!is_ordered(item->type) && item->type != CB_TYPE_UUID && item->type != CB_TYPE_HASH) {
        note_late(c, LATE_JOIN, node, "Invalid column type %s for operator '=='.", type_name(item));
        return true;
    }
    note_constraint(c, m->tested, item);
    add_member(c, m, item->type, item->value);
    return true;
}

static bool add_item(struct compiler *c, const struct cb_where_node *in, const struct cb_where_node *node,
                     struct membership *m)
{
    auto_operand item = { 0 }, equal = { 0 };
    if (node->kind == CB_NODE_RANGE)
        return add_range(c, m, node);
    if (!compile(c, node, &item))
        return false;
    switch (item.form) {
    case FORM_LIST:
        return add_list(c, node, m, item.bind);
    case FORM_NULL: {
        cb_auto(cb_free) char *sql = cb_xasprintf("(%s IS NULL)", sql_of(c, m->tested));
        add_condition(m, sql);
        return true;
    }
    case FORM_LITERAL:
        return add_literal(c, node, m, &item);
    case FORM_COLUMN:
        if (item.type == CB_TYPE_BOOL)
            return fail_in(c, in, node);
        if (!compare_values(c, node, CB_TOK_EQ, m->tested, &item, &equal))
            return false;
        add_condition(m, equal.sql);
        return true;
    default:
        return fail_in(c, in, node);
    }
}

/* x = ANY(array) for each type that has members; one member is a plain equality to the planner too. */
static void add_arrays(struct compiler *c, struct membership *m)
{
    for (size_t type = 0; type < sizeof m->arrays / sizeof m->arrays[0]; type++) {
        if (m->arrays[type].size == 0)
            continue;
        cb_where_array_close(&m->arrays[type]);
        const char *tested = sql_of(c, m->tested);
        cb_auto(cb_free) char *array =
            cb_where_emit_param(&c->emit, (enum cb_column_type)type, true, cb_bytes_text(&m->arrays[type]));
        cb_auto(cb_free) char *sql = cb_xasprintf("(%s = ANY(%s))", tested, array);
        add_condition(m, sql);
    }
}

static bool compile_items(struct compiler *c, const struct cb_where_node *node, struct membership *m,
                          struct operand *ret_operand)
{
    for (size_t i = 1; i < node->n_children; i++) { /* names first, as the butler looks at them */
        auto_operand item = { 0 };
        if (node->children[i]->kind != CB_NODE_RANGE && !compile(c, node->children[i], &item))
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
    set_condition(ret_operand, cb_xasprintf(node->negated ? "(NOT (%s))" : "(%s)", any));
    return true;
}

static bool compile_in(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    auto_operand tested = { 0 };
    if (!compile(c, node->children[0], &tested))
        return false;
    if (!is_scalar(&tested))
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

/* Functions. */

static bool compile_glob(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    auto_operand column = { 0 }, pattern = { 0 };
    if (!compile(c, node->children[0], &column) || !compile(c, node->children[1], &pattern))
        return false;
    if (column.form != FORM_COLUMN || column.type != CB_TYPE_STRING)
        return fail(c, node, "glob() first argument must be a string column.");
    if (pattern.form != FORM_LITERAL || pattern.type != CB_TYPE_STRING)
        return fail(c, node, "glob() pattern must be a string.");
    note_constraint(c, &column, &pattern);
    if (strcmp(pattern.value, "*") == 0) {
        set_condition(ret_operand, cb_xstrdup("TRUE"));
        return true;
    }
    cb_auto(cb_free) char *like = cb_where_like_pattern(pattern.value);
    cb_auto(cb_free) char *parameter = cb_where_emit_param(&c->emit, CB_TYPE_STRING, false, like);
    set_condition(ret_operand, cb_xasprintf("(%s LIKE %s ESCAPE E'\\\\')", column.sql, parameter));
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
static bool fail_function(struct compiler *c, const struct cb_where_node *call)
{
    for (size_t i = 0; i < call->n_children; i++) {
        auto_operand argument = { 0 };
        if (!compile(c, call->children[i], &argument))
            return false;
    }
    return fail(c, call, "Unknown function '%.100s' in expression", call->text);
}

static bool compile_call(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    if (strcmp(node->text, "GLOB") == 0)
        return compile_glob(c, node, ret_operand);
    if (strcmp(node->text, "UUID") == 0) {
        set_literal(ret_operand, CB_TYPE_UUID, node->children[0]->text);
        return true;
    }
    if (!is_function_of_regions(node->text))
        return fail_function(c, node);
    cb_auto(cb_free) char *region = NULL;
    struct cb_error reason = { 0 };
    if (!cb_where_region(node, c->emit.ctx, &region, &reason))
        return fail_at(c, node, reason.text);
    set_literal(ret_operand, CB_TYPE_REGION, region);
    free(ret_operand->label);
    ret_operand->label = cb_xstrdup("(region)");
    return true;
}

/* Logic. */

static bool is_truth(const struct operand *operand)
{
    return operand->form == FORM_CONDITION || (operand->form == FORM_COLUMN && operand->type == CB_TYPE_BOOL);
}

static bool compile_not(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    auto_operand child = { 0 };
    c->negated = !c->negated;
    if (!compile(c, node->children[0], &child))
        return false;
    c->negated = !c->negated;
    if (!is_truth(&child)) {
        cb_auto(cb_free) char *text = shown(node);
        return fail(c, node, "Unary operator 'NOT' is not valid for operand of type %s in %s.",
                    type_name(&child), text);
    }
    set_condition(ret_operand, cb_xasprintf("(NOT %s)", child.sql));
    return true;
}

/* Which operand of AND or OR is no condition, said as the butler says it: with what stands before. */
static bool fail_operand(struct compiler *c, const struct cb_where_node *node, size_t index,
                         const struct operand *operand)
{
    struct cb_where_node part = *node;
    part.n_children = index > 0 ? index + 1 : 2;
    cb_auto(cb_free) char *text = shown(&part);
    struct operand truth = { .type = CB_TYPE_BOOL };
    if (index > 0)
        return fail(c, node->children[index],
                    "Invalid types bool, %s for binary operator '%s' in expression %s.", type_name(operand),
                    cb_where_operator(node->op), text);
    auto_operand second = { 0 };
    if (!compile(c, node->children[1], &second))
        return false;
    return fail(c, node->children[0], "Invalid types %s, %s for binary operator '%s' in expression %s.",
                type_name(operand), is_truth(&second) ? type_name(&truth) : type_name(&second),
                cb_where_operator(node->op), text);
}

static bool compile_list(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_WHERE_SQL_MAX);
    unsigned alternative = (node->kind == CB_NODE_OR) != c->negated;
    c->optional += alternative;
    for (size_t i = 0; i < node->n_children; i++) {
        auto_operand child = { 0 };
        if (!compile(c, node->children[i], &child))
            return false;
        if (!is_truth(&child))
            return fail_operand(c, node, i, &child);
        cb_bytes_printf(&sql, "%s%s", i == 0 ? "(" : node->kind == CB_NODE_AND ? " AND " : " OR ", child.sql);
    }
    c->optional -= alternative;
    cb_bytes_puts(&sql, ")");
    if (!cb_bytes_ok(&sql))
        return fail(c, node, "The expression is too large.");
    set_condition(ret_operand, cb_bytes_steal(&sql));
    return true;
}

/* Dispatch. */

static bool compile_leaf(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
{
    const struct cb_where_bind *bind = NULL;
    switch (node->kind) {
    case CB_NODE_NUMBER:
        compile_number(node, ret_operand);
        return true;
    case CB_NODE_STRING:
        set_literal(ret_operand, CB_TYPE_STRING, node->text);
        return true;
    case CB_NODE_TIME:
        set_time(node->tai_ns, ret_operand);
        return true;
    case CB_NODE_RANGE:
        ret_operand->form = FORM_RANGE;
        ret_operand->type = CB_TYPE_RANGE;
        return true;
    case CB_NODE_BIND:
        bind = find_bind(c, node->text);
        return bind != NULL ? compile_bind(c, node, bind, ret_operand)
                            : fail(c, node, "Name '%.200s' is not in the bind map.", node->text);
    default:
        return compile_name(c, node, ret_operand);
    }
}

static bool compile(struct compiler *c, const struct cb_where_node *node, struct operand *ret_operand)
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
        return compile_in(c, node, ret_operand);
    case CB_NODE_PAREN:
        return compile(c, node->children[0], ret_operand);
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
static bool constrain(struct compiler *c, enum cb_element_index governor, const char *fallback,
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
static bool compile_root(struct compiler *c, const struct cb_where_node *root, struct cb_bytes *sql)
{
    auto_operand whole = { 0 };
    if (root != NULL && !compile(c, root, &whole))
        return false;
    if (root != NULL && !is_truth(&whole)) {
        cb_auto(cb_free) char *text = shown(root);
        return fail(c, root, "Invalid types: the expression %s is %s, not a condition.", text,
                    type_name(&whole));
    }
    cb_bytes_puts(sql, root != NULL ? whole.sql : "TRUE");
    if (!check_late(c, LATE_DATASET) || !constrain(c, CB_INSTRUMENT, c->emit.ctx->default_instrument, sql) ||
        !constrain(c, CB_SKYMAP, c->emit.ctx->default_skymap, sql) || !check_late(c, LATE_JOIN))
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
    struct compiler c = { .expression = expression, .emit = { .ctx = ctx }, .err = err };
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
