/* Which columns a calibration class writes, and what it puts where a file has none. */
#pragma once

#include "io/table.h"

struct cb_curated_column {
    const char *name;
    enum cb_table_kind kind;
    bool is_array;
    bool is_needed; /* else a missing column is filled */
    size_t width;   /* values in each row; 0: as many as there are */
    double filling; /* of numbers and flags; of texts "" */
};

/* Metadata that every class writes, where a detector or filter has no value for them: left out, an empty text
 * or an undefined card, as the class does it (generation.md 11.1). */
enum cb_curated_none { CB_CURATED_NONE_DROPPED, CB_CURATED_NONE_EMPTY, CB_CURATED_NONE_UNDEFINED };
void cb_curated_set_none(struct cb_header *meta, enum cb_curated_none none);

/* Make a table one of just these columns in this order; its metadata stay. ECSV has whole numbers where reals
 * happen to be whole, and flags for 0 and 1: they are converted.
 * Errors: INVALID a needed column is missing, of another type or length. */
CB_MUST_CHECK bool cb_curated_arrange(struct cb_table **table, const struct cb_curated_column *columns,
                                      size_t n, struct cb_error *err);
