/* Medians of overscan lines, 16 lines sorted at once. */
#include "calib/lines.h"

#include "calib/room.h"
#include "calib/lanes.h"
#include "calib/stats.h"

#include "base/cleanup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define IQR_TO_SIGMA 0.74 /* lsst/ip_isr overscan.py, maskOutliers */
#define WIDE_SIGMAS 2.0   /* a line's sigma may be so many times the median sigma: lsst/ip_isr overscan.py */
#define FILL_WINDOW 5     /* values on each side of a gap: lsst/ip_isr overscan.py, fillMaskedPixels */

static size_t blocks_of(const struct cb_lines *lines)
{
    return (lines->n + CB_LANES - 1) / CB_LANES;
}

bool cb_lines_new(size_t n, size_t k, struct cb_lines *ret_lines, struct cb_error *err)
{
    struct cb_lines lines = { .n = n, .k = k };
    lines.value = cb_room(n * k, sizeof *lines.value);
    lines.mask = cb_room(n * k, sizeof *lines.mask);
    lines.sorted = cb_room(blocks_of(&lines) * CB_LANES * k, sizeof *lines.sorted);
    lines.median = cb_room(n, sizeof *lines.median);
    lines.sigma = cb_room(n, sizeof *lines.sigma);
    if (lines.value == NULL || lines.mask == NULL || lines.sorted == NULL || lines.median == NULL ||
        lines.sigma == NULL) {
        cb_lines_done(&lines);
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu x %zu overscan pixels", n, k);
    }
    *ret_lines = lines;
    return true;
}

