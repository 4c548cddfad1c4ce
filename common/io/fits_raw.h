/* Reads raw exposures: the segments of one detector, by rows of integer pixels. */
#pragma once

#include "calib/header.h"
#include "calib/segment.h"
#include "calib/source.h"

struct cb_raw;

/*
 * Open a raw file and read all its headers. Segments are looked up by EXTNAME (Segment10, ...), by their
 * place among the image HDUs when no EXTNAME is there; HDUs that are no segments are passed over. Plain and
 * RICE_1 images of BITPIX 16 and 32 are read; a whole-file gzip too (looked at by its first bytes).
 *
 * Errors    CB_ERR_NOT_FOUND  no such file
 *           CB_ERR_INVALID    not FITS, truncated, no segment, a segment twice, EXTNAME and place disagree,
 * geometry CB_ERR_TRANSIENT  the file cannot be read for now
 */
CB_MUST_CHECK bool cb_raw_open(const char *path, struct cb_raw **ret_raw, struct cb_error *err);
void cb_raw_close(struct cb_raw *raw);
CB_DEFINE_CLEANUP(struct cb_raw *, cb_raw_close)

/* Borrowed from raw. */
const struct cb_header *cb_raw_primary(const struct cb_raw *raw);
const struct cb_geometry *cb_raw_geometry(const struct cb_raw *raw);
const struct cb_header *cb_raw_segment_header(const struct cb_raw *raw, size_t segment);
/* Primary header with the cards of REB_COND and other such tables merged in (a card that is there is kept).
 */
struct cb_header *cb_raw_metadata(const struct cb_raw *raw);

/* Rows y0 <= y < y1 of a segment into ret_pixels[(y1 - y0) * width_px]. */
CB_MUST_CHECK bool cb_raw_read_rows(struct cb_raw *raw, size_t segment, size_t y0, size_t y1,
                                    int32_t *ret_pixels, struct cb_error *err);

/* Every pixel of every segment decodes, and the CHECKSUM/DATASUM cards that are there hold. */
CB_MUST_CHECK bool cb_raw_check(struct cb_raw *raw, struct cb_error *err);

/* A source for common/calib; raw must outlive it. EXPTIME and DARKTIME come from the primary header (0 and
 * EXPTIME, when they are absent). */
struct cb_raw_source cb_raw_as_source(struct cb_raw *raw, uint64_t exposure_id, uint32_t detector);
