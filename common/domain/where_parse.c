/* The syntax tree of a where-expression: recursive descent, one function a rule of the grammar. */
#include "domain/where_parse.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/tai.h"
#include "base/uuid.h"
#include "domain/where_time.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define QUOTED_EXPRESSION_MAX 500 /* characters of the expression shown in an error */

struct parser {
    const char *expression;
    size_t offset; /* behind `token` */
    struct cb_where_token token;
    unsigned nesting;
    struct cb_error *err;
};

static bool parse_or(struct parser *p, struct cb_where_node **ret_node);

bool cb_where_fail_parse(struct cb_error *err, const char *expression, const char *fmt, ...)
{
    char reason[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    const char *more = strlen(expression) > QUOTED_EXPRESSION_MAX ? "..." : "";
    return cb_fail(err, CB_ERR_INVALID, "Failed to parse expression '%.*s%s': %s", QUOTED_EXPRESSION_MAX,
                   expression, more, reason);
}

static bool advance(struct parser *p)
{
    struct cb_error reason = { 0 };
    if (cb_where_next_token(p->expression, &p->offset, &p->token, &reason))
        return true;
    return cb_where_fail_parse(p->err, p->expression, "%s", reason.text);
}

static bool fail_at(struct parser *p, const struct cb_where_token *token, const char *reason)
{
    size_t line = 0, column = 0;
    cb_where_place(p->expression, token->offset, &line, &column);
    const char *word =
        token->kind >= CB_TOK_IN && token->kind <= CB_TOK_OVERLAPS ? cb_where_operator(token->kind) : NULL;
    int length = word != NULL ? (int)strlen(word) : token->length < 100 ? (int)token->length : 100;
    return cb_where_fail_parse(p->err, p->expression,
                               "Syntax error at or near '%.*s' (line: %zu, pos: %zu)%s%s", length,
                               word != NULL ? word : token->text, line, column, reason != NULL ? ": " : "",
                               reason != NULL ? reason : "");
}

static bool unexpected(struct parser *p)
{
    if (p->token.kind == CB_TOK_END)
        return cb_where_fail_parse(p->err, p->expression,
                                   "End of input reached while expecting further input");
    return fail_at(p, &p->token, NULL);
}

static bool expect(struct parser *p, enum cb_where_token_kind kind)
{
    return p->token.kind == kind ? advance(p) : unexpected(p);
}

static bool too_deep(struct parser *p, size_t offset)
{
    size_t line = 0, column = 0;
    cb_where_place(p->expression, offset, &line, &column);
    return cb_where_fail_parse(p->err, p->expression, "nested more than %d levels deep (line: %zu, pos: %zu)",
                               CB_WHERE_DEPTH_MAX, line, column);
}

static struct cb_where_node *node_new(enum cb_where_node_kind kind, const struct cb_where_token *token)
{
    struct cb_where_node *node = cb_xalloc(sizeof *node);
    node->kind = kind;
    node->op = token->kind;
    node->offset = token->offset;
    node->depth = 1;
    return node;
}

static struct cb_where_node *text_node(enum cb_where_node_kind kind, const struct cb_where_token *token)
{
    struct cb_where_node *node = node_new(kind, token);
    node->text = cb_xstrndup(token->text, token->length);
    return node;
}

/* Room doubles at powers of two, so that a list of n items costs O(n). */
static void add_child(struct cb_where_node *node, struct cb_where_node *child)
{
    assert(child != NULL);
    size_t n = node->n_children;
    if ((n & (n - 1)) == 0)
        node->children =
            cb_xrealloc_array(node->children, n == 0 ? 1 : 2 * n, sizeof(struct cb_where_node *));
    node->children[node->n_children++] = child;
    if (child->depth >= node->depth)
        node->depth = child->depth + 1;
}

void cb_where_node_free(struct cb_where_node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; i < node->n_children; i++)
        cb_where_node_free(node->children[i]);
    free(node->children);
    free(node->text);
    free(node);
}

