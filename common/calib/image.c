/* Images, the names of their mask planes and units. */
#include "calib/image.h"

#include "base/alloc.h"

#include <string.h>

static const char *const plane_names[CB_PLANE_COUNT] = {
    [CB_PLANE_BAD] = "BAD",
    [CB_PLANE_SAT] = "SAT",
    [CB_PLANE_INTRP] = "INTRP",
    [CB_PLANE_CR] = "CR",
    [CB_PLANE_EDGE] = "EDGE",
    [CB_PLANE_DETECTED] = "DETECTED",
    [CB_PLANE_DETECTED_NEGATIVE] = "DETECTED_NEGATIVE",
    [CB_PLANE_SUSPECT] = "SUSPECT",
    [CB_PLANE_NO_DATA] = "NO_DATA",
    [CB_PLANE_VIGNETTED] = "VIGNETTED",
    [CB_PLANE_STREAK] = "STREAK",
    [CB_PLANE_PARTLY_VIGNETTED] = "PARTLY_VIGNETTED",
    [CB_PLANE_CROSSTALK] = "CROSSTALK",
    [CB_PLANE_ITL_DIP] = "ITL_DIP",
    [CB_PLANE_UNMASKEDNAN] = "UNMASKEDNAN",
};

const char *cb_mask_plane_name(int plane)
{
    return plane >= 0 && plane < CB_PLANE_COUNT ? plane_names[plane] : NULL;
}

int cb_mask_plane_find(const char *name)
{
    for (int plane = 0; name != NULL && plane < CB_PLANE_COUNT; plane++)
        if (strcmp(name, plane_names[plane]) == 0)
            return plane;
    return -1;
}

const char *cb_unit_name(enum cb_unit unit)
{
    return unit == CB_UNIT_ADU ? "adu" : unit == CB_UNIT_ELECTRON ? "electron" : "";
}

enum cb_unit cb_unit_parse(const char *text)
{
    if (text != NULL && strcmp(text, "adu") == 0)
        return CB_UNIT_ADU;
    if (text != NULL && strcmp(text, "electron") == 0)
        return CB_UNIT_ELECTRON;
    return CB_UNIT_NONE;
}

bool cb_image_new(size_t width_px, size_t height_px, enum cb_unit unit, struct cb_image **ret_image,
                  struct cb_error *err)
{
    if (width_px == 0 || height_px == 0 || width_px > CB_IMAGE_MAX_SIDE_PX ||
        height_px > CB_IMAGE_MAX_SIDE_PX)
        return cb_fail(err, CB_ERR_INVALID, "an image of %zu x %zu pixels is not possible: sides are 1 to %d",
                       width_px, height_px, CB_IMAGE_MAX_SIDE_PX);
    size_t pixels = width_px * height_px;
    cb_auto(cb_image_free) struct cb_image *image = cb_xalloc(sizeof *image);
    image->width_px = width_px;
    image->height_px = height_px;
    image->unit = unit;
    image->value = calloc(pixels, sizeof *image->value);
    image->variance = calloc(pixels, sizeof *image->variance);
    image->mask = calloc(pixels, sizeof *image->mask);
    if (image->value == NULL || image->variance == NULL || image->mask == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for an image of %zu x %zu pixels", width_px,
                       height_px);
    *ret_image = cb_steal(image);
    return true;
}

void cb_image_free(struct cb_image *image)
{
    if (image == NULL)
        return;
    free(image->value);
    free(image->variance);
    free(image->mask);
    free(image);
}
