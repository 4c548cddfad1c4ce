/* What the header of a processed exposure names, against what was distributed. */
#pragma once

#include "base/bytes.h"
#include "calib/header.h"

/* A calibration that was distributed and should have been applied. Texts are borrowed. */
struct expected {
    const char *type; /* "bias" */
    const char *run, *id, *sha256;
};

/* Compare each one's cards LSST CALIB RUN|UUID|SHA256 <TYPE>. detail gets a sentence a type: what was
 * applied, or what the header names instead. True when all of them agree; false also when there are none. */
bool header_names(const struct cb_header *header, const struct expected *expected, size_t count,
                  struct cb_bytes *detail);
