/* Comparisons: which types agree, NULL, overlaps of times and of regions. */
#include "base/alloc.h"
#include "domain/where_operand.h"

#include <string.h>

bool cb_where_fail_mismatch(struct cb_where_compiler *c, const struct cb_where_node *node, const char *op,
                            const struct cb_where_operand *left, const struct cb_where_operand *right)
{
    return cb_where_fail(c, node, "Column types for comparison %.200s %s %.200s do not agree (%s, %s).",
                         left->label, op, right->label, cb_where_type_name(left), cb_where_type_name(right));
}

void cb_where_note_constraint(struct cb_where_compiler *c, const struct cb_where_operand *left,
                              const struct cb_where_operand *right)
{
    if (right->form != CB_FORM_NULL)
        c->constrained |= left->governor;
    if (left->form != CB_FORM_NULL)
        c->constrained |= right->governor;
}

/* x = NULL, NULL != x: the only comparisons with NULL. */
static bool compare_null(struct cb_where_compiler *c, const struct cb_where_node *node,
                         struct cb_where_operand *left, struct cb_where_operand *right,
                         struct cb_where_operand *ret_operand)
{
    struct cb_where_operand *other = left->form == CB_FORM_NULL ? right : left;
    bool testable =
        cb_where_is_scalar(other) || (other->form == CB_FORM_COLUMN && other->type == CB_TYPE_BOOL);
    if ((node->op != CB_TOK_EQ && node->op != CB_TOK_NE) || !testable)
        return cb_where_fail_types(c, node, left, right);
    cb_where_set_condition(ret_operand, cb_xasprintf("(%s IS %sNULL)", cb_where_sql_of(c, other),
                                                     node->op == CB_TOK_NE ? "NOT " : ""));
    return true;
}

bool cb_where_same_type(const struct cb_where_operand *left, const struct cb_where_operand *right)
{
    return left->type == right->type || (cb_where_is_number(left->type) && cb_where_is_number(right->type));
}

bool cb_where_is_ordered(enum cb_column_type type)
{
    return cb_where_is_number(type) || type == CB_TYPE_STRING || type == CB_TYPE_DATETIME;
}

bool cb_where_compare_values(struct cb_where_compiler *c, const struct cb_where_node *node,
                             enum cb_where_token_kind op, struct cb_where_operand *left,
                             struct cb_where_operand *right, struct cb_where_operand *ret_operand)
{
    const char *name = op == CB_TOK_EQ ? "==" : cb_where_operator(op);
    if (!cb_where_same_type(left, right))
        return cb_where_fail_mismatch(c, node, name, left, right);
    bool equality = op == CB_TOK_EQ || op == CB_TOK_NE;
    bool both_ingest_dates = left->is_ingest_date && right->is_ingest_date;
    bool comparable = (cb_where_is_ordered(left->type) && (equality || !both_ingest_dates)) ||
                      (equality && (left->type == CB_TYPE_UUID || left->type == CB_TYPE_HASH ||
                                    left->type == CB_TYPE_REGION));
    if (!comparable && equality)
        cb_where_note_late(c, CB_LATE_JOIN, node, "Invalid column type %s for operator '%s'.",
                           cb_where_type_name(left), name);
    else if (!comparable)
        return cb_where_fail(c, node, "Invalid column type %s for operator '%s'.", cb_where_type_name(left),
                             name);
    cb_where_note_constraint(c, left, right);
    const char *left_sql = cb_where_sql_of(c, left), *right_sql = cb_where_sql_of(c, right);
    cb_where_set_condition(ret_operand,
                           cb_xasprintf("(%s %s %s)", left_sql, cb_where_operator(op), right_sql));
    return true;
}

/* Two elements that need no join: one tells the other's place. */
static bool same_family(const struct cb_element *one, const struct cb_element *other)
{
    const uint32_t key = CB_DIM(CB_VISIT) | CB_DIM(CB_TRACT) | CB_DIM(CB_HTM7);
    return (one->required & other->required & key) != 0;
}

