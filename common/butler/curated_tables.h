/* What a table of a curated type must have, and how it is stored (generation.md 11, instruments.md 3.5). */
#pragma once

#include "domain/curated.h"
#include "io/table.h"

/* Check a table as read and make it what its class writes. Errors: INVALID columns, rows, CALIBCLS. */
CB_MUST_CHECK bool cb_curated_prepare(const struct cb_curated_type *type, struct cb_table *table,
                                      struct cb_error *err);
