/* A person wants a generation certified: collection, validity, ticket chain, event, answer. */
#include "base/alloc.h"
#include "base/json.h"
#include "butler/collections.h"
#include "butler/datasets.h"
#include "butler/home.h"
#include "butler/query.h"
#include "calbus/v1/certification.pb-c.h"
#include "certifier.h"
#include "certify.h"
#include "consent.h"
#include "domain/timespan.h"
#include "service/decode.h"
#include "service/outbox.h"
#include "settle.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

struct certification {
    struct certifier *me;
    const struct cb_event *event;
    const Calbus__V1__CertificationRequested *request;
    struct certified_names names;
    char physical_filter[64];
    struct cb_timespan validity;
    enum certify_consent consent;
    size_t datasets;
};

static bool read_validity(const Calbus__V1__ValidityRange *range, struct cb_timespan *ret_validity,
                          struct cb_error *err)
{
    int64_t begin = CB_TIMESPAN_MIN_NS, end = CB_TIMESPAN_MAX_NS;
    if (range != NULL && range->begin_case == CALBUS__V1__VALIDITY_RANGE__BEGIN_BEGIN_TAI_NS)
        begin = range->begin_tai_ns;
    if (range != NULL && range->end_case == CALBUS__V1__VALIDITY_RANGE__END_END_TAI_NS)
        end = range->end_tai_ns;
    return cb_timespan_validity(begin, end, ret_validity, err);
}

/* A refusal for want of a verification holds only when every one that has finished has been heard of: a
 * person may know of it before us. */
static bool confirm_refusal(struct cb_db *db, struct cb_error *err)
{
    struct cb_error unsaid = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    char group[64];
    cb_service_group("certifier", group, sizeof group);
    if (!cb_db_run(db, sql_find_unheard_verification, CB_P(cb_p_text(group)), &rows, &unsaid))
        *err = unsaid;
    else if (cb_rows_count(rows) > 0)
        cb_fail(err, CB_ERR_TRANSIENT, "verification \"%s\" has finished and is still to be heard of",
                cb_rows_text(rows, 0, 0));
    return false;
}

static bool check_verified(struct certification *job, struct cb_db *db, struct cb_error *err)
{
    const Calbus__V1__CertificationRequested *request = job->request;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_verified_run,
                   CB_P(cb_p_text(request->repository), cb_p_text(request->generation_run)), &rows, err))
        return false;
    struct verification verification = { .exists = cb_rows_count(rows) > 0 };
    if (verification.exists) {
        verification.verdict = cb_rows_text(rows, 0, 0);
        verification.tests = cb_rows_int(rows, 0, 1);
        verification.failed = cb_rows_int(rows, 0, 2);
        verification.no_data = cb_rows_int(rows, 0, 3);
        snprintf(job->physical_filter, sizeof job->physical_filter, "%s", cb_rows_text(rows, 0, 5));
    }
    return may_certify(&verification, request->generation_run, request->accept_failures, err) ||
           confirm_refusal(db, err);
}

/* Names of users need not belong to a ticket. A chain that is in force takes only what the board has
 * accepted. */
static bool put_into_ticket_chain(const struct certification *job, struct cb_repo *repo, struct cb_error *err)
{
    const char *const child[] = { job->names.collection };
    return job->names.ticket_chain[0] == '\0' || job->consent == CERTIFY_TO_WAIT ||
           (cb_collection_register(repo, job->names.ticket_chain, CB_COLLECTION_CHAINED, NULL, NULL, err) &&
            cb_chain_change(repo, job->names.ticket_chain, CB_CHAIN_PREPEND, child, 1, err));
}

/* The registry's part: datasets of the generation into the CALIBRATION collection, that to the front of the
 * ticket's chain. */
