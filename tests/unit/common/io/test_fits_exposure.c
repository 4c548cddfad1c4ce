/* Exposures as files: bit for bit back, in one layout, read by others and of others. */
#include "io/fits_exposure.h"
#include "io/fits_header.h"
#include "support/spec.h"

#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { W = 130, H = 77 };

static char folder[] = "/tmp/calbus-fits-exposure-XXXXXX";
static char path[sizeof folder + 32], other[sizeof folder + 32];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/bias.fits", folder);
    snprintf(other, sizeof other, "%s/other.fits", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder); /* fails when a temporary file was left behind */
}

static struct cb_image *noisy_image(void)
{
    struct cb_image *image = NULL;
    uint32_t seed = 5;
    assert_true(cb_image_new(W, H, CB_UNIT_ELECTRON, &image, NULL));
    for (size_t i = 0; i < W * H; i++) {
        seed = seed * 1664525u + 1013904223u;
        image->value[i] = (float)(seed >> 8) * 1e-5f - 60.0f;
        image->variance[i] = 2.0f + (float)(seed >> 10) * 1e-7f;
        image->mask[i] = i % 97 == 0 ? CB_MASK(BAD) | CB_MASK(CR) : 0;
    }
    image->value[5] = NAN;
    image->variance[6] = INFINITY;
    image->variance[7] = -0.0f;
    return image;
}

static struct cb_header *some_header(void)
{
    struct cb_header *header = cb_header_new();
    cb_header_set_string(header, "OBSTYPE", "bias", "type");
    cb_header_set_string(header, "BUNIT", "adu", "of the raw");
    cb_header_set_double(header, "LSST ISR GAIN C10", 1.4085606866805893, "electron per adu");
    cb_header_set_int(header, "CPP_INPUT_0", 2024120800696, NULL);
    cb_header_set_bool(header, "LSST ISR BIAS APPLIED", false, NULL);
    cb_header_set_double(header, "LSST ISR FINAL MEAN C10", NAN, NULL);
    cb_header_set_undefined(header, "RA", NULL);
    cb_header_set_string(
        header, "LSST CALIB RUN BIAS",
        "LSSTComCam/calib/DM-1/demo/biasGen.20241210a/20241210T010203Z with 'quotes' that go on and "
        "on until one card is not enough, nor are two",
        "where it comes from");
    return header;
}

static void an_exposure_comes_back_bit_for_bit(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noisy_image();
    cb_auto(cb_header_free) struct cb_header *header = some_header();
    cb_auto(cb_image_free) struct cb_image *back = NULL;
    cb_auto(cb_header_free) struct cb_header *cards = NULL;
    assert_true(cb_exposure_write(path, image, header, NULL));
    assert_true(cb_exposure_read(path, &back, &cards, NULL));
    assert_int_equal(back->unit, CB_UNIT_ELECTRON);
    assert_memory_equal(back->value, image->value, W * H * sizeof(float));
    assert_memory_equal(back->variance, image->variance, W * H * sizeof(float));
    assert_memory_equal(back->mask, image->mask, W * H * sizeof(uint32_t));
    assert_null(cb_header_find(cards, "BUNIT"));
    for (size_t i = 0; i < header->count; i++) {
        const struct cb_card *card = &header->card[i], *read = cb_header_find(cards, card->key);
        if (strcmp(card->key, "BUNIT") == 0)
            continue;
        assert_non_null(read);
        if (card->type != CB_CARD_DOUBLE || isfinite(card->number))
            assert_true(cb_card_equal(card, read));
    }
    double nan = 0.0;
    assert_true(cb_header_get_double(cards, "LSST ISR FINAL MEAN C10", &nan));
    assert_close(nan, NAN, 0.0);
}

static char *bytes_of(const char *name, size_t *ret_size)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *bytes = malloc(1 << 20);
    *ret_size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void the_bytes_depend_on_the_arguments_only(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noisy_image();
    cb_auto(cb_header_free) struct cb_header *header = some_header();
    size_t size = 0, size_other = 0;
    assert_true(cb_exposure_write(path, image, header, NULL));
    assert_true(cb_exposure_write(other, image, header, NULL));
    char *a = bytes_of(path, &size), *b = bytes_of(other, &size_other);
    assert_int_equal(size, size_other);
    assert_int_equal(size % 2880, 0);
    assert_memory_equal(a, b, size);
    free(a);
    free(b);
}

static void cfitsio_reads_the_planes(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noisy_image();
    fitsfile *file = NULL;
    int status = 0, any = 0, hdus = 0, mask[W * H];
    float plane[W * H];
    assert_true(cb_exposure_write(path, image, NULL, NULL));
    fits_open_file(&file, path, READONLY, &status);
    fits_get_num_hdus(file, &hdus, &status);
    fits_movnam_hdu(file, IMAGE_HDU, "VARIANCE", 0, &status);
    fits_read_img(file, TFLOAT, 1, W * H, NULL, plane, &any, &status);
    assert_memory_equal(plane, image->variance, sizeof plane);
    fits_movnam_hdu(file, IMAGE_HDU, "MASK", 0, &status);
    fits_read_img(file, TINT, 1, W * H, NULL, mask, &any, &status);
    assert_memory_equal(mask, image->mask, sizeof mask);
    fits_close_file(file, &status);
    assert_int_equal(status, 0);
    assert_int_equal(hdus, 4);
}

