/* Exact order statistics by histograms, and clipped moments in a fixed order of summation. */
#include "calib/stats.h"

#include "calib/room.h"
#include "base/alloc.h"
#include "calib/ranks.h"
#include "calib/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 65536u /* of the upper or the lower 16 bits */
#define FEW 8192u      /* pixels that are sorted rather than counted */
#define LISTED 32768u  /* pixels that are listed first: for so few, the large histograms cost more */
#define LANES 8u       /* partial sums, so that a sum has one order on every machine */

struct cb_pixels cb_pixels_of(const struct cb_image *image, const struct cb_box *box, uint32_t reject)
{
    struct cb_box all = { 0, 0, (int)image->width_px, (int)image->height_px };
    if (box == NULL)
        box = &all;
    size_t first = (size_t)box->y0 * image->width_px + (size_t)box->x0;
    return (struct cb_pixels){
        .value = image->value + first,
        .mask = image->mask + first,
        .reject = reject,
        .width = (size_t)box->width,
        .height = (size_t)box->height,
        .stride = image->width_px,
    };
}

/* ---- order statistics
 * ------------------------------------------------------------------------------------------ */

/* Floats as unsigned integers of the same order. */
static inline uint32_t key_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

static float value_of(uint32_t key)
{
    uint32_t bits = (key & 0x80000000u) != 0 ? key & 0x7fffffffu : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline bool is_good(const struct cb_pixels *pixels, size_t at)
{
    return isfinite(pixels->value[at]) && (pixels->mask == NULL || (pixels->mask[at] & pixels->reject) == 0);
}

static size_t count_upper(const struct cb_pixels *pixels, uint32_t *histogram)
{
    size_t n = 0;
    for (size_t y = 0; y < pixels->height; y++)
        for (size_t x = 0; x < pixels->width; x++) {
            size_t at = y * pixels->stride + x;
            if (!is_good(pixels, at))
                continue;
            histogram[key_of(pixels->value[at]) >> 16]++;
            n++;
        }
    return n;
}

static bool count_upper_of_parts(const struct cb_pixel_parts *parts, uint32_t *histogram, size_t *ret_n,
                                 struct cb_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < parts->count; i++) {
        struct cb_pixels pixels;
        if (!parts->get(parts->self, i, &pixels, err))
            return false;
        n += count_upper(&pixels, histogram);
    }
    *ret_n = n;
    return true;
}

/* The ranks wanted: where in the upper histogram each lies, and which histogram of lower bits resolves it. */
struct rank {
    size_t within; /* rank inside its bucket */
    uint32_t bucket;
    unsigned slot;
};

struct ranks {
    struct rank rank[2 * CB_MAX_FRACTIONS];
    size_t count;
    uint32_t bucket_of_slot[2 * CB_MAX_FRACTIONS];
    unsigned slots;
};

static unsigned slot_for(struct ranks *ranks, uint32_t bucket)
{
    for (unsigned slot = 0; slot < ranks->slots; slot++)
        if (ranks->bucket_of_slot[slot] == bucket)
            return slot;
    ranks->bucket_of_slot[ranks->slots] = bucket;
    return ranks->slots++;
}

static void add_rank(struct ranks *ranks, const uint32_t *histogram, size_t wanted)
{
    uint32_t bucket = 0;
    while (bucket < BUCKETS - 1 && wanted >= histogram[bucket])
        wanted -= histogram[bucket++];
    ranks->rank[ranks->count++] = (struct rank){ wanted, bucket, slot_for(ranks, bucket) };
}

static void count_lower(const struct cb_pixels *pixels, const uint8_t *slot_of_bucket, uint32_t *histogram)
{
    for (size_t y = 0; y < pixels->height; y++)
        for (size_t x = 0; x < pixels->width; x++) {
            size_t at = y * pixels->stride + x;
            uint32_t key = key_of(pixels->value[at]);
            uint8_t slot = slot_of_bucket[key >> 16];
            if (slot != 0 && is_good(pixels, at))
                histogram[(slot - 1u) * BUCKETS + (key & 0xffffu)]++;
        }
}

