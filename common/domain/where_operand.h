/* Private to common/domain: what where.c, where_compare.c and where_in.c know of an expression that is being
 * compiled. */
#pragma once

#include "domain/where.h"
#include "domain/where_emit.h"
#include "domain/where_parse.h"

enum cb_where_form {
    CB_FORM_CONDITION, /* a comparison, or anything built of conditions */
    CB_FORM_COLUMN,    /* depends on the row */
    CB_FORM_LITERAL,   /* not yet in the SQL: value */
    CB_FORM_NULL,
    CB_FORM_RANGE, /* node */
    CB_FORM_LIST   /* bind */
};

struct cb_where_operand {
    enum cb_where_form form;
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
enum cb_where_late { CB_LATE_DATASET, CB_LATE_JOIN, CB_LATE_FAULTS };

struct cb_where_compiler {
    const char *expression;
    struct cb_error late[CB_LATE_FAULTS];
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

void cb_where_operand_done(struct cb_where_operand *operand);
static inline void cb_where_operand_done_at_exit(struct cb_where_operand *operand)
{
    cb_where_operand_done(operand);
}
#define cb_auto_operand __attribute__((cleanup(cb_where_operand_done_at_exit))) struct cb_where_operand

/* Any node (where.c). */
CB_MUST_CHECK bool cb_where_compile_node(struct cb_where_compiler *c, const struct cb_where_node *node,
                                         struct cb_where_operand *ret_operand);
/* "x IN (...)" (where_in.c). */
CB_MUST_CHECK bool cb_where_compile_in(struct cb_where_compiler *c, const struct cb_where_node *node,
                                       struct cb_where_operand *ret_operand);
/* A comparison of the node's operator (where_compare.c). */
CB_MUST_CHECK bool cb_where_compare(struct cb_where_compiler *c, const struct cb_where_node *node,
                                    struct cb_where_operand *left, struct cb_where_operand *right,
                                    struct cb_where_operand *ret_operand);
/* = != < <= > >= between two values. */
CB_MUST_CHECK bool cb_where_compare_values(struct cb_where_compiler *c, const struct cb_where_node *node,
                                           enum cb_where_token_kind op, struct cb_where_operand *left,
                                           struct cb_where_operand *right,
                                           struct cb_where_operand *ret_operand);
bool cb_where_same_type(const struct cb_where_operand *left, const struct cb_where_operand *right);
bool cb_where_is_ordered(enum cb_column_type type);
/* For the governor rule: what is compared with something constrains its governor. */
void cb_where_note_constraint(struct cb_where_compiler *c, const struct cb_where_operand *left,
                              const struct cb_where_operand *right);

/* Errors, with the place of the node; all return false. */
bool cb_where_fail_at(struct cb_where_compiler *c, const struct cb_where_node *node, const char *sentence);
#define cb_where_fail(c, node, ...) cb_failed(cb_where_set_error((c), (node), __VA_ARGS__))
bool cb_where_set_error(struct cb_where_compiler *c, const struct cb_where_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool cb_where_fail_types(struct cb_where_compiler *c, const struct cb_where_node *node,
                         const struct cb_where_operand *left, const struct cb_where_operand *right);
bool cb_where_fail_mismatch(struct cb_where_compiler *c, const struct cb_where_node *node, const char *op,
                            const struct cb_where_operand *left, const struct cb_where_operand *right);
/* A fault to be told when nothing else is wrong. */
void cb_where_note_late(struct cb_where_compiler *c, enum cb_where_late kind,
                        const struct cb_where_node *node, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The node as text, cut to what a message can hold. Caller frees. */
char *cb_where_shown(const struct cb_where_node *node);
const char *cb_where_type_name(const struct cb_where_operand *operand);

/* SQL of an operand that is a value; a literal becomes a parameter here, and only here. */
const char *cb_where_sql_of(struct cb_where_compiler *c, struct cb_where_operand *operand);
bool cb_where_is_scalar(const struct cb_where_operand *operand);
bool cb_where_is_number(enum cb_column_type type);
bool cb_where_is_bindable(enum cb_column_type type);
void cb_where_set_literal(struct cb_where_operand *operand, enum cb_column_type type, const char *value);
/* sql: the operand's from now on. */
void cb_where_set_condition(struct cb_where_operand *operand, char *sql);
