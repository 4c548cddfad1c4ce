/* Tokens of a where-expression. Source: butler.md 7.1. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Longest expression accepted, bytes: far above any list of exposures, far below a burden. */
#define CB_WHERE_TEXT_MAX (4U << 20)

/* What may stand between tokens. */
#define CB_WHERE_BLANKS " \t\n"

enum cb_where_token_kind {
    CB_TOK_END,
    CB_TOK_TIME,
    CB_TOK_STRING,
    CB_TOK_RANGE,
    CB_TOK_NUMBER,
    CB_TOK_QUALIFIED,
    CB_TOK_SIMPLE,
    CB_TOK_BIND,
    CB_TOK_IN,
    CB_TOK_OR,
    CB_TOK_AND,
    CB_TOK_NOT,
    CB_TOK_OVERLAPS,
    CB_TOK_LPAREN,
    CB_TOK_RPAREN,
    CB_TOK_EQ,
    CB_TOK_NE,
    CB_TOK_LT,
    CB_TOK_LE,
    CB_TOK_GT,
    CB_TOK_GE,
    CB_TOK_ADD,
    CB_TOK_SUB,
    CB_TOK_MUL,
    CB_TOK_DIV,
    CB_TOK_MOD,
    CB_TOK_COMMA
};

struct cb_where_token {
    enum cb_where_token_kind kind;
    size_t offset;    /* bytes from the start of the expression */
    const char *text; /* content: without quotes, T or colon; points into the expression */
    size_t length;
};

/* Read the token at *offset and move behind it; CB_TOK_END at the end of the text.
 * Errors: INVALID "Unexpected character at position N", N characters from 0. */
CB_MUST_CHECK bool cb_where_next_token(const char *expression, size_t *offset,
                                       struct cb_where_token *ret_token, struct cb_error *err);

/* Line (from 1) and column (from 1, in characters) of a byte offset. */
void cb_where_place(const char *expression, size_t offset, size_t *ret_line, size_t *ret_column);
