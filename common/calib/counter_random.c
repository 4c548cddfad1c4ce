/* Philox4x32-10 and the distributions made from it. */
#include "calib/counter_random.h"

#include "base/alloc.h"
#include "calib/simd.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Multipliers and key increments of Philox4x32. */
#define PHILOX_M0 UINT32_C(0xD2511F53)
#define PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9)
#define PHILOX_W1 UINT32_C(0xBB67AE85)
#define PHILOX_ROUNDS 10

enum { LANES = 64, WORDS_PER_BLOCK = 4 };
#define CHUNK_WORDS ((size_t)LANES * WORDS_PER_BLOCK)

struct cb_random cb_random_of(uint64_t seed, uint64_t exposure, uint32_t detector, uint32_t amp,
                              uint32_t step)
{
    return (struct cb_random){
        .key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
        .counter = { (uint32_t)exposure, (uint32_t)(exposure >> 32) << 16 | detector, amp << 16 | step },
    };
}

/* Philox4x32-10 of one block. Kept apart from the loops so that each of them can be vectorized. */
static inline __attribute__((always_inline)) void philox_block(const struct cb_random *random, uint32_t block,
                                                               uint32_t ret_words[WORDS_PER_BLOCK])
{
    uint32_t c0 = block, c1 = random->counter[0], c2 = random->counter[1], c3 = random->counter[2];
    uint32_t k0 = random->key[0], k1 = random->key[1];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * c0, p1 = (uint64_t)PHILOX_M1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    ret_words[0] = c0;
    ret_words[1] = c1;
    ret_words[2] = c2;
    ret_words[3] = c3;
}

/* LANES blocks from block on, one after the other in ret_words. */
static CB_VECTOR void philox_lanes(const struct cb_random *random, uint32_t block, uint32_t *ret_words)
{
    uint32_t lane[WORDS_PER_BLOCK][LANES];
    for (int i = 0; i < LANES; i++) {
        uint32_t words[WORDS_PER_BLOCK];
        philox_block(random, block + (uint32_t)i, words);
        for (int word = 0; word < WORDS_PER_BLOCK; word++)
            lane[word][i] = words[word];
    }
    for (int i = 0; i < LANES; i++)
        for (int word = 0; word < WORDS_PER_BLOCK; word++)
            ret_words[i * WORDS_PER_BLOCK + word] = lane[word][i];
}

/* Fewer numbers than this are made block by block. */
enum { FEW = 32 };

void cb_random_words(const struct cb_random *random, uint64_t first, size_t count, uint32_t *ret_words)
{
    uint32_t chunk[CHUNK_WORDS];
    while (count > 0) {
        size_t skip = (size_t)(first % WORDS_PER_BLOCK);
        size_t ready = (count < FEW ? (size_t)1 : (size_t)LANES) * WORDS_PER_BLOCK - skip;
        size_t take = ready < count ? ready : count;
        if (count < FEW)
            philox_block(random, (uint32_t)(first / WORDS_PER_BLOCK), chunk);
        else
            philox_lanes(random, (uint32_t)(first / WORDS_PER_BLOCK), chunk);
        memcpy(ret_words, chunk + skip, take * sizeof *ret_words);
        ret_words += take;
        first += take;
        count -= take;
    }
}

/* The middle of a word's interval in (0, 1). */
static double fraction_of(uint32_t word)
{
    return ((double)word + 0.5) * 0x1p-32;
}

double cb_random_uniform(const struct cb_random *random, uint64_t index)
{
    uint32_t word;
    cb_random_words(random, index, 1, &word);
    return fraction_of(word);
}

double cb_random_normal(const struct cb_random *random, uint64_t index)
{
    return cb_normal_quantile(cb_random_uniform(random, index));
}

/* Coefficients of AS 241, numerators and denominators from the constant term up. */
static const double middle_top[8] = { 3.3871328727963666080e0,  1.3314166789178437745e+2,
                                      1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                      4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                      3.3430575583588128105e+4, 2.5090809287301226727e+3 };
