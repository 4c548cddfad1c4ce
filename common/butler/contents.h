/* What collections hold, counted by dataset type. */
#pragma once

#include "butler/collections.h"
#include "domain/timespan.h"

struct cb_content {
    int64_t collection_id;
    char *type;
    int64_t datasets;            /* of CALIBRATION collections: certifications */
    struct cb_timespan validity; /* of CALIBRATION collections, from the first begin to the last end */
};
struct cb_content_list {
    struct cb_content *item; /* those of a collection in the order of their types */
    size_t count;
};
void cb_content_list_done(struct cb_content_list *list);
static inline void cb_content_list_done_at_exit(struct cb_content_list *list)
{
    cb_content_list_done(list);
}
#define cb_auto_contents __attribute__((cleanup(cb_content_list_done_at_exit)))

/* Of RUN, TAGGED and CALIBRATION collections by their ids; chains have nothing of their own. */
CB_MUST_CHECK bool cb_contents_count(struct cb_repo *repo, const int64_t *ids, size_t n,
                                     struct cb_content_list *ret_list, struct cb_error *err);
