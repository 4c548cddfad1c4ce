/* RICE_1 decoder: a 64-bit window of bits, four pixels a time while they fit into it. */
#include "calib/rice.h"

#include <string.h>

#define WINDOW_BITS 57u /* bits that a window holds for sure, whatever bit it starts at */
#define GROUP 4u        /* pixels decoded from one window */

/* Read position in an item. */
struct bits {
    const uint8_t *data;
    size_t size; /* bytes */
    size_t at;   /* bit */
};

/* Numbers of a code: bits of the field that names a block's fs, the fs that marks raw pixels, bits of a raw
 * pixel. */
struct code {
    unsigned fs_bits, fs_max, raw_bits;
};

/* The bits from the read position on, most significant first; zeros past the end. */
static inline uint64_t window(const struct bits *bits)
{
    size_t byte = bits->at >> 3;
    uint64_t w = 0;
    if (byte + 8 <= bits->size) {
        memcpy(&w, bits->data + byte, 8);
        w = __builtin_bswap64(w);
    } else {
        for (size_t i = byte; i < bits->size; i++)
            w |= (uint64_t)bits->data[i] << (56 - 8 * (i - byte));
    }
    return w << (bits->at & 7);
}

static inline uint32_t take(struct bits *bits, unsigned count)
{
    uint32_t value = (uint32_t)(window(bits) >> 1 >> (63 - count));
    bits->at += count;
    return value;
}

/* Odd codes are negative differences. */
static inline uint32_t unfold(uint32_t code)
{
    return (code >> 1) ^ (uint32_t) - (int32_t)(code & 1);
}

/* One code of any length. False when the unary part runs past the end. */
static bool take_code(struct bits *bits, unsigned fs, uint32_t *ret_code)
{
    uint32_t zeros = 0;
    uint64_t w = window(bits);
    while (w == 0) {
        zeros += WINDOW_BITS - 1;
        bits->at += WINDOW_BITS - 1;
        if (bits->at >= 8 * bits->size)
            return false;
        w = window(bits);
    }
    unsigned rest = (unsigned)__builtin_clzll(w);
    bits->at += rest + 1;
    *ret_code = ((zeros + rest) << fs) | (fs > 0 ? take(bits, fs) : 0);
    return true;
}

/* GROUP codes from one window. False when they do not fit; nothing is taken then. */
static inline __attribute__((always_inline)) bool take_group(struct bits *bits, unsigned fs, uint32_t *last,
                                                             int32_t *ret_pixels)
{
    uint64_t w = window(bits);
    uint32_t value = *last;
    unsigned used = 0;
    for (unsigned i = 0; i < GROUP; i++) {
        unsigned zeros = (unsigned)__builtin_clzll(w | 1);
        unsigned length = zeros + 1 + fs;
        uint32_t low = (uint32_t)(w << zeros << 1 >> 1 >> (63 - fs));
        value += unfold((zeros << fs) | low);
        ret_pixels[i] = (int32_t)value;
        w <<= length & 63;
        used += length;
    }
    if (used > WINDOW_BITS)
        return false;
    *last = value;
    bits->at += used;
    return true;
}

static inline __attribute__((always_inline)) bool decode_coded(struct bits *bits, unsigned fs, size_t n,
                                                               uint32_t *last, int32_t *ret_pixels)
{
    size_t i = 0;
    while (i < n) {
        if (i + GROUP <= n && take_group(bits, fs, last, ret_pixels + i)) {
            i += GROUP;
            continue;
        }
        uint32_t code;
        if (!take_code(bits, fs, &code))
            return false;
        *last += unfold(code);
        ret_pixels[i++] = (int32_t)*last;
    }
    return true;
}

static void decode_raw(struct bits *bits, unsigned raw_bits, size_t n, uint32_t *last, int32_t *ret_pixels)
{
    for (size_t i = 0; i < n; i++) {
        *last += unfold(take(bits, raw_bits));
        ret_pixels[i] = (int32_t)*last;
    }
}

