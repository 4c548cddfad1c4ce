/* BLAKE2b without a key (RFC 7693), any digest length: the butler shortens names of constraints with it. */
#pragma once

#include <stddef.h>

/* ret_digest has room for `digest_size` bytes, 1..64. */
void cb_blake2b(const void *data, size_t size, unsigned char *ret_digest, size_t digest_size);
