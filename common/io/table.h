/* A small table of typed columns with metadata: what calibration tables in ECSV and FITS hold. */
#pragma once

#include "calib/header.h"

#define CB_TABLE_ROWS_MAX 1000000U     /* most rows */
#define CB_TABLE_VALUES_MAX 100000000U /* most values of a column */

enum cb_table_kind { CB_TABLE_INT, CB_TABLE_REAL, CB_TABLE_BOOL, CB_TABLE_TEXT };

/* One column; each row has `width` values, row after row. Of a text column width is 1. */
struct cb_table_column {
    char *name;
    char *unit; /* "" when none is given */
    enum cb_table_kind kind;
    bool is_array; /* a list in each cell, even of one */
    size_t width;
    int64_t *ints; /* [rows * width], of its kind only */
    double *reals;
    bool *bools;
    char **texts;
};

struct cb_table {
    struct cb_header *meta; /* never NULL */
    struct cb_table_column *column;
    size_t columns, rows;
};

/* A table without columns and rows. */
struct cb_table *cb_table_new(void);
void cb_table_free(struct cb_table *table);
CB_DEFINE_CLEANUP(struct cb_table *, cb_table_free)

/* A column by name (upper and lower case are told apart); NULL when absent. Borrowed. */
struct cb_table_column *cb_table_find(const struct cb_table *table, const char *name);
/* Append a column of zeros (false, NULL) for `table->rows` rows. Borrowed until the next is added. */
struct cb_table_column *cb_table_add(struct cb_table *table, const char *name, enum cb_table_kind kind,
                                     bool is_array, size_t width);
/* Move a column to the end of another table of as many rows; an empty, nameless one stays behind. */
void cb_table_move(struct cb_table *to, struct cb_table_column *column);
/* Values as another kind: whole numbers as reals, reals that are all whole as whole numbers, flags as whole
 * numbers, of no rows any. False: they are not. */
bool cb_table_convert(struct cb_table_column *column, size_t rows, enum cb_table_kind kind);
/* Forget all values and make room for `rows` rows of zeros. */
void cb_table_resize(struct cb_table *table, size_t rows);
