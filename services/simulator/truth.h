/* Writes what went into the simulated exposures; never read by the programs that process them. */
#pragma once

#include "frames.h"
#include "options.h"

/*
 * Write the truth of a run: JSON at path, and one FITS file a detector beside it (README.md, "Truth").
 *
 * Errors    as cb_fits_place
 */
CB_MUST_CHECK bool truth_write(const char *path, const struct options *options,
                               const struct frames_request *request, struct cb_error *err);

/*
 * Write a photon transfer curve of each detector, folder/ptc_detNNN.fits: gain and noise as they are, within
 * 0.1 %, the error drawn from the seed. A dead amplifier (response 0 from the first exposure on) is a bad
 * one.
 *
 * Errors    as cb_ptc_write
 */
CB_MUST_CHECK bool ptc_write(const char *folder, const struct frames_request *request, struct cb_error *err);
