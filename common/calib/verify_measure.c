/* Verification metrics of one residual image. */
#include "calib/verify_measure.h"

#include "calib/room.h"
#include "calib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a calibration that are read at once. */
#define STRIP_ROWS 64

static const struct {
    const char *name, *stage;
} types[CB_VERIFY_TYPES] = {
    [CB_VERIFY_BIAS] = { "bias", "BIAS" },
    [CB_VERIFY_DARK] = { "dark", "DARK" },
    [CB_VERIFY_FLAT] = { "flat", "FLAT" },
};

const char *cb_verify_type_name(enum cb_verify_type type)
{
    return types[type].name;
}

const char *cb_verify_stage(enum cb_verify_type type)
{
    return types[type].stage;
}

bool cb_verify_type_parse(const char *name, enum cb_verify_type *ret_type)
{
    for (int i = 0; i < CB_VERIFY_TYPES; i++)
        if (strcmp(name, types[i].name) == 0) {
            *ret_type = (enum cb_verify_type)i;
            return true;
        }
    return false;
}

struct cb_verify_config cb_verify_defaults(void)
{
    return (struct cb_verify_config){
        .clip = 5.0,
        .rounds = 3,
        .reject = CB_MASK(DETECTED) | CB_MASK(BAD) | CB_MASK(NO_DATA),
        .corner_px = 200,
        .cosmic = cb_verify_cosmic_defaults(),
    };
}

/* ---- what to expect ---- */

double cb_verify_median_variance(int n)
{
    if (n < 1)
        return 0.0;
    if (n == 1)
        return 1.0;
    /* n + 1.3 (even) and n + 0.47 (odd) reproduce the exact variances for n >= 4 within 2 % */
    return 1.5707963267948966 / (n + (n % 2 == 0 ? 1.3 : 0.47));
}

static int kept(int size, int leading, int trailing)
{
    return size - cb_skip_shrink(leading, size) - cb_skip_shrink(trailing, size);
}

double cb_verify_overscan_fraction(const struct cb_segment *segment, const struct cb_overscan_config *config)
{
    double fraction = 0.0;
    if (config->doSerialOverscan)
        fraction += cb_verify_median_variance(
            kept(segment->serial_overscan.width, config->serialLeadingToSkip, config->serialTrailingToSkip));
    if (config->doParallelOverscan)
        fraction +=
            cb_verify_median_variance(kept(segment->parallel_overscan.height, config->parallelLeadingToSkip,
                                           config->parallelTrailingToSkip));
    return fraction;
}

static bool median_of_box(const float *value, const uint32_t *mask, struct cb_box box, double *ret,
                          struct cb_error *err)
{
    const double half = 0.5;
    const struct cb_pixels pixels = { .value = value,
                                      .mask = mask,
                                      .reject = CB_MASK(NO_DATA),
                                      .width = (size_t)box.width,
                                      .height = (size_t)box.height,
                                      .stride = (size_t)box.width };
    return cb_stats_at(&pixels, &half, 1, ret, err);
}

bool cb_verify_frame_level(const struct cb_frame_source *frame, struct cb_box box, double *ret_median,
                           double *ret_variance, struct cb_error *err)
{
    const size_t room = (size_t)box.width * (size_t)box.height;
    cb_auto(cb_free) float *value = cb_room(room, sizeof *value), *variance = cb_room(room, sizeof *variance);
    cb_auto(cb_free) uint32_t *mask = cb_room(room, sizeof *mask);
    double median;
    if (value == NULL || variance == NULL || mask == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for an amplifier of %d by %d pixels", box.width,
                       box.height);
    if (!frame->read_box(frame->self, box, value, variance, mask, err) ||
        !median_of_box(value, mask, box, &median, err) ||
        !median_of_box(variance, mask, box, ret_variance, err))
        return false;
    *ret_median = median;
    return true;
}

