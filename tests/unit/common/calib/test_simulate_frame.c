/* The forward model: noise, levels, light, the brighter-fatter effect, changes, and what they depend on. */
#include "support/spec.h"

#include "base/alloc.h"
#include "calib/simulate_frame.h"

#include <stdlib.h>
#include <string.h>

enum { AMP = 12 }; /* C03 */

struct bench {
    struct cb_sim_layout layout;
    struct cb_sim_detector *detector;
    struct cb_normal_table *table;
    struct cb_sim_work *work;
    struct cb_sim_exposure exposure;
    size_t pixels;
    int32_t *raw;
};

static struct cb_sim_detector *detector_of(uint64_t seed, int number, const struct cb_sim_layout *layout)
{
    struct cb_sim_detector *detector = NULL;
    const struct cb_sim_constants *constants = cb_sim_constants_find("LSSTComCam", number);
    assert_non_null(constants);
    assert_true(cb_sim_detector_new(seed, constants, layout, 0, 0, &detector, NULL));
    return detector;
}

static struct cb_sim_exposure bias_exposure(void)
{
    struct cb_sim_exposure exposure = { .exposure_id = 2024120800801, .band = 'r', .dark_s = 0.0313 };
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++)
        exposure.state[i] = cb_sim_state_unchanged();
    return exposure;
}

static int set_up(void **state)
{
    struct bench *bench = cb_xalloc(sizeof *bench);
    assert_true(cb_sim_layout_make(4, 64, 48, &bench->layout, NULL));
    bench->detector = detector_of(7, 4, &bench->layout);
    bench->table = cb_normal_table_new();
    bench->work = cb_sim_work_new(&bench->layout);
    bench->exposure = bias_exposure();
    bench->pixels = (size_t)cb_sim_raw_width(&bench->layout) * (size_t)cb_sim_raw_height(&bench->layout);
    bench->raw = cb_xalloc_array(bench->pixels, sizeof *bench->raw);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    cb_sim_detector_free(bench->detector);
    cb_normal_table_free(bench->table);
    cb_sim_work_free(bench->work);
    free(bench->raw);
    free(bench);
    return 0;
}

static void expose(struct bench *bench)
{
    cb_sim_segment(bench->detector, bench->table, &bench->exposure, AMP, bench->work, bench->raw);
}

struct spread {
    double mean, variance;
    size_t count;
};

/* Mean and variance of raw pixels of a box, less the mean serial overscan of their row and, for data, the
 * structure. */
static struct spread spread_of(const struct bench *bench, struct cb_box box, const float *less)
{
    int width = cb_sim_raw_width(&bench->layout);
    struct cb_box over = bench->detector->geometry.segment[AMP].serial_overscan;
    double sum = 0, squares = 0, count = (double)box.width * box.height;
    for (int pass = 0; pass < 2; pass++) {
        for (int y = box.y0; y < box.y0 + box.height; y++) {
            double level = 0;
            for (int x = over.x0; x < over.x0 + over.width; x++)
                level += bench->raw[y * width + x] / (double)over.width;
            for (int x = box.x0; x < box.x0 + box.width; x++) {
                double value = bench->raw[y * width + x] - level;
                value -= less != NULL ? (double)less[(y - box.y0) * box.width + x - box.x0] : 0.0;
                if (pass == 0)
                    sum += value;
                else
                    squares += (value - sum / count) * (value - sum / count);
            }
        }
    }
    return (struct spread){ sum / count, squares / (count - 1), (size_t)count };
}

static float *structure_of(const struct bench *bench)
{
    size_t width = (size_t)bench->layout.data_width;
    float *structure = cb_xalloc_array(width * (size_t)bench->layout.data_height, sizeof *structure);
    for (int j = 0; j < bench->layout.data_height; j++)
        cb_sim_structure_row(bench->detector, AMP, j, structure + (size_t)j * width);
    return structure;
}

