/* UTF-8: is a run of bytes well-formed text? */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* True when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 * Empty is well-formed; NUL is a character like others. */
bool cb_utf8_is_valid(const void *bytes, size_t size);