/* Wrap what `slot` holds into a new parent, as its first child. */
static void wrap(struct cb_where_node **slot, enum cb_where_node_kind kind,
                 const struct cb_where_token *token)
{
    struct cb_where_node *parent = node_new(kind, token);
    add_child(parent, *slot);
    *slot = parent;
}

static bool check_depth(struct parser *p, const struct cb_where_node *node)
{
    return node->depth <= CB_WHERE_DEPTH_MAX || too_deep(p, node->offset);
}

/* The number at *at, ended by NUL; the cursor moves behind it and what follows that is no digit or sign. */
static const char *cut_number(char **at)
{
    char *number = *at, *end = number + 1 + strspn(number + 1, "0123456789");
    char *next = end + strcspn(end, "-0123456789");
    *end = '\0';
    *at = next;
    return number;
}

/* start..stop[:stride] */
static bool parse_range(struct parser *p, struct cb_where_node **ret_node)
{
    struct cb_where_node *node = text_node(CB_NODE_RANGE, &p->token);
    bool has_stride = strchr(node->text, ':') != NULL;
    char *at = node->text;
    node->start = cut_number(&at);
    node->stop = cut_number(&at);
    node->stride = has_stride ? at : NULL;
    *ret_node = node;
    return advance(p);
}

/* May the token stand behind an operand? */
static bool ends_operand(enum cb_where_token_kind kind)
{
    return kind == CB_TOK_END || (kind >= CB_TOK_IN && kind != CB_TOK_LPAREN);
}

/* What is wrong within the operand, unless the token behind it is wrong already. */
static bool fail_operand(struct parser *p, const struct cb_where_token *operand, const char *reason)
{
    if (!advance(p))
        return false;
    return ends_operand(p->token.kind) ? fail_at(p, operand, reason) : unexpected(p);
}

static bool parse_time(struct parser *p, struct cb_where_node **ret_node)
{
    struct cb_error reason = { 0 };
    struct cb_where_token time = p->token;
    int64_t tai_ns = 0;
    if (!cb_where_time_parse(time.text, time.length, &tai_ns, &reason))
        return fail_operand(p, &time, reason.text);
    *ret_node = node_new(CB_NODE_TIME, &p->token);
    (*ret_node)->tai_ns = tai_ns;
    return advance(p);
}

/* NUMBER, with a minus in front if `negative`. */
static bool parse_number(struct parser *p, bool negative, struct cb_where_node **ret_node)
{
    struct cb_where_node *node = node_new(CB_NODE_NUMBER, &p->token);
    node->text = cb_xasprintf("%s%.*s", negative ? "-" : "", (int)p->token.length, p->token.text);
    *ret_node = node;
    return advance(p);
}

/* Up to the closing parenthesis, which stays. */
static bool parse_arguments(struct parser *p, struct cb_where_node *call)
{
    if (!expect(p, CB_TOK_LPAREN))
        return false;
    while (p->token.kind != CB_TOK_RPAREN) {
        struct cb_where_node *argument = NULL;
        bool is_first = call->n_children == 0 && p->token.kind != CB_TOK_COMMA; /* ", x" is a list too */
        if (!is_first && !expect(p, CB_TOK_COMMA))
            return false;
        if (!parse_or(p, &argument))
            return false;
        add_child(call, argument);
    }
    return true;
}

/* GLOB(((column)), ('pattern')): parentheses about an argument mean nothing. */
static void strip_parentheses(struct cb_where_node *call)
{
    for (size_t i = 0; i < call->n_children; i++)
        while (call->children[i]->kind == CB_NODE_PAREN) {
            struct cb_where_node *outer = call->children[i];
            call->children[i] = outer->children[0];
            outer->n_children = 0;
            cb_where_node_free(outer);
        }
}

static bool is_text_argument(const struct cb_where_node *call, size_t index, bool bind_too)
{
    if (index >= call->n_children)
        return false;
    enum cb_where_node_kind kind = call->children[index]->kind;
    return kind == CB_NODE_STRING || (bind_too && kind == CB_NODE_BIND);
}

/* Take every occurrence of a word out of a text. */
static void take_out(char *text, const char *word)
{
    for (char *at = strstr(text, word); at != NULL; at = strstr(at, word))
        memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
}

