/* Base64 with padding (RFC 4648, section 4). */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

void cb_base64_add(struct cb_bytes *out, const unsigned char *data, size_t size);
/* Blanks and newlines are skipped. False: not base64; *out holds what came before. */
bool cb_base64_decode(const char *text, struct cb_bytes *out);
