/* Reads rows of integer images. Source: FITS Standard 4.0, sections 7.1, 10. */
#include "io/fits_plane.h"

#include "calib/image.h"
#include "calib/rice.h"

#include <fitsio.h>
#include <stdio.h>
#include <string.h>

#define MAX_TILE_BYTES_PER_PIXEL 8 /* no encoder makes more of a pixel, but for a few bytes a tile */
#define MAX_TILE_BYTES_MORE 64

static bool is_string(const struct cb_header *cards, const char *key, const char *wanted)
{
    const char *text = NULL;
    return cb_header_get_string(cards, key, &text) && strcmp(text, wanted) == 0;
}

static bool is_compressed(const struct cb_header *cards)
{
    bool flag = false;
    return cb_header_get_bool(cards, "ZIMAGE", &flag) && flag;
}

bool cb_plane_is_image(const struct cb_fits_hdu *hdu)
{
    int64_t axes = 0;
    if (is_compressed(hdu->cards))
        return cb_header_get_int(hdu->cards, "ZNAXIS", &axes) && axes == 2;
    return !is_string(hdu->cards, "XTENSION", "BINTABLE") && !is_string(hdu->cards, "XTENSION", "TABLE") &&
           cb_header_get_int(hdu->cards, "NAXIS", &axes) && axes == 2;
}

static int64_t int_or(const struct cb_header *cards, const char *key, int64_t otherwise)
{
    cb_header_get_int(cards, key, &otherwise);
    return otherwise;
}

static bool describe_pixels(const struct cb_header *cards, bool compressed, struct cb_plane *plane,
                            struct cb_error *err)
{
    int64_t width = 0, height = 0, bitpix = 0;
    double zero = 0.0, scale = 1.0;
    if (!cb_fits_need_int(cards, compressed ? "ZNAXIS1" : "NAXIS1", &width, err) ||
        !cb_fits_need_int(cards, compressed ? "ZNAXIS2" : "NAXIS2", &height, err) ||
        !cb_fits_need_int(cards, compressed ? "ZBITPIX" : "BITPIX", &bitpix, err))
        return false;
    if (width < 1 || height < 1 || width > CB_IMAGE_MAX_SIDE_PX || height > CB_IMAGE_MAX_SIDE_PX)
        return cb_fail(err, CB_ERR_INVALID, "an image of %lld x %lld pixels is out of range",
                       (long long)width, (long long)height);
    if (bitpix != 16 && bitpix != 32)
        return cb_fail(err, CB_ERR_INVALID, "pixels of BITPIX %lld are no raw pixels: 16 or 32 is expected",
                       (long long)bitpix);
    cb_header_get_double(cards, "BZERO", &zero);
    cb_header_get_double(cards, "BSCALE", &scale);
    if (scale != 1.0 || zero != (double)(int64_t)zero || zero < 0.0 || zero > 32768.0)
        return cb_fail(err, CB_ERR_INVALID, "BSCALE %g and BZERO %g are not those of raw pixels", scale,
                       zero);
    plane->width_px = (int)width;
    plane->height_px = (int)height;
    plane->bitpix = (int)bitpix;
    plane->zero = (int32_t)zero;
    return true;
}

/* BLOCKSIZE and BYTEPIX out of the ZNAMEn, ZVALn pairs. */
static void read_parameters(const struct cb_header *cards, struct cb_plane *plane)
{
    char name[16], value[16];
    plane->block_px = 32;
    plane->byte_px = 4;
    for (int i = 1; i <= 9; i++) {
        snprintf(name, sizeof name, "ZNAME%d", i);
        snprintf(value, sizeof value, "ZVAL%d", i);
        int64_t number = int_or(cards, value, 0);
        if (is_string(cards, name, "BLOCKSIZE") && number > 0 && number <= CB_RICE_MAX_BLOCK_PX)
            plane->block_px = (unsigned)number;
        if (is_string(cards, name, "BYTEPIX") && number > 0 && number <= 8)
            plane->byte_px = (unsigned)number;
    }
}

/* One row of pixels per tile, one column of descriptors: the way cameras write. */
static bool is_row_rice(const struct cb_header *cards, const struct cb_plane *plane)
{
    const char *form = "";
    cb_header_get_string(cards, "TFORM1", &form);
    return (is_string(cards, "ZCMPTYPE", "RICE_1") || is_string(cards, "ZCMPTYPE", "RICE_ONE")) &&
           int_or(cards, "TFIELDS", 0) == 1 && int_or(cards, "ZTILE1", plane->width_px) == plane->width_px &&
           int_or(cards, "ZTILE2", 1) == 1 && is_string(cards, "TTYPE1", "COMPRESSED_DATA") &&
           int_or(cards, "NAXIS2", 0) == plane->height_px && cb_header_find(cards, "ZQUANTIZ") == NULL &&
           (strncmp(form, "1PB", 3) == 0 || strncmp(form, "PB", 2) == 0 || strncmp(form, "1QB", 3) == 0 ||
            strncmp(form, "QB", 2) == 0) &&
           (plane->byte_px == 1 || plane->byte_px == 2 || plane->byte_px == 4);
}

