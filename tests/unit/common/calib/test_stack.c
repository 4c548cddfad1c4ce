/* The clipped mean of stacked exposures. */
#include "calib/image.h"
#include "calib/stack.h"
#include "calib/stats.h"
#include "support/spec.h"

#include <stdlib.h>

enum { WIDTH = 50, MOST = 25 };

static float values[MOST * WIDTH];
static uint32_t masks[MOST * WIDTH];

static void fill(void)
{
    uint32_t seed = 99;
    for (size_t i = 0; i < MOST * WIDTH; i++) {
        double sum = 0;
        for (int k = 0; k < 12; k++) {
            seed = seed * 1664525u + 1013904223u;
            sum += (double)(seed >> 8) * 0x1p-24;
        }
        values[i] = (float)(20000.0 + 170.0 * (sum - 6.0));
        masks[i] = 0;
    }
}

static struct cb_stack stack_of(size_t n)
{
    return (struct cb_stack){ .n = n,
                              .width = WIDTH,
                              .value = values,
                              .reject = CB_MASK(SAT),
                              .no_good = CB_MASK(BAD),
                              .clip = 3.0,
                              .rounds = 3 };
}

static void reduce(const struct cb_stack *stack, float *value, float *variance, uint32_t *mask)
{
    struct cb_stack_scratch scratch;
    assert_true(cb_stack_scratch_new(stack->n, &scratch, NULL));
    cb_stack_reduce(stack, &scratch, value, variance, mask);
    cb_stack_scratch_done(&scratch);
}

/* Against the statistics of a single list, for every number of exposures. */
static void is_the_clipped_mean_of_each_pixel(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n++) {
        struct cb_stack stack = stack_of(n);
        float value[WIDTH], variance[WIDTH], list[MOST];
        uint32_t mask[WIDTH];
        fill();
        values[7] = 65000.0f;
        reduce(&stack, value, variance, mask);
        for (size_t x = 0; x < WIDTH; x++) {
            struct cb_stats stats;
            for (size_t i = 0; i < n; i++)
                list[i] = values[i * WIDTH + x];
            struct cb_pixels pixels = { .value = list, .width = n, .height = 1, .stride = n };
            assert_true(cb_stats_measure(&pixels, 3.0, 3, &stats, NULL));
            assert_close(value[x], stats.clipped_mean, 2e-3);
            double expected = stats.clipped_variance / (double)stats.clipped_n;
            assert_close(variance[x], expected, 1e-4 * expected);
            assert_int_equal(mask[x], 0);
        }
    }
}

static void masked_inputs_change_nothing_but_their_own_pixel(void **state)
{
    (void)state;
    float value[WIDTH], variance[WIDTH], again[WIDTH], variance_again[WIDTH];
    uint32_t mask[WIDTH];
    struct cb_stack stack = stack_of(20);
    fill();
    reduce(&stack, value, variance, mask);
    masks[3 * WIDTH + 10] = CB_MASK(SAT);
    masks[4 * WIDTH + 11] = CB_MASK(SUSPECT);
    stack.mask = masks;
    reduce(&stack, again, variance_again, mask);
    for (size_t x = 0; x < WIDTH; x++)
        if (x != 10)
            assert_close(again[x], value[x], 2e-3);
    assert_true(again[10] != value[10]);
    assert_int_equal(mask[10], 0);
    assert_int_equal(mask[11], CB_MASK(SUSPECT));
}

static void without_a_usable_input_a_pixel_is_bad(void **state)
{
    (void)state;
    float value[WIDTH], variance[WIDTH];
    uint32_t mask[WIDTH];
    struct cb_stack stack = stack_of(3);
    fill();
    for (size_t i = 0; i < 3; i++)
        values[i * WIDTH + 4] = i == 1 ? INFINITY : NAN;
    reduce(&stack, value, variance, mask);
    assert_close(value[4], NAN, 0);
    assert_close(variance[4], NAN, 0);
    assert_int_equal(mask[4], CB_MASK(BAD));
    assert_true(isfinite(value[3]));
}

static void few_exposures_take_their_error_from_the_input_variances(void **state)
{
    (void)state;
    enum { N = 4 };
    float value[WIDTH], variance[WIDTH], input[N * WIDTH];
    uint32_t mask[WIDTH];
    for (size_t i = 0; i < N; i++)
        for (size_t x = 0; x < WIDTH; x++) {
            values[i * WIDTH + x] = 100.0f + 0.1f * (float)i;
            input[i * WIDTH + x] = (float)(i + 1);
        }
    values[2 * WIDTH + 9] = 5000.0f; /* clipped: 1 + 2 + 4 are left */
    struct cb_stack stack = stack_of(N);
    stack.variance = input;
    reduce(&stack, value, variance, mask);
    assert_close(variance[0], 10.0 / 16.0, 1e-6);
    assert_close(variance[9], 7.0 / 9.0, 1e-6);
    assert_close(value[9], 100.0 + 0.4 / 3.0, 1e-4);
}

int main(void)
{
    const struct CMUnitTest stack[] = {
        cmocka_unit_test(is_the_clipped_mean_of_each_pixel),
        cmocka_unit_test(masked_inputs_change_nothing_but_their_own_pixel),
        cmocka_unit_test(without_a_usable_input_a_pixel_is_bad),
        cmocka_unit_test(few_exposures_take_their_error_from_the_input_variances),
    };
    return cmocka_run_group_tests_name("stack of exposures", stack, NULL, NULL);
}