static const double middle_bottom[8] = { 1.0,
                                         4.2313330701600911252e+1,
                                         6.8718700749205790830e+2,
                                         5.3941960214247511077e+3,
                                         2.1213794301586595867e+4,
                                         3.9307895800092710610e+4,
                                         2.8729085735721942674e+4,
                                         5.2264952788528545610e+3 };
static const double outer_top[8] = { 1.42343711074968357734e0,  4.63033784615654529590e0,
                                     5.76949722146069140550e0,  3.64784832476320460504e0,
                                     1.27045825245236838258e0,  2.41780725177450611770e-1,
                                     2.27238449892691845833e-2, 7.74545014278341407640e-4 };
static const double outer_bottom[8] = { 1.0,
                                        2.05319162663775882187e0,
                                        1.67638483018380384940e0,
                                        6.89767334985100004550e-1,
                                        1.48103976427480074590e-1,
                                        1.51986665636164571966e-2,
                                        5.47593808499534494600e-4,
                                        1.05075007164441684324e-9 };
static const double far_top[8] = { 6.65790464350110377720e0,  5.46378491116411436990e0,
                                   1.78482653991729133580e0,  2.96560571828504891230e-1,
                                   2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7 };
static const double far_bottom[8] = { 1.0,
                                      5.99832206555887937690e-1,
                                      1.36929880922735805310e-1,
                                      1.48753612908506148525e-2,
                                      7.86869131145613259100e-4,
                                      1.84631831751005468180e-5,
                                      1.42151175831644588870e-7,
                                      2.04426310338993978564e-15 };

static double ratio_of(const double top[8], const double bottom[8], double x)
{
    double above = top[7], below = bottom[7];
    for (int i = 6; i >= 0; i--) {
        above = above * x + top[i];
        below = below * x + bottom[i];
    }
    return above / below;
}

double cb_normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio_of(middle_top, middle_bottom, 0.180625 - q * q);
    double r = sqrt(-log(q < 0 ? p : 1.0 - p));
    double z = r <= 5.0 ? ratio_of(outer_top, outer_bottom, r - 1.6) : ratio_of(far_top, far_bottom, r - 5.0);
    return q < 0 ? -z : z;
}

/* Quantiles at i / STEPS, and for the two tails of TAIL_STEPS of them at finer steps again: i / (STEPS *
 * 128). */
enum { STEPS = 4096, STEP_SHIFT = 20, TAIL_STEPS = 32, TAIL_SHIFT = 13 };

struct cb_normal_table {
    float z[STEPS + 1];
    float tail[STEPS + 1]; /* of the lower tail */
};

struct cb_normal_table *cb_normal_table_new(void)
{
    struct cb_normal_table *table = cb_xalloc(sizeof *table);
    for (int i = 1; i < STEPS; i++)
        table->z[i] = (float)cb_normal_quantile((double)i / STEPS);
    for (int i = 1; i <= STEPS; i++)
        table->tail[i] = (float)cb_normal_quantile((double)i / STEPS * TAIL_STEPS / STEPS);
    table->z[0] = table->z[1];
    table->z[STEPS] = table->z[STEPS - 1];
    table->tail[0] = table->tail[1];
    return table;
}

void cb_normal_table_free(struct cb_normal_table *table)
{
    free(table);
}

static CB_VECTOR void interpolate(const float *z, const uint32_t *words, size_t count, float *ret_normals)
{
    const uint32_t below_step = (UINT32_C(1) << STEP_SHIFT) - 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t step = words[i] >> STEP_SHIFT;
        float part = (float)(int32_t)(words[i] & below_step) * 0x1p-20f;
        ret_normals[i] = z[step] + part * (z[step + 1] - z[step]);
    }
}

/* Words of the outermost steps of the table, on either side. */
static inline bool is_tail(uint32_t word)
{
    const uint32_t width = (uint32_t)TAIL_STEPS << STEP_SHIFT;
    return word + width < 2 * width;
}

