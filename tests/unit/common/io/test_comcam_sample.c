/* From raw frames to master bias, dark and flat, against the truth that the frames were made from. */
#include "calib/combine.h"
#include "calib/flat.h"
#include "io/fits_raw.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER CB_GOLDEN "/comcam-sample/"
enum { W = 512, H = 500, PIXELS = W * H, AMPS = 16, FRAMES = 4 };
#define OVERSCAN_COLUMNS 10 /* of 16, without the 3 skipped on each side */
#define BIAS_DARK_TIME_S 0.0313
#define HOT_RATE 1.0 /* electrons per second: a hot pixel or column */
#define DEAD_RESPONSE 0.5

struct sample {
    struct cb_ptc *ptc;
    float *bias, *dark, *response; /* truth, assembled; the bias in adu */
    struct cb_raw *raw[3 * FRAMES];
    const struct cb_geometry *geometry;
};

static float *plane_of(const char *name)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    float *plane = malloc(PIXELS * sizeof *plane);
    assert_int_equal(fread(plane, sizeof *plane, PIXELS, file), PIXELS);
    fclose(file);
    return plane;
}

static struct cb_ptc *true_ptc(void)
{
    struct cb_ptc *ptc = cb_ptc_new(AMPS);
    FILE *file = fopen(FOLDER "truth_amps.txt", "r");
    assert_non_null(file);
    for (size_t i = 0; i < AMPS; i++)
        assert_int_equal(fscanf(file, "%7s %lf %lf", ptc->amp[i].name, &ptc->amp[i].gain, &ptc->amp[i].noise),
                         3);
    fclose(file);
    return ptc;
}

static int open_sample(void **state)
{
    static const int first[] = { 696, 710, 720 };
    struct sample *sample = calloc(1, sizeof *sample);
    sample->ptc = true_ptc();
    sample->bias = plane_of(FOLDER "truth_bias.f32");
    sample->dark = plane_of(FOLDER "truth_dark.f32");
    sample->response = plane_of(FOLDER "truth_response.f32");
    for (int i = 0; i < 3 * FRAMES; i++) {
        char name[sizeof FOLDER + 64];
        snprintf(name, sizeof name, FOLDER "CC_O_20241208_%06d_R22_S11.fits", first[i / FRAMES] + i % FRAMES);
        assert_true(cb_raw_open(name, &sample->raw[i], NULL));
        assert_true(cb_raw_check(sample->raw[i], NULL));
    }
    sample->geometry = cb_raw_geometry(sample->raw[0]);
    *state = sample;
    return 0;
}

static int close_sample(void **state)
{
    struct sample *sample = *state;
    for (int i = 0; i < 3 * FRAMES; i++)
        cb_raw_close(sample->raw[i]);
    cb_ptc_free(sample->ptc);
    free(sample->bias);
    free(sample->dark);
    free(sample->response);
    free(sample);
    return 0;
}

static struct cb_isr_config gain_settings(void)
{
    struct cb_isr_config isr = cb_isr_defaults();
    isr.doApplyGains = true;
    return isr;
}

/* Settings under which the truth is reached: the parallel overscan of so small a frame is 4 rows of noise. */
static struct cb_isr_config plain_settings(void)
{
    struct cb_isr_config isr = gain_settings();
    isr.overscan.doParallelOverscan = false;
    isr.integerDitherMode = CB_DITHER_NONE;
    return isr;
}

static struct cb_image *combined(struct sample *sample, size_t kind, const double *scale,
                                 const struct cb_isr_config *isr, const struct cb_isr_inputs *inputs,
                                 const struct cb_combine_config *config)
{
    struct cb_stack_source sources[FRAMES];
    struct cb_combine_report report;
    struct cb_image *image = NULL;
    struct cb_error err = { .kind = CB_ERR_NONE };
    for (size_t i = 0; i < FRAMES; i++)
        sources[i] = (struct cb_stack_source){
            .raw = cb_raw_as_source(sample->raw[kind * FRAMES + i], 2024120800000 + 10 * kind + i, 4),
            .scale = scale != NULL ? scale[i] : 1.0,
        };
    assert_true(cb_image_new(W, H, CB_UNIT_NONE, &image, NULL));
    struct cb_frame_store store = cb_store_of_image(image);
    bool ok = cb_combine_stream(sources, FRAMES, isr, inputs, config, &store, &report, &err);
    assert_string_equal(err.text, "");
    assert_true(ok);
    image->unit = store.frame.unit;
    cb_combine_report_done(&report);
    return image;
}

static struct cb_image *master_bias(struct sample *sample, const struct cb_isr_config *isr, double clip)
{
    struct cb_combine_config config = cb_combine_defaults();
    const struct cb_isr_inputs inputs = { .ptc = sample->ptc };
    config.mask = CB_MASK(DETECTED) | CB_MASK(INTRP);
    config.clip = clip;
    return combined(sample, 0, NULL, isr, &inputs, &config);
}

