/* How far the history of metrics has been published. */
#pragma once

#include "io/db.h"

/* Where a publisher stands, from the first record when it is new; its row stays locked to the end of the
 * transaction. hold_s: how long its broker holds a record (begin_cursor.sql). */
CB_MUST_CHECK bool cursor_find(struct cb_db *db, const char *publisher, int64_t hold_s, int64_t *ret_sequence,
                               struct cb_error *err);
/* Everything up to that record is with the broker. */
CB_MUST_CHECK bool cursor_advance(struct cb_db *db, const char *publisher, int64_t sequence,
                                  struct cb_error *err);
