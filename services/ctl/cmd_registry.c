/* calbus instrument, dataset-type, collection, dataset, dimension: what is in a repository. Their verbs
 * are the commands of the drop-in `butler`; with --json or --plain for programs. */
#include "butler_verb.h"
#include "commands.h"

/* ---- instrument ---- */

static const struct ctl_verb instrument_verbs[] = {
    { .name = "register",
      .words = "CLASS...",
      .summary = "Put an instrument, its detectors and its filters into a repository.",
      .examples = "calbus instrument register lsst.obs.lsst.LsstComCam",
      .least = 1,
      .most = -1,
      .butler = &butler_register_instrument,
      .run = ctl_run_butler },
    { .run = NULL },
};
const struct ctl_noun noun_instrument = { "instrument", "The cameras that a repository knows.",
                                          instrument_verbs, false };

/* ---- dataset-type ---- */

static const struct ctl_verb dataset_type_verbs[] = {
    { .name = "list",
      .words = "[GLOB...]",
      .summary = "List dataset types.",
      .examples = "calbus dataset-type list 'verify*' --verbose",
      .most = -1,
      .butler = &butler_query_dataset_types,
      .run = ctl_run_butler },
    { .name = "register",
      .words = "NAME STORAGE_CLASS [DIMENSION...]",
      .summary = "Register a dataset type.",
      .examples = "calbus dataset-type register bias ExposureF instrument detector --is-calibration",
      .least = 2,
      .most = -1,
      .butler = &butler_register_dataset_type,
      .run = ctl_run_butler },
    { .name = "remove",
      .words = "NAME...",
      .summary = "Remove dataset types that have no datasets.",
      .examples = "calbus dataset-type remove 'scratch*'",
      .least = 1,
      .most = -1,
      .butler = &butler_remove_dataset_type,
      .run = ctl_run_butler },
    { .run = NULL },
};
const struct ctl_noun noun_dataset_type = { "dataset-type", "What kinds of datasets there are.",
                                            dataset_type_verbs, false };

/* ---- collection ---- */

static const struct ctl_verb collection_verbs[] = {
    { .name = "list",
      .words = "[GLOB...]",
      .summary = "List collections.",
      .examples = "calbus collection list 'LSSTComCam/calib*' --chains TREE",
      .most = -1,
      .butler = &butler_query_collections,
      .run = ctl_run_butler },
    { .name = "chain",
      .words = "PARENT [CHILD...]",
      .summary = "Define a chain, or put children into it and take them out.",
      .examples = "calbus collection chain u/me/calibs LSSTComCam/calib/DM-1 --mode prepend",
      .least = 1,
      .most = -1,
      .butler = &butler_collection_chain,
      .run = ctl_run_butler },
    { .name = "associate",
      .words = "COLLECTION",
      .summary = "Put datasets into a tagged collection.",
      .examples = "calbus collection associate u/me/good --dataset-type raw --collections LSSTComCam/raw/all",
      .least = 1,
      .most = 1,
      .butler = &butler_associate,
      .run = ctl_run_butler },
    { .name = "remove",
      .words = "GLOB",
      .summary = "Remove collections that are no RUN; datasets stay.",
      .examples = "calbus collection remove u/me/calibs --yes",
      .least = 1,
      .most = 1,
      .butler = &butler_remove_collections,
      .run = ctl_run_butler },
    { .name = "remove-runs",
      .words = "GLOB",
      .summary = "Remove RUN collections with all their datasets and files.",
      .examples = "calbus collection remove-runs 'u/me/try/*' --yes",
      .least = 1,
      .most = 1,
      .butler = &butler_remove_runs,
      .run = ctl_run_butler },
    { .run = NULL },
};
const struct ctl_noun noun_collection = { "collection", "Collections and chains.", collection_verbs, false };

/* ---- dataset ---- */

static const struct ctl_verb dataset_verbs[] = {
    { .name = "list",
      .words = "[GLOB...]",
      .summary = "List datasets.",
      .examples = "calbus dataset list bias --collections LSSTComCam/calib --where "
                  "\"instrument = 'LSSTComCam' and detector < 4\"",
      .most = -1,
      .butler = &butler_query_datasets,
      .run = ctl_run_butler },
    { .name = "ingest-raws",
      .words = "LOCATION...",
      .summary = "Put raw frames into a repository.",
      .examples = "calbus dataset ingest-raws /data/20241208 --transfer direct",
      .least = 1,
      .most = -1,
      .butler = &butler_ingest_raws,
      .run = ctl_run_butler },
    { .name = "retrieve",
      .words = "FOLDER",
      .summary = "Copy the files of datasets into a folder.",
      .examples = "calbus dataset retrieve out/ --dataset-type bias --collections LSSTComCam/calib",
      .least = 1,
      .most = 1,
      .butler = &butler_retrieve_artifacts,
      .run = ctl_run_butler },
    { .name = "certify",
      .words = "INPUT_COLLECTION OUTPUT_COLLECTION DATASET_TYPE",
      .summary = "Give datasets a validity range, without the suite's checks; calbus certify has them.",
      .examples = "calbus dataset certify u/me/gen u/me/calib bias --begin-date 2024-12-08T12:00:00",
      .least = 3,
      .most = 3,
      .butler = &butler_certify_calibrations,
      .run = ctl_run_butler },
    { .name = "export",
      .words = "FOLDER [COLLECTION...]",
      .summary = "Write certified calibrations and their files for another repository.",
      .examples = "calbus dataset export out LSSTComCam/calib/DM-1 --transfer copy",
      .least = 1,
      .most = -1,
      .butler = &butler_export_calibs,
      .run = ctl_run_butler },
    { .name = "import",
      .words = "FOLDER",
      .summary = "Take in what another repository exported.",
      .examples = "calbus dataset import out --transfer copy --repo summit:/repo/LSSTComCam",
      .least = 1,
      .most = 1,
      .butler = &butler_import,
      .run = ctl_run_butler },
    { .name = "prune",
      .words = "[COLLECTION...]",
      .summary = "Remove datasets from collections, from disk, or for good.",
      .examples = "calbus dataset prune --datasets 'verify*' --purge u/me/run u/me/run --yes",
      .most = -1,
      .butler = &butler_prune_datasets,
      .run = ctl_run_butler },
    { .run = NULL },
};
const struct ctl_noun noun_dataset = { "dataset", "Datasets and their files.", dataset_verbs, false };

/* ---- dimension ---- */

static const struct ctl_verb dimension_verbs[] = {
    { .name = "records",
      .words = "ELEMENT",
      .summary = "List what is known of an element: exposure, detector, physical_filter, skymap, ...",
      .examples =
          "calbus dimension records exposure --where \"instrument = 'LSSTComCam' and day_obs = 20241208\"",
      .least = 1,
      .most = 1,
      .butler = &butler_query_dimension_records,
      .run = ctl_run_butler },
    { .name = "data-ids",
      .words = "DIMENSION...",
      .summary = "List data IDs.",
      .examples =
          "calbus dimension data-ids exposure detector --datasets raw --collections LSSTComCam/raw/all",
      .least = 1,
      .most = -1,
      .butler = &butler_query_data_ids,
      .run = ctl_run_butler },
    { .run = NULL },
};
const struct ctl_noun noun_dimension = { "dimension", "Dimension records and data IDs.", dimension_verbs,
                                         false };
