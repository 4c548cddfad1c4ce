/* An image on disk under no name: for results of which only strips are held in memory. */
#pragma once

#include "calib/source.h"

/*
 * A new image of zeros, in a file that vanishes with the process.
 *
 * folder     where its bytes go; it must be there
 * column_px  width of the boxes that are written, for which it is laid out: the width of a segment
 *
 * Errors    CB_ERR_INVALID    a side of 0 or above CB_IMAGE_MAX_SIDE_PX
 *           CB_ERR_TRANSIENT  the file cannot be made or, later, be written or read
 */
struct cb_frame_file;
CB_MUST_CHECK bool cb_frame_file_new(const char *folder, size_t width_px, size_t height_px, size_t column_px,
                                     struct cb_frame_file **ret_file, struct cb_error *err);
void cb_frame_file_free(struct cb_frame_file *file);
CB_DEFINE_CLEANUP(struct cb_frame_file *, cb_frame_file_free)
struct cb_frame_store cb_frame_file_as_store(struct cb_frame_file *file); /* file must outlive it */
