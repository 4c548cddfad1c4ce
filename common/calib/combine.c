/* Streams the exposures of one detector into one image, segment by segment. */
#include "calib/combine.h"

#include "calib/room.h"
#include "calib/amplifier.h"
#include "calib/cosmic.h"
#include "calib/isr_frame.h"
#include "calib/isr_inputs.h"
#include "calib/simd.h"
#include "calib/stack.h"
#include "calib/stats.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRIP_ROWS 32
#define CACHE_BYTES ((size_t)64 << 20)

struct cb_combine_config cb_combine_defaults(void)
{
    return (struct cb_combine_config){
        .exposureScaling = CB_SCALE_UNITY,
        .clip = 3.0,
        .nIter = 3,
        .maxVisitsToCalcErrorFromInputVariance = 5,
        .mask = CB_MASK(SAT) | CB_MASK(DETECTED) | CB_MASK(INTRP),
        .noGoodPixelsMask = CB_MASK(BAD),
        .checkNoData = true,
        .censorMaskPlanes = true,
        .statsClip = 3.0,
        .statsNIter = 3,
        .statsMask = CB_MASK(DETECTED) | CB_MASK(BAD) | CB_MASK(NO_DATA),
        .psfFwhm = 3.0,
        .crGrow = 2,
        .cache_bytes = CACHE_BYTES,
    };
}

bool cb_exposure_scaling_parse(const char *text, enum cb_exposure_scaling *ret, struct cb_error *err)
{
    static const char *const names[] = { "Unity", "ExposureTime", "DarkTime", "MeanStats", "InputList" };
    for (int i = 0; text != NULL && i < 5; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum cb_exposure_scaling)i;
            return true;
        }
    return cb_fail(
        err, CB_ERR_INVALID,
        "unrecognized exposureScaling \"%s\": use Unity, ExposureTime, DarkTime, MeanStats or InputList",
        text != NULL ? text : "");
}

void cb_combine_report_done(struct cb_combine_report *report)
{
    free(report->isr);
    free(report->scale);
    free(report->cosmic_pixels);
    *report = (struct cb_combine_report){ .inputs = 0 };
}

/* Decoded data pixels of one exposure's segment, as offsets from the lowest. */
struct cached {
    uint16_t *pixels; /* [data rows * data width]; NULL: never kept */
    int32_t base;
    bool is_kept; /* of the segment at hand; else it is read again */
};

/* Everything one combination holds. */
struct job {
    const struct cb_stack_source *sources;
    size_t n;
    const struct cb_geometry *geometry;
    const struct cb_isr_config *isr;
    const struct cb_isr_inputs *inputs;
    const struct cb_combine_config *config;
    struct cb_frame_store *out;
    struct cb_combine_report *report;

    struct cb_amplifier
        *amplifiers;         /* [n * segments] when frames were looked at whole, else [n] of one segment */
    bool is_whole;           /* amplifiers of all segments are there */
    struct cb_spans *cosmic; /* [n]; NULL: none looked for */
    struct cached *cache;    /* [n] */
    struct cb_isr_strips strips;
    struct cb_stack_scratch scratch;
    int32_t *raw;     /* a whole segment */
    int32_t *strip;   /* [n * STRIP_ROWS * raw width] */
    int32_t *row;     /* a data row out of the cache */
    float *value;     /* [n * width] */
    float *variance;  /* [n * width]; NULL when the error comes from the scatter */
    uint32_t *mask;   /* [n * width] */
    float *row_value; /* [width] of the result */
    float *row_variance;
    uint32_t *row_mask;
    struct cb_image *result; /* a segment of it, assembled */
    size_t no_data, gaps;    /* pixels of the result so far */
};

/* ---- set-up
 * ------------------------------------------------------------------------------------------------------ */

