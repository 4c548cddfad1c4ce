/* Cosmic rays in darks. */
#include "calib/cosmic.h"
#include "support/spec.h"

#include <stdlib.h>

enum { W = 200, H = 200 };
#define NOISE 8.0

static uint64_t random_state;

static double uniform(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = random_state;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((x ^ (x >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static struct cb_image *noise_image(uint64_t seed)
{
    struct cb_image *image = NULL;
    random_state = seed;
    assert_true(cb_image_new(W, H, CB_UNIT_ELECTRON, &image, NULL));
    for (size_t i = 0; i < W * H; i++) {
        image->value[i] = (float)(5.0 + NOISE * sqrt(-2.0 * log(uniform())) * cos(2.0 * M_PI * uniform()));
        image->variance[i] = (float)(NOISE * NOISE);
    }
    return image;
}

static bool is_marked(const struct cb_spans *spans, size_t y, size_t x)
{
    uint32_t mask = 0;
    return cb_spans_mask_row(spans, y, x, 1, CB_MASK(CR), &mask) && mask == CB_MASK(CR);
}

static struct cb_spans found(struct cb_image *image)
{
    struct cb_cosmic_config config = cb_cosmic_defaults(3.0);
    struct cb_spans spans;
    bool too_many = true;
    assert_true(cb_cosmic_find(image, &config, &spans, &too_many, NULL));
    assert_false(too_many);
    return spans;
}

static void single_pixels_above_20_sigma_are_found_and_noise_is_not(void **state)
{
    (void)state;
    struct cb_image *image = noise_image(3);
    for (size_t y = 10; y < H; y += 20)
        for (size_t x = 10; x < W; x += 20)
            image->value[y * W + x] += (float)(21.0 * NOISE + (double)(x + y));
    struct cb_spans spans = found(image);
    size_t hits = 0;
    for (size_t y = 10; y < H; y += 20)
        for (size_t x = 10; x < W; x += 20)
            hits += is_marked(&spans, y, x);
    assert_int_equal(hits, 100);
    assert_in_range(spans.pixels, 100, 132); /* growing at 3 sigma adds about one noisy neighbour in 50 */
    cb_spans_done(&spans);
    cb_image_free(image);
}

static void a_star_is_no_cosmic_ray(void **state)
{
    (void)state;
    struct cb_image *image = noise_image(4);
    for (int dy = -8; dy <= 8; dy++)
        for (int dx = -8; dx <= 8; dx++)
            image->value[(100 + dy) * W + 100 + dx] +=
                (float)(3000.0 * exp(-0.5 * (dx * dx + dy * dy) / (1.8 * 1.8)));
    struct cb_spans spans = found(image);
    assert_false(is_marked(&spans, 100, 100));
    cb_spans_done(&spans);
    cb_image_free(image);
}

static void a_track_is_marked_as_a_whole_and_the_image_stays(void **state)
{
    (void)state;
    struct cb_image *image = noise_image(5);
    for (size_t i = 0; i < 12; i++)
        image->value[(50 + i) * W + 60 + i / 2] += 800.0f;
    float before = image->value[55 * W + 62];
    struct cb_spans spans = found(image);
    for (size_t i = 0; i < 12; i++)
        assert_true(is_marked(&spans, 50 + i, 60 + i / 2));
    assert_close(image->value[55 * W + 62], before, 0.0);
    cb_spans_done(&spans);
    cb_image_free(image);
}

static void bad_pixels_are_interpolated_and_not_found(void **state)
{
    (void)state;
    struct cb_image *image = noise_image(6);
    image->value[30 * W + 30] = 50000.0f;
    image->mask[30 * W + 30] = CB_MASK(BAD);
    image->value[40 * W + 199] = NAN;
    struct cb_spans spans = found(image);
    assert_false(is_marked(&spans, 30, 30));
    assert_true(image->value[30 * W + 30] < 100.0f);
    assert_true(isfinite(image->value[40 * W + 199]));
    cb_spans_done(&spans);
    cb_image_free(image);
}

static void what_repeats_is_a_hot_pixel_and_the_rest_grows(void **state)
{
    (void)state;
    struct cb_spans spans[4];
    for (size_t i = 0; i < 4; i++) {
        struct cb_image *image = noise_image(10 + i);
        image->value[50 * W + 50] += 900.0f;
        if (i == 2)
            image->value[120 * W + 80] += 900.0f;
        spans[i] = found(image);
        cb_image_free(image);
    }
    assert_true(cb_cosmic_settle(spans, 4, W, H, 2, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_false(is_marked(&spans[i], 50, 50));
    assert_true(is_marked(&spans[2], 120, 80));
    assert_true(is_marked(&spans[2], 122, 80));
    assert_false(is_marked(&spans[2], 122, 82)); /* a disc, no box */
    assert_true(is_marked(&spans[2], 121, 81));
    for (size_t i = 0; i < 4; i++)
        cb_spans_done(&spans[i]);
}

static void a_broken_image_has_too_many(void **state)
{
    (void)state;
    struct cb_image *image = noise_image(8);
    struct cb_cosmic_config config = cb_cosmic_defaults(3.0);
    struct cb_spans spans;
    bool too_many = false;
    config.max_pixels = 50;
    for (size_t i = 0; i < W * H; i += 9)
        image->value[i] += 2000.0f;
    assert_true(cb_cosmic_find(image, &config, &spans, &too_many, NULL));
    assert_true(too_many);
    assert_int_equal(spans.count, 0);
    cb_spans_done(&spans);
    cb_image_free(image);
}

int main(void)
{
    const struct CMUnitTest cosmic[] = {
        cmocka_unit_test(single_pixels_above_20_sigma_are_found_and_noise_is_not),
        cmocka_unit_test(a_star_is_no_cosmic_ray),
        cmocka_unit_test(a_track_is_marked_as_a_whole_and_the_image_stays),
        cmocka_unit_test(bad_pixels_are_interpolated_and_not_found),
        cmocka_unit_test(what_repeats_is_a_hot_pixel_and_the_rest_grows),
        cmocka_unit_test(a_broken_image_has_too_many),
    };
    return cmocka_run_group_tests_name("cosmic rays", cosmic, NULL, NULL);
}
