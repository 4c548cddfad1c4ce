/* YAML as a tree of nodes: libyaml's events with places, tags, anchors resolved, and limits against hostile
 * files; and a writer of block style for the same subset.
 *
 * A document is a cb_yaml that owns its nodes; nodes and their texts are borrowed from it. Scalars keep their
 * text: what it means is asked for with the functions below (YAML 1.1 as PyYAML reads it). */
#pragma once

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_YAML_TEXT_MAX (256U << 20) /* largest document, bytes */
#define CB_YAML_DEPTH_MAX 64          /* deepest nesting */
#define CB_YAML_NODES_MAX 20000000U   /* most nodes, aliases counted each time they are used */

enum cb_yaml_kind { CB_YAML_SCALAR, CB_YAML_SEQUENCE, CB_YAML_MAPPING };

struct cb_yaml_node {
    enum cb_yaml_kind kind;
    size_t line, column;        /* of its first character, from 1 */
    const char *tag;            /* "!uuid", ...; NULL when none is written */
    const char *text;           /* scalar: its content; else NULL */
    size_t length;              /* of text, bytes; a scalar may not contain NUL */
    bool quoted;                /* scalar: in quotes or a block scalar, so always a string */
    struct cb_yaml_node **item; /* sequence: the items; mapping: key 0, value 0, key 1, ... */
    size_t count;               /* sequence: items; mapping: pairs */
};

struct cb_yaml;

/* Parse one document; `origin` names it in errors ("file.yaml"). An empty text gives a NULL root.
 * Errors: INVALID "<origin>:<line>:<column>: what", also for a duplicate key, NUL, a second document, a
 * limit. */
CB_MUST_CHECK bool cb_yaml_parse(const char *text, size_t size, const char *origin, struct cb_yaml **ret_yaml,
                                 struct cb_error *err);
/* Errors: NOT_FOUND no such file; INVALID as above; TRANSIENT it cannot be read now. */
CB_MUST_CHECK bool cb_yaml_read(const char *path, struct cb_yaml **ret_yaml, struct cb_error *err);
void cb_yaml_free(struct cb_yaml *yaml);
CB_DEFINE_CLEANUP(struct cb_yaml *, cb_yaml_free)
const struct cb_yaml_node *cb_yaml_root(const struct cb_yaml *yaml); /* NULL when empty */
const char *cb_yaml_origin(const struct cb_yaml *yaml);

/* The value of a key of a mapping; NULL when node is NULL, no mapping, or has no such key. */
const struct cb_yaml_node *cb_yaml_get(const struct cb_yaml_node *node, const char *key);
/* Several steps: cb_yaml_path(root, "registry", "db", (char *)NULL). */
const struct cb_yaml_node *cb_yaml_path(const struct cb_yaml_node *node, ...) __attribute__((sentinel));
/* Pair i of a mapping: key text (NULL when the key is no scalar) and value. */
const char *cb_yaml_key(const struct cb_yaml_node *mapping, size_t i);
const struct cb_yaml_node *cb_yaml_value(const struct cb_yaml_node *mapping, size_t i);

/* null, ~, or nothing, unquoted; a NULL node counts as null. */
bool cb_yaml_is_null(const struct cb_yaml_node *node);
/* False when the node is not of that type. Whole numbers: [-+]digits, 0x hex, 0o/leading-0 octal,
 * underscores. */
bool cb_yaml_int(const struct cb_yaml_node *node, int64_t *ret_value);
bool cb_yaml_real(const struct cb_yaml_node *node, double *ret_value); /* also whole numbers, .inf, .nan */
bool cb_yaml_bool(const struct cb_yaml_node *node, bool *ret_value);   /* true/false, yes/no, on/off */
/* The text of a scalar that is not null, NULL otherwise. Numbers give their text. */
const char *cb_yaml_text(const struct cb_yaml_node *node);

/* An error at a node: "<origin>:<line>:<column>: ..." of kind INVALID. Returns false. */
bool cb_yaml_fail(const struct cb_yaml *yaml, const struct cb_yaml_node *node, struct cb_error *err,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Writing: append a scalar in plain style where that reads back as the same string, else single- or
 * double-quoted. */
void cb_yaml_put_text(struct cb_bytes *out, const char *text);
