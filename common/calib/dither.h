/* Integer dither: uniform noise on raw pixels that depends on (exposure, detector, amplifier, pixel) and no
 * order. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Source: lsst/ip_isr isrTaskLSST.py integerDitherMode. */
enum cb_dither_mode {
    CB_DITHER_NONE = 0,
    CB_DITHER_POSITIVE, /* [0, 1) */
    CB_DITHER_NEGATIVE, /* [-1, 0) */
    CB_DITHER_SYMMETRIC /* [-0.5, 0.5) */
};

/* The noise of one segment of one exposure. */
struct cb_dither {
    enum cb_dither_mode mode;
    uint32_t key[3];
};

/* exposure_id as in the exposure record; segment is the place of the amplifier in the detector, 0 .. 15. */
struct cb_dither cb_dither_of(enum cb_dither_mode mode, uint64_t exposure_id, uint32_t detector,
                              uint32_t segment);

/* Convert count pixels to float and add the noise of pixels first .. first + count (first = y * width + x).
 */
void cb_dither_row(const struct cb_dither *dither, uint32_t first, const int32_t *raw, size_t count,
                   float *ret_value);

/* "NONE", "POSITIVE", "NEGATIVE", "SYMMETRIC". */
CB_MUST_CHECK bool cb_dither_mode_parse(const char *text, enum cb_dither_mode *ret_mode,
                                        struct cb_error *err);
