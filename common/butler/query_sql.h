/* Private to common/butler: the SELECT of a query, put together from tables, a condition and an order. */
#pragma once

#include "butler/query.h"
#include "domain/region.h"

enum { CB_QUERY_MAX_TYPES = 64 };

enum {
    CB_DATASET_ID,
    CB_DATASET_INGEST_DATE,
    CB_DATASET_RUN,
    CB_DATASET_COLLECTION,
    CB_DATASET_TIMESPAN,
    CB_DATASET_FIELDS
};

/* A dataset type that the rows must have datasets of. */
struct cb_select_join {
    struct cb_dataset_type type;
    size_t ids_param;  /* of the collections looked into */
    bool has_validity; /* some of them are CALIBRATION collections: its range goes with the row's time */
    char *field[CB_DATASET_FIELDS]; /* SQL of what the condition may name; owned */
};

/* Regions that must overlap: those of two elements, or of one and a given region; CB_HTM7: the pixel. */
struct cb_select_overlap {
    enum cb_element_index element, other; /* the same when a region is given */
    bool has_region;
    struct cb_region region;
    char *pixels; /* as a parameter */
};

/* What the rows are ordered by. */
struct cb_select_order {
    char *column; /* SQL */
    bool down;
};

/* A statement under way. */
struct cb_select {
    uint32_t dims;                 /* of the result, expanded */
    uint32_t tables;               /* elements in FROM under their own names */
    char *key[CB_DIMENSION_COUNT]; /* SQL of the dimensions' keys that FROM offers; NULL: none */
    struct cb_bytes from;
    const char *from_tail;                  /* what is joined behind the elements' tables; NULL: nothing */
    const struct cb_where_dataset *dataset; /* a type whose fields can be named; NULL: none */
    bool has_validity; /* it is looked for in a CALIBRATION collection: its timespan limits what it goes with
                        */
    struct cb_select_join joins[CB_QUERY_MAX_TYPES];
    size_t n_joins;
    struct cb_select_order *order; /* as the query asks */
    size_t n_order;
    struct cb_bytes order_fields; /* of joined datasets, by which the order goes: "dt0.x AS f1, ..."; each
                                   * value of theirs gives a row of its own; columns of it where is_flat */
    struct cb_param *params;
    size_t n_params;
    struct cb_where_sql where; /* owns the texts of its parameters */
    uint32_t dataset_dims;     /* of the type that the rows are datasets of; 0: none */
    struct cb_select_overlap *overlaps;
    size_t n_overlaps;
    bool is_flat;    /* FROM has all tables, those of the condition too: rows may come more than once */
    uint32_t pixels; /* elements whose pixels are in FROM */
    struct cb_bytes ids, condition; /* collections that datasets are looked for in; what is behind WHERE */
};

void cb_select_init(struct cb_select *select);
void cb_select_done(struct cb_select *select);
static inline void cb_select_done_at_exit(struct cb_select *select)
{
    cb_select_done(select);
}
#define cb_auto_select __attribute__((cleanup(cb_select_done_at_exit)))

/* Join the table of an element, tied to the keys that are known, and learn the keys it has. */
void cb_select_add_element(struct cb_select *select, enum cb_element_index index);
/* All bands that some filter has, whatever its camera, as the key of that dimension. */
void cb_select_add_bands(struct cb_select *select);
/* A parameter's place: "$n" is n. */
size_t cb_select_add_param(struct cb_select *select, const char *text);
/* Only rows for which there are datasets of this type, which the select takes over. Errors: INVALID too many.
 */
CB_MUST_CHECK bool cb_select_add_join(struct cb_select *select, struct cb_dataset_type *type,
                                      size_t ids_param, bool has_validity, struct cb_error *err);
/* What is behind WHERE, into select->condition: the expression of the query; the names of its order are
 * looked up too. Tables that the expression needs are joined in FROM where the keys determine their row, so
 * FROM is complete only then; else they are in an EXISTS, so that no row is multiplied, or in a LATERAL where
 * the order needs them, unless regions are compared: then all are in FROM. */
CB_MUST_CHECK bool cb_select_put_where(struct cb_select *select, const struct cb_query *query,
                                       struct cb_error *err);
/* Append the columns of the order when none is asked for, as the butler sorts what it prints: dimensions in
 * time or on the sky first, then the others; text by code points. */
void cb_select_default_order(const struct cb_select *select, uint32_t dims, struct cb_bytes *order);
/* " ORDER BY ... LIMIT ... OFFSET ..."; fallback is the order when none is asked for, and of what ties. */
void cb_select_put_order(const struct cb_select *select, const struct cb_query *query, const char *fallback,
                         struct cb_bytes *sql);
