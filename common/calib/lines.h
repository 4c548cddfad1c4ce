/* One value for each of many short lists of overscan pixels: the median without bad pixels and outliers. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Overscan pixels as lines: the rows of a serial overscan, the columns of a parallel one. */
struct cb_lines {
    size_t n, k;            /* lines, pixels in a line */
    float *value;           /* [n * k] */
    uint32_t *mask;         /* [n * k] 1: bad */
    size_t masked;          /* how many are bad */
    float *sorted;          /* the lines sorted, CB_LANES of them side by side; filled by cb_lines_sort */
    double *median, *sigma; /* [n] of each line, whatever the mask; filled by cb_lines_sort */
};

struct cb_lines_config {
    double max_deviation; /* from the median of all */
    bool absolute;        /* else only pixels above the median */
    bool smooth;          /* look for lines that stand out of their neighbours' running median */
    int kernel;           /* lines, odd */
    double smooth_threshold;
    int grow; /* lines that are bad beside a completely bad one */
    double sigmas;
};

CB_MUST_CHECK bool cb_lines_new(size_t n, size_t k, struct cb_lines *ret_lines, struct cb_error *err);
void cb_lines_done(struct cb_lines *lines);

/* Median of the good pixels, NaN when all are bad. */
CB_MUST_CHECK bool cb_lines_median(const struct cb_lines *lines, double *ret_median, struct cb_error *err);

/* Sort the lines: to be called once the values are there, before cb_lines_mark and cb_lines_collapse. */
void cb_lines_sort(struct cb_lines *lines);

/* Mark pixels that deviate, and whole lines; ret_bad [n] 1 where the whole line was found bad. */
CB_MUST_CHECK bool cb_lines_mark(struct cb_lines *lines, const struct cb_lines_config *config,
                                 uint8_t *ret_bad, struct cb_error *err);

/*
 * The value of each line: the median of the pixels that are good and within sigmas of the line's median,
 * sigma being 0.74 of the interquartile range, or the median of all lines' sigmas where it is more than twice
 * that. Lines without a good pixel get the median of up to 5 values on each side of the gap. ret_value [n].
 */
CB_MUST_CHECK bool cb_lines_collapse(const struct cb_lines *lines, double sigmas, float *ret_value,
                                     struct cb_error *err);
