/* SHA-256 over OpenSSL. */
#include "io/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void cb_sha256_text(const void *bytes, size_t size, char ret_text[CB_SHA256_TEXT_SIZE])
{
    unsigned char digest[32];
    if (EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", digest[i]);
}
