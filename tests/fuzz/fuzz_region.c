/* Any bytes as an encoded region, and as a POS string: they are read or refused, and what was read is
 * compared and laid on the mesh. */
#include "base/cleanup.h"
#include "domain/region.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void use(const struct cb_region *region)
{
    cb_auto_region other = { 0 };
    struct cb_pixel_ranges ranges = { 0 };
    if (!cb_region_pos("POLYGON 10 0 20 0 20 80 10 80", &other, NULL))
        abort();
    (void)cb_region_overlaps(region, &other);
    (void)cb_region_overlaps(region, region);
    cb_region_pixels(region, 2, &ranges);
    for (size_t i = 0; i < ranges.count; i++)
        if (ranges.item[i].begin >= ranges.item[i].end)
            abort();
    free(ranges.item);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    cb_auto_region encoded = { 0 }, pos = { 0 };
    unsigned char *bytes = malloc(size + 1); /* its own block, so that a read beyond it is seen */
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, size);
    if (cb_region_decode(bytes, size, &encoded, NULL))
        use(&encoded);
    bytes[size] = '\0';
    if (cb_region_pos((const char *)bytes, &pos, NULL))
        use(&pos);
    free(bytes);
    return 0;
}
