/* Which ranges change only with the board's consent. */
#pragma once

#include "certifier.h"

/* Whether a collection's ranges may be changed without the board: it may where they are a user's, or neither
 * accepted nor in force. Errors: CONFLICT the board is looking at them now. */
CB_MUST_CHECK bool is_consent_needed(const struct certifier *me, struct cb_db *db, const char *repository,
                                     const char *collection, bool *ret_needed, struct cb_error *err);

/* How a certification into a collection stands to the board: what is certified has no effect before the board
 * has accepted it. */
enum certify_consent {
    CERTIFY_INTO_CHAIN, /* a user's, or its ticket is neither accepted nor in force */
    CERTIFY_TO_WAIT, /* it joins the ticket's chain, which is in force or accepted, when it has been accepted
                        too */
};
/* Errors: CONFLICT the board is looking at the ticket now, or the collection itself is accepted or in force.
 */
CB_MUST_CHECK bool consent_of_certification(const struct certifier *me, struct cb_db *db,
                                            const char *repository, const char *collection,
                                            const char *ticket_chain, enum certify_consent *ret_consent,
                                            struct cb_error *err);