static bool check_sources(const struct cb_stack_source *sources, size_t n, const struct cb_isr_config *isr,
                          const struct cb_isr_inputs *inputs, const struct cb_frame_source *out,
                          struct cb_error *err)
{
    if (n == 0)
        return cb_fail(err, CB_ERR_INVALID, "no valid input data: there is no exposure to combine");
    const struct cb_geometry *geometry = sources[0].raw.geometry;
    for (size_t i = 0; i < n; i++) {
        if (!cb_geometry_equal(geometry, sources[i].raw.geometry))
            return cb_fail(err, CB_ERR_INVALID,
                           "inconsistent dimensions: exposure %llu has another geometry than exposure %llu",
                           (unsigned long long)sources[i].raw.exposure_id,
                           (unsigned long long)sources[0].raw.exposure_id);
        if (!cb_isr_check(&sources[i].raw, isr, inputs, err))
            return cb_context(err, "exposure %llu", (unsigned long long)sources[i].raw.exposure_id);
    }
    if (out->width_px != geometry->width_px || out->height_px != geometry->height_px)
        return cb_fail(err, CB_ERR_INVALID, "the result has %d x %d pixels, the detector %d x %d",
                       out->width_px, out->height_px, geometry->width_px, geometry->height_px);
    return true;
}

static void raw_size(const struct cb_geometry *geometry, size_t *ret_width, size_t *ret_pixels)
{
    *ret_width = *ret_pixels = 0;
    for (size_t s = 0; s < geometry->segments; s++) {
        size_t width = (size_t)geometry->segment[s].width_px;
        size_t pixels = width * (size_t)geometry->segment[s].height_px;
        *ret_width = width > *ret_width ? width : *ret_width;
        *ret_pixels = pixels > *ret_pixels ? pixels : *ret_pixels;
    }
}

static bool needs_frames(const struct cb_combine_config *config)
{
    return config->doCosmicRays || config->exposureScaling == CB_SCALE_MEAN_STATS;
}

static bool wants_variance(const struct job *job)
{
    return job->n < (size_t)job->config->maxVisitsToCalcErrorFromInputVariance;
}

