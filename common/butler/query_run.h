/* Private to common/butler: a query's select, run; which of its rows stand. */
#pragma once

#include "butler/query_sql.h"

/* The rows that a query chose: all, or those numbered in `kept`. */
struct cb_chosen {
    struct cb_rows *rows;
    size_t *kept;
    size_t count;
};
void cb_chosen_done(struct cb_chosen *chosen);
static inline void cb_chosen_done_at_exit(struct cb_chosen *chosen)
{
    cb_chosen_done(chosen);
}
#define cb_auto_chosen __attribute__((cleanup(cb_chosen_done_at_exit))) struct cb_chosen
/* The number among `rows` of the i-th that stands. */
size_t cb_chosen_row(const struct cb_chosen *chosen, size_t i);

/* Ids of the search path as an array. Errors: NOT_FOUND a collection. */
CB_MUST_CHECK bool cb_query_path(struct cb_repo *repo, const char *const *names, size_t count,
                                 struct cb_bytes *ids, struct cb_error *err);
/* Do ranges of validity count, or is the type in none of the CALIBRATION collections? */
CB_MUST_CHECK bool cb_query_find_validity(struct cb_repo *repo, const struct cb_dataset_type *type,
                                          const char *ids, bool *ret_has_validity, struct cb_error *err);
/* Tables for an order by a field that the keys do not tell (exposure.seq_num). They are implied by the data
 * ID, so no row is multiplied. */
void cb_query_add_order_tables(struct cb_select *select, const struct cb_query *query, uint32_t dims);
/* FROM and WHERE; the select knows all keys then. Errors: INVALID as cb_query_records. */
CB_MUST_CHECK bool cb_query_plan(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                                 struct cb_error *err);
/* SELECT columns FROM ... WHERE ... ORDER BY ...; the order tells each row of the result from the others. */
CB_MUST_CHECK bool cb_query_run(struct cb_repo *repo, struct cb_select *select, const struct cb_query *query,
                                const char *columns, const char *order, struct cb_chosen *ret_chosen,
                                struct cb_error *err);
/* Which of the texts have come before. Caller frees. */
bool *cb_find_repeats(const char *const *texts, size_t count);
