/* What the board has accepted on a ticket whose chain is in force already. */
#pragma once

#include "certifier.h"
#include "proposal.h"

/* Put the collections of the proposal that waited for it in front of the ticket's chain, and look what is
 * stale now. Nothing waited: nothing changes. */
CB_MUST_CHECK bool join_chain(const struct certifier *me, struct cb_db *db, const struct proposal *proposal,
                              const struct cb_event *cause, struct cb_error *err);