static struct cb_image *master_dark(struct sample *sample, struct cb_isr_config isr, struct cb_image *bias)
{
    struct cb_frame_source bias_source = cb_frame_of_image(bias, 0.0);
    const struct cb_isr_inputs inputs = { .ptc = sample->ptc, .bias = &bias_source };
    struct cb_combine_config config = cb_combine_defaults();
    isr.doBias = true;
    config.exposureScaling = CB_SCALE_DARK_TIME;
    config.mask |= CB_MASK(CR);
    config.doCosmicRays = true;
    config.clip = 4.0;
    return combined(sample, 1, NULL, &isr, &inputs, &config);
}

/* ---- bias
 * ----------------------------------------------------------------------------------------------------------
 */

/* Mean residual of an amplifier, and rms of residual over the smallest possible error. */
static void bias_residual(const struct sample *sample, const struct cb_image *image, size_t amp,
                          double *ret_mean, double *ret_rms, double *ret_variance)
{
    const struct cb_box *box = &sample->geometry->segment[amp].assembled;
    double gain = sample->ptc->amp[amp].gain, noise = sample->ptc->amp[amp].noise;
    double floor_variance =
        (noise * noise + gain * gain / 12.0) * (1.0 + M_PI / 2.0 / OVERSCAN_COLUMNS) / FRAMES;
    double sum = 0.0, squares = 0.0, variance = 0.0, n = 0.0;
    for (size_t y = (size_t)box->y0; y < (size_t)(box->y0 + box->height); y++)
        for (size_t x = (size_t)box->x0; x < (size_t)(box->x0 + box->width); x++) {
            size_t at = y * W + x;
            if ((double)sample->dark[at] > HOT_RATE)
                continue;
            double residual = (double)image->value[at] - (double)sample->bias[at] * gain -
                              BIAS_DARK_TIME_S * (double)sample->dark[at];
            sum += residual;
            squares += residual * residual / floor_variance;
            variance += (double)image->variance[at] * FRAMES / (noise * noise);
            n += 1.0;
        }
    *ret_mean = sum / n;
    *ret_rms = sqrt(squares / n);
    *ret_variance = variance / n;
}

static void the_bias_is_the_truth_to_the_noise(void **state)
{
    struct sample *sample = *state;
    struct cb_isr_config isr = plain_settings();
    cb_auto(cb_image_free) struct cb_image *bias = master_bias(sample, &isr, 10.0);
    assert_int_equal(bias->unit, CB_UNIT_ELECTRON);
    for (size_t amp = 0; amp < AMPS; amp++) {
        double mean, rms, variance, noise = sample->ptc->amp[amp].noise;
        bias_residual(sample, bias, amp, &mean, &rms, &variance);
        /* rows share their overscan's error, so that 250 rows, not 16000 pixels, carry the mean */
        assert_close(mean, 0.0, 4.0 * noise * sqrt(M_PI / 2.0 / OVERSCAN_COLUMNS / FRAMES / 250.0) + 0.05);
        assert_close(rms, 1.0, 0.03);
        assert_close(variance, 1.0, 0.1);
    }
}

static void the_bias_with_upstream_settings_keeps_the_structure(void **state)
{
    struct sample *sample = *state;
    struct cb_isr_config isr = gain_settings();
    cb_auto(cb_image_free) struct cb_image *bias = master_bias(sample, &isr, 3.0);
    for (size_t amp = 0; amp < AMPS; amp++) {
        double mean, rms, variance;
        bias_residual(sample, bias, amp, &mean, &rms, &variance);
        /* the parallel overscan takes its own share of the structure and brings the noise of 4 rows */
        assert_close(mean, 0.0, 2.0);
        assert_in_range((unsigned)(1000.0 * rms), 1000, 1450);
    }
}

/* ---- dark
 * ----------------------------------------------------------------------------------------------------------
 */

static void the_dark_is_a_rate_with_its_hot_pixels(void **state)
{
    struct sample *sample = *state;
    struct cb_isr_config isr = plain_settings();
    cb_auto(cb_image_free) struct cb_image *bias = master_bias(sample, &isr, 4.0);
    cb_auto(cb_image_free) struct cb_image *dark = master_dark(sample, isr, bias);
    size_t hot = 0, close = 0;
    for (size_t amp = 0; amp < AMPS; amp++) {
        const struct cb_box *box = &sample->geometry->segment[amp].assembled;
        double sum = 0.0, n = 0.0, noise = sample->ptc->amp[amp].noise;
        for (size_t y = (size_t)box->y0; y < (size_t)(box->y0 + box->height); y++)
            for (size_t x = (size_t)box->x0; x < (size_t)(box->x0 + box->width); x++) {
                size_t at = y * W + x;
                double residual = (double)dark->value[at] - (double)sample->dark[at];
                if ((double)sample->dark[at] > HOT_RATE) {
                    hot++;
                    close += fabs(residual) < 5.0 * sqrt((double)dark->variance[at]);
                    continue;
                }
                sum += residual;
                n += 1.0;
            }
        /* 4 frames of 30.45 s, bias of 4 frames; rows share their overscan's error */
        assert_close(sum / n, 0.0, 4.0 * noise / 30.45 * sqrt(M_PI / 2.0 / OVERSCAN_COLUMNS / 2.0 / 250.0));
    }
    assert_true(hot > 100);
    assert_int_equal(close, hot);
}

