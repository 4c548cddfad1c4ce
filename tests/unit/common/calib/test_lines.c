/* Medians of overscan lines. */
#include "calib/lines.h"
#include "support/spec.h"

#include <string.h>

static struct cb_lines lines_of(size_t n, size_t k, const float *value)
{
    struct cb_lines lines;
    assert_true(cb_lines_new(n, k, &lines, NULL));
    memcpy(lines.value, value, n * k * sizeof *value);
    cb_lines_sort(&lines);
    return lines;
}

static void an_outlier_is_left_out_of_the_median(void **state)
{
    (void)state;
    const float v[] = { 101, 101, 100, 180, 99,  102, 101, 100.5f, 100, 99.5f, 100.5f, 100, 99,  101,
                        100, 99,  101, 100, 101, 99,  100, 99,     100, 101,   100,    99,  101, 100 };
    struct cb_lines lines = lines_of(4, 7, v);
    float value[4];
    assert_true(cb_lines_collapse(&lines, 3.0, value, NULL));
    assert_close(value[0], 101.0, 0.0);
    assert_close(value[1], 100.0, 0.0);
    cb_lines_done(&lines);
}

static const struct cb_lines_config one_sided = { .max_deviation = 100.0, .kernel = 5, .sigmas = 3.0 };

static void pixels_far_from_the_median_are_bad(void **state)
{
    (void)state;
    const float v[] = { 0, 1, 500, -500, 2, 1, 0, 1 };
    struct cb_lines lines = lines_of(2, 4, v);
    uint8_t bad[2];
    assert_true(cb_lines_mark(&lines, &one_sided, bad, NULL));
    assert_int_equal(lines.masked, 1);
    assert_int_equal(lines.mask[2], 1);
    struct cb_lines_config both = one_sided;
    both.absolute = true;
    assert_true(cb_lines_mark(&lines, &both, bad, NULL));
    assert_int_equal(lines.masked, 2);
    cb_lines_done(&lines);
}

static void a_bad_line_grows_and_is_filled_from_both_sides(void **state)
{
    (void)state;
    enum { N = 40, K = 4 };
    float v[N * K], value[N];
    uint8_t bad[N];
    for (size_t i = 0; i < N * K; i++)
        v[i] = (float)(i / K) + 0.25f * (float)(i % K);
    for (size_t i = 0; i < K; i++)
        v[20 * K + i] = 5000.0f;
    struct cb_lines lines = lines_of(N, K, v);
    struct cb_lines_config config = one_sided;
    config.grow = 2;
    assert_true(cb_lines_mark(&lines, &config, bad, NULL));
    for (size_t line = 0; line < N; line++)
        assert_int_equal(bad[line], line >= 18 && line <= 22);
    assert_true(cb_lines_collapse(&lines, 3.0, value, NULL));
    assert_close(value[17], 17.375, 0.0);
    assert_close(value[20], 20.375, 0.0); /* the median of lines 13..17 and 23..27 */
    cb_lines_done(&lines);
}

static void a_gap_at_the_start_takes_the_right_side(void **state)
{
    (void)state;
    enum { N = 20, K = 3 };
    float v[N * K], value[N];
    for (size_t i = 0; i < N * K; i++)
        v[i] = (float)(i / K);
    struct cb_lines lines = lines_of(N, K, v);
    for (size_t i = 0; i < 2 * K; i++)
        lines.mask[i] = 1;
    lines.masked = 2 * K;
    assert_true(cb_lines_collapse(&lines, 3.0, value, NULL));
    assert_close(value[0], 4.0, 0.0); /* lines 2..6 */
    cb_lines_done(&lines);
}

static void a_line_above_its_neighbours_is_bad_but_not_at_the_ends(void **state)
{
    (void)state;
    enum { N = 30, K = 4 };
    float v[N * K];
    uint8_t bad[N];
    for (size_t i = 0; i < N * K; i++)
        v[i] = i / K == 15 || i / K == 2 ? 8.0f : 0.0f;
    struct cb_lines lines = lines_of(N, K, v);
    struct cb_lines_config config = one_sided;
    config.smooth = true;
    config.smooth_threshold = 5.0;
    assert_true(cb_lines_mark(&lines, &config, bad, NULL));
    for (size_t line = 0; line < N; line++)
        assert_int_equal(bad[line], line == 15);
    cb_lines_done(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outlier_is_left_out_of_the_median),
        cmocka_unit_test(pixels_far_from_the_median_are_bad),
        cmocka_unit_test(a_bad_line_grows_and_is_filled_from_both_sides),
        cmocka_unit_test(a_gap_at_the_start_takes_the_right_side),
        cmocka_unit_test(a_line_above_its_neighbours_is_bad_but_not_at_the_ends),
    };
    return cmocka_run_group_tests_name("overscan lines", tests, NULL, NULL);
}
