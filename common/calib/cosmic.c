/* Cosmic rays by the contrast between a pixel and its neighbours. */
#include "calib/cosmic.h"

#include "calib/room.h"
#include "calib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FWHM_TO_SIGMA 0.42466090014400953 /* 1 / (2 sqrt(2 ln 2)) */
#define REPEATS_MIN 2                     /* exposures that show the same pixel before it is called hot */
#define REPEATS_SHARE 3                   /* or a third of them, if that is more */

struct cb_cosmic_config cb_cosmic_defaults(double psf_fwhm_px)
{
    return (struct cb_cosmic_config){
        .psf_fwhm_px = psf_fwhm_px,
        .min_sigma = 6.0,
        .condition_3 = 0.35,
        .noise_factor = 2.0,
        .min_electrons = 150.0,
        .growth_passes = 6,
        .max_pixels = 1000000,
    };
}

/* ---- spans
 * ----------------------------------------------------------------------------------------------------- */

void cb_spans_done(struct cb_spans *spans)
{
    free(spans->span);
    *spans = (struct cb_spans){ .span = NULL };
}

/* Add a pixel right of and below all that are there. */
static bool spans_add(struct cb_spans *spans, size_t y, size_t x)
{
    struct cb_span *last = spans->count > 0 ? &spans->span[spans->count - 1] : NULL;
    spans->pixels++;
    if (last != NULL && last->y == y && last->x1 == x) {
        last->x1++;
        return true;
    }
    if (spans->count == spans->room) {
        size_t room = spans->room == 0 ? 256 : 2 * spans->room;
        struct cb_span *grown = realloc(spans->span, room * sizeof *grown);
        if (grown == NULL)
            return false;
        spans->span = grown;
        spans->room = room;
    }
    spans->span[spans->count++] = (struct cb_span){ (uint32_t)y, (uint32_t)x, (uint32_t)x + 1 };
    return true;
}

/* Spans of the pixels whose byte is not 0. */
static bool spans_of_map(const uint8_t *map, size_t width, size_t height, struct cb_spans *ret_spans,
                         struct cb_error *err)
{
    struct cb_spans spans = { .span = NULL };
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = map + y * width;
        for (const uint8_t *p = row; p < row + width; p++) {
            if (*p != 0 && !spans_add(&spans, y, (size_t)(p - row))) {
                cb_spans_done(&spans);
                return cb_fail(err, CB_ERR_TRANSIENT, "no memory for cosmic rays");
            }
        }
    }
    *ret_spans = spans;
    return true;
}

