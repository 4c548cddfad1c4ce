/* The list of cards behind a FITS header. */
#include "calib/header.h"

#include "base/alloc.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

struct cb_header *cb_header_new(void)
{
    return cb_xalloc(sizeof(struct cb_header));
}

static void card_done(struct cb_card *card)
{
    free(card->key);
    free(card->text);
    free(card->comment);
}

void cb_header_free(struct cb_header *header)
{
    if (header == NULL)
        return;
    for (size_t i = 0; i < header->count; i++)
        card_done(&header->card[i]);
    free(header->card);
    free(header->hash);
    free(header);
}

struct cb_header *cb_header_copy(const struct cb_header *header)
{
    struct cb_header *copy = cb_header_new();
    for (size_t i = 0; header != NULL && i < header->count; i++)
        cb_header_set_card(copy, &header->card[i]);
    return copy;
}

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 0x811c9dc5u; /* FNV-1a */
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 0x01000193u;
    return hash;
}

static struct cb_card *find(const struct cb_header *header, const char *key)
{
    if (header == NULL)
        return NULL;
    uint32_t hash = hash_of(key);
    for (size_t i = 0; i < header->count; i++)
        if (header->hash[i] == hash && strcmp(header->card[i].key, key) == 0)
            return &header->card[i];
    return NULL;
}

const struct cb_card *cb_header_find(const struct cb_header *header, const char *key)
{
    return find(header, key);
}

bool cb_header_get_string(const struct cb_header *header, const char *key, const char **ret_text)
{
    const struct cb_card *card = find(header, key);
    if (card == NULL || card->type != CB_CARD_STRING)
        return false;
    *ret_text = card->text;
    return true;
}

/* A text that is one number from end to end, blanks around it aside. */
static bool parse_number(const char *text, double *ret_value)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text)
        return false;
    while (isspace((unsigned char)*end))
        end++;
    if (*end != '\0')
        return false;
    *ret_value = value;
    return true;
}

bool cb_header_get_double(const struct cb_header *header, const char *key, double *ret_value)
{
    const struct cb_card *card = find(header, key);
    if (card == NULL)
        return false;
    if (card->type == CB_CARD_STRING)
        return parse_number(card->text, ret_value);
    if (card->type != CB_CARD_INT && card->type != CB_CARD_DOUBLE)
        return false;
    *ret_value = card->type == CB_CARD_INT ? (double)card->integer : card->number;
    return true;
}

bool cb_header_get_int(const struct cb_header *header, const char *key, int64_t *ret_value)
{
    const struct cb_card *card = find(header, key);
    double number;
    if (card != NULL && card->type == CB_CARD_INT) {
        *ret_value = card->integer;
        return true;
    }
    if (!cb_header_get_double(header, key, &number) || !(fabs(number) < 9.0e15) || number != floor(number))
        return false;
    *ret_value = (int64_t)number;
    return true;
}

bool cb_header_get_bool(const struct cb_header *header, const char *key, bool *ret_value)
{
    const struct cb_card *card = find(header, key);
    if (card == NULL || card->type != CB_CARD_BOOL)
        return false;
    *ret_value = card->flag;
    return true;
}

static struct cb_card *append(struct cb_header *header, const char *key)
{
    if (header->count == header->room) {
        header->room = header->room == 0 ? 64 : 2 * header->room;
        header->card = cb_xrealloc_array(header->card, header->room, sizeof *header->card);
        header->hash = cb_xrealloc_array(header->hash, header->room, sizeof *header->hash);
    }
    header->hash[header->count] = hash_of(key);
    struct cb_card *card = &header->card[header->count++];
    *card = (struct cb_card){ .key = cb_xstrdup(key) };
    return card;
}

/* The card to be filled: the old one emptied of its value, or a new one. */
static struct cb_card *renew(struct cb_header *header, const char *key, enum cb_card_type type,
                             const char *comment)
{
    struct cb_card *card = find(header, key);
    char *old_text = NULL, *old_comment = NULL;
    if (card == NULL)
        card = append(header, key);
    old_text = card->text;
    card->text = NULL;
    card->type = type;
    card->integer = 0;
    card->number = 0.0;
    card->flag = false;
    if (comment != NULL || card->comment == NULL) {
        old_comment = card->comment;
        card->comment = cb_xstrdup(comment != NULL ? comment : "");
    }
    free(old_text);
    free(old_comment);
    return card;
}

void cb_header_set_string(struct cb_header *header, const char *key, const char *text, const char *comment)
{
    char *copy = cb_xstrdup(text);
    renew(header, key, CB_CARD_STRING, comment)->text = copy;
}

void cb_header_set_int(struct cb_header *header, const char *key, int64_t value, const char *comment)
{
    renew(header, key, CB_CARD_INT, comment)->integer = value;
}

void cb_header_set_double(struct cb_header *header, const char *key, double value, const char *comment)
{
    renew(header, key, CB_CARD_DOUBLE, comment)->number = value;
}

void cb_header_set_bool(struct cb_header *header, const char *key, bool value, const char *comment)
{
    renew(header, key, CB_CARD_BOOL, comment)->flag = value;
}

void cb_header_set_undefined(struct cb_header *header, const char *key, const char *comment)
{
    renew(header, key, CB_CARD_UNDEFINED, comment);
}

void cb_header_set_card(struct cb_header *header, const struct cb_card *card)
{
    char *text = card->text != NULL ? cb_xstrdup(card->text) : NULL;
    int64_t integer = card->integer;
    double number = card->number;
    bool flag = card->flag;
    struct cb_card *copy = renew(header, card->key, card->type, card->comment);
    copy->text = text;
    copy->integer = integer;
    copy->number = number;
    copy->flag = flag;
}

void cb_header_remove(struct cb_header *header, const char *key)
{
    struct cb_card *card = find(header, key);
    if (card == NULL)
        return;
    card_done(card);
    size_t place = (size_t)(card - header->card);
    memmove(card, card + 1, (header->count - place - 1) * sizeof *card);
    memmove(header->hash + place, header->hash + place + 1,
            (header->count - place - 1) * sizeof *header->hash);
    header->count--;
}

bool cb_card_equal(const struct cb_card *a, const struct cb_card *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case CB_CARD_STRING:
        return strcmp(a->text, b->text) == 0;
    case CB_CARD_INT:
        return a->integer == b->integer;
    case CB_CARD_DOUBLE:
        return a->number == b->number || (isnan(a->number) && isnan(b->number));
    case CB_CARD_BOOL:
        return a->flag == b->flag;
    case CB_CARD_UNDEFINED:
        break;
    }
    return true;
}
