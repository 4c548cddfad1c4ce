/* Parses and writes header records. Source: FITS Standard 4.0, section 4; HIERARCH convention (ESO). */
#include "io/fits_record.h"

#include "io/fits_card_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536 /* longest joined string */

static bool is_numbered(const char *key, const char *stem)
{
    size_t length = strlen(stem);
    if (strncmp(key, stem, length) != 0 || key[length] == '\0')
        return false;
    for (const char *p = key + length; *p != '\0'; p++)
        if (!isdigit((unsigned char)*p))
            return false;
    return true;
}

bool cb_fits_is_structure(const char *key)
{
    static const char *const exact[] = {
        "SIMPLE",   "XTENSION", "BITPIX",   "NAXIS",    "EXTEND",   "PCOUNT",  "GCOUNT",   "TFIELDS",
        "THEAP",    "ZIMAGE",   "ZTENSION", "ZSIMPLE",  "ZBITPIX",  "ZNAXIS",  "ZPCOUNT",  "ZGCOUNT",
        "ZCMPTYPE", "ZEXTEND",  "ZHECKSUM", "ZDATASUM", "CHECKSUM", "DATASUM", "ZQUANTIZ", "ZDITHER0",
        "ZBLANK",   "BZERO",    "BSCALE",   "LONGSTRN", "END",
    };
    static const char *const stems[] = { "NAXIS", "TTYPE", "TFORM",  "TUNIT", "TDIM",  "TNULL", "TSCAL",
                                         "TZERO", "TDISP", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL" };
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
        if (strcmp(key, exact[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++)
        if (is_numbered(key, stems[i]))
            return true;
    return false;
}

/* ---- parsing
 * ------------------------------------------------------------------------------------------------------ */

static void trim_end(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
}

/* A record cut in two: its key, and the text behind the "=" (NULL: it has no value). */
static const char *split_record(const char *record, char *ret_key)
{
    const char *from = record, *value = NULL, *sign = strchr(record, '=');
    size_t length = 8;
    if (memcmp(record, "HIERARCH ", 9) == 0 && sign != NULL) {
        from = record + 9;
        length = (size_t)(sign - from);
        value = sign + 1;
    } else if (record[8] == '=') {
        value = record + 9;
    }
    while (length > 0 && *from == ' ') {
        from++;
        length--;
    }
    memcpy(ret_key, from, length);
    ret_key[length] = '\0';
    trim_end(ret_key);
    return value;
}

/* 'text' with '' for a quote. Returns what follows the closing quote, NULL when there is none. */
static const char *parse_quoted(const char *p, struct cb_bytes *ret_text)
{
    for (p++; *p != '\0'; p++) {
        if (*p == '\'' && p[1] != '\'')
            return p + 1;
        if (*p == '\'')
            p++;
        cb_bytes_add(ret_text, p, 1);
    }
    return NULL;
}

static void parse_comment(const char *rest, char *ret_comment, size_t size)
{
    const char *slash = strchr(rest, '/');
    ret_comment[0] = '\0';
    if (slash == NULL)
        return;
    slash++;
    while (*slash == ' ')
        slash++;
    snprintf(ret_comment, size, "%s", slash);
    trim_end(ret_comment);
}

static bool parse_number(struct cb_header *header, const char *key, const char *token, const char *comment)
{
    char text[CB_FITS_RECORD + 1], *end = NULL;
    bool is_integer = true;
    snprintf(text, sizeof text, "%s", token);
    for (char *p = text; *p != '\0'; p++) {
        if (*p == 'D' || *p == 'd')
            *p = 'E';
        if (strchr("+-0123456789.Ee", *p) == NULL)
            return false;
        is_integer &= isdigit((unsigned char)*p) || ((*p == '+' || *p == '-') && p == text);
    }
    double number = strtod(text, &end);
    if (end == text || *end != '\0')
        return false;
    if (!is_integer || !(fabs(number) < 9.2e18)) {
        cb_header_set_double(header, key, number, comment);
        return true;
    }
    int64_t value = 0;
    for (const char *p = text; *p != '\0'; p++)
        if (isdigit((unsigned char)*p))
            value = value * 10 + (*p - '0');
    cb_header_set_int(header, key, text[0] == '-' ? -value : value, comment);
    return true;
}

static bool parse_token(struct cb_header *header, const char *key, const char *value, struct cb_error *err)
{
    char token[CB_FITS_RECORD + 1], comment[CB_FITS_RECORD + 1];
    size_t length = strcspn(value, "/");
    snprintf(token, sizeof token, "%.*s", (int)length, value);
    trim_end(token);
    parse_comment(value, comment, sizeof comment);
    if (token[0] == '\0')
        cb_header_set_undefined(header, key, comment);
    else if (strcmp(token, "T") == 0 || strcmp(token, "F") == 0)
        cb_header_set_bool(header, key, token[0] == 'T', comment);
    else if (!parse_number(header, key, token, comment))
        return cb_fail(err, CB_ERR_INVALID, "card %s: \"%s\" is no value", key, token);
    return true;
}

/* String value, joined with the CONTINUE records behind it; ret_used counts those. */
static bool parse_string(struct cb_header *header, const char *key, const char *value, const char *next,
                         size_t left, size_t *ret_used, struct cb_error *err)
{
    char record[CB_FITS_RECORD + 1], comment[CB_FITS_RECORD + 1];
    cb_auto_bytes struct cb_bytes text = CB_BYTES(TEXT_MAX);
    const char *rest = parse_quoted(value, &text);
    while (rest != NULL && text.size > 0 && text.data[text.size - 1] == '&' && *ret_used < left &&
           memcmp(next + *ret_used * CB_FITS_RECORD, "CONTINUE  '", 11) == 0) {
        memcpy(record, next + *ret_used * CB_FITS_RECORD, CB_FITS_RECORD);
        record[CB_FITS_RECORD] = '\0';
        text.data[--text.size] = '\0';
        rest = parse_quoted(record + 10, &text);
        (*ret_used)++;
    }
    if (rest == NULL || !cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "card %s: its string has no end", key);
    parse_comment(rest, comment, sizeof comment);
    char *joined = cb_bytes_steal(&text);
    trim_end(joined);
    cb_header_set_string(header, key, joined, comment);
    free(joined);
    return true;
}

static bool is_text(const char *record)
{
    for (size_t i = 0; i < CB_FITS_RECORD; i++)
        if ((unsigned char)record[i] < 0x20 || (unsigned char)record[i] > 0x7e)
            return false;
    return true;
}

/* The record at place at; ret_used counts the CONTINUE records that went with it. */
static bool parse_record(struct cb_header *header, const char *records, size_t at, size_t count,
                         size_t *ret_used, struct cb_error *err)
{
    char record[CB_FITS_RECORD + 1], key[CB_FITS_RECORD + 1];
    memcpy(record, records + at * CB_FITS_RECORD, CB_FITS_RECORD);
    record[CB_FITS_RECORD] = '\0';
    *ret_used = 0;
    if (!is_text(record))
        return cb_fail(err, CB_ERR_INVALID, "header card %zu holds a byte that is no text", at + 1);
    const char *value = split_record(record, key);
    if (value == NULL || key[0] == '\0' || strcmp(key, "COMMENT") == 0 || strcmp(key, "HISTORY") == 0 ||
        cb_header_find(header, key) != NULL)
        return true;
    while (*value == ' ')
        value++;
    if (*value != '\'')
        return parse_token(header, key, value, err);
    return parse_string(header, key, value, records + (at + 1) * CB_FITS_RECORD, count - at - 1, ret_used,
                        err);
}

bool cb_fits_parse_records(const char *records, size_t count, struct cb_header **ret_header,
                           struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *header = cb_header_new();
    for (size_t at = 0; at < count; at++) {
        size_t used = 0;
        if (!parse_record(header, records, at, count, &used, err))
            return false;
        at += used;
    }
    *ret_header = cb_steal(header);
    return true;
}

/* ---- writing
 * -------------------------------------------------------------------------------------------------------- */

static void add_record(struct cb_bytes *out, const char *text)
{
    char record[CB_FITS_RECORD + 1];
    snprintf(record, sizeof record, "%-80.80s", text);
    cb_bytes_add(out, record, CB_FITS_RECORD);
}

static size_t quoted_length(const char *text)
{
    size_t length = 2;
    for (const char *p = text; *p != '\0'; p++)
        length += *p == '\'' ? 2 : 1;
    return length;
}

/* Fill a record with as much of text as fits, quotes doubled; returns what is left. */
static const char *add_piece(struct cb_bytes *out, const char *prefix, const char *text)
{
    char record[CB_FITS_RECORD + 1];
    size_t at = (size_t)snprintf(record, sizeof record, "%s'", prefix);
    bool is_last = at - 1 + quoted_length(text) <= CB_FITS_RECORD;
    size_t end = is_last ? CB_FITS_RECORD - 1 : CB_FITS_RECORD - 2;
    while (*text != '\0' && at + (*text == '\'' ? 2 : 1) <= end) {
        if (*text == '\'')
            record[at++] = '\'';
        record[at++] = *text++;
    }
    snprintf(record + at, sizeof record - at, is_last ? "'" : "&'");
    add_record(out, record);
    return text;
}

static bool add_long_string(struct cb_bytes *out, const struct cb_card *card, struct cb_error *err)
{
    char prefix[CB_FITS_RECORD + 16];
    const char *text = card->text;
    bool is_standard = strlen(card->key) <= 8 &&
                       strspn(card->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(card->key);
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            return cb_fail(err, CB_ERR_INVALID, "card %s: a FITS header holds printable ASCII only",
                           card->key);
    int length = snprintf(prefix, sizeof prefix, is_standard ? "%-8s= " : "HIERARCH %s = ", card->key);
    if (length > CB_FITS_RECORD - 8)
        return cb_fail(err, CB_ERR_INVALID, "card %s: the key leaves no room for a value", card->key);
    text = add_piece(out, prefix, text);
    while (*text != '\0')
        text = add_piece(out, "CONTINUE  ", text);
    return true;
}

bool cb_fits_add_card(struct cb_bytes *out, const struct cb_card *card, struct cb_error *err)
{
    char record[CB_FITS_RECORD];
    size_t prefix = strlen(card->key) + 12; /* of a HIERARCH key */
    if (card->type == CB_CARD_STRING && prefix + quoted_length(card->text) > CB_FITS_RECORD)
        return add_long_string(out, card, err);
    if (!cb_fits_card_text(card, record, err))
        return false;
    cb_bytes_add(out, record, sizeof record);
    return true;
}

bool cb_fits_add_content(struct cb_bytes *out, const struct cb_header *header, struct cb_error *err)
{
    for (size_t i = 0; header != NULL && i < header->count; i++)
        if (!cb_fits_is_structure(header->card[i].key) && !cb_fits_add_card(out, &header->card[i], err))
            return false;
    return true;
}

void cb_fits_end_header(struct cb_bytes *out)
{
    add_record(out, "END");
    while (out->size % CB_FITS_BLOCK != 0 && cb_bytes_ok(out))
        cb_bytes_add(out, " ", 1);
}

bool cb_fits_add_cards(struct cb_bytes *out, const struct cb_header *cards, struct cb_error *err)
{
    for (size_t i = 0; i < cards->count; i++)
        if (!cb_fits_add_card(out, &cards->card[i], err))
            return false;
    return true;
}

bool cb_fits_add_empty_primary(struct cb_bytes *out, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *cards = cb_header_new();
    cb_header_set_bool(cards, "SIMPLE", true, "conforms to FITS standard");
    cb_header_set_int(cards, "BITPIX", 8, "array data type");
    cb_header_set_int(cards, "NAXIS", 0, "number of array dimensions");
    cb_header_set_bool(cards, "EXTEND", true, NULL);
    if (!cb_fits_add_cards(out, cards, err))
        return false;
    cb_fits_end_header(out);
    return true;
}
