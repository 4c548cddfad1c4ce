/* Dataset types and their tables. Source: butler.md 2.5. */
#pragma once

#include "butler/repository.h"

struct cb_dataset_type {
    int64_t id;
    char *name;
    char *storage_class;
    uint32_t dims; /* required dimensions, a set of CB_DIM(...) */
    bool is_calibration;
    char *tags_table;
    char *calibs_table; /* NULL when no calibration type */
};
void cb_dataset_type_done(struct cb_dataset_type *type);
static inline void cb_dataset_type_done_at_exit(struct cb_dataset_type *type)
{
    cb_dataset_type_done(type);
}
#define cb_auto_dataset_type __attribute__((cleanup(cb_dataset_type_done_at_exit)))

struct cb_dataset_type_list {
    struct cb_dataset_type *item;
    size_t count;
};
void cb_dataset_type_list_done(struct cb_dataset_type_list *list);
static inline void cb_dataset_type_list_done_at_exit(struct cb_dataset_type_list *list)
{
    cb_dataset_type_list_done(list);
}
#define cb_auto_dataset_types __attribute__((cleanup(cb_dataset_type_list_done_at_exit)))

/* Make a dataset type, with the tables of its dimension group where these are new, or find it as it is
 * wanted. dims      any dimensions; implied ones are dropped ret_new   may be NULL Errors: INVALID name or
 * storage class; CONFLICT it exists with other dimensions, storage class or calibration flag, both printed.
 */
CB_MUST_CHECK bool cb_dataset_type_register(struct cb_repo *repo, const char *name, uint32_t dims,
                                            const char *storage_class, bool is_calibration, bool *ret_new,
                                            struct cb_error *err);
/* Errors: NOT_FOUND "Dataset type with name 'x' not found.". */
CB_MUST_CHECK bool cb_dataset_type_find(struct cb_repo *repo, const char *name,
                                        struct cb_dataset_type *ret_type, struct cb_error *err);
/* The type of a dataset. The transaction must be open. Errors: NOT_FOUND "no dataset with id x". */
CB_MUST_CHECK bool cb_dataset_type_of(struct cb_repo *repo, const char *dataset_id,
                                      struct cb_dataset_type *ret_type, struct cb_error *err);
/* By globs, all without any; sorted by name. */
CB_MUST_CHECK bool cb_dataset_type_query(struct cb_repo *repo, const char *const *globs, size_t count,
                                         struct cb_dataset_type_list *ret_list, struct cb_error *err);
/* Errors: CONFLICT there are datasets of it. */
CB_MUST_CHECK bool cb_dataset_type_remove(struct cb_repo *repo, const char *name, struct cb_error *err);