/* A UUID as Python reads it: 32 hex digits, hyphens anywhere, braces and "urn:uuid:" if one likes; the text
 * becomes 8-4-4-4-12. */
static bool normalize_uuid(char **text)
{
    static const size_t groups[] = { 8, 4, 4, 4, 12 };
    cb_auto(cb_free) char *digits = cb_xstrdup(*text);
    struct cb_bytes uuid = CB_BYTES(CB_UUID_TEXT_SIZE);
    take_out(digits, "urn:");
    take_out(digits, "uuid:");
    size_t first = strspn(digits, "{}");
    memmove(digits, digits + first, strlen(digits + first) + 1);
    for (size_t n = strlen(digits); n > 0 && strchr("{}", digits[n - 1]) != NULL;)
        digits[--n] = '\0';
    take_out(digits, "-");
    if (strlen(digits) != 32 || strspn(digits, "0123456789abcdefABCDEF") != 32)
        return false;
    const char *at = digits;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; at += groups[i++])
        cb_bytes_printf(&uuid, "%s%.*s", i > 0 ? "-" : "", (int)groups[i], at);
    free(*text);
    *text = cb_bytes_steal(&uuid);
    return true;
}

/* May it be one to the parser? Parentheses about it are none. */
static bool is_number_argument(const struct cb_where_node *node)
{
    return node->kind == CB_NODE_NUMBER || node->kind == CB_NODE_SIGN || node->kind == CB_NODE_BINARY ||
           node->kind == CB_NODE_BIND || node->kind == CB_NODE_IDENTIFIER;
}

