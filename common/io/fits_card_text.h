/* Cards of a FITS header as the 80 characters of the file. */
#pragma once

#include "calib/header.h"

#define CB_CARD_TEXT_SIZE 80

/*
 * One card as text, padded with blanks, without an end mark. Keys that do not fit a standard card become
 * HIERARCH cards; keys COMMENT and HISTORY commentary; doubles are as short as reads back to the same value
 * and keep a decimal point; NaN and infinities, which FITS has not, become the strings "NaN", "Infinity" and
 * "-Infinity". A comment is cut where the card ends.
 *
 * Errors    CB_ERR_INVALID  a value that does not fit into the card, a character outside 32 .. 126, no key
 */
CB_MUST_CHECK bool cb_fits_card_text(const struct cb_card *card, char ret_text[CB_CARD_TEXT_SIZE],
                                     struct cb_error *err);
