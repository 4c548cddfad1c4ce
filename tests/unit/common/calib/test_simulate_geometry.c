/* Geometry of simulated detectors: sizes, sections, agreement with the reader's geometry. */
#include "support/spec.h"

#include "calib/simulate_geometry.h"

#include <string.h>

/* Values of a real raw (generation.md 14.1, 14.2). */
static void test_full_size_is_that_of_a_real_raw(void **state)
{
    (void)state;
    struct cb_sim_layout layout;
    char text[CB_SIM_SECTION_SIZE];
    assert_true(cb_sim_layout_make(1, CB_SIM_SERIAL_OVERSCAN_PX, CB_SIM_PARALLEL_OVERSCAN_PX, &layout, NULL));
    assert_int_equal(cb_sim_raw_width(&layout), 576);
    assert_int_equal(cb_sim_raw_height(&layout), 2048);
    cb_sim_datasec(&layout, text);
    assert_string_equal(text, "[4:512,1:2000]");
    cb_sim_detsize(&layout, text);
    assert_string_equal(text, "[1:4072,1:4000]");
    cb_sim_detsec(&layout, 0, text);
    assert_string_equal(text, "[509:1,1:2000]");
    cb_sim_detsec(&layout, 8, text);
    assert_string_equal(text, "[4072:3564,4000:2001]");
}

/* The scaled frames that another simulator made: 64 x 250 data in segments of 83 x 258. */
static void test_an_eighth_has_64_by_250_data(void **state)
{
    (void)state;
    struct cb_sim_layout layout;
    char text[CB_SIM_SECTION_SIZE];
    assert_true(cb_sim_layout_make(8, 16, 8, &layout, NULL));
    assert_int_equal(cb_sim_raw_width(&layout), 83);
    assert_int_equal(cb_sim_raw_height(&layout), 258);
    cb_sim_datasec(&layout, text);
    assert_string_equal(text, "[4:67,1:250]");
    cb_sim_detsec(&layout, 1, text);
    assert_string_equal(text, "[128:65,1:250]");
    cb_sim_detsec(&layout, 8, text);
    assert_string_equal(text, "[512:449,500:251]");
}

static void test_the_reader_finds_the_layout(void **state)
{
    (void)state;
    struct cb_sim_layout layout;
    struct cb_geometry geometry;
    assert_true(cb_sim_layout_make(8, 64, 48, &layout, NULL));
    assert_true(cb_sim_geometry(&layout, &geometry, NULL));
    assert_int_equal(geometry.vendor, CB_VENDOR_ITL);
    assert_int_equal(geometry.width_px, 512);
    assert_int_equal(geometry.height_px, 500);
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++) {
        const struct cb_segment *segment = &geometry.segment[i];
        assert_string_equal(segment->amp, cb_sim_amp_name(i));
        assert_true(segment->flip_x);
        assert_int_equal(segment->flip_y, cb_sim_amp_is_upper(i));
        assert_int_equal(segment->assembled.x0, 64 * cb_sim_amp_column(i));
        assert_int_equal(segment->assembled.y0, cb_sim_amp_is_upper(i) ? 250 : 0);
        assert_int_equal(segment->serial_overscan.width, 64);
        assert_int_equal(segment->parallel_overscan.height, 48);
    }
}

static void test_sizes_that_make_no_detector_are_refused(void **state)
{
    (void)state;
    struct cb_sim_layout layout;
    struct cb_error err = { 0 };
    const double scales[] = { 0, -1, 0.5, 64, 1e9, NAN, INFINITY };
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        assert_false(cb_sim_layout_make(scales[i], 64, 48, &layout, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
    }
    assert_false(cb_sim_layout_make(8, 7, 48, &layout, &err));
    assert_false(cb_sim_layout_make(8, 64, 1001, &layout, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_size_is_that_of_a_real_raw),
        cmocka_unit_test(test_an_eighth_has_64_by_250_data),
        cmocka_unit_test(test_the_reader_finds_the_layout),
        cmocka_unit_test(test_sizes_that_make_no_detector_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
