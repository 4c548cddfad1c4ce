/* Reads FITS headers into cb_header (struct and look-up functions: calib/header.h). */
#pragma once

#include "calib/header.h"

/*
 * Read the header of one HDU (0 is the primary) without the cards that describe the file's structure (SIMPLE,
 * BITPIX, NAXISn, EXTEND, XTENSION, PCOUNT, GCOUNT, TFIELDS, TFORMn, Z..., CHECKSUM, ...; EXTNAME stays).
 * COMMENT, HISTORY and blank cards are left out. HIERARCH keys lose the word HIERARCH; CONTINUE cards are
 * joined; undefined values stay as CB_CARD_UNDEFINED. A gzip-compressed file is read too.
 *
 * Errors    CB_ERR_NOT_FOUND  no such file or HDU
 *           CB_ERR_INVALID    not FITS, damaged
 *           CB_ERR_TRANSIENT  the file cannot be read for now
 */
CB_MUST_CHECK bool cb_header_read(const char *path, int hdu, struct cb_header **ret_header,
                                  struct cb_error *err);
