/* Binned images. */
#include "calib/bin.h"

#include <math.h>

#define LEFT_OUT (CB_MASK(BAD) | CB_MASK(SAT) | CB_MASK(NO_DATA) | CB_MASK(UNMASKEDNAN))

static void bin_pixel(const struct cb_image *image, size_t x0, size_t y0, size_t factor, struct cb_image *out,
                      size_t at)
{
    double sum = 0.0, variance = 0.0;
    uint32_t mask = 0;
    size_t n = 0;

    for (size_t y = y0; y < y0 + factor; y++) {
        for (size_t x = x0; x < x0 + factor; x++) {
            size_t i = y * image->width_px + x;
            mask |= image->mask[i];
            if ((image->mask[i] & LEFT_OUT) != 0 || !isfinite(image->value[i]))
                continue;
            sum += image->value[i];
            variance += image->variance[i];
            n++;
        }
    }
    out->value[at] = n > 0 ? (float)(sum / (double)n) : NAN;
    out->variance[at] = n > 0 ? (float)(variance / ((double)n * (double)n)) : NAN;
    out->mask[at] = n > 0 ? mask : mask | CB_MASK(NO_DATA);
}

bool cb_image_bin(const struct cb_image *image, int factor, struct cb_image **ret_image, struct cb_error *err)
{
    cb_auto(cb_image_free) struct cb_image *out = NULL;

    if (factor < 1 || (size_t)factor > image->width_px || (size_t)factor > image->height_px)
        return cb_fail(err, CB_ERR_INVALID, "cannot bin %zu x %zu pixels by %d", image->width_px,
                       image->height_px, factor);
    size_t step = (size_t)factor, width = image->width_px / step, height = image->height_px / step;
    if (!cb_image_new(width, height, image->unit, &out, err))
        return false;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++)
            bin_pixel(image, x * step, y * step, step, out, y * width + x);
    }
    *ret_image = cb_steal(out);
    return true;
}