bool cb_verify_mask_hot(struct cb_image *image, const struct cb_frame_source *dark, struct cb_box box,
                        double scale, double read_noise, struct cb_error *err)
{
    const size_t room = (size_t)box.width * STRIP_ROWS;
    cb_auto(cb_free) float *value = cb_room(room, sizeof *value);
    if (value == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a strip of %d columns", box.width);
    for (int y = 0; y < box.height; y += STRIP_ROWS) {
        int rows = box.height - y < STRIP_ROWS ? box.height - y : STRIP_ROWS;
        struct cb_box strip = { box.x0, box.y0 + y, box.width, rows };
        if (!dark->read_box(dark->self, strip, value, NULL, NULL, err))
            return false;
        for (size_t i = 0; i < (size_t)box.width * (size_t)rows; i++) {
            size_t at = ((size_t)strip.y0 + i / (size_t)box.width) * image->width_px + (size_t)box.x0 +
                        i % (size_t)box.width;
            if ((double)value[i] * scale > read_noise * read_noise)
                image->mask[at] |= CB_MASK(BAD);
        }
    }
    return true;
}

/* ---- the metrics ---- */

static const struct cb_amp_report *report_of(const struct cb_isr_report *report, const char *amp)
{
    for (size_t i = 0; i < report->amps; i++)
        if (strcmp(report->amp[i].amp, amp) == 0)
            return &report->amp[i];
    return NULL;
}

/* Side of the corner box on an axis of `size` pixels. */
static int corner_side(int wanted, int size)
{
    int most = 2 * size / 5;
    if (most < 1)
        most = 1;
    return wanted < most ? wanted : most;
}

/* The box at the readout corner; a flipped axis starts one before the last `side` pixels, as upstream has it.
 */
static struct cb_box corner_box(const struct cb_segment *segment, int wanted)
{
    const struct cb_box a = segment->assembled;
    int w = corner_side(wanted, a.width), h = corner_side(wanted, a.height);
    return (struct cb_box){
        .x0 = segment->flip_x ? a.x0 + (a.width - 1 > w ? a.width - 1 - w : 0) : a.x0,
        .y0 = segment->flip_y ? a.y0 + (a.height - 1 > h ? a.height - 1 - h : 0) : a.y0,
        .width = w,
        .height = h,
    };
}

/* Variance (n - 1) of the means of lines that have at least one pixel; NaN with fewer than two of them. */
static double variance_of_means(const double *sum, const size_t *n, size_t lines)
{
    double mean = 0.0, squares = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < lines; i++)
        if (n[i] > 0) {
            mean += sum[i] / (double)n[i];
            count++;
        }
    mean /= (double)count;
    for (size_t i = 0; i < lines; i++)
        if (n[i] > 0)
            squares += (sum[i] / (double)n[i] - mean) * (sum[i] / (double)n[i] - mean);
    return count < 2 ? NAN : squares / (double)(count - 1);
}

/* How much of the noise belongs to whole rows and columns, as an overscan correction leaves it: the variance
 * of their means beyond what independent pixels have. Pixels beyond the clip are left out. */
static bool measure_pattern(const struct cb_pixels *pixels, const struct cb_stats *stats, double clip,
                            double *ret, struct cb_error *err)
{
    const size_t w = pixels->width, h = pixels->height;
    cb_auto(cb_free) double *sum = cb_room(w + h, sizeof *sum);
    cb_auto(cb_free) size_t *n = cb_room(w + h, sizeof *n);
    if (sum == NULL || n == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu rows and columns", w + h);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            size_t at = y * pixels->stride + x;
            double value = (double)pixels->value[at];
            if ((pixels->mask[at] & pixels->reject) != 0 ||
                !(fabs(value - stats->clipped_mean) <= clip * stats->clipped_stdev))
                continue;
            sum[x] += value;
            sum[w + y] += value;
            n[x]++;
            n[w + y]++;
        }
    const double columns = variance_of_means(sum, n, w), rows = variance_of_means(sum + w, n + w, h);
    const double alone = 1.0 / (double)w + 1.0 / (double)h; /* of a pixel's own variance, in the two */
    const double white = fmax((stats->clipped_variance - rows - columns) / (1.0 - alone), 0.0);
    *ret = fmax(rows + columns - white * alone, 0.0);
    return true;
}

