/* Raw files: segments by name and place, pixels bit by bit as cfitsio reads them, damage refused. */
#include "io/fits_header.h"
#include "io/fits_raw.h"
#include "support/spec.h"

#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define SAMPLE CB_GOLDEN "/comcam-sample/CC_O_20241208_000720_R22_S11.fits"

enum { W = 40, H = 30 };

static char folder[] = "/tmp/calbus-fits-raw-XXXXXX";
static char path[sizeof folder + 32];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/raw.fits", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* Pixels of every kind a code has: flat, noisy, wild and at the ends of their range. */
static void make_pixels(int *pixels, int kind, int bitpix)
{
    uint32_t seed = 7u + (uint32_t)kind;
    for (int i = 0; i < W * H; i++) {
        seed = seed * 1664525u + 1013904223u;
        int noise = (int)(seed >> 24) - 128;
        int value = kind == 0   ? 1000
                    : kind == 1 ? 1000 + noise / 8
                    : kind == 2 ? (int)(seed >> 14)
                                : noise * 255;
        if (kind == 4 && bitpix == 32)
            value = (seed & 0x100) != 0 ? INT32_MAX : INT32_MIN;
        pixels[i] = bitpix == 16 ? (value & 0xffff) : value;
    }
}

/* How a test file is written. */
struct recipe {
    int image_type;  /* LONG_IMG or USHORT_IMG */
    int compression; /* 0: plain */
    int kind;
    const char *swap; /* EXTNAME of the third segment instead of its own; "" none */
};

static void write_raw(const struct recipe *recipe)
{
    fitsfile *file = NULL;
    int status = 0, pixels[W * H];
    unsigned short narrow[W * H];
    long axes[2] = { W, H }, tile[2] = { W, 1 };
    char overwrite[sizeof path + 1], name[32];
    snprintf(overwrite, sizeof overwrite, "!%s", path);
    fits_create_file(&file, overwrite, &status);
    fits_create_img(file, BYTE_IMG, 0, NULL, &status);
    if (recipe->compression != 0) {
        fits_set_compression_type(file, recipe->compression, &status);
        fits_set_tile_dim(file, 2, tile, &status);
    }
    for (int s = 0; s < 16; s++) {
        snprintf(name, sizeof name, "Segment%d%d", s < 8 ? 1 : 0, s < 8 ? s : 15 - s);
        if (s == 2 && recipe->swap != NULL)
            snprintf(name, sizeof name, "%s", recipe->swap);
        make_pixels(pixels, recipe->kind, recipe->image_type == USHORT_IMG ? 16 : 32);
        fits_create_img(file, recipe->image_type, 2, axes, &status);
        if (name[0] != '\0')
            fits_write_key(file, TSTRING, "EXTNAME", name, NULL, &status);
        fits_write_key(file, TSTRING, "DATASEC", "[4:30,1:22]", NULL, &status);
        for (int i = 0; i < W * H; i++)
            narrow[i] = (unsigned short)pixels[i];
        if (recipe->image_type == USHORT_IMG)
            fits_write_img(file, TUSHORT, 1, W * H, narrow, &status);
        else
            fits_write_img(file, TINT, 1, W * H, pixels, &status);
    }
    fits_close_file(file, &status);
    assert_int_equal(status, 0);
}

static void check_against_cfitsio(const char *name, size_t segment)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    cb_auto(cb_raw_close) struct cb_raw *raw = NULL;
    fitsfile *file = NULL;
    int status = 0, any = 0;
    bool opened = cb_raw_open(name, &raw, &err);
    assert_string_equal(err.text, "");
    assert_true(opened);
    const struct cb_segment *s = &cb_raw_geometry(raw)->segment[segment];
    size_t n = (size_t)s->width_px * (size_t)s->height_px;
    int32_t *ours = malloc(n * sizeof *ours);
    int *theirs = malloc(n * sizeof *theirs);
    fits_open_file(&file, name, READONLY, &status);
    fits_movabs_hdu(file, (int)segment + 2, NULL, &status);
    fits_read_img(file, TINT, 1, (LONGLONG)n, NULL, theirs, &any, &status);
    fits_close_file(file, &status);
    assert_int_equal(status, 0);
    assert_true(cb_raw_read_rows(raw, segment, 0, (size_t)s->height_px, ours, &err));
    assert_memory_equal(ours, theirs, n * sizeof *ours);
    /* and in pieces */
    assert_true(cb_raw_read_rows(raw, segment, 3, 7, ours, &err));
    assert_memory_equal(ours, theirs + 3 * s->width_px, 4 * (size_t)s->width_px * sizeof *ours);
    free(ours);
    free(theirs);
}

static void the_camera_sample_reads_as_cfitsio_reads_it(void **state)
{
    (void)state;
    for (size_t segment = 0; segment < 16; segment++)
        check_against_cfitsio(SAMPLE, segment);
}

