/* Combination of exposures whose truth is known: noise floor, order, memory, scales, masks. */
#include "calib/combine.h"
#include "calib/stats.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A small ITL detector with overscans as wide as real ones. */
enum {
    PRESCAN = 3,
    DATA_W = 64,
    DATA_H = 100,
    RAW_W = PRESCAN + DATA_W + 64,
    RAW_H = DATA_H + 48,
    SEGMENTS = 16,
    N = 20
};
#define NOISE_ADU 5.5

struct fake {
    struct cb_geometry geometry;
    int32_t *raw[N]; /* [SEGMENTS * RAW_H * RAW_W] */
};

static uint64_t random_state;

static double uniform(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = random_state;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((x ^ (x >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
    return sqrt(-2.0 * log(uniform())) * cos(2.0 * M_PI * uniform());
}

/* Structure of the bias, adu; 0 in the overscans. */
static double structure(size_t s, size_t y, size_t x)
{
    return x < DATA_W && y < DATA_H ? 0.1 * (double)s + 3.0 * sin((double)x / 7.0) + 0.02 * (double)y : 0.0;
}

static void fill_segment(int32_t *raw, size_t s, double extra)
{
    for (size_t y = 0; y < RAW_H; y++) {
        double drift = 2.0 * normal();
        for (size_t x = 0; x < RAW_W; x++) {
            bool is_data = x >= PRESCAN && x < PRESCAN + DATA_W && y < DATA_H;
            raw[y * RAW_W + x] =
                (int32_t)lrint(23500.0 + 10.0 * (double)s + drift + NOISE_ADU * normal() +
                               (x >= PRESCAN ? structure(s, y, x - PRESCAN) : 0.0) + (is_data ? extra : 0.0));
        }
    }
}

static struct cb_geometry small_detector(void)
{
    static char names[SEGMENTS][16];
    struct cb_segment_raw raw[SEGMENTS];
    struct cb_geometry geometry;
    for (int i = 0; i < SEGMENTS; i++) {
        snprintf(names[i], sizeof names[i], "Segment%d%d", i < 8 ? 1 : 0, i < 8 ? i : 15 - i);
        raw[i] = (struct cb_segment_raw){ names[i], RAW_W, RAW_H, "[4:67,1:100]" };
    }
    assert_true(cb_geometry_make(raw, SEGMENTS, NULL, CB_VENDOR_ITL, &geometry, NULL));
    return geometry;
}

static struct fake *fake_new(const double *extra)
{
    struct fake *fake = calloc(1, sizeof *fake);
    fake->geometry = small_detector();
    random_state = 1;
    for (size_t i = 0; i < N; i++) {
        fake->raw[i] = malloc(sizeof(int32_t) * SEGMENTS * RAW_H * RAW_W);
        for (size_t s = 0; s < SEGMENTS; s++)
            fill_segment(fake->raw[i] + s * RAW_H * RAW_W, s, extra != NULL ? extra[i] : 0.0);
    }
    return fake;
}

static void fake_free(struct fake *fake)
{
    for (size_t i = 0; i < N; i++)
        free(fake->raw[i]);
    free(fake);
}

static bool read_rows(void *self, size_t s, size_t y0, size_t y1, int32_t *ret_pixels, struct cb_error *err)
{
    const int32_t *raw = self;
    (void)err;
    memcpy(ret_pixels, raw + (s * RAW_H + y0) * RAW_W, (y1 - y0) * RAW_W * sizeof *raw);
    return true;
}

static void sources_of(struct fake *fake, struct cb_stack_source *sources)
{
    for (size_t i = 0; i < N; i++)
        sources[i] = (struct cb_stack_source){ .raw = { .self = fake->raw[i],
                                                        .read_rows = read_rows,
                                                        .geometry = &fake->geometry,
                                                        .exposure_id = 1000 + i,
                                                        .detector = 4,
                                                        .exposure_s = 0.0,
                                                        .dark_s = 30.0 },
                                               .scale = 1.0 };
}

static struct cb_isr_config bootstrap(void)
{
    struct cb_isr_config isr = cb_isr_defaults();
    isr.doBootstrap = true;
    return isr;
}

static struct cb_image *combined(const struct cb_stack_source *sources, size_t n,
                                 const struct cb_isr_config *isr, const struct cb_combine_config *config)
{
    struct cb_image *image = NULL;
    struct cb_combine_report report;
    const struct cb_isr_inputs none = { .ptc = NULL };
    struct cb_error err = { .kind = CB_ERR_NONE };
    assert_true(cb_image_new(8 * DATA_W, 2 * DATA_H, CB_UNIT_NONE, &image, NULL));
    struct cb_frame_store store = cb_store_of_image(image);
    bool ok = cb_combine_stream(sources, n, isr, &none, config, &store, &report, &err);
    assert_string_equal(err.text, "");
    assert_true(ok);
    image->unit = store.frame.unit;
    cb_combine_report_done(&report);
    return image;
}

/* rms of (image - truth) in units of the smallest error that is possible. */
static double relative_rms(const struct fake *fake, const struct cb_image *image)
{
    double floor_variance = (NOISE_ADU * NOISE_ADU + 1.0 / 12.0) * (1.0 + M_PI / 2.0 / 64.0) / N, sum = 0.0;
    for (size_t s = 0; s < SEGMENTS; s++)
        for (size_t y = 0; y < DATA_H; y++)
            for (size_t x = 0; x < DATA_W; x++) {
                const struct cb_segment *segment = &fake->geometry.segment[s];
                size_t X = (size_t)segment->assembled.x0 + (segment->flip_x ? DATA_W - 1 - x : x);
                size_t Y = (size_t)segment->assembled.y0 + (segment->flip_y ? DATA_H - 1 - y : y);
                double residual = (double)image->value[Y * image->width_px + X] - structure(s, y, x);
                sum += residual * residual;
            }
    return sqrt(sum / (SEGMENTS * DATA_H * DATA_W) / floor_variance);
}

static void upstream_settings_come_within_six_percent_of_the_noise_floor(void **state)
{
    struct fake *fake = *state;
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    sources_of(fake, sources);
    struct cb_image *image = combined(sources, N, &isr, &config);
    double rms = relative_rms(fake, image);
    assert_true(rms > 1.02 && rms < 1.06);
    cb_image_free(image);
}

static void serial_overscan_alone_at_four_sigma_reaches_the_noise_floor(void **state)
{
    struct fake *fake = *state;
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    isr.overscan.doParallelOverscan = false;
    isr.integerDitherMode = CB_DITHER_NONE;
    config.clip = 4.0;
    sources_of(fake, sources);
    struct cb_image *image = combined(sources, N, &isr, &config);
    double rms = relative_rms(fake, image), variance = 0.0;
    assert_true(rms > 0.995 && rms < 1.01);
    for (size_t i = 0; i < image->width_px * image->height_px; i++)
        variance += (double)image->variance[i];
    variance /= (double)(image->width_px * image->height_px);
    assert_close(variance * N / (NOISE_ADU * NOISE_ADU), 1.0, 0.1);
    cb_image_free(image);
}

static bool same(const struct cb_image *a, const struct cb_image *b)
{
    size_t n = a->width_px * a->height_px;
    return memcmp(a->value, b->value, n * 4) == 0 && memcmp(a->variance, b->variance, n * 4) == 0 &&
           memcmp(a->mask, b->mask, n * 4) == 0;
}

static void the_result_depends_neither_on_the_order_nor_on_the_memory(void **state)
{
    struct cb_stack_source sources[N], reversed[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    sources_of(*state, sources);
    for (size_t i = 0; i < N; i++)
        reversed[i] = sources[N - 1 - i];
    struct cb_image *usual = combined(sources, N, &isr, &config);
    struct cb_image *turned = combined(reversed, N, &isr, &config);
    config.cache_bytes = 0;
    struct cb_image *twice_read = combined(sources, N, &isr, &config);
    assert_true(same(usual, turned));
    assert_true(same(usual, twice_read));
    cb_image_free(usual);
    cb_image_free(turned);
    cb_image_free(twice_read);
}

static void a_cosmic_ray_in_one_of_four_exposures_disappears(void **state)
{
    struct fake *fake = *state;
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    int32_t *hit = &fake->raw[1][(3 * RAW_H + 50) * RAW_W + PRESCAN + 20], before = *hit;
    sources_of(fake, sources);
    *hit += 9000;
    struct cb_image *image = combined(sources, 4, &isr, &config);
    const struct cb_segment *segment = &fake->geometry.segment[3];
    size_t X = (size_t)segment->assembled.x0 + DATA_W - 1 - 20,
           Y = (size_t)segment->assembled.y0 + DATA_H - 1 - 50;
    assert_close(image->value[Y * image->width_px + X], structure(3, 50, 20), 20.0);
    *hit = before;
    cb_image_free(image);
}

static void mean_stats_divides_each_exposure_by_its_own_level(void **state)
{
    (void)state;
    double level[N];
    for (size_t i = 0; i < N; i++)
        level[i] = 10000.0 + 1000.0 * (double)i;
    struct fake *fake = fake_new(level);
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    struct cb_combine_report report;
    struct cb_image *image = NULL;
    const struct cb_isr_inputs none = { .ptc = NULL };
    config.exposureScaling = CB_SCALE_MEAN_STATS;
    sources_of(fake, sources);
    assert_true(cb_image_new(8 * DATA_W, 2 * DATA_H, CB_UNIT_NONE, &image, NULL));
    struct cb_frame_store store = cb_store_of_image(image);
    assert_true(cb_combine_stream(sources, N, &isr, &none, &config, &store, &report, NULL));
    double mean = 0.0;
    for (size_t i = 0; i < image->width_px * image->height_px; i++)
        mean += (double)image->value[i];
    assert_close(mean / (double)(image->width_px * image->height_px), 1.0, 1e-4);
    assert_close(report.scale[5][0], level[5] + 1.75, 3.0);
    assert_int_equal(store.frame.unit, CB_UNIT_NONE);
    cb_combine_report_done(&report);
    cb_image_free(image);
    fake_free(fake);
}

static void dark_time_makes_a_rate(void **state)
{
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    sources_of(*state, sources);
    struct cb_image *unity = combined(sources, N, &isr, &config);
    config.exposureScaling = CB_SCALE_DARK_TIME;
    struct cb_image *rate = combined(sources, N, &isr, &config);
    for (size_t i = 0; i < unity->width_px * unity->height_px; i += 101)
        assert_close(rate->value[i], (double)unity->value[i] / 30.0, 1e-5);
    cb_image_free(unity);
    cb_image_free(rate);
}

static struct cb_ptc *ptc_with_one_bad_amplifier(void)
{
    struct cb_geometry geometry = small_detector();
    struct cb_ptc *ptc = cb_ptc_new(SEGMENTS);
    for (size_t s = 0; s < SEGMENTS; s++) {
        memcpy(ptc->amp[s].name, geometry.segment[s].amp, sizeof ptc->amp[s].name);
        ptc->amp[s].gain = s == 6 ? NAN : 1.5;
        ptc->amp[s].noise = 1.5 * NOISE_ADU;
    }
    return ptc;
}

static void an_amplifier_without_gain_is_bad_and_the_others_are_in_electrons(void **state)
{
    struct fake *fake = *state;
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = cb_isr_defaults();
    struct cb_combine_config config = cb_combine_defaults();
    struct cb_combine_report report;
    struct cb_image *image = NULL;
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = ptc_with_one_bad_amplifier();
    const struct cb_isr_inputs inputs = { .ptc = ptc };
    isr.doApplyGains = true;
    sources_of(fake, sources);
    assert_true(cb_image_new(8 * DATA_W, 2 * DATA_H, CB_UNIT_NONE, &image, NULL));
    struct cb_frame_store store = cb_store_of_image(image);
    assert_true(cb_combine_stream(sources, N, &isr, &inputs, &config, &store, &report, NULL));
    assert_int_equal(store.frame.unit, CB_UNIT_ELECTRON);
    assert_int_equal(report.bad_pixels[6], DATA_W * DATA_H);
    assert_int_equal(report.bad_pixels[5], 0);
    assert_true(report.isr[0].amp[6].bad);
    struct cb_box box = fake->geometry.segment[6].assembled;
    size_t at = (size_t)box.y0 * image->width_px + (size_t)box.x0;
    assert_int_equal(image->mask[at], CB_MASK(BAD));
    double median[2];
    const double half = 0.5;
    struct cb_pixels good = cb_pixels_of(image, NULL, CB_MASK(BAD));
    assert_true(cb_stats_at(&good, &half, 1, &median[0], NULL));
    good.value = image->variance;
    assert_true(cb_stats_at(&good, &half, 1, &median[1], NULL));
    assert_close(image->value[at], (float)median[0], 0.0);
    assert_close(image->variance[at], (float)median[1], 0.0);
    cb_combine_report_done(&report);
    cb_image_free(image);
}

static void check_refused(const struct cb_stack_source *sources, size_t n, const struct cb_isr_config *isr,
                          const struct cb_combine_config *config, enum cb_err_kind kind, const char *reason)
{
    struct cb_combine_report report;
    struct cb_image *image = NULL;
    const struct cb_isr_inputs none = { .ptc = NULL };
    struct cb_error err = { .kind = CB_ERR_NONE };
    assert_true(cb_image_new(8 * DATA_W, 2 * DATA_H, CB_UNIT_NONE, &image, NULL));
    struct cb_frame_store store = cb_store_of_image(image);
    assert_false(cb_combine_stream(sources, n, isr, &none, config, &store, &report, &err));
    assert_int_equal(err.kind, kind);
    assert_non_null(strstr(err.text, reason));
    cb_combine_report_done(&report);
    cb_image_free(image);
}

static void refuses_what_cannot_be_combined(void **state)
{
    struct fake *fake = *state;
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_combine_config config = cb_combine_defaults();
    sources_of(fake, sources);
    check_refused(sources, 0, &isr, &config, CB_ERR_INVALID, "no valid input data");
    struct cb_geometry other = fake->geometry;
    other.segment[3].data.x0++;
    sources[2].raw.geometry = &other;
    check_refused(sources, N, &isr, &config, CB_ERR_INVALID, "inconsistent dimensions");
    sources_of(fake, sources);
    sources[4].raw.dark_s = 0.0;
    config.exposureScaling = CB_SCALE_DARK_TIME;
    check_refused(sources, N, &isr, &config, CB_ERR_INVALID, "scale of 0");
    isr.doBias = true;
    check_refused(sources, N, &isr, &config, CB_ERR_INVALID, "there is no bias");
    isr = cb_isr_defaults();
    check_refused(sources, N, &isr, &config, CB_ERR_INVALID, "no ptc");
}

static void isr_subtracts_bias_and_dark_and_adds_their_variances(void **state)
{
    struct fake *fake = *state;
    struct cb_stack_source sources[N];
    struct cb_isr_config isr = bootstrap();
    struct cb_isr_inputs inputs = { .ptc = NULL };
    struct cb_image *bias = NULL, *dark = NULL, *plain = NULL, *subtracted = NULL;
    struct cb_isr_report report;
    struct cb_error err = { .kind = CB_ERR_NONE };
    sources_of(fake, sources);
    assert_true(cb_isr_exposure(&sources[0].raw, &isr, &inputs, &plain, &report, NULL));
    assert_close(report.amp[2].read_noise, NOISE_ADU, 0.2);
    assert_close(report.amp[2].serial.median, 23520.0, 1.5);
    assert_true(cb_image_new(8 * DATA_W, 2 * DATA_H, CB_UNIT_ADU, &bias, NULL));
    assert_true(cb_image_new(8 * DATA_W, 2 * DATA_H, CB_UNIT_ADU, &dark, NULL));
    size_t at = 150 * bias->width_px + 70;
    bias->value[at] = 7.0f;
    bias->variance[at] = 2.0f;
    bias->mask[at] = CB_MASK(BAD);
    dark->value[at] = 0.5f;
    dark->variance[at] = 0.01f;
    struct cb_frame_source bias_source = cb_frame_of_image(bias, 0.0),
                           dark_source = cb_frame_of_image(dark, 1.0);
    inputs.bias = &bias_source;
    inputs.dark = &dark_source;
    isr.doBias = isr.doDark = true;
    assert_true(cb_isr_exposure(&sources[0].raw, &isr, &inputs, &subtracted, &report, NULL));
    assert_close(report.dark_scale, 30.0, 0.0);
    assert_close(subtracted->value[at], (double)plain->value[at] - 7.0 - 15.0, 1e-4);
    assert_close(subtracted->variance[at], (double)plain->variance[at] + 2.0 + 9.0 - 22.0, 1e-4);
    assert_int_equal(subtracted->mask[at], CB_MASK(BAD));
    assert_close(subtracted->value[at + 1], plain->value[at + 1], 0.0);
    bias_source.unit = CB_UNIT_ELECTRON;
    struct cb_image *none = NULL;
    assert_false(cb_isr_exposure(&sources[0].raw, &isr, &inputs, &none, &report, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    cb_image_free(bias);
    cb_image_free(dark);
    cb_image_free(plain);
    cb_image_free(subtracted);
}

static int make_biases(void **state)
{
    *state = fake_new(NULL);
    return 0;
}

static int free_biases(void **state)
{
    fake_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest combine[] = {
        cmocka_unit_test(upstream_settings_come_within_six_percent_of_the_noise_floor),
        cmocka_unit_test(serial_overscan_alone_at_four_sigma_reaches_the_noise_floor),
        cmocka_unit_test(the_result_depends_neither_on_the_order_nor_on_the_memory),
        cmocka_unit_test(a_cosmic_ray_in_one_of_four_exposures_disappears),
        cmocka_unit_test(mean_stats_divides_each_exposure_by_its_own_level),
        cmocka_unit_test(dark_time_makes_a_rate),
        cmocka_unit_test(an_amplifier_without_gain_is_bad_and_the_others_are_in_electrons),
        cmocka_unit_test(refuses_what_cannot_be_combined),
        cmocka_unit_test(isr_subtracts_bias_and_dark_and_adds_their_variances),
    };
    return cmocka_run_group_tests_name("combination of exposures", combine, make_biases, free_biases);
}
