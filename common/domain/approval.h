/* The life of a proposal to the board, as a table. Source: ux.md 8.3, DMTN-222 section 3.4. */
#pragma once

#include "base/error.h"

enum cb_approval_state {
    CB_APPROVAL_PROPOSED,
    CB_APPROVAL_HAILED,  /* verified, certified and put before the board */
    CB_APPROVAL_FLAGGED, /* scheduled for a meeting */
    CB_APPROVAL_MORE_INFO,
    CB_APPROVAL_ACCEPTED,
    CB_APPROVAL_REJECTED,
    CB_APPROVAL_WITHDRAWN,
    CB_APPROVAL_DEPLOYING,
    CB_APPROVAL_DEPLOYED,
    CB_APPROVAL_ROLLED_BACK,
    CB_APPROVAL_SUPERSEDED
};

const char *cb_approval_state_name(enum cb_approval_state state); /* "HAILED" */
bool cb_approval_state_parse(const char *text, enum cb_approval_state *ret_state);

/* Where an action ("hail", "flag", "defer", "request-more", "supply", "accept", "reject", "withdraw",
 * "start-deployment", "deployed", "roll-back", "supersede") leads from a state.
 * Errors: CB_ERR_INVALID no such action; CB_ERR_CONFLICT it is not allowed from here, naming what is. */
CB_MUST_CHECK bool cb_approval_step(enum cb_approval_state from, const char *action,
                                    enum cb_approval_state *ret_to, struct cb_error *err);
/* Actions a person must give a reason for. */
bool cb_approval_needs_reason(const char *action);
