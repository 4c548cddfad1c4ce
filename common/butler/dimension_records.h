/* Rows of the dimension tables: instruments, detectors, filters, days, groups, exposures. Source:
 * butler.md 2.2.
 *
 * A row is a list of texts, one for each column of its element in the order of cb_element.columns, as
 * PostgreSQL reads and prints them: "3", "0.5" (%.17g), "t", "[1,2)"; NULL is SQL NULL. */
#pragma once

#include "butler/repository.h"
#include "domain/dimensions.h"

/* What became of a row. */
enum cb_sync { CB_SYNC_SAME, CB_SYNC_INSERTED, CB_SYNC_UPDATED };

/* Insert a row, or compare it with the one that has its key: column by column, floats exactly.
 * update: make the stored row equal instead of refusing. An instrument or skymap brings its two summary rows
 * with it, a region the rows of the pixels that it touches.
 * Errors: CONFLICT "Conflict in sync for table T on column(s) C: 'old' != 'new'", naming every column that
 * differs; INVALID a row it depends on is missing (naming it), a text too long. */
CB_MUST_CHECK bool cb_record_sync(struct cb_repo *repo, const struct cb_element *element,
                                  const char *const *values, bool update, enum cb_sync *ret_what,
                                  struct cb_error *err);

/* Instrument, its detectors and filters, in one transaction. `name` is one of the built-in instruments
 * (LATISS, LSSTComCam, LSSTComCamSim, LSSTCam) or its class ("lsst.obs.lsst.LsstComCam"). Errors: NOT_FOUND
 * no such instrument, naming those there are; CONFLICT as above. */
CB_MUST_CHECK bool cb_instrument_register(struct cb_repo *repo, const char *name, bool update,
                                          struct cb_error *err);

/* Names of the instruments of a repository; one column. */
CB_MUST_CHECK bool cb_instrument_names(struct cb_repo *repo, struct cb_rows **ret_rows, struct cb_error *err);

struct cb_record_list {
    const struct cb_element *element;
    size_t count;
    char **value; /* [count * element->n_columns], row by row */
};
void cb_record_list_done(struct cb_record_list *list);
static inline void cb_record_list_done_at_exit(struct cb_record_list *list)
{
    cb_record_list_done(list);
}
#define cb_auto_records __attribute__((cleanup(cb_record_list_done_at_exit)))
/* Text of a column of row i by name; NULL for SQL NULL. The column must exist. */
const char *cb_record_get(const struct cb_record_list *list, size_t i, const char *column);
