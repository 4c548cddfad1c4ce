/* Integer images of a FITS file by rows: plain or RICE_1 decoded here, any other compression by cfitsio. */
#pragma once

#include "io/fits_file.h"

enum cb_plane_storage { CB_STORED_PLAIN, CB_STORED_RICE, CB_STORED_OTHER };

/* How one image HDU is stored. */
struct cb_plane {
    size_t hdu; /* 0 is the primary */
    enum cb_plane_storage storage;
    int width_px, height_px;
    int bitpix;   /* of the image: 16 or 32 */
    int32_t zero; /* BZERO */
    unsigned block_px, byte_px;
    bool wide_descriptors; /* 1QB */
    uint64_t heap_at, heap_size;
};

/* Is the HDU an image with two axes, plain or tile-compressed? */
bool cb_plane_is_image(const struct cb_fits_hdu *hdu);

/* Errors: CB_ERR_INVALID not 16 or 32 bit integers, axes out of range, BSCALE, a table that is none. */
CB_MUST_CHECK bool cb_plane_describe(const struct cb_fits *fits, size_t hdu, struct cb_plane *ret_plane,
                                     struct cb_error *err);

/* Scratch memory that grows as needed; end it with free(scratch->bytes). */
struct cb_plane_scratch {
    uint8_t *bytes;
    size_t room;
};

/* Rows y0 <= y < y1. Errors: CB_ERR_INVALID damaged data. */
CB_MUST_CHECK bool cb_plane_read(const struct cb_fits *fits, const struct cb_plane *plane, size_t y0,
                                 size_t y1, struct cb_plane_scratch *scratch, int32_t *ret_pixels,
                                 struct cb_error *err);
