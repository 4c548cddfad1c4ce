/* Serial and parallel overscan of one raw segment. */
#include "calib/overscan.h"

#include "calib/room.h"
#include "calib/lines.h"
#include "calib/stats.h"

#include "base/cleanup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STATS_CLIP 3.0 /* lsst/ip_isr overscan.py, statistics of the fit and of the residual */
#define STATS_ROUNDS 3
/* No parallel correction when its overscan is half as bright as an image above this, adu: lsst/ip_isr
 * overscan.py */
#define FLOODED_FRACTION 0.5
#define FLOODED_ABOVE 10000.0

struct cb_overscan_config cb_overscan_defaults(void)
{
    return (struct cb_overscan_config){
        .doSerialOverscan = true,
        .serialLeadingToSkip = 3,
        .serialTrailingToSkip = 3,
        .serialMaxDeviation = 1000.0,
        .doParallelOverscan = true,
        .parallelLeadingToSkip = 3,
        .parallelTrailingToSkip = 3,
        .parallelMaxDeviation = 100.0,
        .doMedianSmoothingOutlierRejection = true,
        .medianSmoothingKernel = 5,
        .medianSmoothingOutlierThreshold = 5.0,
        .parallelMaskedColumnGrowSize = 2,
        .numSigmaClip = 3.0,
        .parallelOverscanSaturationLevel = 20000.0,
        .parallelOverscanMaskGrowSize = 7,
    };
}

void cb_overscan_fit_done(struct cb_overscan_fit *fit)
{
    free(fit->serial);
    free(fit->parallel);
    free(fit->bad_row);
    free(fit->bad_column);
    *fit = (struct cb_overscan_fit){ .rows = 0 };
}

/* A raw segment and how to look at it. */
struct view {
    const int32_t *raw;
    const struct cb_segment *segment;
    const struct cb_overscan_config *config;
    const struct cb_dither *dither;
};

static void dithered(const struct view *view, size_t y, size_t x, size_t count, float *ret_value)
{
    size_t first = y * (size_t)view->segment->width_px + x;
    cb_dither_row(view->dither, (uint32_t)first, view->raw + first, count, ret_value);
}

static struct cb_overscan_numbers numbers_of(const struct cb_stats *stats)
{
    return (struct cb_overscan_numbers){ stats->mean, stats->median, stats->clipped_stdev };
}

static bool numbers_of_vector(const float *value, size_t n, struct cb_overscan_numbers *ret,
                              struct cb_error *err)
{
    struct cb_stats stats;
    struct cb_pixels pixels = { .value = value, .width = n, .height = 1, .stride = n };
    if (!cb_stats_measure(&pixels, STATS_CLIP, STATS_ROUNDS, &stats, err))
        return false;
    *ret = numbers_of(&stats);
    return true;
}

/* Numbers of what is left in the good overscan pixels; the lines hold it afterwards. */
static bool numbers_of_residual(struct cb_lines *lines, const float *fit, struct cb_overscan_numbers *ret,
                                struct cb_error *err)
{
    struct cb_stats stats;
    for (size_t line = 0; line < lines->n; line++)
        for (size_t i = 0; i < lines->k; i++)
            lines->value[line * lines->k + i] -= fit[line];
    struct cb_pixels pixels = { .value = lines->value,
                                .mask = lines->masked > 0 ? lines->mask : NULL,
                                .reject = 1,
                                .width = lines->k,
                                .height = lines->n,
                                .stride = lines->k };
    if (!cb_stats_measure(&pixels, STATS_CLIP, STATS_ROUNDS, &stats, err))
        return false;
    *ret = numbers_of(&stats);
    return true;
}

/* From marked lines to values and numbers; all lines bad: no correction. */
static bool fit_lines(struct cb_lines *lines, const struct cb_lines_config *config, float *ret_value,
                      uint8_t *ret_bad, struct cb_overscan_numbers *ret_fit,
                      struct cb_overscan_numbers *ret_residual, struct cb_error *err)
{
    memset(ret_value, 0, lines->n * sizeof *ret_value);
    cb_lines_sort(lines);
    if (lines->masked < lines->n * lines->k && (!cb_lines_mark(lines, config, ret_bad, err) ||
                                                !cb_lines_collapse(lines, config->sigmas, ret_value, err)))
        return false;
    return numbers_of_vector(ret_value, lines->n, ret_fit, err) &&
           numbers_of_residual(lines, ret_value, ret_residual, err);
}

