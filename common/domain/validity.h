/* Which calibration holds: the look-up along a chain as the butler does it, over rows already read.
 * Source: butler.md 3.5, 3.8; DMTN-222 section 2. */
#pragma once

#include "base/error.h"
#include "base/uuid.h"
#include "domain/timespan.h"

#include <stddef.h>

/* One certified dataset of the type and data ID in question. */
struct cb_validity_row {
    size_t collection; /* place in search order, from 0: a chain flattened */
    struct cb_timespan span;
    struct cb_uuid dataset;
};

enum cb_validity_verdict {
    CB_VALIDITY_APPLIES,
    CB_VALIDITY_OUTSIDE,  /* the time asked for does not meet its range */
    CB_VALIDITY_SHADOWED, /* it would hold, but an earlier collection has one */
    CB_VALIDITY_AMBIGUOUS /* two rows of one collection hold */
};

/* Index of the row that applies to `when` (overlap, not containment): the first collection with a match wins.
 * Errors: NOT_FOUND none; CONFLICT more than one row of the winning collection, even of one dataset. */
CB_MUST_CHECK bool cb_validity_find(const struct cb_validity_row *rows, size_t n_rows,
                                    struct cb_timespan when, size_t *ret_index, struct cb_error *err);
/* Why each row does or does not apply; ret_verdicts[n_rows]. */
void cb_validity_explain(const struct cb_validity_row *rows, size_t n_rows, struct cb_timespan when,
                         enum cb_validity_verdict *ret_verdicts);
/* Whether certifying `span` into `collection` would overlap a row there; its index or n_rows. */
size_t cb_validity_conflict(const struct cb_validity_row *rows, size_t n_rows, size_t collection,
                            struct cb_timespan span);
