/* Regions on the sphere as the repository keeps them, and which pixels of the hierarchical triangular mesh
 * they touch. Source: instruments.md 4.3, 4.4. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdint.h>

#define CB_HTM7_FIRST 131072
#define CB_HTM7_LAST 262143

/* The class of a region's encoding by its first byte, "ConvexPolygon"; NULL: none. */
const char *cb_region_class(const unsigned char *bytes, size_t size);

/*
 * The pixels of level 7 that a convex polygon touches, as sphgeom's envelope has them.
 *
 * bytes     'p', then 24 bytes a vertex: x, y, z, little-endian doubles, counter-clockwise seen from outside
 * ret_ids   the caller's to free; *ret_n of them, rising
 * Errors    CB_ERR_INVALID  another kind of region, no encoding
 */
CB_MUST_CHECK bool cb_region_htm7(const unsigned char *bytes, size_t size, int64_t **ret_ids, size_t *ret_n,
                                  struct cb_error *err);