/* ---- serial
 * ---------------------------------------------------------------------------------------------------- */

static bool measure_serial(const struct view *view, struct cb_overscan_fit *fit, struct cb_error *err)
{
    const struct cb_overscan_config *config = view->config;
    struct cb_box box = view->segment->serial_overscan;
    if (box.width < 1)
        return cb_fail(err, CB_ERR_INVALID,
                       "segment %s has no serial overscan: its data reach its right edge",
                       view->segment->amp);
    int leading = cb_skip_shrink(config->serialLeadingToSkip, box.width);
    int trailing = cb_skip_shrink(config->serialTrailingToSkip, box.width);
    size_t x = (size_t)box.x0 + (size_t)leading, k = (size_t)(box.width - leading - trailing);

    struct cb_lines lines;
    if (!cb_lines_new((size_t)box.height, k, &lines, err))
        return false;
    for (size_t y = 0; y < lines.n; y++)
        dithered(view, (size_t)box.y0 + y, x, k, lines.value + y * k);
    const struct cb_lines_config how = { .max_deviation = config->serialMaxDeviation,
                                         .absolute = true,
                                         .sigmas = config->numSigmaClip };
    bool ok =
        fit_lines(&lines, &how, fit->serial, fit->bad_row, &fit->serial_fit, &fit->serial_residual, err);
    cb_lines_done(&lines);
    return ok;
}

/* ---- parallel
 * -------------------------------------------------------------------------------------------------- */

/* Pixels of a box in which a bright one lies within grow steps along rows and columns. */
static void grow_diamond(const float *value, double level, size_t width, size_t height, int grow,
                         uint8_t *ret_mask)
{
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            if (!((double)value[y * width + x] > level))
                continue;
            for (int dy = -grow; dy <= grow; dy++) {
                long row = (long)y + dy, reach = grow - labs((long)dy);
                if (row < 0 || row >= (long)height)
                    continue;
                long from = (long)x - reach < 0 ? 0 : (long)x - reach;
                long until = (long)x + reach >= (long)width ? (long)width - 1 : (long)x + reach;
                memset(ret_mask + (size_t)row * width + from, 1, (size_t)(until - from + 1));
            }
        }
}

