/* Dither: uniform, and the same whatever the order. */
#include "calib/dither.h"
#include "support/spec.h"

#include <string.h>

enum { N = 100000 };

static void lies_in_its_range_evenly(void **state)
{
    (void)state;
    static const double low[] = { 0.0, 0.0, -1.0, -0.5 };
    static int32_t raw[N];
    static float value[N];
    for (int mode = CB_DITHER_POSITIVE; mode <= CB_DITHER_SYMMETRIC; mode++) {
        struct cb_dither dither = cb_dither_of((enum cb_dither_mode)mode, 2024120800696, 4, 3);
        double sum = 0, squares = 0, neighbours = 0;
        cb_dither_row(&dither, 0, raw, N, value);
        for (size_t i = 0; i < N; i++) {
            double d = (double)value[i] - low[mode];
            assert_true(d >= 0.0 && d < 1.0);
            sum += d;
            squares += (d - 0.5) * (d - 0.5);
            neighbours += i > 0 ? (d - 0.5) * ((double)value[i - 1] - low[mode] - 0.5) : 0;
        }
        assert_close(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N));
        assert_close(squares / N, 1.0 / 12, 1e-3);
        assert_close(neighbours / N, 0.0, 5.0 / 12 / sqrt(N));
    }
}

static void depends_on_the_pixel_and_not_on_the_piece(void **state)
{
    (void)state;
    int32_t raw[64];
    float whole[64], piece[64];
    struct cb_dither dither = cb_dither_of(CB_DITHER_SYMMETRIC, 7, 0, 0);
    for (int i = 0; i < 64; i++)
        raw[i] = 1000 + i;
    cb_dither_row(&dither, 500, raw, 64, whole);
    for (uint32_t from = 0; from < 64; from += 5)
        cb_dither_row(&dither, 500 + from, raw + from, from + 5 <= 64 ? 5 : 64 - from, piece + from);
    assert_memory_equal(whole, piece, sizeof whole);
}

static void differs_between_exposures_detectors_and_amplifiers(void **state)
{
    (void)state;
    int32_t raw[64] = { 0 };
    float a[64], b[64];
    const struct cb_dither first = cb_dither_of(CB_DITHER_SYMMETRIC, 7, 0, 0);
    const struct cb_dither others[] = { cb_dither_of(CB_DITHER_SYMMETRIC, 8, 0, 0),
                                        cb_dither_of(CB_DITHER_SYMMETRIC, 7, 1, 0),
                                        cb_dither_of(CB_DITHER_SYMMETRIC, 7, 0, 1) };
    cb_dither_row(&first, 0, raw, 64, a);
    for (size_t i = 0; i < 3; i++) {
        size_t same = 0;
        cb_dither_row(&others[i], 0, raw, 64, b);
        for (size_t k = 0; k < 64; k++)
            same += a[k] == b[k];
        assert_true(same < 3);
    }
}

static void none_leaves_the_pixels_alone(void **state)
{
    (void)state;
    const int32_t raw[] = { 0, 1, 262143, -5 };
    float value[4];
    struct cb_dither dither = cb_dither_of(CB_DITHER_NONE, 7, 0, 0);
    cb_dither_row(&dither, 9, raw, 4, value);
    for (size_t i = 0; i < 4; i++)
        assert_close(value[i], raw[i], 0.0);
}

static void modes_are_named_as_upstream(void **state)
{
    (void)state;
    enum cb_dither_mode mode = CB_DITHER_NONE;
    assert_true(cb_dither_mode_parse("SYMMETRIC", &mode, NULL));
    assert_int_equal(mode, CB_DITHER_SYMMETRIC);
    assert_false(cb_dither_mode_parse("symmetric", &mode, NULL));
    assert_false(cb_dither_mode_parse(NULL, &mode, NULL));
}

int main(void)
{
    const struct CMUnitTest dither[] = {
        cmocka_unit_test(lies_in_its_range_evenly),
        cmocka_unit_test(depends_on_the_pixel_and_not_on_the_piece),
        cmocka_unit_test(differs_between_exposures_detectors_and_amplifiers),
        cmocka_unit_test(none_leaves_the_pixels_alone),
        cmocka_unit_test(modes_are_named_as_upstream),
    };
    return cmocka_run_group_tests_name("dither", dither, NULL, NULL);
}
