/* A syntax tree as text again, for messages. */
#include "domain/where_parse.h"

#include "base/tai.h"

const char *cb_where_operator(enum cb_where_token_kind op)
{
    static const char *const names[] = {
        [CB_TOK_IN] = "IN",
        [CB_TOK_OR] = "OR",
        [CB_TOK_AND] = "AND",
        [CB_TOK_NOT] = "NOT",
        [CB_TOK_OVERLAPS] = "OVERLAPS",
        [CB_TOK_EQ] = "=",
        [CB_TOK_NE] = "!=",
        [CB_TOK_LT] = "<",
        [CB_TOK_LE] = "<=",
        [CB_TOK_GT] = ">",
        [CB_TOK_GE] = ">=",
        [CB_TOK_ADD] = "+",
        [CB_TOK_SUB] = "-",
        [CB_TOK_MUL] = "*",
        [CB_TOK_DIV] = "/",
        [CB_TOK_MOD] = "%",
    };
    bool known = (size_t)op < sizeof names / sizeof names[0] && names[op] != NULL;
    return known ? names[op] : "?";
}

static void format_list(const struct cb_where_node *node, size_t first, const char *separator,
                        struct cb_bytes *text)
{
    for (size_t i = first; i < node->n_children; i++) {
        if (i > first)
            cb_bytes_puts(text, separator);
        cb_where_node_format(node->children[i], text);
    }
}

static void format_bracketed(const struct cb_where_node *node, size_t first, struct cb_bytes *text)
{
    cb_bytes_puts(text, "(");
    format_list(node, first, ", ", text);
    cb_bytes_puts(text, ")");
}

static void format_leaf(const struct cb_where_node *node, struct cb_bytes *text)
{
    char iso[CB_ISO_SIZE];
    switch (node->kind) {
    case CB_NODE_STRING:
        cb_bytes_printf(text, "'%s'", node->text);
        break;
    case CB_NODE_TIME:
        cb_iso_format(node->tai_ns, 3, 'T', iso);
        cb_bytes_printf(text, "T'%s/tai'", iso);
        break;
    case CB_NODE_RANGE:
        cb_bytes_printf(text, "%s..%s%s%s", node->start, node->stop, node->stride != NULL ? ":" : "",
                        node->stride != NULL ? node->stride : "");
        break;
    case CB_NODE_BIND:
        cb_bytes_printf(text, ":%s", node->text);
        break;
    default:
        cb_bytes_puts(text, node->text);
        break;
    }
}

void cb_where_node_format(const struct cb_where_node *node, struct cb_bytes *text)
{
    switch (node->kind) {
    case CB_NODE_OR:
        format_list(node, 0, " OR ", text);
        break;
    case CB_NODE_AND:
        format_list(node, 0, " AND ", text);
        break;
    case CB_NODE_NOT:
        cb_bytes_puts(text, "NOT ");
        cb_where_node_format(node->children[0], text);
        break;
    case CB_NODE_BINARY:
        cb_where_node_format(node->children[0], text);
        cb_bytes_printf(text, " %s ", cb_where_operator(node->op));
        cb_where_node_format(node->children[1], text);
        break;
    case CB_NODE_SIGN:
        cb_bytes_printf(text, "%s ", cb_where_operator(node->op));
        cb_where_node_format(node->children[0], text);
        break;
    case CB_NODE_IN:
        cb_where_node_format(node->children[0], text);
        cb_bytes_puts(text, node->negated ? " NOT IN " : " IN ");
        format_bracketed(node, 1, text);
        break;
    case CB_NODE_PAREN:
    case CB_NODE_TUPLE:
        format_bracketed(node, 0, text);
        break;
    case CB_NODE_CALL:
        cb_bytes_puts(text, node->text);
        format_bracketed(node, 0, text);
        break;
    default:
        format_leaf(node, text);
        break;
    }
}
