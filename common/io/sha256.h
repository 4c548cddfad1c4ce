/* SHA-256 of bytes in memory, in hex. */
#pragma once

#include <stddef.h>

#define CB_SHA256_TEXT_SIZE 65

void cb_sha256_text(const void *bytes, size_t size, char ret_text[CB_SHA256_TEXT_SIZE]);
