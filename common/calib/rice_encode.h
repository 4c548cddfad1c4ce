/* Compresses rows of integers by RICE_1, the tile compression of raw files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CB_RICE_BLOCK_PX 32 /* pixels that share one way of coding */

/* Bytes that an encoded row of count pixels has at most. */
size_t cb_rice_room(size_t count);

/*
 * Encode one tile of 4-byte pixels in blocks of CB_RICE_BLOCK_PX.
 *
 * pixels     [count]
 * ret_bytes  [cb_rice_room(count)]
 *
 * Returns the number of bytes written; 0 when count is 0.
 * Source     FITS Standard 4.0, 10.4.1
 */
size_t cb_rice_encode_row(const int32_t *pixels, size_t count, uint8_t *ret_bytes);
