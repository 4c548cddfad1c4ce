/* Finds cosmic rays in a single processed dark. */
#pragma once

#include "calib/image.h"

/* Pixels x0 <= x < x1 of row y. */
struct cb_span {
    uint32_t y, x0, x1;
};

/* Spans in order of rows, then columns; they do not overlap. */
struct cb_spans {
    struct cb_span *span;
    size_t count, room;
    size_t pixels;
};
void cb_spans_done(struct cb_spans *spans);

/* Settings with their upstream values. Source: lsst/meas_algorithms findCosmicRaysConfig.py; lsst/cp_pipe
 * cpDark.py */
struct cb_cosmic_config {
    double psf_fwhm_px;   /* of the Gaussian that stars would have */
    double min_sigma;     /* 6: a pixel above its neighbours' mean */
    double condition_3;   /* 0.35: of the PSF's contrast */
    double noise_factor;  /* 2 */
    double min_electrons; /* 150: of a group */
    int growth_passes;    /* 6, with half of min_sigma and condition_3 of 0 */
    size_t max_pixels;    /* 1000000: more is no cosmic ray but a broken image */
};
struct cb_cosmic_config cb_cosmic_defaults(double psf_fwhm_px);

/*
 * Pixels that rise more sharply than the PSF allows, grouped and grown.
 *
 * image      in electrons, with variance; changed: SAT and BAD pixels are interpolated along rows (INTRP is
 * set) ret_spans  initialised here; end with cb_spans_done. Empty with ret_too_many true when max_pixels is
 * exceeded.
 *
 * Errors    CB_ERR_TRANSIENT  no memory
 * Source    lsst/meas_algorithms CR.cc, findCosmicRays
 * Differs   the gain is not applied a second time to an image that is in electrons
 */
CB_MUST_CHECK bool cb_cosmic_find(struct cb_image *image, const struct cb_cosmic_config *config,
                                  struct cb_spans *ret_spans, bool *ret_too_many, struct cb_error *err);

/*
 * Drop what is found at the same pixel in several exposures (a hot pixel repeats, a cosmic ray does not),
 * then grow what is left by grow pixels around (a disc). With fewer than 3 exposures nothing is dropped.
 *
 * spans   [n] changed in place
 *
 * Errors    CB_ERR_TRANSIENT  no memory
 * Differs   ours; the source relies on defects that are known beforehand
 */
CB_MUST_CHECK bool cb_cosmic_settle(struct cb_spans *spans, size_t n, size_t width_px, size_t height_px,
                                    int grow, struct cb_error *err);

/* Set bits of the spans of row y that lie in x0 <= x < x0 + width: ret_mask[x - x0] |= bits. Returns whether
 * any. */
bool cb_spans_mask_row(const struct cb_spans *spans, size_t y, size_t x0, size_t width, uint32_t bits,
                       uint32_t *ret_mask);
