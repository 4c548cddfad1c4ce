/* Plain C on cfitsio; a segment of every exposure is held, rows are clipped as vectors. */
#include "bench_plain.h"

#include "bench_raws.h"
#include "calib/simd.h"

#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_X 3
#define DATA_WIDTH 509
#define DATA_HEIGHT 2000
#define OVERSCAN_X 512
#define OVERSCAN_WIDTH 64
#define DETECTOR_WIDTH (8 * DATA_WIDTH)
#define DETECTOR_HEIGHT (2 * DATA_HEIGHT)
#define CLIP_SQUARED 16.0f
#define ROUNDS 5

static float row_median(const int *row)
{
    int sorted[OVERSCAN_WIDTH];
    for (int i = 0; i < OVERSCAN_WIDTH; i++) {
        int value = row[OVERSCAN_X + i], k = i;
        for (; k > 0 && sorted[k - 1] > value; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = value;
    }
    return 0.5f * (float)(sorted[OVERSCAN_WIDTH / 2 - 1] + sorted[OVERSCAN_WIDTH / 2]);
}

static bool read_segment(const char *dir, size_t i, int segment, int *pixels, float *stack)
{
    char name[4096];
    fitsfile *file = NULL;
    int status = 0, any = 0;
    bench_raw_name(dir, i, name, sizeof name);
    fits_open_file(&file, name, READONLY, &status);
    fits_movabs_hdu(file, segment + 2, NULL, &status);
    fits_read_img(file, TINT, 1, BENCH_WIDTH * BENCH_HEIGHT, NULL, pixels, &any, &status);
    fits_close_file(file, &status);
    for (int y = 0; status == 0 && y < DATA_HEIGHT; y++) {
        const int *row = pixels + y * BENCH_WIDTH;
        float level = row_median(row);
        for (int x = 0; x < DATA_WIDTH; x++)
            stack[y * DATA_WIDTH + x] = (float)row[DATA_X + x] - level;
    }
    return status == 0;
}

/* Clipped mean of a row of n exposures, stride floats apart. */
static CB_VECTOR void clip_row(const float *stack, size_t n, size_t stride, float *ret)
{
    float count[DATA_WIDTH], first[DATA_WIDTH], second[DATA_WIDTH], mean[DATA_WIDTH], limit[DATA_WIDTH];
    float last[DATA_WIDTH];
    for (int x = 0; x < DATA_WIDTH; x++) {
        mean[x] = 0.0f;
        limit[x] = 1e30f;
        last[x] = (float)n;
    }
    for (int round = 0; round <= ROUNDS; round++) {
        memset(count, 0, sizeof count);
        memset(first, 0, sizeof first);
        memset(second, 0, sizeof second);
        for (size_t i = 0; i < n; i++) {
            const float *row = stack + i * stride;
            for (int x = 0; x < DATA_WIDTH; x++) {
                float d = row[x] - mean[x];
                float keep = d * d <= limit[x] ? 1.0f : 0.0f;
                count[x] += keep;
                first[x] += keep * row[x];
                second[x] += keep * row[x] * row[x];
            }
        }
        int changed = 0;
        for (int x = 0; x < DATA_WIDTH; x++) {
            float m = first[x] / count[x];
            limit[x] = CLIP_SQUARED * (second[x] / count[x] - m * m) * count[x] / (count[x] - 1.0f);
            mean[x] = m;
            changed += count[x] != last[x];
            last[x] = count[x];
        }
        if (round > 0 && changed == 0)
            break;
    }
    memcpy(ret, mean, sizeof mean);
}

static void assemble(int segment, int y, const float *row, float *image)
{
    int column = segment < 8 ? segment : 15 - segment;
    int Y = segment < 8 ? DETECTOR_HEIGHT - 1 - y : y;
    float *to = image + (size_t)Y * DETECTOR_WIDTH + (size_t)column * DATA_WIDTH;
    for (int x = 0; x < DATA_WIDTH; x++)
        to[DATA_WIDTH - 1 - x] = row[x];
}

static bool combine(const char *dir, size_t n, float *image)
{
    size_t frame = (size_t)DATA_WIDTH * DATA_HEIGHT;
    float *stack = malloc(n * frame * sizeof *stack);
    int *pixels = malloc(sizeof *pixels * BENCH_WIDTH * BENCH_HEIGHT);
    bool ok = stack != NULL && pixels != NULL;
    for (int segment = 0; ok && segment < BENCH_SEGMENTS; segment++) {
        float row[DATA_WIDTH];
        for (size_t i = 0; ok && i < n; i++)
            ok = read_segment(dir, i, segment, pixels, stack + i * frame);
        for (int y = 0; ok && y < DATA_HEIGHT; y++) {
            clip_row(stack + (size_t)y * DATA_WIDTH, n, frame, row);
            assemble(segment, y, row, image);
        }
    }
    free(stack);
    free(pixels);
    return ok;
}

bool bench_plain(const char *dir, size_t n, const char *path)
{
    char overwrite[4096];
    long axes[2] = { DETECTOR_WIDTH, DETECTOR_HEIGHT };
    fitsfile *file = NULL;
    int status = 0;
    float *image = malloc(sizeof *image * DETECTOR_WIDTH * DETECTOR_HEIGHT);
    bool ok = image != NULL && combine(dir, n, image);
    if (ok) {
        snprintf(overwrite, sizeof overwrite, "!%s", path);
        fits_create_file(&file, overwrite, &status);
        fits_create_img(file, FLOAT_IMG, 2, axes, &status);
        fits_write_img(file, TFLOAT, 1, (LONGLONG)DETECTOR_WIDTH * DETECTOR_HEIGHT, image, &status);
        fits_close_file(file, &status);
    }
    free(image);
    return ok && status == 0;
}
