/* Whole files: what is written is read back, whatever the number of threads; truth and damage beside them. */
#include "support/spec.h"

#include "damage.h"
#include "frames.h"
#include "header.h"
#include "truth.h"

#include "base/alloc.h"
#include "io/fits_ptc.h"
#include "io/fits_raw.h"

#include <dirent.h>
#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char plan_text[] =
    "[night]\nday_obs = 20241208\nseq_num = 801\n"
    "[sequence]\ntype = bias\ncount = 2\n[exposure]\nindex = 2\nplain = true\nmissing = 4\n"
    "[sequence]\ntype = flat\ncount = 1\nexposure_s = 5\nflux_e = 50000\nfilter = r_03\n"
    "[change]\ndetector = 4\namp = C17\nresponse_factor = 0\n";

struct bench {
    char folder[64];
    struct schedule *schedule;
    struct camera *camera;
    struct frames_request request;
};

static int set_up(void **state)
{
    struct bench *b = cb_xalloc(sizeof *b);
    struct plan *plan = NULL;
    struct cb_sim_layout layout;
    struct detector_set chosen;
    snprintf(b->folder, sizeof b->folder, "/tmp/calbus-frames-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    assert_true(plan_parse(plan_text, "x", &plan, NULL));
    assert_true(schedule_make(plan, "LSSTComCam", 7, (struct schedule_shift){ 0, 0 }, &b->schedule, NULL));
    plan_free(plan);
    assert_true(cb_sim_layout_make(16, 64, 48, &layout, NULL));
    assert_true(detector_set_parse("0,4", &chosen, NULL));
    assert_true(camera_new("LSSTComCam", 7, &layout, &chosen, &b->camera, NULL));
    b->request = (struct frames_request){
        .camera = b->camera, .schedule = b->schedule, .folder = b->folder, .effects = { true }, .threads = 1
    };
    *state = b;
    return 0;
}

/* Names of a folder in order, each ended by a blank. */
static void list(const char *folder, char *ret_names, size_t size)
{
    struct dirent **entry = NULL;
    int count = scandir(folder, &entry, NULL, alphasort);
    size_t used = 0;
    ret_names[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.' || strlen(entry[i]->d_name) > 2)
            used += (size_t)snprintf(ret_names + used, size - used, "%s ", entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

static void remove_folder(const char *folder)
{
    char names[4096], path[512], *rest = NULL;
    list(folder, names, sizeof names);
    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        snprintf(path, sizeof path, "%s/%s", folder, name);
        unlink(path);
    }
    rmdir(folder);
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    remove_folder(b->folder);
    schedule_free(b->schedule);
    camera_free(b->camera);
    free(b);
    return 0;
}

static char *path_of(const struct bench *b, const char *name)
{
    return cb_xasprintf("%s/%s", b->folder, name);
}

static void test_one_file_for_each_exposure_and_detector(void **state)
{
    struct bench *b = *state;
    char names[4096];
    assert_int_equal(frames_count(&b->request), 5);
    assert_true(frames_write(&b->request, NULL));
    list(b->folder, names, sizeof names);
    assert_string_equal(names, "CC_O_20241208_000801_R22_S00.fits CC_O_20241208_000801_R22_S11.fits "
                               "CC_O_20241208_000802_R22_S00.fits CC_O_20241208_000803_R22_S00.fits "
                               "CC_O_20241208_000803_R22_S11.fits ");
}

static void *read_file(const char *path, size_t *ret_size)
{
    struct stat status;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *ret_size = (size_t)status.st_size;
    void *bytes = cb_xalloc(*ret_size + 1);
    assert_int_equal(fread(bytes, 1, *ret_size, file), *ret_size);
    fclose(file);
    return bytes;
}

static void test_threads_do_not_change_a_byte(void **state)
{
    struct bench *b = *state;
    static const char *const name = "CC_O_20241208_000803_R22_S11.fits";
    size_t size[2];
    cb_auto(cb_free) char *path = path_of(b, name);
    assert_true(frames_write(&b->request, NULL));
    cb_auto(cb_free) void *alone = read_file(path, &size[0]);
    unlink(path);
    b->request.threads = 4;
    assert_true(frames_write(&b->request, NULL));
    cb_auto(cb_free) void *crowd = read_file(path, &size[1]);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(alone, crowd, size[0]);
}

/* By calbus's own reader. */
static void test_the_reader_finds_what_the_model_made(void **state)
{
    struct bench *b = *state;
    struct cb_error err = { 0 };
    cb_auto(cb_raw_close) struct cb_raw *raw = NULL;
    cb_auto(cb_free) char *path = path_of(b, "CC_O_20241208_000801_R22_S11.fits");
    assert_true(frames_write(&b->request, NULL));
    if (!cb_raw_open(path, &raw, &err) || !cb_raw_check(raw, &err))
        fail_msg("%s", err.text);
    assert_true(cb_geometry_equal(cb_raw_geometry(raw), &b->camera->detector[1].truth->geometry));
    size_t width = (size_t)cb_sim_raw_width(&b->camera->layout),
           height = (size_t)cb_sim_raw_height(&b->camera->layout);
    cb_auto(cb_free) int32_t *read = cb_xalloc_array(width * height, sizeof *read);
    cb_auto(cb_free) int32_t *made = cb_xalloc_array(width * height, sizeof *made);
    cb_auto(cb_sim_work_free) struct cb_sim_work *work = cb_sim_work_new(&b->camera->layout);
    struct cb_sim_exposure exposure = { .exposure_id = 2024120800801, .band = 'r', .dark_s = 0.0313 };
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++)
        exposure.state[amp] = schedule_state(b->schedule, 4, amp, b->schedule->shot[0].begin_tai_ns);
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++) {
        cb_sim_segment(b->camera->detector[1].truth, b->camera->table, &exposure, amp, work, made);
        assert_true(cb_raw_read_rows(raw, amp, 0, height, read, NULL));
        assert_memory_equal(read, made, width * height * sizeof *read);
    }
}

/* By cfitsio: 19 HDUs, the checksums, compression where it should be. */
static void check_by_cfitsio(const char *path, bool plain)
{
    fitsfile *file = NULL;
    int status = 0, hdus = 0, type = 0, data_ok = 0, hdu_ok = 0;
    fits_open_file(&file, path, READONLY, &status);
    fits_get_num_hdus(file, &hdus, &status);
    assert_int_equal(hdus, 19);
    for (int hdu = 1; hdu <= hdus; hdu++) {
        fits_movabs_hdu(file, hdu, &type, &status);
        fits_verify_chksum(file, &data_ok, &hdu_ok, &status);
        assert_int_equal(status, 0);
        assert_int_equal(data_ok, 1);
        assert_int_equal(hdu_ok, 1);
        if (hdu >= 2 && hdu <= 17)
            assert_int_equal(fits_is_compressed_image(file, &status), !plain);
    }
    fits_close_file(file, &status);
}

static void test_cfitsio_agrees(void **state)
{
    struct bench *b = *state;
    cb_auto(cb_free) char *packed = path_of(b, "CC_O_20241208_000801_R22_S00.fits");
    cb_auto(cb_free) char *plain = path_of(b, "CC_O_20241208_000802_R22_S00.fits");
    assert_true(frames_write(&b->request, NULL));
    check_by_cfitsio(packed, false);
    check_by_cfitsio(plain, true);
}

static void test_damaged_files_are_refused_by_the_reader(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *name;
        bool readable;
    } cases[] = {
        { "CC_O_20241208_000804_R22_S00.fits", false }, /* truncated */
        { "CC_O_20241208_000805_R22_S00.fits", true },  /* foreign: only its header is wrong */
        { "CC_O_20241208_000806_R22_S00.fits", false }, /* altered */
        { "CC_O_20241208_000807_R22_S00.fits", false }, /* no FITS */
        { "CC_O_20241208_000808_R22_S00.fits", true },  /* a key is missing */
    };
    assert_true(damage_write(&b->request, 5, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cb_auto(cb_free) char *path = path_of(b, cases[i].name);
        cb_auto(cb_raw_close) struct cb_raw *raw = NULL;
        struct cb_error err = { 0 };
        bool readable = cb_raw_open(path, &raw, &err) && cb_raw_check(raw, &err);
        assert_int_equal(readable, cases[i].readable);
        const char *text;
        if (i == 1)
            assert_true(cb_header_get_string(cb_raw_primary(raw), "INSTRUME", &text) &&
                        strcmp(text, "ComCam") != 0);
        if (i == 4)
            assert_null(cb_header_find(cb_raw_primary(raw), "IMGTYPE"));
    }
}

static void test_truth_and_photon_transfer_curve_agree(void **state)
{
    struct bench *b = *state;
    const struct options options = { .night = "x", .seed = 7, .brighter_fatter = true };
    struct cb_error err = { 0 };
    cb_auto(cb_free) char *truth = path_of(b, "truth.json"), *images = path_of(b, "truth_det004.fits");
    if (!truth_write(truth, &options, &b->request, &err) || !ptc_write(b->folder, &b->request, &err))
        fail_msg("%s", err.text);
    fitsfile *file = NULL;
    int status = 0;
    long size[2] = { 0, 0 };
    fits_open_file(&file, images, READONLY, &status);
    static char response[] = "RESPONSE_r";
    fits_movnam_hdu(file, IMAGE_HDU, response, 0, &status);
    fits_get_img_size(file, 2, size, &status);
    assert_int_equal(status, 0);
    assert_int_equal(size[0], b->camera->detector[1].truth->geometry.width_px);
    fits_close_file(file, &status);
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = NULL;
    cb_auto(cb_free) char *path = path_of(b, "ptc_det004.fits");
    if (!cb_ptc_read(path, &ptc, NULL, &err))
        fail_msg("%s", err.text);
    assert_int_equal(ptc->amps, 16);
    for (size_t i = 0; i < 16; i++) {
        const struct cb_sim_amp *amp = &b->camera->detector[1].truth->amp[i];
        assert_string_equal(ptc->amp[i].name, cb_sim_amp_name(i));
        if (i == 7) { /* C17 is dead */
            assert_true(isnan(ptc->amp[i].gain));
            continue;
        }
        assert_close(ptc->amp[i].gain / amp->gain_e_per_adu, 1, 0.003);
        assert_close(ptc->amp[i].noise / amp->noise_e, 1, 0.003);
        assert_true(ptc->amp[i].gain != amp->gain_e_per_adu);
    }
    assert_int_equal(ptc->bad_amp_count, 1);
    assert_string_equal(ptc->bad_amps[0], "C17");
}

static void test_a_folder_that_is_not_there_is_an_error(void **state)
{
    struct bench *b = *state;
    struct cb_error err = { 0 };
    b->request.folder = "/nowhere/at/all";
    b->request.threads = 3;
    assert_false(frames_write(&b->request, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

static void test_only_cameras_with_a_truth_are_simulated(void **state)
{
    struct bench *b = *state;
    struct detector_set chosen;
    struct camera *camera = NULL;
    struct cb_error err = { 0 };
    assert_true(detector_set_parse("0,12", &chosen, NULL));
    assert_false(camera_new("LSSTComCam", 7, &b->camera->layout, &chosen, &camera, &err));
    assert_non_null(strstr(err.text, "no detector 12"));
    assert_false(camera_new("LATISS", 7, &b->camera->layout, &chosen, &camera, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_one_file_for_each_exposure_and_detector),
        TEST(test_threads_do_not_change_a_byte),
        TEST(test_the_reader_finds_what_the_model_made),
        TEST(test_cfitsio_agrees),
        TEST(test_damaged_files_are_refused_by_the_reader),
        TEST(test_truth_and_photon_transfer_curve_agree),
        TEST(test_a_folder_that_is_not_there_is_an_error),
        TEST(test_only_cameras_with_a_truth_are_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
