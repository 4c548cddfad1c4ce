/* Where-expressions: the butler's query language over dimensions, compiled to SQL with parameters; no text of
 * the expression is ever pasted into the SQL. Source: butler.md 7.
 *
 * The caller joins what the condition names: `elements` says which tables ("exposure", "detector", ...;
 * always quoted, columns are written "exposure"."day_obs"; "band" is the bands of all filters,
 * "band"."name"), `dimensions` which dimensions are constrained. A dimension that is not in the query must
 * not multiply its rows: join it and keep distinct results. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "domain/dimensions.h"

#include <stddef.h>
#include <stdint.h>

/* A value bound to a name: text as PostgreSQL reads it. INT may be of any size, HASH is bytea text. DATETIME
 * is TAI ns, TIMESPAN is int8range text; BOOL and REGION cannot be bound; NULL has no text. */
struct cb_where_value {
    enum cb_column_type type;
    const char *text;
};

/* `x` or `:x` in the expression. A list may stand in IN only, and may be empty. */
struct cb_where_bind {
    const char *name;
    bool is_list;
    const struct cb_where_value *values;
    size_t n_values; /* 1 unless is_list */
};

/* A dataset type joined into the query: SQL of its fields, NULL where a field is not available. */
struct cb_where_dataset {
    const char *name;
    const char *dataset_id;  /* uuid */
    const char *ingest_date; /* bigint, TAI ns */
    const char *run;         /* text */
    const char *collection;  /* text */
    const char *timespan;    /* int8range */
    bool is_joined;          /* only a condition on the rows: a bare name does not mean a field of it */
};

/* SQL of a dimension's key, when the query has it in another place than the dimension's own tables
 * (a dataset table: "t"."detector"). */
struct cb_where_key {
    enum cb_element_index dimension;
    const char *sql;
};

struct cb_where_context {
    uint32_t dimensions;            /* of the result; implied ones need not be listed */
    uint32_t joined_dimensions;     /* those that the query has besides: no bare name means a field of them */
    const char *default_instrument; /* of the default data ID, NULL for none */
    const char *default_skymap;
    const struct cb_where_bind *binds;
    size_t n_binds;
    const struct cb_where_dataset *datasets;
    size_t n_datasets;
    const struct cb_where_key *keys;
    size_t n_keys;
    size_t params_before; /* parameters the statement already has: ours begin at $(params_before + 1) */
};

struct cb_where_param {
    char *value;              /* text form; of a list: a PostgreSQL array, "{1,2}" */
    enum cb_column_type type; /* of the value, or of the list's members */
    bool is_list;
};

/* Regions that must overlap for a row to stand: SQL can only narrow that down, by the pixels that they touch.
 * What is left to do is to drop the rows where cb_region_overlaps says no. */
struct cb_where_overlap {
    enum cb_element_index element; /* whose region; CB_HTM7: the pixel itself */
    enum cb_element_index other;   /* and whose other region, when `region` is NULL */
    char *region;                  /* base64: with this one */
};

struct cb_where_sql {
    char *text;                    /* a boolean SQL expression; "TRUE" for the empty one */
    struct cb_where_param *params; /* each carries its cast in the text: $1::bigint */
    size_t n_params;
    uint32_t dimensions; /* dimensions named, and those that identify the elements named */
    uint32_t elements;   /* tables that the text refers to, and relations that must tie them together */
    bool temporal_join;  /* a dataset's timespan is compared with that of an element by OVERLAPS */
    struct cb_where_overlap *overlaps; /* all of them must hold; the text does not speak of them */
    size_t n_overlaps;
};

/* Errors: INVALID. Syntax: "Failed to parse expression 'EXPR': REASON" with the place in REASON. Meaning: the
 * butler's sentence followed by " (line: L, pos: P)", both from 1. */
CB_MUST_CHECK bool cb_where_compile(const char *expression, const struct cb_where_context *ctx,
                                    struct cb_where_sql *ret_sql, struct cb_error *err);
/* Frees what the struct holds and empties it. */
void cb_where_sql_done(struct cb_where_sql *sql);
static inline void cb_where_sql_done_at_exit(struct cb_where_sql *sql)
{
    cb_where_sql_done(sql);
}
#define cb_auto_where_sql __attribute__((cleanup(cb_where_sql_done_at_exit))) struct cb_where_sql
