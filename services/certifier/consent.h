/* Which ranges change only with the board's consent. */
#pragma once

#include "ranges.h"

/* Whether a collection's ranges may be changed without the board: it may where they are a user's, or neither
 * accepted nor in force. Errors: CONFLICT the board is looking at them now. */
CB_MUST_CHECK bool is_consent_needed(const struct range_job *job, struct cb_db *db, const char *collection,
                                     bool *ret_needed, struct cb_error *err);
