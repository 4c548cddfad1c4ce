/* A FITS header, or a correction file, as the translators read it. */
#pragma once

#include "calib/header.h"
#include "domain/card_source.h"
#include "io/yaml.h"

/* Borrows the header; NULL is an empty one. */
struct cb_card_source cb_raw_cards(const struct cb_header *header);

/* A correction file: a YAML map of keys to values. Errors: CB_ERR_INVALID no map, a value that is no scalar;
 * CB_ERR_NOT_FOUND, CB_ERR_TRANSIENT. */
CB_MUST_CHECK bool cb_raw_cards_read_yaml(const char *path, struct cb_header **ret_header,
                                          struct cb_error *err);
/* Set a card to a scalar: null, a number and a truth are such, anything else, and what is in quotes, a
 * string. */
void cb_raw_cards_set(struct cb_header *header, const char *key, const struct cb_yaml_node *node);
