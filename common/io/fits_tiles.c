/* GZIP tiles. Source: FITS Standard 4.0, section 10.4 (GZIP_2 shuffles bytes by their place in the pixel). */
#include "io/fits_tiles.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib: a gzip header and trailer around the data */
#define BYTES 4u              /* of a pixel */
#define TILE_MARGIN 1024      /* for the marks where the level of compression changes */
#define SAMPLE 4096u          /* bytes looked at to tell noise from structure */
#define NOISE_SHARE 48u /* noise when no byte value has more than a 48th of the sample (even: a 256th) */

bool cb_tiles_new(const struct cb_tiles_format *format, struct cb_tiles *ret_tiles, struct cb_error *err)
{
    struct cb_tiles tiles = { .count = (format->height_px + CB_TILE_ROWS - 1) / CB_TILE_ROWS };
    tiles.descriptors = calloc(tiles.count, CB_TILE_DESCRIPTOR_BYTES);
    if (tiles.descriptors == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory to compress a plane");
    *ret_tiles = tiles;
    return true;
}

void cb_tiles_done(struct cb_tiles *tiles)
{
    free(tiles->descriptors);
    *tiles = (struct cb_tiles){ .descriptors = NULL };
}

static void put_big_endian(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The bytes of a tile: pixel by pixel, or all first bytes, then all second ones, and so on. */
static void serialize(const uint32_t *pixels, size_t n, bool shuffled, uint8_t *ret_bytes)
{
    for (size_t i = 0; !shuffled && i < n; i++)
        put_big_endian(ret_bytes + BYTES * i, pixels[i]);
    for (unsigned byte = 0; shuffled && byte < BYTES; byte++)
        for (size_t i = 0; i < n; i++)
            ret_bytes[byte * n + i] = (uint8_t)(pixels[i] >> (24 - 8 * byte));
}

/* The low bytes of noisy floats cannot be compressed; trying takes longer than all the rest. */
static bool is_noise(const uint8_t *bytes, size_t n)
{
    unsigned count[256] = { 0 };
    size_t sample = n < SAMPLE ? n : SAMPLE;
    for (size_t i = 0; i < sample; i++)
        count[bytes[i]]++;
    for (unsigned value = 0; value < 256; value++)
        if (count[value] > sample / NOISE_SHARE)
            return false;
    return sample == SAMPLE;
}

static bool deflate_part(z_stream *z, uint8_t *bytes, size_t n, bool is_last)
{
    z->next_in = bytes;
    z->avail_in = (uInt)n;
    int status = deflate(z, is_last ? Z_FINISH : Z_NO_FLUSH);
    return is_last ? status == Z_STREAM_END : status == Z_OK && z->avail_in == 0;
}

/* One tile into room bytes; returns its size, 0 when zlib fails. */
static size_t deflate_tile(z_stream *z, uint8_t *bytes, size_t n, bool shuffled, uint8_t *ret, size_t room)
{
    if (deflateReset(z) != Z_OK)
        return 0;
    z->next_out = ret;
    z->avail_out = (uInt)room;
    if (!shuffled)
        return deflate_part(z, bytes, BYTES * n, true) ? room - z->avail_out : 0;
    for (unsigned byte = 0; byte < BYTES; byte++) {
        int level = is_noise(bytes + byte * n, n) ? Z_NO_COMPRESSION : Z_BEST_SPEED;
        if (deflateParams(z, level, Z_RLE) != Z_OK ||
            !deflate_part(z, bytes + byte * n, n, byte + 1 == BYTES))
            return 0;
    }
    return room - z->avail_out;
}

/* What a plane is compressed with. */
struct press {
    const struct cb_tiles_format *format;
    z_stream z;
    uint32_t *pixels; /* a tile */
    uint8_t *bytes;   /* the same in its order on disk */
    uint8_t *out;     /* a compressed tile */
    size_t room;
    cb_tiles_get *get;
    void *from;
    cb_tiles_put *put;
    void *to;
};

static bool compress_tile(struct press *press, size_t tile, struct cb_tiles *tiles, struct cb_error *err)
{
    const struct cb_tiles_format *format = press->format;
    size_t first = tile * CB_TILE_ROWS, left = format->height_px - first;
    size_t rows = left < CB_TILE_ROWS ? left : CB_TILE_ROWS, n = rows * format->width_px;
    if (!press->get(press->from, first, rows, press->pixels, err))
        return false;
    serialize(press->pixels, n, format->is_float, press->bytes);
    size_t size = deflate_tile(&press->z, press->bytes, n, format->is_float, press->out, press->room);
    if (size == 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not compress a tile: %s",
                       press->z.msg != NULL ? press->z.msg : "zlib failed");
    if (tiles->heap_size + size > INT32_MAX)
        return cb_fail(err, CB_ERR_INVALID, "a compressed plane has more than 2 GiB");
    put_big_endian(tiles->descriptors + tile * CB_TILE_DESCRIPTOR_BYTES, (uint32_t)size);
    put_big_endian(tiles->descriptors + tile * CB_TILE_DESCRIPTOR_BYTES + 4, (uint32_t)tiles->heap_size);
    tiles->heap_size += size;
    tiles->longest = size > tiles->longest ? size : tiles->longest;
    return press->put(press->to, press->out, size, err);
}

bool cb_tiles_compress(const struct cb_tiles_format *format, cb_tiles_get *get, void *from,
                       struct cb_tiles *tiles, cb_tiles_put *put, void *to, struct cb_error *err)
{
    struct press press = { .format = format, .get = get, .from = from, .put = put, .to = to };
    size_t tile_bytes = CB_TILE_ROWS * format->width_px * BYTES;
    if (deflateInit2(&press.z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8,
                     format->is_float ? Z_RLE : Z_DEFAULT_STRATEGY) != Z_OK)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory to compress a plane");
    press.room = deflateBound(&press.z, (uLong)tile_bytes) + TILE_MARGIN;
    press.pixels = malloc(tile_bytes);
    press.bytes = malloc(tile_bytes);
    press.out = malloc(press.room);
    bool ok = press.pixels != NULL && press.bytes != NULL && press.out != NULL;
    if (!ok)
        cb_fail(err, CB_ERR_TRANSIENT, "no memory to compress a plane");
    for (size_t tile = 0; ok && tile < tiles->count; tile++)
        ok = compress_tile(&press, tile, tiles, err);
    deflateEnd(&press.z);
    free(press.pixels);
    free(press.bytes);
    free(press.out);
    return ok;
}

struct cb_header *cb_tiles_structure(const struct cb_tiles_format *format, const struct cb_tiles *tiles)
{
    char form[32];
    struct cb_header *cards = cb_header_new();
    snprintf(form, sizeof form, "1PB(%zu)", tiles->longest);
    cb_header_set_string(cards, "XTENSION", "BINTABLE", NULL);
    cb_header_set_int(cards, "BITPIX", 8, NULL);
    cb_header_set_int(cards, "NAXIS", 2, NULL);
    cb_header_set_int(cards, "NAXIS1", CB_TILE_DESCRIPTOR_BYTES, NULL);
    cb_header_set_int(cards, "NAXIS2", (int64_t)tiles->count, NULL);
    cb_header_set_int(cards, "PCOUNT", (int64_t)tiles->heap_size, NULL);
    cb_header_set_int(cards, "GCOUNT", 1, NULL);
    cb_header_set_int(cards, "TFIELDS", 1, NULL);
    cb_header_set_string(cards, "TTYPE1", "COMPRESSED_DATA", NULL);
    cb_header_set_string(cards, "TFORM1", form, NULL);
    cb_header_set_bool(cards, "ZIMAGE", true, NULL);
    cb_header_set_string(cards, "ZTENSION", "IMAGE", NULL);
    cb_header_set_int(cards, "ZBITPIX", format->is_float ? -32 : 32, NULL);
    cb_header_set_int(cards, "ZNAXIS", 2, NULL);
    cb_header_set_int(cards, "ZNAXIS1", (int64_t)format->width_px, NULL);
    cb_header_set_int(cards, "ZNAXIS2", (int64_t)format->height_px, NULL);
    cb_header_set_int(cards, "ZPCOUNT", 0, NULL);
    cb_header_set_int(cards, "ZGCOUNT", 1, NULL);
    cb_header_set_int(cards, "ZTILE1", (int64_t)format->width_px, NULL);
    cb_header_set_int(cards, "ZTILE2", CB_TILE_ROWS, NULL);
    cb_header_set_string(cards, "ZCMPTYPE", format->is_float ? "GZIP_2" : "GZIP_1", NULL);
    if (format->is_float)
        cb_header_set_string(cards, "ZQUANTIZ", "NONE", NULL);
    return cards;
}