/* What is wrong with the arguments of a call, NULL when nothing is. */
static const char *argument_fault(const struct cb_where_node *call)
{
    static const struct {
        const char *name;
        size_t arguments;
        const char *fault;
    } counts[] = {
        { "GLOB", 2, "GLOB needs two arguments: a column and a pattern" },
        { "UUID", 1, "UUID needs one argument: a string" },
        { "POINT", 2, "POINT needs two arguments: ra, dec" },
        { "CIRCLE", 3, "CIRCLE needs three arguments: ra, dec, radius" },
        { "BOX", 4, "BOX needs four arguments: ra, dec, width, height" },
        { "REGION", 1, "REGION needs one argument: a string" },
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (strcmp(call->text, counts[i].name) == 0 && call->n_children != counts[i].arguments)
            return counts[i].fault;
    if (strcmp(call->text, "POLYGON") == 0 && (call->n_children < 6 || call->n_children % 2 != 0))
        return "POLYGON needs at least three pairs of ra, dec";
    if (strcmp(call->text, "GLOB") == 0 && call->children[0]->kind != CB_NODE_IDENTIFIER)
        return "the first argument of GLOB must be a column";
    if (strcmp(call->text, "GLOB") == 0 && !is_text_argument(call, 1, true))
        return "the second argument of GLOB must be a string or a bind name";
    if (strcmp(call->text, "REGION") == 0 && !is_text_argument(call, 0, true) &&
        call->children[0]->kind != CB_NODE_IDENTIFIER)
        return "the argument of REGION must be a string or a bind value";
    bool numbers = strcmp(call->text, "CIRCLE") == 0 || strcmp(call->text, "BOX") == 0 ||
                   strcmp(call->text, "POLYGON") == 0;
    for (size_t i = 0; numbers && i < call->n_children; i++)
        if (!is_number_argument(call->children[i]))
            return "the arguments of CIRCLE, BOX and POLYGON must be numeric expressions or bind values";
    if (strcmp(call->text, "UUID") == 0 &&
        (!is_text_argument(call, 0, false) || !normalize_uuid(&call->children[0]->text)))
        return "the argument of UUID must be a string of 8-4-4-4-12 hex digits";
    return NULL;
}

/* The name as the table has it, NULL when it is no function. */
static const char *known_function(const char *name)
{
    static const char *const names[] = { "GLOB", "UUID", "POINT", "CIRCLE", "BOX", "POLYGON", "REGION" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(names[i], name) == 0)
            return names[i];
    return NULL;
}

/* Whether there is such a function is a question of meaning, as whether there is such a column. */
static bool check_call(struct parser *p, struct cb_where_node *call, const struct cb_where_token *name)
{
    const char *known = known_function(call->text);
    if (known == NULL)
        return true;
    free(call->text);
    call->text = cb_xstrdup(known);
    if (strcmp(known, "GLOB") == 0 || strcmp(known, "UUID") == 0)
        strip_parentheses(call);
    const char *fault = argument_fault(call);
    return fault == NULL || fail_operand(p, name, fault);
}

/* SIMPLE alone is a name; before a parenthesis it is a function. */
static bool parse_name(struct parser *p, struct cb_where_node **ret_node)
{
    struct cb_where_token name = p->token;
    cb_auto(cb_where_node_free) struct cb_where_node *node = text_node(CB_NODE_IDENTIFIER, &name);
    if (!advance(p))
        return false;
    if (p->token.kind == CB_TOK_LPAREN) {
        node->kind = CB_NODE_CALL;
        if (!parse_arguments(p, node) || !check_call(p, node, &name) || !check_depth(p, node) || !advance(p))
            return false;
    }
    *ret_node = cb_steal(node);
    return true;
}

static bool parse_leaf(struct parser *p, enum cb_where_node_kind kind, struct cb_where_node **ret_node)
{
    *ret_node = text_node(kind, &p->token);
    return advance(p);
}

/* literal | SIMPLE | BIND | function_call; QUALIFIED is for simple_expr only. */
static bool parse_item(struct parser *p, struct cb_where_node **ret_node)
{
    enum cb_where_token_kind kind = p->token.kind;
    if (kind == CB_TOK_ADD || kind == CB_TOK_SUB) {
        if (!advance(p))
            return false;
        return p->token.kind == CB_TOK_NUMBER ? parse_number(p, kind == CB_TOK_SUB, ret_node) : unexpected(p);
    }
    switch (kind) {
    case CB_TOK_NUMBER:
        return parse_number(p, false, ret_node);
    case CB_TOK_STRING:
        return parse_leaf(p, CB_NODE_STRING, ret_node);
    case CB_TOK_TIME:
        return parse_time(p, ret_node);
    case CB_TOK_RANGE:
        return parse_range(p, ret_node);
    case CB_TOK_BIND:
        return parse_leaf(p, CB_NODE_BIND, ret_node);
    case CB_TOK_SIMPLE:
        return parse_name(p, ret_node);
    default:
        return unexpected(p);
    }
}

/* ( expr ) or ( expr , expr ) */
static bool parse_parenthesis(struct parser *p, struct cb_where_node **ret_node)
{
    struct cb_where_token open = p->token;
    cb_auto(cb_where_node_free) struct cb_where_node *node = node_new(CB_NODE_PAREN, &open);
    struct cb_where_node *child = NULL;
    if (!advance(p) || !parse_or(p, &child))
        return false;
    add_child(node, child);
    if (p->token.kind == CB_TOK_COMMA) {
        node->kind = CB_NODE_TUPLE;
        if (!advance(p) || !parse_or(p, &child))
            return false;
        add_child(node, child);
    }
    if (!expect(p, CB_TOK_RPAREN) || !check_depth(p, node))
        return false;
    *ret_node = cb_steal(node);
    return true;
}

static bool parse_simple(struct parser *p, struct cb_where_node **ret_node);

static bool parse_sign(struct parser *p, struct cb_where_node **ret_node)
{
    struct cb_where_token sign = p->token;
    struct cb_where_node *node = NULL;
    if (!advance(p))
        return false;
    if (p->token.kind == CB_TOK_NUMBER)
        return parse_number(p, sign.kind == CB_TOK_SUB, ret_node);
    if (!parse_simple(p, &node))
        return false;
    wrap(&node, CB_NODE_SIGN, &sign);
    *ret_node = node;
    return check_depth(p, node);
}

static bool parse_simple_unguarded(struct parser *p, struct cb_where_node **ret_node)
{
    switch (p->token.kind) {
    case CB_TOK_ADD:
    case CB_TOK_SUB:
        return parse_sign(p, ret_node);
    case CB_TOK_LPAREN:
        return parse_parenthesis(p, ret_node);
    case CB_TOK_QUALIFIED:
        return parse_leaf(p, CB_NODE_IDENTIFIER, ret_node);
    default:
        return parse_item(p, ret_node);
    }
}

/* Every recursion of the grammar goes through here or parse_not, so here the nesting is bounded. */
static bool parse_simple(struct parser *p, struct cb_where_node **ret_node)
{
    if (++p->nesting > CB_WHERE_DEPTH_MAX)
        return too_deep(p, p->token.offset);
    cb_auto(cb_where_node_free) struct cb_where_node *node = NULL;
    bool ok = parse_simple_unguarded(p, &node);
    p->nesting--;
    if (ok)
        *ret_node = cb_steal(node);
    return ok;
}

static int binding(enum cb_where_token_kind kind)
{
    if (kind == CB_TOK_MUL || kind == CB_TOK_DIV || kind == CB_TOK_MOD)
        return 2;
    return kind == CB_TOK_ADD || kind == CB_TOK_SUB ? 1 : 0;
}

/* Operators that bind at least as tightly as `least`, to the left. */
static bool parse_arithmetic(struct parser *p, int least, struct cb_where_node **ret_node)
{
    cb_auto(cb_where_node_free) struct cb_where_node *left = NULL;
    if (least > 2 ? !parse_simple(p, &left) : !parse_arithmetic(p, least + 1, &left))
        return false;
    while (least <= 2 && binding(p->token.kind) == least) {
        struct cb_where_token op = p->token;
        struct cb_where_node *right = NULL;
        if (!advance(p) || !parse_arithmetic(p, least + 1, &right))
            return false;
        wrap(&left, CB_NODE_BINARY, &op);
        add_child(left, right);
        if (!check_depth(p, left))
            return false;
    }
    *ret_node = cb_steal(left);
    return true;
}

/* Up to the closing parenthesis, which stays. *ret_strange is the first item that is no value, END when all
 * are. */
static bool parse_items(struct parser *p, struct cb_where_node *in, struct cb_where_token *ret_strange)
{
    if (!expect(p, CB_TOK_LPAREN))
        return false;
    for (ret_strange->kind = CB_TOK_END;;) {
        cb_auto(cb_where_node_free) struct cb_where_node *item = NULL;
        struct cb_where_token first = p->token;
        if (!parse_item(p, &item))
            return false;
        add_child(in, cb_steal(item));
        const struct cb_where_node *added = in->children[in->n_children - 1];
        if (added->kind == CB_NODE_CALL && strcmp(added->text, "UUID") != 0 &&
            ret_strange->kind == CB_TOK_END)
            *ret_strange = first;
        if (p->token.kind != CB_TOK_COMMA)
            return p->token.kind == CB_TOK_RPAREN || unexpected(p);
        if (!advance(p))
            return false;
    }
}

static bool parse_in(struct parser *p, struct cb_where_node *in)
{
    struct cb_where_token strange;
    if (!advance(p) || !parse_items(p, in, &strange))
        return false;
    return strange.kind == CB_TOK_END ? advance(p) : fail_operand(p, &strange, "IN takes no such function");
}

/* bit_expr [[NOT] IN ( item {, item} )] */
static bool parse_predicate(struct parser *p, struct cb_where_node **ret_node)
{
    cb_auto(cb_where_node_free) struct cb_where_node *node = NULL;
    if (!parse_arithmetic(p, 1, &node))
        return false;
    struct cb_where_token op = p->token;
    bool negated = op.kind == CB_TOK_NOT;
    if (negated && (!advance(p) || (p->token.kind != CB_TOK_IN && !unexpected(p))))
        return false;
    if (p->token.kind == CB_TOK_IN) {
        wrap(&node, CB_NODE_IN, &op);
        node->negated = negated;
        if (!parse_in(p, node) || !check_depth(p, node))
            return false;
    }
    *ret_node = cb_steal(node);
    return true;
}

static bool is_comparison(enum cb_where_token_kind kind)
{
    return (kind >= CB_TOK_EQ && kind <= CB_TOK_GE) || kind == CB_TOK_OVERLAPS;
}

static bool parse_comparison(struct parser *p, struct cb_where_node **ret_node)
{
    cb_auto(cb_where_node_free) struct cb_where_node *left = NULL;
    if (!parse_predicate(p, &left))
        return false;
    while (is_comparison(p->token.kind)) {
        struct cb_where_token op = p->token;
        struct cb_where_node *right = NULL;
        if (!advance(p) || !parse_predicate(p, &right))
            return false;
        wrap(&left, CB_NODE_BINARY, &op);
        add_child(left, right);
        if (!check_depth(p, left))
            return false;
    }
    *ret_node = cb_steal(left);
    return true;
}

/* {NOT} comparison: the NOTs are gathered first, from the outermost in, so that a thousand of them cost no
 * stack. */
static bool parse_not(struct parser *p, struct cb_where_node **ret_node)
{
    cb_auto(cb_where_node_free) struct cb_where_node *outermost = NULL;
    struct cb_where_node *innermost = NULL, *node = NULL;
    unsigned count = 0;
    for (; p->token.kind == CB_TOK_NOT; count++) {
        struct cb_where_node *negation = node_new(CB_NODE_NOT, &p->token);
        if (innermost == NULL)
            outermost = negation;
        else
            add_child(innermost, negation);
        innermost = negation;
        if (count == CB_WHERE_DEPTH_MAX)
            return too_deep(p, p->token.offset);
        if (!advance(p))
            return false;
    }
    if (!parse_comparison(p, &node))
        return false;
    unsigned depth = node->depth + count;
    for (struct cb_where_node *negation = outermost; negation != NULL;
         negation = negation->n_children > 0 ? negation->children[0] : NULL)
        negation->depth = depth--;
    if (innermost != NULL)
        add_child(innermost, node);
    else
        outermost = node;
    if (!check_depth(p, outermost))
        return false;
    *ret_node = cb_steal(outermost);
    return true;
}

/* operand {op operand}, all in one node. */
static bool parse_list(struct parser *p, enum cb_where_token_kind op, enum cb_where_node_kind kind,
                       bool (*parse_operand)(struct parser *, struct cb_where_node **),
                       struct cb_where_node **ret_node)
{
    cb_auto(cb_where_node_free) struct cb_where_node *node = NULL;
    if (!parse_operand(p, &node))
        return false;
    if (p->token.kind == op)
        wrap(&node, kind, &p->token);
    while (p->token.kind == op) {
        struct cb_where_node *operand = NULL;
        if (!advance(p) || !parse_operand(p, &operand))
            return false;
        add_child(node, operand);
    }
    if (!check_depth(p, node))
        return false;
    *ret_node = cb_steal(node);
    return true;
}

static bool parse_and(struct parser *p, struct cb_where_node **ret_node)
{
    return parse_list(p, CB_TOK_AND, CB_NODE_AND, parse_not, ret_node);
}

static bool parse_or(struct parser *p, struct cb_where_node **ret_node)
{
    return parse_list(p, CB_TOK_OR, CB_NODE_OR, parse_and, ret_node);
}

bool cb_where_parse(const char *expression, struct cb_where_node **ret_root, struct cb_error *err)
{
    struct parser p = { .expression = expression, .err = err };
    cb_auto(cb_where_node_free) struct cb_where_node *root = NULL;
    if (strlen(expression) > CB_WHERE_TEXT_MAX)
        return cb_fail(err, CB_ERR_INVALID, "the where-expression is longer than %u bytes",
                       CB_WHERE_TEXT_MAX);
    if (!advance(&p))
        return false;
    if (p.token.kind != CB_TOK_END && !parse_or(&p, &root))
        return false;
    if (p.token.kind != CB_TOK_END)
        return unexpected(&p);
    *ret_root = cb_steal(root);
    return true;
}
