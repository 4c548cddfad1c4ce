/* Verification metrics, cosmic rays, and the dictionaries they are written to. */
#include "calib/verify_measure.h"
#include "calib/stats.h"
#include "calib/verify_yaml.h"
#include "support/spec.h"

#include <math.h>
#include <string.h>

#define SIDE 40

/* Two amplifiers side by side, the right one read flipped in x. */
static struct cb_geometry two_amps(void)
{
    struct cb_geometry g = { .width_px = 2 * SIDE, .height_px = SIDE, .segments = 2 };
    g.segment[0] = (struct cb_segment){ .amp = "C10", .assembled = { 0, 0, SIDE, SIDE } };
    g.segment[1] = (struct cb_segment){ .amp = "C11", .assembled = { SIDE, 0, SIDE, SIDE }, .flip_x = true };
    return g;
}

static struct cb_isr_report report_of(void)
{
    struct cb_isr_report report = { .amps = 2, .unit = CB_UNIT_ELECTRON };
    for (size_t i = 0; i < 2; i++)
        report.amp[i] =
            (struct cb_amp_report){ .gain = 1.5, .read_noise = 5.0, .serial_residual.stdev = 3.3 };
    memcpy(report.amp[0].amp, "C10", 4);
    memcpy(report.amp[1].amp, "C11", 4);
    return report;
}

/* A frame of unit noise from a small generator (sum of twelve uniforms), scaled and shifted. */
static struct cb_image *noise_image(double level, double sigma)
{
    struct cb_image *image = NULL;
    assert_true(cb_image_new(2 * SIDE, SIDE, CB_UNIT_ELECTRON, &image, NULL));
    uint64_t x = 12345;
    for (size_t i = 0; i < (size_t)2 * SIDE * SIDE; i++) {
        double sum = -6.0;
        for (int k = 0; k < 12; k++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            sum += (double)(x >> 40) * 0x1p-24;
        }
        image->value[i] = (float)(level + sigma * sum);
        image->variance[i] = (float)(sigma * sigma);
    }
    return image;
}

/* Numbers: verification.md 2, public vectors. */
static void clipped_statistics_are_those_of_the_published_vectors(void **state)
{
    (void)state;
    const struct {
        float data[10];
        size_t n;
        double clip, mean, stdev, median, iqr, meanclip, stdevclip;
        size_t clipped;
    } cases[] = {
        { { 2, 4, 4, 4, 5, 5, 7, 9 }, 8, 3, 5, 2.138090, 4.5, 1.5, 4.428571, 1.511858, 1 },
        { { 10, 11, 9, 10, 12, 8, 10, 11, 9, 60 }, 10, 3, 15, 15.853496, 10, 1.75, 10, 1.224745, 1 },
        { { 0, 0, 0, 0, 0, 0, 0, 0, 1, 100 }, 10, 5, 10.1, 31.589204, 0, 0, 0, 0, 2 },
    };
    for (size_t i = 0; i < 3; i++) {
        const struct cb_pixels pixels = {
            .value = cases[i].data, .width = cases[i].n, .height = 1, .stride = cases[i].n
        };
        struct cb_stats s;
        assert_true(cb_stats_measure(&pixels, cases[i].clip, 3, &s, NULL));
        assert_close(s.mean, cases[i].mean, 1e-6);
        assert_close(sqrt(s.variance), cases[i].stdev, 1e-6);
        assert_close(s.median, cases[i].median, 1e-6);
        assert_close(s.q75 - s.q25, cases[i].iqr, 1e-6);
        assert_close(s.clipped_mean, cases[i].meanclip, 1e-6);
        assert_close(s.clipped_stdev, cases[i].stdevclip, 1e-6);
        assert_int_equal(s.n - s.clipped_n, cases[i].clipped);
    }
}

