/* Where pixels come from: functions that hand out rows, so that calculations stream and never open a file. */
#pragma once

#include "calib/header.h"
#include "calib/image.h"
#include "calib/segment.h"

/* One raw exposure of one detector. Borrowed by the calculation for its time. */
struct cb_raw_source {
    void *self;
    /* Rows y0 <= y < y1 of a segment (index in geometry) into ret_pixels[(y1 - y0) * width_px]. */
    bool (*read_rows)(void *self, size_t segment, size_t y0, size_t y1, int32_t *ret_pixels,
                      struct cb_error *err);
    const struct cb_geometry *geometry;
    uint64_t exposure_id;
    uint32_t detector;
    double exposure_s; /* EXPTIME */
    double dark_s;     /* DARKTIME; NaN when unknown */
};

/* A calibration image (bias, dark, flat) by boxes. Borrowed by the calculation for its time. */
struct cb_frame_source {
    void *self;
    /* Box of the image; a plane that is NULL is not wanted. */
    bool (*read_box)(void *self, struct cb_box box, float *ret_value, float *ret_variance, uint32_t *ret_mask,
                     struct cb_error *err);
    int width_px, height_px;
    enum cb_unit unit;
    double dark_s; /* dark time of the image, 1 for a combined dark; NaN when unknown (1 is taken) */
};

/* Where a calculation leaves an image, box by box, and reads it again. */
struct cb_frame_store {
    struct cb_frame_source frame; /* what is stored; its unit is set by the calculation */
    bool (*write_box)(void *self, struct cb_box box, const float *value, const float *variance,
                      const uint32_t *mask, struct cb_error *err); /* self is the frame's */
};

/* A frame source over an image in memory; the image must outlive it and is not changed. */
struct cb_frame_source cb_frame_of_image(const struct cb_image *image, double dark_s);
/* The same to be written; the unit of the image is left alone. */
struct cb_frame_store cb_store_of_image(struct cb_image *image);
