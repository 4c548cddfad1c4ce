/* Reads ECSV (astropy's enhanced CSV, versions 0.9 and 1.0): a YAML header in comments, then a line of column
 * names, then rows separated by blanks or commas. */
#pragma once

#include "io/table.h"

#define CB_ECSV_SIZE_MAX (64U << 20) /* largest file, bytes */

/*
 * Read a file. `meta` becomes the table's header: a map or a list of maps of one key; a pair of values is a
 * value and its comment, as astropy writes pairs into FITS; keys that begin with "__" describe astropy's own
 * classes and are left out. A cell of a list is JSON ("[1.0,2.5]").
 *
 * Errors    CB_ERR_NOT_FOUND  no such file
 *           CB_ERR_INVALID    no ECSV, another version; a column, row or cell that is not as its header says,
 *                             with its line
 *           CB_ERR_TRANSIENT  the file cannot be read for now
 */
CB_MUST_CHECK bool cb_ecsv_read(const char *path, struct cb_table **ret_table, struct cb_error *err);
/* The same of a text; origin names it in errors. */
CB_MUST_CHECK bool cb_ecsv_parse(const char *text, size_t size, const char *origin,
                                 struct cb_table **ret_table, struct cb_error *err);