static void measures_each_amplifier_by_itself(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(0.0, 5.0);
    struct cb_geometry g = two_amps();
    struct cb_isr_report report = report_of();
    struct cb_verify_config config = cb_verify_defaults();
    struct cb_verify_detector d;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = SIDE; x < (size_t)2 * SIDE; x++)
            image->value[y * 2 * SIDE + x] += 20.0f;
    image->value[10 * SIDE + 3] = 5000.0f; /* clipped from the noise, not from the mean */
    image->mask[10 * SIDE + 3] = CB_MASK(CR);
    image->value[SIDE + 3] = 1e6f;
    image->mask[SIDE + 3] = CB_MASK(BAD);

    assert_true(cb_verify_measure(image, &g, &report, NULL, CB_VERIFY_BIAS, &config, 1, 0, &d, NULL));
    assert_int_equal(d.amps, 2);
    assert_string_equal(d.amp[1].amp, "C11");
    assert_int_equal(d.amp[0].good, SIDE * SIDE);
    assert_int_equal(d.amp[1].good, SIDE * SIDE - 1);
    assert_close(d.amp[0].mean, 5000.0 / (SIDE * SIDE), 0.5);
    assert_close(d.amp[0].noise, 5.0, 0.3);
    assert_close(d.amp[1].mean, 20.0, 0.5);
    assert_close(d.amp[0].cr_noise, 5.0, 0.3); /* the spike is gone */
    assert_close(d.amp[0].expected.read_noise, 5.0, 0);
    assert_close(d.amp[0].read_noise_adu, 3.3, 0);
}

static void the_corner_is_where_the_amplifier_is_read(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(0.0, 0.0);
    struct cb_geometry g = two_amps();
    struct cb_isr_report report = report_of();
    struct cb_verify_config config = cb_verify_defaults();
    struct cb_verify_detector d;
    for (size_t y = 0; y < 16; y++) /* boxes of 16 pixels: two fifths of 40 */
        for (size_t x = 0; x < 16; x++) {
            image->value[y * 2 * SIDE + x] = 7.0f;
            image->value[y * 2 * SIDE + (2 * SIDE - 1 - 16) + x] = 9.0f;
        }
    assert_true(cb_verify_measure(image, &g, &report, NULL, CB_VERIFY_BIAS, &config, 1, 0, &d, NULL));
    assert_close(d.amp[0].corner, 7.0, 0);
    assert_close(d.amp[1].corner, 9.0, 0);
}

static void an_amplifier_that_is_masked_whole_has_no_numbers(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(0.0, 5.0);
    struct cb_geometry g = two_amps();
    struct cb_isr_report report = report_of();
    struct cb_verify_config config = cb_verify_defaults();
    struct cb_verify_detector d;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            image->mask[y * 2 * SIDE + x] = CB_MASK(NO_DATA);
    assert_true(cb_verify_measure(image, &g, &report, NULL, CB_VERIFY_DARK, &config, 1, 0, &d, NULL));
    assert_true(isnan(d.amp[0].mean) && isnan(d.amp[0].noise) && isnan(d.amp[0].cr_noise));
    assert_close(d.amp[1].noise, 5.0, 0.3);
}

static void flats_have_mean_and_scatter_of_the_detector(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(100.0, 0.0);
    struct cb_geometry g = two_amps();
    struct cb_isr_report report = report_of();
    struct cb_verify_config config = cb_verify_defaults();
    struct cb_verify_detector d;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            image->value[y * 2 * SIDE + x] = 102.0f;
    assert_true(cb_verify_measure(image, &g, &report, NULL, CB_VERIFY_FLAT, &config, 1, 0, &d, NULL));
    assert_close(d.mean, 101.0, 1e-9);
    assert_close(d.scatter, sqrt(2.0), 1e-9);
    assert_true(isnan(d.amp[0].cr_noise));
}

static void refuses_a_report_without_the_amplifier(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(0.0, 5.0);
    struct cb_geometry g = two_amps();
    struct cb_isr_report report = report_of();
    struct cb_verify_config config = cb_verify_defaults();
    struct cb_verify_detector d;
    struct cb_error err = { 0 };
    report.amps = 1;
    assert_false(cb_verify_measure(image, &g, &report, NULL, CB_VERIFY_BIAS, &config, 1, 0, &d, &err));
    assert_string_equal(err.text, "amplifier C11 is not in the report of its exposure");
}

