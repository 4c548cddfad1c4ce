/* Which calibration applies, and why not each of the others. Source: butler.md 3.8, DMTN-222 section 2. */
#pragma once

#include "butler/datasets.h"

enum cb_why {
    CB_WHY_APPLIES,
    CB_WHY_AMBIGUOUS,     /* holds, as another of the same collection does: the butler refuses to choose */
    CB_WHY_SHADOWED,      /* would hold, but an earlier collection has one */
    CB_WHY_BEGINS_LATER,  /* its range begins after the time */
    CB_WHY_ENDED,         /* its range ended before the time */
    CB_WHY_OTHER_DATA_ID, /* of another detector or filter */
    CB_WHY_NOT_SEARCHED,  /* its collection is not in the search path */
    CB_WHY_NOT_CERTIFIED  /* only in a RUN that is not searched: in no calibration collection */
};
const char *cb_why_name(enum cb_why why); /* "begins_later" */

struct cb_candidate {
    const struct cb_dataset *dataset; /* borrowed from the explanation; collection is where it was found */
    enum cb_why why;
    size_t place; /* of its collection in the search path; SIZE_MAX when it is not searched */
};
struct cb_explanation {
    struct cb_dataset_list datasets;
    struct cb_candidate *item; /* what applies first, then by reason, place and range */
    size_t count;
    char *first; /* the collection that wins; NULL when none has a match */
};
void cb_explanation_done(struct cb_explanation *explanation);
static inline void cb_explanation_done_at_exit(struct cb_explanation *explanation)
{
    cb_explanation_done(explanation);
}
#define cb_auto_explanation __attribute__((cleanup(cb_explanation_done_at_exit)))

/* Every dataset of that type and instrument, once for each certification and tag, with its reason.
 * data_id needs the required dimensions of the type and no others. ret is empty when there is none of the
 * type. Errors: NOT_FOUND type or collection; INVALID a dimension is missing, or is none of the type's. */
CB_MUST_CHECK bool cb_explain(struct cb_repo *repo, const char *type, const struct cb_data_id *data_id,
                              const char *const *collections, size_t count, struct cb_timespan when,
                              struct cb_explanation *ret, struct cb_error *err);
