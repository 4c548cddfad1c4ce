/* FITS headers as runs of 80-byte records: parsed to typed cards, and written from them. */
#pragma once

#include "base/bytes.h"
#include "calib/header.h"

#define CB_FITS_RECORD 80
#define CB_FITS_BLOCK 2880

/*
 * Parse a header: records from the first card of an HDU to before END, structure cards included. COMMENT,
 * HISTORY and blank cards are left out, CONTINUE joined; of a key that is there twice the first holds.
 *
 * Errors    CB_ERR_INVALID  a byte that is no text, a value that is none, a string without end
 */
CB_MUST_CHECK bool cb_fits_parse_records(const char *records, size_t count, struct cb_header **ret_header,
                                         struct cb_error *err);

/* Append the records of a card; strings that are too long for one go on in CONTINUE records.
 * Errors: CB_ERR_INVALID a key or a text that FITS cannot hold. */
CB_MUST_CHECK bool cb_fits_add_card(struct cb_bytes *out, const struct cb_card *card, struct cb_error *err);

/* Append all cards of a header. */
CB_MUST_CHECK bool cb_fits_add_cards(struct cb_bytes *out, const struct cb_header *cards,
                                     struct cb_error *err);

/* Append the header of a first HDU without data, END and padding included: what stands before a table. */
CB_MUST_CHECK bool cb_fits_add_empty_primary(struct cb_bytes *out, struct cb_error *err);

/* Append all cards of a header but those that describe a file's structure. */
CB_MUST_CHECK bool cb_fits_add_content(struct cb_bytes *out, const struct cb_header *header,
                                       struct cb_error *err);

/* END and blanks up to the next block. */
void cb_fits_end_header(struct cb_bytes *out);

/* Does the card describe the structure of a file (SIMPLE, NAXISn, Z..., CHECKSUM), not its content? */
bool cb_fits_is_structure(const char *key);
