/* Headers as tests write them: keys with their values as text. */
#pragma once

#include "domain/card_source.h"
#include "domain/scan.h"
#include "support/spec.h"

#include <stdio.h>
#include <string.h>

#define CARDS_MAX 300

/* A header held as text, and a reader of flat YAML: "KEY: value" a line. */
struct cards {
    char keys[CARDS_MAX][40];
    char values[CARDS_MAX][90];
    size_t count;
};

static inline struct cb_key_value as_card(const char *value)
{
    struct cb_key_value card = { .kind = CB_KEY_STRING, .text = value };
    if (value[0] == '\'') {
        card.text = value + 1; /* the closing quote is cut when stored */
    } else if (strcmp(value, "null") == 0) {
        card.kind = CB_KEY_UNDEFINED;
    } else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) {
        card = (struct cb_key_value){ .kind = CB_KEY_BOOL, .truth = value[0] == 't' };
    } else if (cb_scan_integer(value, &card.integer)) {
        card.kind = CB_KEY_INT;
        card.number = (double)card.integer;
    } else if (cb_scan_number(value, &card.number)) {
        card.kind = CB_KEY_FLOAT;
    }
    return card;
}

static inline struct cb_key_value find(const void *header, const char *key)
{
    const struct cards *cards = header;
    for (size_t i = 0; i < cards->count; i++)
        if (strcmp(cards->keys[i], key) == 0)
            return as_card(cards->values[i]);
    return (struct cb_key_value){ .kind = CB_KEY_ABSENT };
}

static inline const char *key_at(const void *header, size_t index)
{
    const struct cards *cards = header;
    return index < cards->count ? cards->keys[index] : NULL;
}

static inline struct cb_card_source source_of(const struct cards *cards)
{
    return (struct cb_card_source){ cards, find, key_at };
}

static inline void set(struct cards *cards, const char *key, const char *value)
{
    size_t i = 0;
    while (i < cards->count && strcmp(cards->keys[i], key) != 0)
        i++;
    assert_true(i < CARDS_MAX);
    cards->count = i == cards->count ? i + 1 : cards->count;
    snprintf(cards->keys[i], sizeof cards->keys[i], "%s", key);
    snprintf(cards->values[i], sizeof cards->values[i], "%s", value);
    size_t length = strlen(cards->values[i]);
    if (value[0] == '\'' && length > 1)
        cards->values[i][length - 1] = '\0';
}

static inline void drop(struct cards *cards, const char *key)
{
    for (size_t i = 0; i < cards->count; i++)
        if (strcmp(cards->keys[i], key) == 0)
            snprintf(cards->keys[i], sizeof cards->keys[i], "-");
}

static inline void read_yaml(const char *path, struct cards *cards)
{
    char line[200];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    cards->count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *colon = strstr(line, ": ");
        assert_non_null(colon);
        *colon = '\0';
        set(cards, line, colon + 2);
    }
    assert_int_equal(fclose(file), 0);
}

static inline struct cards real_header(void)
{
    struct cards cards;
    read_yaml(CB_GOLDEN "/headers/comCam-CC_O_20241108_000266_R22_S00.yaml", &cards);
    return cards;
}
