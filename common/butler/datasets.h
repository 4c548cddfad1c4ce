/* Datasets: put, find, certify, list. Source: butler.md 2.6, 3. */
#pragma once

#include "base/uuid.h"
#include "butler/collections.h"
#include "butler/dataset_types.h"
#include "butler/datastore.h"
#include "domain/data_id.h"
#include "domain/timespan.h"

/* One dataset as the registry knows it. */
struct cb_dataset {
    char id[CB_UUID_TEXT_SIZE];
    char *type;
    char *run;
    struct cb_data_id data_id; /* required dimensions of its type */
    char *storage_class;       /* of its type */
    char *formatter;           /* recorded with the file; NULL when none is stored */
    char *checksum;            /* the same; NULL: none */
    char *path;         /* as in the datastore: below the root, or a URI; NULL when no file is stored */
    int64_t size_bytes; /* -1 when unknown */
    int64_t ingest_tai_ns;
    struct cb_timespan validity; /* of a certification; always in other collections */
    char *collection;            /* where it was found */
};
struct cb_dataset_list {
    struct cb_dataset *item;
    size_t count;
};
void cb_dataset_list_done(struct cb_dataset_list *list);
static inline void cb_dataset_list_done_at_exit(struct cb_dataset_list *list)
{
    cb_dataset_list_done(list);
}
#define cb_auto_datasets __attribute__((cleanup(cb_dataset_list_done_at_exit)))

/* What is known of a file beforehand, of one that another repository has. */
struct cb_put_record {
    const char *path;     /* its place below the root; NULL: by the template */
    const char *uri;      /* recorded as it is, and no file touched; NULL: there is a file to bring */
    const char *checksum; /* NULL: none */
    int64_t size_bytes;   /* -1: not recorded */
};

/* One dataset to put. */
struct cb_put {
    const struct cb_data_id *data_id;   /* at least the required dimensions of the type */
    const char *id;                     /* UUID; NULL: a new one of version 7 */
    const char *file;                   /* where the bytes are now: an absolute path or the URI of a file on
                                           another machine; see enum cb_transfer. The same file in puts that
                                           follow each other is one for all of them */
    const char *formatter;              /* NULL: the one of the storage class (raws name their own) */
    const struct cb_put_record *record; /* NULL: its size is learnt from the file */
};

/* How ids are made when put.id is NULL: new ones, or version 5 of what the dataset is (raws: TYPE_RUN). */
enum cb_id_mode { CB_ID_UNIQUE, CB_ID_DATAID_TYPE, CB_ID_DATAID_TYPE_RUN };

/* What to do when (type, run, data ID) is there already. */
enum cb_existing { CB_EXISTING_REFUSE, CB_EXISTING_SKIP };

struct cb_put_options {
    enum cb_transfer transfer;
    enum cb_id_mode id_mode;
    enum cb_existing existing;
    bool untracked;   /* the files' sizes are not recorded */
    bool keep_ending; /* a file keeps its ending, which the formatter must take */
    bool restores;    /* what is there already without a file gets this one (CB_EXISTING_SKIP) */
};

/* Put datasets of one type into one RUN (which must exist): registry rows and files in one transaction, in
 * bulk. ret_ids   [n], may be NULL: the ids in force (of the stored dataset where one was skipped) Errors:
 * NOT_FOUND type or run; CONFLICT (type, run, data ID) taken, naming it; INVALID a dimension row is missing,
 * a data ID incomplete; files are gone again after any failure. A file ending in .fits.gz, .fits.fz, .fz or
 * .fit keeps that; any other gets the storage class's extension. */
CB_MUST_CHECK bool cb_dataset_put(struct cb_repo *repo, const char *type, const char *run,
                                  const struct cb_put *puts, size_t n, const struct cb_put_options *options,
                                  char (*ret_ids)[CB_UUID_TEXT_SIZE], struct cb_error *err);
/* Where a dataset of that type, run and data ID is put: the path below the root; to be freed. extension:
 * ".fits". */
CB_MUST_CHECK bool cb_dataset_template_path(struct cb_repo *repo, const char *type, const char *run,
                                            const struct cb_data_id *data_id, const char *extension,
                                            char **ret_path, struct cb_error *err);

/* Fill in what the data IDs imply: band, physical_filter, day_obs, group of an exposure or visit.
 * Errors: INVALID something named is not registered. */
