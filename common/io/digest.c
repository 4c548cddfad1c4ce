/* Checksums of files: SHA-256 and MD5 (openssl), Adler-32 (zlib), read in one pass. */
#include "io/digest.h"

#include "base/cleanup.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK_BYTES = 1 << 18 };

static inline void free_md(EVP_MD_CTX *ctx)
{
    EVP_MD_CTX_free(ctx);
}
CB_DEFINE_CLEANUP(EVP_MD_CTX *, free_md)

static void to_hex(EVP_MD_CTX *ctx, char *ret_text)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    EVP_DigestFinal_ex(ctx, bytes, &size);
    for (unsigned i = 0; i < size; i++)
        snprintf(ret_text + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

/* md5 NULL: SHA-256 alone is wanted, and *ret_adler stays that of nothing. */
static bool read_all(int file, EVP_MD_CTX *sha256, EVP_MD_CTX *md5, uLong *ret_adler, int64_t *ret_size)
{
    cb_auto(cb_free) unsigned char *chunk = malloc(CHUNK_BYTES);
    ssize_t got = 0;

    *ret_adler = adler32(0, Z_NULL, 0);
    *ret_size = 0;
    while (chunk != NULL && ((got = read(file, chunk, CHUNK_BYTES)) > 0 || (got < 0 && errno == EINTR))) {
        if (got < 0)
            continue;
        EVP_DigestUpdate(sha256, chunk, (size_t)got);
        *ret_size += got;
        if (md5 == NULL)
            continue;
        EVP_DigestUpdate(md5, chunk, (size_t)got);
        *ret_adler = adler32(*ret_adler, chunk, (uInt)got);
    }
    return chunk != NULL && got == 0;
}

static bool digest_file(const char *path, bool sha256_alone, struct cb_digest *ret_digest,
                        struct cb_error *err)
{
    cb_auto(free_md) EVP_MD_CTX *sha256 = EVP_MD_CTX_new(), *md5 = EVP_MD_CTX_new();
    struct cb_digest digest = { 0 };
    uLong adler = 0;

    if (sha256 == NULL || md5 == NULL || EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) != 1 ||
        EVP_DigestInit_ex(md5, EVP_md5(), NULL) != 1)
        return cb_fail(err, CB_ERR_FATAL, "the library of checksums refuses SHA-256 or MD5");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return cb_fail(err, cb_file_err_kind(errno), "could not open \"%s\": %s", path, strerror(errno));
    bool done = read_all(file, sha256, sha256_alone ? NULL : md5, &adler, &digest.size_bytes);
    int error_number = errno;
    close(file);
    if (!done)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not read \"%s\": %s", path, strerror(error_number));
    to_hex(sha256, digest.sha256);
    if (!sha256_alone) {
        to_hex(md5, digest.md5);
        snprintf(digest.adler32, sizeof digest.adler32, "%08lx", adler & 0xffffffffUL);
    }
    *ret_digest = digest;
    return true;
}

bool cb_digest_file(const char *path, struct cb_digest *ret_digest, struct cb_error *err)
{
    return digest_file(path, false, ret_digest, err);
}

bool cb_digest_sha256(const char *path, struct cb_digest *ret_digest, struct cb_error *err)
{
    return digest_file(path, true, ret_digest, err);
}
