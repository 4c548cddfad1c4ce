/* Sorts many short lists at once, side by side: a sorting network on vectors of lists. */
#pragma once

#include <stddef.h>

#define CB_LANES 16 /* lists sorted together */

/*
 * Sort each of CB_LANES lists upwards.
 *
 * value   [n * CB_LANES] value[i * CB_LANES + l] is entry i of list l; no NaN (+inf is allowed and goes last)
 *
 * Source    Batcher's merge exchange, Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M
 */
void cb_lanes_sort(float *value, size_t n);
