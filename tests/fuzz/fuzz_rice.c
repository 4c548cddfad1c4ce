/* Any bytes as a RICE_1 tile. Byte 0 chooses the bytes of a pixel, byte 1 the block, bytes 2 and 3 the
 * pixels. */
#include "calib/rice.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned widths[] = { 4, 2, 1, 3 };
    if (size < 4)
        return 0;
    struct cb_rice format = { .block_px = data[1], .byte_px = widths[data[0] & 3] };
    size_t n = (size_t)(data[2] | data[3] << 8) % 4096 + 1;
    uint8_t *exact = malloc(size - 4 + (size == 4)); /* of just this size, so that a byte too far is seen */
    int32_t *pixels = malloc(n * sizeof *pixels);
    if (exact != NULL && pixels != NULL) {
        memcpy(exact, data + 4, size - 4);
        if (!cb_rice_decode(&format, exact, size - 4, n, pixels, NULL))
            pixels[0] = 0;
    }
    free(exact);
    free(pixels);
    return 0;
}
