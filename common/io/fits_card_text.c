/* Formats FITS cards. */
#include "io/fits_card_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STANDARD_KEY = 8, FIXED_VALUE = 20, VALUE_ROOM = 160 };

static bool is_standard_key(const char *key)
{
    return strlen(key) <= STANDARD_KEY &&
           strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(key);
}

static bool is_commentary(const char *key)
{
    return strcmp(key, "COMMENT") == 0 || strcmp(key, "HISTORY") == 0;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* 'text', quotes doubled, at least 8 characters wide as FITS readers of old want it. */
static bool quote(const char *text, char ret_value[VALUE_ROOM])
{
    size_t size = 0;
    ret_value[size++] = '\'';
    for (const char *p = text; *p != '\0'; p++) {
        if (size + 3 >= VALUE_ROOM)
            return false;
        if (*p == '\'')
            ret_value[size++] = '\'';
        ret_value[size++] = *p;
    }
    while (text[0] != '\0' && size < 9)
        ret_value[size++] = ' ';
    ret_value[size++] = '\'';
    ret_value[size] = '\0';
    return true;
}

/* The shortest of 15, 16 or 17 digits that reads back to the same double. */
static void format_double(double number, char ret_value[VALUE_ROOM])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(ret_value, VALUE_ROOM, "%.*G", digits, number);
        if (strtod(ret_value, NULL) == number)
            break;
    }
    size_t size = strlen(ret_value);
    if (strpbrk(ret_value, ".E") == NULL)
        snprintf(ret_value + size, VALUE_ROOM - size, ".0");
}

static bool format_value(const struct cb_card *card, char ret_value[VALUE_ROOM])
{
    switch (card->type) {
    case CB_CARD_STRING:
        return quote(card->text != NULL ? card->text : "", ret_value);
    case CB_CARD_INT:
        snprintf(ret_value, VALUE_ROOM, "%" PRId64, card->integer);
        return true;
    case CB_CARD_BOOL:
        snprintf(ret_value, VALUE_ROOM, "%s", card->flag ? "T" : "F");
        return true;
    case CB_CARD_DOUBLE:
        if (!isfinite(card->number))
            return quote(isnan(card->number) ? "NaN"
                         : card->number > 0  ? "Infinity"
                                             : "-Infinity",
                         ret_value);
        format_double(card->number, ret_value);
        return true;
    case CB_CARD_UNDEFINED:
        ret_value[0] = '\0';
        return true;
    }
    return false;
}

static int lay_out(const struct cb_card *card, const char *value, char *line, size_t room)
{
    if (is_commentary(card->key))
        return snprintf(line, room, "%-8s%s", card->key, card->text != NULL ? card->text : "");
    if (!is_standard_key(card->key))
        return snprintf(line, room, "HIERARCH %s =%s%s", card->key, value[0] != '\0' ? " " : "", value);
    if (value[0] == '\'')
        return snprintf(line, room, "%-8s= %-*s", card->key, FIXED_VALUE, value);
    return snprintf(line, room, "%-8s= %*s", card->key, FIXED_VALUE, value);
}

/* Text that is longer than the value's field may have blanks behind it, which are no part of it. */
static size_t used_size(const char *line)
{
    size_t size = strlen(line);
    while (size > 0 && line[size - 1] == ' ')
        size--;
    return size;
}

bool cb_fits_card_text(const struct cb_card *card, char ret_text[CB_CARD_TEXT_SIZE], struct cb_error *err)
{
    char value[VALUE_ROOM], line[4 * VALUE_ROOM];
    const char *comment = card->comment != NULL ? card->comment : "";
    if (card->key == NULL || card->key[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID, "a FITS card has no key");
    if (!is_printable(card->key) || !is_printable(comment) ||
        (card->type == CB_CARD_STRING && card->text != NULL && !is_printable(card->text)))
        return cb_fail(err, CB_ERR_INVALID, "FITS card \"%s\" has a character that is no printable ASCII",
                       card->key);
    if (!format_value(card, value))
        return cb_fail(err, CB_ERR_INVALID, "value of FITS card \"%s\" is longer than a card", card->key);
    int size = lay_out(card, value, line, sizeof line);
    if (size >= (int)sizeof line || used_size(line) > CB_CARD_TEXT_SIZE)
        return cb_fail(err, CB_ERR_INVALID, "FITS card \"%s\" is longer than %d characters", card->key,
                       CB_CARD_TEXT_SIZE);
    if (comment[0] != '\0' && !is_commentary(card->key))
        size += snprintf(line + size, sizeof line - (size_t)size, " / %s", comment);
    memset(ret_text, ' ', CB_CARD_TEXT_SIZE);
    memcpy(ret_text, line, size < CB_CARD_TEXT_SIZE ? (size_t)size : CB_CARD_TEXT_SIZE);
    return true;
}
