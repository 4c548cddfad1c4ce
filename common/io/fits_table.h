/* Writes a table as calibration classes of ip_isr are kept: an empty primary and one unnamed BINTABLE whose
 * header holds the metadata (generation.md 11.1). */
#pragma once

#include "io/table.h"

/*
 * Whole numbers become K, reals D, flags L, texts A of the longest; lists get a TDIM. Bytes depend on the
 * arguments only. The file appears whole or not at all (temporary name, fsync, rename); folders are made.
 *
 * Errors    CB_ERR_INVALID    metadata that FITS cannot hold, too large
 *           CB_ERR_TRANSIENT  cannot be written for now
 */
CB_MUST_CHECK bool cb_fits_table_write(const char *path, const struct cb_table *table, struct cb_error *err);
/* Several tables, an extension each. */
CB_MUST_CHECK bool cb_fits_tables_write(const char *path, const struct cb_table *const *tables, size_t n,
                                        struct cb_error *err);