/* Read noise in adu^2 as integers show it. */
static double noise_adu2(const struct bench *bench)
{
    const struct cb_sim_amp *amp = &bench->detector->amp[AMP];
    return pow(amp->noise_e / amp->gain_e_per_adu, 2) + 1.0 / 12;
}

static void test_a_bias_is_structure_and_read_noise(void **state)
{
    struct bench *bench = *state;
    const struct cb_segment *segment = &bench->detector->geometry.segment[AMP];
    expose(bench);
    cb_auto(cb_free) float *structure = structure_of(bench);
    struct spread data = spread_of(bench, segment->data, structure);
    double variance = noise_adu2(bench);
    double error = sqrt(variance * (1.0 / (double)data.count + 1.0 / (500.0 * 64)));
    assert_close(data.mean, 0.0005, 4 * error); /* 0.0313 s of dark current */
    assert_close(data.variance / (variance * (1 + 1.0 / 64)), 1, 0.02);
    struct spread parallel = spread_of(bench, segment->parallel_overscan, NULL);
    assert_close(parallel.mean, 0, 4 * sqrt(variance * (1.0 / (double)parallel.count + 1.0 / (48.0 * 64))));
}

static void test_the_level_drifts_between_exposures(void **state)
{
    struct bench *bench = *state;
    enum { COUNT = 20 };
    double sum = 0, squares = 0;
    for (int i = 0; i < COUNT; i++) {
        bench->exposure.exposure_id++;
        expose(bench);
        double level = 0;
        int width = cb_sim_raw_width(&bench->layout), height = cb_sim_raw_height(&bench->layout);
        for (int y = 0; y < height; y++)
            level += bench->raw[y * width + width - 1] / (double)height;
        sum += level;
        squares += level * level;
    }
    double mean = sum / COUNT, rms = sqrt(squares / COUNT - mean * mean);
    assert_close(mean, bench->detector->amp[AMP].level_adu, 4 * 2.5 / sqrt(COUNT));
    assert_true(rms > 1.2 && rms < 4.5); /* 2.5 adu, 5 sigma of the estimate */
}

/* Flat of 50000 e-: variance of the difference of two frames over the sum of their signals. */
static double noise_of_flat_pair(struct bench *bench, double *ret_mean_e)
{
    double gain = bench->detector->amp[AMP].gain_e_per_adu;
    struct cb_box data = bench->detector->geometry.segment[AMP].data;
    cb_auto(cb_free) float *first = cb_xalloc_array((size_t)data.width * (size_t)data.height, sizeof *first);
    bench->exposure.flux_e = 50000;
    expose(bench);
    int width = cb_sim_raw_width(&bench->layout);
    double mean = spread_of(bench, data, NULL).mean;
    for (int j = 0; j < data.height; j++)
        for (int i = 0; i < data.width; i++)
            first[j * data.width + i] = (float)(bench->raw[j * width + data.x0 + i] - 23000);
    bench->exposure.exposure_id++;
    expose(bench);
    double sum = 0, squares = 0, count = (double)data.width * data.height;
    for (int j = 0; j < data.height; j++)
        for (int i = 0; i < data.width; i++) {
            double d =
                (double)(bench->raw[j * width + data.x0 + i] - 23000) - (double)first[j * data.width + i];
            sum += d;
            squares += d * d;
        }
    *ret_mean_e = mean * gain;
    double variance = (squares / count - sum / count * sum / count) / 2 - noise_adu2(bench);
    return variance * gain * gain / (mean * gain);
}

static void test_a_flat_has_the_shot_noise_of_its_electrons(void **state)
{
    double mean_e;
    double ratio = noise_of_flat_pair(*state, &mean_e);
    assert_close(ratio, 1.0, 4 * sqrt(2.0 / (127 * 500)));
    assert_close(mean_e / 50000, 1.0, 0.1);
}

