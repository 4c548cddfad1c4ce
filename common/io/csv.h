/* Reads tables of delimited text as astropy guesses them by the file's name: CSV (".csv") and RDB (".rdb",
 * tabs and a second line of column types), with double quotes where a cell holds the delimiter. */
#pragma once

#include "io/table.h"

#define CB_CSV_SIZE_MAX (64U << 20) /* largest file, bytes */

enum cb_csv_dialect { CB_CSV_COMMAS, CB_CSV_RDB };

/*
 * Read a file into columns of text, named by its first line. Blank lines are left out, and blanks around a
 * cell; an empty cell is NULL, and so are the last ones of a line that has too few.
 *
 * Errors    CB_ERR_NOT_FOUND  no such file
 *           CB_ERR_INVALID    no column, a column twice, too many cells, a quote that does not end; with the
 *                             line
 *           CB_ERR_TRANSIENT  the file cannot be read for now
 */
CB_MUST_CHECK bool cb_csv_read(const char *path, enum cb_csv_dialect dialect, struct cb_table **ret_table,
                               struct cb_error *err);
/* The same of a text; origin names it in errors. */
CB_MUST_CHECK bool cb_csv_parse(const char *text, size_t size, enum cb_csv_dialect dialect,
                                const char *origin, struct cb_table **ret_table, struct cb_error *err);
