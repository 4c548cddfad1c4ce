/* Statistics of pixels: order statistics and clipped means, exact and repeatable bit for bit. */
#pragma once

#include "calib/image.h"
#include "calib/segment.h"

#include <stddef.h>
#include <stdint.h>

/* A box of pixels to look at. A pixel counts when it is finite and has none of the planes in reject. */
struct cb_pixels {
    const float *value;   /* first pixel of the box */
    const uint32_t *mask; /* the same of the mask; NULL: all are good */
    uint32_t reject;
    size_t width, height, stride; /* stride: from a row to the next, in pixels */
};

/* The pixels of a box of an image (the whole image: box NULL). */
struct cb_pixels cb_pixels_of(const struct cb_image *image, const struct cb_box *box, uint32_t reject);

/* NaN wherever there are too few pixels. */
struct cb_stats {
    size_t n;              /* good pixels, before clipping (NPOINT) */
    double mean, variance; /* of all good pixels; n - 1 in the variance */
    double median, q25, q75;
    double clipped_mean, clipped_variance, clipped_stdev; /* m - 1 in the variance */
    size_t clipped_n;                                     /* m */
};

/* Half width of a sigma in terms of the interquartile range. Source: lsst/afw Statistics.cc, IQ_TO_STDEV */
#define CB_IQR_TO_SIGMA 0.741301109252802

/*
 * Median, quartiles, mean and clipped mean.
 *
 * clip     half width in sigmas
 * rounds   how often to clip (>= 1); each time from all good pixels. First about the median with the sigma of
 * the interquartile range, then about the last clipped mean with its sigma. A pixel at the very limit stays.
 *
 * No good pixel: n is 0, all numbers NaN. An interquartile range of 0 keeps the pixels that equal the median.
 * Source    lsst/afw Statistics.cc, MEANCLIP, VARIANCECLIP, IQRANGE
 */
CB_MUST_CHECK bool cb_stats_measure(const struct cb_pixels *pixels, double clip, int rounds,
                                    struct cb_stats *ret_stats, struct cb_error *err);

/*
 * Order statistics at the fractions given, by linear interpolation at index fraction * (n - 1).
 *
 * fraction   [count] 0 to 1; at most CB_MAX_FRACTIONS
 * ret_value  [count]; NaN without a good pixel
 *
 * Errors    CB_ERR_TRANSIENT  no memory
 */
#define CB_MAX_FRACTIONS 16
CB_MUST_CHECK bool cb_stats_at(const struct cb_pixels *pixels, const double *fraction, size_t count,
                               double *ret_value, struct cb_error *err);

/* Pixels that are too many to be held at once: they are got part by part, each of them up to three times. */
struct cb_pixel_parts {
    void *self;
    size_t count;
    /* Part 0 <= part < count, valid until the next is got. */
    bool (*get)(void *self, size_t part, struct cb_pixels *ret_pixels, struct cb_error *err);
};

/* As cb_stats_at, over all parts. Errors: those of get too. */
CB_MUST_CHECK bool cb_stats_at_parts(const struct cb_pixel_parts *parts, const double *fraction, size_t count,
                                     double *ret_value, struct cb_error *err);
