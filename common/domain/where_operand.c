/* Operands of a where-expression under way, and what is wrong with them. */
#include "domain/where_operand.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LABEL_SHOWN_MAX 300

void cb_where_operand_done(struct cb_where_operand *operand)
{
    free(operand->sql);
    free(operand->value);
    free(operand->label);
}

bool cb_where_fail_at(struct cb_where_compiler *c, const struct cb_where_node *node, const char *sentence)
{
    size_t line = 0, column = 0;
    cb_where_place(c->expression, node->offset, &line, &column);
    return cb_fail(c->err, CB_ERR_INVALID, "%.800s (line: %zu, pos: %zu)", sentence, line, column);
}

bool cb_where_set_error(struct cb_where_compiler *c, const struct cb_where_node *node, const char *fmt, ...)
{
    char sentence[900];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    return cb_where_fail_at(c, node, sentence);
}

void cb_where_note_late(struct cb_where_compiler *c, enum cb_where_late kind,
                        const struct cb_where_node *node, const char *fmt, ...)
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

char *cb_where_shown(const struct cb_where_node *node)
{
    struct cb_bytes text = CB_BYTES(LABEL_SHOWN_MAX);
    cb_where_node_format(node, &text);
    return cb_bytes_steal(&text);
}

const char *cb_where_type_name(const struct cb_where_operand *operand)
{
    if (operand->form == CB_FORM_LIST)
        return "sequence";
    if (operand->is_ingest_date)
        return "ingest_date";
    return cb_column_type_name(operand->type);
}

bool cb_where_fail_types(struct cb_where_compiler *c, const struct cb_where_node *node,
                         const struct cb_where_operand *left, const struct cb_where_operand *right)
{
    cb_auto(cb_free) char *text = cb_where_shown(node);
    return cb_where_fail(c, node, "Invalid types %s, %s for binary operator '%s' in expression %s.",
                         cb_where_type_name(left), cb_where_type_name(right), cb_where_operator(node->op),
                         text);
}

const char *cb_where_sql_of(struct cb_where_compiler *c, struct cb_where_operand *operand)
{
    if (operand->sql == NULL)
        operand->sql = cb_where_emit_param(&c->emit, operand->type, false, operand->value);
    return operand->sql;
}

bool cb_where_is_scalar(const struct cb_where_operand *operand)
{
    if (operand->spatial != NULL && operand->sql == NULL)
        return false;
    return (operand->form == CB_FORM_COLUMN || operand->form == CB_FORM_LITERAL) &&
           operand->type != CB_TYPE_BOOL;
}

bool cb_where_is_number(enum cb_column_type type)
{
    return type == CB_TYPE_INT || type == CB_TYPE_FLOAT;
}

void cb_where_set_literal(struct cb_where_operand *operand, enum cb_column_type type, const char *value)
{
    operand->form = CB_FORM_LITERAL;
    operand->type = type;
    operand->value = cb_xstrdup(value);
    operand->label = type == CB_TYPE_STRING ? cb_xasprintf("'%.200s'", value) : cb_xasprintf("%.200s", value);
}

bool cb_where_is_bindable(enum cb_column_type type)
{
    return type != CB_TYPE_BOOL && type != CB_TYPE_REGION && type != CB_TYPE_RANGE;
}

void cb_where_set_condition(struct cb_where_operand *operand, char *sql)
{
    operand->form = CB_FORM_CONDITION;
    operand->type = CB_TYPE_BOOL;
    operand->sql = sql;
}
