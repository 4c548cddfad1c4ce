/* A person changes the validity of what is certified: registry and history in one transaction. */
#include "base/json.h"
#include "butler/home.h"
#include "butler/recertify.h"
#include "calbus/v1/certification.pb-c.h"
#include "certifier.h"
#include "service/decode.h"
#include "settle.h"
#include "sql.h"

#include <string.h>

struct recertification {
    struct certifier *me;
    const Calbus__V1__RecertificationRequested *request;
    struct cb_recertification wanted;
};

static bool read_wanted(struct recertification *job, struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    struct cb_recertification *wanted = &job->wanted;
    *wanted = (struct cb_recertification){ .collection = request->collection, .type = request->dataset_type };
    if (request->detector_choice_case == CALBUS__V1__RECERTIFICATION_REQUESTED__DETECTOR_CHOICE_DETECTOR)
        cb_data_id_set_number(&wanted->only, CB_DETECTOR, request->detector);
    if (request->at_case == CALBUS__V1__RECERTIFICATION_REQUESTED__AT_AT_TAI_NS)
        wanted->at_ns = &request->at_tai_ns;
    if (request->begin_case == CALBUS__V1__RECERTIFICATION_REQUESTED__BEGIN_BEGIN_TAI_NS)
        wanted->begin_ns = &request->begin_tai_ns;
    if (request->end_case == CALBUS__V1__RECERTIFICATION_REQUESTED__END_END_TAI_NS)
        wanted->end_ns = &request->end_tai_ns;
    return request->physical_filter[0] == '\0' ||
           cb_data_id_set(&wanted->only, CB_PHYSICAL_FILTER, request->physical_filter, err);
}

static bool note(const struct recertification *job, struct cb_db *db, const struct cb_range_change *change,
                 struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    char old_range[CB_TIMESPAN_TEXT_SIZE], new_range[CB_TIMESPAN_TEXT_SIZE];
    const char *filter = cb_data_id_text(&change->data_id, CB_PHYSICAL_FILTER);
    cb_timespan_format(change->old_range, old_range);
    cb_timespan_format(change->new_range, new_range);
    return cb_db_run(
        db, sql_store_recertification,
        CB_P(cb_p_text(request->request_id), cb_p_text(request->by), cb_p_text(request->reason),
             cb_p_text(request->repository), cb_p_text(request->collection), cb_p_text(request->dataset_type),
             cb_data_id_has(&change->data_id, CB_DETECTOR) ? cb_p_int(change->data_id.number[CB_DETECTOR])
                                                           : cb_p_null(),
             cb_p_text(filter != NULL ? filter : ""), cb_p_text(change->dataset_id), cb_p_text(old_range),
             cb_p_text(new_range)),
        NULL, err);
}

static bool note_all(const struct recertification *job, struct cb_db *db,
                     const struct cb_range_changes *changes, struct cb_error *err)
{
    for (size_t i = 0; i < changes->count; i++)
        if (!note(job, db, &changes->item[i], err))
            return false;
    return true;
}

static void write_result(const struct recertification *job, size_t changed, struct cb_bytes *result)
{
    struct cb_json json = CB_JSON(result);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "collection", job->request->collection);
    cb_json_int(&json, "changed", (int64_t)changed);
    cb_json_close(&json);
}

static bool carry_out(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err)
{
    struct recertification *job = context;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_range_changes struct cb_range_changes changes = { 0 };
    if (!read_wanted(job, err) ||
        !cb_repo_open_home(job->me->index_path, job->request->repository, db, &repo, err) ||
        !cb_recertify(repo, &job->wanted, &changes, err) || !note_all(job, db, &changes, err))
        return false;
    write_result(job, changes.count, result);
    return true;
}

bool on_recertification_requested(void *self, struct cb_db *db, const struct cb_event *event,
                                  struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    struct recertification job = {
        .me = self, .request = ((const Calbus__V1__CertificationEvent *)message)->recertification_requested
    };
    return settle_request(db, job.request->request_id, carry_out, &job, NULL, NULL, err);
}
