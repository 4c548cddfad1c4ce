/* Changing validity ranges of what is certified, in one step (wanted by DMTN-222 section 3.3; the butler
 * itself can only decertify and certify again, with nothing in force in between). */
#pragma once

#include "butler/datasets.h"

/* Which certifications, and what their ranges become; `{ 0 }` of a member but the first two is "all" or "as
 * it is".
 */
struct cb_recertification {
    const char *collection; /* CALIBRATION */
    const char *type;
    struct cb_data_id only;  /* the dimensions given here must match; none: all */
    const int64_t *at_ns;    /* only ranges that hold at this time, TAI; NULL: the only one of a data ID */
    const int64_t *begin_ns; /* TAI; CB_TIMESPAN_MIN_NS: unbounded; NULL: as it is */
    const int64_t *end_ns;   /* TAI; CB_TIMESPAN_MAX_NS: open; NULL: as it is */
};

struct cb_range_change {
    int64_t row; /* of the calibs table */
    char dataset_id[CB_UUID_TEXT_SIZE];
    struct cb_data_id data_id;
    struct cb_timespan old_range, new_range;
};
struct cb_range_changes {
    struct cb_range_change *item;
    size_t count;
};
void cb_range_changes_done(struct cb_range_changes *changes);
static inline void cb_range_changes_done_at_exit(struct cb_range_changes *changes)
{
    cb_range_changes_done(changes);
}
#define cb_auto_range_changes __attribute__((cleanup(cb_range_changes_done_at_exit)))

/* One transaction under the butler's own lock: readers see the old ranges or the new ones, never none.
 * ret_changes: what has become different; ranges that were so already are left out.
 * Errors: NOT_FOUND collection, type, or nothing certified like that; INVALID no CALIBRATION collection, an
 * empty range, a dimension that the type lacks, neither bound given, several ranges of one data ID without
 * at_ns; CONFLICT the new range meets another certification of its data ID in the collection. */
CB_MUST_CHECK bool cb_recertify(struct cb_repo *repo, const struct cb_recertification *wanted,
                                struct cb_range_changes *ret_changes, struct cb_error *err);
