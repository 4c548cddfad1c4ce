/* Base64 with padding. */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void cb_base64_add(struct cb_bytes *out, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t n = size - i < 3 ? size - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16;
        bits |= n > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= n > 2 ? data[i + 2] : 0;
        char text[] = { letters[bits >> 18], letters[bits >> 12 & 63], letters[bits >> 6 & 63],
                        letters[bits & 63] };
        memset(text + n + 1, '=', 3 - n);
        cb_bytes_add(out, text, sizeof text);
    }
}

bool cb_base64_decode(const char *text, struct cb_bytes *out)
{
    uint32_t bits = 0;
    size_t digits = 0, padding = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(" \t\r\n", *c) != NULL)
            continue;
        const char *letter = strchr(letters, *c);
        padding += *c == '=';
        if ((letter == NULL && *c != '=') || (letter != NULL && padding > 0))
            return false;
        bits = bits << 6 | (letter != NULL ? (uint32_t)(letter - letters) : 0);
        if (++digits % 4 != 0)
            continue;
        const unsigned char bytes[] = { (unsigned char)(bits >> 16), (unsigned char)(bits >> 8),
                                        (unsigned char)bits };
        if (padding > 2)
            return false;
        cb_bytes_add(out, bytes, 3 - padding);
        bits = 0;
    }
    return digits % 4 == 0 && (padding == 0 || digits > 0);
}
