/* FITS files made in memory: read back by cfitsio, checksums, cards, bytes that repeat. */
#include "support/spec.h"

#include "base/alloc.h"
#include "calib/counter_random.h"
#include "io/fits_raw_write.h"

#include <fitsio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 83, HEIGHT = 57 };

static void fill(int32_t *pixels)
{
    uint32_t words[WIDTH * HEIGHT];
    struct cb_random random = cb_random_of(7, 1, 0, 0, 0);
    cb_random_words(&random, 0, WIDTH * HEIGHT, words);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = i % 97 == 0 ? (int32_t)(words[i] >> 14) : (int32_t)(23500 + (words[i] >> 27));
}

static void build_file(struct cb_fits_build *build, const int32_t *pixels, bool plain)
{
    cb_auto(cb_header_free) struct cb_header *primary = cb_header_new();
    cb_auto(cb_header_free) struct cb_header *segment = cb_header_new();
    cb_auto(cb_header_free) struct cb_header *table = cb_header_new();
    cb_header_set_string(primary, "OBSID", "CC_O_20241208_000801", "the image");
    cb_header_set_undefined(primary, "RA", "deg");
    cb_header_set_int(primary, "SIMULATE MTMOUNT", 0, "");
    cb_header_set_undefined(primary, "SIMULATED MJD-OBS", "");
    cb_header_set_double(primary, "MJD-BEG", 60652.833333333336, "");
    cb_header_set_string(segment, "EXTNAME", "Segment10", "");
    cb_header_set_string(segment, "DATASEC", "[4:67,1:50]", "");
    cb_header_set_string(table, "EXTNAME", "REB_COND", "");
    cb_header_set_double(table, "TEMP1", -12.6875, "");
    cb_fits_build_init(build, "2024-12-08T20:00:00");
    assert_true(cb_fits_build_add_primary(build, primary, NULL));
    cb_auto_bytes struct cb_bytes cards = CB_BYTES(100000);
    assert_true(cb_fits_format_cards(segment, &cards, NULL));
    assert_true(cb_raw_write_segment(build, &cards, pixels, WIDTH, HEIGHT, plain, NULL));
    assert_true(cb_fits_build_add_empty_table(build, table, NULL));
}

/* The file as cfitsio opens it. */
static fitsfile *open_file(const struct cb_fits_build *build, void **memory, size_t *size)
{
    fitsfile *file = NULL;
    int status = 0;
    *size = build->bytes.size;
    *memory = build->bytes.data;
    fits_open_memfile(&file, "x.fits", READONLY, memory, size, 0, NULL, &status);
    assert_int_equal(status, 0);
    return file;
}

static void check_sums(fitsfile *file, int hdus)
{
    for (int hdu = 1; hdu <= hdus; hdu++) {
        int status = 0, type, data_ok = 0, hdu_ok = 0;
        fits_movabs_hdu(file, hdu, &type, &status);
        fits_verify_chksum(file, &data_ok, &hdu_ok, &status);
        assert_int_equal(status, 0);
        assert_int_equal(data_ok, 1);
        assert_int_equal(hdu_ok, 1);
    }
}

static void reads_back(bool plain)
{
    int32_t pixels[WIDTH * HEIGHT], back[WIDTH * HEIGHT];
    cb_auto_fits_build struct cb_fits_build build;
    void *memory;
    size_t size;
    int status = 0, hdus = 0, type = 0, bitpix = 0;
    long first[2] = { 1, 1 };
    char name[80];
    fill(pixels);
    build_file(&build, pixels, plain);
    assert_int_equal(build.bytes.size % 2880, 0);
    fitsfile *file = open_file(&build, &memory, &size);
    fits_get_num_hdus(file, &hdus, &status);
    assert_int_equal(hdus, 3);
    check_sums(file, hdus);
    fits_movabs_hdu(file, 2, &type, &status);
    assert_int_equal(fits_is_compressed_image(file, &status), !plain);
    fits_get_img_type(file, &bitpix, &status);
    assert_int_equal(bitpix, 32);
    fits_read_pix(file, TINT, first, WIDTH * HEIGHT, NULL, back, NULL, &status);
    fits_read_key(file, TSTRING, "EXTNAME", name, NULL, &status);
    assert_int_equal(status, 0);
    assert_string_equal(name, "Segment10");
    assert_memory_equal(pixels, back, sizeof pixels);
    fits_close_file(file, &status);
}

static void test_cfitsio_reads_compressed_and_plain_segments(void **state)
{
    (void)state;
    reads_back(false);
    reads_back(true);
}

