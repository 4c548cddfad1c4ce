/* Order statistics and clipped means of pixels. */
#include "calib/stats.h"
#include "support/spec.h"

#include <stdlib.h>

static struct cb_pixels list_of(const float *value, size_t n)
{
    return (struct cb_pixels){ .value = value, .width = n, .height = 1, .stride = n };
}

static void gives_the_numbers_of_the_worked_example(void **state)
{
    (void)state;
    const float v[] = { 10, 11, 9, 10, 12, 8, 10, 11, 9, 10, 100, 10.5f };
    struct cb_pixels pixels = list_of(v, 12);
    struct cb_stats stats;
    assert_true(cb_stats_measure(&pixels, 3.0, 3, &stats, NULL));
    assert_int_equal(stats.n, 12);
    assert_close(stats.mean, 17.541666666666668, 1e-12);
    assert_close(stats.median, 10.0, 0.0);
    assert_close(stats.q75 - stats.q25, 1.25, 1e-12);
    assert_close(stats.clipped_mean, 10.045454545454545, 1e-12);
    assert_close(stats.clipped_variance, 1.222727272727273, 1e-12);
    assert_close(stats.clipped_stdev, 1.1057699908784255, 1e-12);
    assert_int_equal(stats.clipped_n, 11);
}

static void leaves_out_masked_and_not_finite_pixels(void **state)
{
    (void)state;
    const float v[] = { 1, 2, 1000, NAN, 3, INFINITY };
    const uint32_t mask[] = { 0, 4, 1, 0, 0, 0 };
    struct cb_pixels pixels = { .value = v, .mask = mask, .reject = 1, .width = 3, .height = 2, .stride = 3 };
    struct cb_stats stats;
    assert_true(cb_stats_measure(&pixels, 3.0, 3, &stats, NULL));
    assert_int_equal(stats.n, 3);
    assert_close(stats.median, 2.0, 0.0);
    assert_close(stats.mean, 2.0, 1e-15);
}

static void of_no_pixel_are_nan(void **state)
{
    (void)state;
    const float v[] = { NAN };
    struct cb_pixels pixels = list_of(v, 1);
    struct cb_stats stats;
    assert_true(cb_stats_measure(&pixels, 3.0, 3, &stats, NULL));
    assert_int_equal(stats.n, 0);
    assert_close(stats.median, NAN, 0.0);
    assert_close(stats.clipped_mean, NAN, 0.0);
}

static void of_one_pixel_have_no_variance(void **state)
{
    (void)state;
    const float v[] = { -7.5f };
    struct cb_pixels pixels = list_of(v, 1);
    struct cb_stats stats;
    assert_true(cb_stats_measure(&pixels, 3.0, 3, &stats, NULL));
    assert_close(stats.clipped_mean, -7.5, 0.0);
    assert_close(stats.variance, NAN, 0.0);
}

static void keep_equal_pixels_when_the_quartiles_coincide(void **state)
{
    (void)state;
    const float v[] = { 5, 5, 5, 5, 5, 9 };
    struct cb_pixels pixels = list_of(v, 6);
    struct cb_stats stats;
    assert_true(cb_stats_measure(&pixels, 3.0, 1, &stats, NULL));
    assert_int_equal(stats.clipped_n, 5);
    assert_close(stats.clipped_mean, 5.0, 0.0);
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Spread over many buckets, crowded into few, and negative: all ways through the histograms. */
static void agree_with_sorting(void **state)
{
    (void)state;
    enum { N = 60001 };
    static const double fraction[] = { 0.0, 0.05, 0.16, 0.25, 0.5, 0.84, 0.95, 1.0 };
    const double centre[] = { 0.0, 30000.0, -20.0 };
    float *v = malloc(N * sizeof *v), *sorted = malloc(N * sizeof *sorted);
    for (size_t round = 0; round < 3; round++) {
        uint32_t seed = 12345;
        for (size_t i = 0; i < N; i++) {
            seed = seed * 1664525u + 1013904223u;
            v[i] = sorted[i] = (float)(centre[round] + ((double)(seed >> 8) * 0x1p-24 - 0.5) * 50.0);
        }
        qsort(sorted, N, sizeof *sorted, compare);
        struct cb_pixels pixels = list_of(v, N);
        double value[8];
        assert_true(cb_stats_at(&pixels, fraction, 8, value, NULL));
        for (size_t i = 0; i < 8; i++) {
            double at = fraction[i] * (N - 1), part = at - floor(at);
            size_t below = (size_t)at, above = below + 1 < N ? below + 1 : below;
            assert_close(value[i], (1 - part) * (double)sorted[below] + part * (double)sorted[above], 1e-12);
        }
    }
    free(v);
    free(sorted);
}

int main(void)
{
    const struct CMUnitTest stats[] = {
        cmocka_unit_test(gives_the_numbers_of_the_worked_example),
        cmocka_unit_test(leaves_out_masked_and_not_finite_pixels),
        cmocka_unit_test(of_no_pixel_are_nan),
        cmocka_unit_test(of_one_pixel_have_no_variance),
        cmocka_unit_test(keep_equal_pixels_when_the_quartiles_coincide),
        cmocka_unit_test(agree_with_sorting),
    };
    return cmocka_run_group_tests_name("statistics of pixels", stats, NULL, NULL);
}
