/* The two tables of a dimension group: which dataset is in which collection, under which data ID. Source:
 * butler.md 2.5. */
#pragma once

#include "butler/repository.h"

/* A name of more than 63 characters as the butler shortens it: 54 of them, "_", 8 hex digits. */
void cb_shorten_name(const char *name, char ret_name[64]);
/* Make dataset_tags_<key> and, wanted, dataset_calibs_<key> with its sequence; what is there stays as it is.
 * The caller holds the graph lock. dims: required dimensions. */
CB_MUST_CHECK bool cb_dataset_tables_make(struct cb_repo *repo, int64_t key, uint32_t dims, bool with_calibs,
                                          struct cb_error *err);
/* A table that has grown since the server last looked at it is planned for as if it were small: every look-up
 * would then walk the whole collection. Take statistics at each doubling; autovacuum would, but a minute
 * late. */
CB_MUST_CHECK bool cb_dataset_table_refresh(struct cb_repo *repo, const char *table, struct cb_error *err);
