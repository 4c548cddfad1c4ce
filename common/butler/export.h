/* export.yaml and its files: what `butler export-calibs` writes and `butler import` reads. Source:
 * butler.md 6. */
#pragma once

#include "butler/datasets.h"

struct cb_export {
    const char *folder;             /* files and the YAML go there; it must not exist, unless only_yaml */
    const char *yaml_name;          /* NULL: "export.yaml" */
    const char *const *collections; /* names or globs; flattened; none: all */
    size_t n_collections;
    const char *const *dataset_types; /* globs of calibration types; none: all */
    size_t n_dataset_types;
    enum cb_transfer
        transfer;   /* AUTO, COPY, LINK, ...; DIRECT: absolute URIs are written, no file is touched */
    bool only_yaml; /* files are brought by someone else; folder may exist */
    const char
        *path_prefix; /* put before each relative path in the YAML ("LSSTComCam/DM-1/"); NULL: nothing */
};

/* Export every dataset of calibration types that the CALIBRATION collections hold, with dimension records,
 * collections (the RUNs of the datasets too) and certifications; datasets in the order of the file.
 * ret_datasets may be NULL.
 * Errors: NOT_FOUND a collection, a file; CONFLICT the folder exists. What was written is left for
 * inspection. */
CB_MUST_CHECK bool cb_export_calibs(struct cb_repo *repo, const struct cb_export *export,
                                    struct cb_dataset_list *ret_datasets, struct cb_error *err);
