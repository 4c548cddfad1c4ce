/* The syntax tree of a where-expression. Source of the grammar: butler.md 7.2.
 *
 *   NOT binds a whole comparison; comparisons chain to the left; + - * / % as usual; AND and OR nodes hold
 * all of their operands at once, so that a long list of alternatives stays flat. */
#pragma once

#include "base/bytes.h"
#include "domain/where_lex.h"

#include <stdint.h>

/* Deepest nesting (parentheses, NOT, signs, chained operators) that is accepted. */
#define CB_WHERE_DEPTH_MAX 1000

enum cb_where_node_kind {
    CB_NODE_OR,         /* children: 2.. */
    CB_NODE_AND,        /* children: 2.. */
    CB_NODE_NOT,        /* child */
    CB_NODE_BINARY,     /* two children, op */
    CB_NODE_SIGN,       /* child, op CB_TOK_ADD or CB_TOK_SUB */
    CB_NODE_IN,         /* child 0 is tested, the rest are the items; negated for NOT IN */
    CB_NODE_PAREN,      /* child */
    CB_NODE_TUPLE,      /* two children: a timespan */
    CB_NODE_NUMBER,     /* text, with its sign */
    CB_NODE_STRING,     /* text */
    CB_NODE_TIME,       /* tai_ns */
    CB_NODE_RANGE,      /* text: start, stop and stride (NULL: 1), each ended by NUL */
    CB_NODE_IDENTIFIER, /* text: one to three parts */
    CB_NODE_BIND,       /* text, without the colon */
    CB_NODE_CALL        /* text: function name, in upper case if known; children: arguments */
};

struct cb_where_node {
    enum cb_where_node_kind kind;
    enum cb_where_token_kind op;
    bool negated;
    size_t offset;  /* bytes from the start of the expression, for messages */
    unsigned depth; /* 1 + that of the deepest child */
    char *text;
    int64_t tai_ns;
    const char *start, *stop, *stride; /* decimal integers of any size, within text */
    struct cb_where_node **children;
    size_t n_children;
};

/* Errors of parsing and of meaning are worded so: "Failed to parse expression 'EXPR': REASON". */
bool cb_where_fail_parse(struct cb_error *err, const char *expression, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Parse. *ret_root is NULL for an empty expression, which is true for every row.
 * Errors: INVALID "Unexpected character at position N", "Syntax error at or near 'TOK' (line: L, pos: P)" and
 * "End of input reached while expecting further input", in the frame above; expression too long or nested too
 * deeply. */
CB_MUST_CHECK bool cb_where_parse(const char *expression, struct cb_where_node **ret_root,
                                  struct cb_error *err);
void cb_where_node_free(struct cb_where_node *node);
CB_DEFINE_CLEANUP(struct cb_where_node *, cb_where_node_free)

/* The expression again, in one spelling: upper-case operators, single blanks. */
void cb_where_node_format(const struct cb_where_node *node, struct cb_bytes *text);
/* "=", "<", "AND", "IN", ... */
const char *cb_where_operator(enum cb_where_token_kind op);
