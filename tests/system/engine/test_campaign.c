/* Bias, dark and flat of the sample frames by the shipped pipelines, held against their truth. */
#include "engine/campaign.h"

#define BIAS_OUT "LSSTComCam/calib/DM-1/demo/biasGen.20241210a/run1"
#define DARK_OUT "LSSTComCam/calib/DM-1/demo/darkGen.20241210a/run1"
#define FLAT_OUT "LSSTComCam/calib/DM-1/demo/flatGen-r.20241210a/run1"
#define WHERE(type)                                                                                          \
    "instrument='LSSTComCam' and exposure.day_obs=20241208 and exposure.observation_type='" type "'"

/* Root mean square of (value - expected) / sigma over pixels that are not BAD, without the largest 0.1 %. */
static double pull(const struct cb_image *image, const float *expected, const float *sigma)
{
    double sum = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        double z = ((double)image->value[i] - expected[i]) / sigma[i];
        if ((image->mask[i] & CB_MASK(BAD)) != 0 || fabs(z) > 6.0)
            continue;
        sum += z * z;
        n++;
    }
    assert_true(n > PIXELS * 99 / 100);
    return sqrt(sum / (double)n);
}

static void check_cards(const struct cb_header *header, const char *name)
{
    static const char *const kinds[] = { "RUN", "UUID", "SHA256" };
    for (size_t i = 0; i < 3; i++) {
        const char *text = NULL;
        cb_auto(cb_free) char *key = cb_xasprintf("LSST CALIB %s %s", kinds[i], name);
        if (!cb_header_get_string(header, key, &text))
            fail_msg("there is no card %s", key);
        assert_true(strlen(text) >= (i == 2 ? 64U : 7U));
    }
}

static void check_bias(struct fixture *f, const char *run, double least, double most)
{
    static float truth[PIXELS], dark[PIXELS], sigma[PIXELS];
    struct truth_amp amp[16];
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const char *text = NULL;

    open_result(f, "bias", NULL, run, &image, &header);
    read_amps(amp);
    read_truth("truth_bias.f32", truth);
    read_truth("truth_dark.f32", dark);
    assert_int_equal(image->unit, CB_UNIT_ELECTRON);
    for (size_t i = 0; i < PIXELS; i++) {
        const struct truth_amp *a = &amp[amp_of(i % WIDTH, i / WIDTH)];
        truth[i] = (float)(truth[i] * a->gain + 0.03 * dark[i]);
        sigma[i] =
            (float)(sqrt(a->noise * a->noise + a->gain * a->gain / 6.0) / 2.0); /* rounding and dither */
    }
    double rms = pull(image, truth, sigma);
    print_message("bias: rms of residual / sigma %.4f\n", rms);
    assert_true(rms > least && rms < most);
    assert_true(cb_header_get_string(header, "OBSTYPE", &text));
    assert_string_equal(text, "bias");
    assert_true(cb_header_get_string(header, "LSST ISR UNITS", &text));
    assert_string_equal(text, "electron");
    assert_non_null(cb_header_find(header, "CPP_INPUT_3"));
    assert_null(cb_header_find(header, "CPP_INPUT_4"));
    check_cards(header, "PTC");
}

static void check_dark(struct fixture *f, double most, double tolerance)
{
    static float truth[PIXELS], sigma[PIXELS];
    struct truth_amp amp[16];
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    double sum = 0.0, expected = 0.0;
    size_t n = 0;

    open_result(f, "dark", NULL, DARK_OUT, &image, &header);
    read_amps(amp);
    read_truth("truth_dark.f32", truth);
    for (size_t i = 0; i < PIXELS; i++) {
        const struct truth_amp *a = &amp[amp_of(i % WIDTH, i / WIDTH)];
        double variance = a->noise * a->noise + a->gain * a->gain / 6.0;
        sigma[i] =
            (float)(sqrt((2.0 * variance + 30.0 * truth[i]) / 4.0) / 30.0); /* four darks, four biases */
        if (truth[i] < 1.0) {
            sum += image->value[i];
            expected += truth[i];
            n++;
        }
    }
    double rms = pull(image, truth, sigma);
    print_message("dark: rms of residual / sigma %.4f, mean %.5f of %.5f e-/s\n", rms, sum / (double)n,
                  expected / (double)n);
    assert_true(rms > 1.0 && rms < most);
    assert_close(sum / (double)n, expected / (double)n, tolerance);
    check_cards(header, "BIAS");
    check_cards(header, "PTC");
}

