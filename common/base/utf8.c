/* UTF-8: well-formedness by RFC 3629, section 4. */
#include "base/utf8.h"

#include <stdint.h>

/* Bytes of the character at the start, 0 when it is not well-formed. */
static size_t character_size(const unsigned char *at, size_t left)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t size = at[0] < 0x80 ? 1 : (at[0] & 0xe0) == 0xc0 ? 2 : (at[0] & 0xf0) == 0xe0 ? 3 : 4;
    if (size == 1)
        return 1;
    if ((size == 4 && (at[0] & 0xf8) != 0xf0) || size > left)
        return 0;
    uint32_t code = at[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fU);
    }
    bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least[size] || code > 0x10ffff || is_surrogate ? 0 : size;
}

bool cb_utf8_is_valid(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    while (size > 0) {
        size_t step = character_size(at, size);
        if (step == 0)
            return false;
        at += step;
        size -= step;
    }
    return true;
}