static void removes_a_cosmic_ray_and_leaves_a_star(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(0.0, 0.0);
    struct cb_verify_cosmic_config config = cb_verify_cosmic_defaults();
    struct cb_verify_cosmics found;
    const size_t w = 2 * SIDE;
    for (size_t i = 0; i < w * SIDE; i++)
        image->variance[i] = 25.0f;
    config.with_noise = false;
    image->value[10 * w + 10] = 2000.0f; /* a track of two pixels */
    image->value[11 * w + 11] = 900.0f;
    for (int dy = -4; dy <= 4; dy++) /* a star as the PSF has it */
        for (int dx = -4; dx <= 4; dx++)
            image->value[(size_t)(25 + dy) * w + (size_t)(50 + dx)] =
                (float)(3000.0 * exp(-0.5 * (dx * dx + dy * dy) / (1.2739827 * 1.2739827)));
    image->value[30 * w + 20] = 140.0f; /* too faint */

    assert_true(cb_verify_remove_cosmics(image, &config, 5, 0, &found, NULL));
    assert_int_equal(found.events, 1);
    assert_int_equal(found.pixels, 2);
    assert_close(image->value[10 * w + 10], 0.0, 0);
    assert_close(image->value[11 * w + 11], 0.0, 0);
    assert_int_equal(image->mask[10 * w + 10], CB_MASK(CR) | CB_MASK(INTRP));
    assert_close(image->value[25 * w + 50], 3000.0, 0);
    assert_close(image->value[30 * w + 20], 140.0, 0);
}

static void gives_up_on_too_many_and_restores_the_image(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(0.0, 0.0);
    struct cb_verify_cosmic_config config = cb_verify_cosmic_defaults();
    struct cb_verify_cosmics found;
    config.max_pixels = 3;
    for (size_t i = 0; i < 8; i++)
        image->value[(4 + 4 * i) * 2 * SIDE + 8] = 1000.0f;
    assert_true(cb_verify_remove_cosmics(image, &config, 5, 0, &found, NULL));
    assert_true(found.too_many);
    for (size_t i = 0; i < 8; i++)
        assert_close(image->value[(4 + 4 * i) * 2 * SIDE + 8], 1000.0, 0);
}

static void the_median_of_few_has_the_known_variance(void **state)
{
    (void)state;
    assert_close(cb_verify_median_variance(4), 0.298, 0.006); /* exact values of order statistics */
    assert_close(cb_verify_median_variance(5), 0.2868, 0.006);
    assert_close(cb_verify_median_variance(10), 0.1383, 0.003);
    assert_close(cb_verify_median_variance(0), 0.0, 0);
}

static void correlation_is_one_with_oneself_and_pearson_with_others(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noise_image(3.0, 5.0);
    struct cb_geometry g = two_amps();
    double matrix[4];
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            image->value[y * 2 * SIDE + SIDE + x] = -2.0f * image->value[y * 2 * SIDE + x] + 1.0f;
    cb_verify_amp_correlation(image, &g, matrix);
    assert_close(matrix[0], 1.0, 0);
    assert_close(matrix[1], -1.0, 1e-6);
    assert_close(matrix[2], -1.0, 1e-6);
}

static const char *number(double value, struct cb_bytes *out)
{
    cb_bytes_clear(out);
    cb_verify_put_number(out, value);
    return cb_bytes_text(out);
}

static void numbers_read_back_as_numbers_in_yaml(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1000);
    assert_string_equal(number(5.25, &out), "5.25");
    assert_string_equal(number(3.0, &out), "3.0");
    assert_string_equal(number(1e-05, &out), "1.0e-05");
    assert_string_equal(number(1e22, &out), "1.0e+22");
    assert_string_equal(number(0.1 + 0.2, &out), "0.30000000000000004");
    assert_string_equal(number(NAN, &out), ".nan");
    assert_string_equal(number(-INFINITY, &out), "-.inf");
}