static inline __attribute__((always_inline)) bool decode_blocks(struct bits *bits, const struct code *code,
                                                                unsigned block_px, size_t n, uint32_t last,
                                                                int32_t *ret_pixels)
{
    for (size_t i = 0; i < n && bits->at <= 8 * bits->size; i += block_px) {
        size_t length = n - i < block_px ? n - i : block_px;
        uint32_t fs = take(bits, code->fs_bits);
        if (fs == 0)
            for (size_t k = 0; k < length; k++)
                ret_pixels[i + k] = (int32_t)last;
        else if (fs - 1 == code->fs_max)
            decode_raw(bits, code->raw_bits, length, &last, ret_pixels + i);
        else if (fs - 1 > code->fs_max || !decode_coded(bits, fs - 1, length, &last, ret_pixels + i))
            return false;
    }
    return bits->at <= 8 * bits->size;
}

typedef bool decoder(struct bits *, const struct code *, unsigned, size_t, uint32_t, int32_t *);

static bool decode_plain(struct bits *bits, const struct code *code, unsigned block_px, size_t n,
                         uint32_t last, int32_t *ret_pixels)
{
    return decode_blocks(bits, code, block_px, n, last, ret_pixels);
}

#if defined(__x86_64__)
/* Counting zeros takes one cycle instead of four where the processor can. */
__attribute__((target("lzcnt,bmi,bmi2"))) static bool decode_lzcnt(struct bits *bits, const struct code *code,
                                                                   unsigned block_px, size_t n, uint32_t last,
                                                                   int32_t *ret_pixels)
{
    return decode_blocks(bits, code, block_px, n, last, ret_pixels);
}

/* Every processor with bmi2 has lzcnt, which clang cannot ask for by name. */
static decoder *best_decoder(void)
{
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") ? decode_lzcnt : decode_plain;
}
#else
static decoder *best_decoder(void)
{
    return decode_plain;
}
#endif

/* Source: FITS Standard 4.0, 10.4.1, table of the code's parameters by bytes per pixel. */
static bool code_of(const struct cb_rice *format, struct code *ret_code, struct cb_error *err)
{
    if (format->block_px == 0 || format->block_px > CB_RICE_MAX_BLOCK_PX)
        return cb_fail(err, CB_ERR_INVALID, "RICE block of %u pixels is out of range", format->block_px);
    if (format->byte_px == 4)
        *ret_code = (struct code){ 5, 25, 32 };
    else if (format->byte_px == 2)
        *ret_code = (struct code){ 4, 14, 16 };
    else if (format->byte_px == 1)
        *ret_code = (struct code){ 3, 6, 8 };
    else
        return cb_fail(err, CB_ERR_INVALID, "RICE pixels of %u bytes are none of 1, 2 and 4",
                       format->byte_px);
    return true;
}

static void narrow(unsigned byte_px, size_t n, int32_t *pixels)
{
    for (size_t i = 0; byte_px == 2 && i < n; i++)
        pixels[i] = (int16_t)pixels[i];
    for (size_t i = 0; byte_px == 1 && i < n; i++)
        pixels[i] = (uint8_t)pixels[i];
}

bool cb_rice_decode(const struct cb_rice *format, const uint8_t *data, size_t size, size_t n,
                    int32_t *ret_pixels, struct cb_error *err)
{
    struct code code = { 0 };
    if (!code_of(format, &code, err))
        return false;
    if (size < format->byte_px)
        return cb_fail(err, CB_ERR_INVALID, "RICE tile of %zu bytes is too short for %zu pixels", size, n);
    struct bits bits = { data, size, 0 };
    uint32_t start = take(&bits, 8 * format->byte_px);
    if (!best_decoder()(&bits, &code, format->block_px, n, start, ret_pixels))
        return cb_fail(err, CB_ERR_INVALID, "RICE tile of %zu bytes is damaged: it does not hold %zu pixels",
                       size, n);
    narrow(format->byte_px, n, ret_pixels);
    return true;
}