CB_MUST_CHECK bool cb_data_ids_expand(struct cb_repo *repo, struct cb_data_id *const *ids, size_t n,
                                      struct cb_error *err);

/* Give datasets (all of one type) a validity in a CALIBRATION collection, under the butler's lock.
 * Errors: INVALID empty range, two datasets with one data ID, no calibration type, "Cannot certify into
 * collection 'X' of type RUN; must be CALIBRATION."; NOT_FOUND collection or dataset; CONFLICT "N validity
 * range conflicts certifying datasets of type T into C for range [b, e)", with an example. */
CB_MUST_CHECK bool cb_certify(struct cb_repo *repo, const char *collection, const char *const *ids, size_t n,
                              struct cb_timespan validity, struct cb_error *err);
/* Take a range out of the validities of a type (of the given data IDs, or of all with n 0); what lies before
 * and after stays. ret_count: rows touched, may be NULL. */
CB_MUST_CHECK bool cb_decertify(struct cb_repo *repo, const char *collection, const char *type,
                                struct cb_timespan range, const struct cb_data_id *data_ids, size_t n,
                                size_t *ret_count, struct cb_error *err);

/* Tags. Errors: as certify; CONFLICT another dataset of that type and data ID is in the collection. */
CB_MUST_CHECK bool cb_associate(struct cb_repo *repo, const char *collection, const char *const *ids,
                                size_t n, struct cb_error *err);
CB_MUST_CHECK bool cb_disassociate(struct cb_repo *repo, const char *collection, const char *const *ids,
                                   size_t n, struct cb_error *err);

/* Find-first look-ups of one type along a search path. The path is resolved when the finder is opened: it
 * does not follow later changes of chains, nor does it get a collection that has its first dataset of the
 * type after that. */
struct cb_finder;
CB_MUST_CHECK bool cb_finder_open(struct cb_repo *repo, const char *type, const char *const *collections,
                                  size_t count, struct cb_finder **ret_finder, struct cb_error *err);
void cb_finder_close(struct cb_finder *finder);
CB_DEFINE_CLEANUP(struct cb_finder *, cb_finder_close)
/* The first collection with a match wins. timespan NULL skips CALIBRATION collections.
 * ret_found: 0 or 1 datasets. Errors: CONFLICT "Ambiguous calibration validity range match ...", naming the
 * collection. */
CB_MUST_CHECK bool cb_finder_find(struct cb_finder *finder, const struct cb_data_id *data_id,
                                  const struct cb_timespan *timespan, struct cb_dataset_list *ret_found,
                                  struct cb_error *err);
/* Many at once, in one statement. ret_found[i] is the index in ret_list of the answer to
 * data_ids[i], SIZE_MAX when there is none. timespans may be NULL (none for all). */
CB_MUST_CHECK bool cb_finder_find_many(struct cb_finder *finder, const struct cb_data_id *data_ids,
                                       const struct cb_timespan *timespans, size_t n, size_t *ret_found,
                                       struct cb_dataset_list *ret_list, struct cb_error *err);
/* One look-up by itself, as open, find, close. */
CB_MUST_CHECK bool cb_dataset_find(struct cb_repo *repo, const char *type, const struct cb_data_id *data_id,
                                   const char *const *collections, size_t count,
                                   const struct cb_timespan *timespan, struct cb_dataset_list *ret_found,
                                   struct cb_error *err);
/* By ids, in their order. Errors: NOT_FOUND names the first that is absent. */
CB_MUST_CHECK bool cb_dataset_get(struct cb_repo *repo, const char *const *ids, size_t n,
                                  struct cb_dataset_list *ret_list, struct cb_error *err);
/* Absolute path of its file, to be freed. Errors: NOT_FOUND no file stored; INVALID not a file: URI. */
CB_MUST_CHECK bool cb_dataset_file(const struct cb_repo *repo, const struct cb_dataset *dataset,
                                   char **ret_path, struct cb_error *err);
/* Where its bytes are: the same path, or the URI of a file on another machine (io/remote.h), to be freed.
 * Errors: NOT_FOUND no file stored; INVALID another kind of URI. */
CB_MUST_CHECK bool cb_dataset_source(const struct cb_repo *repo, const struct cb_dataset *dataset,
                                     char **ret_source, struct cb_error *err);
/* "file:///ROOT/PATH" or the URI as it is, to be freed; NULL when no file is stored. */
char *cb_dataset_uri(const struct cb_repo *repo, const struct cb_dataset *dataset);
