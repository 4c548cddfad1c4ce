/* Reduces a row of stacked exposures: the clipped mean of each pixel over the exposures. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Rows of n exposures, one below the other. */
struct cb_stack {
    size_t n, width;
    float *value;          /* [n * width] */
    const float *variance; /* [n * width]; NULL: the error comes from the scatter */
    const uint32_t *mask;  /* [n * width]; NULL: no bit is set anywhere */
    uint32_t reject;       /* planes that leave an input out */
    uint32_t no_good;      /* planes set where no input can be used */
    double clip;
    int rounds;
};

/* Scratch for stacks of up to n exposures. */
struct cb_stack_scratch {
    float *sorted; /* [n * CB_LANES] */
    float *list;   /* [n] */
};
CB_MUST_CHECK bool cb_stack_scratch_new(size_t n, struct cb_stack_scratch *ret_scratch, struct cb_error *err);
void cb_stack_scratch_done(struct cb_stack_scratch *scratch);

/*
 * Clipped mean per pixel; rounds as in cb_stats_measure (calib/stats.h) over the finite, unmasked inputs of
 * the pixel.
 *
 * ret_value     [width] NaN without a usable input
 * ret_variance  [width] of the mean: clipped variance / m, or sum(variance) / m^2 over the m inputs kept
 * ret_mask      [width] OR of the usable inputs' masks; no_good without any
 *
 * Source    lsst/afw statisticsStack, Statistics.cc
 * Differs   the sums run over deviations from the median, in float: the result is a float and repeats bit for
 * bit
 */
void cb_stack_reduce(const struct cb_stack *stack, const struct cb_stack_scratch *scratch, float *ret_value,
                     float *ret_variance, uint32_t *ret_mask);
