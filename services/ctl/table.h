/* The result of a listing command: rows under named columns, printed aligned for people, tab separated for
 * scripts, or as one JSON document. Pure but for the stream that it is printed on. */
#pragma once

#include "args.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

enum ctl_column_kind {
    CTL_COL_TEXT,
    CTL_COL_NUMBER, /* right-aligned; a JSON number; NaN and infinities are null */
    CTL_COL_BOOL,   /* "t"/"true" is true; a JSON boolean; yes/no for people */
    CTL_COL_JSON    /* JSON already; for people as it is */
};

struct ctl_column {
    const char *key;   /* JSON key and --columns name, snake_case */
    const char *title; /* what people read; NULL: only in JSON */
    enum ctl_column_kind kind;
};

struct ctl_table;

/* columns: ended by key == NULL; must outlive the table. schema: "calbus.site.list.v1". */
struct ctl_table *ctl_table_new(const char *schema, const struct ctl_column *columns);
void ctl_table_free(struct ctl_table *table);
CB_DEFINE_CLEANUP(struct ctl_table *, ctl_table_free)
/* One row; cells are copied; NULL is absent. There must be one for each column. */
void ctl_table_add(struct ctl_table *table, const char *const *cells);
size_t ctl_table_rows(const struct ctl_table *table);
/* Further members of the JSON document besides schema, items and next; text of a whole JSON value. */
void ctl_table_extra(struct ctl_table *table, const char *key, const char *json);

/* Print as the common flags ask: --json, --plain, --header, --columns, --limit. bold_header: the stream is a
 * terminal. Errors: INVALID an unrecognized column. */
CB_MUST_CHECK bool ctl_table_print(const struct ctl_table *table, const struct ctl_args *args,
                                   bool bold_header, FILE *out, struct cb_error *err);
