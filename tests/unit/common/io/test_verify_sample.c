/* Verification of the sample frames of LSSTComCam: unchanged frames pass, a changed amplifier fails, and no
 * other. */
#include "base/alloc.h"
#include "calib/combine.h"
#include "calib/verify_tests.h"
#include "io/fits_raw.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETECTOR 4
#define FRAMES 4
#define CHANGED "C03"

static struct cb_ptc *ptc; /* gain and noise of the truth */

/* truth_amps.txt: amp gain noise ...; lines that begin with # are comments. */
static int read_truth(void **state)
{
    (void)state;
    char line[512];
    FILE *file = fopen(CB_GOLDEN "/comcam-sample/truth_amps.txt", "r");
    if (file == NULL)
        return -1;
    ptc = cb_ptc_new(16);
    size_t n = 0;
    while (fgets(line, sizeof line, file) != NULL && n < 16) {
        struct cb_ptc_amp *amp = &ptc->amp[n];
        if (line[0] != '#' && sscanf(line, "%7s %lf %lf", amp->name, &amp->gain, &amp->noise) == 3) {
            amp->turnoff = 100000.0;
            n++;
        }
    }
    fclose(file);
    return n == 16 ? 0 : -1;
}

static int forget_truth(void **state)
{
    (void)state;
    cb_ptc_free(ptc);
    return 0;
}

static struct cb_raw *open_frame(int sequence, struct cb_raw_source *ret_source)
{
    char path[512];
    struct cb_raw *raw = NULL;
    struct cb_error err = { 0 };
    snprintf(path, sizeof path, CB_GOLDEN "/comcam-sample/CC_O_20241208_%06d_R22_S11.fits", sequence);
    if (!cb_raw_open(path, &raw, &err))
        fail_msg("%s", err.text);
    *ret_source = cb_raw_as_source(raw, UINT64_C(2024120800000) + (uint64_t)sequence, DETECTOR);
    return raw;
}

/* A camera of which one amplifier has changed: a pedestal on its data pixels, a gain. */
struct changed {
    struct cb_raw_source real;
    size_t segment;
    int32_t pedestal_adu;
    double gain_factor;
};

static bool read_changed(void *self, size_t segment, size_t y0, size_t y1, int32_t *ret_pixels,
                         struct cb_error *err)
{
    const struct changed *me = self;
    if (!me->real.read_rows(me->real.self, segment, y0, y1, ret_pixels, err))
        return false;
    const struct cb_segment *s = &me->real.geometry->segment[segment];
    if (segment != me->segment)
        return true;
    for (size_t y = y0; y < y1; y++)
        for (int x = 0; x < s->width_px; x++) {
            int32_t *pixel = &ret_pixels[(y - y0) * (size_t)s->width_px + (size_t)x];
            bool data =
                x >= s->data.x0 && x < s->data.x0 + s->data.width && (int)y < s->data.y0 + s->data.height;
            *pixel = (int32_t)lrint((*pixel - 23000.0) / me->gain_factor + 23000.0) +
                     (data ? me->pedestal_adu : 0);
        }
    return true;
}

static struct cb_isr_config isr_of(enum cb_verify_type type)
{
    struct cb_isr_config isr = cb_isr_defaults();
    isr.doApplyGains = true;
    isr.doBootstrap = false;
    isr.doBias = isr.doDark = isr.doFlat = false;
    (void)type;
    return isr;
}

/* The master of the first `n` biases. */
static struct cb_image *master_of(size_t n)
{
    struct cb_raw *raw[FRAMES];
    struct cb_stack_source sources[FRAMES] = { { .scale = 1.0 } };
    struct cb_isr_config isr = isr_of(CB_VERIFY_BIAS);
    const struct cb_isr_inputs inputs = { .ptc = ptc };
    struct cb_combine_config config = cb_combine_defaults();
    struct cb_combine_report report;
    struct cb_image *master = NULL;
    struct cb_error err = { 0 };
    for (size_t i = 0; i < n; i++) {
        raw[i] = open_frame(696 + (int)i, &sources[i].raw);
        sources[i].scale = 1.0;
    }
    const struct cb_geometry *g = sources[0].raw.geometry;
    assert_true(cb_image_new((size_t)g->width_px, (size_t)g->height_px, CB_UNIT_ELECTRON, &master, NULL));
    struct cb_frame_store store = cb_store_of_image(master);
    if (!cb_combine_stream(sources, n, &isr, &inputs, &config, &store, &report, &err))
        fail_msg("%s", err.text);
    master->unit = store.frame.unit;
    cb_combine_report_done(&report);
    for (size_t i = 0; i < n; i++)
        cb_raw_close(raw[i]);
    return master;
}

