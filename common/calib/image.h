/* The one structure all pixel code shares: value, variance and mask of an image, with its unit. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cb_unit { CB_UNIT_NONE = 0, CB_UNIT_ADU, CB_UNIT_ELECTRON };

/* Bit numbers of the mask planes as we write them (MP_<NAME> cards). Files of others may use other numbers:
 * read them from their MP_ cards and translate. Source: lsst/afw Mask planes, in their initial order, then in
 * order of creation. */
enum cb_mask_plane {
    CB_PLANE_BAD = 0,
    CB_PLANE_SAT,
    CB_PLANE_INTRP,
    CB_PLANE_CR,
    CB_PLANE_EDGE,
    CB_PLANE_DETECTED,
    CB_PLANE_DETECTED_NEGATIVE,
    CB_PLANE_SUSPECT,
    CB_PLANE_NO_DATA,
    CB_PLANE_VIGNETTED,
    CB_PLANE_STREAK,
    CB_PLANE_PARTLY_VIGNETTED,
    CB_PLANE_CROSSTALK,
    CB_PLANE_ITL_DIP,
    CB_PLANE_UNMASKEDNAN,
    CB_PLANE_COUNT
};

/* The bit of a plane: CB_MASK(BAD) | CB_MASK(SAT). */
#define CB_MASK(plane) (UINT32_C(1) << CB_PLANE_##plane)

/* "BAD", "SAT", ...; NULL when plane is not one of ours. */
const char *cb_mask_plane_name(int plane);
/* The number of a plane, -1 when the name is not one of ours. */
int cb_mask_plane_find(const char *name);

/* "adu", "electron", "" and back (an unrecognized text gives CB_UNIT_NONE). */
const char *cb_unit_name(enum cb_unit unit);
enum cb_unit cb_unit_parse(const char *text);

/* Widest and highest image that is accepted from outside. */
#define CB_IMAGE_MAX_SIDE_PX 32768

/* One image. Planes are width_px * height_px, row by row: value[y * width_px + x]. Owned by the struct. */
struct cb_image {
    size_t width_px, height_px;
    enum cb_unit unit;
    float *value;    /* in unit; NaN only where mask is set */
    float *variance; /* unit squared */
    uint32_t *mask;  /* 0 is good; bits CB_MASK(BAD), ... */
};

/*
 * A new image, all planes 0.
 *
 * Errors    CB_ERR_INVALID    a side is 0 or more than CB_IMAGE_MAX_SIDE_PX
 *           CB_ERR_TRANSIENT  no memory
 */
CB_MUST_CHECK bool cb_image_new(size_t width_px, size_t height_px, enum cb_unit unit,
                                struct cb_image **ret_image, struct cb_error *err);
void cb_image_free(struct cb_image *image);
CB_DEFINE_CLEANUP(struct cb_image *, cb_image_free)