static void check_flat(struct fixture *f)
{
    static float truth[PIXELS], sigma[PIXELS];
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const char *text = NULL;
    double ratio = 0.0;
    size_t n = 0;

    open_result(f, "flat", "r_03", FLAT_OUT, &image, &header);
    read_truth("truth_response.f32", truth);
    for (size_t i = 0; i < PIXELS; i++) {
        if ((image->mask[i] & CB_MASK(BAD)) == 0 && truth[i] > 0.5f) {
            ratio += (double)image->value[i] / truth[i];
            n++;
        }
    }
    ratio /= (double)n;
    for (size_t i = 0; i < PIXELS; i++) {
        truth[i] = (float)(truth[i] * ratio);
        sigma[i] = (float)sqrt(fabs(truth[i]) / (4.0 * 30000.0));
    }
    double rms = pull(image, truth, sigma);
    print_message("flat: rms of residual / sigma %.4f, level %.5f of the response\n", rms, ratio);
    assert_true(rms > 0.95 && rms < 1.3);
    assert_close(ratio, 1.0, 0.02);
    assert_true(cb_header_get_string(header, "FLATSRC", &text));
    assert_string_equal(text, "TWILIGHT");
    check_cards(header, "BIAS");
    check_cards(header, "DARK");
}

static void bias_dark_and_flat_agree_with_the_truth(void **state)
{
    struct fixture *f = *state;
    run_pipeline(f, "cpBias", WHERE("bias"), BIAS_OUT);
    check_bias(f, BIAS_OUT, 1.0, 1.45);
    certify_result(f, "bias", BIAS_OUT, "LSSTComCam/calib/DM-1/demo/bias.20241210a");
    run_pipeline(f, "cpDark", WHERE("dark"), DARK_OUT);
    /* The level of the parallel overscan hangs on the serial medians (10 columns) of its 4 rows: 0.19 adu for
     * 16 amplifiers in 4 darks less 4 biases, 0.009 e-/s. In these frames it is 0.33 adu, 1.7 sigma. */
    check_dark(f, 1.35, 0.02);
    certify_result(f, "dark", DARK_OUT, "LSSTComCam/calib/DM-1/demo/dark.20241210a");
    run_pipeline(f, "cpFlat", WHERE("flat") " and band='r'", FLAT_OUT);
    check_flat(f);
}

static void without_clipping_and_parallel_overscan_only_the_noise_is_left(void **state)
{
    struct fixture *f = *state;
    struct cb_override override[] = {
        { (char *)"cpBiasIsr", (char *)"integerDitherMode", (char *)"NONE" },
        { (char *)"cpBiasIsr",
          (char *)"overscanCamera.defaultDetectorConfig.defaultAmpConfig.doParallelOverscan",
          (char *)"false" },
        { (char *)"cpBiasCombine", (char *)"clip", (char *)"20" },
    };
    cb_auto_run struct cb_run run = { .id = "" }, dark = { .id = "" };
    request(f, "cpBias", WHERE("bias"), BIAS_OUT, override, 3, &run);
    must(plan(f, &run, &oops));
    assert_int_equal(work_off(f), 1);
    check_bias(f, BIAS_OUT, 1.0, 1.12);
    certify_result(f, "bias", BIAS_OUT, "LSSTComCam/calib/DM-1/demo/bias.20241210a");
    override[0].task = override[1].task = (char *)"cpDarkIsr";
    override[2].task = (char *)"cpDarkCombine";
    request(f, "cpDark", WHERE("dark"), DARK_OUT, override, 3, &dark);
    must(plan(f, &dark, &oops));
    assert_int_equal(work_off(f), 1);
    check_dark(f, 1.1, 0.003);
}

