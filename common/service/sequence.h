/* Numbers of the events of one thing: given out gapless and in the order of commits, and an older one than
 * was applied is a no-op. An entity is a text like "alarm/VerifyFailed.LSSTComCam.bias.4:0". */
#pragma once

#include "io/db.h"

/* The next number of the entity, from 1, in the open transaction of db: whoever else wants one waits for its
 * end. */
CB_MUST_CHECK bool cb_sequence_next(struct cb_db *db, const char *entity, int64_t *ret_value,
                                    struct cb_error *err);
/* Note in the open transaction that a group applies a number; *ret_is_newer is false when this or a newer one
 * was applied before. */
CB_MUST_CHECK bool cb_sequence_apply(struct cb_db *db, const char *group, const char *entity, int64_t value,
                                     bool *ret_is_newer, struct cb_error *err);