static size_t first_of_row(const struct cb_spans *spans, size_t y)
{
    size_t low = 0, high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->span[middle].y < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool cb_spans_mask_row(const struct cb_spans *spans, size_t y, size_t x0, size_t width, uint32_t bits,
                       uint32_t *ret_mask)
{
    bool any = false;
    for (size_t i = first_of_row(spans, y); i < spans->count && spans->span[i].y == y; i++) {
        size_t from = spans->span[i].x0 > x0 ? spans->span[i].x0 : x0;
        size_t until = spans->span[i].x1 < x0 + width ? spans->span[i].x1 : x0 + width;
        for (size_t x = from; x < until; x++) {
            ret_mask[x - x0] |= bits;
            any = true;
        }
    }
    return any;
}

/* ---- interpolation over bad pixels
 * ------------------------------------------------------------------------------ */

static void interpolate_gap(struct cb_image *image, size_t row, size_t from, size_t until, double fallback)
{
    size_t width = image->width_px;
    float *value = image->value + row * width;
    bool inner = from > 0 && until < width;
    double left = inner ? (double)value[from - 1] : fallback, right = inner ? (double)value[until] : fallback;
    for (size_t x = from; x < until; x++) {
        double part = (double)(x - from + 1) / (double)(until - from + 1);
        value[x] = (float)((1.0 - part) * left + part * right);
        image->mask[row * width + x] |= CB_MASK(INTRP);
        if (!(image->variance[row * width + x] >= 0.0f))
            image->variance[row * width + x] = 0.0f;
    }
}

static bool is_unusable(const struct cb_image *image, size_t at)
{
    return (image->mask[at] & (CB_MASK(SAT) | CB_MASK(BAD) | CB_MASK(UNMASKEDNAN))) != 0 ||
           !isfinite(image->value[at]);
}

static void interpolate_bad(struct cb_image *image, double fallback)
{
    for (size_t row = 0; row < image->height_px; row++)
        for (size_t x = 0; x < image->width_px; x++) {
            size_t until = x;
            while (until < image->width_px && is_unusable(image, row * image->width_px + until))
                until++;
            if (until > x)
                interpolate_gap(image, row, x, until, fallback);
            x = until;
        }
}

/* ---- candidates
 * -------------------------------------------------------------------------------------------------- */

/* What candidates are held against. */
struct search {
    struct cb_image *image;
    double background;
    double min_sigma, noise_factor;
    double contrast_side,
        contrast_diagonal; /* how much of a pixel a star leaves in its neighbours, times condition_3 */
    double found_mean;     /* of the neighbours that betrayed the last candidate */
};

/* Neighbours on opposite sides, in the order of the tests: N-S, W-E and the two diagonals. */
static const int pair_dx[4] = { 0, 1, 1, 1 };
static const int pair_dy[4] = { 1, 0, 1, -1 };

static bool may_be_cosmic(const struct cb_image *image, size_t x, size_t y)
{
    const uint32_t *mask = image->mask + y * image->width_px + x;
    uint32_t around = 0;
    if ((*mask & (CB_MASK(BAD) | CB_MASK(INTRP) | CB_MASK(SAT) | CB_MASK(NO_DATA))) != 0)
        return false;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            around |= mask[dy * (ptrdiff_t)image->width_px + dx];
    return (around & CB_MASK(INTRP)) == 0;
}

static double noise_at(const struct cb_image *image, ptrdiff_t at)
{
    double variance = (double)image->variance[at];
    return variance > 0.0 ? variance : 0.0;
}

/* Does the pixel stand out of its neighbours by min_sigma, and more sharply than a star would? */
static bool stands_out(struct search *search, size_t x, size_t y)
{
    const struct cb_image *image = search->image;
    ptrdiff_t width = (ptrdiff_t)image->width_px, at = (ptrdiff_t)(y * image->width_px + x);
    double value = (double)image->value[at], sigma = sqrt(noise_at(image, at));
    double mean[4], noise[4];
    bool above = false;

    if (value < 0.0)
        return false;
    for (int pair = 0; pair < 4; pair++) {
        ptrdiff_t step = pair_dy[pair] * width + pair_dx[pair];
        mean[pair] = 0.5 * ((double)image->value[at - step] + (double)image->value[at + step]);
        noise[pair] = 0.5 * sqrt(noise_at(image, at - step) + noise_at(image, at + step));
        above |= value > mean[pair] + search->min_sigma * sigma;
    }
    for (int pair = 0; above && pair < 4; pair++) {
        double contrast = pair < 2 ? search->contrast_side : search->contrast_diagonal;
        double peak = contrast * (value - search->background - search->noise_factor * sigma);
        if (peak > mean[pair] - search->background + search->noise_factor * noise[pair]) {
            search->found_mean = mean[pair];
            return true;
        }
    }
    return false;
}

/* Original values of the pixels that the scan has replaced. */
struct repair {
    size_t at;
    float value;
};
struct repairs {
    struct repair *repair;
    size_t count, room;
};

static bool remember(struct repairs *repairs, size_t at, float value)
{
    if (repairs->count == repairs->room) {
        size_t room = repairs->room == 0 ? 1024 : 2 * repairs->room;
        struct repair *grown = realloc(repairs->repair, room * sizeof *grown);
        if (grown == NULL)
            return false;
        repairs->repair = grown;
        repairs->room = room;
    }
    repairs->repair[repairs->count++] = (struct repair){ at, value };
    return true;
}

/* Mark candidates in map; found ones are replaced by their neighbours' mean until the scan has ended. */
static bool scan(struct search *search, size_t max_pixels, uint8_t *map, bool *ret_too_many,
                 struct cb_error *err)
{
    struct cb_image *image = search->image;
    struct repairs repairs = { .repair = NULL };
    bool ok = true;
    for (size_t y = 1; ok && y + 1 < image->height_px; y++)
        for (size_t x = 1; ok && x + 1 < image->width_px && repairs.count <= max_pixels; x++) {
            size_t at = y * image->width_px + x;
            if (!stands_out(search, x, y) || !may_be_cosmic(image, x, y))
                continue;
            map[at] = 1;
            ok = remember(&repairs, at, image->value[at]);
            image->value[at] = (float)search->found_mean;
        }
    *ret_too_many = repairs.count > max_pixels;
    for (size_t i = repairs.count; i-- > 0;)
        image->value[repairs.repair[i].at] = repairs.repair[i].value;
    free(repairs.repair);
    return ok || cb_fail(err, CB_ERR_TRANSIENT, "no memory for cosmic ray candidates");
}

/* ---- groups
 * ------------------------------------------------------------------------------------------------------ */

/* Collect the group around start (map 1 -> 2), put its places into stack; returns how many. */
static size_t collect_group(uint8_t *map, size_t width, size_t height, size_t start, size_t *stack)
{
    size_t count = 0, done = 0;
    stack[count++] = start;
    map[start] = 2;
    while (done < count) {
        size_t x = stack[done] % width, y = stack[done] / width;
        done++;
        for (size_t ny = y > 0 ? y - 1 : 0; ny <= y + 1 && ny < height; ny++)
            for (size_t nx = x > 0 ? x - 1 : 0; nx <= x + 1 && nx < width; nx++)
                if (map[ny * width + nx] == 1) {
                    map[ny * width + nx] = 2;
                    stack[count++] = ny * width + nx;
                }
    }
    return count;
}

/* Groups with too few electrons are no cosmic rays. */
static bool drop_faint(const struct search *search, double min_electrons, size_t candidates, uint8_t *map,
                       struct cb_error *err)
{
    const struct cb_image *image = search->image;
    size_t width = image->width_px, height = image->height_px;
    cb_auto(cb_free) size_t *stack = cb_room(candidates + 1, sizeof *stack);
    if (stack == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for cosmic ray groups");
    for (size_t start = 0; start < width * height; start++) {
        if (map[start] != 1)
            continue;
        size_t count = collect_group(map, width, height, start, stack);
        double sum = 0.0;
        for (size_t i = 0; i < count; i++)
            sum += (double)image->value[stack[i]] - search->background;
        for (size_t i = 0; i < count && sum < min_electrons; i++)
            map[stack[i]] = 0;
    }
    return true;
}

/* Neighbours of what was found, looked at with milder limits, until nothing is added. */
static void grow_groups(struct search *search, const struct cb_cosmic_config *config, uint8_t *map)
{
    const struct cb_image *image = search->image;
    size_t width = image->width_px;
    search->min_sigma = config->min_sigma / 2.0;
    search->contrast_side = search->contrast_diagonal = 0.0;
    search->noise_factor = 0.0;
    for (int pass = 0; pass < config->growth_passes; pass++) {
        uint8_t mark = (uint8_t)(3 + pass);
        size_t added = 0;
        for (size_t y = 1; y + 1 < image->height_px; y++)
            for (size_t x = 1; x + 1 < width; x++) {
                size_t at = y * width + x;
                if (map[at] != 0)
                    continue;
                bool beside = false;
                for (size_t ny = y - 1; ny <= y + 1; ny++)
                    for (size_t nx = x - 1; nx <= x + 1; nx++)
                        beside |= map[ny * width + nx] != 0 && map[ny * width + nx] != mark;
                if (!beside || !stands_out(search, x, y) || !may_be_cosmic(image, x, y))
                    continue;
                map[at] = mark;
                added++;
            }
        if (added == 0)
            break;
    }
}

static size_t count_map(const uint8_t *map, size_t pixels)
{
    size_t count = 0;
    for (size_t i = 0; i < pixels; i++)
        count += map[i] != 0;
    return count;
}

bool cb_cosmic_find(struct cb_image *image, const struct cb_cosmic_config *config, struct cb_spans *ret_spans,
                    bool *ret_too_many, struct cb_error *err)
{
    size_t pixels = image->width_px * image->height_px;
    const struct cb_pixels good =
        cb_pixels_of(image, NULL, CB_MASK(SAT) | CB_MASK(BAD) | CB_MASK(NO_DATA) | CB_MASK(UNMASKEDNAN));
    const double half = 0.5, sigma = config->psf_fwhm_px * FWHM_TO_SIGMA;
    double background = NAN;
    *ret_spans = (struct cb_spans){ .span = NULL };
    *ret_too_many = false;
    if (!cb_stats_at(&good, &half, 1, &background, err))
        return false;
    if (isnan(background))
        return true;
    interpolate_bad(image, background);

    cb_auto(cb_free) uint8_t *map = cb_room(pixels, 1);
    if (map == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a map of cosmic rays");
    struct search search = {
        .image = image,
        .background = background,
        .min_sigma = config->min_sigma,
        .noise_factor = config->noise_factor,
        .contrast_side = config->condition_3 * exp(-0.5 / (sigma * sigma)),
        .contrast_diagonal = config->condition_3 * exp(-1.0 / (sigma * sigma)),
    };
    if (!scan(&search, config->max_pixels, map, ret_too_many, err))
        return false;
    if (*ret_too_many)
        return true;
    if (!drop_faint(&search, config->min_electrons, count_map(map, pixels), map, err))
        return false;
    grow_groups(&search, config, map);
    return spans_of_map(map, image->width_px, image->height_px, ret_spans, err);
}

/* ---- several exposures
 * ------------------------------------------------------------------------------------------ */

static void count_spans(const struct cb_spans *spans, size_t width, uint8_t *counts)
{
    for (size_t i = 0; i < spans->count; i++)
        for (size_t x = spans->span[i].x0; x < spans->span[i].x1; x++) {
            uint8_t *count = &counts[spans->span[i].y * width + x];
            *count = (uint8_t)(*count + (*count < UINT8_MAX));
        }
}

/* Disc of radius grow around a pixel. */
static void stamp(uint8_t *map, size_t width, size_t height, size_t x, size_t y, int grow)
{
    for (int dy = -grow; dy <= grow; dy++)
        for (int dx = -grow; dx <= grow; dx++) {
            ptrdiff_t ny = (ptrdiff_t)y + dy, nx = (ptrdiff_t)x + dx;
            if (dx * dx + dy * dy <= grow * grow && ny >= 0 && nx >= 0 && ny < (ptrdiff_t)height &&
                nx < (ptrdiff_t)width)
                map[(size_t)ny * width + (size_t)nx] = 1;
        }
}

/* The pixel, or one that touches it, shows in limit exposures or more: the wings of a hot pixel come and go.
 */
static bool repeats(const uint8_t *counts, size_t width, size_t height, size_t x, size_t y, size_t limit)
{
    for (size_t ny = y > 0 ? y - 1 : 0; ny <= y + 1 && ny < height; ny++)
        for (size_t nx = x > 0 ? x - 1 : 0; nx <= x + 1 && nx < width; nx++)
            if (counts[ny * width + nx] >= limit)
                return true;
    return false;
}

static bool regrow(struct cb_spans *spans, const uint8_t *counts, size_t limit, size_t width, size_t height,
                   int grow, uint8_t *map, struct cb_error *err)
{
    struct cb_spans grown;
    memset(map, 0, width * height);
    for (size_t i = 0; i < spans->count; i++)
        for (size_t x = spans->span[i].x0; x < spans->span[i].x1; x++)
            if (!repeats(counts, width, height, x, spans->span[i].y, limit))
                stamp(map, width, height, x, spans->span[i].y, grow);
    if (!spans_of_map(map, width, height, &grown, err))
        return false;
    cb_spans_done(spans);
    *spans = grown;
    return true;
}

bool cb_cosmic_settle(struct cb_spans *spans, size_t n, size_t width_px, size_t height_px, int grow,
                      struct cb_error *err)
{
    size_t limit = (n + REPEATS_SHARE - 1) / REPEATS_SHARE;
    limit = n < 3 ? n + 1 : limit < REPEATS_MIN ? REPEATS_MIN : limit;
    limit = limit > UINT8_MAX ? UINT8_MAX : limit;
    cb_auto(cb_free) uint8_t *counts = cb_room(width_px * height_px, 1);
    cb_auto(cb_free) uint8_t *map = cb_room(width_px, height_px);
    if (counts == NULL || map == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a map of cosmic rays");
    for (size_t i = 0; i < n; i++)
        count_spans(&spans[i], width_px, counts);
    for (size_t i = 0; i < n; i++)
        if (!regrow(&spans[i], counts, limit, width_px, height_px, grow, map, err))
            return false;
    return true;
}
