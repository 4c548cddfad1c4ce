/* Counter-based random numbers: known answers, moments, independence of order. */
#include "support/spec.h"

#include "base/alloc.h"
#include "calib/counter_random.h"

#include <stdlib.h>
#include <string.h>

/* Known answers of Random123 for Philox4x32-10, written for the layout (block, counter[0..2]). */
static void test_philox_gives_the_published_answers(void **state)
{
    (void)state;
    const struct cb_random zeros = { .key = { 0, 0 } };
    const struct cb_random ones = { .key = { UINT32_MAX, UINT32_MAX },
                                    .counter = { UINT32_MAX, UINT32_MAX, UINT32_MAX } };
    const struct cb_random pi = { .key = { 0xa4093822, 0x299f31d0 },
                                  .counter = { 0x85a308d3, 0x13198a2e, 0x03707344 } };
    uint32_t words[4];
    cb_random_words(&zeros, 0, 4, words);
    assert_int_equal(words[0], 0x6627e8d5);
    assert_int_equal(words[1], 0xe169c58d);
    assert_int_equal(words[2], 0xbc57ac4c);
    assert_int_equal(words[3], 0x9b00dbd8);
    cb_random_words(&ones, (uint64_t)UINT32_MAX * 4, 4, words);
    assert_int_equal(words[0], 0x408f276d);
    assert_int_equal(words[3], 0x6d5451fd);
    cb_random_words(&pi, (uint64_t)0x243f6a88 * 4, 4, words);
    assert_int_equal(words[0], 0xd16cfe09);
    assert_int_equal(words[1], 0x94fdcceb);
    assert_int_equal(words[2], 0x5001e420);
    assert_int_equal(words[3], 0x24126ea1);
}

static void test_numbers_do_not_depend_on_how_they_are_asked_for(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct cb_random random = cb_random_of(7, 2024120800801, 4, 3, 2);
    cb_auto(cb_normal_table_free) struct cb_normal_table *table = cb_normal_table_new();
    float whole[COUNT], parts[COUNT];
    cb_random_normals(&random, table, 0, COUNT, whole);
    for (size_t at = COUNT; at > 0;) {
        size_t size = at < 77 ? at : 77;
        at -= size;
        cb_random_normals(&random, table, at, size, parts + at);
    }
    assert_memory_equal(whole, parts, sizeof whole);
    assert_close(cb_random_normal(&random, 123), whole[123], 1e-4);
}

static void test_each_key_gives_another_sequence(void **state)
{
    (void)state;
    const struct cb_random others[] = { cb_random_of(7, 100, 4, 3, 2), cb_random_of(8, 100, 4, 3, 2),
                                        cb_random_of(7, 101, 4, 3, 2), cb_random_of(7, 100, 5, 3, 2),
                                        cb_random_of(7, 100, 4, 2, 2), cb_random_of(7, 100, 4, 3, 1) };
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(cb_random_uniform(&others[a], 5) != cb_random_uniform(&others[b], 5));
}

static void test_quantile_is_the_inverse_of_the_distribution(void **state)
{
    (void)state;
    assert_close(cb_normal_quantile(0.5), 0, 1e-16);
    assert_close(cb_normal_quantile(0.975), 1.959963984540054, 1e-14);
    for (double p = 1e-12; p < 0.5; p *= 3) {
        double z = cb_normal_quantile(p);
        assert_close(0.5 * erfc(-z * M_SQRT1_2) / p, 1.0, 1e-12);
        assert_close(cb_normal_quantile(1.0 - p), -z, 1e-3 * p + 1e-4);
    }
}

struct moments {
    double mean, variance, skewness, kurtosis;
};

static struct moments moments_of(const float *x, size_t n)
{
    struct moments m = { 0 };
    for (size_t i = 0; i < n; i++)
        m.mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] - m.mean;
        m.variance += d * d / (double)n;
        m.skewness += d * d * d / (double)n;
        m.kurtosis += d * d * d * d / (double)n;
    }
    m.skewness /= pow(m.variance, 1.5);
    m.kurtosis /= m.variance * m.variance;
    return m;
}

enum { SAMPLE = 2000000 };

static void test_normals_have_the_moments_of_a_normal(void **state)
{
    (void)state;
    cb_auto(cb_normal_table_free) struct cb_normal_table *table = cb_normal_table_new();
    cb_auto(cb_free) float *x = cb_xalloc_array(SAMPLE, sizeof *x);
    struct cb_random random = cb_random_of(7, 1, 0, 0, 1);
    cb_random_normals(&random, table, 0, SAMPLE, x);
    struct moments m = moments_of(x, SAMPLE);
    assert_close(m.mean, 0, 4 / sqrt(SAMPLE));
    assert_close(m.variance, 1, 4 * sqrt(2.0 / SAMPLE));
    assert_close(m.skewness, 0, 4 * sqrt(6.0 / SAMPLE));
    assert_close(m.kurtosis, 3, 4 * sqrt(24.0 / SAMPLE));
    size_t beyond = 0;
    for (size_t i = 0; i < SAMPLE; i++)
        beyond += fabsf(x[i]) > 4;
    assert_close((double)beyond, SAMPLE * 6.334e-5, 4 * sqrt(SAMPLE * 6.334e-5));
}

static void poisson_has_its_moments(double mean)
{
    cb_auto(cb_normal_table_free) struct cb_normal_table *table = cb_normal_table_new();
    cb_auto(cb_free) float *x = cb_xalloc_array(SAMPLE, sizeof *x);
    cb_auto(cb_free) float *expected = cb_xalloc_array(SAMPLE, sizeof *expected);
    for (size_t i = 0; i < SAMPLE; i++)
        expected[i] = (float)mean;
    struct cb_random random = cb_random_of(7, 1, 0, 0, 2);
    cb_random_poisson(&random, table, 0, SAMPLE, expected, x);
    struct moments m = moments_of(x, SAMPLE);
    assert_close(m.mean, mean, 4 * sqrt(mean / SAMPLE));
    assert_close(m.variance, mean, 4 * mean * sqrt((2.0 + 1.0 / mean) / SAMPLE));
    assert_close(m.skewness, 1 / sqrt(mean), 0.02 + 0.02 / sqrt(mean));
}

static void test_counts_have_the_moments_of_a_poisson_process(void **state)
{
    (void)state;
    poisson_has_its_moments(0.005);
    poisson_has_its_moments(0.7);
    poisson_has_its_moments(40);
    poisson_has_its_moments(70);
    poisson_has_its_moments(50000);
}

static void test_no_light_gives_no_counts(void **state)
{
    (void)state;
    cb_auto(cb_normal_table_free) struct cb_normal_table *table = cb_normal_table_new();
    const float mean[4] = { 0, -3, NAN, 1000 };
    float counts[4];
    struct cb_random random = cb_random_of(7, 1, 0, 0, 3);
    cb_random_poisson(&random, table, 0, 4, mean, counts);
    assert_true(counts[0] == 0 && counts[1] == 0 && counts[2] == 0);
    assert_close(counts[3], 1000, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_gives_the_published_answers),
        cmocka_unit_test(test_numbers_do_not_depend_on_how_they_are_asked_for),
        cmocka_unit_test(test_each_key_gives_another_sequence),
        cmocka_unit_test(test_quantile_is_the_inverse_of_the_distribution),
        cmocka_unit_test(test_normals_have_the_moments_of_a_normal),
        cmocka_unit_test(test_counts_have_the_moments_of_a_poisson_process),
        cmocka_unit_test(test_no_light_gives_no_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
