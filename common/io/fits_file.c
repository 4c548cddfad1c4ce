/* Walks the HDUs of a FITS file, plain or gzip-compressed as a whole. */
#include "io/fits_file.h"

#include "io/file.h"
#include "io/fits_record.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_AXES 8
#define MAX_DATA_BYTES (INT64_C(1) << 42)
#define COPY_BYTES 65536

void cb_fits_close(struct cb_fits *fits)
{
    if (fits == NULL)
        return;
    for (size_t i = 0; i < fits->hdus; i++)
        cb_header_free(fits->hdu[i].cards);
    if (fits->fd >= 0)
        close(fits->fd);
    free(fits->hdu);
    free(fits->memory);
    free(fits->path);
    free(fits);
}

bool cb_fits_read_at(const struct cb_fits *fits, uint64_t at, void *ret_bytes, size_t size,
                     struct cb_error *err)
{
    if (at > fits->size || size > fits->size - at)
        return cb_fail(err, CB_ERR_INVALID, "FITS file \"%s\" is truncated: it ends at byte %llu", fits->path,
                       (unsigned long long)fits->size);
    if (fits->memory != NULL) {
        memcpy(ret_bytes, fits->memory + at, size);
        return true;
    }
    uint8_t *to = ret_bytes;
    while (size > 0) {
        ssize_t got = pread(fits->fd, to, size, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cb_fail(err, CB_ERR_TRANSIENT, "could not read FITS file \"%s\": %s", fits->path,
                           strerror(errno));
        if (got == 0)
            return cb_fail(err, CB_ERR_INVALID, "FITS file \"%s\" was shortened while it was read",
                           fits->path);
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* ---- gzip
 * ------------------------------------------------------------------------------------------------------------
 */

static bool append(struct cb_fits *fits, size_t *room, const uint8_t *bytes, size_t size,
                   struct cb_error *err)
{
    if (fits->size + size > CB_FITS_MAX_INFLATED_BYTES)
        return cb_fail(err, CB_ERR_INVALID, "file \"%s\" is gzip and inflates to more than %zu MiB",
                       fits->path, CB_FITS_MAX_INFLATED_BYTES >> 20);
    if (fits->size + size > *room) {
        size_t wanted = 2 * (size_t)(fits->size + size);
        uint8_t *grown = realloc(fits->memory, wanted);
        if (grown == NULL)
            return cb_fail(err, CB_ERR_TRANSIENT, "no memory to inflate file \"%s\"", fits->path);
        fits->memory = grown;
        *room = wanted;
    }
    memcpy(fits->memory + fits->size, bytes, size);
    fits->size += size;
    return true;
}

static bool inflate_all(struct cb_fits *fits, gzFile gz, struct cb_error *err)
{
    uint8_t bytes[COPY_BYTES];
    size_t room = 0;
    fits->size = 0;
    for (;;) {
        int got = gzread(gz, bytes, sizeof bytes);
        if (got < 0)
            return cb_fail(err, CB_ERR_INVALID, "file \"%s\" is damaged gzip", fits->path);
        if (got == 0)
            break;
        if (!append(fits, &room, bytes, (size_t)got, err))
            return false;
    }
    int status = Z_OK;
    gzerror(gz, &status);
    if (status != Z_OK || !gzeof(gz) || fits->memory == NULL)
        return cb_fail(err, CB_ERR_INVALID, "file \"%s\" is truncated gzip", fits->path);
    return true;
}

/* Some raws are gzip although they are named .fits: look at the first bytes. */
static bool inflate_if_gzip(struct cb_fits *fits, struct cb_error *err)
{
    uint8_t magic[2] = { 0 };
    if (fits->size < 2)
        return true;
    if (!cb_fits_read_at(fits, 0, magic, 2, err))
        return false;
    if (magic[0] != 0x1f || magic[1] != 0x8b)
        return true;
    gzFile gz = gzdopen(fits->fd, "rb");
    if (gz == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory to inflate file \"%s\"", fits->path);
    fits->fd = -1; /* owned by gz now */
    bool ok = inflate_all(fits, gz, err);
    int closed = gzclose(gz);
    if (ok && closed != Z_OK)
        return cb_fail(err, CB_ERR_INVALID, "file \"%s\" is truncated gzip", fits->path);
    return ok;
}

/* ---- HDUs
 * ------------------------------------------------------------------------------------------------------------
 */

bool cb_fits_need_int(const struct cb_header *cards, const char *key, int64_t *ret_value,
                      struct cb_error *err)
{
    const struct cb_card *card = cb_header_find(cards, key);
    if (card == NULL || card->type != CB_CARD_INT)
        return cb_fail(err, CB_ERR_INVALID, "card %s is missing or no integer", key);
    *ret_value = card->integer;
    return true;
}

/* Records from at to END. ret_cards counts those before END. */
static bool read_records(const struct cb_fits *fits, uint64_t at, struct cb_bytes *ret_text,
                         size_t *ret_cards, struct cb_error *err)
{
    char block[CB_FITS_BLOCK];
    for (;;) {
        if (!cb_fits_read_at(fits, at + ret_text->size, block, sizeof block, err))
            return false;
        for (size_t card = 0; card < CB_FITS_BLOCK / CB_FITS_RECORD; card++)
            if (memcmp(block + card * CB_FITS_RECORD, "END     ", 8) == 0) {
                *ret_cards = ret_text->size / CB_FITS_RECORD + card;
                cb_bytes_add(ret_text, block, sizeof block);
                return true;
            }
        cb_bytes_add(ret_text, block, sizeof block);
        if (!cb_bytes_ok(ret_text))
            return cb_fail(err, CB_ERR_INVALID, "header at byte %llu has no END", (unsigned long long)at);
    }
}

static bool data_size(const struct cb_header *cards, uint64_t *ret_size, struct cb_error *err)
{
    int64_t bitpix = 0, axes = 0, groups = 1, heap = 0, pixels = 1;
    char key[16];
    if (!cb_fits_need_int(cards, "BITPIX", &bitpix, err) || !cb_fits_need_int(cards, "NAXIS", &axes, err))
        return false;
    int64_t bytes = (bitpix < 0 ? -bitpix : bitpix) / 8;
    if (axes < 0 || axes > MAX_AXES || (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8))
        return cb_fail(err, CB_ERR_INVALID, "BITPIX %lld or NAXIS %lld is out of range", (long long)bitpix,
                       (long long)axes);
    for (int axis = 1; axis <= axes; axis++) {
        int64_t length = 0;
        snprintf(key, sizeof key, "NAXIS%d", axis);
        if (!cb_fits_need_int(cards, key, &length, err))
            return false;
        if (length < 0 || (length > 0 && pixels > MAX_DATA_BYTES / length))
            return cb_fail(err, CB_ERR_INVALID, "%s %lld is out of range", key, (long long)length);
        pixels *= length;
    }
    cb_header_get_int(cards, "PCOUNT", &heap);
    cb_header_get_int(cards, "GCOUNT", &groups);
    if (heap < 0 || groups != 1 || heap > MAX_DATA_BYTES || pixels > MAX_DATA_BYTES)
        return cb_fail(err, CB_ERR_INVALID, "PCOUNT %lld or GCOUNT %lld is out of range", (long long)heap,
                       (long long)groups);
    *ret_size = axes == 0 ? 0 : (uint64_t)(bytes * (pixels + heap));
    return true;
}

static uint64_t padded(uint64_t size)
{
    return (size + CB_FITS_BLOCK - 1) / CB_FITS_BLOCK * CB_FITS_BLOCK;
}

static bool read_hdu(const struct cb_fits *fits, uint64_t at, struct cb_fits_hdu *ret_hdu,
                     struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_FITS_MAX_HEADER_BYTES);
    cb_auto(cb_header_free) struct cb_header *cards = NULL;
    size_t count = 0;
    uint64_t size = 0;
    if (!read_records(fits, at, &text, &count, err) ||
        !cb_fits_parse_records(cb_bytes_text(&text), count, &cards, err) || !data_size(cards, &size, err))
        return false;
    uint64_t start = at + text.size;
    if (size > fits->size - start)
        return cb_fail(err, CB_ERR_INVALID, "truncated: %llu bytes of data are announced and %llu are there",
                       (unsigned long long)size, (unsigned long long)(fits->size - start));
    *ret_hdu = (struct cb_fits_hdu){ .header_at = at,
                                     .header_size = text.size,
                                     .data_at = start,
                                     .data_size = size,
                                     .cards = cb_steal(cards) };
    return true;
}

/* Something that may be an HDU starts at byte at; what follows the last one may be padding or rubbish. */
static bool starts_hdu(const struct cb_fits *fits, uint64_t at)
{
    char word[8];
    return at + CB_FITS_BLOCK <= fits->size && cb_fits_read_at(fits, at, word, sizeof word, NULL) &&
           memcmp(word, "XTENSION", 8) == 0;
}

static bool walk(struct cb_fits *fits, struct cb_error *err)
{
    char word[10] = { 0 };
    uint64_t at = 0;
    if (fits->size < CB_FITS_BLOCK || !cb_fits_read_at(fits, 0, word, 9, NULL) ||
        memcmp(word, "SIMPLE  =", 9) != 0)
        return cb_fail(err, CB_ERR_INVALID, "file \"%s\" is not FITS: it does not start with SIMPLE",
                       fits->path);
    do {
        if (fits->hdus == CB_FITS_MAX_HDUS)
            return cb_fail(err, CB_ERR_INVALID, "FITS file \"%s\" has more than %d HDUs", fits->path,
                           CB_FITS_MAX_HDUS);
        fits->hdu = cb_xrealloc_array(fits->hdu, fits->hdus + 1, sizeof *fits->hdu);
        if (!read_hdu(fits, at, &fits->hdu[fits->hdus], err))
            return cb_context(err, "FITS file \"%s\", HDU %zu", fits->path, fits->hdus);
        at = fits->hdu[fits->hdus].data_at + padded(fits->hdu[fits->hdus].data_size);
        fits->hdus++;
    } while (starts_hdu(fits, at));
    return true;
}

bool cb_fits_open(const char *path, struct cb_fits **ret_fits, struct cb_error *err)
{
    struct stat status;
    cb_auto(cb_fits_close) struct cb_fits *fits = cb_xalloc(sizeof *fits);
    fits->path = cb_xstrdup(path);
    fits->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fits->fd < 0)
        return cb_fail(err, cb_file_err_kind(errno), "cannot open file \"%s\": %s", path, strerror(errno));
    if (fstat(fits->fd, &status) != 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not look at file \"%s\": %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no regular file", path);
    fits->size = (uint64_t)status.st_size;
    if (!inflate_if_gzip(fits, err) || !walk(fits, err))
        return false;
    *ret_fits = cb_steal(fits);
    return true;
}

struct cb_header *cb_fits_content(const struct cb_header *cards)
{
    struct cb_header *content = cb_header_new();
    for (size_t i = 0; i < cards->count; i++)
        if (!cb_fits_is_structure(cards->card[i].key))
            cb_header_set_card(content, &cards->card[i]);
    return content;
}

/* ---- checksums
 * ---------------------------------------------------------------------------------------------------------
 */

/* Ones' complement sum of 32-bit words. Source: FITS Standard 4.0, appendix J. */
static bool sum_range(const struct cb_fits *fits, uint64_t at, uint64_t size, uint64_t *sum,
                      struct cb_error *err)
{
    uint8_t bytes[COPY_BYTES] = { 0 };
    while (size > 0) {
        size_t part = size < sizeof bytes ? (size_t)size : sizeof bytes;
        if (!cb_fits_read_at(fits, at, bytes, part, err))
            return false;
        for (size_t i = 0; i + 4 <= part; i += 4)
            *sum += (uint64_t)bytes[i] << 24 | (uint64_t)bytes[i + 1] << 16 | (uint64_t)bytes[i + 2] << 8 |
                    bytes[i + 3];
        *sum = (*sum & 0xffffffffu) + (*sum >> 32);
        at += part;
        size -= part;
    }
    while (*sum >> 32 != 0)
        *sum = (*sum & 0xffffffffu) + (*sum >> 32);
    return true;
}

bool cb_fits_verify(const struct cb_fits *fits, size_t index, struct cb_error *err)
{
    const struct cb_fits_hdu *hdu = &fits->hdu[index];
    const char *text = NULL;
    double given = 0.0;
    uint64_t data = 0;
    bool has_checksum = cb_header_get_string(hdu->cards, "CHECKSUM", &text) && text[0] != '\0';
    bool has_datasum = cb_header_get_double(hdu->cards, "DATASUM", &given);
    if (!has_checksum && !has_datasum)
        return true;
    uint64_t room = padded(hdu->data_size);
    if (room > fits->size - hdu->data_at)
        return cb_fail(err, CB_ERR_INVALID, "FITS file \"%s\" is truncated: HDU %zu is not padded to its end",
                       fits->path, index);
    if (!sum_range(fits, hdu->data_at, room, &data, err))
        return false;
    if (has_datasum && (double)data != given)
        return cb_fail(err, CB_ERR_INVALID,
                       "FITS file \"%s\", HDU %zu: DATASUM is %.0f and the data sum to %llu", fits->path,
                       index, given, (unsigned long long)data);
    if (has_checksum && (!sum_range(fits, hdu->header_at, hdu->header_size, &data, err)))
        return false;
    if (has_checksum && data != 0xffffffffu && data != 0)
        return cb_fail(err, CB_ERR_INVALID, "FITS file \"%s\", HDU %zu: CHECKSUM does not hold", fits->path,
                       index);
    return true;
}
