/* Cosmic rays: candidates by their sharpness, events by touching, growth, replacement. */
#include "calib/verify_cosmic.h"

#include "base/alloc.h"
#include "calib/room.h"
#include "calib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pixels with these planes are no candidates; source: lsst/meas_algorithms CR.cc, badMask */
#define NOT_CANDIDATE (CB_MASK(BAD) | CB_MASK(INTRP) | CB_MASK(SAT) | CB_MASK(NO_DATA))
#define FWHM_TO_SIGMA 2.3548200450309493 /* 2 sqrt(2 ln 2) */

/* A pixel of an event. `event` is the place of another pixel of it in the list (itself: the root). */
struct hit {
    uint32_t x, y;
    float original;
    size_t event;
    bool kept;
};

/* All that one search knows. */
struct search {
    struct cb_image *image;
    const struct cb_verify_cosmic_config *config;
    float background;
    double sharp_straight, sharp_diagonal; /* largest allowed ratio of a neighbour to the peak, of a star */
    uint64_t seed;
    uint8_t *taken; /* [height * width] belongs to an event */
    struct hit *hit;
    size_t count, room;
};

static void search_done(struct search *search)
{
    free(search->taken);
    free(search->hit);
}

struct cb_verify_cosmic_config cb_verify_cosmic_defaults(void)
{
    return (struct cb_verify_cosmic_config){
        .psf_fwhm_px = 3.0,
        .min_sigma = 6.0,
        .min_sum = 150.0,
        .cond3_fac = 2.0,
        .cond3_fac2 = 0.35,
        .growth_rounds = 6,
        .max_pixels = 1000000,
        .with_noise = true,
    };
}