void cb_lines_done(struct cb_lines *lines)
{
    free(lines->value);
    free(lines->mask);
    free(lines->sorted);
    free(lines->median);
    free(lines->sigma);
    *lines = (struct cb_lines){ .n = 0 };
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Median of a short list, which is sorted for it; the mean of the two in the middle; NaN for none. */
static double median_of(float *value, size_t n)
{
    if (n == 0)
        return NAN;
    qsort(value, n, sizeof *value, compare_floats);
    return n % 2 == 1 ? (double)value[n / 2] : 0.5 * ((double)value[n / 2 - 1] + (double)value[n / 2]);
}

bool cb_lines_median(const struct cb_lines *lines, double *ret_median, struct cb_error *err)
{
    const struct cb_pixels pixels = { .value = lines->value,
                                      .mask = lines->masked > 0 ? lines->mask : NULL,
                                      .reject = 1,
                                      .width = lines->k,
                                      .height = lines->n,
                                      .stride = lines->k };
    const double half = 0.5;
    return cb_stats_at(&pixels, &half, 1, ret_median, err);
}

/* ---- bad pixels and bad lines
 * ---------------------------------------------------------------------------------- */

static void mark_pixels(struct cb_lines *lines, const struct cb_lines_config *config, double median,
                        uint8_t *ret_bad)
{
    for (size_t line = 0; line < lines->n; line++) {
        size_t newly = 0;
        for (size_t i = 0; i < lines->k; i++) {
            size_t at = line * lines->k + i;
            double delta = (double)lines->value[at] - median;
            if ((config->absolute ? fabs(delta) : delta) <= config->max_deviation)
                continue;
            newly++;
            lines->masked += lines->mask[at] == 0;
            lines->mask[at] = 1;
        }
        ret_bad[line] = newly == lines->k;
    }
}

/* Lines whose median stands out of the running median of its neighbours (zeros beyond the ends). */
static void mark_outstanding(const struct cb_lines *lines, const struct cb_lines_config *config,
                             float *scratch, uint8_t *ret_bad)
{
    size_t kernel = (size_t)config->kernel, half = kernel / 2;
    for (size_t line = kernel; line + kernel < lines->n; line++) {
        for (size_t i = 0; i < kernel; i++)
            scratch[i] = (float)lines->median[line + i - half];
        if (lines->median[line] - median_of(scratch, kernel) >= config->smooth_threshold)
            ret_bad[line] = 1;
    }
}

static void grow_lines(uint8_t *bad, size_t n, int grow)
{
    size_t until = 0; /* lines below this one are marked by a bad one on their left */
    for (size_t line = 0; line < n; line++) {
        if (bad[line] == 1) {
            for (size_t back = 1; back <= (size_t)grow && back <= line; back++)
                if (bad[line - back] == 0)
                    bad[line - back] = 2;
            until = line + (size_t)grow + 1;
        } else if (line < until) {
            bad[line] = 2;
        }
    }
}

static void mark_lines(struct cb_lines *lines, uint8_t *bad)
{
    for (size_t line = 0; line < lines->n; line++) {
        bad[line] = bad[line] != 0;
        for (size_t i = 0; bad[line] && i < lines->k; i++) {
            size_t at = line * lines->k + i;
            lines->masked += lines->mask[at] == 0;
            lines->mask[at] = 1;
        }
    }
}

bool cb_lines_mark(struct cb_lines *lines, const struct cb_lines_config *config, uint8_t *ret_bad,
                   struct cb_error *err)
{
    double median = NAN;
    if (!cb_lines_median(lines, &median, err))
        return false;
    memset(ret_bad, 0, lines->n);
    if (isnan(median))
        return true;
    mark_pixels(lines, config, median, ret_bad);
    if (config->smooth) {
        cb_auto(cb_free) float *scratch = cb_room((size_t)config->kernel, sizeof *scratch);
        if (scratch == NULL)
            return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a running median");
        mark_outstanding(lines, config, scratch, ret_bad);
    }
    grow_lines(ret_bad, lines->n, config->grow);
    mark_lines(lines, ret_bad);
    return true;
}

/* ---- collapse
 * -------------------------------------------------------------------------------------------------- */

static double quantile(const float *sorted, size_t lane, size_t k, double fraction)
{
    double place = fraction * (double)(k - 1);
    size_t below = (size_t)place, above = below + 1 < k ? below + 1 : below;
    double part = place - (double)below;
    return (1.0 - part) * (double)sorted[below * CB_LANES + lane] +
           part * (double)sorted[above * CB_LANES + lane];
}

/* Sort lines first .. first + CB_LANES side by side; past the end the last line is repeated. */
static void sort_block(struct cb_lines *lines, size_t first)
{
    float *sorted = lines->sorted + first * lines->k;
    for (size_t lane = 0; lane < CB_LANES; lane++) {
        size_t line = first + lane < lines->n ? first + lane : lines->n - 1;
        for (size_t i = 0; i < lines->k; i++)
            sorted[i * CB_LANES + lane] = lines->value[line * lines->k + i];
    }
    cb_lanes_sort(sorted, lines->k);
    for (size_t lane = 0; lane < CB_LANES && first + lane < lines->n; lane++) {
        lines->median[first + lane] = quantile(sorted, lane, lines->k, 0.5);
        lines->sigma[first + lane] =
            IQR_TO_SIGMA * (quantile(sorted, lane, lines->k, 0.75) - quantile(sorted, lane, lines->k, 0.25));
    }
}

void cb_lines_sort(struct cb_lines *lines)
{
    for (size_t first = 0; first < lines->n; first += CB_LANES)
        sort_block(lines, first);
}

static double median_of_sigmas(const struct cb_lines *lines, float *scratch)
{
    for (size_t line = 0; line < lines->n; line++)
        scratch[line] = (float)lines->sigma[line];
    return median_of(scratch, lines->n);
}

static bool line_has_bad(const struct cb_lines *lines, size_t line)
{
    for (size_t i = 0; lines->masked > 0 && i < lines->k; i++)
        if (lines->mask[line * lines->k + i] != 0)
            return true;
    return false;
}

/* Outliers lie at both ends of a sorted line: what is left is a piece of it. */
static double median_within(const float *sorted, size_t lane, size_t k, double centre, double half_width)
{
    size_t from = 0, until = k;
    while (from < until && fabs((double)sorted[from * CB_LANES + lane] - centre) > half_width)
        from++;
    while (until > from && fabs((double)sorted[(until - 1) * CB_LANES + lane] - centre) > half_width)
        until--;
    if (from == until)
        return NAN;
    return 0.5 * ((double)sorted[(from + (until - from - 1) / 2) * CB_LANES + lane] +
                  (double)sorted[(from + (until - from) / 2) * CB_LANES + lane]);
}

static double median_of_good(const struct cb_lines *lines, size_t line, double centre, double half_width,
                             float *scratch)
{
    size_t n = 0;
    for (size_t i = 0; i < lines->k; i++) {
        size_t at = line * lines->k + i;
        if (lines->mask[at] == 0 && fabs((double)lines->value[at] - centre) <= half_width)
            scratch[n++] = lines->value[at];
    }
    return median_of(scratch, n);
}

/* A gap [from, until) gets the median of what lies on its sides, or of all when both sides are too near an
 * end. */
static void fill_gap(float *value, size_t n, size_t from, size_t until, double all, float *scratch)
{
    size_t count = 0;
    for (size_t i = 1; from > FILL_WINDOW && i <= FILL_WINDOW; i++)
        if (!isnan(value[from - i]))
            scratch[count++] = value[from - i];
    for (size_t i = 0; until + FILL_WINDOW < n && i < FILL_WINDOW; i++)
        if (!isnan(value[until + i]))
            scratch[count++] = value[until + i];
    double median = count > 0 ? median_of(scratch, count) : all;
    for (size_t i = from; i < until; i++)
        value[i] = (float)median;
}

static void fill_gaps(float *value, size_t n, float *scratch)
{
    size_t good = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i]))
            scratch[good++] = value[i];
    if (good == n)
        return;
    double all = good > 0 ? median_of(scratch, good) : 0.0;
    for (size_t from = 0; from < n; from++) {
        if (!isnan(value[from]))
            continue;
        size_t until = from;
        while (until < n && isnan(value[until]))
            until++;
        fill_gap(value, n, from, until, all, scratch);
        from = until;
    }
}

bool cb_lines_collapse(const struct cb_lines *lines, double sigmas, float *ret_value, struct cb_error *err)
{
    size_t longest = (lines->n > lines->k ? lines->n : lines->k) + 2 * (size_t)FILL_WINDOW;
    cb_auto(cb_free) float *scratch = cb_room(longest, sizeof *scratch);
    if (scratch == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for the medians of %zu overscan lines", lines->n);
    double usual = median_of_sigmas(lines, scratch);
    for (size_t line = 0; line < lines->n; line++) {
        double sigma = lines->sigma[line] > WIDE_SIGMAS * usual ? usual : lines->sigma[line];
        const float *sorted = lines->sorted + line / CB_LANES * CB_LANES * lines->k;
        ret_value[line] =
            (float)(line_has_bad(lines, line)
                        ? median_of_good(lines, line, lines->median[line], sigmas * sigma, scratch)
                        : median_within(sorted, line % CB_LANES, lines->k, lines->median[line],
                                        sigmas * sigma));
    }
    fill_gaps(ret_value, lines->n, scratch);
    return true;
}
