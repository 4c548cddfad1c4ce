/* Zip archives, over minizip. */
#include "io/zip.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <minizip/zip.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, MADE_ON_UNIX = 3 << 8, UTF8_NAMES = 1 << 11 };

struct archive {
    const struct cb_zip_entry *entries;
    size_t n;
};

static bool fail_write(struct cb_error *err)
{
    return cb_fail(err, cb_file_err_kind(errno), "could not write the archive: %s", strerror(errno));
}

/* minizip's opening of a file: ours is open already, beside its place. */
static voidpf open_given(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    int copy = dup(*(const int *)opaque);
    FILE *file = copy >= 0 ? fdopen(copy, "wb") : NULL;
    if (file == NULL && copy >= 0)
        close(copy);
    return file;
}

static bool put_bytes(zipFile zip, const void *data, size_t size, struct cb_error *err)
{
    const char *from = data;
    while (size > 0) {
        unsigned part = size < BLOCK ? (unsigned)size : BLOCK;
        if (zipWriteInFileInZip(zip, from, part) != ZIP_OK)
            return fail_write(err);
        from += part;
        size -= part;
    }
    return true;
}

static bool fail_read(const char *path, struct cb_error *err)
{
    return cb_fail(err, cb_file_err_kind(errno), "could not read \"%s\": %s", path, strerror(errno));
}

static bool put_open_file(zipFile zip, int from, const char *path, struct cb_error *err)
{
    cb_auto(cb_free) char *block = cb_xalloc(BLOCK);
    for (;;) {
        ssize_t got = read(from, block, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_read(path, err);
        if (got == 0)
            return true;
        if (!put_bytes(zip, block, (size_t)got, err))
            return false;
    }
}

static bool put_file(zipFile zip, const char *path, struct cb_error *err)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return fail_read(path, err);
    bool ok = put_open_file(zip, from, path, err);
    close(from);
    return ok;
}

/* Stored as it is, with room for 64-bit sizes, a plain file of 1980-01-01. */
static bool put_entry(zipFile zip, const struct cb_zip_entry *entry, struct cb_error *err)
{
    const zip_fileinfo info = { .dosDate = 0x210000, .external_fa = (uLong)0100644 << 16 };
    if (strlen(entry->name) > UINT16_MAX)
        return cb_fail(err, CB_ERR_INVALID, "a name in the archive is longer than %d bytes", UINT16_MAX);
    if (zipOpenNewFileInZip4_64(zip, entry->name, &info, NULL, 0, NULL, 0, NULL, 0, 0, 0, -MAX_WBITS,
                                DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0, MADE_ON_UNIX, UTF8_NAMES,
                                1) != ZIP_OK)
        return fail_write(err);
    if (entry->file != NULL ? !put_file(zip, entry->file, err)
                            : !put_bytes(zip, entry->data, entry->size, err))
        return false;
    return zipCloseFileInZip(zip) == ZIP_OK || fail_write(err);
}

static bool write_archive(int fd, void *arg, struct cb_error *err)
{
    const struct archive *archive = arg;
    zlib_filefunc64_def io;
    fill_fopen64_filefunc(&io);
    io.zopen64_file = open_given;
    io.opaque = &fd;
    zipFile zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &io);
    bool ok = zip != NULL || fail_write(err);
    for (size_t i = 0; ok && i < archive->n; i++)
        ok = put_entry(zip, &archive->entries[i], err);
    if (zip != NULL && zipClose(zip, NULL) != ZIP_OK && ok)
        ok = fail_write(err);
    return ok;
}

bool cb_zip_write(const char *path, const struct cb_zip_entry *entries, size_t n, struct cb_error *err)
{
    struct archive archive = { .entries = entries, .n = n };
    return cb_file_write(path, write_archive, &archive, err);
}