/* ---- noise of a pixel ---- */

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Unit normal, a function of the seed and the place only. */
static double gaussian_at(uint64_t seed, uint32_t x, uint32_t y)
{
    uint64_t a = mix(seed ^ ((uint64_t)y << 32 | x));
    uint64_t b = mix(a);
    double u = ((double)(a >> 11) + 0.5) * 0x1p-53, v = (double)(b >> 11) * 0x1p-53;
    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

static float replacement(const struct search *search, const struct hit *hit)
{
    float variance = search->image->variance[hit->y * search->image->width_px + hit->x];
    if (!search->config->with_noise || !(variance > 0.0f))
        return search->background;
    return (float)(search->background + sqrt((double)variance) * gaussian_at(search->seed, hit->x, hit->y));
}

/* ---- is it one? ---- */

/* The four pairs of opposite neighbours, in the order in which the shape is tried. */
enum { NS, WE, SW_NE, NW_SE, PAIRS };

static ptrdiff_t pair_step(int pair, size_t width)
{
    const ptrdiff_t w = (ptrdiff_t)width;
    return pair == NS ? w : pair == WE ? 1 : pair == SW_NE ? w + 1 : w - 1;
}

/* True when the pixel stands out and is sharp; the mean of the pair that says so is what to put there
 * meanwhile. */
static bool stands_out(const struct search *search, size_t at, double min_sigma, double cond3_fac,
                       float *ret_mean)
{
    const float *value = search->image->value + at, *variance = search->image->variance + at;
    const float v = *value, background = search->background;
    float mean[PAIRS];
    bool above_one = false;

    if (!(v >= 0.0f))
        return false;
    const double sigma = sqrt((double)*variance);
    for (int i = 0; i < PAIRS; i++) {
        ptrdiff_t step = pair_step(i, search->image->width_px);
        mean[i] = (value[-step] + value[step]) / 2.0f;
        above_one = above_one || v >= mean[i] + min_sigma * sigma;
    }
    if (!above_one)
        return false;
    for (int i = 0; i < PAIRS; i++) {
        ptrdiff_t step = pair_step(i, search->image->width_px);
        double ratio = i == NS || i == WE ? search->sharp_straight : search->sharp_diagonal;
        double mean_sigma = sqrt((double)variance[-step] + (double)variance[step]) / 2.0;
        if (ratio * ((double)(v - background) - cond3_fac * sigma) >
            (double)(mean[i] - background) + cond3_fac * mean_sigma) {
            *ret_mean = mean[i];
            return true;
        }
    }
    return false;
}

static bool is_masked(const struct search *search, size_t at)
{
    const uint32_t *mask = search->image->mask + at;
    const ptrdiff_t w = (ptrdiff_t)search->image->width_px;
    uint32_t around = 0;

    if ((*mask & NOT_CANDIDATE) != 0)
        return true;
    for (ptrdiff_t dy = -1; dy <= 1; dy++)
        for (ptrdiff_t dx = -1; dx <= 1; dx++)
            around |= mask[dy * w + dx];
    return (around & CB_MASK(INTRP)) != 0;
}

/* ---- the list of hits ---- */

static bool add_hit(struct search *search, uint32_t x, uint32_t y, size_t event, struct cb_error *err)
{
    if (search->count == search->room) {
        size_t room = search->room == 0 ? 1024 : search->room * 2;
        struct hit *hit = realloc(search->hit, room * sizeof *hit);
        if (hit == NULL)
            return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu cosmic-ray pixels", room);
        search->hit = hit;
        search->room = room;
    }
    size_t at = y * search->image->width_px + x;
    search->hit[search->count] =
        (struct hit){ .x = x, .y = y, .original = search->image->value[at], .event = event, .kept = true };
    search->taken[at] = 1;
    search->count++;
    return true;
}

static void restore(struct search *search)
{
    for (size_t i = 0; i < search->count; i++)
        search->image->value[search->hit[i].y * search->image->width_px + search->hit[i].x] =
            search->hit[i].original;
}

/* Candidates in raster order; each is replaced at once, so that later pixels see the repaired one. */
static bool scan(struct search *search, bool *ret_too_many, struct cb_error *err)
{
    struct cb_image *image = search->image;
    const struct cb_verify_cosmic_config *config = search->config;
    for (uint32_t y = 1; y + 1 < image->height_px; y++)
        for (uint32_t x = 1; x + 1 < image->width_px; x++) {
            size_t at = y * image->width_px + x;
            float mean;
            if (!stands_out(search, at, config->min_sigma, config->cond3_fac, &mean) || is_masked(search, at))
                continue;
            if (search->count == config->max_pixels) {
                *ret_too_many = true;
                return true;
            }
            if (!add_hit(search, x, y, search->count, err))
                return false;
            image->value[at] = mean;
        }
    return true;
}

/* ---- events ---- */

static size_t root_of(struct search *search, size_t i)
{
    while (search->hit[i].event != i) {
        search->hit[i].event = search->hit[search->hit[i].event].event;
        i = search->hit[i].event;
    }
    return i;
}

static int compare_places(const void *a, const void *b)
{
    const struct hit *p = a, *q = b;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return p->x < q->x ? -1 : p->x > q->x;
}

static void join_with(struct search *search, size_t i, int dx, int dy)
{
    const struct hit wanted = { .x = search->hit[i].x + (uint32_t)dx, .y = search->hit[i].y + (uint32_t)dy };
    if (search->taken[wanted.y * search->image->width_px + wanted.x] == 0)
        return;
    const struct hit *other = bsearch(&wanted, search->hit, i, sizeof wanted, compare_places);
    if (other == NULL)
        return;
    size_t a = root_of(search, i), b = root_of(search, (size_t)(other - search->hit));
    if (a < b)
        search->hit[b].event = a;
    else
        search->hit[a].event = b;
}

static void group(struct search *search)
{
    for (size_t i = 0; i < search->count; i++) { /* the list is in raster order: look back only */
        join_with(search, i, -1, 0);
        join_with(search, i, -1, -1);
        join_with(search, i, 0, -1);
        join_with(search, i, 1, -1);
    }
}

/* Drop the events that hold less than min_sum above the background. */
static bool drop_faint(struct search *search, struct cb_error *err)
{
    cb_auto(cb_free) double *sum = cb_room(search->count + 1, sizeof *sum);
    if (sum == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu cosmic-ray events", search->count);
    for (size_t i = 0; i < search->count; i++)
        sum[root_of(search, i)] += (double)(search->hit[i].original - search->background);
    for (size_t i = 0; i < search->count; i++) {
        struct hit *hit = &search->hit[i];
        hit->kept = sum[root_of(search, i)] >= search->config->min_sum;
        if (!hit->kept)
            search->taken[hit->y * search->image->width_px + hit->x] = 0;
    }
    return true;
}

static size_t replace_all(struct search *search)
{
    size_t replaced = 0;
    for (size_t i = 0; i < search->count; i++) {
        const struct hit *hit = &search->hit[i];
        if (!hit->kept)
            continue;
        search->image->value[hit->y * search->image->width_px + hit->x] = replacement(search, hit);
        replaced++;
    }
    return replaced;
}

/* Look at the neighbours of one pixel of an event, with half the sigma and no shape margin. */
static bool grow_around(struct search *search, size_t i, struct cb_error *err)
{
    struct cb_image *image = search->image;
    const struct hit hit = search->hit[i];
    if (hit.y < 2 || hit.y + 2 >= image->height_px || image->width_px < 5)
        return true;
    uint32_t last = (uint32_t)image->width_px - 3;
    uint32_t x0 = hit.x < 2 ? 2 : hit.x > last ? last : hit.x;
    for (uint32_t y = hit.y - 1; y <= hit.y + 1; y++)
        for (uint32_t x = x0 - 1; x <= x0 + 1; x++) {
            size_t at = y * image->width_px + x;
            float mean;
            if (search->taken[at] != 0 ||
                !stands_out(search, at, search->config->min_sigma / 2.0, 0.0, &mean))
                continue;
            if (!add_hit(search, x, y, root_of(search, i), err))
                return false;
            image->value[at] = mean + search->background;
        }
    return true;
}

static bool grow(struct search *search, struct cb_error *err)
{
    size_t before = search->count;
    for (int round = 0; round < search->config->growth_rounds; round++) {
        size_t count = search->count;
        for (size_t i = 0; i < count; i++)
            if (search->hit[i].kept && !grow_around(search, i, err))
                return false;
        if (search->count == before)
            break;
    }
    return true;
}

static void mark(struct search *search, struct cb_verify_cosmics *found)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct hit *hit = &search->hit[i];
        if (!hit->kept)
            continue;
        search->image->mask[hit->y * search->image->width_px + hit->x] |= CB_MASK(CR) | CB_MASK(INTRP);
        found->events += hit->event == i;
    }
}

