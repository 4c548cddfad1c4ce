/* The columns of a PTC table and where their values lie in cb_ptc_amp. */
#pragma once

#include "calib/ptc.h"

#include <stddef.h>

enum cb_ptc_column_kind { CB_PTC_NUMBER, CB_PTC_LIST };

struct cb_ptc_column {
    const char *name;
    enum cb_ptc_column_kind kind;
    size_t offset; /* of a double or a struct cb_doubles in struct cb_ptc_amp */
};

/* Every column of doubles, in the order of the file. The others (names, pairs, masks, sides) are placed by
 * hand:
 */
extern const struct cb_ptc_column cb_ptc_columns[];
extern const size_t cb_ptc_column_count;
