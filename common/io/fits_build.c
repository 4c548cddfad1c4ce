/* FITS files in memory. */
#include "io/fits_build.h"

#include "base/alloc.h"
#include "io/file.h"
#include "io/fits_record.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE_BYTES ((size_t)1 << 30)
#define NO_CHECKSUM "0000000000000000"

void cb_fits_build_init(struct cb_fits_build *build, const char *stamp)
{
    *build = (struct cb_fits_build){ .bytes = CB_BYTES(MAX_FILE_BYTES), .scratch = CB_BYTES(MAX_FILE_BYTES) };
    snprintf(build->stamp, sizeof build->stamp, "%s", stamp);
}

void cb_fits_build_clear(struct cb_fits_build *build, const char *stamp)
{
    cb_bytes_clear(&build->bytes);
    snprintf(build->stamp, sizeof build->stamp, "%s", stamp);
}

void cb_fits_build_done(struct cb_fits_build *build)
{
    cb_bytes_done(&build->bytes);
    cb_bytes_done(&build->scratch);
}

static uint32_t fold(uint64_t total)
{
    while (total >> 32 != 0)
        total = (total & UINT32_MAX) + (total >> 32);
    return (uint32_t)total;
}

uint32_t cb_fits_sum(uint32_t sum, const void *data, size_t size)
{
    uint64_t total = sum;
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)data + i, sizeof word);
        total += be32toh(word);
    }
    return fold(total);
}

uint32_t cb_fits_sum_ints(const int32_t *numbers, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += (uint32_t)numbers[i];
    return fold(total);
}

static bool is_letter_or_digit(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Four characters around a quarter of the byte that sum up to it, all of them letters or digits. */
static void spread_byte(unsigned byte, int ret_chars[4])
{
    int quarter = (int)(byte / 4) + '0';
    for (int k = 0; k < 4; k++)
        ret_chars[k] = quarter;
    ret_chars[0] += (int)(byte % 4);
    for (bool moved = true; moved;) {
        moved = false;
        for (int k = 0; k < 4; k += 2)
            if (!is_letter_or_digit(ret_chars[k]) || !is_letter_or_digit(ret_chars[k + 1])) {
                ret_chars[k]++;
                ret_chars[k + 1]--;
                moved = true;
            }
    }
}

void cb_fits_sum_encode(uint32_t complement, char ret_text[17])
{
    for (int i = 0; i < 4; i++) {
        int chars[4];
        spread_byte(complement >> (24 - 8 * i) & 0xff, chars);
        for (int k = 0; k < 4; k++)
            ret_text[(4 * k + i + 1) % 16] = (char)chars[k];
    }
    ret_text[16] = '\0';
}

static void pad(struct cb_bytes *bytes)
{
    static const char zeros[CB_FITS_BLOCK];
    if (bytes->size % CB_FITS_BLOCK != 0)
        cb_bytes_add(bytes, zeros, CB_FITS_BLOCK - bytes->size % CB_FITS_BLOCK);
}

bool cb_fits_format_cards(const struct cb_header *header, struct cb_bytes *out, struct cb_error *err)
{
    for (size_t i = 0; header != NULL && i < header->count; i++)
        if (!cb_fits_add_card(out, &header->card[i], err))
            return false;
    return true;
}

/* CHECKSUM and DATASUM, the last cards of every HDU. */
static bool add_sums(struct cb_fits_build *build, const char *checksum, uint32_t datasum,
                     struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *sums = cb_header_new();
    char comment[80], text[16];
    snprintf(comment, sizeof comment, "HDU checksum updated %s", build->stamp);
    cb_header_set_string(sums, "CHECKSUM", checksum, comment);
    snprintf(comment, sizeof comment, "data unit checksum updated %s", build->stamp);
    snprintf(text, sizeof text, "%u", datasum);
    cb_header_set_string(sums, "DATASUM", text, comment);
    return cb_fits_format_cards(sums, &build->bytes, err);
}

static bool is_whole(const struct cb_bytes *bytes, struct cb_error *err)
{
    return cb_bytes_ok(bytes) ||
           cb_fail(err, CB_ERR_INVALID, "FITS file is larger than %zu bytes", MAX_FILE_BYTES);
}

bool cb_fits_build_add_header(struct cb_fits_build *build, const struct cb_header *structure,
                              const struct cb_bytes *cards, uint32_t datasum, struct cb_error *err)
{
    struct cb_bytes *bytes = &build->bytes;
    size_t start = bytes->size;
    if (!cb_fits_format_cards(structure, bytes, err))
        return false;
    if (cards != NULL && cards->size > 0)
        cb_bytes_add(bytes, cards->data, cards->size);
    size_t sums = bytes->size;
    if (!add_sums(build, NO_CHECKSUM, datasum, err))
        return false;
    cb_fits_end_header(bytes);
    if (!is_whole(bytes, err))
        return false;
    char text[17];
    cb_fits_sum_encode(~cb_fits_sum(datasum, bytes->data + start, bytes->size - start), text);
    memcpy(bytes->data + sums + strlen("CHECKSUM= '"), text, 16);
    return true;
}

bool cb_fits_build_add_data(struct cb_fits_build *build, const void *data, size_t size, struct cb_error *err)
{
    if (size > 0)
        cb_bytes_add(&build->bytes, data, size);
    pad(&build->bytes);
    return is_whole(&build->bytes, err);
}

/* Sum of data whose last word may be short: zeros follow it in the file. */
static uint32_t sum_of(const void *data, size_t size)
{
    uint8_t rest[4] = { 0 };
    uint32_t sum = cb_fits_sum(0, data, size);
    if (size % 4 != 0)
        memcpy(rest, (const uint8_t *)data + (size - size % 4), size % 4);
    return cb_fits_sum(sum, rest, sizeof rest);
}

bool cb_fits_build_add(struct cb_fits_build *build, const struct cb_header *structure,
                       const struct cb_bytes *cards, const void *data, size_t size, struct cb_error *err)
{
    return cb_fits_build_add_header(build, structure, cards, sum_of(data, size), err) &&
           cb_fits_build_add_data(build, data, size, err);
}

static bool add_dataless(struct cb_fits_build *build, const struct cb_header *structure,
                         const struct cb_header *header, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes cards = CB_BYTES(MAX_FILE_BYTES);
    return cb_fits_format_cards(header, &cards, err) &&
           cb_fits_build_add(build, structure, &cards, NULL, 0, err);
}

bool cb_fits_build_add_primary(struct cb_fits_build *build, const struct cb_header *header,
                               struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *structure = cb_header_new();
    cb_header_set_bool(structure, "SIMPLE", true, "conforms to FITS standard");
    cb_header_set_int(structure, "BITPIX", 8, "bits per data value");
    cb_header_set_int(structure, "NAXIS", 0, "number of axes");
    cb_header_set_bool(structure, "EXTEND", true, "extensions are permitted");
    return add_dataless(build, structure, header, err);
}

bool cb_fits_build_add_empty_table(struct cb_fits_build *build, const struct cb_header *header,
                                   struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *structure = cb_header_new();
    cb_header_set_string(structure, "XTENSION", "BINTABLE", "binary table extension");
    cb_header_set_int(structure, "BITPIX", 8, "bits per data value");
    cb_header_set_int(structure, "NAXIS", 2, "number of axes");
    cb_header_set_int(structure, "NAXIS1", 0, "width of table in bytes");
    cb_header_set_int(structure, "NAXIS2", 0, "number of rows in table");
    cb_header_set_int(structure, "PCOUNT", 0, "size of special data area");
    cb_header_set_int(structure, "GCOUNT", 1, "one data group");
    cb_header_set_int(structure, "TFIELDS", 0, "number of table fields");
    return add_dataless(build, structure, header, err);
}

struct cb_header *cb_fits_image_structure(int bitpix, size_t width, size_t height)
{
    struct cb_header *structure = cb_header_new();
    cb_header_set_string(structure, "XTENSION", "IMAGE", "image extension");
    cb_header_set_int(structure, "BITPIX", bitpix, "bits per data value");
    cb_header_set_int(structure, "NAXIS", 2, "number of axes");
    cb_header_set_int(structure, "NAXIS1", (int64_t)width, "size of the n'th axis");
    cb_header_set_int(structure, "NAXIS2", (int64_t)height, "size of the n'th axis");
    cb_header_set_int(structure, "PCOUNT", 0, "required value");
    cb_header_set_int(structure, "GCOUNT", 1, "required value");
    return structure;
}

/* 32-bit words in the byte order of the file, in fresh memory. */
static uint8_t *big_endian(const void *words, size_t count)
{
    uint8_t *out = cb_xalloc_array(count + 1, 4);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)words + 4 * i, sizeof word);
        word = htobe32(word);
        memcpy(out + 4 * i, &word, sizeof word);
    }
    return out;
}

