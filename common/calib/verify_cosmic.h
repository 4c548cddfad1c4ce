/* Finds cosmic rays in a residual image and replaces them by background, for the noise test without them. */
#pragma once

#include "calib/image.h"

/* Settings with upstream's values. Source: lsst/meas_algorithms findCosmicRaysConfig.py, lsst/cp_verify
 * verifyStats.py */
struct cb_verify_cosmic_config {
    double psf_fwhm_px;
    double min_sigma;  /* above the mean of each pair of opposite neighbours */
    double min_sum;    /* of a whole event above the background, in the image's unit */
    double cond3_fac;  /* sigmas of the shape condition */
    double cond3_fac2; /* how much sharper than the PSF */
    int growth_rounds;
    size_t max_pixels; /* more candidates than this: something else is wrong */
    bool with_noise;   /* replace by background + noise; else by background alone */
};

struct cb_verify_cosmic_config cb_verify_cosmic_defaults(void);

struct cb_verify_cosmics {
    size_t pixels, events;
    bool too_many; /* the image was left as it was */
    double background;
};

/*
 * Replace cosmic rays in place and set their CR and INTRP bits; the CR plane is cleared first.
 *
 * A pixel is a candidate when it stands min_sigma above the mean of at least one pair of opposite neighbours
 * and is sharper than the PSF along one of the four directions. Candidates that touch are one event; events
 * below min_sum are dropped; the others grow.
 *
 * exposure_id, detector   with the pixel's place the only source of the noise, so it depends on no order
 *
 * Images of fewer than 5 pixels a side have no inner pixel: nothing is found.
 *
 * Errors    CB_ERR_TRANSIENT  no memory
 * Source    lsst/meas_algorithms src/CR.cc, findCosmicRays
 * Differs   the noise is counter-based; a pixel joins an event once; too many candidates are a result, not an
 *           exception
 */
CB_MUST_CHECK bool cb_verify_remove_cosmics(struct cb_image *image,
                                            const struct cb_verify_cosmic_config *config,
                                            uint64_t exposure_id, uint32_t detector,
                                            struct cb_verify_cosmics *ret_found, struct cb_error *err);
