/* Instrument signature removal of one exposure. */
#include "calib/isr.h"

#include "calib/room.h"
#include "calib/amplifier.h"
#include "calib/isr_frame.h"
#include "calib/isr_inputs.h"
#include "calib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRIP_ROWS 64
#define STATS_CLIP 3.0 /* lsst/ip_isr isrTaskLSST.py, standard statistics */
#define STATS_ROUNDS 3

struct cb_isr_config cb_isr_defaults(void)
{
    return (struct cb_isr_config){
        .doNanMasking = true,
        .doVariance = true,
        .integerDitherMode = CB_DITHER_SYMMETRIC,
        .overscan = cb_overscan_defaults(),
    };
}

/* What the rows of a segment go through. */
struct frame_work {
    const struct cb_isr_config *config;
    const struct cb_isr_inputs *inputs;
    struct cb_isr_strips strips;
    double dark_scale;
    int32_t *raw; /* the whole segment */
    float *value; /* a row of each */
    float *variance;
    uint32_t *mask;
};

static void assemble_rows(const struct frame_work *work, const struct cb_amplifier *amplifier, size_t from,
                          size_t until, struct cb_image *image)
{
    const struct cb_segment *segment = amplifier->segment;
    struct cb_calibrations calibrations = cb_isr_strips_use(&work->strips, work->dark_scale);
    for (size_t row = from; row < until; row++) {
        const int32_t *data =
            work->raw + ((size_t)segment->data.y0 + row) * (size_t)segment->width_px + segment->data.x0;
        cb_amplifier_row(amplifier, row, data, work->value);
        cb_amplifier_calibrate(amplifier, work->config, &calibrations, row - from, work->value,
                               work->variance, work->mask);
        cb_assemble_floats(segment, row, work->value, image->value, image->width_px);
        cb_assemble_floats(segment, row, work->variance, image->variance, image->width_px);
        cb_assemble_masks(segment, row, work->mask, image->mask, image->width_px);
    }
}

static bool assemble_segment(struct frame_work *work, const struct cb_amplifier *amplifier,
                             struct cb_image *image, struct cb_error *err)
{
    size_t rows = (size_t)amplifier->segment->data.height;
    for (size_t from = 0; from < rows; from += STRIP_ROWS) {
        size_t until = from + STRIP_ROWS < rows ? from + STRIP_ROWS : rows;
        if (!cb_isr_strips_load(&work->strips, work->inputs, amplifier->segment, from, until, err))
            return false;
        assemble_rows(work, amplifier, from, until, image);
    }
    return true;
}

static bool one_segment(struct frame_work *work, const struct cb_raw_source *source, size_t s,
                        struct cb_image *image, struct cb_amplifier *amplifier,
                        struct cb_amp_report *ret_report, struct cb_error *err)
{
    size_t rows = (size_t)source->geometry->segment[s].height_px;
    return source->read_rows(source->self, s, 0, rows, work->raw, err) &&
           cb_amplifier_prepare(source, s, work->raw, work->config, work->inputs->ptc, amplifier, ret_report,
                                err) &&
           assemble_segment(work, amplifier, image, err);
}

