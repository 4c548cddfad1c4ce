/* Puts a file of the repository into the source's storage element, without a second copy where that is
 * possible. */
#pragma once

#include "io/digest.h"

/*
 * Link source to target, or copy it where it cannot be linked; the checksums are those of the target. A
 * target of the same content is left alone.
 *
 * Errors    CB_ERR_NOT_FOUND  no source
 *           CB_ERR_CONFLICT   another content lies there: nothing is overwritten in a storage element
 *           CB_ERR_TRANSIENT  disk full, cannot be read for now
 */
CB_MUST_CHECK bool place_file(const char *source, const char *target, struct cb_digest *ret_digest,
                              struct cb_error *err);