static bool job_new(struct job *job, struct cb_error *err)
{
    size_t n = job->n, width = (size_t)job->geometry->segment[0].data.width, raw_width, raw_pixels;
    raw_size(job->geometry, &raw_width, &raw_pixels);
    job->is_whole = needs_frames(job->config);
    job->amplifiers = cb_room(n * (job->is_whole ? job->geometry->segments : 1), sizeof *job->amplifiers);
    job->cosmic = job->config->doCosmicRays ? cb_room(n, sizeof *job->cosmic) : NULL;
    job->cache = cb_room(n, sizeof *job->cache);
    job->raw = cb_room(raw_pixels, sizeof *job->raw);
    job->strip = cb_room(n * STRIP_ROWS * raw_width, sizeof *job->strip);
    job->row = cb_room(width, sizeof *job->row);
    job->value = cb_room(n * width, sizeof *job->value);
    job->variance = wants_variance(job) ? cb_room(n * width, sizeof *job->variance) : NULL;
    job->mask = cb_room(n * width, sizeof *job->mask);
    job->row_value = cb_room(width, sizeof *job->row_value);
    job->row_variance = cb_room(width, sizeof *job->row_variance);
    job->row_mask = cb_room(width, sizeof *job->row_mask);
    if (job->amplifiers == NULL || (job->config->doCosmicRays && job->cosmic == NULL) || job->cache == NULL ||
        job->raw == NULL || job->strip == NULL || job->row == NULL || job->value == NULL ||
        (wants_variance(job) && job->variance == NULL) || job->mask == NULL || job->row_value == NULL ||
        job->row_variance == NULL || job->row_mask == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory to combine %zu exposures", n);
    return cb_image_new(width, (size_t)job->geometry->segment[0].data.height, CB_UNIT_NONE, &job->result,
                        err) &&
           cb_stack_scratch_new(n, &job->scratch, err) &&
           cb_isr_strips_new(job->isr, width, STRIP_ROWS, wants_variance(job), &job->strips, err);
}

static void job_done(struct job *job)
{
    size_t amplifiers = job->n * (job->is_whole ? job->geometry->segments : 1);
    for (size_t i = 0; job->amplifiers != NULL && i < amplifiers; i++)
        cb_amplifier_done(&job->amplifiers[i]);
    for (size_t i = 0; job->cosmic != NULL && i < job->n; i++)
        cb_spans_done(&job->cosmic[i]);
    for (size_t i = 0; job->cache != NULL && i < job->n; i++)
        free(job->cache[i].pixels);
    cb_isr_strips_done(&job->strips);
    cb_stack_scratch_done(&job->scratch);
    free(job->amplifiers);
    free(job->cosmic);
    free(job->cache);
    free(job->raw);
    free(job->strip);
    free(job->row);
    free(job->value);
    free(job->variance);
    free(job->mask);
    free(job->row_value);
    free(job->row_variance);
    free(job->row_mask);
    cb_image_free(job->result);
}

static void report_new(struct job *job)
{
    struct cb_combine_report *report = job->report;
    report->inputs = job->n;
    report->isr = cb_xalloc_array(job->n, sizeof *report->isr);
    report->scale = cb_xalloc_array(job->n, sizeof *report->scale);
    report->cosmic_pixels = cb_xalloc_array(job->n, sizeof *report->cosmic_pixels);
    report->amps = job->geometry->segments;
    report->unit = cb_isr_unit(job->isr);
    for (size_t s = 0; s < report->amps; s++)
        memcpy(report->amp[s], job->geometry->segment[s].amp, sizeof report->amp[s]);
    for (size_t i = 0; i < job->n; i++) {
        report->isr[i].amps = report->amps;
        report->isr[i].unit = report->unit;
        report->isr[i].dark_scale = cb_isr_dark_scale(&job->sources[i].raw, job->isr, job->inputs);
    }
}

/* ---- frames that must be seen whole
 * ------------------------------------------------------------------------------ */

static bool mean_of_frame(const struct job *job, const struct cb_image *frame, double *ret_mean,
                          struct cb_error *err)
{
    struct cb_stats stats;
    const struct cb_pixels pixels = cb_pixels_of(frame, NULL, job->config->statsMask);
    if (!cb_stats_measure(&pixels, job->config->statsClip, job->config->statsNIter, &stats, err))
        return false;
    *ret_mean = stats.clipped_mean;
    return true;
}

/* frame: scratch of the geometry's size. */
static bool look_at_frame(struct job *job, size_t i, struct cb_image *frame, struct cb_error *err)
{
    double mean = 1.0;
    bool too_many = false;
    struct cb_cosmic_config cosmic = cb_cosmic_defaults(job->config->psfFwhm);
    if (!cb_isr_into(&job->sources[i].raw, job->isr, job->inputs, frame,
                     job->amplifiers + i * job->geometry->segments, &job->report->isr[i], err) ||
        !cb_isr_statistics(frame, job->geometry, &job->report->isr[i], err))
        return false;
    if (job->config->exposureScaling == CB_SCALE_MEAN_STATS && !mean_of_frame(job, frame, &mean, err))
        return false;
    for (size_t s = 0; s < job->geometry->segments; s++)
        job->report->scale[i][s] = mean;
    return job->cosmic == NULL || cb_cosmic_find(frame, &cosmic, &job->cosmic[i], &too_many, err);
}

static bool look_at_frames(struct job *job, struct cb_error *err)
{
    size_t width = (size_t)job->geometry->width_px, height = (size_t)job->geometry->height_px;
    cb_auto(cb_image_free) struct cb_image *frame = NULL;
    if (!cb_image_new(width, height, CB_UNIT_NONE, &frame, err))
        return false;
    for (size_t i = 0; i < job->n; i++)
        if (!look_at_frame(job, i, frame, err))
            return false;
    if (job->cosmic == NULL)
        return true;
    if (!cb_cosmic_settle(job->cosmic, job->n, width, height, job->config->crGrow, err))
        return false;
    for (size_t i = 0; i < job->n; i++)
        job->report->cosmic_pixels[i] = job->cosmic[i].pixels;
    return true;
}

/* ---- scales
 * -------------------------------------------------------------------------------------------------------- */

static double scale_of(const struct job *job, size_t i, size_t s)
{
    const struct cb_stack_source *source = &job->sources[i];
    switch (job->config->exposureScaling) {
    case CB_SCALE_EXPOSURE_TIME:
        return source->raw.exposure_s;
    case CB_SCALE_DARK_TIME:
        return source->raw.dark_s;
    case CB_SCALE_MEAN_STATS:
        return job->report->scale[i][s];
    case CB_SCALE_INPUT_LIST:
        return source->amp_scale != NULL ? source->amp_scale[s] : source->scale;
    case CB_SCALE_UNITY:
        break;
    }
    return 1.0;
}

static bool find_scales(struct job *job, struct cb_error *err)
{
    for (size_t i = 0; i < job->n; i++)
        for (size_t s = 0; s < job->geometry->segments; s++) {
            double scale = scale_of(job, i, s);
            if (!(scale > 0.0) || !isfinite(scale))
                return cb_fail(err, CB_ERR_INVALID,
                               "exposure %llu has a scale of %g in amplifier %s: it must be > 0",
                               (unsigned long long)job->sources[i].raw.exposure_id, scale,
                               job->geometry->segment[s].amp);
            job->report->scale[i][s] = scale;
        }
    return true;
}

/* ---- one segment
 * --------------------------------------------------------------------------------------------------- */

static struct cb_amplifier *amplifier_of(struct job *job, size_t i, size_t s)
{
    return job->is_whole ? &job->amplifiers[i * job->geometry->segments + s] : &job->amplifiers[i];
}

static CB_VECTOR void range_of(const int32_t *pixels, size_t n, int32_t *low, int32_t *high)
{
    int32_t least = *low, most = *high;
    for (size_t i = 0; i < n; i++) {
        least = pixels[i] < least ? pixels[i] : least;
        most = pixels[i] > most ? pixels[i] : most;
    }
    *low = least;
    *high = most;
}

static CB_VECTOR void pack(const int32_t *pixels, size_t n, int32_t base, uint16_t *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (uint16_t)(pixels[i] - base);
}

static CB_VECTOR void unpack(const uint16_t *pixels, size_t n, int32_t base, int32_t *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = base + pixels[i];
}

/* Keep the data pixels of the segment in job->raw, if they fit into 16 bits. */
static void keep(struct job *job, const struct cb_segment *segment, struct cached *cached)
{
    size_t width = (size_t)segment->data.width, rows = (size_t)segment->data.height;
    const int32_t *data = job->raw + (size_t)segment->data.y0 * (size_t)segment->width_px + segment->data.x0;
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (size_t y = 0; y < rows; y++)
        range_of(data + y * (size_t)segment->width_px, width, &low, &high);
    cached->is_kept = false;
    if ((int64_t)high - low > UINT16_MAX)
        return;
    if (cached->pixels == NULL) /* segments are all of one size */
        cached->pixels = cb_room(rows * width, sizeof *cached->pixels);
    if (cached->pixels == NULL)
        return;
    cached->is_kept = true;
    cached->base = low;
    for (size_t y = 0; y < rows; y++)
        pack(data + y * (size_t)segment->width_px, width, low, cached->pixels + y * width);
}

/* The overscans of one exposure's segment, and its pixels if there is room. */
static bool prepare(struct job *job, size_t i, size_t s, bool may_keep, struct cb_error *err)
{
    const struct cb_raw_source *raw = &job->sources[i].raw;
    const struct cb_segment *segment = &job->geometry->segment[s];
    struct cb_amplifier *amplifier = amplifier_of(job, i, s);
    cb_amplifier_done(amplifier);
    if (!raw->read_rows(raw->self, s, 0, (size_t)segment->height_px, job->raw, err) ||
        !cb_amplifier_prepare(raw, s, job->raw, job->isr, job->inputs->ptc, amplifier,
                              &job->report->isr[i].amp[s], err))
        return cb_context(err, "exposure %llu", (unsigned long long)raw->exposure_id);
    if (may_keep)
        keep(job, segment, &job->cache[i]);
    return true;
}

static bool prepare_all(struct job *job, size_t s, struct cb_error *err)
{
    const struct cb_box *data = &job->geometry->segment[s].data;
    size_t bytes = job->n * (size_t)data->width * (size_t)data->height * sizeof(uint16_t);
    for (size_t i = 0; !job->is_whole && i < job->n; i++)
        if (!prepare(job, i, s, bytes <= job->config->cache_bytes, err))
            return false;
    return true;
}

static bool read_strip(struct job *job, size_t s, size_t from, size_t until, struct cb_error *err)
{
    const struct cb_segment *segment = &job->geometry->segment[s];
    size_t width = (size_t)segment->width_px, y0 = (size_t)segment->data.y0;
    for (size_t i = 0; i < job->n; i++) {
        const struct cb_raw_source *raw = &job->sources[i].raw;
        if (!job->cache[i].is_kept &&
            !raw->read_rows(raw->self, s, y0 + from, y0 + until, job->strip + i * STRIP_ROWS * width, err))
            return cb_context(err, "exposure %llu", (unsigned long long)raw->exposure_id);
    }
    return true;
}

/* Data row of exposure i; strip_row is its place in the strip that was read. */
static const int32_t *data_row(struct job *job, const struct cb_segment *segment, size_t i, size_t row,
                               size_t strip_row)
{
    size_t width = (size_t)segment->data.width, raw_width = (size_t)segment->width_px;
    const struct cached *cached = &job->cache[i];
    if (!cached->is_kept)
        return job->strip + (i * STRIP_ROWS + strip_row) * raw_width + segment->data.x0;
    unpack(cached->pixels + row * width, width, cached->base, job->row);
    return job->row;
}

static CB_VECTOR void divide_row(float *value, size_t n, float scale)
{
    for (size_t i = 0; i < n; i++)
        value[i] /= scale;
}

static bool mask_cosmic(const struct job *job, const struct cb_segment *segment, size_t i, size_t row,
                        uint32_t *mask)
{
    size_t width = (size_t)segment->data.width;
    bool any = false;
    for (size_t x = 0; x < width; x++)
        job->row_mask[x] = 0;
    if (cb_spans_mask_row(&job->cosmic[i], cb_assembled_row(segment, row), (size_t)segment->assembled.x0,
                          width, CB_MASK(CR), job->row_mask))
        any = true;
    for (size_t x = 0; x < width; x++) {
        mask[x] &= ~CB_MASK(BAD); /* defects stay measured in the dark: lsst/cp_pipe cpDark.py */
        mask[x] |= job->row_mask[segment->flip_x ? width - 1 - x : x];
    }
    return any;
}

/* Row of one exposure into the stack. Returns whether a mask bit is set. */
static bool stack_row(struct job *job, size_t s, size_t i, size_t row, size_t strip_row)
{
    const struct cb_segment *segment = &job->geometry->segment[s];
    const struct cb_amplifier *amplifier = amplifier_of(job, i, s);
    size_t width = (size_t)segment->data.width;
    float *value = job->value + i * width;
    float *variance = job->variance != NULL ? job->variance + i * width : NULL;
    uint32_t *mask = job->mask + i * width;
    const struct cb_calibrations calibrations =
        cb_isr_strips_use(&job->strips, job->report->isr[i].dark_scale);
    double scale = job->report->scale[i][s];

    cb_amplifier_row(amplifier, row, data_row(job, segment, i, row, strip_row), value);
    bool any = cb_amplifier_calibrate(amplifier, job->isr, &calibrations, strip_row, value, variance, mask);
    if (job->cosmic != NULL)
        any |= mask_cosmic(job, segment, i, row, mask);
    if (scale != 1.0) {
        divide_row(value, width, (float)scale);
        if (variance != NULL)
            divide_row(variance, width, (float)(scale * scale));
    }
    return any;
}

static void combine_row(struct job *job, size_t s, size_t row, size_t strip_row)
{
    const struct cb_segment *segment = &job->geometry->segment[s];
    bool any = false;
    for (size_t i = 0; i < job->n; i++)
        any |= stack_row(job, s, i, row, strip_row);
    const struct cb_stack stack = { .n = job->n,
                                    .width = (size_t)segment->data.width,
                                    .value = job->value,
                                    .variance = job->variance,
                                    .mask = any ? job->mask : NULL,
                                    .reject = job->config->mask,
                                    .no_good = job->config->noGoodPixelsMask,
                                    .clip = job->config->clip,
                                    .rounds = job->config->nIter };
    cb_stack_reduce(&stack, &job->scratch, job->row_value, job->row_variance, job->row_mask);
    struct cb_segment alone = *segment; /* the result at hand is this segment alone */
    alone.assembled.x0 = alone.assembled.y0 = 0;
    cb_assemble_floats(&alone, row, job->row_value, job->result->value, job->result->width_px);
    cb_assemble_floats(&alone, row, job->row_variance, job->result->variance, job->result->width_px);
    cb_assemble_masks(&alone, row, job->row_mask, job->result->mask, job->result->width_px);
}

/* ---- the finished segment
 * -------------------------------------------------------------------------------------------- */

/* Keep only what upstream keeps of the mask; what has no value or no error is BAD, and filled in the end. */
static void settle_mask(struct job *job)
{
    struct cb_image *result = job->result;
    uint32_t kept = job->config->censorMaskPlanes ? job->config->noGoodPixelsMask : ~UINT32_C(0);
    for (size_t i = 0; i < result->width_px * result->height_px; i++) {
        bool is_gap = !isfinite(result->value[i]) || !isfinite(result->variance[i]);
        job->no_data += (result->mask[i] & CB_MASK(NO_DATA)) != 0;
        job->gaps += is_gap;
        result->mask[i] = (result->mask[i] & kept) | (is_gap ? CB_MASK(BAD) : 0);
    }
}

static bool describe(struct job *job, size_t s, struct cb_error *err)
{
    static const double percent[CB_PERCENTILES] = { 0.00, 0.05, 0.16, 0.50, 0.84, 0.95, 1.00 };
    const struct cb_pixels good = cb_pixels_of(job->result, NULL, CB_MASK(BAD));
    size_t bad = 0;
    for (size_t i = 0; i < good.width * good.height; i++)
        bad += (good.mask[i] & CB_MASK(BAD)) != 0;
    job->report->bad_pixels[s] = bad;
    return cb_stats_at(&good, percent, CB_PERCENTILES, job->report->percentile[s], err);
}

static bool finish_segment(struct job *job, size_t s, struct cb_error *err)
{
    settle_mask(job);
    return describe(job, s, err) &&
           job->out->write_box(job->out->frame.self, job->geometry->segment[s].assembled, job->result->value,
                               job->result->variance, job->result->mask, err);
}

static bool combine_segment(struct job *job, size_t s, struct cb_error *err)
{
    size_t rows = (size_t)job->geometry->segment[s].data.height;
    if (!prepare_all(job, s, err))
        return false;
    for (size_t from = 0; from < rows; from += STRIP_ROWS) {
        size_t until = from + STRIP_ROWS < rows ? from + STRIP_ROWS : rows;
        if (!read_strip(job, s, from, until, err) ||
            !cb_isr_strips_load(&job->strips, job->inputs, &job->geometry->segment[s], from, until, err))
            return false;
        for (size_t row = from; row < until; row++)
            combine_row(job, s, row, row - from);
    }
    return finish_segment(job, s, err);
}

/* ---- gaps
 * ------------------------------------------------------------------------------------------------------------
 */

#define GAP_ROWS 64 /* a strip of the whole detector */

/* Strips of the result, read from where it is stored. */
struct strips {
    const struct cb_frame_source *frame;
    struct cb_image *strip;
    bool of_variance; /* the pixels of a strip are its variances */
};

static struct cb_box box_of_strip(const struct strips *strips, size_t part)
{
    int y0 = (int)part * GAP_ROWS, left = strips->frame->height_px - y0;
    return (struct cb_box){ 0, y0, strips->frame->width_px, left < GAP_ROWS ? left : GAP_ROWS };
}

static size_t strip_count(const struct strips *strips)
{
    return ((size_t)strips->frame->height_px + GAP_ROWS - 1) / GAP_ROWS;
}

static bool read_result(const struct strips *strips, struct cb_box box, struct cb_error *err)
{
    return strips->frame->read_box(strips->frame->self, box, strips->strip->value, strips->strip->variance,
                                   strips->strip->mask, err);
}

static bool get_strip(void *self, size_t part, struct cb_pixels *ret_pixels, struct cb_error *err)
{
    const struct strips *strips = self;
    struct cb_box box = box_of_strip(strips, part);
    if (!read_result(strips, box, err))
        return false;
    box.y0 = 0;
    *ret_pixels = cb_pixels_of(strips->strip, &box, CB_MASK(BAD));
    if (strips->of_variance)
        ret_pixels->value = strips->strip->variance;
    return true;
}

static bool median_of_result(struct strips *strips, bool of_variance, double *ret_median,
                             struct cb_error *err)
{
    static const double half = 0.5;
    const struct cb_pixel_parts parts = { .self = strips, .count = strip_count(strips), .get = get_strip };
    strips->of_variance = of_variance;
    return cb_stats_at_parts(&parts, &half, 1, ret_median, err);
}

static void fill_strip(struct cb_image *strip, size_t pixels, double value, double variance)
{
    for (size_t i = 0; i < pixels; i++)
        if (!isfinite(strip->value[i]) || !isfinite(strip->variance[i])) {
            strip->value[i] = (float)value;
            strip->variance[i] = (float)variance;
        }
}

/* Pixels without a value get the medians of the detector's good pixels; BAD they are already. */
static bool fill_gaps(const struct job *job, struct cb_error *err)
{
    cb_auto(cb_image_free) struct cb_image *strip = NULL;
    double value = NAN, variance = NAN;
    if (job->gaps == 0)
        return true;
    if (!cb_image_new((size_t)job->geometry->width_px, GAP_ROWS, CB_UNIT_NONE, &strip, err))
        return false;
    struct strips strips = { .frame = &job->out->frame, .strip = strip };
    if (!median_of_result(&strips, false, &value, err) || !median_of_result(&strips, true, &variance, err))
        return false;
    if (isnan(value))
        return cb_fail(err, CB_ERR_INVALID, "no pixel of the combined image has a value");
    for (size_t part = 0; part < strip_count(&strips); part++) {
        struct cb_box box = box_of_strip(&strips, part);
        if (!read_result(&strips, box, err))
            return false;
        fill_strip(strip, (size_t)box.width * (size_t)box.height, value, variance);
        if (!job->out->write_box(job->out->frame.self, box, strip->value, strip->variance, strip->mask, err))
            return false;
    }
    return true;
}

static bool run(struct job *job, struct cb_error *err)
{
    if (!job_new(job, err) || (job->is_whole && !look_at_frames(job, err)) || !find_scales(job, err))
        return false;
    for (size_t s = 0; s < job->geometry->segments; s++)
        if (!combine_segment(job, s, err))
            return false;
    bool is_relative = job->config->exposureScaling == CB_SCALE_MEAN_STATS ||
                       job->config->exposureScaling == CB_SCALE_INPUT_LIST;
    job->out->frame.unit = is_relative ? CB_UNIT_NONE : job->report->unit;
    if (job->config->checkNoData && job->no_data > 0)
        return cb_fail(err, CB_ERR_INVALID, "%zu pixels of the combined image have no data", job->no_data);
    return fill_gaps(job, err);
}

bool cb_combine_stream(const struct cb_stack_source *sources, size_t n, const struct cb_isr_config *isr,
                       const struct cb_isr_inputs *inputs, const struct cb_combine_config *config,
                       struct cb_frame_store *out, struct cb_combine_report *ret_report, struct cb_error *err)
{
    *ret_report = (struct cb_combine_report){ .inputs = 0 };
    if (!check_sources(sources, n, isr, inputs, &out->frame, err))
        return false;
    struct job job = { .sources = sources,
                       .n = n,
                       .geometry = sources[0].raw.geometry,
                       .isr = isr,
                       .inputs = inputs,
                       .config = config,
                       .out = out,
                       .report = ret_report };
    report_new(&job);
    bool ok = run(&job, err);
    job_done(&job);
    return ok;
}
