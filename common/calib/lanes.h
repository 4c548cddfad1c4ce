/* Sorts many short lists at once, side by side: a sorting network on vectors of lists. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CB_LANES 16       /* lists sorted together */
#define CB_VECTOR_LANES 8 /* in one vector */

/* Named vectors, because compilers unroll a loop of this length before they see the vectors in it. */
typedef float cb_floats
    __attribute__((vector_size(CB_VECTOR_LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t cb_bits __attribute__((vector_size(CB_VECTOR_LANES * sizeof(int32_t))));

/*
 * Sort each of CB_LANES lists upwards.
 *
 * value   [n * CB_LANES] value[i * CB_LANES + l] is entry i of list l; no NaN (+inf is allowed and goes last)
 *
 * Source    Batcher's merge exchange, Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M
 */
void cb_lanes_sort(float *value, size_t n);
