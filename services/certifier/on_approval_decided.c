/* A person acts on a proposal: accept, reject, withdraw ... with a reason; refused attempts are audited too.
 */
#include "base/json.h"
#include "calbus/v1/approval.pb-c.h"
#include "certifier.h"
#include "proposal.h"
#include "proposed_change.h"
#include "join_chain.h"
#include "service/decode.h"
#include "service/outbox.h"
#include "settle.h"

#include <string.h>

struct deciding {
    const struct certifier *me;
    const struct cb_event *event;
    const Calbus__V1__ApprovalDecided *request;
};

static bool say_accepted(const struct deciding *job, struct cb_db *db, const struct proposal *p,
                         struct cb_error *err)
{
    Calbus__V1__ApprovalAccepted accepted = CALBUS__V1__APPROVAL_ACCEPTED__INIT;
    accepted.proposal_id = (char *)p->id;
    accepted.sequence = p->sequence;
    accepted.repository = (char *)p->repository;
    accepted.instrument = (char *)p->instrument;
    accepted.ticket = (char *)p->ticket;
    accepted.taxicab_ticket = (char *)p->taxicab_ticket;
    accepted.ticket_chain = (char *)p->ticket_chain;
    accepted.label = (char *)p->label;
    accepted.actor = job->request->actor;
    Calbus__V1__ApprovalEvent wrapper = CALBUS__V1__APPROVAL_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__APPROVAL_EVENT__EVENT_ACCEPTED;
    wrapper.accepted = &accepted;
    const struct cb_outgoing outgoing = { .type = "approval.accepted", .key = p->id, .cause = job->event };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool say_rejected(const struct deciding *job, struct cb_db *db, const struct proposal *p,
                         struct cb_error *err)
{
    Calbus__V1__ApprovalRejected rejected = CALBUS__V1__APPROVAL_REJECTED__INIT;
    rejected.proposal_id = (char *)p->id;
    rejected.sequence = p->sequence;
    rejected.actor = job->request->actor;
    rejected.comment = job->request->comment;
    Calbus__V1__ApprovalEvent wrapper = CALBUS__V1__APPROVAL_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__APPROVAL_EVENT__EVENT_REJECTED;
    wrapper.rejected = &rejected;
    const struct cb_outgoing outgoing = { .type = "approval.rejected", .key = p->id, .cause = job->event };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool carry_out(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err)
{
    struct deciding *job = context;
    const Calbus__V1__ApprovalDecided *request = job->request;
    struct proposal proposal;
    if (!load_proposal(db, request->proposal_id, &proposal, err) ||
        !act_on_proposal(db, &proposal, request->action, request->actor, request->comment, job->event, err))
        return false;
    if (proposal.state == CB_APPROVAL_ACCEPTED &&
        !(proposal.is_of_ranges
              ? make_proposed_change(job->me, db, &proposal, job->event, err)
              : join_chain(job->me, db, &proposal, job->event, err) && say_accepted(job, db, &proposal, err)))
        return false;
    if (proposal.state == CB_APPROVAL_REJECTED && !say_rejected(job, db, &proposal, err))
        return false;
    struct cb_json json = CB_JSON(result);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "proposal_id", proposal.id);
    cb_json_str(&json, "state", cb_approval_state_name(proposal.state));
    cb_json_close(&json);
    return true;
}

bool on_approval_decided(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    struct deciding job = { .me = self,
                            .event = event,
                            .request = ((const Calbus__V1__ApprovalEvent *)message)->decided };
    bool refused;
    struct cb_error why;
    if (!settle_request(db, job.request->request_id, carry_out, &job, &refused, &why, err))
        return false;
    return !refused || audit_refusal(db, job.request->proposal_id, job.request->action, job.request->actor,
                                     why.text, event, err);
}
