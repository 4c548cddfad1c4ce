/* Selection by histograms of 2048 buckets that narrow with the keys: at most three levels for 32 bits. */
#include "calib/ranks.h"

#include <string.h>

#define BUCKET_BITS 11u
#define BUCKETS (1u << BUCKET_BITS)
#define FEW 48u /* keys that are sorted by insertion */

static void sort_few(const uint32_t *key, size_t n, uint32_t *ret_sorted)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t one = key[i];
        size_t at = i;
        for (; at > 0 && ret_sorted[at - 1] > one; at--)
            ret_sorted[at] = ret_sorted[at - 1];
        ret_sorted[at] = one;
    }
}

static void find_range(const uint32_t *key, size_t n, uint32_t *ret_least, uint32_t *ret_most)
{
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        least = key[i] < least ? key[i] : least;
        most = key[i] > most ? key[i] : most;
    }
    *ret_least = least;
    *ret_most = most;
}

/* The smallest shift that brings a width below the number of buckets. */
static unsigned shift_for(uint32_t width)
{
    unsigned shift = 0;
    while (width >> shift >= BUCKETS)
        shift++;
    return shift;
}

static size_t gather(const uint32_t *key, size_t n, uint32_t least, unsigned shift, uint32_t bucket,
                     uint32_t *ret_key)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        ret_key[count] = key[i];
        count += (key[i] - least) >> shift == bucket;
    }
    return count;
}

/* As cb_keys_at_ranks, for ranks that count from `before`. */
static void keys_at(const uint32_t *key, size_t n, size_t before, const size_t *rank, size_t count,
                    uint32_t *scratch, uint32_t *ret_key)
{
    uint32_t histogram[BUCKETS];
    uint32_t least, most;

    if (n <= FEW) {
        sort_few(key, n, scratch);
        for (size_t i = 0; i < count; i++)
            ret_key[i] = scratch[rank[i] - before];
        return;
    }
    find_range(key, n, &least, &most);
    unsigned shift = shift_for(most - least);
    memset(histogram, 0, sizeof histogram);
    for (size_t i = 0; i < n; i++)
        histogram[(key[i] - least) >> shift]++;
    uint32_t bucket = 0;
    for (size_t i = 0; i < count;) {
        size_t until = i;
        while (rank[i] - before >= histogram[bucket])
            before += histogram[bucket++];
        while (until < count && rank[until] - before < histogram[bucket])
            until++;
        if (shift == 0)
            for (size_t k = i; k < until; k++)
                ret_key[k] = least + bucket;
        else {
            size_t held = gather(key, n, least, shift, bucket, scratch);
            keys_at(scratch, held, before, &rank[i], until - i, scratch + held, &ret_key[i]);
        }
        i = until;
    }
}

void cb_keys_at_ranks(const uint32_t *key, size_t n, const size_t *rank, size_t count, uint32_t *scratch,
                      uint32_t *ret_key)
{
    keys_at(key, n, 0, rank, count, scratch, ret_key);
}
