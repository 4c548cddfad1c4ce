/* Decodes RICE_1 tiles of tile-compressed FITS images. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* ZVALs of a compressed image: pixels per block and bytes per pixel (1, 2 or 4). */
struct cb_rice {
    unsigned block_px; /* BLOCKSIZE, 32 when absent */
    unsigned byte_px;  /* BYTEPIX, 4 when absent */
};

#define CB_RICE_MAX_BLOCK_PX 4096

/*
 * Decode one tile.
 *
 * data        [size] one item of the heap; any bytes are allowed
 * ret_pixels  [n]; signed for 4 and 2 bytes, 0 .. 255 for 1 byte; without BSCALE and BZERO; spoiled on
 * failure
 *
 * Errors    CB_ERR_INVALID  byte_px or block_px out of range, the data end before n pixels are there, a code
 * that no encoder writes Source    FITS Standard 4.0, 10.4.1; bit-exact against cfitsio
 */
CB_MUST_CHECK bool cb_rice_decode(const struct cb_rice *format, const uint8_t *data, size_t size, size_t n,
                                  int32_t *ret_pixels, struct cb_error *err);
