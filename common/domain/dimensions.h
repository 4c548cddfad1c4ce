/* The dimension universe, version 8 of name space "daf_butler", as a static table: what the repository's rows
 * are identified by, what follows from what, and the columns of each table. Source: butler.md 2.2 and the
 * universe stored in a repository's butler_attributes (config:dimensions.json). */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define CB_UNIVERSE_VERSION 8
#define CB_UNIVERSE_NAMESPACE "daf_butler"

/* Types of columns, and of values in a where-expression. */
enum cb_column_type {
    CB_TYPE_INT,      /* bigint */
    CB_TYPE_FLOAT,    /* double precision */
    CB_TYPE_STRING,   /* text or varchar */
    CB_TYPE_BOOL,     /* boolean */
    CB_TYPE_DATETIME, /* bigint: TAI ns since 1970 */
    CB_TYPE_TIMESPAN, /* int8range of TAI ns */
    CB_TYPE_REGION,   /* base64 text of a sky region */
    CB_TYPE_UUID,
    CB_TYPE_HASH, /* hex text */
    CB_TYPE_NULL, /* the literal NULL */
    CB_TYPE_RANGE /* a..b[:s] in an IN list */
};

/* What a column is to its element. */
enum cb_column_role {
    CB_COLUMN_REQUIRED,  /* key of another dimension that identifies this element too; named like that
                            dimension */
    CB_COLUMN_PRIMARY,   /* the element's own key, "id" or "name" */
    CB_COLUMN_IMPLIED,   /* key of a dimension that follows from this one; named like that dimension */
    CB_COLUMN_ALTERNATE, /* another unique key */
    CB_COLUMN_METADATA
};

struct cb_column {
    const char *name;
    enum cb_column_type type;
    enum cb_column_role role;
};

/* Elements in universe order: the order in which data IDs and dataset tables list them. */
enum cb_element_index {
    CB_BAND,
    CB_HTM7,
    CB_INSTRUMENT,
    CB_SKYMAP,
    CB_SSP_HYPOTHESIS_TABLE,
    CB_DAY_OBS,
    CB_DETECTOR,
    CB_GROUP,
    CB_PHYSICAL_FILTER,
    CB_SSP_BALANCED_INDEX,
    CB_SSP_HYPOTHESIS_BUNDLE,
    CB_SUBFILTER,
    CB_TRACT,
    CB_VISIT_SYSTEM,
    CB_EXPOSURE,
    CB_PATCH,
    CB_VISIT,
    CB_VISIT_DEFINITION, /* from here on: relations, no dimensions of their own */
    CB_VISIT_DETECTOR_REGION,
    CB_VISIT_SYSTEM_MEMBERSHIP,
    CB_ELEMENT_COUNT
};

#define CB_DIMENSION_COUNT CB_VISIT_DEFINITION

/* A set of elements: bit 1 << index. */
#define CB_DIM(index) (1U << (index))

struct cb_element {
    const char *name;  /* also the name of its table, to be quoted ("group" is a reserved word) */
    bool has_table;    /* band is a column of physical_filter, htm7 is computed */
    uint32_t required; /* dimensions that identify a row, itself included */
    uint32_t implied;  /* dimensions that follow, directly */
    int governor;      /* index of instrument or skymap, -1 for none; a governor names itself */
    const struct cb_column
        *columns; /* in the order of the table: required, primary, implied, alternate, metadata */
    size_t n_columns;
};

/* The whole table, CB_ELEMENT_COUNT entries. */
const struct cb_element *cb_element_at(enum cb_element_index index);
/* By name of the given length, case-sensitive; NULL when there is none. */
const struct cb_element *cb_element_find(const char *name, size_t length);
/* The place of an element in universe order. */
enum cb_element_index cb_element_index(const struct cb_element *element);
/* A column of an element by name, NULL when there is none. */
const struct cb_column *cb_element_column(const struct cb_element *element, const char *name, size_t length);
/* The column that holds the element's own key; NULL for relations. */
const struct cb_column *cb_element_key(const struct cb_element *element);
/* The column of `element` that holds the key of dimension `index`, NULL when it has none. */
const struct cb_column *cb_element_key_of(const struct cb_element *element, enum cb_element_index index);

/* "int", "float", "string", "bool", "datetime", "timespan", "region", "uuid", "hash", "null", "range". */
const char *cb_column_type_name(enum cb_column_type type);

/* A set from names. Errors: INVALID an unknown name or a relation. */
CB_MUST_CHECK bool cb_dimensions_parse(const char *const *names, size_t count, uint32_t *ret_dims,
                                       struct cb_error *err);
/* Add everything that is required or implied, over any number of steps. */
uint32_t cb_dimensions_expand(uint32_t dims);
/* The required dimensions of an expanded group: those that no other member implies ({flat}: instrument,
 * detector, physical_filter). This is what dimension_graph_definition and the dataset tables hold. */
uint32_t cb_dimensions_required(uint32_t dims);
/* The elements whose records describe the group: its dimensions and the relations between them. */
uint32_t cb_dimensions_elements(uint32_t dims);
/* Relations that tie together dimensions of the group which no key ties: exposures and visits, visits and
 * visit systems. */
uint32_t cb_dimensions_relations(uint32_t dims);
/* Names in universe order; returns how many. */
size_t cb_dimensions_list(uint32_t dims, const char *ret_names[CB_ELEMENT_COUNT]);
/* "instrument, detector" */
void cb_dimensions_format(uint32_t dims, struct cb_bytes *out);