static bool find_heap(const struct cb_fits_hdu *hdu, struct cb_plane *plane, struct cb_error *err)
{
    const char *form = "";
    int64_t row_bytes = int_or(hdu->cards, "NAXIS1", 0), rows = int_or(hdu->cards, "NAXIS2", 0);
    int64_t table = row_bytes * rows, heap = int_or(hdu->cards, "THEAP", table);
    cb_header_get_string(hdu->cards, "TFORM1", &form);
    plane->wide_descriptors = strchr(form, 'Q') != NULL;
    if (row_bytes != (plane->wide_descriptors ? 16 : 8) || heap < table || (uint64_t)heap > hdu->data_size)
        return cb_fail(err, CB_ERR_INVALID,
                       "a compressed image's table has rows of %lld bytes and a heap at %lld",
                       (long long)row_bytes, (long long)heap);
    plane->heap_at = hdu->data_at + (uint64_t)heap;
    plane->heap_size = hdu->data_size - (uint64_t)heap;
    return true;
}

bool cb_plane_describe(const struct cb_fits *fits, size_t index, struct cb_plane *ret_plane,
                       struct cb_error *err)
{
    const struct cb_fits_hdu *hdu = &fits->hdu[index];
    struct cb_plane plane = { .hdu = index, .storage = CB_STORED_PLAIN };
    bool compressed = is_compressed(hdu->cards);
    if (!describe_pixels(hdu->cards, compressed, &plane, err))
        return false;
    if (compressed) {
        read_parameters(hdu->cards, &plane);
        plane.storage = is_row_rice(hdu->cards, &plane) ? CB_STORED_RICE : CB_STORED_OTHER;
        if (plane.storage == CB_STORED_RICE && !find_heap(hdu, &plane, err))
            return false;
    }
    *ret_plane = plane;
    return true;
}

/* ---- reading
 * -----------------------------------------------------------------------------------------------------------
 */

