/* RICE_1 encoder for 4-byte pixels. */
#include "calib/rice_encode.h"

#include <endian.h>
#include <string.h>

/* Constants of the format for 4-byte pixels. */
enum {
    SPLIT_BITS = 5,  /* width of the field that says how a block is coded */
    SPLIT_MAX = 25,  /* differences are written whole */
    WHOLE_BITS = 32, /* width of a whole difference */
    FIRST_BYTES = 4  /* the first pixel, in front of the blocks */
};

/* Bits going out, the most significant first. */
struct bit_writer {
    uint8_t *at;
    uint64_t held; /* the lowest `bits` of it are still to be written */
    unsigned bits;
};

static inline void put(struct bit_writer *out, uint32_t value, unsigned bits)
{
    out->held = out->held << bits | value;
    out->bits += bits;
    if (out->bits < 32)
        return;
    out->bits -= 32;
    uint32_t ready = htobe32((uint32_t)(out->held >> out->bits));
    memcpy(out->at, &ready, sizeof ready);
    out->at += sizeof ready;
}

/* The last bits, filled up with zeros to a byte. */
static void put_rest(struct bit_writer *out)
{
    for (; out->bits >= 8; out->bits -= 8)
        *out->at++ = (uint8_t)(out->held >> (out->bits - 8));
    if (out->bits > 0)
        *out->at++ = (uint8_t)(out->held << (8 - out->bits));
    out->bits = 0;
}

/* A number as zeros, a one, and its low bits. */
static inline void put_split(struct bit_writer *out, uint32_t number, unsigned split)
{
    uint32_t zeros = number >> split;
    for (; zeros + 1 + split > 32; zeros--)
        put(out, 0, 1);
    put(out, UINT32_C(1) << split | (number & ((UINT32_C(1) << split) - 1)), zeros + 1 + split);
}

/* Differences of either sign as numbers from 0 up: 0, -1, 1, -2, ... */
static inline uint32_t fold(uint32_t difference)
{
    return difference << 1 ^ (0U - (difference >> 31));
}

/* How many low bits to split off so that what remains is mostly 0 or 1; a code of 0 for differences that are
 * all 0 is the caller's. */
static unsigned split_of(uint64_t sum, size_t count)
{
    uint64_t half_mean = sum / (2 * count);
    unsigned split = 0;
    while (half_mean > 0) {
        split++;
        half_mean >>= 1;
    }
    return split;
}

static void put_block(struct bit_writer *out, const uint32_t *folded, size_t count, uint64_t sum)
{
    unsigned split = split_of(sum, count);
    if (sum == 0) {
        put(out, 0, SPLIT_BITS);
    } else if (split >= SPLIT_MAX) {
        put(out, SPLIT_MAX + 1, SPLIT_BITS);
        for (size_t i = 0; i < count; i++)
            put(out, folded[i], WHOLE_BITS);
    } else {
        put(out, split + 1, SPLIT_BITS);
        for (size_t i = 0; i < count; i++)
            put_split(out, folded[i], split);
    }
}

size_t cb_rice_room(size_t count)
{
    size_t blocks = (count + CB_RICE_BLOCK_PX - 1) / CB_RICE_BLOCK_PX;
    /* A block costs its field and at most 32 bits a pixel: whole, or split + 1 and the zeros, of which a
     * block has less than 2 a pixel because half its mean is below 2^split. */
    return FIRST_BYTES + blocks * (1 + CB_RICE_BLOCK_PX * 4) + 4;
}

size_t cb_rice_encode_row(const int32_t *pixels, size_t count, uint8_t *ret_bytes)
{
    if (count == 0)
        return 0;
    struct bit_writer out = { .at = ret_bytes };
    uint32_t last = (uint32_t)pixels[0];
    put(&out, last, WHOLE_BITS);
    for (size_t from = 0; from < count; from += CB_RICE_BLOCK_PX) {
        size_t size = count - from < CB_RICE_BLOCK_PX ? count - from : CB_RICE_BLOCK_PX;
        uint32_t folded[CB_RICE_BLOCK_PX];
        uint64_t sum = 0;
        for (size_t i = 0; i < size; i++) {
            uint32_t now = (uint32_t)pixels[from + i];
            folded[i] = fold(now - last);
            sum += folded[i];
            last = now;
        }
        put_block(&out, folded, size, sum);
    }
    put_rest(&out);
    return (size_t)(out.at - ret_bytes);
}