static bool certify_in_registry(struct certification *job, struct cb_repo *repo, struct cb_error *err)
{
    const Calbus__V1__CertificationRequested *request = job->request;
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    const char *const from[] = { request->generation_run };
    const struct cb_query query = { .collections = from, .n_collections = 1 };
    if (!cb_query_datasets(repo, request->dataset_type, CB_SEARCH_FIRST, &query, &found, err))
        return false;
    if (found.count == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no dataset of type \"%s\" in \"%s\"", request->dataset_type,
                       request->generation_run);

    const char **ids = cb_xalloc_array(found.count, sizeof *ids);
    for (size_t i = 0; i < found.count; i++)
        ids[i] = found.item[i].id;
    bool ok =
        cb_collection_register(repo, job->names.collection, CB_COLLECTION_CALIBRATION, NULL, NULL, err) &&
        cb_certify(repo, job->names.collection, ids, found.count, job->validity, err) &&
        put_into_ticket_chain(job, repo, err);
    free(ids);
    job->datasets = found.count;
    if (job->names.instrument[0] == '\0')
        snprintf(job->names.instrument, sizeof job->names.instrument, "%s", found.item[0].data_id.instrument);
    return ok;
}

static bool store(const struct certification *job, struct cb_db *db, struct cb_error *err)
{
    const Calbus__V1__CertificationRequested *request = job->request;
    struct cb_param begin =
        cb_timespan_has_begin(job->validity) ? cb_p_int(job->validity.begin_ns) : cb_p_null();
    struct cb_param end = cb_timespan_has_end(job->validity) ? cb_p_int(job->validity.end_ns) : cb_p_null();
    return cb_db_run(db, sql_store_certification,
                     CB_P(cb_p_text(request->request_id), cb_p_text(request->repository),
                          cb_p_text(job->names.instrument), cb_p_text(request->dataset_type),
                          cb_p_text(job->physical_filter), cb_p_text(request->generation_run),
                          cb_p_text(job->names.collection), cb_p_text(job->names.ticket_chain), begin, end,
                          cb_p_int((int64_t)job->datasets), cb_p_text(request->by),
                          cb_p_text(request->accept_failures), cb_p_bool(job->consent == CERTIFY_TO_WAIT)),
                     NULL, err);
}

static bool announce(const struct certification *job, struct cb_db *db, struct cb_error *err)
{
    const Calbus__V1__CertificationRequested *request = job->request;
    Calbus__V1__CalibrationCertified certified = CALBUS__V1__CALIBRATION_CERTIFIED__INIT;
    certified.request_id = request->request_id;
    certified.repository = request->repository;
    certified.instrument = (char *)job->names.instrument;
    certified.dataset_type = request->dataset_type;
    certified.physical_filter = (char *)job->physical_filter;
    certified.generation_run = request->generation_run;
    certified.collection = (char *)job->names.collection;
    certified.ticket_chain = (char *)job->names.ticket_chain;
    certified.validity = request->validity;
    certified.datasets = (uint32_t)job->datasets;
    certified.by = request->by;
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_CERTIFIED;
    wrapper.certified = &certified;
    const struct cb_outgoing outgoing = { .type = "calibration.certified",
                                          .key = job->names.collection,
                                          .cause = job->event };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static void write_result(const struct certification *job, struct cb_bytes *result)
{
    struct cb_json json = CB_JSON(result);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "collection", job->names.collection);
    cb_json_str(&json, "ticket_chain", job->names.ticket_chain);
    cb_json_int(&json, "datasets", (int64_t)job->datasets);
    if (job->consent == CERTIFY_TO_WAIT)
        cb_json_str(&json, "state", "certified, waits for the board");
    cb_json_close(&json);
}

static bool carry_out(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err)
{
    struct certification *job = context;
    const Calbus__V1__CertificationRequested *request = job->request;
    if (!read_validity(request->validity, &job->validity, err) ||
        !name_certification(request->generation_run, request->collection, request->dataset_type, &job->names,
                            err) ||
        !check_verified(job, db, err) ||
        !consent_of_certification(job->me, db, request->repository, job->names.collection,
                                  job->names.ticket_chain, &job->consent, err))
        return false;

    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (!cb_repo_open_home(job->me->index_path, request->repository, db, &repo, err) ||
        !certify_in_registry(job, repo, err) || !store(job, db, err) || !announce(job, db, err))
        return false;
    write_result(job, result);
    return true;
}

bool on_certification_requested(void *self, struct cb_db *db, const struct cb_event *event,
                                struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    struct certification job = { .me = self,
                                 .event = event,
                                 .request = ((const Calbus__V1__CertificationEvent *)message)->requested };
    return settle_request(db, job.request->request_id, carry_out, &job, NULL, NULL, err);
}
