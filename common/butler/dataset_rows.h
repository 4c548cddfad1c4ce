/* Private to common/butler: data IDs as SQL arrays, rows of datasets as structs. */
#pragma once

#include "butler/datasets.h"

#define CB_SQL_MAX (1U << 20)
enum { CB_MAX_ID_ARRAYS = 10 };

/* n data IDs as one array a column: indexes 0..n-1, then the dimensions in `dims` in universe order. */
struct cb_id_arrays {
    uint32_t dims;
    size_t count; /* of arrays */
    struct cb_bytes array[CB_MAX_ID_ARRAYS];
};
/* Errors: INVALID a data ID lacks a dimension. */
CB_MUST_CHECK bool cb_id_arrays_fill(struct cb_id_arrays *arrays, const struct cb_data_id *const *ids,
                                     size_t n, uint32_t dims, struct cb_error *err);
void cb_id_arrays_done(struct cb_id_arrays *arrays);
static inline void cb_id_arrays_done_at_exit(struct cb_id_arrays *arrays)
{
    cb_id_arrays_done(arrays);
}
#define cb_auto_id_arrays __attribute__((cleanup(cb_id_arrays_done_at_exit)))
/* The arrays as parameters, appended at *n. */
void cb_id_arrays_params(const struct cb_id_arrays *arrays, struct cb_param *params, size_t *n);
/* unnest($first::bigint[], ...) AS i (n, "instrument", ...) */
void cb_put_id_source(struct cb_bytes *sql, uint32_t dims, size_t first);
/* AND <alias>."instrument" = i."instrument" AND ... */
void cb_put_id_match(struct cb_bytes *sql, uint32_t dims, const char *alias);
/* " FROM ...": certifications i, and others t of the same type, data ID and collection whose ranges meet
 * theirs. */
void cb_put_meeting_ranges(struct cb_bytes *sql, const struct cb_dataset_type *type);
/* , "instrument", "detector", ...: the names of these columns. */
void cb_put_dimension_names(struct cb_bytes *sql, uint32_t dims);
/* INSERT INTO a type's certifications SELECT a new id: what comes behind goes on with the columns
 * dataset_type_id, dataset_id, collection_id, timespan and the dimensions. */
void cb_put_calibs_insert(struct cb_bytes *sql, const struct cb_dataset_type *type);
/* , <alias>."instrument", <alias>."detector", ... */
void cb_put_id_columns(struct cb_bytes *sql, uint32_t dims, const char *alias);

/* The columns of a dataset, for rows of dataset d, run r, collection c, records f and a tags or calibs table
 * t; timespan_sql is an int8range or NULL. Then FROM: joins on table t of `table`, an identifier as SQL has
 * it; schema goes before the others' names: "" or "\"repo\".". */
void cb_put_dataset_columns(struct cb_bytes *sql, uint32_t dims, const char *timespan_sql);
void cb_put_dataset_joins(struct cb_bytes *sql, const char *schema, const char *table);
/* The same for a table with the collection's name, as its column `collection`. */
void cb_put_found_joins(struct cb_bytes *sql, const char *schema, const char *table);
/* Append rows of these columns, from column `first` on. */
CB_MUST_CHECK bool cb_dataset_take_rows(const struct cb_rows *rows, size_t first,
                                        const struct cb_dataset_type *type, struct cb_dataset_list *list,
                                        struct cb_error *err);

/* Summary rows of a collection, first of all (butler.md 9.4). One instrument array parameter. */
CB_MUST_CHECK bool cb_add_summaries(struct cb_repo *repo, int64_t collection_id,
                                    const struct cb_dataset_type *type, const struct cb_data_id *const *ids,
                                    size_t n, struct cb_error *err);
/* The same for datasets that are there; ids is an array parameter. */
CB_MUST_CHECK bool cb_add_summaries_of(struct cb_repo *repo, int64_t collection_id,
                                       const struct cb_dataset_type *type, const char *ids,
                                       struct cb_error *err);
/* Before many rows are put into tables with foreign keys: the server plans its check of a key once a session,
 * at first for the values at hand, and as a scan of the whole table where that is small when it is planned,
 * which makes a row cost twice as much. To the end of the transaction. */
#define CB_CHECK_KEYS_BY_INDEX                                                                               \
    "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; "
/* The one type of all of these datasets, n of them at least 1, and their data IDs in their order, to be
 * freed. Errors: NOT_FOUND names the first that is absent; INVALID they are of several types. */
CB_MUST_CHECK bool cb_data_ids_of_one_type(struct cb_repo *repo, const char *const *ids, size_t n,
                                           struct cb_dataset_type *ret_type, struct cb_data_id **ret_data_ids,
                                           struct cb_error *err);
/* Errors: INVALID no CALIBRATION collection, no calibration type. */
CB_MUST_CHECK bool cb_check_certifiable(const struct cb_collection *collection,
                                        const struct cb_dataset_type *type, struct cb_error *err);
/* The butler's lock on all certifications of the type's dimensions, to the end of the transaction. */
CB_MUST_CHECK bool cb_lock_calibs(struct cb_repo *repo, const struct cb_dataset_type *type,
                                  struct cb_error *err);
/* A row of a calibs table: id, dataset_id, timespan, then the type's dimensions. */
struct cb_range_change;
CB_MUST_CHECK bool cb_range_change_read(const struct cb_rows *rows, size_t row,
                                        const struct cb_dataset_type *type, struct cb_range_change *ret,
                                        struct cb_error *err);
/* Texts as an array parameter. */
const char *cb_text_array(struct cb_bytes *array, const char *const *texts, size_t n);
