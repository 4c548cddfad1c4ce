/* Clipped means over exposures, 16 pixels side by side. */
#include "calib/stack.h"

#include "calib/lanes.h"
#include "calib/simd.h"
#include "calib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cb_stack_scratch_new(size_t n, struct cb_stack_scratch *ret_scratch, struct cb_error *err)
{
    *ret_scratch = (struct cb_stack_scratch){ .sorted = malloc(n * CB_LANES * sizeof(float)),
                                              .list = malloc(n * sizeof(float)) };
    if (ret_scratch->sorted == NULL || ret_scratch->list == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a stack of %zu exposures", n);
    return true;
}

void cb_stack_scratch_done(struct cb_stack_scratch *scratch)
{
    free(scratch->sorted);
    free(scratch->list);
    *scratch = (struct cb_stack_scratch){ .sorted = NULL };
}

/* ---- all inputs usable: 16 pixels at once
 * ---------------------------------------------------------------------- */

/* Where the quartiles of n sorted values lie. */
struct place {
    size_t below, above;
    double part;
};

static struct place place_of(double fraction, size_t n)
{
    double at = fraction * (double)(n - 1);
    size_t below = (size_t)at;
    return (struct place){ below, below + 1 < n ? below + 1 : below, at - (double)below };
}

/* Clip interval and what it kept, per lane, as deviations from the median. */
struct clipped {
    float median[CB_LANES];
    float centre[CB_LANES], half_width[CB_LANES];
    float kept[CB_LANES], mean[CB_LANES], variance[CB_LANES];
};

static inline void read_place(const float *sorted, struct place place, double *ret)
{
    for (size_t lane = 0; lane < CB_LANES; lane++)
        ret[lane] = (1.0 - place.part) * (double)sorted[place.below * CB_LANES + lane] +
                    place.part * (double)sorted[place.above * CB_LANES + lane];
}

/* The first interval, and the values turned into deviations from the median. */
static CB_VECTOR void start_clip(float *sorted, size_t n, double clip, struct clipped *c)
{
    double low[CB_LANES], high[CB_LANES], median[CB_LANES];
    read_place(sorted, place_of(0.25, n), low);
    read_place(sorted, place_of(0.5, n), median);
    read_place(sorted, place_of(0.75, n), high);
    for (size_t lane = 0; lane < CB_LANES; lane++) {
        c->median[lane] = (float)median[lane];
        c->centre[lane] = 0.0f;
        c->half_width[lane] = (float)(clip * CB_IQR_TO_SIGMA * (high[lane] - low[lane]));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < CB_LANES; lane += CB_VECTOR_LANES)
            *(cb_floats *)(void *)(sorted + i * CB_LANES + lane) -=
                *(const cb_floats *)(void *)(c->median + lane);
}

/* Deviations are of the order of the noise, so that sums in float keep all that the result can hold. */
static CB_VECTOR void clip_lanes(const float *deviation, size_t n, size_t from, struct clipped *c)
{
    const cb_floats one = { 1, 1, 1, 1, 1, 1, 1, 1 };
    const cb_floats centre = *(const cb_floats *)(void *)(c->centre + from);
    const cb_floats limit = *(const cb_floats *)(void *)(c->half_width + from);
    cb_floats count = { 0 }, first = { 0 }, second = { 0 };
    for (size_t i = 0; i < n; i++) {
        cb_floats d = *(const cb_floats *)(const void *)(deviation + i * CB_LANES + from) - centre;
        cb_bits keep = (cb_bits)(d <= limit) & (cb_bits)(-d <= limit);
        d = (cb_floats)((cb_bits)d & keep);
        count += (cb_floats)((cb_bits)one & keep);
        first += d;
        second += d * d;
    }
    *(cb_floats *)(void *)(c->kept + from) = count;
    *(cb_floats *)(void *)(c->mean + from) = centre + first / count;
    *(cb_floats *)(void *)(c->variance + from) = (second - first * first / count) / (count - one);
}

static CB_VECTOR void next_round(struct clipped *c, float clip)
{
    for (size_t lane = 0; lane < CB_LANES; lane++) {
        float variance = c->variance[lane] < 0.0f ? 0.0f : c->variance[lane];
        c->variance[lane] = variance;
        c->centre[lane] = c->mean[lane];
        c->half_width[lane] = clip * sqrtf(variance);
    }
}

/* Variance of the mean from the variances of the inputs that the last round kept. */
static double input_error(const struct cb_stack *stack, size_t x, double centre, double half_width)
{
    double sum = 0.0, kept = 0.0;
    for (size_t i = 0; i < stack->n; i++) {
        size_t at = i * stack->width + x;
        bool is_out = stack->mask != NULL && (stack->mask[at] & stack->reject) != 0;
        if (is_out || !(fabs((double)stack->value[at] - centre) <= half_width))
            continue;
        sum += (double)stack->variance[at];
        kept += 1.0;
    }
    return sum / (kept * kept);
}

static void gather(const struct cb_stack *stack, size_t x, size_t lanes, float *ret_sorted)
{
    for (size_t i = 0; lanes == CB_LANES && i < stack->n; i++)
        memcpy(ret_sorted + i * CB_LANES, stack->value + i * stack->width + x, CB_LANES * sizeof *ret_sorted);
    for (size_t i = 0; lanes < CB_LANES && i < stack->n; i++)
        for (size_t lane = 0; lane < CB_LANES; lane++)
            ret_sorted[i * CB_LANES + lane] = lane < lanes ? stack->value[i * stack->width + x + lane] : 0.0f;
}

static void reduce_block(const struct cb_stack *stack, size_t x, size_t lanes, float *sorted,
                         float *ret_value, float *ret_variance)
{
    struct clipped c;
    gather(stack, x, lanes, sorted);
    cb_lanes_sort(sorted, stack->n);
    start_clip(sorted, stack->n, stack->clip, &c);
    for (int round = 0; round < stack->rounds; round++) {
        if (round > 0 && stack->n > 1) /* a single exposure has no variance, and stays */
            next_round(&c, (float)stack->clip);
        for (size_t from = 0; from < CB_LANES; from += CB_VECTOR_LANES)
            clip_lanes(sorted, stack->n, from, &c);
    }
    for (size_t lane = 0; lane < lanes; lane++) {
        float variance = c.variance[lane] < 0.0f ? 0.0f : c.variance[lane];
        ret_value[x + lane] = c.median[lane] + c.mean[lane];
        ret_variance[x + lane] = variance / c.kept[lane];
    }
    for (size_t lane = 0; stack->variance != NULL && lane < lanes; lane++)
        ret_variance[x + lane] = (float)input_error(
            stack, x + lane, (double)(c.median[lane] + c.centre[lane]), (double)c.half_width[lane]);
}

/* ---- some input unusable: one pixel after the other
 * ------------------------------------------------------------ */

static void insert_sorted(float *list, size_t n, float value)
{
    while (n > 0 && list[n - 1] > value) {
        list[n] = list[n - 1];
        n--;
    }
    list[n] = value;
}

static double quartile(const float *list, struct place place)
{
    return (1.0 - place.part) * (double)list[place.below] + place.part * (double)list[place.above];
}

/* Mean and variance of the deviations within half_width of centre, in the arithmetic of clip_lanes. */
static void clip_list(const float *deviation, size_t n, float centre, float half_width, float *ret_kept,
                      float *ret_mean, float *ret_variance)
{
    float count = 0.0f, first = 0.0f, second = 0.0f;
    for (size_t i = 0; i < n; i++) {
        float d = deviation[i] - centre;
        if (!(fabsf(d) <= half_width))
            continue;
        count += 1.0f;
        first += d;
        second += d * d;
    }
    float variance = (second - first * first / count) / (count - 1.0f);
    *ret_kept = count;
    *ret_mean = centre + first / count;
    *ret_variance = variance < 0.0f ? 0.0f : variance;
}

static void reduce_list(const struct cb_stack *stack, size_t x, float *list, size_t n, float *ret_value,
                        float *ret_variance)
{
    float median = (float)quartile(list, place_of(0.5, n));
    float centre = 0.0f, kept = 0.0f, mean = NAN, variance = NAN;
    float half_width = (float)(stack->clip * CB_IQR_TO_SIGMA *
                               (quartile(list, place_of(0.75, n)) - quartile(list, place_of(0.25, n))));
    for (size_t i = 0; i < n; i++)
        list[i] -= median;
    for (int round = 0; round < stack->rounds; round++) {
        if (round > 0 && n > 1) {
            centre = mean;
            half_width = (float)stack->clip * sqrtf(variance);
        }
        clip_list(list, n, centre, half_width, &kept, &mean, &variance);
    }
    *ret_value = median + mean;
    *ret_variance = stack->variance != NULL
                        ? (float)input_error(stack, x, (double)(median + centre), (double)half_width)
                        : variance / kept;
}

/* One pixel, inputs checked one by one. */
static void reduce_pixel(const struct cb_stack *stack, size_t x, float *list, float *ret_value,
                         float *ret_variance, uint32_t *ret_mask)
{
    size_t n = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < stack->n; i++) {
        size_t at = i * stack->width + x;
        uint32_t mask = stack->mask != NULL ? stack->mask[at] : 0;
        if ((mask & stack->reject) != 0 || !isfinite(stack->value[at]))
            continue;
        insert_sorted(list, n++, stack->value[at]);
        bits |= mask;
    }
    *ret_value = *ret_variance = NAN;
    *ret_mask = n > 0 ? bits : stack->no_good;
    if (n > 0)
        reduce_list(stack, x, list, n, ret_value, ret_variance);
}

