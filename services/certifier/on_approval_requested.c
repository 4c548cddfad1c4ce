/* What has been certified on a ticket is put before the board. */
#include "base/json.h"
#include "butler/home.h"
#include "calbus/v1/approval.pb-c.h"
#include "certifier.h"
#include "domain/ticket.h"
#include "proposal.h"
#include "service/decode.h"
#include "settle.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

struct proposing {
    const struct cb_event *event;
    const Calbus__V1__ApprovalRequested *request;
    char ticket_chain[256];
};

static bool check_ticket(const char *what, const char *key, bool required, struct cb_error *err)
{
    if (cb_ticket_is_valid(key) || (key[0] == '\0' && !required))
        return true;
    return cb_fail(err, CB_ERR_INVALID, "the %s ticket \"%s\" is not a ticket's key such as DM-48520", what,
                   key);
}

static bool store(const struct proposing *job, struct cb_db *db, struct cb_error *err)
{
    const Calbus__V1__ApprovalRequested *request = job->request;
    cb_auto(cb_rows_free) struct cb_rows *report = NULL;
    if (!cb_db_run(db, sql_find_report, CB_P(cb_p_text(request->repository), cb_p_text(job->ticket_chain)),
                   &report, err))
        return false;
    bool ok = cb_db_run(
        db, sql_store_proposal,
        CB_P(cb_p_text(request->proposal_id), cb_p_text(request->repository), cb_p_text(request->instrument),
             cb_p_text(request->ticket), cb_p_text(request->taxicab_ticket),
             cb_p_text(request->deployment_ticket), cb_p_text(request->label), cb_p_text(request->title),
             cb_p_text(job->ticket_chain), cb_p_text(cb_approval_state_name(CB_APPROVAL_PROPOSED)),
             cb_p_text(cb_rows_count(report) > 0 ? cb_rows_text(report, 0, 0) : ""), cb_p_text(request->by),
             cb_p_text("CERTIFICATION")),
        NULL, err);
    if (!ok && strcmp(cb_db_sqlstate(db), "23505") == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "%s is before the board already; see \"calbus approval list\"",
                       job->ticket_chain);
    return ok;
}

static bool store_items(const struct proposing *job, struct cb_db *db, struct cb_error *err)
{
    const Calbus__V1__ApprovalRequested *request = job->request;
    cb_auto(cb_rows_free) struct cb_rows *items = NULL;
    if (!cb_db_run(db, sql_store_proposal_items,
                   CB_P(cb_p_text(request->proposal_id), cb_p_text(request->repository),
                        cb_p_text(job->ticket_chain)),
                   &items, err))
        return false;
    if (cb_rows_count(items) == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "nothing has been certified on %s in %s", job->ticket_chain,
                       request->repository);
    return true;
}

static bool carry_out(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err)
{
    struct proposing *job = context;
    const Calbus__V1__ApprovalRequested *request = job->request;
    snprintf(job->ticket_chain, sizeof job->ticket_chain, "%s/calib/%s", request->instrument,
             request->ticket);
    struct proposal proposal;
    if (!check_ticket("construction", request->ticket, true, err) ||
        !check_ticket("TAXICAB", request->taxicab_ticket, true, err) ||
        !check_ticket("deployment", request->deployment_ticket, false, err) || !store(job, db, err) ||
        !store_items(job, db, err) || !load_proposal(db, request->proposal_id, &proposal, err) ||
        !act_on_proposal(db, &proposal, "hail", request->by, request->title, job->event, err))
        return false;
    struct cb_json json = CB_JSON(result);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "proposal_id", proposal.id);
    cb_json_str(&json, "state", cb_approval_state_name(proposal.state));
    cb_json_close(&json);
    return true;
}

bool on_approval_requested(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    (void)self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    struct proposing job = { .event = event,
                             .request = ((const Calbus__V1__ApprovalEvent *)message)->requested };
    return settle_request(db, job.request->request_id, carry_out, &job, NULL, NULL, err);
}
