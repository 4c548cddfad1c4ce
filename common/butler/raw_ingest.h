/* Raw files into a repository: looked at whole, then registered. Source: instruments.md 2.5,
 * generation.md 14. */
#pragma once

#include "base/uuid.h"
#include "butler/datasets.h"
#include "butler/raw_metadata.h"
#include "butler/repository.h"
#include "domain/translate.h"

/* Why a file was not taken; the words of exposure.rejected. */
enum cb_raw_fault {
    CB_RAW_SOUND = 0,
    CB_RAW_NOT_FITS,
    CB_RAW_TRUNCATED,
    CB_RAW_DAMAGED, /* a header or a compressed tile that makes no sense */
    CB_RAW_CHECKSUM,
    CB_RAW_TOO_LARGE, /* inflates beyond the limit */
    CB_RAW_FOREIGN_CAMERA,
    CB_RAW_MISSING_KEY,
    CB_RAW_UNUSABLE_KEY, /* a key whose value makes no record */
    CB_RAW_UNREGISTERED, /* filter, detector or instrument unknown to the repository */
    CB_RAW_DUPLICATE,    /* the same content is registered already */
    CB_RAW_CONFLICT      /* another content is registered under the same exposure and detector */
};
const char *cb_raw_fault_name(enum cb_raw_fault fault); /* "not-fits", "truncated", ... */

/* What a file is. Plain data. */
struct cb_raw_file {
    char *path;
    enum cb_raw_fault fault;
    char reason[CB_ERROR_TEXT_SIZE];  /* the sentence behind a fault */
    struct cb_exposure_record record; /* of a sound one */
    char sha256[65];
    int64_t size_bytes;
    bool is_registered; /* a duplicate that is the registered file itself, under the name it landed with */
};
void cb_raw_file_done(struct cb_raw_file *file);

/* Read a file whole: FITS structure, camera, every tile of every segment, CHECKSUM and DATASUM, header. A
 * faulty file is a result, not an error. corrections: folders of correction files
 * ("<instrument>-<obs_id>.yaml"), colon-separated; NULL: none. Errors: CB_ERR_TRANSIENT, CB_ERR_NOT_FOUND the
 * file cannot be read for now, or is gone. */
CB_MUST_CHECK bool cb_raw_inspect(const char *path, const char *corrections, struct cb_raw_file *ret_file,
                                  struct cb_error *err);

/* What a file is by its header alone, or by metadata that stand beside it (NULL: none; nothing of the file is
 * read then): faults as above, sha256 is empty. Errors: as above; CB_ERR_INVALID a correction file that
 * cannot be read. */
CB_MUST_CHECK bool cb_raw_look(const char *path, const struct cb_raw_metadata *metadata,
                               const char *corrections, struct cb_raw_file *ret_file, struct cb_error *err);

/* The folders of correction files in the order of their search: those of a setting, then those of
 * $METADATA_CORRECTIONS_PATH; each a colon-separated list, NULL or "" for none. To be freed. */
char *cb_raw_corrections(const char *setting, const char *environment);

/* The records of an exposure: group, day_obs and exposure, each in a transaction of its own, so that other
 * files of it may come in other calls. changed: what an update overwrote, "" nothing. Errors: CONFLICT
 * "Conflict in sync for table T on column(s) C: 'old' != 'new'" unless update; INVALID a row it depends on is
 * missing. */
struct cb_raw_changes {
    char columns[CB_ERROR_TEXT_SIZE];
};
CB_MUST_CHECK bool cb_raw_sync_exposure(struct cb_repo *repo, const struct cb_exposure_record *record,
                                        bool update, struct cb_raw_changes *ret_changes,
                                        struct cb_error *err);

/* How the raws of an exposure are put. */
struct cb_raw_put_options {
    const char *run; /* NULL: INSTRUMENT/raw/all */
    enum cb_transfer transfer;
    enum cb_existing existing;
    bool untracked; /* the sizes of the files are not recorded */
};
/* All raws of one exposure in one transaction: all of them or none. Errors: CONFLICT one is there already
 * (unless existing ones are passed over); INVALID a file without an extension of FITS, two of one detector.
 */
CB_MUST_CHECK bool cb_raw_put_exposure(struct cb_repo *repo, const struct cb_raw_file *const *files, size_t n,
                                       const struct cb_raw_put_options *options, struct cb_error *err);

/* Register a sound file: day_obs, group and exposure records (equal ones are kept, differing ones are a
 * conflict unless update), the raw in `run` (NULL: INSTRUMENT/raw/all), the file into the datastore. One
 * transaction or savepoint. A refusal sets file->fault and file->reason and leaves no trace; *ret_id is the
 * dataset's id otherwise. Errors: CB_ERR_TRANSIENT, CB_ERR_FATAL */
CB_MUST_CHECK bool cb_raw_register(struct cb_repo *repo, struct cb_raw_file *file, const char *run,
                                   enum cb_transfer transfer, bool update, char ret_id[CB_UUID_TEXT_SIZE],
                                   struct cb_error *err);
