/* Defects as boxes that do not overlap. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct cb_defect_box {
    int64_t x0, y0, width, height; /* 0-based trimmed pixels */
};

/*
 * Paint the boxes and take them out again: overlapping and touching ones become boxes that share no pixel,
 * sorted by y0, then x0. The set of pixels is what upstream's normalisation keeps; it may cut them into other
 * boxes.
 *
 * ret_boxes  the caller's to free; as many as *ret_count
 * Errors     CB_ERR_INVALID  a box without pixels, with negative corner, or beyond 32768
 */
CB_MUST_CHECK bool cb_defect_boxes_normalise(const struct cb_defect_box *boxes, size_t count,
                                             struct cb_defect_box **ret_boxes, size_t *ret_count,
                                             struct cb_error *err);
