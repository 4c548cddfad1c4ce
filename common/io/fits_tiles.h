/* Compresses planes losslessly in tiles of rows: int32 masks with GZIP_1, float32 variances with GZIP_2. */
#pragma once

#include "calib/header.h"

#include <stdint.h>

#define CB_TILE_ROWS 16
#define CB_TILE_DESCRIPTOR_BYTES 8

struct cb_tiles_format {
    size_t width_px, height_px;
    bool is_float; /* else int32 */
};

/* A compressed plane as the table of a FITS file: descriptors in its byte order; the heap has gone to put. */
struct cb_tiles {
    uint8_t *descriptors; /* [count * CB_TILE_DESCRIPTOR_BYTES] */
    size_t count;
    size_t heap_size;
    size_t longest; /* bytes of the longest tile */
};
/* No tile compressed yet: descriptors are zeros. Errors: CB_ERR_TRANSIENT no memory. */
CB_MUST_CHECK bool cb_tiles_new(const struct cb_tiles_format *format, struct cb_tiles *ret_tiles,
                                struct cb_error *err);
void cb_tiles_done(struct cb_tiles *tiles);

/* Takes the bytes of the heap, tile by tile. */
typedef bool cb_tiles_put(void *self, const void *bytes, size_t size, struct cb_error *err);

/* Gives rows of the plane (host byte order) as they are wanted, each once, from the first to the last. */
typedef bool cb_tiles_get(void *self, size_t first, size_t rows, void *ret_pixels, struct cb_error *err);

/*
 * Compress a plane of 4-byte pixels, of which a tile is held at a time. The bytes depend on the pixels only.
 *
 * Errors    CB_ERR_TRANSIENT  no memory
 *           CB_ERR_INVALID    more than 2 GiB; and those of get and put
 */
CB_MUST_CHECK bool cb_tiles_compress(const struct cb_tiles_format *format, cb_tiles_get *get, void *from,
                                     struct cb_tiles *tiles, cb_tiles_put *put, void *to,
                                     struct cb_error *err);

/* The cards XTENSION ... ZQUANTIZ of the table; as many and in the same order whatever the tiles hold. */
struct cb_header *cb_tiles_structure(const struct cb_tiles_format *format, const struct cb_tiles *tiles);
