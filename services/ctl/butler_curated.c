/* butler write-curated-calibrations: what $OBS_LSST_DATA_DIR has for a camera into a repository. */
#include "butler_cli.h"
#include "curated_report.h"
#include "layout.h"

#include "base/alloc.h"
#include "domain/collection_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cb_instrument *find_instrument(const char *name)
{
    const struct cb_instrument *found = cb_instrument_find(name);
    return found != NULL ? found : cb_instrument_find_class(name);
}

/* Labels joined by slashes, the words before those of --label; "" without any. */
static char *join_labels(const struct butler_args *args)
{
    auto_list words = butler_words_from(args, 2);
    auto_list given = butler_list_of(args, "label");
    cb_auto_bytes struct cb_bytes labels = CB_BYTES(4096);
    for (size_t i = 0; i < words.count; i++)
        cb_bytes_printf(&labels, "/%s", words.item[i]);
    for (size_t i = 0; i < given.count; i++)
        cb_bytes_printf(&labels, "/%s", given.item[i]);
    return cb_bytes_steal(&labels);
}

static bool run_write_curated(const struct butler_args *args, struct cb_error *err)
{
    const char *package = getenv("OBS_LSST_DATA_DIR");
    const struct cb_instrument *instrument = find_instrument(args->words[1]);
    cb_auto(cb_free) char *labels = join_labels(args);
    const char *collection = butler_text(args, "collection", NULL);
    if (instrument == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND,
                       "no instrument \"%s\"; there are LATISS, LSSTComCam, LSSTComCamSim and LSSTCam",
                       args->words[1]);
    if (labels[0] == '\0' && collection == NULL)
        return cb_fail(err, CB_ERR_INVALID, "At least one label or --collection must be provided.");
    if (package == NULL || package[0] == '\0')
        return cb_fail(
            err, CB_ERR_NOT_FOUND,
            "OBS_LSST_DATA_DIR does not name the folder of curated data; set it to the package that "
            "holds \"%s\"",
            instrument->policy_name);

    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_curated struct cb_curated curated = { 0 };
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/%s", package, instrument->policy_name);
    cb_auto(cb_free) char *prefix =
        cb_xasprintf("%s/calib%s", butler_text(args, "prefix", instrument->name), labels);
    const struct cb_curated_target target = { collection != NULL ? collection : prefix, prefix,
                                              butler_text(args, "camera", NULL), ctl_scratch_folder() };
    if (!cb_collection_name_check_curated(target.collection, err) ||
        (labels[0] != '\0' ? !cb_collection_name_check_curated(prefix, err)
                           : !cb_collection_check_name(prefix, err)) ||
        !cb_curated_read(folder, instrument, &curated, err) || !butler_open(args->words[0], &repo, err) ||
        !cb_curated_store(repo, &curated, &target, err))
        return false;
    curated_report(&curated, &target);
    return true;
}

static const struct butler_option options[] = {
    { "collection", 0, BUTLER_TEXT,
      "Name of the calibration collection; made from the labels unless given." },
    { "label", 0, BUTLER_LIST, "Extra strings to include in the names of collections, behind LABELS." },
    { "prefix", 0, BUTLER_TEXT, "What names of collections begin with; the instrument's name unless given." },
    { "camera", 0, BUTLER_TEXT,
      "FITS file of the camera, made by the pipelines; without it no camera is written." },
    { .name = NULL },
};
const struct butler_command butler_write_curated_calibrations = {
    "write-curated-calibrations",
    "REPO INSTRUMENT [LABELS]...",
    "Add an instrument's curated calibrations to the data repository, all of them or none. Transmission "
    "curves are "
    "checked and left out with a warning: the pipelines' own tool makes their files.",
    options,
    2,
    SIZE_MAX,
    run_write_curated
};
