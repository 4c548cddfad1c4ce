/* Binned images: what is kept of a residual image when nobody asks for it whole. */
#pragma once

#include "calib/image.h"

/*
 * Mean of factor x factor pixels.
 *
 * ret_image  (width / factor) x (height / factor), at least 1 x 1; pixels beyond the last whole bin are left
 * out. Value: mean over the pixels without BAD, SAT, NO_DATA and UNMASKEDNAN that are finite; NaN with
 * NO_DATA when there is none. Variance: sum / n^2 of the same pixels. Mask: OR of all.
 *
 * Errors     CB_ERR_INVALID    factor < 1 or larger than the image
 *            CB_ERR_TRANSIENT  no memory
 * Source     lsst/ip_isr binImageDataTask.py (afw math.binImage)
 * Differs    masked pixels are left out of the mean; the source averages them in
 */
CB_MUST_CHECK bool cb_image_bin(const struct cb_image *image, int factor, struct cb_image **ret_image,
                                struct cb_error *err);