static void the_bootstraps_are_in_adu(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const char *out = "LSSTComCam/calib/DM-1/demo/biasBootstrapGen.20241210a/run1";
    run_pipeline(f, "cpBiasBootstrap", WHERE("bias"), out);
    open_result(f, "biasBootstrap", NULL, out, &image, &header);
    assert_int_equal(image->unit, CB_UNIT_ADU);
    assert_null(cb_header_find(header, "LSST CALIB UUID PTC"));
}

static void the_output_chain_shows_the_run_first(void **state)
{
    struct fixture *f = *state;
    cb_auto_collections struct cb_collection_list children = { 0 };
    run_pipeline(f, "cpBias", WHERE("bias"), BIAS_OUT);
    must(cb_chain_children(f->repo, "LSSTComCam/calib/DM-1/demo/biasGen.20241210a", &children, &oops));
    assert_int_equal(children.count, 4);
    assert_string_equal(children.item[0].name, BIAS_OUT);
    assert_string_equal(children.item[1].name, TICKET_CHAIN);
}

static void a_second_run_into_the_same_collection_is_refused(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    cb_auto_run struct cb_run again = { .id = "" };
    run_pipeline(f, "cpBias", WHERE("bias"), BIAS_OUT);
    request(f, "cpBias", WHERE("bias"), BIAS_OUT, NULL, 0, &again);
    assert_false(plan(f, &again, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, "BOOTSTRAP_RUN_NUMBER (or RERUN)"));
}