static bool add_image(struct cb_fits_build *build, int bitpix, const struct cb_bytes *cards,
                      const void *pixels, size_t width, size_t height, struct cb_error *err)
{
    if (width == 0 || height == 0 || width > MAX_FILE_BYTES / 4 / height)
        return cb_fail(err, CB_ERR_INVALID, "image of %zu x %zu pixels is empty or too large", width, height);
    cb_auto(cb_header_free) struct cb_header *structure = cb_fits_image_structure(bitpix, width, height);
    cb_auto(cb_free) uint8_t *data = big_endian(pixels, width * height);
    return cb_fits_build_add(build, structure, cards, data, 4 * width * height, err);
}

bool cb_fits_build_add_float(struct cb_fits_build *build, const struct cb_header *header, const float *pixels,
                             size_t width, size_t height, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes cards = CB_BYTES(MAX_FILE_BYTES);
    return cb_fits_format_cards(header, &cards, err) &&
           add_image(build, -32, &cards, pixels, width, height, err);
}

bool cb_fits_build_add_int(struct cb_fits_build *build, const struct cb_bytes *cards, const int32_t *pixels,
                           size_t width, size_t height, struct cb_error *err)
{
    return add_image(build, 32, cards, pixels, width, height, err);
}

/* "folder/.name.part". */
static char *hidden_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash + 1 - path) : 0;
    return cb_xasprintf("%.*s.%s.part", folder, path, path + folder);
}

bool cb_fits_place(const char *path, const void *data, size_t size, struct cb_error *err)
{
    cb_auto(cb_free) char *hidden = hidden_path(path);
    int fd = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return cb_fail(err, cb_file_err_kind(errno), "cannot create \"%s\": %s", hidden, strerror(errno));
    bool written = cb_file_write_all(fd, data, size);
    int failure = errno;
    if (close(fd) != 0 && written) {
        written = false;
        failure = errno;
    }
    if (written && rename(hidden, path) == 0)
        return true;
    failure = written ? errno : failure;
    unlink(hidden);
    return cb_fail(err, cb_file_err_kind(failure), "cannot write \"%s\": %s", path, strerror(failure));
}
