/* A change of ranges that the board was asked for. */
#pragma once

#include "certifier.h"
#include "proposal.h"

/* The board has accepted it: it is made now; where no site has to follow, it is deployed with that.
 * Errors: as change_ranges; the proposal then stays as it was. */
CB_MUST_CHECK bool make_proposed_change(const struct certifier *me, struct cb_db *db,
                                        struct proposal *proposal, const struct cb_event *cause,
                                        struct cb_error *err);

/* A site has followed; with the last one it is deployed. */
CB_MUST_CHECK bool note_followed(struct cb_db *db, struct proposal *proposal, const char *site,
                                 const char *repository, const struct cb_event *cause, struct cb_error *err);
