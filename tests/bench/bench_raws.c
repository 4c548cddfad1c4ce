/* Writes the raws by cfitsio. */
#include "bench_raws.h"

#include <fitsio.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define READ_NOISE_ADU 5.5
#define BIAS_LEVEL_ADU 23500.0

static uint64_t state = 1;

static double uniform(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = state;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return ((double)(x >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
    return sqrt(-2.0 * log(uniform())) * cos(6.283185307179586 * uniform());
}

void bench_raw_name(const char *dir, size_t i, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "%s/bias_%03zu.fits", dir, i);
}

static void put_segment(fitsfile *file, int segment, int *pixels, int *status)
{
    long axes[2] = { BENCH_WIDTH, BENCH_HEIGHT };
    char name[32];
    double drift = 0.0;
    for (int y = 0; y < BENCH_HEIGHT; y++) {
        drift = 0.97 * drift + 0.25 * normal();
        for (int x = 0; x < BENCH_WIDTH; x++)
            pixels[y * BENCH_WIDTH + x] = (int)lrint(BIAS_LEVEL_ADU + 10.0 * segment + drift +
                                                     12.0 * exp(-x / 28.0) + READ_NOISE_ADU * normal());
    }
    snprintf(name, sizeof name, "Segment%d%d", segment < 8 ? 1 : 0, segment < 8 ? segment : 15 - segment);
    fits_create_img(file, LONG_IMG, 2, axes, status);
    fits_write_key(file, TSTRING, "EXTNAME", name, NULL, status);
    fits_write_key(file, TSTRING, "DATASEC", "[4:512,1:2000]", NULL, status);
    fits_write_key(file, TSTRING, "DETSIZE", "[1:4072,1:4000]", NULL, status);
    fits_write_img(file, TINT, 1, BENCH_WIDTH * BENCH_HEIGHT, pixels, status);
}

static bool make_one(const char *name, size_t i, int *pixels)
{
    fitsfile *file = NULL;
    int status = 0;
    long tile[2] = { BENCH_WIDTH, 1 };
    char overwrite[4096];
    double zero = 0.0;
    state = 1000 + i;
    snprintf(overwrite, sizeof overwrite, "!%s", name);
    fits_create_file(&file, overwrite, &status);
    fits_create_img(file, BYTE_IMG, 0, NULL, &status);
    fits_write_key(file, TDOUBLE, "EXPTIME", &zero, NULL, &status);
    fits_write_key(file, TSTRING, "LSST_NUM", "ITL-3800C-283", NULL, &status);
    fits_set_compression_type(file, RICE_1, &status);
    fits_set_tile_dim(file, 2, tile, &status);
    for (int segment = 0; segment < BENCH_SEGMENTS; segment++)
        put_segment(file, segment, pixels, &status);
    fits_close_file(file, &status);
    if (status != 0)
        fits_report_error(stderr, status);
    return status == 0;
}

bool bench_raws_make(const char *dir, size_t n)
{
    char name[2048];
    int *pixels = malloc(sizeof *pixels * BENCH_WIDTH * BENCH_HEIGHT);
    bool ok = pixels != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        bench_raw_name(dir, i, name, sizeof name);
        ok = make_one(name, i, pixels);
    }
    free(pixels);
    return ok;
}