static bool find_and_replace(struct search *search, struct cb_verify_cosmics *found, struct cb_error *err)
{
    if (!scan(search, &found->too_many, err))
        return false;
    restore(search);
    if (found->too_many)
        return true;
    group(search);
    if (!drop_faint(search, err))
        return false;
    if (replace_all(search) > 0 && !grow(search, err))
        return false;
    found->pixels = replace_all(search);
    mark(search, found);
    return true;
}

bool cb_verify_remove_cosmics(struct cb_image *image, const struct cb_verify_cosmic_config *config,
                              uint64_t exposure_id, uint32_t detector, struct cb_verify_cosmics *ret_found,
                              struct cb_error *err)
{
    const struct cb_pixels all = cb_pixels_of(image, NULL, 0);
    const double half = 0.5;
    double background;
    for (size_t i = 0; i < image->width_px * image->height_px; i++)
        image->mask[i] &= ~CB_MASK(CR);
    if (!cb_stats_at(&all, &half, 1, &background, err))
        return false;

    const double sigma = config->psf_fwhm_px / FWHM_TO_SIGMA;
    struct search search = {
        .image = image,
        .config = config,
        .background = (float)background,
        .sharp_straight = config->cond3_fac2 * exp(-0.5 / (sigma * sigma)),
        .sharp_diagonal = config->cond3_fac2 * exp(-1.0 / (sigma * sigma)),
        .seed = mix(mix(exposure_id) ^ detector),
        .taken = cb_room(image->width_px * image->height_px, 1),
    };
    struct cb_verify_cosmics found = { .background = background };
    if (search.taken == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT,
                       "no memory for the cosmic rays of an image of %zu by %zu pixels", image->width_px,
                       image->height_px);
    bool done = isnan(background) || find_and_replace(&search, &found, err);
    search_done(&search);
    if (done)
        *ret_found = found;
    return done;
}