/* C_00 = mu + a_00 mu^2 with a_00 = -1.7e-6, to first order. */
static void test_brighter_fatter_takes_variance_and_no_charge(void **state)
{
    struct bench *bench = *state;
    double mean_off, mean_on;
    noise_of_flat_pair(bench, &mean_off);
    bench->exposure = bias_exposure();
    bench->exposure.effects.brighter_fatter = true;
    double ratio = noise_of_flat_pair(bench, &mean_on);
    assert_close(ratio, 1.0 - 1.7e-6 * mean_on, 4 * sqrt(2.0 / (127 * 500)));
    assert_close(mean_on / mean_off, 1.0, 1e-6);
}

static void test_a_dark_gathers_its_rate(void **state)
{
    struct bench *bench = *state;
    bench->exposure.dark_s = 1000;
    expose(bench);
    cb_auto(cb_free) float *less = structure_of(bench);
    size_t width = (size_t)bench->layout.data_width;
    cb_auto(cb_free) float *rate = cb_xalloc_array(width, sizeof *rate);
    const struct cb_sim_amp *amp = &bench->detector->amp[AMP];
    for (int j = 0; j < bench->layout.data_height; j++) {
        cb_sim_dark_row(bench->detector, AMP, j, rate);
        for (size_t i = 0; i < width; i++)
            less[(size_t)j * width + i] += (float)(1000.0 * (double)rate[i] / amp->gain_e_per_adu);
    }
    struct spread left = spread_of(bench, bench->detector->geometry.segment[AMP].data, less);
    assert_close(left.mean, 0,
                 4 * sqrt(left.variance / (double)left.count + noise_adu2(bench) / (500.0 * 64)));
    assert_true(amp->dark_e_per_s > 0.005 && amp->dark_e_per_s < 0.05);
}

static void test_changes_show_where_they_should(void **state)
{
    struct bench *bench = *state;
    const struct cb_segment *segment = &bench->detector->geometry.segment[AMP];
    cb_auto(cb_free) float *structure = structure_of(bench);
    cb_auto(cb_free) int32_t *before = cb_xalloc_array(bench->pixels, sizeof *before);
    expose(bench);
    memcpy(before, bench->raw, bench->pixels * sizeof *before);
    const struct cb_sim_state change = { 180, 20, 0.88, 1, 1 };
    cb_sim_state_add(&bench->exposure.state[AMP], &change);
    expose(bench);
    int width = cb_sim_raw_width(&bench->layout);
    assert_close(bench->raw[width - 1] - before[width - 1], 180, 5 * sqrt(noise_adu2(bench)));
    struct spread data = spread_of(bench, segment->data, structure);
    assert_close(data.mean, 20, 0.2);
    assert_close(data.variance / (noise_adu2(bench) / (0.88 * 0.88)), 1, 0.04);
    assert_close(spread_of(bench, segment->parallel_overscan, NULL).mean, 0, 0.4);
}

static void test_a_segment_depends_on_no_order_and_no_other(void **state)
{
    struct bench *bench = *state;
    size_t size = bench->pixels * sizeof *bench->raw;
    cb_auto(cb_free) int32_t *first = cb_xalloc_array(bench->pixels, sizeof *first);
    expose(bench);
    memcpy(first, bench->raw, size);
    struct cb_sim_exposure other = bias_exposure();
    other.exposure_id = 5;
    other.flux_e = 1e5;
    cb_sim_segment(bench->detector, bench->table, &other, 3, bench->work, bench->raw);
    expose(bench);
    assert_memory_equal(first, bench->raw, size);
    bench->exposure.exposure_id++;
    expose(bench);
    assert_memory_not_equal(first, bench->raw, size);
}

static void test_raw_pixels_stay_within_18_bits(void **state)
{
    struct bench *bench = *state;
    bench->exposure.flux_e = 1e7;
    bench->exposure.state[AMP].gain_factor = 0.3;
    expose(bench);
    int32_t least = INT32_MAX, most = INT32_MIN;
    for (size_t i = 0; i < bench->pixels; i++) {
        least = bench->raw[i] < least ? bench->raw[i] : least;
        most = bench->raw[i] > most ? bench->raw[i] : most;
    }
    assert_int_equal(most, 262143);
    bench->exposure.state[AMP].level_adu = -1e6;
    expose(bench);
    assert_int_equal(bench->raw[0], 0);
    assert_true(least > 20000);
}