/* Columns of the parallel overscan, after the serial correction; saturated surroundings are bad. */
static bool parallel_lines(const struct view *view, const float *serial, struct cb_lines *ret_lines,
                           struct cb_error *err)
{
    const struct cb_overscan_config *config = view->config;
    struct cb_box box = view->segment->parallel_overscan;
    size_t width = (size_t)box.width, height = (size_t)box.height;
    cb_auto(cb_free) float *value = cb_room(width * height, sizeof *value);
    cb_auto(cb_free) uint8_t *mask = cb_room(width * height, 1);
    if (value == NULL || mask == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a parallel overscan");
    for (size_t y = 0; y < height; y++) {
        dithered(view, (size_t)box.y0 + y, (size_t)box.x0, width, value + y * width);
        for (size_t x = 0; x < width; x++)
            value[y * width + x] -= serial[(size_t)(box.y0 - view->segment->data.y0) + y];
    }
    grow_diamond(value, config->parallelOverscanSaturationLevel, width, height,
                 config->parallelOverscanMaskGrowSize, mask);

    int leading = cb_skip_shrink(config->parallelLeadingToSkip, box.height);
    int trailing = cb_skip_shrink(config->parallelTrailingToSkip, box.height);
    struct cb_lines lines;
    if (!cb_lines_new(width, (size_t)(box.height - leading - trailing), &lines, err))
        return false;
    for (size_t x = 0; x < lines.n; x++)
        for (size_t i = 0; i < lines.k; i++) {
            size_t from = (i + (size_t)leading) * width + x;
            lines.value[x * lines.k + i] = value[from];
            lines.mask[x * lines.k + i] = mask[from];
            lines.masked += mask[from];
        }
    *ret_lines = lines;
    return true;
}

/* Is the overscan so bright that light has run into it? The image's median is only taken where it can matter.
 */
static bool is_flooded(const struct view *view, const float *serial, double overscan_median,
                       bool *ret_flooded, struct cb_error *err)
{
    struct cb_box data = view->segment->data;
    size_t width = (size_t)data.width, height = (size_t)data.height;
    double half = 0.5, median = NAN;
    *ret_flooded = false;
    if (!(overscan_median > FLOODED_FRACTION * FLOODED_ABOVE))
        return true;
    cb_auto(cb_free) float *value = cb_room(width * height, sizeof *value);
    if (value == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for the median of a segment");
    for (size_t y = 0; y < height; y++) {
        dithered(view, (size_t)data.y0 + y, (size_t)data.x0, width, value + y * width);
        for (size_t x = 0; x < width; x++)
            value[y * width + x] -= serial[y];
    }
    struct cb_pixels pixels = { .value = value, .width = width, .height = height, .stride = width };
    if (!cb_stats_at(&pixels, &half, 1, &median, err))
        return false;
    *ret_flooded = median > FLOODED_ABOVE && overscan_median / median > FLOODED_FRACTION;
    return true;
}

static bool measure_parallel(const struct view *view, struct cb_overscan_fit *fit, struct cb_error *err)
{
    const struct cb_overscan_config *config = view->config;
    struct cb_lines lines = { .n = 0 };
    double median = NAN;
    if (view->segment->parallel_overscan.height < 1)
        return cb_fail(err, CB_ERR_INVALID,
                       "segment %s has no parallel overscan: its data reach its top edge",
                       view->segment->amp);
    if (!parallel_lines(view, fit->serial, &lines, err))
        return false;
    const struct cb_lines_config how = { .max_deviation = config->parallelMaxDeviation,
                                         .absolute = config->parallelAbsoluteMaxDeviation,
                                         .smooth = config->doMedianSmoothingOutlierRejection,
                                         .kernel = config->medianSmoothingKernel,
                                         .smooth_threshold = config->medianSmoothingOutlierThreshold,
                                         .grow = config->parallelMaskedColumnGrowSize,
                                         .sigmas = config->numSigmaClip };
    bool ok = cb_lines_median(&lines, &median, err) &&
              is_flooded(view, fit->serial, median, &fit->parallel_flooded, err) &&
              (fit->parallel_flooded || fit_lines(&lines, &how, fit->parallel, fit->bad_column,
                                                  &fit->parallel_fit, &fit->parallel_residual, err));
    cb_lines_done(&lines);
    return ok;
}

bool cb_overscan_measure(const int32_t *raw, const struct cb_segment *segment,
                         const struct cb_overscan_config *config, const struct cb_dither *dither,
                         struct cb_overscan_fit *ret_fit, struct cb_error *err)
{
    const struct view view = { raw, segment, config, dither };
    const struct cb_overscan_numbers none = { NAN, NAN, NAN };
    struct cb_overscan_fit fit = { .rows = (size_t)(segment->height_px - segment->data.y0),
                                   .columns = (size_t)segment->data.width,
                                   .serial_fit = none,
                                   .serial_residual = none,
                                   .parallel_fit = none,
                                   .parallel_residual = none };
    fit.serial = cb_room(fit.rows, sizeof *fit.serial);
    fit.parallel = cb_room(fit.columns, sizeof *fit.parallel);
    fit.bad_row = cb_room(fit.rows, 1);
    fit.bad_column = cb_room(fit.columns, 1);
    *ret_fit = fit;
    if (fit.serial == NULL || fit.parallel == NULL || fit.bad_row == NULL || fit.bad_column == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for an overscan");
    return (!config->doSerialOverscan || measure_serial(&view, ret_fit, err)) &&
           (!config->doParallelOverscan || measure_parallel(&view, ret_fit, err));
}
