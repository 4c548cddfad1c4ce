/* Writes raw exposures as the camera does: segments as RICE_1 tile-compressed images (performance.md 6). */
#pragma once

#include "io/fits_build.h"

/*
 * Append one segment of a raw file.
 *
 * cards   of the segment (EXTNAME, DATASEC, ...), formatted
 * pixels  [height * width] as read
 * plain   an uncompressed IMAGE extension instead of RICE_1
 *
 * ZHECKSUM and ZDATASUM of a compressed segment are the checksums of the plain one.
 *
 * Errors    CB_ERR_INVALID  as cb_fits_build_add; empty
 */
CB_MUST_CHECK bool cb_raw_write_segment(struct cb_fits_build *build, const struct cb_bytes *cards,
                                        const int32_t *pixels, size_t width, size_t height, bool plain,
                                        struct cb_error *err);
