/* Checksums of files: SHA-256 and MD5 (openssl), Adler-32 (zlib), read in one pass. */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct cb_digest {
    char sha256[65]; /* hex, lower case */
    char md5[33];
    char adler32[9];
    int64_t size_bytes;
};

/* Errors: NOT_FOUND no such file; TRANSIENT it cannot be read for now. */
CB_MUST_CHECK bool cb_digest_file(const char *path, struct cb_digest *ret_digest, struct cb_error *err);
/* As cb_digest_file, with SHA-256 and size alone: half the work. md5 and adler32 are "". */
CB_MUST_CHECK bool cb_digest_sha256(const char *path, struct cb_digest *ret_digest, struct cb_error *err);