/* ---- flat
 * ----------------------------------------------------------------------------------------------------------
 */

static void measure_flats(struct sample *sample, const struct cb_isr_config *isr,
                          const struct cb_isr_inputs *inputs, double *ret_scale)
{
    double level[FRAMES], weight[FRAMES], detector;
    for (size_t i = 0; i < FRAMES; i++) {
        struct cb_raw_source source = cb_raw_as_source(sample->raw[2 * FRAMES + i], 2024120800020 + i, 4);
        cb_auto(cb_image_free) struct cb_image *image = NULL;
        struct cb_isr_report report;
        struct cb_flat_measure measure;
        assert_true(cb_isr_exposure(&source, isr, inputs, &image, &report, NULL));
        assert_true(cb_flat_measure(image, sample->geometry, &measure, NULL));
        level[i] = measure.detector.median;
        weight[i] = (double)measure.detector.n;
    }
    assert_true(cb_flat_scales(level, weight, 1, FRAMES, ret_scale, &detector, NULL));
    for (size_t i = 0; i < FRAMES; i++)
        assert_close(ret_scale[i], level[i], 1e-6 * level[i]);
}

static bool is_usable(const struct sample *sample, size_t at)
{
    return (double)sample->response[at] > DEAD_RESPONSE && (double)sample->dark[at] < HOT_RATE;
}

static void the_flat_is_the_response_to_shot_noise(void **state)
{
    struct sample *sample = *state;
    struct cb_isr_config isr = plain_settings();
    cb_auto(cb_image_free) struct cb_image *bias = master_bias(sample, &isr, 4.0);
    cb_auto(cb_image_free) struct cb_image *dark = master_dark(sample, isr, bias);
    struct cb_frame_source bias_source = cb_frame_of_image(bias, 0.0),
                           dark_source = cb_frame_of_image(dark, 1.0);
    const struct cb_isr_inputs inputs = { .ptc = sample->ptc, .bias = &bias_source, .dark = &dark_source };
    struct cb_combine_config config = cb_combine_defaults();
    double scale[FRAMES], squares = 0.0, total = 0.0;
    isr.doBias = isr.doDark = true;
    measure_flats(sample, &isr, &inputs, scale);
    config.exposureScaling = CB_SCALE_INPUT_LIST;
    config.clip = 10.0;
    cb_auto(cb_image_free) struct cb_image *flat = combined(sample, 2, scale, &isr, &inputs, &config);
    assert_int_equal(flat->unit, CB_UNIT_NONE);
    for (size_t amp = 0; amp < AMPS; amp++) {
        const struct cb_box *box = &sample->geometry->segment[amp].assembled;
        double ratio = 0.0, ratio_squares = 0.0, n = 0.0;
        for (size_t y = (size_t)box->y0; y < (size_t)(box->y0 + box->height); y++)
            for (size_t x = (size_t)box->x0; x < (size_t)(box->x0 + box->width); x++) {
                size_t at = y * W + x;
                if (!is_usable(sample, at))
                    continue;
                double r = (double)flat->value[at] / (double)sample->response[at];
                ratio += r;
                ratio_squares += r * r;
                n += 1.0;
            }
        ratio /= n;
        /* the frames are not linear (c2 of 2e-7 per adu, different in each amplifier) and nothing corrects
         * that here */
        assert_close(ratio, 1.0036, 3e-3);
        squares += ratio_squares - n * ratio * ratio;
        total += n;
    }
    assert_close(sqrt(squares / total) * sqrt(FRAMES * 30000.0), 1.0, 0.05);
}

int main(void)
{
    const struct CMUnitTest sample[] = {
        cmocka_unit_test(the_bias_is_the_truth_to_the_noise),
        cmocka_unit_test(the_bias_with_upstream_settings_keeps_the_structure),
        cmocka_unit_test(the_dark_is_a_rate_with_its_hot_pixels),
        cmocka_unit_test(the_flat_is_the_response_to_shot_noise),
    };
    return cmocka_run_group_tests_name("sample of LSSTComCam", sample, open_sample, close_sample);
}
