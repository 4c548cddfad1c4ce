/* Queries: dimension records, data IDs and datasets, with where-expressions. Source: butler.md 5, 7. */
#pragma once

#include "butler/datasets.h"
#include "butler/dimension_records.h"
#include "domain/where.h"

/* What narrows a query; `{ 0 }` is everything. */
struct cb_query {
    const char *where; /* NULL or "": all */
    const struct cb_where_bind *binds;
    size_t n_binds;
    const char *instrument;      /* of the default data ID; NULL for none */
    const char *const *order_by; /* "day_obs", "-exposure.seq_num", "timespan.begin", ...; NULL: by key */
    size_t n_order_by;
    size_t limit, offset; /* limit 0: no limit */
    /* Only rows for which there are datasets of these types in these collections; both or none. */
    const char *const *dataset_types;
    size_t n_dataset_types;
    const char *const *collections;
    size_t n_collections;
};

/* Records of an element, in the order of their keys unless told. band: each name
 * once, from the filters. Errors: INVALID the expression, naming the place; order_by names nothing of the
 * element. */
CB_MUST_CHECK bool cb_query_records(struct cb_repo *repo, const struct cb_element *element,
                                    const struct cb_query *query, struct cb_record_list *ret_list,
                                    struct cb_error *err);

struct cb_data_id_list {
    struct cb_data_id *item; /* with implied values */
    size_t count;
};
void cb_data_id_list_done(struct cb_data_id_list *list);
static inline void cb_data_id_list_done_at_exit(struct cb_data_id_list *list)
{
    cb_data_id_list_done(list);
}
#define cb_auto_data_ids __attribute__((cleanup(cb_data_id_list_done_at_exit)))
/* The combinations of these dimensions that the records allow; of no dimensions: one, empty. */
CB_MUST_CHECK bool cb_query_data_ids(struct cb_repo *repo, uint32_t dims, const struct cb_query *query,
                                     struct cb_data_id_list *ret_list, struct cb_error *err);

/* How datasets are found in a search path (query.collections, which may be globs). */
enum cb_search {
    CB_SEARCH_ALL,   /* each dataset once, whatever collections it is in, certifications at any time */
    CB_SEARCH_FIRST, /* of each data ID the one of the first collection that has it; of several certifications
                      * there the earliest. In one collection alone all are first */
    CB_SEARCH_ONLY,  /* the same, and several certifications there are an error */
    CB_SEARCH_CERTIFICATIONS /* every row of the CALIBRATION collections, each with its range */
};
/* Datasets of one type. The expression may use the type's fields (bias.ingest_date) as well as dimensions.
 * Sorted by run, then data ID, unless told. Errors: NOT_FOUND type or collection; INVALID as above; CONFLICT
 * several where there may be one. */
CB_MUST_CHECK bool cb_query_datasets(struct cb_repo *repo, const char *type, enum cb_search search,
                                     const struct cb_query *query, struct cb_dataset_list *ret_list,
                                     struct cb_error *err);
