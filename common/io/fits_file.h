/* The structure of a FITS file: its HDUs, their cards and where their data lie. Nothing is decoded here. */
#pragma once

#include "base/cleanup.h"
#include "calib/header.h"

#include <stddef.h>
#include <stdint.h>

#define CB_FITS_MAX_HDUS 512
#define CB_FITS_MAX_HEADER_BYTES ((size_t)1 << 20)
#define CB_FITS_MAX_INFLATED_BYTES ((size_t)1 << 30) /* of a gzip-compressed file */

struct cb_fits_hdu {
    struct cb_header *cards; /* all of them, structure included */
    uint64_t header_at, header_size;
    uint64_t data_at, data_size; /* bytes, without padding */
};

struct cb_fits {
    char *path;
    int fd;          /* -1 when the file was inflated into memory */
    uint8_t *memory; /* NULL when it is read from fd */
    uint64_t size;
    struct cb_fits_hdu *hdu;
    size_t hdus;
};

/* Errors: CB_ERR_NOT_FOUND no such file; CB_ERR_INVALID not FITS, truncated, damaged, too large when
 * inflated; CB_ERR_TRANSIENT cannot be read for now. */
CB_MUST_CHECK bool cb_fits_open(const char *path, struct cb_fits **ret_fits, struct cb_error *err);
void cb_fits_close(struct cb_fits *fits);
CB_DEFINE_CLEANUP(struct cb_fits *, cb_fits_close)

CB_MUST_CHECK bool cb_fits_read_at(const struct cb_fits *fits, uint64_t at, void *ret_bytes, size_t size,
                                   struct cb_error *err);

/* CHECKSUM and DATASUM of an HDU hold, where they are given. Errors: CB_ERR_INVALID they do not. */
CB_MUST_CHECK bool cb_fits_verify(const struct cb_fits *fits, size_t hdu, struct cb_error *err);

/* Integer card that has to be there. */
CB_MUST_CHECK bool cb_fits_need_int(const struct cb_header *cards, const char *key, int64_t *ret_value,
                                    struct cb_error *err);

/* The cards without those that describe the structure. */
struct cb_header *cb_fits_content(const struct cb_header *cards);
