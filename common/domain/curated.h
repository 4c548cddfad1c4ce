/* Curated calibrations: which types a data package may hold, and what its dates mean. Source: instruments.md
 * 3. */
#pragma once

#include "base/error.h"

#include <stdint.h>

#define CB_CURATED_STAMP_SIZE 24

struct cb_curated_type {
    const char *name;
    const char *storage_class;
    const char *calib_class; /* CALIBCLS; NULL: its files name none */
    uint32_t dims;
    bool is_written; /* false: only the pipelines' own tool writes files of this type */
};

/* By name of its folder; NULL when no data package has such a type. */
const struct cb_curated_type *cb_curated_type_find(const char *name);

/* The name of a file without its extension, "20250430T122300" or ISO 8601: UTC, as TAI; also before 1972.
 * Errors: INVALID no date, or before 1968-02-01. */
CB_MUST_CHECK bool cb_curated_start(const char *text, int64_t *ret_tai_ns, struct cb_error *err);
/* CALIBDATE as the last part of a RUN's name: "19700101T000000Z". Errors: INVALID. */
CB_MUST_CHECK bool cb_curated_stamp(const char *calibdate, char ret_stamp[CB_CURATED_STAMP_SIZE],
                                    struct cb_error *err);
