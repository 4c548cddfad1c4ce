/* Contracts of a pipeline: conditions over its configuration that must hold before anything runs. */
#include "engine/contract.h"

#include "base/alloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CB_CONTRACT_DEPTH 64

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL, VALUE_NONE, VALUE_LIST };

struct value {
    enum value_kind kind;
    char *text;
    double number;
    bool flag;
};

struct reader {
    const char *all, *at;
    const struct cb_contract_names *names;
    bool left_out; /* a task that is named is not in the pipeline */
    int depth;
    struct cb_error *err;
};

static void blanks(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
}

static bool fail(struct reader *reader, const char *why)
{
    return cb_fail(reader->err, CB_ERR_INVALID, "contract \"%s\": %s at character %zu", reader->all, why,
                   (size_t)(reader->at - reader->all) + 1);
}

static bool is_word(char letter)
{
    return isalnum((unsigned char)letter) != 0 || letter == '_';
}

/* A sign or a word that stands next; taken when it does. */
static bool take(struct reader *reader, const char *token)
{
    size_t length = strlen(token);

    blanks(reader);
    if (strncmp(reader->at, token, length) != 0 || (is_word(*token) && is_word(reader->at[length])))
        return false;
    reader->at += length;
    return true;
}

static struct value value_of(char *text)
{
    struct value value = { .kind = VALUE_TEXT, .text = text };
    char *end = NULL;
    double number = strtod(text, &end);

    if (end != text && *end == '\0') {
        value.kind = VALUE_NUMBER;
        value.number = number;
    } else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        value.kind = VALUE_BOOL;
        value.flag = *text == 't';
    }
    return value;
}

static bool read_quoted(struct reader *reader, struct value *ret_value)
{
    const char *begin = reader->at + 1, *end = strchr(begin, *reader->at);

    if (end == NULL)
        return fail(reader, "a quote is not closed");
    *ret_value = (struct value){ .kind = VALUE_TEXT, .text = cb_xstrndup(begin, (size_t)(end - begin)) };
    reader->at = end + 1;
    return true;
}

static bool read_list(struct reader *reader, struct value *ret_value)
{
    const char *begin = reader->at, *end = begin + strcspn(begin, "])");

    if (*end == '\0')
        return fail(reader, "a list is not closed");
    *ret_value =
        (struct value){ .kind = VALUE_LIST, .text = cb_xstrndup(begin + 1, (size_t)(end - begin) - 1) };
    reader->at = end + 1;
    return true;
}

static bool read_name(struct reader *reader, struct value *ret_value)
{
    size_t length = 0;
    const char *found = NULL;

    while (is_word(reader->at[length]) || reader->at[length] == '.' ||
           (length > 0 && (reader->at[length] == '+' || reader->at[length] == '-') &&
            isdigit((unsigned char)reader->at[0])))
        length++;
    if (length == 0)
        return fail(reader, "a value is expected");
    cb_auto(cb_free) char *name = cb_xstrndup(reader->at, length);
    struct value literal = value_of(cb_xstrdup(strcmp(name, "True") == 0    ? "true"
                                               : strcmp(name, "False") == 0 ? "false"
                                                                            : name));
    if (strcmp(name, "None") == 0)
        literal.kind = VALUE_NONE;
    if (literal.kind != VALUE_TEXT) {
        *ret_value = literal;
        reader->at += length;
        return true;
    }
    free(literal.text);
    enum cb_contract_name answer = reader->names->find(reader->names->self, name, &found);
    if (answer == CB_NAME_UNKNOWN)
        return cb_fail(reader->err, CB_ERR_INVALID, "contract \"%s\": there is no \"%s\"", reader->all, name);
    reader->left_out = reader->left_out || answer == CB_NAME_LEFT_OUT;
    *ret_value = value_of(cb_xstrdup(answer == CB_NAME_FOUND ? found : ""));
    reader->at += length;
    return true;
}

static bool read_value(struct reader *reader, struct value *ret_value)
{
    blanks(reader);
    if (*reader->at == '"' || *reader->at == '\'')
        return read_quoted(reader, ret_value);
    if (*reader->at == '[')
        return read_list(reader, ret_value);
    if (*reader->at == '-')
        return (void)reader->at++,
               read_name(reader, ret_value) && (ret_value->number = -ret_value->number, true);
    return read_name(reader, ret_value);
}