static void dictionaries_have_the_keys_of_upstream(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    struct cb_verify_limits limits = cb_verify_limits_default();
    struct cb_verify_detector d = { .type = CB_VERIFY_BIAS, .amps = 1, .mean = NAN, .scatter = NAN };
    d.amp[0] = (struct cb_verify_amp){ .amp = "C00",
                                       .mean = 0.5,
                                       .noise = 9.0,
                                       .cr_noise = 9.0,
                                       .corner = 0.25,
                                       .read_noise_adu = 4.0,
                                       .expected = { .gain = 1.5, .read_noise = 5.0 } };
    const struct cb_verify_isr_extras extras = { .mjd = 60652.5 };
    const struct cb_verify_provenance from = { .exposure = 2024120800690,
                                               .detector = 4,
                                               .detector_name = "R22_S11",
                                               .calib_run = "a/\"b\"",
                                               .was_input = true };
    bool success = true;
    cb_verify_yaml_detector(&d, &limits, &extras, &from, &out, &success);
    assert_false(success);
    const char *text = cb_bytes_text(&out);
    assert_non_null(strstr(
        text, "AMP:\n  C00:\n    MEAN: 0.5\n    NOISE: 9.0\n    CR_NOISE: 9.0\n    AMP_CORNER: 0.25\n"));
    assert_non_null(strstr(text, "METADATA:\n  READ_NOISE_ADU:\n    C00: 4.0\n"));
    assert_non_null(
        strstr(text, "VERIFY:\n  AMP:\n    C00:\n      MEAN: true\n      NOISE: false\n      CR_NOISE: true\n"
                     "      SUCCESS: false\n      READ_NOISE_CONSISTENT: false\n  DET: {}\n"));
    assert_non_null(strstr(text, "calib_run: \"a/\\\"b\\\"\""));
    assert_non_null(strstr(text, "\nSUCCESS: false\n"));
}

static void a_merged_dictionary_lists_failures_and_ands_success(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
    const char *const failures[] = { "C07 NOISE", "C07 READ_NOISE_CONSISTENT" };
    const struct cb_verify_part parts[] = { { "R22_S11", true, NULL, 0 }, { "R22_S12", false, failures, 2 } };
    bool success = true;
    cb_verify_yaml_exposure(parts, 2, NULL, 0, NAN, &out, &success);
    assert_false(success);
    assert_string_equal(
        cb_bytes_text(&out),
        "R22_S11:\n  SUCCESS: true\nR22_S12:\n  SUCCESS: false\n  FAILURES:\n  - \"C07 NOISE\"\n"
        "  - \"C07 READ_NOISE_CONSISTENT\"\nSUCCESS: false\n");
    cb_bytes_clear(&out);
    cb_verify_yaml_run(parts, 0, &out, &success);
    assert_string_equal(cb_bytes_text(&out), "SUCCESS: false\n"); /* nothing was verified */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clipped_statistics_are_those_of_the_published_vectors),
        cmocka_unit_test(measures_each_amplifier_by_itself),
        cmocka_unit_test(the_corner_is_where_the_amplifier_is_read),
        cmocka_unit_test(an_amplifier_that_is_masked_whole_has_no_numbers),
        cmocka_unit_test(flats_have_mean_and_scatter_of_the_detector),
        cmocka_unit_test(refuses_a_report_without_the_amplifier),
        cmocka_unit_test(removes_a_cosmic_ray_and_leaves_a_star),
        cmocka_unit_test(gives_up_on_too_many_and_restores_the_image),
        cmocka_unit_test(the_median_of_few_has_the_known_variance),
        cmocka_unit_test(correlation_is_one_with_oneself_and_pearson_with_others),
        cmocka_unit_test(numbers_read_back_as_numbers_in_yaml),
        cmocka_unit_test(dictionaries_have_the_keys_of_upstream),
        cmocka_unit_test(a_merged_dictionary_lists_failures_and_ands_success),
    };
    return cmocka_run_group_tests_name("verification metrics", tests, NULL, NULL);
}
