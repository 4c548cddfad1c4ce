/* Which calibrations a raw frame should show. */
#include "pick_raw.h"

#include <string.h>

bool is_applied(const char *type, enum raw_kind kind)
{
    if (strcmp(type, "bias") == 0 || strcmp(type, "ptc") == 0)
        return true;
    if (strcmp(type, "dark") == 0)
        return kind != RAW_BIAS;
    return strcmp(type, "flat") == 0 && kind == RAW_LIT;
}

bool is_expected(const struct distributed *distributed, const struct cb_frame *raw, enum raw_kind kind)
{
    bool filter = distributed->physical_filter[0] == '\0' ||
                  strcmp(distributed->physical_filter, raw->physical_filter) == 0;
    bool detector = distributed->detector < 0 || distributed->detector == raw->detector;
    return is_applied(distributed->type, kind) && filter && detector &&
           cb_timespan_overlaps(distributed->validity, raw->when);
}
