/* Auxiliary products (reference catalogues, look-up tables, pretrained models, skymaps), and the chain
 * INSTRUMENT/defaults that they, raws and calibrations are found by. Source: DMTN-222 3.6, instruments.md 5.
 */
#pragma once

#include "butler/datasets.h"
#include "domain/defaults.h"

/* Make INSTRUMENT/defaults, or put into it what it lacks of what the repository has (domain/defaults.h).
 * INSTRUMENT/raw/all and INSTRUMENT/calib are made where they are absent, so that what comes into them later
 * is found. ret_added: bits of what was put in; may be NULL.
 * Errors: NOT_FOUND the instrument is not registered; CONFLICT one of the names is no chain. */
CB_MUST_CHECK bool cb_defaults_update(struct cb_repo *repo, const char *instrument, unsigned *ret_added,
                                      struct cb_error *err);
/* The same for several; of all that are registered with n 0. */
CB_MUST_CHECK bool cb_defaults_update_all(struct cb_repo *repo, const char *const *instruments, size_t n,
                                          struct cb_error *err);

/* One product on its way in. */
struct cb_auxiliary {
    const char *type; /* dataset type, made when absent; no calibration */
    uint32_t dims;
    const char *storage_class;
    const char *run;          /* made when absent */
    const char *chain;        /* that the RUN is found by, made when absent */
    enum cb_chain_edit place; /* PREPEND or EXTEND: where a RUN that is not in the chain goes */
    const struct cb_put *puts;
    size_t n;
    enum cb_transfer transfer;
    const char *const *instruments; /* whose defaults are completed; none: of all */
    size_t n_instruments;
};
/*
 * Put, chain, complete the defaults: one transaction (the dataset type before it). What is there already
 * is left as it is, so that a second time nothing changes; a file that is no longer at its source may have
 * been moved by the first. ret_new: datasets that were not there before.
 *
 * Errors    CONFLICT  another type of that name; a dataset is there with a file of another size
 *           NOT_FOUND, INVALID  as cb_dataset_put
 */
CB_MUST_CHECK bool cb_auxiliary_register(struct cb_repo *repo, const struct cb_auxiliary *product,
                                         size_t *ret_new, struct cb_error *err);
