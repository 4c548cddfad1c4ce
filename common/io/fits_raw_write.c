/* Tile-compressed segments. */
#include "io/fits_raw_write.h"

#include "base/alloc.h"
#include "calib/rice_encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DESCRIPTOR_BYTES = 8 }; /* of a row of the table: length and offset of its tile */

/* The table of a compressed image: descriptors, then the tiles. */
struct tiles {
    uint8_t *data;
    size_t heap; /* bytes of all tiles */
    size_t longest;
};

static void put_big_endian(uint8_t *at, size_t value)
{
    uint32_t word = __builtin_bswap32((uint32_t)value);
    memcpy(at, &word, sizeof word);
}

static struct tiles compress_rows(const int32_t *pixels, size_t width, size_t height)
{
    struct tiles tiles = { .data = cb_xalloc_array(height, DESCRIPTOR_BYTES + cb_rice_room(width)) };
    uint8_t *heap = tiles.data + height * DESCRIPTOR_BYTES;
    for (size_t y = 0; y < height; y++) {
        size_t size = cb_rice_encode_row(pixels + y * width, width, heap + tiles.heap);
        put_big_endian(tiles.data + y * DESCRIPTOR_BYTES, size);
        put_big_endian(tiles.data + y * DESCRIPTOR_BYTES + 4, tiles.heap);
        tiles.heap += size;
        tiles.longest = size > tiles.longest ? size : tiles.longest;
    }
    return tiles;
}

static struct cb_header *table_structure(const struct tiles *tiles, size_t height)
{
    struct cb_header *h = cb_header_new();
    char form[32];
    snprintf(form, sizeof form, "1PB(%zu)", tiles->longest);
    cb_header_set_string(h, "XTENSION", "BINTABLE", "binary table extension");
    cb_header_set_int(h, "BITPIX", 8, "8-bit bytes");
    cb_header_set_int(h, "NAXIS", 2, "2-dimensional binary table");
    cb_header_set_int(h, "NAXIS1", DESCRIPTOR_BYTES, "width of table in bytes");
    cb_header_set_int(h, "NAXIS2", (int64_t)height, "number of rows in table");
    cb_header_set_int(h, "PCOUNT", (int64_t)tiles->heap, "size of special data area");
    cb_header_set_int(h, "GCOUNT", 1, "one data group");
    cb_header_set_int(h, "TFIELDS", 1, "number of fields in each row");
    cb_header_set_string(h, "TTYPE1", "COMPRESSED_DATA", "label for field 1");
    cb_header_set_string(h, "TFORM1", form, "data format of field: variable length array");
    return h;
}

static void describe_compression(struct cb_header *h, size_t width, size_t height)
{
    cb_header_set_bool(h, "ZIMAGE", true, "extension contains compressed image");
    cb_header_set_int(h, "ZTILE1", (int64_t)width, "size of tiles to be compressed");
    cb_header_set_int(h, "ZTILE2", 1, "size of tiles to be compressed");
    cb_header_set_string(h, "ZCMPTYPE", "RICE_1", "compression algorithm");
    cb_header_set_string(h, "ZNAME1", "BLOCKSIZE", "compression block size");
    cb_header_set_int(h, "ZVAL1", CB_RICE_BLOCK_PX, "pixels per block");
    cb_header_set_string(h, "ZNAME2", "BYTEPIX", "bytes per pixel (1, 2, 4, or 8)");
    cb_header_set_int(h, "ZVAL2", 4, "bytes per pixel (1, 2, 4, or 8)");
    cb_header_set_string(h, "ZTENSION", "IMAGE", "image extension");
    cb_header_set_int(h, "ZBITPIX", 32, "bits per data value");
    cb_header_set_int(h, "ZNAXIS", 2, "number of axes");
    cb_header_set_int(h, "ZNAXIS1", (int64_t)width, "size of the n'th axis");
    cb_header_set_int(h, "ZNAXIS2", (int64_t)height, "size of the n'th axis");
    cb_header_set_int(h, "ZPCOUNT", 0, "required value");
    cb_header_set_int(h, "ZGCOUNT", 1, "required value");
}

/* The CHECKSUM and DATASUM that the segment has as a plain image. */
static bool add_plain_sums(struct cb_header *h, const char *stamp, const struct cb_header *header,
                           const int32_t *pixels, size_t width, size_t height, struct cb_error *err)
{
    cb_auto_fits_build struct cb_fits_build plain;
    cb_fits_build_init(&plain, stamp);
    if (!cb_fits_build_add_int(&plain, header, pixels, width, height, err))
        return false;
    for (size_t at = 0; at + 80 <= plain.bytes.size && strncmp(plain.bytes.data + at, "END ", 4) != 0;
         at += 80) {
        const char *card = plain.bytes.data + at;
        const char *key = strncmp(card, "CHECKSUM", 8) == 0   ? "ZHECKSUM"
                          : strncmp(card, "DATASUM ", 8) == 0 ? "ZDATASUM"
                                                              : NULL;
        cb_auto(cb_free) char *value = cb_xstrndup(card + 11, strcspn(card + 11, "' "));
        if (key != NULL)
            cb_header_set_string(h, key, value, "of the uncompressed image");
    }
    return true;
}

bool cb_raw_write_segment(struct cb_fits_build *build, const struct cb_header *header, const int32_t *pixels,
                          size_t width, size_t height, bool plain, struct cb_error *err)
{
    if (width == 0 || height == 0)
        return cb_fail(err, CB_ERR_INVALID, "segment of %zu x %zu pixels is empty", width, height);
    if (plain)
        return cb_fits_build_add_int(build, header, pixels, width, height, err);
    struct tiles tiles = compress_rows(pixels, width, height);
    cb_auto(cb_free) uint8_t *data = tiles.data;
    cb_auto(cb_header_free) struct cb_header *structure = table_structure(&tiles, height);
    describe_compression(structure, width, height);
    if (!add_plain_sums(structure, build->stamp, header, pixels, width, height, err))
        return false;
    return cb_fits_build_add(build, structure, header, data, height * DESCRIPTOR_BYTES + tiles.heap, err);
}
