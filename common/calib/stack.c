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

/* Clip interval and what it kept, per lane. */
struct clipped {
    double centre[CB_LANES], half_width[CB_LANES];
    double kept[CB_LANES], mean[CB_LANES], variance[CB_LANES];
};

static inline void read_place(const float *sorted, struct place place, double *ret)
{
    for (size_t lane = 0; lane < CB_LANES; lane++)
        ret[lane] = (1.0 - place.part) * (double)sorted[place.below * CB_LANES + lane] +
                    place.part * (double)sorted[place.above * CB_LANES + lane];
}

static CB_VECTOR void start_clip(const float *sorted, size_t n, double clip, struct clipped *c)
{
    double low[CB_LANES], high[CB_LANES];
    read_place(sorted, place_of(0.25, n), low);
    read_place(sorted, place_of(0.5, n), c->centre);
    read_place(sorted, place_of(0.75, n), high);
    for (size_t lane = 0; lane < CB_LANES; lane++)
        c->half_width[lane] = clip * CB_IQR_TO_SIGMA * (high[lane] - low[lane]);
}

#define HALF (CB_LANES / 2) /* doubles of half the lanes stay in registers */

static CB_VECTOR void clip_half(const float *sorted, size_t n, size_t from, struct clipped *c)
{
    double count[HALF] = { 0 }, first[HALF] = { 0 }, second[HALF] = { 0 };
    double centre[HALF], limit[HALF];
    for (size_t lane = 0; lane < HALF; lane++) {
        centre[lane] = c->centre[from + lane];
        limit[lane] = c->half_width[from + lane];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < HALF; lane++) {
            double d = (double)sorted[i * CB_LANES + from + lane] - centre[lane];
            double keep = fabs(d) <= limit[lane] ? 1.0 : 0.0;
            d *= keep;
            count[lane] += keep;
            first[lane] += d;
            second[lane] += d * d;
        }
    for (size_t lane = 0; lane < HALF; lane++) {
        double variance = (second[lane] - first[lane] * first[lane] / count[lane]) / (count[lane] - 1.0);
        c->kept[from + lane] = count[lane];
        c->mean[from + lane] = centre[lane] + first[lane] / count[lane];
        c->variance[from + lane] = variance < 0.0 ? 0.0 : variance;
    }
}

static void next_round(struct clipped *c, double clip)
{
    for (size_t lane = 0; lane < CB_LANES; lane++) {
        c->centre[lane] = c->mean[lane];
        c->half_width[lane] = clip * sqrt(c->variance[lane]);
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
    for (size_t i = 0; i < stack->n; i++) {
        memcpy(ret_sorted + i * CB_LANES, stack->value + i * stack->width + x, lanes * sizeof *ret_sorted);
        for (size_t lane = lanes; lane < CB_LANES; lane++)
            ret_sorted[i * CB_LANES + lane] = 0.0f;
    }
}

static void reduce_block(const struct cb_stack *stack, size_t x, size_t lanes, float *sorted,
                         float *ret_value, float *ret_variance)
{
    struct clipped c;
    gather(stack, x, lanes, sorted);
    cb_lanes_sort(sorted, stack->n);
    start_clip(sorted, stack->n, stack->clip, &c);
    for (int round = 0; round < stack->rounds; round++) {
        if (round > 0)
            next_round(&c, stack->clip);
        clip_half(sorted, stack->n, 0, &c);
        clip_half(sorted, stack->n, HALF, &c);
    }
    for (size_t lane = 0; lane < lanes; lane++) {
        ret_value[x + lane] = (float)c.mean[lane];
        ret_variance[x + lane] =
            (float)(stack->variance != NULL ? input_error(stack, x + lane, c.centre[lane], c.half_width[lane])
                                            : c.variance[lane] / c.kept[lane]);
    }
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

/* The same sums as clip_half, in the same order. */
static void clip_list(const float *list, size_t n, double centre, double half_width, double *ret_kept,
                      double *ret_mean, double *ret_variance)
{
    double count = 0.0, first = 0.0, second = 0.0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)list[i] - centre;
        if (!(fabs(d) <= half_width))
            continue;
        count += 1.0;
        first += d;
        second += d * d;
    }
    double variance = (second - first * first / count) / (count - 1.0);
    *ret_kept = count;
    *ret_mean = centre + first / count;
    *ret_variance = variance < 0.0 ? 0.0 : variance;
}

static void reduce_list(const struct cb_stack *stack, size_t x, const float *list, size_t n, float *ret_value,
                        float *ret_variance)
{
    double centre = quartile(list, place_of(0.5, n)), kept = 0.0, mean = NAN, variance = NAN;
    double half_width = stack->clip * CB_IQR_TO_SIGMA *
                        (quartile(list, place_of(0.75, n)) - quartile(list, place_of(0.25, n)));
    for (int round = 0; round < stack->rounds; round++) {
        if (round > 0) {
            centre = mean;
            half_width = stack->clip * sqrt(variance);
        }
        clip_list(list, n, centre, half_width, &kept, &mean, &variance);
    }
    *ret_value = (float)mean;
    *ret_variance =
        (float)(stack->variance != NULL ? input_error(stack, x, centre, half_width) : variance / kept);
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
