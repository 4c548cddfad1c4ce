/* The RICE_1 encoder against the decoder. */
#include "support/spec.h"

#include "base/alloc.h"
#include "calib/counter_random.h"
#include "calib/rice.h"
#include "calib/rice_encode.h"

#include <string.h>

enum { MOST = 1000 };

static size_t comes_back(const int32_t *pixels, size_t count)
{
    const struct cb_rice format = { .block_px = CB_RICE_BLOCK_PX, .byte_px = 4 };
    size_t room = cb_rice_room(count);
    cb_auto(cb_free) uint8_t *bytes = cb_xalloc(room + 1);
    int32_t back[MOST];
    size_t size = cb_rice_encode_row(pixels, count, bytes);
    assert_true(size <= room);
    assert_true(cb_rice_decode(&format, bytes, size, count, back, NULL));
    assert_memory_equal(pixels, back, count * sizeof *back);
    return size;
}

/* Noise of each strength from 1 to the whole range of 32 bits, each length. */
static void test_every_row_comes_back(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 32; bits++)
        for (size_t count = 1; count <= MOST; count = count * 3 / 2 + 1) {
            uint32_t words[MOST];
            int32_t pixels[MOST];
            struct cb_random random = cb_random_of(7, bits, 0, 0, (uint32_t)count);
            cb_random_words(&random, 0, count, words);
            for (size_t i = 0; i < count; i++)
                pixels[i] = (int32_t)(words[i] >> (32 - bits));
            comes_back(pixels, count);
        }
}

static void test_outliers_in_quiet_rows_come_back(void **state)
{
    (void)state;
    int32_t pixels[MOST] = { 0 };
    pixels[3] = 1;
    pixels[40] = INT32_MAX;
    pixels[41] = INT32_MIN;
    pixels[100] = 262143;
    pixels[999] = -7;
    comes_back(pixels, MOST);
}

static void test_a_constant_row_takes_a_field_a_block(void **state)
{
    (void)state;
    int32_t pixels[576];
    for (size_t i = 0; i < 576; i++)
        pixels[i] = 23500;
    assert_int_equal(comes_back(pixels, 576), 4 + (18 * 5 + 7) / 8);
    assert_int_equal(cb_rice_encode_row(pixels, 0, NULL), 0);
}

/* Gaussian noise of 6 adu needs log2(6 sqrt(2 pi e)) = 4.6 bits, its differences half a bit more. */
static void test_read_noise_is_packed_tightly(void **state)
{
    (void)state;
    cb_auto(cb_normal_table_free) struct cb_normal_table *table = cb_normal_table_new();
    struct cb_random random = cb_random_of(7, 1, 0, 0, 1);
    float normals[960];
    int32_t pixels[960];
    cb_random_normals(&random, table, 0, 960, normals);
    for (size_t i = 0; i < 960; i++)
        pixels[i] = (int32_t)(23500.5f + 6 * normals[i]);
    assert_true((double)comes_back(pixels, 960) * 8 / 960 < 5.6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_comes_back),
        cmocka_unit_test(test_outliers_in_quiet_rows_come_back),
        cmocka_unit_test(test_a_constant_row_takes_a_field_a_block),
        cmocka_unit_test(test_read_noise_is_packed_tightly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