static void test_hierarch_and_undefined_cards_are_read(void **state)
{
    (void)state;
    int32_t pixels[WIDTH * HEIGHT];
    cb_auto_fits_build struct cb_fits_build build;
    void *memory;
    size_t size;
    int status = 0, value = -1;
    double mjd = 0, undefined = 0;
    fill(pixels);
    build_file(&build, pixels, false);
    fitsfile *file = open_file(&build, &memory, &size);
    fits_read_key(file, TINT, "SIMULATE MTMOUNT", &value, NULL, &status);
    fits_read_key(file, TDOUBLE, "MJD-BEG", &mjd, NULL, &status);
    assert_int_equal(status, 0);
    assert_int_equal(value, 0);
    assert_true(mjd == 60652.833333333336);
    fits_read_key(file, TDOUBLE, "RA", &undefined, NULL, &status);
    assert_int_equal(status, VALUE_UNDEFINED);
    status = 0;
    fits_read_key(file, TDOUBLE, "SIMULATED MJD-OBS", &undefined, NULL, &status);
    assert_int_equal(status, VALUE_UNDEFINED);
    status = 0;
    fits_close_file(file, &status);
}

/* Uncompressed by cfitsio, the segment is the plain one whose sums stand in the file. */
static void test_sums_of_the_plain_image_are_kept(void **state)
{
    (void)state;
    int32_t pixels[WIDTH * HEIGHT];
    cb_auto_fits_build struct cb_fits_build packed, plain;
    void *memory[2];
    size_t size[2];
    int status = 0, type;
    char kept[2][80], own[2][80];
    fill(pixels);
    build_file(&packed, pixels, false);
    build_file(&plain, pixels, true);
    fitsfile *file = open_file(&packed, &memory[0], &size[0]),
             *other = open_file(&plain, &memory[1], &size[1]);
    fits_movabs_hdu(file, 2, &type, &status);
    fits_movabs_hdu(other, 2, &type, &status);
    fits_read_key(file, TSTRING, "ZDATASUM", kept[0], NULL, &status);
    fits_read_key(file, TSTRING, "ZHECKSUM", kept[1], NULL, &status);
    fits_read_key(other, TSTRING, "DATASUM", own[0], NULL, &status);
    fits_read_key(other, TSTRING, "CHECKSUM", own[1], NULL, &status);
    assert_int_equal(status, 0);
    assert_string_equal(kept[0], own[0]);
    assert_string_equal(kept[1], own[1]);
    fits_close_file(file, &status);
    fits_close_file(other, &status);
}

static void test_the_same_arguments_give_the_same_bytes(void **state)
{
    (void)state;
    int32_t pixels[WIDTH * HEIGHT];
    cb_auto_fits_build struct cb_fits_build first, second;
    fill(pixels);
    build_file(&first, pixels, false);
    build_file(&second, pixels, false);
    assert_int_equal(first.bytes.size, second.bytes.size);
    assert_memory_equal(first.bytes.data, second.bytes.data, first.bytes.size);
    pixels[5]++;
    cb_fits_build_done(&second);
    build_file(&second, pixels, false);
    assert_true(first.bytes.size != second.bytes.size ||
                memcmp(first.bytes.data, second.bytes.data, first.bytes.size) != 0);
}

/* The worked example of FITS Standard 4.0, appendix J.3. */
static void test_the_encoding_is_that_of_the_standard(void **state)
{
    (void)state;
    char text[17];
    cb_fits_sum_encode(~UINT32_C(868229149), text);
    assert_string_equal(text, "hcHjjc9ghcEghc9g");
    cb_fits_sum_encode(0, text);
    assert_string_equal(text, "0000000000000000");
}

static void test_a_file_appears_whole_under_its_name(void **state)
{
    (void)state;
    char folder[] = "/tmp/calbus-fits-XXXXXX", path[64], back[8] = "";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.fits", folder);
    assert_true(cb_fits_place(path, "first", 5, NULL));
    assert_true(cb_fits_place(path, "second", 6, NULL));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(back, 1, sizeof back, file), 6);
    assert_string_equal(back, "second");
    fclose(file);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left */
    struct cb_error err = { 0 };
    assert_false(cb_fits_place(path, "x", 1, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cfitsio_reads_compressed_and_plain_segments),
        cmocka_unit_test(test_hierarch_and_undefined_cards_are_read),
        cmocka_unit_test(test_sums_of_the_plain_image_are_kept),
        cmocka_unit_test(test_the_same_arguments_give_the_same_bytes),
        cmocka_unit_test(test_the_encoding_is_that_of_the_standard),
        cmocka_unit_test(test_a_file_appears_whole_under_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
