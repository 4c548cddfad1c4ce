/* A FITS header, or a correction file, as the translators read it. */
#include "butler/raw_cards.h"

#include <stdio.h>
#include <string.h>

static struct cb_key_value find(const void *self, const char *key)
{
    const struct cb_card *card = cb_header_find(self, key);
    struct cb_key_value value = { .kind = CB_KEY_ABSENT };
    if (card == NULL)
        return value;
    switch (card->type) {
    case CB_CARD_UNDEFINED:
        value.kind = CB_KEY_UNDEFINED;
        break;
    case CB_CARD_STRING:
        value.kind = CB_KEY_STRING;
        value.text = card->text;
        break;
    case CB_CARD_INT:
        value.kind = CB_KEY_INT;
        value.integer = card->integer;
        value.number = (double)card->integer;
        break;
    case CB_CARD_DOUBLE:
        value.kind = CB_KEY_FLOAT;
        value.number = card->number;
        break;
    case CB_CARD_BOOL:
        value.kind = CB_KEY_BOOL;
        value.truth = card->flag;
        break;
    }
    return value;
}

static const char *key_at(const void *self, size_t index)
{
    const struct cb_header *header = self;
    return header != NULL && index < header->count ? header->card[index].key : NULL;
}

struct cb_card_source cb_raw_cards(const struct cb_header *header)
{
    const struct cb_card_source source = { .header = header, .find = find, .key_at = key_at };
    return source;
}

/* A time without quotes is one to readers of YAML, which write it out again as "2024-11-25T02:44:31.500":
 * names made of it (GROUPID) must come out the same. */
static bool put_time(const char *text, char ret_time[64])
{
    int at = 0, fraction = 0;
    char day[11], clock[9];
    if (sscanf(text, "%10[0-9-]%*1[Tt ]%8[0-9:]%n", day, clock, &at) != 2 || strlen(day) != 10 ||
        strlen(clock) != 8)
        return false;
    size_t digits = text[at] == '.' ? strspn(text + at + 1, "0123456789") : 0;
    if (text[at + (digits > 0) + (int)digits] != '\0' || digits > 30)
        return false;
    fraction = digits < 3 ? 3 - (int)digits : 0;
    snprintf(ret_time, 64, "%sT%s.%.*s%.*s", day, clock, (int)digits, digits > 0 ? text + at + 1 : "",
             fraction, "000");
    return true;
}

void cb_raw_cards_set(struct cb_header *header, const char *key, const struct cb_yaml_node *node)
{
    int64_t integer;
    double real;
    bool truth;
    char time[64];
    if (cb_yaml_is_null(node))
        cb_header_set_undefined(header, key, NULL);
    else if (!node->quoted && cb_yaml_int(node, &integer))
        cb_header_set_int(header, key, integer, NULL);
    else if (!node->quoted && cb_yaml_real(node, &real))
        cb_header_set_double(header, key, real, NULL);
    else if (!node->quoted && cb_yaml_bool(node, &truth))
        cb_header_set_bool(header, key, truth, NULL);
    else if (!node->quoted && put_time(cb_yaml_text(node), time))
        cb_header_set_string(header, key, time, NULL);
    else
        cb_header_set_string(header, key, cb_yaml_text(node), NULL);
}

bool cb_raw_cards_read_yaml(const char *path, struct cb_header **ret_header, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    if (!cb_yaml_read(path, &yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    cb_auto(cb_header_free) struct cb_header *header = cb_header_new();
    if (root != NULL && root->kind != CB_YAML_MAPPING)
        return cb_yaml_fail(yaml, root, err, "a correction file is a map of header keys to values");
    for (size_t i = 0; root != NULL && i < root->count; i++) {
        const struct cb_yaml_node *value = cb_yaml_value(root, i);
        if (cb_yaml_key(root, i) == NULL || value->kind != CB_YAML_SCALAR)
            return cb_yaml_fail(yaml, value, err, "a header key's value must be a single value");
        cb_raw_cards_set(header, cb_yaml_key(root, i), value);
    }
    *ret_header = cb_steal(header);
    return true;
}
