/* A frame source over an image in memory. */
#include "calib/source.h"

#include <string.h>

static bool read_box(void *self, struct cb_box box, float *ret_value, float *ret_variance, uint32_t *ret_mask,
                     struct cb_error *err)
{
    const struct cb_image *image = self;
    if (box.x0 < 0 || box.y0 < 0 || box.width < 0 || box.height < 0 ||
        (size_t)box.x0 + (size_t)box.width > image->width_px ||
        (size_t)box.y0 + (size_t)box.height > image->height_px)
        return cb_fail(err, CB_ERR_INVALID, "box [%d+%d, %d+%d] lies outside an image of %zu x %zu pixels",
                       box.x0, box.width, box.y0, box.height, image->width_px, image->height_px);
    size_t width = (size_t)box.width;
    for (size_t y = 0; y < (size_t)box.height; y++) {
        size_t from = ((size_t)box.y0 + y) * image->width_px + (size_t)box.x0, to = y * width;
        memcpy(ret_value + to, image->value + from, width * sizeof *ret_value);
        if (ret_variance != NULL)
            memcpy(ret_variance + to, image->variance + from, width * sizeof *ret_variance);
        if (ret_mask != NULL)
            memcpy(ret_mask + to, image->mask + from, width * sizeof *ret_mask);
    }
    return true;
}

struct cb_frame_source cb_frame_of_image(struct cb_image *image, double dark_s)
{
    return (struct cb_frame_source){
        .self = image,
        .read_box = read_box,
        .width_px = (int)image->width_px,
        .height_px = (int)image->height_px,
        .unit = image->unit,
        .dark_s = dark_s,
    };
}
