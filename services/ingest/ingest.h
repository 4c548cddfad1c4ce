/* Ingest's state, tasks and work. */
#pragma once

#include "butler/raw_ingest.h"
#include "service/service.h"
#include "service/sites.h"

struct ingest_config {
    struct cb_sites sites; /* first: the table of sites is written for it */
    char *transfer;        /* "move", "copy", "link", ... */
    char *corrections;     /* folders of correction files, colon-separated */
    char *calibset_types;  /* observation types that make up sets, "bias,dark,flat" */
    int64_t settle_ms;     /* no frame for this long: a set whose last frames are there is closed */
    int64_t idle_ms;       /* no frame for this long: a set is closed whatever is missing */
    int64_t quiet_ms;      /* a file found by looking is whole when unchanged for this long */
    int64_t threads;
};

struct ingest {
    struct ingest_config config;
    enum cb_transfer transfer;
    char *corrections; /* folders: of the setting, then of $METADATA_CORRECTIONS_PATH */
    char *index_path;
    struct watch *watch; /* of the landing folders; see watch.h */
};

bool on_exposure_arrived(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);

/* What has landed since the last look becomes a row. */
bool notice_files(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
/* Sets whose sequences have ended are closed. */
bool close_sets(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);

/* Files of one exposure: read whole in a worker thread, registered in one transaction. */
extern struct cb_work ingest_work;

/* "bias" is in "bias,dark,flat". */
bool list_contains(const char *list, const char *word);
/* "CC_O_20241208_000690" of ".../CC_O_20241208_000690_R22_S11.fits": the name without extension, raft and
 * sensor. */
void exposure_name_of(const char *path, char *ret_name, size_t size);
/* A file a raw may be: .fits, .fit, .fits.gz, .fits.fz, .fz, not hidden and not a temporary name. */
bool is_raw_name(const char *name);