/* Quantile of a word of either tail: by its finer table, exact in the outermost part of that. */
static float tail_quantile(const struct cb_normal_table *table, uint32_t word)
{
    bool upper = word >> 31 != 0;
    uint32_t depth = upper ? ~word : word; /* the same distance from either end */
    uint32_t step = depth >> TAIL_SHIFT, rest = depth & ((UINT32_C(1) << TAIL_SHIFT) - 1);
    float z = step < TAIL_STEPS
                  ? (float)cb_normal_quantile(fraction_of(depth))
                  : table->tail[step] + (float)rest * 0x1p-13f * (table->tail[step + 1] - table->tail[step]);
    return upper ? -z : z;
}

static void normals_of(const struct cb_normal_table *table, const uint32_t *words, size_t count,
                       float *ret_normals)
{
    interpolate(table->z, words, count, ret_normals);
    for (size_t i = 0; i < count; i++)
        if (is_tail(words[i]))
            ret_normals[i] = tail_quantile(table, words[i]);
}

void cb_random_normals(const struct cb_random *random, const struct cb_normal_table *table, uint64_t first,
                       size_t count, float *ret_normals)
{
    uint32_t words[CHUNK_WORDS];
    for (size_t done = 0; done < count;) {
        size_t room = CHUNK_WORDS - (size_t)((first + done) % WORDS_PER_BLOCK);
        size_t take = count - done < room ? count - done : room;
        cb_random_words(random, first + done, take, words);
        normals_of(table, words, take, ret_normals + done);
        done += take;
    }
}

#define POISSON_INVERTED_BELOW 64.0f
#define POISSON_SERIES_BELOW 0.01 /* exp(-m) = 1 - m + m^2/2 to 2e-7 there */

/* Probability of no count; neighbours mostly have the same mean, so the last one is kept. */
struct none {
    float mean;
    double probability;
};

static double none_of(struct none *last, float mean)
{
    if (mean != last->mean) {
        double m = (double)mean;
        last->mean = mean;
        last->probability = m < POISSON_SERIES_BELOW ? 1.0 - m + 0.5 * m * m : exp(-m);
    }
    return last->probability;
}

static float poisson_inverted(struct none *last, float mean, uint32_t word)
{
    double p = none_of(last, mean), left = fraction_of(word) - p;
    int count = 0;
    while (left > 0 && p > 0) {
        count++;
        p *= (double)mean / count;
        left -= p;
        if ((float)count > mean && p < 0x1p-40)
            break;
    }
    return (float)count;
}

static CB_VECTOR void poisson_normal(const float *mean, size_t count, float *normals)
{
    for (size_t i = 0; i < count; i++) {
        float z = normals[i], m = mean[i] > 0 ? mean[i] : 0;
        normals[i] = m + sqrtf(m) * z + (z * z - 1.0f) * (1.0f / 6.0f);
    }
}

static void poisson_of(const struct cb_normal_table *table, const uint32_t *words, const float *mean,
                       size_t count, float *ret_counts)
{
    size_t low = 0;
    for (size_t i = 0; i < count; i++)
        low += !(mean[i] >= POISSON_INVERTED_BELOW);
    if (low < count) {
        normals_of(table, words, count, ret_counts);
        poisson_normal(mean, count, ret_counts);
    }
    struct none last = { .mean = 0, .probability = 1 };
    for (size_t i = 0; low > 0 && i < count; i++)
        if (!(mean[i] >= POISSON_INVERTED_BELOW))
            ret_counts[i] = mean[i] > 0 ? poisson_inverted(&last, mean[i], words[i]) : 0.0f;
}

void cb_random_poisson(const struct cb_random *random, const struct cb_normal_table *table, uint64_t first,
                       size_t count, const float *mean, float *ret_counts)
{
    uint32_t words[CHUNK_WORDS];
    for (size_t done = 0; done < count;) {
        size_t room = CHUNK_WORDS - (size_t)((first + done) % WORDS_PER_BLOCK);
        size_t take = count - done < room ? count - done : room;
        cb_random_words(random, first + done, take, words);
        poisson_of(table, words, mean + done, take, ret_counts + done);
        done += take;
    }
}
