/* Tokens of a where-expression. */
#include "domain/where_lex.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Each scanner returns the length of its match at `text`, 0 for none. */
static size_t scan_digits(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n]))
        n++;
    return n;
}

/* Within a range every blank counts. */
static size_t scan_blanks(const char *text)
{
    return strspn(text, " \t\n\r\f\v");
}

static size_t scan_identifier(const char *text)
{
    size_t n = 0;
    if (!is_letter(text[0]))
        return 0;
    while (is_letter(text[n]) || is_digit(text[n]))
        n++;
    return n;
}

static size_t scan_signed(const char *text)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    size_t digits = scan_digits(text + sign);
    return digits > 0 ? sign + digits : 0;
}

static size_t scan_stride(const char *text)
{
    size_t n = scan_blanks(text);
    if (text[n] != ':')
        return 0;
    n++;
    n += scan_blanks(text + n);
    return text[n] >= '1' && text[n] <= '9' ? n + scan_digits(text + n) : 0;
}

/* -?digits .. -?digits [: stride] */
static size_t scan_range(const char *text)
{
    size_t n = scan_signed(text);
    if (n == 0)
        return 0;
    n += scan_blanks(text + n);
    if (strncmp(text + n, "..", 2) != 0)
        return 0;
    n += 2;
    n += scan_blanks(text + n);
    size_t stop = scan_signed(text + n);
    if (stop == 0)
        return 0;
    n += stop;
    return n + scan_stride(text + n);
}

static size_t scan_exponent(const char *text)
{
    if (text[0] != 'e' && text[0] != 'E')
        return 0;
    size_t sign = text[1] == '+' || text[1] == '-' ? 1 : 0;
    size_t digits = scan_digits(text + 1 + sign);
    return digits > 0 ? 1 + sign + digits : 0;
}

/* digits [. digits] [exponent] or . digits [exponent] */
static size_t scan_number(const char *text)
{
    size_t n = scan_digits(text);
    if (n == 0) {
        size_t fraction = text[0] == '.' ? scan_digits(text + 1) : 0;
        if (fraction == 0)
            return 0;
        n = 1 + fraction;
    } else if (text[n] == '.') {
        n++;
        n += scan_digits(text + n);
    }
    return n + scan_exponent(text + n);
}

/* 'text' on one line, without escapes; the length of the content, or SIZE_MAX. */
static size_t scan_quoted(const char *text)
{
    if (text[0] != '\'')
        return SIZE_MAX;
    size_t n = strcspn(text + 1, "'\n");
    return text[1 + n] == '\'' ? n : SIZE_MAX;
}

/* ident.ident[.ident] */
static size_t scan_qualified(const char *text)
{
    size_t n = scan_identifier(text), parts = 1;
    while (n > 0 && parts < 3 && text[n] == '.') {
        size_t next = scan_identifier(text + n + 1);
        if (next == 0)
            break;
        n += 1 + next;
        parts++;
    }
    return parts > 1 ? n : 0;
}

static enum cb_where_token_kind word_kind(const char *text, size_t length)
{
    static const struct {
        const char *word;
        enum cb_where_token_kind kind;
    } reserved[] = { { "IN", CB_TOK_IN },
                     { "OR", CB_TOK_OR },
                     { "AND", CB_TOK_AND },
                     { "NOT", CB_TOK_NOT },
                     { "OVERLAPS", CB_TOK_OVERLAPS } };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strlen(reserved[i].word) == length && strncasecmp(reserved[i].word, text, length) == 0)
            return reserved[i].kind;
    return CB_TOK_SIMPLE;
}

static size_t scan_symbol(const char *text, enum cb_where_token_kind *ret_kind)
{
    static const struct {
        const char *symbol;
        enum cb_where_token_kind kind;
    } symbols[] = { { "!=", CB_TOK_NE },    { "<=", CB_TOK_LE },   { ">=", CB_TOK_GE }, { "=", CB_TOK_EQ },
                    { "<", CB_TOK_LT },     { ">", CB_TOK_GT },    { "+", CB_TOK_ADD }, { "-", CB_TOK_SUB },
                    { "*", CB_TOK_MUL },    { "/", CB_TOK_DIV },   { "%", CB_TOK_MOD }, { ",", CB_TOK_COMMA },
                    { "(", CB_TOK_LPAREN }, { ")", CB_TOK_RPAREN } };
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        size_t length = strlen(symbols[i].symbol);
        if (strncmp(text, symbols[i].symbol, length) == 0) {
            *ret_kind = symbols[i].kind;
            return length;
        }
    }
    return 0;
}

static size_t set_token(struct cb_where_token *token, enum cb_where_token_kind kind, const char *text,
                        size_t length, size_t consumed)
{
    token->kind = kind;
    token->text = text;
    token->length = length;
    return consumed;
}

/* The token at `text`: bytes consumed, 0 for none. The order of the tests decides what "44..63" is. */
static size_t scan_token(const char *text, struct cb_where_token *token)
{
    size_t n;
    if ((text[0] == 'T' || text[0] == 't') && (n = scan_quoted(text + 1)) != SIZE_MAX)
        return set_token(token, CB_TOK_TIME, text + 2, n, n + 3);
    if ((n = scan_quoted(text)) != SIZE_MAX)
        return set_token(token, CB_TOK_STRING, text + 1, n, n + 2);
    if ((n = scan_range(text)) > 0)
        return set_token(token, CB_TOK_RANGE, text, n, n);
    if ((n = scan_number(text)) > 0)
        return set_token(token, CB_TOK_NUMBER, text, n, n);
    if ((n = scan_qualified(text)) > 0)
        return set_token(token, CB_TOK_QUALIFIED, text, n, n);
    if ((n = scan_identifier(text)) > 0)
        return set_token(token, word_kind(text, n), text, n, n);
    if (text[0] == ':' && (n = scan_identifier(text + 1)) > 0)
        return set_token(token, CB_TOK_BIND, text + 1, n, n + 1);
    enum cb_where_token_kind kind = CB_TOK_END;
    if ((n = scan_symbol(text, &kind)) > 0)
        return set_token(token, kind, text, n, n);
    return 0;
}

static size_t count_characters(const char *text, size_t bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) /* not a continuation byte of UTF-8 */
            count++;
    return count;
}

bool cb_where_next_token(const char *expression, size_t *offset, struct cb_where_token *ret_token,
                         struct cb_error *err)
{
    size_t at = *offset + strspn(expression + *offset, CB_WHERE_BLANKS);
    struct cb_where_token token = { .kind = CB_TOK_END, .offset = at, .text = expression + at };
    if (expression[at] != '\0') {
        size_t consumed = scan_token(expression + at, &token);
        if (consumed == 0)
            return cb_fail(err, CB_ERR_INVALID, "Unexpected character at position %zu",
                           count_characters(expression, at));
        *offset = at + consumed;
    } else {
        *offset = at;
    }
    *ret_token = token;
    return true;
}

void cb_where_place(const char *expression, size_t offset, size_t *ret_line, size_t *ret_column)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < offset; i++)
        if (expression[i] == '\n') {
            line++;
            start = i + 1;
        }
    *ret_line = line;
    *ret_column = 1 + count_characters(expression + start, offset - start);
}
