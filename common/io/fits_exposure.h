/* Reads and writes calibration images and processed exposures (ExposureF: primary, IMAGE, MASK, VARIANCE). */
#pragma once

#include "calib/header.h"
#include "calib/image.h"
#include "calib/source.h"

/*
 * Write an exposure: primary header, IMAGE float32 plain, MASK int32 and VARIANCE float32 losslessly
 * compressed in tiles of rows (GZIP_1, GZIP_2 with ZQUANTIZ NONE). Mask planes as MP_ cards. BUNIT in IMAGE
 * from the unit. The bytes depend on the arguments only. The file appears whole or not at all (temporary name
 * beside it, fsync, rename).
 *
 * Errors    CB_ERR_INVALID    a card that FITS cannot hold
 *           CB_ERR_TRANSIENT  cannot be written for now (disk full, folder missing)
 */
CB_MUST_CHECK bool cb_exposure_write(const char *path, const struct cb_image *image,
                                     const struct cb_header *header, struct cb_error *err);
/* The same of an image that is read by strips, each of which is held in memory alone. */
CB_MUST_CHECK bool cb_exposure_write_frame(const char *path, const struct cb_frame_source *frame,
                                           const struct cb_header *header, struct cb_error *err);

/*
 * Read an exposure, ours or another's: planes by EXTNAME or EXTTYPE, plain or compressed; mask bits
 * translated to ours by their MP_ cards (planes that we do not know are dropped). MASK and VARIANCE may be
 * absent (0).
 *
 * ret_header  primary header; NULL when not wanted
 *
 * Errors    CB_ERR_NOT_FOUND  no such file
 *           CB_ERR_INVALID    not FITS, no image, planes of different size
 *           CB_ERR_TRANSIENT  the file cannot be read for now
 */
CB_MUST_CHECK bool cb_exposure_read(const char *path, struct cb_image **ret_image,
                                    struct cb_header **ret_header, struct cb_error *err);

/* An exposure that is read by boxes, for cb_isr_inputs. dark_s of the source is the header's DARKTIME. */
struct cb_exposure_file;
CB_MUST_CHECK bool cb_exposure_open(const char *path, struct cb_exposure_file **ret_file,
                                    struct cb_error *err);
void cb_exposure_close(struct cb_exposure_file *file);
CB_DEFINE_CLEANUP(struct cb_exposure_file *, cb_exposure_close)
const struct cb_header *cb_exposure_header(const struct cb_exposure_file *file); /* borrowed */
struct cb_frame_source cb_exposure_as_frame(struct cb_exposure_file *file);      /* file must outlive it */
