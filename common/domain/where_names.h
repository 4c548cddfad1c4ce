/* What a name in a where-expression stands for. Source: butler.md 7.3. */
#pragma once

#include "domain/where.h"

enum cb_where_name_kind {
    CB_NAME_NULL,   /* the literal NULL */
    CB_NAME_KEY,    /* the key of `dimension` */
    CB_NAME_COLUMN, /* `column` of `element` that is no key of a dimension */
    CB_NAME_DATASET /* a field of `dataset` */
};

enum cb_where_bound { CB_BOUND_NONE, CB_BOUND_BEGIN, CB_BOUND_END };

struct cb_where_name {
    enum cb_where_name_kind kind;
    enum cb_element_index dimension;
    const struct cb_element *element;
    const struct cb_column *column;
    const struct cb_where_dataset
        *dataset;             /* NULL: none of the query's has this name, and field_sql is NULL */
    const char *dataset_type; /* its name in the text resolved, not ended */
    size_t dataset_type_length;
    const char *field; /* of the dataset: static text */
    const char *field_sql;
    enum cb_column_type type; /* before begin or end is taken */
    enum cb_where_bound bound;
};

/* Resolve one to three parts joined by dots. Errors: INVALID, worded as butler.md 7.3, without the place. */
CB_MUST_CHECK bool cb_where_name_resolve(const char *text, const struct cb_where_context *ctx,
                                         struct cb_where_name *ret_name, struct cb_error *err);
/* "exposure", "exposure.seq_num", "exposure.timespan.begin", "bias.run": for messages. */
char *cb_where_name_label(const struct cb_where_name *name);
