/* A person changes the validity of what is certified: at once, or by a proposal to the board. */
#include "base/json.h"
#include "base/uuid.h"
#include "consent.h"
#include "domain/collection_name.h"
#include "domain/ticket.h"
#include "proposal.h"
#include "ranges.h"
#include "service/decode.h"
#include "settle.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

static void write_result(const struct range_job *job, const struct range_outcome *outcome,
                         const struct proposal *proposal, struct cb_bytes *result)
{
    struct cb_json json = CB_JSON(result);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "collection", job->request->collection);
    cb_json_int(&json, proposal == NULL ? "changed" : "to_change", (int64_t)outcome->changed);
    if (proposal != NULL) {
        cb_json_str(&json, "proposal_id", proposal->id);
        cb_json_str(&json, "state", cb_approval_state_name(proposal->state));
    }
    cb_json_close(&json);
}

/* What came from elsewhere follows its source: a change here would be undone by the next one there. */
static bool check_source(const struct range_job *job, struct cb_db *db, struct cb_error *err)
{
    const char *const collections[] = { job->request->collection, job->request->successor };
    for (size_t i = 0; i < 2 && collections[i][0] != '\0'; i++) {
        cb_auto(cb_rows_free) struct cb_rows *source = NULL;
        if (!cb_db_run(db, sql_find_source,
                       CB_P(cb_p_text(job->request->repository), cb_p_text(collections[i])), &source, err))
            return false;
        if (cb_rows_count(source) > 0)
            return cb_fail(err, CB_ERR_CONFLICT,
                           "%s was distributed from %s: change it there, and %s follows", collections[i],
                           cb_rows_text(source, 0, 0), job->request->repository);
    }
    return true;
}

/* The collections that a request is about may be changed at once. */
static bool check_free(const struct range_job *job, struct cb_db *db, struct cb_error *err)
{
    const char *const collections[] = { job->request->collection, job->request->successor };
    for (size_t i = 0; i < 2 && collections[i][0] != '\0'; i++) {
        bool needed;
        if (!is_consent_needed(job->me, db, job->request->repository, collections[i], &needed, err))
            return false;
        if (needed)
            return cb_fail(
                err, CB_ERR_CONFLICT,
                "%s is in force or accepted: its ranges change with the board's consent; --taxicab "
                "TICKET proposes it",
                collections[i]);
    }
    return true;
}

static bool change_at_once(const struct range_job *job, struct cb_db *db, struct cb_bytes *result,
                           struct cb_error *err)
{
    struct range_outcome outcome;
    if (!check_free(job, db, err) || !change_ranges(job, db, &outcome, err))
        return false;
    write_result(job, &outcome, NULL, result);
    return true;
}

static void put_hex(const Calbus__V1__RecertificationRequested *request, struct cb_bytes *hex)
{
    uint8_t packed[65536];
    size_t size = calbus__v1__recertification_requested__get_packed_size(request);
    if (size > sizeof packed)
        return;
    calbus__v1__recertification_requested__pack(request, packed);
    for (size_t i = 0; i < size; i++)
        cb_bytes_printf(hex, "%02x", packed[i]);
}

static bool store_change(const struct range_job *job, struct cb_db *db, const char *proposal_id,
                         const struct range_outcome *outcome, struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    cb_auto_bytes struct cb_bytes hex = CB_BYTES(200000), what = CB_BYTES(2000);
    put_hex(request, &hex);
    describe_request(request, &what);
    return cb_db_run(db, sql_store_proposed_change,
                     CB_P(cb_p_text(proposal_id), cb_p_text(request->collection),
                          cb_p_text(request->dataset_type), cb_p_text(outcome->physical_filter),
                          cb_p_int((int64_t)outcome->changed), cb_p_text(cb_bytes_text(&what)),
                          cb_p_text(cb_bytes_text(&hex))),
                     NULL, err);
}

static bool store_proposal(const struct range_job *job, struct cb_db *db, const char *id,
                           const struct range_outcome *outcome, struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    struct cb_collection_name name;
    char chain[CB_COLLECTION_NAME_SIZE];
    if (!cb_collection_name_parse(request->collection, &name, err))
        return false;
    if (!cb_collection_name_chain(request->collection, chain, NULL))
        snprintf(chain, sizeof chain, "%s", request->collection);
    return cb_db_run(db, sql_store_proposal,
                     CB_P(cb_p_text(id), cb_p_text(request->repository), cb_p_text(outcome->instrument),
                          cb_p_text(name.ticket), cb_p_text(request->taxicab_ticket), cb_p_text(""),
                          cb_p_text(""), cb_p_text(request->reason), cb_p_text(chain),
                          cb_p_text(cb_approval_state_name(CB_APPROVAL_PROPOSED)), cb_p_text(""),
                          cb_p_text(request->by), cb_p_text("RANGE")),
                     NULL, err);
}

/* Tried first, so that the board is not asked for what cannot be. */
static bool propose(const struct range_job *job, struct cb_db *db, struct cb_bytes *result,
                    struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    char id[CB_UUID_TEXT_SIZE];
    struct range_outcome outcome;
    struct proposal proposal;
    cb_uuid_derive(request->request_id, "proposal", id);
    if (!cb_ticket_is_valid(request->taxicab_ticket))
        return cb_fail(err, CB_ERR_INVALID,
                       "the TAXICAB ticket \"%s\" is not a ticket's key such as DM-48520",
                       request->taxicab_ticket);
    if (!try_change(job, db, &outcome, err))
        return false;
    if (outcome.changed == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "the ranges of %s are so already", request->collection);
    if (!store_proposal(job, db, id, &outcome, err) || !store_change(job, db, id, &outcome, err) ||
        !load_proposal(db, id, &proposal, err) ||
        !act_on_proposal(db, &proposal, "hail", request->by, request->reason, job->cause, err))
        return false;
    write_result(job, &outcome, &proposal, result);
    return true;
}

static bool carry_out(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err)
{
    const struct range_job *job = context;
    return check_source(job, db, err) &&
           (job->request->taxicab_ticket[0] != '\0' ? propose(job, db, result, err)
                                                    : change_at_once(job, db, result, err));
}

bool on_recertification_requested(void *self, struct cb_db *db, const struct cb_event *event,
                                  struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    struct range_job job = { .me = self,
                             .cause = event,
                             .request =
                                 ((const Calbus__V1__CertificationEvent *)message)->recertification_requested,
                             .proposal_id = "" };
    return settle_request(db, job.request->request_id, carry_out, &job, NULL, NULL, err);
}
