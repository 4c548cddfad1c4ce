/* Curated calibrations from a folder in the layout of the obs data packages into a repository. Source:
 * instruments.md 3.
 *
 *   <package>/<policy name>/<type>/[<detector>/][<filter>/]<start>.{ecsv,yaml,json} */
#pragma once

#include "base/uuid.h"
#include "butler/repository.h"
#include "domain/curated.h"
#include "domain/data_id.h"
#include "domain/instrument.h"
#include "domain/timespan.h"
#include "io/table.h"

/* One file of a package, read and checked. */
struct cb_curated_file {
    const struct cb_curated_type *type;
    struct cb_data_id data_id;
    int64_t start_tai_ns;
    struct cb_timespan validity; /* from its start to that of the next of its data ID */
    char stamp[CB_CURATED_STAMP_SIZE];
    char *path;
    struct cb_table *table;  /* as it is to be stored */
    struct cb_table *second; /* its second table; NULL: there is none */
    char id[CB_UUID_TEXT_SIZE];
    char *made; /* the FITS file; NULL before it is written */
};
struct cb_curated {
    const struct cb_instrument *instrument;
    struct cb_curated_file *file; /* [count], those of a type together */
    size_t count;
};
void cb_curated_done(struct cb_curated *curated);
static inline void cb_curated_done_at_exit(struct cb_curated *curated)
{
    cb_curated_done(curated);
}
#define cb_auto_curated __attribute__((cleanup(cb_curated_done_at_exit)))

/*
 * Read the folder of a camera whole: names of detectors and filters, starts, columns, and metadata against
 * the path (INSTRUME is the policy name). Types that only the pipelines' own tool writes (type->is_written
 * false) are read and checked too.
 *
 * Errors    CB_ERR_NOT_FOUND  no such folder, or no data in it
 *           CB_ERR_INVALID    "Path and file metadata do not agree", "Detector X not known to supplied
 *                             camera", "Filter X not known", a file that is not as its type; with its path
 */
CB_MUST_CHECK bool cb_curated_read(const char *folder, const struct cb_instrument *instrument,
                                   struct cb_curated *ret_curated, struct cb_error *err);

/* Where it goes: each stamp has the RUN <prefix>/curated/<stamp>, the camera <prefix>/unbounded. */
struct cb_curated_target {
    const char *collection; /* CALIBRATION, made when absent */
    const char *prefix;     /* "LATISS/calib/DM-12345" */
    const char *camera;     /* FITS file of a Camera that the pipelines made; NULL: none */
    const char *scratch;    /* folder in which files are made before they are put: "/tmp" */
};
/*
 * Put and certify everything that can be written, in one transaction (dataset types before it). Files of
 * types that are not written are left out; when there is nothing else, that is NOT_FOUND.
 *
 * Errors    CB_ERR_CONFLICT  something of it is there already, or its validity is taken: nothing is written
 *           CB_ERR_INVALID   the camera is no afw archive; INVALID, NOT_FOUND as cb_dataset_put
 */
CB_MUST_CHECK bool cb_curated_store(struct cb_repo *repo, struct cb_curated *curated,
                                    const struct cb_curated_target *target, struct cb_error *err);
