/* Collections: runs, tags, calibration collections, chains. Source: butler.md 2.4, 3.1, 3.4, 3.5. */
#pragma once

#include "butler/repository.h"

enum cb_collection_type {
    CB_COLLECTION_RUN = 1,
    CB_COLLECTION_TAGGED = 2,
    CB_COLLECTION_CHAINED = 3,
    CB_COLLECTION_CALIBRATION = 4
};
/* "RUN", ...; parse in any case. */
const char *cb_collection_type_name(enum cb_collection_type type);
bool cb_collection_type_parse(const char *name, enum cb_collection_type *ret_type);

struct cb_collection {
    int64_t id;
    char *name;
    enum cb_collection_type type;
    char *doc; /* NULL when it has none */
};
struct cb_collection_list {
    struct cb_collection *item;
    size_t count;
};
void cb_collection_list_done(struct cb_collection_list *list);
static inline void cb_collection_list_done_at_exit(struct cb_collection_list *list)
{
    cb_collection_list_done(list);
}
#define cb_auto_collections __attribute__((cleanup(cb_collection_list_done_at_exit)))

/* Characters a name may have: letters, digits, "_./+~-"; 1..200 of them, no empty part between slashes. The
 * stock butler takes anything. Errors: INVALID. */
CB_MUST_CHECK bool cb_collection_check_name(const char *name, struct cb_error *err);

/* Make a collection, or find that it is there: same type is fine (doc is never changed), another type is
 * refused. ret_new may be NULL. Errors: INVALID name; CONFLICT "collection "x" exists as RUN, not
 * CALIBRATION". */
CB_MUST_CHECK bool cb_collection_register(struct cb_repo *repo, const char *name,
                                          enum cb_collection_type type, const char *doc, bool *ret_new,
                                          struct cb_error *err);
/* One by name; free with cb_collection_done. Errors: NOT_FOUND "No collection with name 'x' found.". */
CB_MUST_CHECK bool cb_collection_find(struct cb_repo *repo, const char *name,
                                      struct cb_collection *ret_collection, struct cb_error *err);
void cb_collection_done(struct cb_collection *collection);
static inline void cb_collection_done_at_exit(struct cb_collection *collection)
{
    cb_collection_done(collection);
}
#define cb_auto_collection __attribute__((cleanup(cb_collection_done_at_exit)))

/* By globs (* ? [..]); no glob at all means everything; types is a bit set of 1 << type, 0 means all. Sorted
 * by name. A plain name that is absent is NOT_FOUND (unless "*" is among them), a glob without a match is
 * nothing. */
CB_MUST_CHECK bool cb_collection_query(struct cb_repo *repo, const char *const *globs, size_t count,
                                       unsigned types, struct cb_collection_list *ret_list,
                                       struct cb_error *err);
/* Search order: depth first, children by position, each collection once; chains themselves are left out
 * unless with_chains. Names may be globs. */
CB_MUST_CHECK bool cb_collection_flatten(struct cb_repo *repo, const char *const *names, size_t count,
                                         bool with_chains, struct cb_collection_list *ret_list,
                                         struct cb_error *err);
/* Names of the dataset types that the summaries of collections, and of chains' members, have; sorted.
 * Summaries may name too many. Caller frees names and array. */
CB_MUST_CHECK bool cb_collection_types(struct cb_repo *repo, const struct cb_collection *collections,
                                       size_t count, char ***ret_names, size_t *ret_count,
                                       struct cb_error *err);
/* Direct children of a chain in order, or the chains that hold a collection. */
CB_MUST_CHECK bool cb_chain_children(struct cb_repo *repo, const char *parent,
                                     struct cb_collection_list *ret_list, struct cb_error *err);
CB_MUST_CHECK bool cb_chain_parents(struct cb_repo *repo, const char *child,
                                    struct cb_collection_list *ret_list, struct cb_error *err);

enum cb_chain_edit { CB_CHAIN_REDEFINE, CB_CHAIN_PREPEND, CB_CHAIN_EXTEND, CB_CHAIN_REMOVE };
/* Change a chain under its row lock and a lock of our own on all chain edits, so that no cycle can arise by a
 * race. A child that is there already is moved; a name twice counts once; removing one that is not there is
 * no error. Positions run down with each prepend and are renumbered near the end of smallint. Errors:
 * NOT_FOUND "No collection with name 'x' found."; INVALID "Parent collection X is not a chained collection.";
 * CONFLICT "Cycle in collection chaining when defining '<parent>'.". */
CB_MUST_CHECK bool cb_chain_change(struct cb_repo *repo, const char *parent, enum cb_chain_edit edit,
                                   const char *const *children, size_t count, struct cb_error *err);
/* Take out children by index (negative from the end). Errors: INVALID an index beyond the chain. */
CB_MUST_CHECK bool cb_chain_pop(struct cb_repo *repo, const char *parent, const int64_t *indexes,
                                size_t count, struct cb_error *err);