static void every_storage_reads_as_cfitsio_reads_it(void **state)
{
    (void)state;
    const int types[] = { LONG_IMG, USHORT_IMG };
    const int compressions[] = { 0, RICE_1, GZIP_1 };
    for (int t = 0; t < 2; t++)
        for (int c = 0; c < 3; c++)
            for (int kind = 0; kind < 5; kind++) {
                if (kind == 4 && compressions[c] == RICE_1)
                    continue; /* cfitsio does not write differences of more than 31 bits */
                const struct recipe recipe = { types[t], compressions[c], kind, NULL };
                write_raw(&recipe);
                check_against_cfitsio(path, 0);
                check_against_cfitsio(path, 9);
            }
}

static void segments_without_names_go_by_their_place(void **state)
{
    (void)state;
    const struct recipe recipe = { LONG_IMG, RICE_1, 1, "" };
    write_raw(&recipe);
    check_against_cfitsio(path, 2);
}

static void check_refused(enum cb_err_kind kind, const char *reason)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    struct cb_raw *raw = NULL;
    bool ok = cb_raw_open(path, &raw, &err) && cb_raw_check(raw, &err);
    cb_raw_close(raw);
    assert_false(ok);
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, reason);
}

static void a_name_that_disagrees_with_its_place_is_refused(void **state)
{
    (void)state;
    const struct recipe wrong = { LONG_IMG, RICE_1, 1, "Segment13" };
    write_raw(&wrong);
    check_refused(CB_ERR_INVALID, "\"Segment13\" where Segment12");
    const struct recipe foreign = { LONG_IMG, RICE_1, 1, "REB_COND" };
    write_raw(&foreign);
    check_refused(CB_ERR_INVALID, "\"Segment13\" where Segment12");
}

static void copy_sample(size_t size, size_t flip_at)
{
    FILE *from = fopen(SAMPLE, "rb"), *to = fopen(path, "wb");
    for (size_t i = 0; i < size; i++) {
        int byte = fgetc(from);
        if (byte == EOF)
            break;
        fputc(i == flip_at ? byte ^ 0x10 : byte, to);
    }
    fclose(from);
    fclose(to);
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    copy_sample(300000, SIZE_MAX);
    check_refused(CB_ERR_INVALID, "truncated");
    copy_sample(2000, SIZE_MAX);
    check_refused(CB_ERR_INVALID, "is not FITS");
    copy_sample(SIZE_MAX, 100000);
    check_refused(CB_ERR_INVALID, "DATASUM");
    copy_sample(SIZE_MAX, 30);
    check_refused(CB_ERR_INVALID, "");
    unlink(path);
    check_refused(CB_ERR_NOT_FOUND, "No such file");
    copy_sample(0, SIZE_MAX);
    check_refused(CB_ERR_INVALID, "is not FITS");
}

static void gzip_under_a_fits_name_is_read(void **state)
{
    (void)state;
    FILE *from = fopen(SAMPLE, "rb");
    gzFile to = gzopen(path, "wb1");
    for (int byte = fgetc(from); byte != EOF; byte = fgetc(from))
        gzputc(to, byte);
    fclose(from);
    gzclose(to);
    check_against_cfitsio(path, 5);
    struct cb_raw *raw = NULL;
    assert_true(cb_raw_open(path, &raw, NULL));
    assert_true(cb_raw_check(raw, NULL));
    cb_raw_close(raw);
    assert_int_equal(truncate(path, 200000), 0);
    check_refused(CB_ERR_INVALID, "gzip");
}

static void headers_come_with_their_types(void **state)
{
    (void)state;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const char *text = NULL;
    int64_t number = -1;
    double real = -1.0;
    assert_true(cb_header_read(SAMPLE, 0, &header, NULL));
    assert_true(cb_header_get_string(header, "DAYOBS", &text));
    assert_string_equal(text, "20241208");
    assert_true(cb_header_get_int(header, "DAYOBS", &number));
    assert_int_equal(number, 20241208);
    assert_true(cb_header_get_int(header, "SEQNUM", &number));
    assert_int_equal(number, 720);
    assert_int_equal(cb_header_find(header, "RA")->type, CB_CARD_UNDEFINED);
    assert_true(cb_header_get_int(header, "STUTTER ROWS", &number));
    assert_int_equal(cb_header_find(header, "SIMULATED MJD-OBS")->type, CB_CARD_UNDEFINED);
    assert_true(cb_header_get_double(header, "EXPTIME", &real));
    assert_close(real, 5.0, 0.0);
    assert_string_equal(cb_header_find(header, "IMGTYPE")->comment, "BIAS, DARK, FLAT, OBJECT");
    assert_null(cb_header_find(header, "CHECKSUM"));
    assert_null(cb_header_find(header, "BITPIX"));
    struct cb_header *none = NULL;
    struct cb_error err = { .kind = CB_ERR_NONE };
    assert_false(cb_header_read(SAMPLE, 40, &none, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest raw[] = {
        cmocka_unit_test(the_camera_sample_reads_as_cfitsio_reads_it),
        cmocka_unit_test(every_storage_reads_as_cfitsio_reads_it),
        cmocka_unit_test(segments_without_names_go_by_their_place),
        cmocka_unit_test(a_name_that_disagrees_with_its_place_is_refused),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(gzip_under_a_fits_name_is_read),
        cmocka_unit_test(headers_come_with_their_types),
    };
    return cmocka_run_group_tests_name("raw files", raw, make_folder, remove_folder);
}
