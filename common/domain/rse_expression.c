/* RSE expressions: syntax, then evaluation from left to right with a stack for parentheses. */
#include "domain/rse_expression.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "domain/scan.h"

#include <string.h>
#include <strings.h>

#define EXPRESSION_MAX 3000 /* bytes; rules keep theirs in a column of 3000 */

enum element_kind { ELEMENT_ALL, ELEMENT_TAG, ELEMENT_EQUAL, ELEMENT_LESS, ELEMENT_MORE };

/* An element of the expression: text[0, key) OP text[key + 1, length). */
struct element {
    enum element_kind kind;
    const char *text;
    size_t key;
    size_t length;
};

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t span_of(const char *text, const char *more)
{
    size_t n = 0;
    while (is_letter_or_digit(text[n]) || (text[n] != '\0' && strchr(more, text[n]) != NULL))
        n++;
    return n;
}

/* NAME: letters and digits, single - or _ between them. */
static size_t scan_name(const char *text)
{
    size_t n = span_of(text, "");
    while (n > 0 && (text[n] == '-' || text[n] == '_')) {
        size_t more = span_of(text + n + 1, "");
        if (more == 0)
            break;
        n += 1 + more;
    }
    return n;
}

static bool scan_element(const char **at, struct element *ret_element)
{
    const char *text = *at;
    size_t key = span_of(text, "._-");
    const char *op = text[key] == '\0' ? NULL : strchr("=<>", text[key]);
    if (text[0] == '*') {
        *ret_element = (struct element){ ELEMENT_ALL, text, 1, 1 };
    } else if (key > 0 && op != NULL) {
        size_t value = span_of(text + key + 1, "_-");
        if (value == 0)
            return false;
        enum element_kind kind = *op == '=' ? ELEMENT_EQUAL : *op == '<' ? ELEMENT_LESS : ELEMENT_MORE;
        *ret_element = (struct element){ kind, text, key, key + 1 + value };
    } else {
        size_t name = scan_name(text);
        if (name == 0)
            return false;
        *ret_element = (struct element){ ELEMENT_TAG, text, name, name };
    }
    *at += ret_element->length;
    return true;
}

static bool are_balanced(const char *expression)
{
    long open = 0;
    for (const char *c = expression; *c != '\0' && open >= 0; c++)
        open += *c == '(' ? 1 : *c == ')' ? -1 : 0;
    return open == 0;
}

static bool has_shape(const char *at)
{
    struct element element;
    for (;; at++) {
        at += strspn(at, "(");
        if (!scan_element(&at, &element))
            return false;
        at += strspn(at, ")");
        if (*at == '\0')
            return true;
        if (strchr("|&\\", *at) == NULL)
            return false;
    }
}

bool cb_rse_expression_check(const char *expression, struct cb_error *err)
{
    if (!are_balanced(expression))
        return cb_fail(err, CB_ERR_INVALID, CB_RSE_PARENTHESES);
    if (strlen(expression) > EXPRESSION_MAX || !has_shape(expression))
        return cb_fail(err, CB_ERR_INVALID, CB_RSE_SYNTAX);
    return true;
}

static bool is_text(const char *text, const char *other, size_t length)
{
    return strlen(text) == length && memcmp(text, other, length) == 0;
}

static const struct cb_rse_attribute *find_attribute(const struct cb_rse *rse, const char *key, size_t length)
{
    for (size_t i = 0; i < rse->n_attributes; i++)
        if (is_text(rse->attributes[i].key, key, length))
            return &rse->attributes[i];
    return NULL;
}

static bool is_true(const struct cb_rse_attribute *attribute)
{
    return attribute->is_bool && strcasecmp(attribute->value, "true") == 0;
}

static bool equals(const struct cb_rse_attribute *attribute, const char *value, size_t length)
{
    if (attribute->is_bool) {
        bool is_word = is_text("true", value, length) || is_text("True", value, length) ||
                       is_text("false", value, length) || is_text("False", value, length);
        return is_word && strlen(attribute->value) == length &&
               strncasecmp(attribute->value, value, length) == 0;
    }
    return is_text(attribute->value, value, length);
}

static bool compares(const struct cb_rse_attribute *attribute, enum element_kind kind, const char *value,
                     size_t length)
{
    cb_auto(cb_free) char *limit_text = cb_xstrndup(value, length);
    double limit = 0.0, actual = 0.0;
    if (attribute->is_bool || !cb_scan_number(limit_text, &limit) ||
        !cb_scan_number(attribute->value, &actual))
        return false;
    return kind == ELEMENT_LESS ? actual < limit : actual > limit;
}

static bool matches(const struct cb_rse *rse, const struct element *element)
{
    const char *value = element->text + element->key + 1;
    size_t length = element->length - element->key - 1;
    const struct cb_rse_attribute own = { rse->name, "true", true };
    const struct cb_rse_attribute *attribute = is_text(rse->name, element->text, element->key)
                                                   ? &own
                                                   : find_attribute(rse, element->text, element->key);
    if (element->kind == ELEMENT_ALL)
        return true;
    if (attribute == NULL)
        return false;
    if (element->kind == ELEMENT_TAG)
        return is_true(attribute);
    if (element->kind == ELEMENT_EQUAL)
        return equals(attribute, value, length);
    return compares(attribute, element->kind, value, length);
}

static bool combine(char op, bool left, bool right)
{
    if (op == '&')
        return left && right;
    return op == '\\' ? left && !right : left || right;
}

/* Whether one RSE belongs to the set. For each open parenthesis the stack keeps what stood before it. */
static bool is_member(const char *expression, const struct cb_rse *rse)
{
    bool left[EXPRESSION_MAX] = { false };
    char pending[EXPRESSION_MAX] = { 0 };
    size_t depth = 0;
    bool value = false;
    char op = '|';
    for (const char *at = expression; *at != '\0';) {
        struct element element;
        if (*at == '(') {
            left[depth] = value;
            pending[depth++] = op;
            value = false;
            op = '|';
            at++;
        } else if (*at == ')') {
            depth--;
            value = combine(pending[depth], left[depth], value);
            at++;
        } else if (strchr("|&\\", *at) != NULL) {
            op = *at++;
        } else {
            if (!scan_element(&at, &element))
                return false;
            value = combine(op, value, matches(rse, &element));
        }
    }
    return value;
}

bool cb_rse_expression_evaluate(const char *expression, const struct cb_rse *rses, size_t n_rses,
                                bool writable_only, bool *ret_member, struct cb_error *err)
{
    size_t found = 0, usable = 0;
    cb_auto(cb_free) bool *member = cb_xalloc_array(n_rses, sizeof *member);
    if (!cb_rse_expression_check(expression, err))
        return false;
    for (size_t i = 0; i < n_rses; i++) {
        member[i] = is_member(expression, &rses[i]);
        found += member[i] ? 1 : 0;
        member[i] = member[i] && (!writable_only || rses[i].writable);
        usable += member[i] ? 1 : 0;
    }
    if (found == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, CB_RSE_EMPTY);
    if (usable == 0)
        return cb_fail(err, CB_ERR_CONFLICT, CB_RSE_WRITE_BLOCKED);
    if (n_rses > 0)
        memcpy(ret_member, member, n_rses * sizeof *member);
    return true;
}