static void write_foreign(bool with_mask, long mask_width)
{
    fitsfile *file = NULL;
    int status = 0, bit = 9, mask[W * H] = { 0 };
    long axes[2] = { W, H }, mask_axes[2] = { mask_width, H };
    float plane[W * H] = { 3.5f };
    char overwrite[sizeof path + 1];
    snprintf(overwrite, sizeof overwrite, "!%s", path);
    fits_create_file(&file, overwrite, &status);
    fits_create_img(file, BYTE_IMG, 0, NULL, &status);
    fits_set_compression_type(file, GZIP_1, &status);
    fits_set_quantize_level(file, 0.0f, &status);
    fits_create_img(file, FLOAT_IMG, 2, axes, &status);
    fits_write_key(file, TSTRING, "EXTTYPE", "IMAGE", NULL, &status);
    fits_write_img(file, TFLOAT, 1, W * H, plane, &status);
    mask[0] = 1 << 9 | 1 << 20;
    if (with_mask) {
        fits_create_img(file, LONG_IMG, 2, mask_axes, &status);
        fits_write_key(file, TSTRING, "EXTTYPE", "MASK", NULL, &status);
        fits_write_key(file, TINT, "MP_UNMASKEDNAN", &bit, NULL, &status);
        bit = 20;
        fits_write_key(file, TINT, "MP_NOT_OURS", &bit, NULL, &status);
        fits_write_img(file, TINT, 1, mask_width * H, mask, &status);
    }
    fits_close_file(file, &status);
    assert_int_equal(status, 0);
}

static void mask_planes_of_others_are_translated_by_name(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    write_foreign(true, W);
    assert_true(cb_exposure_read(path, &image, NULL, NULL));
    assert_close(image->value[0], 3.5, 0.0);
    assert_int_equal(image->mask[0], CB_MASK(UNMASKEDNAN));
    assert_close(image->variance[0], 0.0, 0.0);
}

static void planes_of_different_size_are_refused(void **state)
{
    (void)state;
    struct cb_image *image = NULL;
    struct cb_error err = { .kind = CB_ERR_NONE };
    write_foreign(true, W - 1);
    assert_false(cb_exposure_read(path, &image, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "MASK"));
    assert_null(image);
}

static void boxes_are_the_same_pixels(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noisy_image();
    cb_auto(cb_exposure_close) struct cb_exposure_file *file = NULL;
    const struct cb_box box = { 96, 20, 30, 11 };
    float value[330], variance[330];
    uint32_t mask[330];
    assert_true(cb_exposure_write(path, image, NULL, NULL));
    assert_true(cb_exposure_open(path, &file, NULL));
    struct cb_frame_source frame = cb_exposure_as_frame(file);
    assert_int_equal(frame.unit, CB_UNIT_ELECTRON);
    assert_true(frame.read_box(frame.self, box, value, variance, mask, NULL));
    for (size_t y = 0; y < 11; y++) {
        size_t at = (20 + y) * W + 96;
        assert_memory_equal(value + 30 * y, image->value + at, 30 * sizeof *value);
        assert_memory_equal(variance + 30 * y, image->variance + at, 30 * sizeof *value);
        assert_memory_equal(mask + 30 * y, image->mask + at, 30 * sizeof *mask);
    }
    const struct cb_box outside = { 120, 20, 30, 11 };
    assert_false(frame.read_box(frame.self, outside, value, NULL, NULL, NULL));
}

static void what_cannot_be_written_leaves_nothing_behind(void **state)
{
    (void)state;
    cb_auto(cb_image_free) struct cb_image *image = noisy_image();
    cb_auto(cb_header_free) struct cb_header *header = cb_header_new();
    struct cb_error err = { .kind = CB_ERR_NONE };
    cb_header_set_string(header, "OBJECT", "line\nbreak", NULL);
    unlink(path);
    assert_false(cb_exposure_write(path, image, header, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_int_equal(access(path, F_OK), -1);
    err.kind = CB_ERR_NONE;
    struct cb_image *none = NULL;
    assert_false(cb_exposure_read(path, &none, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest exposure[] = {
        cmocka_unit_test(an_exposure_comes_back_bit_for_bit),
        cmocka_unit_test(the_bytes_depend_on_the_arguments_only),
        cmocka_unit_test(cfitsio_reads_the_planes),
        cmocka_unit_test(mask_planes_of_others_are_translated_by_name),
        cmocka_unit_test(planes_of_different_size_are_refused),
        cmocka_unit_test(boxes_are_the_same_pixels),
        cmocka_unit_test(what_cannot_be_written_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("exposure files", exposure, make_folder, remove_folder);
}