static bool is_true(const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOL:
        return value->flag;
    case VALUE_NUMBER:
        return value->number != 0.0;
    case VALUE_NONE:
        return false;
    default:
        return *value->text != '\0';
    }
}

static bool is_equal(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER)
        return a->number == b->number;
    if (a->kind == VALUE_BOOL && b->kind == VALUE_BOOL)
        return a->flag == b->flag;
    return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

/* Is a among the items of a list, or part of a text? */
static bool is_in(const struct value *a, const struct value *b)
{
    cb_auto(cb_free) char *rest = cb_xstrdup(b->text);
    char *save = NULL;

    if (b->kind != VALUE_LIST)
        return strstr(b->text, a->text) != NULL;
    for (char *item = strtok_r(rest, ",[] \t'\"", &save); item != NULL;
         item = strtok_r(NULL, ",[] \t'\"", &save)) {
        if (strcmp(item, a->text) == 0)
            return true;
    }
    return false;
}

static bool compare(const char *operation, const struct value *a, const struct value *b)
{
    bool ordered = a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER;

    if (strcmp(operation, "==") == 0)
        return is_equal(a, b);
    if (strcmp(operation, "!=") == 0)
        return !is_equal(a, b);
    if (strcmp(operation, "in") == 0)
        return is_in(a, b);
    double sign = ordered ? a->number - b->number : (double)strcmp(a->text, b->text);
    if (operation[1] == '=')
        return *operation == '<' ? sign <= 0 : sign >= 0;
    return *operation == '<' ? sign < 0 : sign > 0;
}

static bool read_comparison(struct reader *reader, bool *ret_holds)
{
    static const char *const operations[] = { "==", "!=", "<=", ">=", "<", ">", "in" };
    struct value a = { 0 }, b = { 0 };
    const char *operation = NULL;

    if (!read_value(reader, &a))
        return free(a.text), false;
    bool negated = take(reader, "not");
    for (size_t i = 0; operation == NULL && i < sizeof operations / sizeof *operations; i++) {
        if (take(reader, operations[i]))
            operation = operations[i];
    }
    bool done = true;
    if (operation == NULL)
        *ret_holds = is_true(&a);
    else if ((done = read_value(reader, &b)))
        *ret_holds = compare(operation, &a, &b) != negated;
    free(a.text);
    free(b.text);
    return done;
}

static bool read_or(struct reader *reader, bool *ret_holds);

static bool read_not(struct reader *reader, bool *ret_holds)
{
    if (++reader->depth > CB_CONTRACT_DEPTH)
        return fail(reader, "it is nested too deeply");
    if (take(reader, "not")) {
        if (!read_not(reader, ret_holds))
            return false;
        *ret_holds = !*ret_holds;
    } else if (take(reader, "(")) {
        if (!read_or(reader, ret_holds))
            return false;
        if (!take(reader, ")"))
            return fail(reader, "a parenthesis is not closed");
    } else if (!read_comparison(reader, ret_holds)) {
        return false;
    }
    reader->depth--;
    return true;
}

static bool read_and(struct reader *reader, bool *ret_holds)
{
    bool all = true, holds = false;

    do {
        if (!read_not(reader, &holds))
            return false;
        all = all && holds;
    } while (take(reader, "and"));
    *ret_holds = all;
    return true;
}

static bool read_or(struct reader *reader, bool *ret_holds)
{
    bool any = false, holds = false;

    do {
        if (!read_and(reader, &holds))
            return false;
        any = any || holds;
    } while (take(reader, "or"));
    *ret_holds = any;
    return true;
}

bool cb_contract_check(const char *contract, const struct cb_contract_names *names, bool *ret_holds,
                       struct cb_error *err)
{
    struct reader reader = { .all = contract, .at = contract, .names = names, .err = err };
    bool holds = false;

    if (!read_or(&reader, &holds))
        return false;
    blanks(&reader);
    if (*reader.at != '\0')
        return fail(&reader, "something unexpected stands");
    *ret_holds = holds || reader.left_out;
    return true;
}
