/* Random numbers that depend on what they are for and on no order: Philox4x32-10 counted by (exposure,
 * detector, amplifier, step, pixel) under a seed. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/* One independent sequence of random numbers. */
struct cb_random {
    uint32_t key[2];     /* the seed */
    uint32_t counter[3]; /* who it is for; the fourth word counts blocks of 4 numbers */
};

/* exposure < 2^48; detector and amp and step < 2^16. What is no property of an exposure has exposure 0. */
struct cb_random cb_random_of(uint64_t seed, uint64_t exposure, uint32_t detector, uint32_t amp,
                              uint32_t step);

/*
 * Numbers first .. first + count of the sequence, uniform in 0 .. 2^32 - 1.
 *
 * Source    Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (Philox4x32-10);
 *           equal to its known answers
 */
void cb_random_words(const struct cb_random *random, uint64_t first, size_t count, uint32_t *ret_words);

/* Number index of the sequence, in (0, 1). */
double cb_random_uniform(const struct cb_random *random, uint64_t index);
/* Number index of the sequence, normal with mean 0 and standard deviation 1. */
double cb_random_normal(const struct cb_random *random, uint64_t index);

/*
 * Quantile of the normal distribution: the z with P(x < z) = p.
 *
 * p    0 < p < 1; relative error below 1e-15
 *
 * Source    M. J. Wichura, algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477
 */
double cb_normal_quantile(double p);

/* The quantile at steps of 1/4096, finer in the tails, for fast normals; made once and shared by all threads.
 */
struct cb_normal_table;
struct cb_normal_table *cb_normal_table_new(void);
void cb_normal_table_free(struct cb_normal_table *table);
CB_DEFINE_CLEANUP(struct cb_normal_table *, cb_normal_table_free)

/*
 * Numbers first .. first + count of the sequence as normals with mean 0 and standard deviation 1.
 *
 * Interpolated in the table (error of z below 1e-4), exact beyond 3.8 sigma.
 */
void cb_random_normals(const struct cb_random *random, const struct cb_normal_table *table, uint64_t first,
                       size_t count, float *ret_normals);

/*
 * Numbers first .. first + count of the sequence as counts of a Poisson process.
 *
 * mean     [count] expected counts; NaN and what is not above 0 give 0
 *
 * Below a mean of 64 by inversion of the distribution, above by a normal with the Poisson's variance and
 * skewness (not rounded to whole counts).
 */
void cb_random_poisson(const struct cb_random *random, const struct cb_normal_table *table, uint64_t first,
                       size_t count, const float *mean, float *ret_counts);
