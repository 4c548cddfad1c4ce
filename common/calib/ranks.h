/* Keys at given places of the sorted order, without sorting all of them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Room for scratch, in keys: each of three levels keeps the keys of one bucket. */
#define CB_RANKS_SCRATCH(n) (3 * (size_t)(n))

/*
 * The keys that a full sort would put at the places `rank`. Exact; the work is a few passes over the keys,
 * however they are distributed.
 *
 * key      [n] in any order; not modified
 * rank     [count] ascending, equal ones allowed, each below n
 * scratch  [CB_RANKS_SCRATCH(n)]
 * ret_key  [count]
 */
void cb_keys_at_ranks(const uint32_t *key, size_t n, const size_t *rank, size_t count, uint32_t *scratch,
                      uint32_t *ret_key);