static bool measure_amp(const struct cb_image *image, const struct cb_segment *segment,
                        enum cb_verify_type type, const struct cb_verify_config *config,
                        struct cb_verify_amp *amp, struct cb_error *err)
{
    const struct cb_pixels pixels = cb_pixels_of(image, &segment->assembled, config->reject);
    struct cb_stats stats;
    if (!cb_stats_measure(&pixels, config->clip, config->rounds, &stats, err))
        return false;
    memcpy(amp->amp, segment->amp, sizeof amp->amp);
    amp->pixels = pixels.width * pixels.height;
    amp->good = stats.n;
    amp->mean = stats.mean;
    amp->median = stats.median;
    amp->noise = stats.clipped_stdev;
    amp->mean_sig = amp->mean * sqrt((double)stats.n) / amp->noise;
    amp->cr_noise = amp->corner = amp->pattern = NAN;
    if (stats.n > 0 && !measure_pattern(&pixels, &stats, config->clip, &amp->pattern, err))
        return false;
    if (type != CB_VERIFY_BIAS)
        return true;

    const struct cb_box box = corner_box(segment, config->corner_px);
    const struct cb_pixels corner = cb_pixels_of(image, &box, config->reject);
    if (!cb_stats_measure(&corner, config->clip, config->rounds, &stats, err))
        return false;
    amp->corner = stats.mean;
    return true;
}

static void note_expected(const struct cb_amp_report *report, const struct cb_verify_expected *expected,
                          struct cb_verify_amp *amp)
{
    amp->read_noise_adu = report->serial_residual.stdev;
    if (expected != NULL) {
        amp->expected = *expected;
        return;
    }
    amp->expected = (struct cb_verify_expected){ .gain = report->gain, .read_noise = report->read_noise };
}

/* Mean and scatter of the amplifiers' means. */
static void measure_detector(struct cb_verify_detector *detector)
{
    double sum = 0.0, squares = 0.0;
    const double n = (double)detector->amps;
    for (size_t i = 0; i < detector->amps; i++)
        sum += detector->amp[i].mean;
    detector->mean = sum / n;
    for (size_t i = 0; i < detector->amps; i++) {
        double d = detector->amp[i].mean - detector->mean;
        squares += d * d;
    }
    detector->scatter = detector->amps < 2 ? NAN : sqrt(squares / (n - 1.0));
}

static bool measure_cr_noise(struct cb_image *image, const struct cb_geometry *geometry,
                             const struct cb_verify_config *config, uint64_t exposure_id, uint32_t detector,
                             struct cb_verify_detector *measured, struct cb_error *err)
{
    struct cb_verify_cosmics cosmics;
    if (!cb_verify_remove_cosmics(image, &config->cosmic, exposure_id, detector, &cosmics, err))
        return false;
    measured->too_many_cosmics = cosmics.too_many;
    for (size_t i = 0; i < geometry->segments && !cosmics.too_many; i++) {
        const struct cb_pixels pixels = cb_pixels_of(image, &geometry->segment[i].assembled, config->reject);
        struct cb_stats stats;
        if (!cb_stats_measure(&pixels, config->clip, config->rounds, &stats, err))
            return false;
        measured->amp[i].cr_noise = sqrt(stats.variance);
    }
    return true;
}

