/* Taking things out of a repository: datasets, RUNs, other collections. What is certified stays until it is
 * decertified; what was distributed stays while it is certified. Source: butler.md 3.9-3.11, DMTN-222 3.3.
 *
 * Files go after the commit, and only those that no record of any repository of the database names. A removal
 * that is interrupted before that leaves them in the butler's trash, which the next removal empties. */
#pragma once

#include "butler/datasets.h"

enum cb_removal {
    CB_REMOVE_UNTAGGED, /* rows and files; a tagged dataset is refused */
    CB_REMOVE_WHOLE,    /* rows and files, and the tags with them */
    CB_REMOVE_FILES     /* the files only: rows and tags stay */
};
/* All or nothing. In an open transaction the files stay until cb_datastore_empty_trash is called after it.
 * Ids that are not there are passed over.
 * Errors: CONFLICT one of them is certified (or tagged), naming it and the collection. */
CB_MUST_CHECK bool cb_dataset_remove(struct cb_repo *repo, const char *const *ids, size_t n,
                                     enum cb_removal how, struct cb_error *err);
/* RUNs with all their datasets, all or nothing.
 * from_parents  take them out of the chains that hold them; else such a chain is a CONFLICT
 * Errors: as above; NOT_FOUND; INVALID no RUN. */
CB_MUST_CHECK bool cb_runs_remove(struct cb_repo *repo, const char *const *runs, size_t n, bool from_parents,
                                  struct cb_error *err);
/* A collection that is no RUN; its tags go with it.
 * Errors: CONFLICT it is the child of a chain (unless from_parents), holds certifications, or is a chain, or
 * holds one, that was distributed and whose members hold certifications, each named; INVALID it is a RUN. */
CB_MUST_CHECK bool cb_collection_remove(struct cb_repo *repo, const char *name, bool from_parents,
                                        struct cb_error *err);

/* For the above, in an open transaction: a collection under the lock that keeps others from filling it. */
CB_MUST_CHECK bool cb_collection_lock(struct cb_repo *repo, const char *name,
                                      struct cb_collection *ret_collection, struct cb_error *err);
/* Out of all chains. Errors: CONFLICT there is one, and from_parents is not set. */
CB_MUST_CHECK bool cb_collection_unlink(struct cb_repo *repo, const char *name, bool from_parents,
                                        struct cb_error *err);
