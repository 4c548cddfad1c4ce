/* Any bytes as an event. Byte 0 chooses the type. */
#include "service/decode.h"
#include "service/decode_rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t types = 0;
    while (cb_decoders[types].type != NULL)
        types++;
    if (size == 0)
        return 0;
    uint8_t *exact = malloc(size > 1 ? size - 1 : 1); /* of just this size, so that a byte too far is seen */
    if (exact == NULL)
        return 0;
    memcpy(exact, data + 1, size - 1);
    const struct cb_event event = { .type = cb_decoders[data[0] % types].type,
                                    .payload = exact,
                                    .size = size - 1 };
    ProtobufCMessage *wrapper = NULL;
    if (cb_event_decode(&event, &wrapper, NULL))
        cb_event_free(wrapper);
    free(exact);
    return 0;
}
