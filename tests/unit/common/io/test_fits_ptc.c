/* PTC tables as files. */
#include "io/fits_ptc.h"
#include "support/spec.h"

#include "base/alloc.h"

#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAIRS = 3, SIDE = 2 };

static char folder[] = "/tmp/calbus-fits-ptc-XXXXXX";
static char path[sizeof folder + 32];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/ptc.fits", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static struct cb_doubles numbers(size_t count, double first)
{
    struct cb_doubles list = { cb_xalloc_array(count, sizeof(double)), count };
    for (size_t i = 0; i < count; i++)
        list.at[i] = first + (double)i;
    return list;
}

static struct cb_ptc *full_ptc(void)
{
    struct cb_ptc *ptc = cb_ptc_new(2);
    memcpy(ptc->fit_type, "FULLCOVARIANCE", sizeof "FULLCOVARIANCE");
    ptc->cov_side = ptc->cov_side_fit = SIDE;
    ptc->bad_amps = cb_xalloc_array(1, sizeof *ptc->bad_amps);
    ptc->bad_amps[0] = cb_xstrdup("C11");
    ptc->bad_amp_count = 1;
    for (size_t i = 0; i < 2; i++) {
        struct cb_ptc_amp *amp = &ptc->amp[i];
        snprintf(amp->name, sizeof amp->name, "C1%zu", i);
        amp->pairs = PAIRS;
        amp->input_exp_id_pairs = cb_xalloc_array(2 * PAIRS, sizeof *amp->input_exp_id_pairs);
        amp->exp_id_mask = cb_xalloc_array(PAIRS, sizeof *amp->exp_id_mask);
        for (size_t k = 0; k < 2 * PAIRS; k++)
            amp->input_exp_id_pairs[k] = 2024120800000 + (int64_t)k;
        amp->exp_id_mask[1] = true;
        amp->gain = i == 0 ? 1.4085606866805893 : NAN;
        amp->noise = 5.719650109276552;
        amp->turnoff = 80000.5;
        amp->overscan_median = 24401.5;
        amp->npixel_covariances = 123456789;
        amp->raw_means = numbers(PAIRS, 1000.0 * (double)(i + 1));
        amp->a_matrix = numbers(SIDE * SIDE, -3e-6);
        amp->covariances = numbers(PAIRS * SIDE * SIDE, 0.5);
        amp->aux = cb_xalloc_array(2, sizeof *amp->aux);
        amp->aux_count = 2;
        amp->aux[0] = (struct cb_ptc_aux){ .key = cb_xstrdup("TEMPAVG"),
                                           .numbers = numbers(PAIRS, -95.0),
                                           .count = PAIRS };
        amp->aux[1] = (struct cb_ptc_aux){ .key = cb_xstrdup("FILTER"), .count = PAIRS, .is_text = true };
        amp->aux[1].texts = cb_xalloc_array(PAIRS, sizeof(char *));
        for (size_t k = 0; k < PAIRS; k++)
            amp->aux[1].texts[k] = cb_xstrdup(k == 1 ? "r_03" : "empty");
    }
    return ptc;
}

static void everything_comes_back(void **state)
{
    (void)state;
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = full_ptc();
    cb_auto(cb_ptc_free) struct cb_ptc *back = NULL;
    cb_auto(cb_header_free) struct cb_header *metadata = cb_header_new();
    cb_auto(cb_header_free) struct cb_header *read = NULL;
    struct cb_error err = { .kind = CB_ERR_NONE };
    const char *text = NULL;
    int64_t detector = -1;
    cb_header_set_int(metadata, "DETECTOR", 0, NULL);
    cb_header_set_string(metadata, "INSTRUME", "LSSTComCam", NULL);
    assert_true(cb_ptc_write(path, ptc, metadata, &err));
    bool ok = cb_ptc_read(path, &back, &read, &err);
    assert_string_equal(err.text, "");
    assert_true(ok);
    assert_int_equal(back->amps, 2);
    assert_string_equal(back->fit_type, "FULLCOVARIANCE");
    assert_int_equal(back->cov_side, SIDE);
    assert_int_equal(back->bad_amp_count, 1);
    assert_string_equal(back->bad_amps[0], "C11");
    const struct cb_ptc_amp *a = &ptc->amp[0], *b = cb_ptc_find(back, "C10");
    assert_close(b->gain, a->gain, 0.0);
    assert_close(b->noise, a->noise, 0.0);
    assert_close(b->turnoff, 80000.5, 0.0);
    assert_close(b->gain_err, NAN, 0.0);
    assert_int_equal(b->npixel_covariances, 123456789);
    assert_int_equal(b->pairs, PAIRS);
    assert_int_equal(b->input_exp_id_pairs[5], 2024120800005);
    assert_false(b->exp_id_mask[0]);
    assert_true(b->exp_id_mask[1]);
    assert_int_equal(b->covariances.count, PAIRS * SIDE * SIDE);
    assert_close(b->covariances.at[11], 11.5, 0.0);
    assert_int_equal(b->b_matrix.count, 0);
    assert_int_equal(b->aux_count, 2);
    assert_close(b->aux[0].numbers.at[2], -93.0, 0.0);
    assert_string_equal(b->aux[1].texts[1], "r_03");
    assert_string_equal(b->aux[1].texts[2], "empty");
    assert_close(back->amp[1].gain, NAN, 0.0);
    assert_true(cb_header_get_string(read, "CALIBCLS", &text));
    assert_string_equal(text, "lsst.ip.isr.ptcDataset.PhotonTransferCurveDataset");
    assert_true(cb_header_get_int(read, "DETECTOR", &detector));
    assert_int_equal(detector, 0);
}

