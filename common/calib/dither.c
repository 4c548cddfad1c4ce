/* Integer dither by a hash of (exposure, detector, segment, pixel). */
#include "calib/dither.h"

#include "calib/simd.h"

#include <string.h>

#define UNIT_PER_STEP 0x1p-24f /* 24 random bits make a float in [0, 1) without rounding */

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix64(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct cb_dither cb_dither_of(enum cb_dither_mode mode, uint64_t exposure_id, uint32_t detector,
                              uint32_t segment)
{
    uint64_t first = mix64(mix64(exposure_id) ^ ((uint64_t)detector << 32 | segment));
    uint64_t second = mix64(first);
    return (struct cb_dither){
        .mode = mode,
        .key = { (uint32_t)first, (uint32_t)(first >> 32), (uint32_t)second },
    };
}

/* A keyed hash of 32 bits: three multiply-xorshift rounds with a key between them. */
static inline uint32_t mix32(uint32_t x, const uint32_t key[3])
{
    x = x * UINT32_C(0x9e3779b9) + key[0];
    x = (x ^ (x >> 16)) * UINT32_C(0x7feb352d);
    x = (x ^ (x >> 15)) + key[1];
    x = (x ^ (x >> 13)) * UINT32_C(0x846ca68b);
    x = (x ^ (x >> 16)) + key[2];
    x = (x ^ (x >> 15)) * UINT32_C(0xd168aaad);
    return x ^ (x >> 15);
}

static CB_VECTOR void add_noise(const uint32_t key[3], float offset, uint32_t first, const int32_t *raw,
                                size_t count, float *ret_value)
{
    const uint32_t k[3] = { key[0], key[1], key[2] };
    for (size_t i = 0; i < count; i++) {
        int32_t step = (int32_t)(mix32(first + (uint32_t)i, k) >> 8);
        ret_value[i] = (float)raw[i] + ((float)step * UNIT_PER_STEP + offset);
    }
}

static CB_VECTOR void convert(const int32_t *raw, size_t count, float *ret_value)
{
    for (size_t i = 0; i < count; i++)
        ret_value[i] = (float)raw[i];
}

void cb_dither_row(const struct cb_dither *dither, uint32_t first, const int32_t *raw, size_t count,
                   float *ret_value)
{
    if (dither->mode == CB_DITHER_NONE)
        convert(raw, count, ret_value);
    else
        add_noise(dither->key,
                  dither->mode == CB_DITHER_POSITIVE   ? 0.0f
                  : dither->mode == CB_DITHER_NEGATIVE ? -1.0f
                                                       : -0.5f,
                  first, raw, count, ret_value);
}

bool cb_dither_mode_parse(const char *text, enum cb_dither_mode *ret_mode, struct cb_error *err)
{
    static const char *const names[] = { "NONE", "POSITIVE", "NEGATIVE", "SYMMETRIC" };
    for (int i = 0; text != NULL && i < 4; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret_mode = (enum cb_dither_mode)i;
            return true;
        }
    return cb_fail(err, CB_ERR_INVALID,
                   "unrecognized dither mode \"%s\": use NONE, POSITIVE, NEGATIVE or SYMMETRIC",
                   text != NULL ? text : "");
}
