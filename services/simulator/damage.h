/* Adds files to a night that an ingest has to set aside. */
#pragma once

#include "frames.h"

/*
 * Write count files of exposures after the last one of the schedule, each of the first detector and each
 * damaged in one way after the other: truncated; of a camera that is not known; a bit altered behind the
 * checksums; no FITS; IMGTYPE missing.
 *
 * Errors    as frames_write
 */
CB_MUST_CHECK bool damage_write(const struct frames_request *request, int count, struct cb_error *err);