static void test_the_camera_is_fixed_by_seed_and_detector(void **state)
{
    struct bench *bench = *state;
    cb_auto(cb_sim_detector_free) struct cb_sim_detector *same = detector_of(7, 4, &bench->layout);
    cb_auto(cb_sim_detector_free) struct cb_sim_detector *seed = detector_of(8, 4, &bench->layout);
    cb_auto(cb_sim_detector_free) struct cb_sim_detector *next = detector_of(7, 0, &bench->layout);
    const struct cb_sim_constants *constants = cb_sim_constants_find("LSSTComCam", 4);
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++) {
        double gain = bench->detector->amp[i].gain_e_per_adu;
        assert_true(gain == same->amp[i].gain_e_per_adu);
        assert_true(gain != seed->amp[i].gain_e_per_adu && gain != next->amp[i].gain_e_per_adu);
        assert_close(gain / constants->gain_e_per_adu[i], 1, 0.03);
        assert_close(bench->detector->amp[i].noise_e / constants->noise_e[i], 1, 0.1);
        assert_true(bench->detector->amp[i].level_adu > 20000 && bench->detector->amp[i].level_adu < 27000);
    }
    assert_null(cb_sim_constants_find("LSSTComCam", 9));
}

/* A flip or a swap of amplifiers must show: no marker equals a flipped one or another amplifier's. */
static void test_markers_tell_every_flip_apart(void **state)
{
    struct bench *bench = *state;
    int width = bench->layout.data_width, height = bench->layout.data_height;
    float row[512];
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++) {
        int serial = 0, parallel = 0;
        for (int j = 0; j < height; j++) {
            cb_sim_structure_row(bench->detector, amp, j, row);
            serial += j == height / 5 && row[width / 4] > 30;
            for (int i = width / 4 + 1; j == height / 5 && i < width; i++)
                serial += row[i] > 30;
            parallel += j > height / 5 && row[width / 4] > 30;
        }
        assert_int_equal(serial, 3 + cb_sim_amp_column(amp));
        assert_int_equal(parallel, cb_sim_amp_is_upper(amp) ? 4 : 2);
    }
}

static void test_assembly_flips_as_the_camera_does(void **state)
{
    struct bench *bench = *state;
    const struct cb_geometry *geometry = &bench->detector->geometry;
    int width = bench->layout.data_width, height = bench->layout.data_height;
    cb_auto(cb_free) float *image =
        cb_xalloc_array((size_t)geometry->width_px * (size_t)geometry->height_px, sizeof *image);
    float row[512] = { 1 };
    cb_sim_assemble_row(geometry, 0, 0, row, image); /* C10: top left block, read from its upper right */
    assert_close(image[(2 * height - 1) * geometry->width_px + width - 1], 1, 0);
    cb_sim_assemble_row(geometry, 15, 0, row, image); /* C00: bottom left block, read from its lower right */
    assert_close(image[width - 1], 1, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_bias_is_structure_and_read_noise),
        TEST(test_the_level_drifts_between_exposures),
        TEST(test_a_flat_has_the_shot_noise_of_its_electrons),
        TEST(test_brighter_fatter_takes_variance_and_no_charge),
        TEST(test_a_dark_gathers_its_rate),
        TEST(test_changes_show_where_they_should),
        TEST(test_a_segment_depends_on_no_order_and_no_other),
        TEST(test_raw_pixels_stay_within_18_bits),
        TEST(test_the_camera_is_fixed_by_seed_and_detector),
        TEST(test_markers_tell_every_flip_apart),
        TEST(test_assembly_flips_as_the_camera_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
