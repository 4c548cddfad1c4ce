/* A proposal's row, and its change: state, audit line, event. */
#pragma once

#include "domain/approval.h"
#include "service/service.h"

struct proposal {
    char id[64];
    enum cb_approval_state state;
    unsigned int sequence;
    char repository[128], instrument[64], ticket[64], taxicab_ticket[64], ticket_chain[256], label[128];
    bool is_of_ranges; /* a change of ranges in force, made when it is accepted */
};

/* Load and lock. Errors: CB_ERR_NOT_FOUND no such proposal. */
CB_MUST_CHECK bool load_proposal(struct cb_db *db, const char *id, struct proposal *ret_proposal,
                                 struct cb_error *err);

/* One action of one person: the state changes, a line is written to the audit log, approval.changed is said.
 * A refused attempt changes nothing here; see audit_refusal. Errors: as cb_approval_step. */
CB_MUST_CHECK bool act_on_proposal(struct cb_db *db, struct proposal *proposal, const char *action,
                                   const char *actor, const char *comment, const struct cb_event *cause,
                                   struct cb_error *err);

/* Attempts that were refused are in the audit log too. proposal_id need not exist. */
CB_MUST_CHECK bool audit_refusal(struct cb_db *db, const char *proposal_id, const char *action,
                                 const char *actor, const char *why, const struct cb_event *cause,
                                 struct cb_error *err);