static bool make_room(struct cb_plane_scratch *scratch, size_t bytes, struct cb_error *err)
{
    if (bytes <= scratch->room)
        return true;
    uint8_t *grown = realloc(scratch->bytes, bytes);
    if (grown == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu bytes of an image", bytes);
    scratch->bytes = grown;
    scratch->room = bytes;
    return true;
}

static uint64_t big_endian(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void add_zero(int32_t *pixels, size_t n, int32_t zero)
{
    for (size_t i = 0; zero != 0 && i < n; i++)
        pixels[i] = (int32_t)((uint32_t)pixels[i] + (uint32_t)zero);
}

static bool read_plain(const struct cb_fits *fits, const struct cb_plane *plane, size_t y0, size_t y1,
                       struct cb_plane_scratch *scratch, int32_t *ret_pixels, struct cb_error *err)
{
    size_t bytes = (size_t)plane->bitpix / 8, n = (y1 - y0) * (size_t)plane->width_px;
    if (!make_room(scratch, n * bytes, err) ||
        !cb_fits_read_at(fits, fits->hdu[plane->hdu].data_at + y0 * (size_t)plane->width_px * bytes,
                         scratch->bytes, n * bytes, err))
        return false;
    for (size_t i = 0; i < n; i++)
        ret_pixels[i] = bytes == 2 ? (int16_t)big_endian(scratch->bytes + 2 * i, 2)
                                   : (int32_t)big_endian(scratch->bytes + 4 * i, 4);
    add_zero(ret_pixels, n, plane->zero);
    return true;
}

/* Where one tile lies in the heap. */
static bool tile_of(const struct cb_plane *plane, const uint8_t *descriptor, uint64_t *ret_at,
                    size_t *ret_size, struct cb_error *err)
{
    unsigned width = plane->wide_descriptors ? 8 : 4;
    uint64_t size = big_endian(descriptor, width), at = big_endian(descriptor + width, width);
    size_t most = (size_t)plane->width_px * MAX_TILE_BYTES_PER_PIXEL + MAX_TILE_BYTES_MORE;
    if (at > plane->heap_size || size > plane->heap_size - at || size > most)
        return cb_fail(
            err, CB_ERR_INVALID, "a tile of %llu bytes at %llu lies outside the heap of %llu bytes",
            (unsigned long long)size, (unsigned long long)at, (unsigned long long)plane->heap_size);
    *ret_at = at;
    *ret_size = (size_t)size;
    return true;
}

/* The piece of the heap that holds all tiles of the rows; false leaves them to be read one by one. */
static bool common_piece(const struct cb_plane *plane, const uint8_t *descriptors, size_t rows,
                         uint64_t *ret_from, uint64_t *ret_until, struct cb_error *err)
{
    unsigned bytes = plane->wide_descriptors ? 16 : 8;
    uint64_t from = UINT64_MAX, until = 0;
    for (size_t y = 0; y < rows; y++) {
        uint64_t at = 0;
        size_t size = 0;
        if (!tile_of(plane, descriptors + y * bytes, &at, &size, err))
            return false;
        from = at < from ? at : from;
        until = at + size > until ? at + size : until;
    }
    *ret_from = from;
    *ret_until = until;
    return true;
}

static bool decode_rows(const struct cb_plane *plane, const uint8_t *descriptors, const uint8_t *piece,
                        uint64_t piece_at, size_t rows, int32_t *ret_pixels, struct cb_error *err)
{
    const struct cb_rice format = { plane->block_px, plane->byte_px };
    unsigned bytes = plane->wide_descriptors ? 16 : 8;
    size_t width = (size_t)plane->width_px;
    for (size_t y = 0; y < rows; y++) {
        uint64_t at = 0;
        size_t size = 0;
        if (!tile_of(plane, descriptors + y * bytes, &at, &size, err) ||
            !cb_rice_decode(&format, piece + (at - piece_at), size, width, ret_pixels + y * width, err))
            return false;
    }
    add_zero(ret_pixels, rows * width, plane->zero);
    return true;
}

static bool read_rice(const struct cb_fits *fits, const struct cb_plane *plane, size_t y0, size_t y1,
                      struct cb_plane_scratch *scratch, int32_t *ret_pixels, struct cb_error *err)
{
    size_t bytes = plane->wide_descriptors ? 16 : 8, rows = y1 - y0, table = rows * bytes;
    uint64_t from = 0, until = 0;
    if (!make_room(scratch, table, err) ||
        !cb_fits_read_at(fits, fits->hdu[plane->hdu].data_at + y0 * bytes, scratch->bytes, table, err) ||
        !common_piece(plane, scratch->bytes, rows, &from, &until, err))
        return false;
    /* Tiles lie in order of rows in what cameras write; tiles far apart would read too much at once. */
    size_t usual = rows * ((size_t)plane->width_px * MAX_TILE_BYTES_PER_PIXEL + MAX_TILE_BYTES_MORE);
    if (until - from > usual && rows > 1) {
        size_t middle = y0 + rows / 2;
        return read_rice(fits, plane, y0, middle, scratch, ret_pixels, err) &&
               read_rice(fits, plane, middle, y1, scratch,
                         ret_pixels + (middle - y0) * (size_t)plane->width_px, err);
    }
    return make_room(scratch, table + (size_t)(until - from), err) &&
           cb_fits_read_at(fits, plane->heap_at + from, scratch->bytes + table, (size_t)(until - from),
                           err) &&
           decode_rows(plane, scratch->bytes, scratch->bytes + table, from, rows, ret_pixels, err);
}

/* Any other compression: cfitsio knows them all. */
static bool read_other(const struct cb_fits *fits, const struct cb_plane *plane, size_t y0, size_t y1,
                       int32_t *ret_pixels, struct cb_error *err)
{
    fitsfile *file = NULL;
    int status = 0, any_null = 0;
    size_t size = (size_t)fits->size;
    void *memory = fits->memory;
    char reason[FLEN_STATUS] = "";
    long first[2] = { 1, (long)y0 + 1 }, last[2] = { plane->width_px, (long)y1 }, step[2] = { 1, 1 };
    if (memory != NULL)
        fits_open_memfile(&file, fits->path, READONLY, &memory, &size, 0, NULL, &status);
    else
        fits_open_diskfile(&file, fits->path, READONLY, &status);
    fits_movabs_hdu(file, (int)plane->hdu + 1, NULL, &status);
    fits_read_subset(file, TINT, first, last, step, NULL, ret_pixels, &any_null, &status);
    fits_get_errstatus(status, reason);
    int ignored = 0;
    if (file != NULL)
        fits_close_file(file, &ignored);
    return status == 0 || cb_fail(err, CB_ERR_INVALID, "cannot decompress: %s", reason);
}

static bool read_rows(const struct cb_fits *fits, const struct cb_plane *plane, size_t y0, size_t y1,
                      struct cb_plane_scratch *scratch, int32_t *ret_pixels, struct cb_error *err)
{
    switch (plane->storage) {
    case CB_STORED_PLAIN:
        return read_plain(fits, plane, y0, y1, scratch, ret_pixels, err);
    case CB_STORED_RICE:
        return read_rice(fits, plane, y0, y1, scratch, ret_pixels, err);
    case CB_STORED_OTHER:
        break;
    }
    return read_other(fits, plane, y0, y1, ret_pixels, err);
}

bool cb_plane_read(const struct cb_fits *fits, const struct cb_plane *plane, size_t y0, size_t y1,
                   struct cb_plane_scratch *scratch, int32_t *ret_pixels, struct cb_error *err)
{
    if (y0 > y1 || y1 > (size_t)plane->height_px)
        return cb_fail(err, CB_ERR_INVALID, "rows %zu to %zu are not in an image of %d rows", y0, y1,
                       plane->height_px);
    return y0 == y1 || read_rows(fits, plane, y0, y1, scratch, ret_pixels, err) ||
           cb_context(err, "FITS file \"%s\", HDU %zu", fits->path, plane->hdu);
}
