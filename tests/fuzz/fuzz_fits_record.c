/* Any bytes as the records of a FITS header. */
#include "io/fits_record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t records = size / CB_FITS_RECORD;
    char *exact = malloc(records * CB_FITS_RECORD + 1);
    struct cb_header *header = NULL;
    if (exact == NULL)
        return 0;
    memcpy(exact, data, records * CB_FITS_RECORD);
    if (cb_fits_parse_records(exact, records, &header, NULL)) {
        cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 20);
        if (cb_fits_add_content(&out, header, NULL))
            cb_fits_end_header(&out);
    }
    cb_header_free(header);
    free(exact);
    return 0;
}
