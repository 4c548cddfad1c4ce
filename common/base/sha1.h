/* SHA-1, for version 5 UUIDs only; files are hashed by the library in io/digest.h. */
#pragma once

#include <stddef.h>

void cb_sha1(const unsigned char *data, size_t size, unsigned char ret_digest[20]);
