/* Batcher's merge exchange on vectors of CB_LANES lists. */
#include "calib/lanes.h"

#include "calib/simd.h"

/* Swap the lanes in which high is below low. */
static inline __attribute__((always_inline)) void exchange(float *low, float *high)
{
    for (size_t lane = 0; lane < CB_LANES; lane += CB_VECTOR_LANES) {
        cb_floats *to_low = (cb_floats *)(void *)(low + lane), *to_high = (cb_floats *)(void *)(high + lane);
        cb_floats a = *to_low, b = *to_high;
        cb_bits swap = ((cb_bits)a ^ (cb_bits)b) & (cb_bits)(b < a);
        *to_low = (cb_floats)((cb_bits)a ^ swap);
        *to_high = (cb_floats)((cb_bits)b ^ swap);
    }
}

CB_VECTOR void cb_lanes_sort(float *value, size_t n)
{
    size_t top = 1;
    if (n < 2)
        return;
    while (2 * top < n)
        top *= 2;
    for (size_t p = top; p > 0; p /= 2) {
        size_t q = top, r = 0, d = p;
        for (;;) {
            for (size_t i = 0; i + d < n; i++)
                if ((i & p) == r)
                    exchange(value + i * CB_LANES, value + (i + d) * CB_LANES);
            if (q == p)
                break;
            d = q - p;
            q /= 2;
            r = p;
        }
    }
}