static bool work_new(const struct cb_raw_source *source, const struct cb_isr_config *config,
                     const struct cb_isr_inputs *inputs, struct frame_work *ret_work, struct cb_error *err)
{
    const struct cb_geometry *geometry = source->geometry;
    size_t width = (size_t)geometry->segment[0].data.width, most = 0;
    for (size_t s = 0; s < geometry->segments; s++) {
        size_t pixels = (size_t)geometry->segment[s].width_px * (size_t)geometry->segment[s].height_px;
        most = pixels > most ? pixels : most;
    }
    struct frame_work work = { .config = config,
                               .inputs = inputs,
                               .dark_scale = cb_isr_dark_scale(source, config, inputs),
                               .raw = cb_room(most, sizeof *work.raw),
                               .value = cb_room(width, sizeof *work.value),
                               .variance = cb_room(width, sizeof *work.variance),
                               .mask = cb_room(width, sizeof *work.mask) };
    *ret_work = work;
    if (work.raw == NULL || work.value == NULL || work.variance == NULL || work.mask == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a segment of %zu pixels", most);
    return cb_isr_strips_new(config, width, STRIP_ROWS, true, &ret_work->strips, err);
}

static void work_done(struct frame_work *work)
{
    cb_isr_strips_done(&work->strips);
    free(work->raw);
    free(work->value);
    free(work->variance);
    free(work->mask);
}

static bool all_segments(struct frame_work *work, const struct cb_raw_source *source, struct cb_image *image,
                         struct cb_amplifier *amplifiers, struct cb_isr_report *report, struct cb_error *err)
{
    for (size_t s = 0; s < source->geometry->segments; s++) {
        struct cb_amplifier own = { .segment = NULL };
        struct cb_amplifier *amplifier = amplifiers != NULL ? &amplifiers[s] : &own;
        bool ok = one_segment(work, source, s, image, amplifier, &report->amp[s], err);
        cb_amplifier_done(&own);
        if (!ok)
            return false;
    }
    return true;
}

bool cb_isr_into(const struct cb_raw_source *source, const struct cb_isr_config *config,
                 const struct cb_isr_inputs *inputs, struct cb_image *image, struct cb_amplifier *amplifiers,
                 struct cb_isr_report *ret_report, struct cb_error *err)
{
    struct cb_isr_report report = { .amps = source->geometry->segments, .unit = cb_isr_unit(config) };
    if (!cb_isr_check(source, config, inputs, err))
        return false;
    struct frame_work work;
    bool ok = work_new(source, config, inputs, &work, err) &&
              all_segments(&work, source, image, amplifiers, &report, err);
    report.dark_scale = work.dark_scale;
    work_done(&work);
    if (!ok)
        return cb_context(err, "exposure %llu", (unsigned long long)source->exposure_id);
    image->unit = report.unit;
    *ret_report = report;
    return true;
}

/* ---- standard statistics
 * --------------------------------------------------------------------------------------- */

static void count_planes(const struct cb_image *image, const struct cb_box *box, struct cb_amp_report *amp)
{
    amp->mask_sat = amp->mask_bad = amp->mask_suspect = 0;
    for (size_t y = 0; y < (size_t)box->height; y++) {
        const uint32_t *mask = image->mask + ((size_t)box->y0 + y) * image->width_px + (size_t)box->x0;
        for (size_t x = 0; x < (size_t)box->width; x++) {
            amp->mask_sat += (mask[x] & CB_MASK(SAT)) != 0;
            amp->mask_bad += (mask[x] & CB_MASK(BAD)) != 0;
            amp->mask_suspect += (mask[x] & CB_MASK(SUSPECT)) != 0;
        }
    }
}

bool cb_isr_statistics(const struct cb_image *image, const struct cb_geometry *geometry,
                       struct cb_isr_report *report, struct cb_error *err)
{
    for (size_t s = 0; s < geometry->segments; s++) {
        const struct cb_box *box = &geometry->segment[s].assembled;
        const struct cb_pixels pixels = cb_pixels_of(image, box, 0);
        struct cb_amp_report *amp = &report->amp[s];
        struct cb_stats stats;
        if (!cb_stats_measure(&pixels, STATS_CLIP, STATS_ROUNDS, &stats, err))
            return false;
        amp->final_mean = stats.mean;
        amp->final_median = stats.median;
        amp->final_stdev = stats.clipped_stdev;
        count_planes(image, box, amp);
    }
    return true;
}

bool cb_isr_exposure(const struct cb_raw_source *source, const struct cb_isr_config *config,
                     const struct cb_isr_inputs *inputs, struct cb_image **ret_image,
                     struct cb_isr_report *ret_report, struct cb_error *err)
{
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    const struct cb_geometry *geometry = source->geometry;
    if (!cb_image_new((size_t)geometry->width_px, (size_t)geometry->height_px, cb_isr_unit(config), &image,
                      err) ||
        !cb_isr_into(source, config, inputs, image, NULL, ret_report, err) ||
        !cb_isr_statistics(image, geometry, ret_report, err))
        return false;
    *ret_image = cb_steal(image);
    return true;
}
