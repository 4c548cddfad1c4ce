/* Selection of keys by their place in the order. */
#include "calib/ranks.h"
#include "support/spec.h"

#include <stdlib.h>
#include <string.h>

#define MOST 5000u

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* All of some ranks against a sort; the source stays as it was. */
static void assert_as_sorted(const uint32_t *key, size_t n)
{
    static uint32_t sorted[MOST], copy[MOST], scratch[CB_RANKS_SCRATCH(MOST)], found[9];
    const size_t rank[9] = { 0, n / 7, n / 4, n / 4, n / 2, n / 2 + n % 2, n - 1 - n / 4, n - 1, n - 1 };
    memcpy(sorted, key, n * sizeof *key);
    memcpy(copy, key, n * sizeof *key);
    qsort(sorted, n, sizeof *sorted, compare);
    cb_keys_at_ranks(key, n, rank, 9, scratch, found);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(found[i], sorted[rank[i]]);
    assert_memory_equal(key, copy, n * sizeof *key);
}

static uint32_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static void are_those_of_a_sort_for_any_spread(void **state)
{
    (void)state;
    static uint32_t key[MOST];
    uint64_t seed = 1;
    for (unsigned bits = 0; bits <= 32; bits++)
        for (size_t n = 2; n <= MOST; n = n * 3 + 1) {
            for (size_t i = 0; i < n; i++)
                key[i] = (uint32_t)((uint64_t)next(&seed) >> (32 - bits)) + (bits < 31 ? 1000000000u : 0);
            assert_as_sorted(key, n);
        }
}

static void are_found_in_a_crowd_with_outliers_at_both_ends(void **state)
{
    (void)state;
    static uint32_t key[MOST];
    uint64_t seed = 2;
    for (size_t i = 0; i < MOST; i++)
        key[i] = 0x46c35000u + next(&seed) % 3000u;
    key[17] = 0;
    key[18] = UINT32_MAX;
    assert_as_sorted(key, MOST);
}

static void of_one_key_and_of_equal_keys_are_that_key(void **state)
{
    (void)state;
    const uint32_t one[] = { 7 };
    uint32_t same[100];
    size_t rank[] = { 0, 50, 99 };
    uint32_t scratch[CB_RANKS_SCRATCH(100)], found[3] = { 0, 0, 0 };
    cb_keys_at_ranks(one, 1, rank, 1, scratch, found);
    assert_int_equal(found[0], 7);
    for (size_t i = 0; i < 100; i++)
        same[i] = UINT32_MAX;
    cb_keys_at_ranks(same, 100, rank, 3, scratch, found);
    assert_int_equal(found[0], UINT32_MAX);
    assert_int_equal(found[2], UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest ranks[] = {
        cmocka_unit_test(are_those_of_a_sort_for_any_spread),
        cmocka_unit_test(are_found_in_a_crowd_with_outliers_at_both_ends),
        cmocka_unit_test(of_one_key_and_of_equal_keys_are_that_key),
    };
    return cmocka_run_group_tests_name("keys at ranks", ranks, NULL, NULL);
}
