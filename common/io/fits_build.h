/* Puts a FITS file together in memory, HDU by HDU, with checksums; its bytes depend on the arguments only. */
#pragma once

#include "base/bytes.h"
#include "calib/header.h"

#include <stdint.h>

struct cb_fits_build {
    struct cb_bytes bytes;   /* the file so far, whole HDUs of 2880-byte blocks */
    struct cb_bytes scratch; /* of the HDU that is being made */
    char stamp[32];          /* time named in the comments of CHECKSUM and DATASUM, "2024-12-08T20:00:00" */
};

/* stamp: UTC time of day when the checksums are said to be made. */
void cb_fits_build_init(struct cb_fits_build *build, const char *stamp);
/* Begin another file in the same memory. */
void cb_fits_build_clear(struct cb_fits_build *build, const char *stamp);
void cb_fits_build_done(struct cb_fits_build *build);
#define cb_auto_fits_build __attribute__((cleanup(cb_fits_build_done)))

/* Append the cards of a header as the records of a file; to be formatted once and used in many files. Errors:
 * CB_ERR_INVALID a card that FITS cannot hold. */
CB_MUST_CHECK bool cb_fits_format_cards(const struct cb_header *header, struct cb_bytes *out,
                                        struct cb_error *err);

/*
 * Append an HDU.
 *
 * structure  cards from SIMPLE or XTENSION on; then come cards (formatted; NULL: none), CHECKSUM and DATASUM
 * data       [size] in the byte order of the file; padded with zeros
 *
 * Errors    CB_ERR_INVALID  a card that FITS cannot hold; the file would be larger than 1 GiB
 */
CB_MUST_CHECK bool cb_fits_build_add(struct cb_fits_build *build, const struct cb_header *structure,
                                     const struct cb_bytes *cards, const void *data, size_t size,
                                     struct cb_error *err);

/* The two parts of that: the header of data whose sum is known, and the data. */
CB_MUST_CHECK bool cb_fits_build_add_header(struct cb_fits_build *build, const struct cb_header *structure,
                                            const struct cb_bytes *cards, uint32_t datasum,
                                            struct cb_error *err);
CB_MUST_CHECK bool cb_fits_build_add_data(struct cb_fits_build *build, const void *data, size_t size,
                                          struct cb_error *err);

/* An HDU without data: the primary, or a table without columns and rows. */
CB_MUST_CHECK bool cb_fits_build_add_primary(struct cb_fits_build *build, const struct cb_header *header,
                                             struct cb_error *err);
CB_MUST_CHECK bool cb_fits_build_add_empty_table(struct cb_fits_build *build, const struct cb_header *header,
                                                 struct cb_error *err);
/* Plain images, row by row; the cards of int images are formatted. */
CB_MUST_CHECK bool cb_fits_build_add_float(struct cb_fits_build *build, const struct cb_header *header,
                                           const float *pixels, size_t width, size_t height,
                                           struct cb_error *err);
CB_MUST_CHECK bool cb_fits_build_add_int(struct cb_fits_build *build, const struct cb_bytes *cards,
                                         const int32_t *pixels, size_t width, size_t height,
                                         struct cb_error *err);

/* Checksum of an HDU (FITS Standard 4.0, appendix J): ones' complement sum of big-endian 32-bit words, going
 * on from sum; size is a multiple of 4. And the 16 characters and end mark of a CHECKSUM card for a
 * complement. */
uint32_t cb_fits_sum(uint32_t sum, const void *data, size_t size);
/* The same of numbers in memory, as if they stood in a file. */
uint32_t cb_fits_sum_ints(const int32_t *numbers, size_t count);
void cb_fits_sum_encode(uint32_t complement, char ret_text[17]);

/* Structure cards of an image extension of 32-bit pixels; bitpix 32 or -32. */
struct cb_header *cb_fits_image_structure(int bitpix, size_t width, size_t height);

/*
 * Put the file in its place: written under a hidden temporary name beside it, then renamed, so that nobody
 * sees half of it. An older file of that name is replaced. Not synced to the disk.
 *
 * Errors    CB_ERR_NOT_FOUND  the folder is absent; others as cb_file_err_kind
 */
CB_MUST_CHECK bool cb_fits_place(const char *path, const void *data, size_t size, struct cb_error *err);
