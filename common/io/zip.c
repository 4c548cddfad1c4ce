/* Zip archives: a header before each entry, a directory behind them all. Source: APPNOTE.TXT of PKWARE, 4.3.
 */
#include "io/zip.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 20, VERSION = 45, LOCAL_SIZE = 30, NO_DATE = 0x21 /* 1980-01-01 */ };

/* What the directory says of an entry. */
struct placed {
    uint32_t crc;
    uint64_t size, offset;
};

struct archive {
    int fd;
    uint64_t at; /* bytes written */
    const struct cb_zip_entry *entries;
    size_t n;
    struct placed *placed;
};

static void put(struct cb_bytes *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)(value >> (8 * i));
        cb_bytes_add(out, &byte, 1);
    }
}

static bool fail_write(struct cb_error *err)
{
    return cb_fail(err, cb_file_err_kind(errno), "could not write the archive: %s", strerror(errno));
}

static bool write_at(int fd, const void *data, size_t size, uint64_t at, struct cb_error *err)
{
    const char *bytes = data;
    while (size > 0) {
        ssize_t done = pwrite(fd, bytes, size, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return fail_write(err);
        bytes += done;
        at += (uint64_t)done;
        size -= (size_t)done;
    }
    return true;
}

static bool append(struct archive *a, const void *data, size_t size, struct cb_error *err)
{
    if (!write_at(a->fd, data, size, a->at, err))
        return false;
    a->at += size;
    return true;
}

/* The part that both headers of an entry have: version, flags (names in UTF-8), method, time, sum, sizes. */
static void put_common(struct cb_bytes *out, const struct cb_zip_entry *entry, const struct placed *placed)
{
    put(out, VERSION, 2);
    put(out, 0x800, 2);
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, NO_DATE, 2);
    put(out, placed->crc, 4);
    put(out, UINT32_MAX, 4);
    put(out, UINT32_MAX, 4);
    put(out, strlen(entry->name), 2);
}

/* The header before the content; its size does not depend on what it says. */
static bool write_local(const struct archive *a, size_t i, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES((size_t)1 << 17);
    put(&out, 0x04034b50, 4);
    put_common(&out, &a->entries[i], &a->placed[i]);
    put(&out, 20, 2);
    cb_bytes_puts(&out, a->entries[i].name);
    put(&out, 1, 2); /* zip64: the sizes */
    put(&out, 16, 2);
    put(&out, a->placed[i].size, 8);
    put(&out, a->placed[i].size, 8);
    return write_at(a->fd, cb_bytes_text(&out), out.size, a->placed[i].offset, err);
}

static bool append_file(struct archive *a, const char *path, struct placed *placed, struct cb_error *err)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return cb_fail(err, cb_file_err_kind(errno), "could not read \"%s\": %s", path, strerror(errno));
    cb_auto(cb_free) unsigned char *block = cb_xalloc(BLOCK);
    bool ok = true;
    for (ssize_t got = 1; ok && got != 0;) {
        got = read(from, block, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            ok = cb_fail(err, CB_ERR_TRANSIENT, "could not read \"%s\": %s", path, strerror(errno));
            break;
        }
        placed->crc = (uint32_t)crc32(placed->crc, block, (uInt)got);
        placed->size += (uint64_t)got;
        ok = append(a, block, (size_t)got, err);
    }
    close(from);
    return ok;
}

static bool append_entry(struct archive *a, size_t i, struct cb_error *err)
{
    const struct cb_zip_entry *entry = &a->entries[i];
    struct placed *placed = &a->placed[i];
    if (strlen(entry->name) > UINT16_MAX)
        return cb_fail(err, CB_ERR_INVALID, "a name in the archive is longer than %d bytes", UINT16_MAX);
    *placed = (struct placed){ .crc = (uint32_t)crc32(0, NULL, 0), .offset = a->at };
    a->at += LOCAL_SIZE + strlen(entry->name) + 20;
    if (entry->file != NULL) {
        if (!append_file(a, entry->file, placed, err))
            return false;
    } else {
        placed->crc = (uint32_t)crc32_z(placed->crc, entry->data, entry->size);
        placed->size = entry->size;
        if (!append(a, entry->data, entry->size, err))
            return false;
    }
    return write_local(a, i, err);
}

static void put_directory_entry(struct cb_bytes *out, const struct cb_zip_entry *entry,
                                const struct placed *placed)
{
    put(out, 0x02014b50, 4);
    put(out, 3 << 8 | VERSION, 2); /* made on Unix */
    put_common(out, entry, placed);
    put(out, 28, 2);
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, (uint64_t)0100644 << 16, 4); /* a plain file */
    put(out, UINT32_MAX, 4);
    cb_bytes_puts(out, entry->name);
    put(out, 1, 2); /* zip64: sizes and place */
    put(out, 24, 2);
    put(out, placed->size, 8);
    put(out, placed->size, 8);
    put(out, placed->offset, 8);
}

static bool append_directory(struct archive *a, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES((size_t)1 << 30);
    uint64_t begin = a->at;
    for (size_t i = 0; i < a->n; i++)
        put_directory_entry(&out, &a->entries[i], &a->placed[i]);
    uint64_t size = out.size;
    put(&out, 0x06064b50, 4); /* zip64's end of the directory */
    put(&out, 44, 8);
    put(&out, 3 << 8 | VERSION, 2);
    put(&out, VERSION, 2);
    put(&out, 0, 8);
    put(&out, a->n, 8);
    put(&out, a->n, 8);
    put(&out, size, 8);
    put(&out, begin, 8);
    put(&out, 0x07064b50, 4); /* where that is */
    put(&out, 0, 4);
    put(&out, begin + size, 8);
    put(&out, 1, 4);
    put(&out, 0x06054b50, 4); /* the old end, which says: look there */
    put(&out, 0, 4);
    put(&out, a->n < UINT16_MAX ? a->n : UINT16_MAX, 2);
    put(&out, a->n < UINT16_MAX ? a->n : UINT16_MAX, 2);
    put(&out, UINT32_MAX, 4);
    put(&out, UINT32_MAX, 4);
    put(&out, 0, 2);
    return cb_bytes_ok(&out) ? append(a, cb_bytes_text(&out), out.size, err)
                             : cb_fail(err, CB_ERR_INVALID, "the archive has too many entries");
}

static bool write_archive(int fd, void *arg, struct cb_error *err)
{
    struct archive *a = arg;
    a->fd = fd;
    for (size_t i = 0; i < a->n; i++)
        if (!append_entry(a, i, err))
            return false;
    return append_directory(a, err);
}

bool cb_zip_write(const char *path, const struct cb_zip_entry *entries, size_t n, struct cb_error *err)
{
    cb_auto(cb_free) struct placed *placed = cb_xalloc_array(n + 1, sizeof *placed);
    struct archive archive = { .entries = entries, .n = n, .placed = placed };
    return cb_file_write(path, write_archive, &archive, err);
}