bool cb_verify_measure(struct cb_image *image, const struct cb_geometry *geometry,
                       const struct cb_isr_report *report, const struct cb_verify_expected *expected,
                       enum cb_verify_type type, const struct cb_verify_config *config, uint64_t exposure_id,
                       uint32_t detector, struct cb_verify_detector *ret_measured, struct cb_error *err)
{
    struct cb_verify_detector measured = {
        .type = type, .amps = geometry->segments, .mean = NAN, .scatter = NAN
    };
    if (image->width_px != (size_t)geometry->width_px || image->height_px != (size_t)geometry->height_px)
        return cb_fail(err, CB_ERR_INVALID, "residual image is %zu by %zu pixels, its detector %d by %d",
                       image->width_px, image->height_px, geometry->width_px, geometry->height_px);

    for (size_t i = 0; i < geometry->segments; i++) {
        const struct cb_segment *segment = &geometry->segment[i];
        const struct cb_amp_report *amp = report_of(report, segment->amp);
        if (amp == NULL)
            return cb_fail(err, CB_ERR_INVALID, "amplifier %s is not in the report of its exposure",
                           segment->amp);
        if (!measure_amp(image, segment, type, config, &measured.amp[i], err))
            return false;
        note_expected(amp, expected == NULL ? NULL : &expected[i], &measured.amp[i]);
    }
    if (type == CB_VERIFY_FLAT)
        measure_detector(&measured);
    else if (!measure_cr_noise(image, geometry, config, exposure_id, detector, &measured, err))
        return false;
    *ret_measured = measured;
    return true;
}

/* ---- statistics that ISR adds ---- */

void cb_verify_projections(const struct cb_image *image, struct cb_box box, double *ret_horizontal,
                           double *ret_vertical)
{
    for (int x = 0; x < box.width; x++)
        ret_horizontal[x] = 0.0;
    for (int y = 0; y < box.height; y++) {
        const float *row = image->value + (size_t)(box.y0 + y) * image->width_px + (size_t)box.x0;
        double sum = 0.0;
        for (int x = 0; x < box.width; x++) {
            sum += (double)row[x];
            ret_horizontal[x] += (double)row[x];
        }
        ret_vertical[y] = sum / box.width;
    }
    for (int x = 0; x < box.width; x++)
        ret_horizontal[x] /= box.height;
}

static double box_mean(const struct cb_image *image, struct cb_box box)
{
    double sum = 0.0;
    for (int y = 0; y < box.height; y++)
        for (int x = 0; x < box.width; x++)
            sum += (double)image->value[(size_t)(box.y0 + y) * image->width_px + (size_t)(box.x0 + x)];
    return sum / ((double)box.width * box.height);
}

static double box_covariance(const struct cb_image *image, struct cb_box a, double mean_a, struct cb_box b,
                             double mean_b)
{
    double sum = 0.0;
    for (int y = 0; y < a.height; y++) {
        const float *p = image->value + (size_t)(a.y0 + y) * image->width_px + (size_t)a.x0;
        const float *q = image->value + (size_t)(b.y0 + y) * image->width_px + (size_t)b.x0;
        for (int x = 0; x < a.width; x++)
            sum += ((double)p[x] - mean_a) * ((double)q[x] - mean_b);
    }
    return sum;
}

void cb_verify_amp_correlation(const struct cb_image *image, const struct cb_geometry *geometry,
                               double *ret_matrix)
{
    const size_t n = geometry->segments;
    double mean[CB_MAX_SEGMENTS], power[CB_MAX_SEGMENTS];
    for (size_t i = 0; i < n; i++) {
        struct cb_box box = geometry->segment[i].assembled;
        mean[i] = box_mean(image, box);
        power[i] = box_covariance(image, box, mean[i], box, mean[i]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            struct cb_box a = geometry->segment[i].assembled, b = geometry->segment[j].assembled;
            double r = NAN;
            if (a.width == b.width && a.height == b.height && power[i] > 0.0 && power[j] > 0.0)
                r = i == j ? 1.0 : box_covariance(image, a, mean[i], b, mean[j]) / sqrt(power[i] * power[j]);
            ret_matrix[i * n + j] = ret_matrix[j * n + i] = r;
        }
}
