/* A few rows of a calibration image as one segment's data see them: unflipped, row 0 read first. */
#pragma once

#include "calib/source.h"

struct cb_strip {
    size_t width, rows, room; /* rows loaded, rows that fit */
    float *value, *variance;  /* [room * width]; variance NULL when it is not wanted */
    uint32_t *mask;
    bool any_mask; /* some pixel of the rows loaded has a bit */
    float *turn;   /* a row, while it is turned round */
};

/* Errors: CB_ERR_TRANSIENT no memory. */
CB_MUST_CHECK bool cb_strip_new(size_t width, size_t room, bool with_variance, struct cb_strip *ret_strip,
                                struct cb_error *err);
void cb_strip_done(struct cb_strip *strip);

/* Load data rows from <= row < until of a segment. Errors: those of the source. */
CB_MUST_CHECK bool cb_strip_load(struct cb_strip *strip, const struct cb_frame_source *frame,
                                 const struct cb_segment *segment, size_t from, size_t until,
                                 struct cb_error *err);

/* Where a segment's data row lies in the assembled detector. */
size_t cb_assembled_row(const struct cb_segment *segment, size_t row);

/* Put a row of a segment's data to its place in the assembled plane of width plane_width. */
void cb_assemble_floats(const struct cb_segment *segment, size_t row, const float *value, float *plane,
                        size_t plane_width);
void cb_assemble_masks(const struct cb_segment *segment, size_t row, const uint32_t *value, uint32_t *plane,
                       size_t plane_width);
