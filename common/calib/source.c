/* Frame sources and stores over an image in memory. */
#include "calib/source.h"

#include <math.h>
#include <string.h>

static bool is_inside(const struct cb_image *image, struct cb_box box, struct cb_error *err)
{
    return (box.x0 >= 0 && box.y0 >= 0 && box.width >= 0 && box.height >= 0 &&
            (size_t)box.x0 + (size_t)box.width <= image->width_px &&
            (size_t)box.y0 + (size_t)box.height <= image->height_px) ||
           cb_fail(err, CB_ERR_INVALID, "box [%d+%d, %d+%d] lies outside an image of %zu x %zu pixels",
                   box.x0, box.width, box.y0, box.height, image->width_px, image->height_px);
}

/* Bytes from a row of the box at its place in a plane of 4-byte pixels. */
static size_t place_of(const struct cb_image *image, struct cb_box box, size_t y)
{
    return (((size_t)box.y0 + y) * image->width_px + (size_t)box.x0) * 4;
}

static void copy_out(const struct cb_image *image, const void *plane, struct cb_box box, void *ret_pixels)
{
    size_t row_bytes = (size_t)box.width * 4;
    for (size_t y = 0; ret_pixels != NULL && y < (size_t)box.height; y++)
        memcpy((uint8_t *)ret_pixels + y * row_bytes, (const uint8_t *)plane + place_of(image, box, y),
               row_bytes);
}

static void copy_in(const struct cb_image *image, void *plane, struct cb_box box, const void *pixels)
{
    size_t row_bytes = (size_t)box.width * 4;
    for (size_t y = 0; y < (size_t)box.height; y++)
        memcpy((uint8_t *)plane + place_of(image, box, y), (const uint8_t *)pixels + y * row_bytes,
               row_bytes);
}

static bool read_box(void *self, struct cb_box box, float *ret_value, float *ret_variance, uint32_t *ret_mask,
                     struct cb_error *err)
{
    const struct cb_image *image = self;
    if (!is_inside(image, box, err))
        return false;
    copy_out(image, image->value, box, ret_value);
    copy_out(image, image->variance, box, ret_variance);
    copy_out(image, image->mask, box, ret_mask);
    return true;
}

static bool write_box(void *self, struct cb_box box, const float *value, const float *variance,
                      const uint32_t *mask, struct cb_error *err)
{
    struct cb_image *image = self;
    if (!is_inside(image, box, err))
        return false;
    copy_in(image, image->value, box, value);
    copy_in(image, image->variance, box, variance);
    copy_in(image, image->mask, box, mask);
    return true;
}

struct cb_frame_source cb_frame_of_image(const struct cb_image *image, double dark_s)
{
    return (struct cb_frame_source){
        .self = (void *)image, /* read_box takes it as const again */
        .read_box = read_box,
        .width_px = (int)image->width_px,
        .height_px = (int)image->height_px,
        .unit = image->unit,
        .dark_s = dark_s,
    };
}

struct cb_frame_store cb_store_of_image(struct cb_image *image)
{
    return (struct cb_frame_store){ .frame = cb_frame_of_image(image, NAN), .write_box = write_box };
}