static void what_cannot_be_planned_says_why(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    cb_auto_run struct cb_run dark = { .id = "" }, none = { .id = "" }, wrong = { .id = "" };
    request(f, "cpDark", WHERE("dark"), DARK_OUT, NULL, 0, &dark);
    assert_false(plan(f, &dark, &err));
    assert_non_null(strstr(err.text, "no bias of detector 4 holds for exposure"));
    request(f, "cpBias", WHERE("bias") " and detector=7", BIAS_OUT, NULL, 0, &none);
    assert_false(plan(f, &none, &err));
    assert_non_null(strstr(err.text, "selects no raw"));
    request(f, "cpBias", "exposure.nothing = 1", BIAS_OUT, NULL, 0, &wrong);
    assert_false(plan(f, &wrong, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

static size_t count_biases(struct fixture *f)
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id id = detector_id(4);
    const char *run = BIAS_OUT;
    must(cb_dataset_find(f->repo, "bias", &id, &run, 1, NULL, &found, &oops));
    return found.count;
}

static void a_lost_quantum_is_taken_over_and_ends_once(void **state)
{
    struct fixture *f = *state;
    const struct cb_engine hasty = { .name = "generator", .lease_ms = -1, .max_attempts = 3 };
    struct cb_error none = { 0 };
    cb_auto_run struct cb_run run = { .id = "" };
    request(f, "cpBias", WHERE("bias"), BIAS_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    struct cb_quantum *lost = claim(f, &hasty, "first"); /* its lease has run out at once */
    assert_non_null(lost);
    must(cb_quantum_run(&hasty, f->db, lost, NULL, &oops));
    struct cb_quantum *taken = claim(f, &sample_engine, "second");
    assert_non_null(taken);
    assert_string_equal(taken->id, lost->id);
    assert_int_equal(taken->token, lost->token + 1);
    must(cb_quantum_run(&sample_engine, f->db, taken, NULL, &oops));
    assert_false(finish(f, lost, &none).ours);
    assert_int_equal(count_biases(f), 0);
    struct cb_quantum_end end = finish(f, taken, &none);
    assert_true(end.ours && end.run_ended);
    assert_false(finish(f, taken, &none).ours); /* finishing twice leaves one result */
    assert_int_equal(count_biases(f), 1);
    cb_quantum_release(lost);
    cb_quantum_release(taken);
    assert_null(claim(f, &sample_engine, "third"));
}

static void a_quantum_that_kills_its_workers_fails_with_its_run(void **state)
{
    struct fixture *f = *state;
    const struct cb_engine hasty = { .name = "generator", .lease_ms = -1, .max_attempts = 2 };
    cb_auto_run struct cb_run run = { .id = "" }, ended = { .id = "" };
    request(f, "cpBias", WHERE("bias"), BIAS_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    for (int i = 0; i < 2; i++) {
        struct cb_quantum *quantum = claim(f, &hasty, "worker");
        assert_non_null(quantum);
        cb_quantum_release(quantum);
    }
    assert_null(claim(f, &hasty, "worker"));
    must(cb_run_load(f->db, run.id, &ended, &oops));
    assert_string_equal(ended.state, "failed");
    assert_non_null(strstr(ended.error, "its worker was lost 2 times"));
}

static void a_failed_flat_skips_what_waits_for_it_and_can_be_retried(void **state)
{
    struct fixture *f = *state;
    struct cb_error broken = { 0 };
    struct cb_run_counts counts;
    cb_auto_run struct cb_run run = { .id = "" }, ended = { .id = "" };
    run_pipeline(f, "cpBias", WHERE("bias"), BIAS_OUT);
    certify_result(f, "bias", BIAS_OUT, "LSSTComCam/calib/DM-1/demo/bias.20241210a");
    run_pipeline(f, "cpDark", WHERE("dark"), DARK_OUT);
    certify_result(f, "dark", DARK_OUT, "LSSTComCam/calib/DM-1/demo/dark.20241210a");
    request(f, "cpFlat", WHERE("flat"), FLAT_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    struct cb_quantum *quantum = claim(f, &sample_engine, "worker");
    cb_fail(&broken, CB_ERR_INVALID, "the shutter was stuck");
    assert_true(finish(f, quantum, &broken).run_ended);
    cb_quantum_release(quantum);
    must(cb_run_load(f->db, run.id, &ended, &oops));
    assert_string_equal(ended.state, "failed");
    assert_non_null(strstr(ended.error, "the shutter was stuck"));
    must(cb_run_count(f->db, run.id, &counts, &oops));
    assert_int_equal(counts.failed, 1);
    assert_int_equal(counts.skipped, 2);
    must(cb_run_retry(f->db, run.id, &oops));
    assert_int_equal(work_off(f), 3);
    cb_run_done(&ended);
    must(cb_run_load(f->db, run.id, &ended, &oops));
    assert_string_equal(ended.state, "succeeded");
}

static void a_cancelled_run_writes_nothing_more(void **state)
{
    struct fixture *f = *state;
    struct cb_error none = { 0 };
    cb_auto_run struct cb_run run = { .id = "" };
    request(f, "cpBias", WHERE("bias"), BIAS_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    struct cb_quantum *quantum = claim(f, &sample_engine, "worker");
    must(cb_run_cancel(f->db, run.id, "no longer wanted", &oops));
    must(cb_quantum_run(&sample_engine, f->db, quantum, NULL, &oops));
    assert_false(finish(f, quantum, &none).ours);
    cb_quantum_release(quantum);
    assert_int_equal(count_biases(f), 0);
    assert_false(cb_run_cancel(f->db, run.id, "again", &oops));
}

#define spec(test) cmocka_unit_test_setup_teardown(test, make_campaign, drop_repository)

int main(void)
{
    const struct CMUnitTest campaign[] = {
        spec(bias_dark_and_flat_agree_with_the_truth),
        spec(without_clipping_and_parallel_overscan_only_the_noise_is_left),
        spec(the_bootstraps_are_in_adu),
        spec(the_output_chain_shows_the_run_first),
        spec(a_second_run_into_the_same_collection_is_refused),
        spec(what_cannot_be_planned_says_why),
        spec(a_lost_quantum_is_taken_over_and_ends_once),
        spec(a_quantum_that_kills_its_workers_fails_with_its_run),
        spec(a_failed_flat_skips_what_waits_for_it_and_can_be_retried),
        spec(a_cancelled_run_writes_nothing_more),
    };
    return cmocka_run_group_tests_name("campaign", campaign, NULL, NULL);
}
