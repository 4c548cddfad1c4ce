/* What a table of a curated type must have, and how it is stored (generation.md 11, instruments.md 3.5). */
#pragma once

#include "domain/curated.h"
#include "io/table.h"

/* Check a table as read and make it what its class writes. Errors: INVALID columns, rows, CALIBCLS; the table
 * may be changed in part then. */
CB_MUST_CHECK bool cb_curated_prepare(const struct cb_curated_type *type, struct cb_table **table,
                                      struct cb_error *err);
/* The second table of a class, beside a first that is prepared: of kernels it has the same metadata. */
void cb_curated_prepare_second(const struct cb_curated_type *type, const struct cb_table *table,
                               struct cb_table *second);