static void note_overlap(struct cb_where_compiler *c, const struct cb_where_operand *one,
                         const struct cb_where_operand *other)
{
    const struct cb_where_operand *column = one->spatial != NULL ? one : other,
                                  *rest = column == one ? other : one;
    c->overlaps = cb_xrealloc_array(c->overlaps, c->n_overlaps + 1, sizeof *c->overlaps);
    c->overlaps[c->n_overlaps++] =
        (struct cb_where_overlap){ .element = cb_element_index(column->spatial),
                                   .other =
                                       cb_element_index((rest->spatial != NULL ? rest : column)->spatial),
                                   .region = rest->spatial != NULL ? NULL : cb_xstrdup(rest->value) };
}

static bool overlap_regions(struct cb_where_compiler *c, const struct cb_where_node *node,
                            const struct cb_where_operand *left, const struct cb_where_operand *right,
                            struct cb_where_operand *ret_operand)
{
    bool join = left->spatial != NULL && right->spatial != NULL;
    if (left->spatial == NULL && right->spatial == NULL)
        return cb_where_fail(c, node,
                             "Spatial overlap comparison requires at least one dimension region column.");
    if (join && same_family(left->spatial, right->spatial))
        return cb_where_fail(c, node, "Spatial join between %s and %s is not necessary.", left->spatial->name,
                             right->spatial->name);
    if (c->negated || c->optional > 0)
        return cb_where_fail(c, node, "Spatial overlap %s nested inside OR or NOT are not supported.",
                             join ? "joins" : "constraints");
    note_overlap(c, left, right);
    cb_where_set_condition(ret_operand, cb_xstrdup("TRUE"));
    return true;
}

static bool compare_overlap(struct cb_where_compiler *c, const struct cb_where_node *node,
                            struct cb_where_operand *left, struct cb_where_operand *right,
                            struct cb_where_operand *ret_operand)
{
    bool span_left = left->type == CB_TYPE_TIMESPAN, span_right = right->type == CB_TYPE_TIMESPAN;
    if (left->type == CB_TYPE_REGION && right->type == CB_TYPE_REGION)
        return overlap_regions(c, node, left, right, ret_operand);
    if (strcmp(cb_where_type_name(left), cb_where_type_name(right)) == 0 && !span_left)
        return cb_where_fail(c, node, "Invalid column type %s for operator 'overlaps'.",
                             cb_where_type_name(left));
    if (!(span_left && (span_right || right->type == CB_TYPE_DATETIME)) &&
        !(span_right && left->type == CB_TYPE_DATETIME))
        return cb_where_fail_mismatch(c, node, "OVERLAPS", left, right);
    if (left->temporal != NULL && right->temporal != NULL)
        cb_where_note_late(c, CB_LATE_JOIN, node, "Temporal join between %s and %s is not necessary.",
                           left->temporal->name, right->temporal->name);
    c->temporal_join |=
        (left->temporal != NULL && right->is_validity) || (right->temporal != NULL && left->is_validity);
    const char *op = span_left && span_right ? "&&" : span_left ? "@>" : "<@";
    const char *left_sql = cb_where_sql_of(c, left), *right_sql = cb_where_sql_of(c, right);
    cb_where_set_condition(ret_operand, cb_xasprintf("(%s %s %s)", left_sql, op, right_sql));
    return true;
}

bool cb_where_compare(struct cb_where_compiler *c, const struct cb_where_node *node,
                      struct cb_where_operand *left, struct cb_where_operand *right,
                      struct cb_where_operand *ret_operand)
{
    if (left->form == CB_FORM_NULL || right->form == CB_FORM_NULL)
        return compare_null(c, node, left, right, ret_operand);
    bool regions =
        node->op == CB_TOK_OVERLAPS && left->type == CB_TYPE_REGION && right->type == CB_TYPE_REGION;
    if (!regions && (!cb_where_is_scalar(left) || !cb_where_is_scalar(right)))
        return cb_where_fail_types(c, node, left, right);
    if (node->op == CB_TOK_OVERLAPS)
        return compare_overlap(c, node, left, right, ret_operand);
    return cb_where_compare_values(c, node, node->op, left, right, ret_operand);
}
