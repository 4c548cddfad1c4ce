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
    bool move_neighbours; /* what ended where it began, or would meet the new range, ends where that begins;
                             in the same way what comes after */
};

struct cb_range_change {
    int64_t row; /* of the calibs table */
    char dataset_id[CB_UUID_TEXT_SIZE];
    struct cb_data_id data_id;
    struct cb_timespan old_range;
    struct cb_timespan new_range; /* empty: nothing remains */
    struct cb_timespan rest;      /* what remains behind a middle that was taken out; else empty */
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
 * ret_changes: what has become different, neighbours that were moved included; ranges that were so already
 * are left out.
 * Errors: NOT_FOUND collection, type, or nothing certified like that; INVALID no CALIBRATION collection, an
 * empty range, a dimension that the type lacks, neither bound given, several ranges of one data ID without
 * at_ns; CONFLICT the new range meets another certification of its data ID in the collection, or nothing
 * would remain of a neighbour. */
CB_MUST_CHECK bool cb_recertify(struct cb_repo *repo, const struct cb_recertification *wanted,
                                struct cb_range_changes *ret_changes, struct cb_error *err);

/* cb_decertify that tells what became of each range. Errors: as there; NOT_FOUND nothing is certified then.
 */
CB_MUST_CHECK bool cb_withdraw(struct cb_repo *repo, const char *collection, const char *type,
                               struct cb_timespan range, const struct cb_data_id *data_ids, size_t n,
                               struct cb_range_changes *ret_changes, struct cb_error *err);

/* Make the ranges of a type in a CALIBRATION collection those of another repository: of the datasets in ids
 * (all that may have come from there) only what is in `wanted` remains, and what lacks of it is certified.
 * Certifications of other datasets stay. One transaction; the second time it changes nothing.
 * load: called under the butler's lock, so that of two at once the later one has the later ranges; it sets
 * search_path as it likes. ret_changed: rows that went or came.
 * Errors: those of load; NOT_FOUND collection or type; CONFLICT a wanted range meets a certification that is
 * not of these datasets, nothing is changed then. Wanted datasets that are not in the repository are left
 * out. */
typedef bool cb_load_ranges(void *context, struct cb_dataset_list *ret_wanted, struct cb_error *err);
struct cb_followed_ranges {
    const char *collection, *type;
    const char *const *ids;
    size_t n_ids;
    cb_load_ranges *load;
    void *context;
};
CB_MUST_CHECK bool cb_follow_ranges(struct cb_repo *repo, const struct cb_followed_ranges *followed,
                                    size_t *ret_changed, struct cb_error *err);
