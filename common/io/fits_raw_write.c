/* Tile-compressed segments. */
#include "io/fits_raw_write.h"

#include "base/alloc.h"
#include "calib/rice_encode.h"
#include "io/fits_record.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PIXELS ((size_t)1 << 26)

enum { DESCRIPTOR_BYTES = 8 }; /* of a row of the table: length and offset of its tile */

/* The table of a compressed image: descriptors, then the tiles, in borrowed memory. */
struct tiles {
    uint8_t *data;
    size_t heap; /* bytes of all tiles */
    size_t longest;
};

static void put_big_endian(uint8_t *at, size_t value)
{
    uint32_t word = htobe32((uint32_t)value);
    memcpy(at, &word, sizeof word);
}

/* Memory of at least size bytes that lives as long as the build. */
static uint8_t *scratch_of(struct cb_fits_build *build, size_t size)
{
    struct cb_bytes *scratch = &build->scratch;
    if (scratch->room < size) {
        scratch->data = cb_xrealloc_array(scratch->data, size, 1);
        scratch->room = size;
    }
    return (uint8_t *)scratch->data;
}

static struct tiles compress_rows(struct cb_fits_build *build, const int32_t *pixels, size_t width,
                                  size_t height)
{
    struct tiles tiles = { .data = scratch_of(build, height * (DESCRIPTOR_BYTES + cb_rice_room(width))) };
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

/* Value of a string card in a formatted header, in fresh memory; NULL when it is absent. */
static char *find_value(const struct cb_bytes *header, const char *key)
{
    for (size_t at = 0; at + CB_FITS_RECORD <= header->size; at += CB_FITS_RECORD) {
        const char *value = header->data + at + 11;
        if (strncmp(header->data + at, key, 8) == 0)
            return cb_xstrndup(value, strcspn(value, "' "));
    }
    return NULL;
}

/* The CHECKSUM and DATASUM that the segment has as a plain image. */
static bool add_plain_sums(struct cb_header *h, const char *stamp, const struct cb_bytes *cards,
                           const int32_t *pixels, size_t width, size_t height, struct cb_error *err)
{
    cb_auto_fits_build struct cb_fits_build plain = { 0 };
    cb_auto(cb_header_free) struct cb_header *structure = cb_fits_image_structure(32, width, height);
    cb_fits_build_init(&plain, stamp);
    if (!cb_fits_build_add_header(&plain, structure, cards, cb_fits_sum_ints(pixels, width * height), err))
        return false;
    cb_auto(cb_free) char *checksum = find_value(&plain.bytes, "CHECKSUM");
    cb_auto(cb_free) char *datasum = find_value(&plain.bytes, "DATASUM ");
    cb_header_set_string(h, "ZHECKSUM", checksum, "of the uncompressed image");
    cb_header_set_string(h, "ZDATASUM", datasum, "of the uncompressed image");
    return true;
}

bool cb_raw_write_segment(struct cb_fits_build *build, const struct cb_bytes *cards, const int32_t *pixels,
                          size_t width, size_t height, bool plain, struct cb_error *err)
{
    if (width == 0 || height == 0 || height > MAX_PIXELS / width)
        return cb_fail(err, CB_ERR_INVALID, "segment of %zu x %zu pixels is empty or too large", width,
                       height);
    if (plain)
        return cb_fits_build_add_int(build, cards, pixels, width, height, err);
    struct tiles tiles = compress_rows(build, pixels, width, height);
    cb_auto(cb_header_free) struct cb_header *structure = table_structure(&tiles, height);
    describe_compression(structure, width, height);
    return add_plain_sums(structure, build->stamp, cards, pixels, width, height, err) &&
           cb_fits_build_add(build, structure, cards, tiles.data, height * DESCRIPTOR_BYTES + tiles.heap,
                             err);
}
