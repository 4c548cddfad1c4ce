/* The raw frame that a site's deployment is checked with. */
#include "pick_raw.h"

#include "base/alloc.h"
#include "butler/query.h"

#include <stdio.h>
#include <string.h>

/* Frames of one kind that were taken while something distributed holds. */
static bool find_newest(struct cb_repo *repo, const char *instrument, const char *where,
                        struct cb_timespan when, struct cb_dataset_list *ret_list, struct cb_error *err)
{
    char range[CB_TIMESPAN_TEXT_SIZE];
    cb_timespan_format(when, range);
    const struct cb_where_value value = { CB_TYPE_TIMESPAN, range };
    const struct cb_where_bind bind = { .name = "validity", .values = &value, .n_values = 1 };
    cb_auto(cb_free) char *raws = cb_xasprintf("%s/raw/all", instrument);
    const char *const collections[] = { raws };
    const char *const order[] = { "-exposure", "detector" };
    cb_auto(cb_free) char *full =
        cb_xasprintf("instrument = '%s' AND exposure.timespan OVERLAPS validity AND (%s)", instrument, where);
    const struct cb_query query = { .where = full,
                                    .binds = &bind,
                                    .n_binds = 1,
                                    .collections = collections,
                                    .n_collections = 1,
                                    .order_by = order,
                                    .n_order_by = 2,
                                    .limit = 1 };
    struct cb_error why = { 0 };
    if (cb_query_datasets(repo, "raw", CB_SEARCH_FIRST, &query, ret_list, &why))
        return true;
    if (why.kind == CB_ERR_NOT_FOUND) /* nothing has landed here yet: no such collection or type */
        return true;
    *err = why;
    return false;
}

static bool load_frame(struct cb_repo *repo, const char *instrument, const struct cb_dataset *raw,
                       struct cb_frame_list *ret_found, struct cb_error *err)
{
    cb_auto(cb_free) char *raws = cb_xasprintf("%s/raw/all", instrument);
    cb_auto(cb_free) char *where = cb_xasprintf("instrument = '%s' AND exposure = %lld AND detector = %lld",
                                                instrument, (long long)raw->data_id.number[CB_EXPOSURE],
                                                (long long)raw->data_id.number[CB_DETECTOR]);
    struct cb_texts inputs = { .at = &raws, .count = 1 };
    return cb_frames_query(repo, "raw", &inputs, where, ret_found, err);
}

/* From the earliest begin to the latest end. */
static struct cb_timespan span_of(const struct distributed *distributed, size_t count)
{
    struct cb_timespan span = distributed[0].validity;
    for (size_t i = 1; i < count; i++) {
        if (distributed[i].validity.begin_ns < span.begin_ns)
            span.begin_ns = distributed[i].validity.begin_ns;
        if (distributed[i].validity.end_ns > span.end_ns)
            span.end_ns = distributed[i].validity.end_ns;
    }
    return span;
}

#define HAS_SEEN_LIGHT "exposure.observation_type NOT IN ('bias', 'dark')"

/* "... AND physical_filter IN ('r_03')"; "" when no flats were distributed. To be freed. */
static char *lit_in_filters(const struct distributed *distributed, size_t count)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(65536);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        bool again = distributed[i].physical_filter[0] == '\0';
        for (size_t k = 0; k < i && !again; k++)
            again = strcmp(distributed[k].physical_filter, distributed[i].physical_filter) == 0;
        if (again)
            continue;
        cb_bytes_printf(&text, n++ == 0 ? HAS_SEEN_LIGHT " AND physical_filter IN ('%s'" : ", '%s'",
                        distributed[i].physical_filter);
    }
    if (n == 0)
        return cb_xstrdup("");
    cb_bytes_puts(&text, ")");
    return cb_bytes_steal(&text);
}

static bool any_expected(const struct distributed *distributed, size_t count, const struct cb_frame *raw,
                         enum raw_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (is_expected(&distributed[i], raw, kind))
            return true;
    return false;
}

bool pick_raw(struct cb_repo *repo, const char *instrument, const struct distributed *distributed,
              size_t count, struct cb_frame_list *ret_found, enum raw_kind *ret_kind, struct cb_error *err)
{
    cb_auto(cb_free) char *in_filters = lit_in_filters(distributed, count);
    const struct {
        const char *where;
        enum raw_kind kind;
    } choices[] = {
        { in_filters, RAW_LIT },
        { "exposure.observation_type = 'dark'", RAW_DARK },
        { HAS_SEEN_LIGHT, RAW_LIT },
        { "exposure.observation_type = 'bias'", RAW_BIAS },
    };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        if (choices[i].where[0] == '\0')
            continue;
        if (!find_newest(repo, instrument, choices[i].where, span_of(distributed, count), &list, err))
            return false;
        if (list.count == 0)
            continue;
        struct cb_frame_list found = { 0 };
        if (!load_frame(repo, instrument, &list.item[0], &found, err))
            return false;
        if (found.count == 1 && any_expected(distributed, count, &found.frame[0], choices[i].kind)) {
            *ret_kind = choices[i].kind;
            *ret_found = found;
            return true;
        }
        cb_frame_list_done(&found);
    }
    return true;
}