/* Measure frame 699, changed or not, against a master. */
static void verify_bias(struct cb_image *master, bool was_input, int32_t pedestal_adu, double gain_factor,
                        struct cb_verify_detector *ret)
{
    struct cb_raw_source source;
    cb_auto(cb_raw_close) struct cb_raw *raw = open_frame(699, &source);
    struct cb_frame_source bias = cb_frame_of_image(master, NAN);
    struct cb_isr_config isr = isr_of(CB_VERIFY_BIAS);
    const struct cb_isr_inputs inputs = { .ptc = ptc, .bias = &bias };
    struct cb_verify_config config = cb_verify_defaults();
    struct cb_verify_expected expected[CB_MAX_SEGMENTS];
    struct cb_isr_report report;
    struct cb_error err = { 0 };
    cb_auto(cb_image_free) struct cb_image *residual = NULL;
    struct changed changed = { .real = source,
                               .segment = (size_t)cb_geometry_find(source.geometry, CHANGED),
                               .pedestal_adu = pedestal_adu,
                               .gain_factor = gain_factor };
    source.self = &changed;
    source.read_rows = read_changed;
    isr.doBias = true;
    if (!cb_isr_exposure(&source, &isr, &inputs, &residual, &report, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < source.geometry->segments; i++) {
        double mean, variance;
        const struct cb_segment *s = &source.geometry->segment[i];
        assert_true(cb_verify_frame_level(&bias, s->assembled, &mean, &variance, NULL));
        expected[i] =
            (struct cb_verify_expected){ .gain = report.amp[i].gain,
                                         .read_noise = report.amp[i].read_noise,
                                         .overscan_fraction = cb_verify_overscan_fraction(s, &isr.overscan),
                                         .calib_variance = was_input ? -variance : variance };
    }
    if (!cb_verify_measure(residual, source.geometry, &report, expected, CB_VERIFY_BIAS, &config,
                           source.exposure_id, DETECTOR, ret, &err))
        fail_msg("%s", err.text);
}

/* Failed tests that count, as "C03 MEAN, C03 NOISE". */
static const char *failures_of(const struct cb_verify_detector *d)
{
    static char text[2048];
    const struct cb_verify_limits limits = cb_verify_limits_default();
    text[0] = '\0';
    for (size_t i = 0; i < d->amps; i++) {
        struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
        size_t count = cb_verify_amp_tests(d, i, &limits, results);
        for (size_t k = 0; k < count; k++) {
            size_t used = strlen(text);
            if (results[k].counts && results[k].outcome != CB_OUTCOME_PASS)
                snprintf(text + used, sizeof text - used, "%s%s %s", used > 0 ? ", " : "", d->amp[i].amp,
                         results[k].test);
        }
    }
    return text;
}

static void a_frame_that_did_not_go_in_passes(void **state)
{
    (void)state;
    struct cb_verify_detector d;
    cb_auto(cb_image_free) struct cb_image *master = master_of(3);
    verify_bias(master, false, 0, 1.0, &d);
    assert_int_equal(d.amps, 16);
    assert_string_equal(failures_of(&d), "");
}

static void a_frame_that_went_in_passes(void **state)
{
    (void)state;
    struct cb_verify_detector d;
    cb_auto(cb_image_free) struct cb_image *master = master_of(4);
    verify_bias(master, true, 0, 1.0, &d);
    assert_string_equal(failures_of(&d), "");
}

static void a_changed_level_fails_the_mean_of_that_amplifier_alone(void **state)
{
    (void)state;
    struct cb_verify_detector d;
    cb_auto(cb_image_free) struct cb_image *master = master_of(3);
    verify_bias(master, false, 20, 1.0, &d);
    assert_string_equal(failures_of(&d), CHANGED " MEAN");
}

static void a_changed_gain_fails_the_noise_of_that_amplifier_alone(void **state)
{
    (void)state;
    struct cb_verify_detector d;
    cb_auto(cb_image_free) struct cb_image *master = master_of(3);
    verify_bias(master, false, 0, 1.2, &d);
    assert_string_equal(failures_of(&d), CHANGED " NOISE");
    verify_bias(master, false, 0, 0.85, &d);
    assert_string_equal(failures_of(&d), CHANGED " NOISE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_that_did_not_go_in_passes),
        cmocka_unit_test(a_frame_that_went_in_passes),
        cmocka_unit_test(a_changed_level_fails_the_mean_of_that_amplifier_alone),
        cmocka_unit_test(a_changed_gain_fails_the_noise_of_that_amplifier_alone),
    };
    return cmocka_run_group_tests_name("verification of the sample frames", tests, read_truth, forget_truth);
}
