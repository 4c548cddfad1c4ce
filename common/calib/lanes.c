/* Batcher's merge exchange on vectors of CB_LANES lists. */
#include "calib/lanes.h"

#include "calib/simd.h"

static inline void exchange(float *restrict low, float *restrict high)
{
    for (size_t lane = 0; lane < CB_LANES; lane++) {
        float a = low[lane], b = high[lane];
        low[lane] = b < a ? b : a;
        high[lane] = b < a ? a : b;
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