static void a_ptc_with_gain_and_noise_only_is_enough(void **state)
{
    (void)state;
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = cb_ptc_new(1);
    cb_auto(cb_ptc_free) struct cb_ptc *back = NULL;
    memcpy(ptc->amp[0].name, "C10", 4);
    ptc->amp[0].gain = 1.25;
    ptc->amp[0].noise = 7.5;
    assert_true(cb_ptc_write(path, ptc, NULL, NULL));
    assert_true(cb_ptc_read(path, &back, NULL, NULL));
    assert_close(back->amp[0].gain, 1.25, 0.0);
    assert_int_equal(back->bad_amp_count, 0);
    assert_int_equal(back->amp[0].pairs, 0);
}

static void the_noise_of_old_full_covariance_fits_is_a_variance(void **state)
{
    (void)state;
    fitsfile *file = NULL;
    int status = 0;
    char *type[] = { "AMPLIFIER_NAME", "PTC_FIT_TYPE", "GAIN", "NOISE" },
         *form[] = { "3A", "14A", "1D", "1D" };
    char *name = "C10", *fit = "FULLCOVARIANCE", overwrite[sizeof path + 1];
    double gain = 1.5, noise = 49.0, version = 1.8;
    snprintf(overwrite, sizeof overwrite, "!%s", path);
    fits_create_file(&file, overwrite, &status);
    fits_create_tbl(file, BINARY_TBL, 1, 4, type, form, NULL, NULL, &status);
    fits_write_key(file, TDOUBLE, "HIERARCH PTC_VERSION", &version, NULL, &status);
    fits_write_col(file, TSTRING, 1, 1, 1, 1, &name, &status);
    fits_write_col(file, TSTRING, 2, 1, 1, 1, &fit, &status);
    fits_write_col(file, TDOUBLE, 3, 1, 1, 1, &gain, &status);
    fits_write_col(file, TDOUBLE, 4, 1, 1, 1, &noise, &status);
    fits_close_file(file, &status);
    assert_int_equal(status, 0);
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = NULL;
    assert_true(cb_ptc_read(path, &ptc, NULL, NULL));
    assert_close(ptc->amp[0].noise, 7.0, 0.0);
    assert_close(ptc->amp[0].turnoff, NAN, 0.0);
}

static void lists_of_different_length_are_refused(void **state)
{
    (void)state;
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = full_ptc();
    struct cb_error err = { .kind = CB_ERR_NONE };
    ptc->amp[1].raw_means.count = 2;
    assert_false(cb_ptc_write(path, ptc, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "RAW_MEANS"));
    ptc->amp[1].raw_means.count = PAIRS;
}

static void what_is_no_ptc_is_refused(void **state)
{
    (void)state;
    struct cb_ptc *ptc = NULL;
    struct cb_error err = { .kind = CB_ERR_NONE };
    assert_false(cb_ptc_read(CB_GOLDEN "/comcam-sample/CC_O_20241208_000696_R22_S11.fits", &ptc, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "AMPLIFIER_NAME"));
    assert_false(cb_ptc_read("/nonexistent/ptc.fits", &ptc, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest ptc[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(a_ptc_with_gain_and_noise_only_is_enough),
        cmocka_unit_test(the_noise_of_old_full_covariance_fits_is_a_variance),
        cmocka_unit_test(lists_of_different_length_are_refused),
        cmocka_unit_test(what_is_no_ptc_is_refused),
    };
    return cmocka_run_group_tests_name("PTC files", ptc, make_folder, remove_folder);
}
