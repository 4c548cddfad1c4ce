/* A FITS header, or a correction file, as the translators read it. */
#include "butler/raw_cards.h"

#include "io/yaml.h"

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

static void set_value(struct cb_header *header, const char *key, const struct cb_yaml_node *node)
{
    int64_t integer;
    double real;
    bool truth;
    if (cb_yaml_is_null(node))
        cb_header_set_undefined(header, key, NULL);
    else if (!node->quoted && cb_yaml_int(node, &integer))
        cb_header_set_int(header, key, integer, NULL);
    else if (!node->quoted && cb_yaml_real(node, &real))
        cb_header_set_double(header, key, real, NULL);
    else if (!node->quoted && cb_yaml_bool(node, &truth))
        cb_header_set_bool(header, key, truth, NULL);
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
        set_value(header, cb_yaml_key(root, i), value);
    }
    *ret_header = cb_steal(header);
    return true;
}
