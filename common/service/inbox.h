/* Incoming events: marks in the transaction of what the handler did. */
#pragma once

#include "service/service.h"

/* Claim an event for a group in the open transaction of db. A claim that another transaction holds is waited
 * for. *ret_is_new is false when it was handled before. */
CB_MUST_CHECK bool cb_inbox_claim(struct cb_db *db, const char *group, const struct cb_event *event,
                                  bool *ret_is_new, struct cb_error *err);
