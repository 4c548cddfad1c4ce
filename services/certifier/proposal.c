/* A proposal's row, and its change. */
#include "proposal.h"

#include "calbus/v1/approval.pb-c.h"
#include "service/outbox.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

bool load_proposal(struct cb_db *db, const char *id, struct proposal *ret_proposal, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_lock_proposal, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no proposal \"%s\"; \"calbus approval list\" shows them", id);

    struct proposal *p = ret_proposal;
    snprintf(p->id, sizeof p->id, "%s", cb_rows_text(rows, 0, 0));
    if (!cb_approval_state_parse(cb_rows_text(rows, 0, 1), &p->state))
        return cb_fail(err, CB_ERR_FATAL, "proposal \"%s\" is in an unrecognized state \"%s\"", id,
                       cb_rows_text(rows, 0, 1));
    p->sequence = (unsigned int)cb_rows_int(rows, 0, 2);
    snprintf(p->repository, sizeof p->repository, "%s", cb_rows_text(rows, 0, 3));
    snprintf(p->instrument, sizeof p->instrument, "%s", cb_rows_text(rows, 0, 4));
    snprintf(p->ticket, sizeof p->ticket, "%s", cb_rows_text(rows, 0, 5));
    snprintf(p->taxicab_ticket, sizeof p->taxicab_ticket, "%s", cb_rows_text(rows, 0, 6));
    snprintf(p->ticket_chain, sizeof p->ticket_chain, "%s", cb_rows_text(rows, 0, 7));
    snprintf(p->label, sizeof p->label, "%s", cb_rows_text(rows, 0, 8));
    p->is_of_ranges = strcmp(cb_rows_text(rows, 0, 9), "RANGE") == 0;
    return true;
}

static bool append_audit(struct cb_db *db, const char *actor, const char *action, const char *proposal_id,
                         const char *from, const char *to, const char *comment, const struct cb_event *cause,
                         struct cb_error *err)
{
    return cb_db_run(db, sql_lock_audit, CB_P0, NULL, err) &&
           cb_db_run(db, sql_append_audit,
                     CB_P(cb_p_text(actor), cb_p_text(action), cb_p_text(proposal_id), cb_p_text(from),
                          cb_p_text(to), cb_p_text(comment), cb_p_text(cause->id),
                          cb_p_text(cause->traceparent)),
                     NULL, err);
}

static bool say_changed(struct cb_db *db, const struct proposal *proposal, const char *action,
                        const char *from, const char *actor, const char *comment,
                        const struct cb_event *cause, struct cb_error *err)
{
    Calbus__V1__ApprovalChanged changed = CALBUS__V1__APPROVAL_CHANGED__INIT;
    changed.proposal_id = (char *)proposal->id;
    changed.sequence = proposal->sequence;
    changed.action = (char *)action;
    changed.from_state = (char *)from;
    changed.to_state = (char *)cb_approval_state_name(proposal->state);
    changed.actor = (char *)actor;
    changed.comment = (char *)comment;
    Calbus__V1__ApprovalEvent wrapper = CALBUS__V1__APPROVAL_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__APPROVAL_EVENT__EVENT_CHANGED;
    wrapper.changed = &changed;
    char salt[32];
    snprintf(salt, sizeof salt, "%u", proposal->sequence);
    const struct cb_outgoing outgoing = {
        .type = "approval.changed", .key = proposal->id, .cause = cause, .salt = salt
    };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

bool act_on_proposal(struct cb_db *db, struct proposal *proposal, const char *action, const char *actor,
                     const char *comment, const struct cb_event *cause, struct cb_error *err)
{
    enum cb_approval_state to;
    if (!cb_approval_step(proposal->state, action, &to, err))
        return false;
    if (cb_approval_needs_reason(action) && comment[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID,
                       "\"%s\" needs a reason, which goes into the audit log; give --reason", action);

    const char *from = cb_approval_state_name(proposal->state);
    bool decision = to == CB_APPROVAL_ACCEPTED || to == CB_APPROVAL_REJECTED;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_change_proposal,
                   CB_P(cb_p_text(proposal->id), cb_p_text(cb_approval_state_name(to)), cb_p_bool(decision),
                        cb_p_text(actor)),
                   &rows, err))
        return false;
    proposal->state = to;
    proposal->sequence = (unsigned int)cb_rows_int(rows, 0, 0);
    return append_audit(db, actor, action, proposal->id, from, cb_approval_state_name(to), comment, cause,
                        err) &&
           say_changed(db, proposal, action, from, actor, comment, cause, err);
}

bool audit_refusal(struct cb_db *db, const char *proposal_id, const char *action, const char *actor,
                   const char *why, const struct cb_event *cause, struct cb_error *err)
{
    return append_audit(db, actor, action, proposal_id, "", "refused", why, cause, err);
}