/* ---- a row
 * ----------------------------------------------------------------------------------------------------- */

/* Some input of these pixels is not finite or carries a mask bit. */
static CB_VECTOR unsigned needs_care(const struct cb_stack *stack, size_t x, size_t lanes)
{
    unsigned care = 0;
    for (size_t i = 0; i < stack->n; i++) {
        const float *value = stack->value + i * stack->width + x;
        for (size_t lane = 0; lane < lanes; lane++)
            care |= (value[lane] - value[lane]) == 0.0f ? 0u : 1u;
        if (stack->mask == NULL)
            continue;
        const uint32_t *mask = stack->mask + i * stack->width + x;
        for (size_t lane = 0; lane < lanes; lane++)
            care |= mask[lane];
    }
    return care;
}

void cb_stack_reduce(const struct cb_stack *stack, const struct cb_stack_scratch *scratch, float *ret_value,
                     float *ret_variance, uint32_t *ret_mask)
{
    for (size_t x = 0; x < stack->width; x += CB_LANES) {
        size_t lanes = stack->width - x < CB_LANES ? stack->width - x : CB_LANES;
        if (needs_care(stack, x, lanes) == 0) {
            reduce_block(stack, x, lanes, scratch->sorted, ret_value, ret_variance);
            memset(ret_mask + x, 0, lanes * sizeof *ret_mask);
            continue;
        }
        for (size_t lane = 0; lane < lanes; lane++)
            reduce_pixel(stack, x + lane, scratch->list, &ret_value[x + lane], &ret_variance[x + lane],
                         &ret_mask[x + lane]);
    }
}