static float value_at(const struct rank *rank, const uint32_t *lower)
{
    size_t wanted = rank->within;
    uint32_t low = 0;
    const uint32_t *histogram = lower + (size_t)rank->slot * BUCKETS;
    while (low < BUCKETS - 1 && wanted >= histogram[low])
        wanted -= histogram[low++];
    return value_of(rank->bucket << 16 | low);
}

static bool resolve_crowded(const struct cb_pixel_parts *parts, const struct ranks *ranks,
                            const uint8_t *slot_of_bucket, float *ret_value, struct cb_error *err)
{
    cb_auto(cb_free) uint32_t *lower = cb_room((size_t)ranks->slots * BUCKETS, sizeof *lower);
    if (lower == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a histogram");
    for (size_t i = 0; i < parts->count; i++) {
        struct cb_pixels pixels;
        if (!parts->get(parts->self, i, &pixels, err))
            return false;
        count_lower(&pixels, slot_of_bucket, lower);
    }
    for (size_t i = 0; i < ranks->count; i++)
        ret_value[i] = value_at(&ranks->rank[i], lower);
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The keys of the pixels that lie in the buckets wanted. Returns how many. */
static size_t keys_wanted(const struct cb_pixels *pixels, const uint8_t *slot_of_bucket, uint32_t *ret_key)
{
    size_t count = 0;
    for (size_t y = 0; y < pixels->height; y++)
        for (size_t x = 0; x < pixels->width; x++) {
            uint32_t key = key_of(pixels->value[y * pixels->stride + x]);
            if (slot_of_bucket[key >> 16] != 0 && is_good(pixels, y * pixels->stride + x))
                ret_key[count++] = key;
        }
    return count;
}

/* Few pixels lie in the buckets wanted: sort them. ret_value as resolve_crowded. */
static bool resolve_few(const struct cb_pixel_parts *parts, const struct ranks *ranks,
                        const uint8_t *slot_of_bucket, const uint32_t *upper, size_t few, float *ret_value,
                        struct cb_error *err)
{
    cb_auto(cb_free) uint32_t *keys = cb_room(few + 1, sizeof *keys);
    size_t count = 0;
    if (keys == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu pixels", few);
    for (size_t i = 0; i < parts->count; i++) {
        struct cb_pixels pixels;
        if (!parts->get(parts->self, i, &pixels, err))
            return false;
        count += keys_wanted(&pixels, slot_of_bucket, keys + count);
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < ranks->count; i++) {
        size_t before = 0;
        for (unsigned slot = 0; slot < ranks->slots; slot++)
            if (ranks->bucket_of_slot[slot] < ranks->rank[i].bucket)
                before += upper[ranks->bucket_of_slot[slot]];
        ret_value[i] = value_of(keys[before + ranks->rank[i].within]);
    }
    return true;
}

static bool resolve(const struct cb_pixel_parts *parts, const struct ranks *ranks, const uint32_t *upper,
                    float *ret_value, struct cb_error *err)
{
    cb_auto(cb_free) uint8_t *slot_of_bucket = cb_room(BUCKETS, 1);
    size_t few = 0;
    if (slot_of_bucket == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a histogram");
    for (unsigned slot = 0; slot < ranks->slots; slot++) {
        slot_of_bucket[ranks->bucket_of_slot[slot]] = (uint8_t)(slot + 1);
        few += upper[ranks->bucket_of_slot[slot]];
    }
    return few <= FEW ? resolve_few(parts, ranks, slot_of_bucket, upper, few, ret_value, err)
                      : resolve_crowded(parts, ranks, slot_of_bucket, ret_value, err);
}

/* The two places in the order that a fraction lies between. */
static void places_of(double fraction, size_t n, size_t *ret_below, size_t *ret_above)
{
    *ret_below = (size_t)(fraction * (double)(n - 1));
    *ret_above = *ret_below + 1 < n ? *ret_below + 1 : *ret_below;
}

static double between(double fraction, size_t n, float below, float above)
{
    double place = fraction * (double)(n - 1), part = place - floor(place);
    return (1.0 - part) * (double)below + part * (double)above;
}

bool cb_stats_at_parts(const struct cb_pixel_parts *parts, const double *fraction, size_t count,
                       double *ret_value, struct cb_error *err)
{
    size_t n = 0;
    cb_auto(cb_free) uint32_t *upper = cb_room(BUCKETS, sizeof *upper);
    if (upper == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for a histogram");
    if (!count_upper_of_parts(parts, upper, &n, err))
        return false;
    for (size_t i = 0; n == 0 && i < count; i++)
        ret_value[i] = NAN;
    if (n == 0)
        return true;

    struct ranks ranks = { .count = 0 };
    for (size_t i = 0; i < count; i++) {
        size_t below, above;
        places_of(fraction[i], n, &below, &above);
        add_rank(&ranks, upper, below);
        add_rank(&ranks, upper, above);
    }
    float value[2 * CB_MAX_FRACTIONS] = { 0 };
    if (!resolve(parts, &ranks, upper, value, err))
        return false;
    for (size_t i = 0; i < count; i++)
        ret_value[i] = between(fraction[i], n, value[2 * i], value[2 * i + 1]);
    return true;
}

static bool all_of(void *self, size_t part, struct cb_pixels *ret_pixels, struct cb_error *err)
{
    (void)part;
    (void)err;
    *ret_pixels = *(const struct cb_pixels *)self;
    return true;
}

/* Of many pixels, which are not copied. */
static bool at_of_many(const struct cb_pixels *pixels, const double *fraction, size_t count,
                       double *ret_value, struct cb_error *err)
{
    struct cb_pixels whole = *pixels;
    const struct cb_pixel_parts parts = { .self = &whole, .count = 1, .get = all_of };
    return cb_stats_at_parts(&parts, fraction, count, ret_value, err);
}

static size_t list_keys(const struct cb_pixels *pixels, uint32_t *ret_key)
{
    size_t n = 0;
    for (size_t y = 0; y < pixels->height; y++)
        for (size_t x = 0; x < pixels->width; x++) {
            size_t at = y * pixels->stride + x;
            if (is_good(pixels, at))
                ret_key[n++] = key_of(pixels->value[at]);
        }
    return n;
}

/* Put a place where it belongs in an ascending list. */
static void insert_place(size_t *place, size_t n, size_t one)
{
    for (; n > 0 && place[n - 1] > one; n--)
        place[n] = place[n - 1];
    place[n] = one;
}

static float value_at_place(const size_t *place, const uint32_t *key, size_t wanted)
{
    while (*place != wanted) {
        place++;
        key++;
    }
    return value_of(*key);
}

/* Of few pixels: their keys are listed. */
static bool at_of_few(const struct cb_pixels *pixels, const double *fraction, size_t count, double *ret_value,
                      struct cb_error *err)
{
    size_t room = pixels->width * pixels->height, place[2 * CB_MAX_FRACTIONS];
    uint32_t found[2 * CB_MAX_FRACTIONS];
    cb_auto(cb_free) uint32_t *key = cb_room(room + CB_RANKS_SCRATCH(room) + 1, sizeof *key);
    if (key == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu pixels", room);
    size_t n = list_keys(pixels, key);
    for (size_t i = 0; i < count; i++) {
        size_t below, above;
        ret_value[i] = NAN;
        if (n == 0)
            continue;
        places_of(fraction[i], n, &below, &above);
        insert_place(place, 2 * i, below);
        insert_place(place, 2 * i + 1, above);
    }
    if (n == 0)
        return true;
    cb_keys_at_ranks(key, n, place, 2 * count, key + room, found);
    for (size_t i = 0; i < count; i++) {
        size_t below, above;
        places_of(fraction[i], n, &below, &above);
        ret_value[i] =
            between(fraction[i], n, value_at_place(place, found, below), value_at_place(place, found, above));
    }
    return true;
}

bool cb_stats_at(const struct cb_pixels *pixels, const double *fraction, size_t count, double *ret_value,
                 struct cb_error *err)
{
    return pixels->width * pixels->height <= LISTED ? at_of_few(pixels, fraction, count, ret_value, err)
                                                    : at_of_many(pixels, fraction, count, ret_value, err);
}

/* ---- moments
 * --------------------------------------------------------------------------------------------------- */

struct moments {
    size_t n;
    double mean, variance;
};

struct sums {
    double count[LANES], first[LANES], second[LANES];
};

/* Sums of the pixels within half_width of centre, about centre. NaN fails the comparison and is left out. */
static CB_VECTOR void add_row(const float *value, size_t width, double centre, double half_width,
                              struct sums *sums)
{
    struct sums s = *sums;
    size_t x = 0;
    for (; x + LANES <= width; x += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            double d = (double)value[x + lane] - centre;
            double keep = fabs(d) <= half_width ? 1.0 : 0.0;
            d = fabs(d) <= half_width ? d : 0.0;
            s.count[lane] += keep;
            s.first[lane] += d;
            s.second[lane] += d * d;
        }
    for (; x < width; x++) {
        double d = (double)value[x] - centre;
        if (!(fabs(d) <= half_width))
            continue;
        s.count[0] += 1.0;
        s.first[0] += d;
        s.second[0] += d * d;
    }
    *sums = s;
}

static void add_masked_row(const struct cb_pixels *pixels, size_t y, double centre, double half_width,
                           struct sums *sums)
{
    for (size_t x = 0; x < pixels->width; x++) {
        size_t at = y * pixels->stride + x;
        double d = (double)pixels->value[at] - centre;
        if ((pixels->mask[at] & pixels->reject) != 0 || !(fabs(d) <= half_width))
            continue;
        sums->count[x % LANES] += 1.0;
        sums->first[x % LANES] += d;
        sums->second[x % LANES] += d * d;
    }
}

static bool has_masked(const struct cb_pixels *pixels, size_t y)
{
    if (pixels->mask == NULL)
        return false;
    uint32_t any = 0;
    for (size_t x = 0; x < pixels->width; x++)
        any |= pixels->mask[y * pixels->stride + x];
    return (any & pixels->reject) != 0;
}

static struct moments moments_within(const struct cb_pixels *pixels, double centre, double half_width)
{
    struct sums sums = { .count = { 0 } };
    for (size_t y = 0; y < pixels->height; y++)
        if (has_masked(pixels, y))
            add_masked_row(pixels, y, centre, half_width, &sums);
        else
            add_row(pixels->value + y * pixels->stride, pixels->width, centre, half_width, &sums);
    double n = 0.0, first = 0.0, second = 0.0;
    for (size_t lane = 0; lane < LANES; lane++) {
        n += sums.count[lane];
        first += sums.first[lane];
        second += sums.second[lane];
    }
    double variance = (second - first * first / n) / (n - 1.0);
    return (struct moments){ (size_t)n, centre + first / n, variance < 0.0 ? 0.0 : variance };
}

bool cb_stats_measure(const struct cb_pixels *pixels, double clip, int rounds, struct cb_stats *ret_stats,
                      struct cb_error *err)
{
    static const double quartiles[] = { 0.25, 0.5, 0.75 };
    double q[3] = { NAN, NAN, NAN };
    if (!cb_stats_at(pixels, quartiles, 3, q, err))
        return false;
    struct cb_stats stats = { .median = q[1], .q25 = q[0], .q75 = q[2] };
    /* The largest double keeps all finite pixels and leaves infinite ones out. */
    struct moments all = moments_within(pixels, isfinite(q[1]) ? q[1] : 0.0, 1e300);
    stats.n = all.n;
    stats.mean = all.mean;
    stats.variance = all.variance;

    double centre = q[1], half_width = clip * CB_IQR_TO_SIGMA * (q[2] - q[0]);
    struct moments kept = { 0, NAN, NAN };
    for (int round = 0; round < rounds; round++) {
        kept = moments_within(pixels, centre, half_width);
        centre = kept.mean;
        if (stats.n > 1) /* a single pixel has no variance, and stays */
            half_width = clip * sqrt(kept.variance);
    }
    stats.clipped_n = kept.n;
    stats.clipped_mean = kept.mean;
    stats.clipped_variance = kept.variance;
    stats.clipped_stdev = sqrt(kept.variance);
    *ret_stats = stats;
    return true;
}
