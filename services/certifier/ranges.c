/* Ranges of what is certified are changed or taken out: registry, history, what follows. */
#include "ranges.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "butler/home.h"
#include "butler/query.h"
#include "butler/recertify.h"
#include "domain/collection_name.h"
#include "service/outbox.h"
#include "sql.h"
#include "staleness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST(member) CALBUS__V1__RECERTIFICATION_REQUESTED__##member

bool is_withdrawal(const Calbus__V1__RecertificationRequested *request)
{
    return strcmp(request->action, "decertify") == 0;
}

static bool has_begin(const Calbus__V1__RecertificationRequested *request)
{
    return request->begin_case == REQUEST(BEGIN_BEGIN_TAI_NS);
}

static bool has_end(const Calbus__V1__RecertificationRequested *request)
{
    return request->end_case == REQUEST(END_END_TAI_NS);
}

static bool has_detector(const Calbus__V1__RecertificationRequested *request)
{
    return request->detector_choice_case == REQUEST(DETECTOR_CHOICE_DETECTOR);
}

static void put_time(struct cb_bytes *text, const char *name, int64_t ns, int64_t none_ns)
{
    char iso[CB_ISO_SIZE] = "none";
    if (ns != none_ns)
        cb_iso_format(ns, 0, 'T', iso);
    cb_bytes_printf(text, "%s%s %s", text->size > 0 ? ", " : "", name, iso);
}

void describe_request(const Calbus__V1__RecertificationRequested *request, struct cb_bytes *text)
{
    if (is_withdrawal(request))
        cb_bytes_puts(text, "decertify");
    if (has_begin(request))
        put_time(text, is_withdrawal(request) ? "from" : "begin", request->begin_tai_ns, CB_TIMESPAN_MIN_NS);
    if (has_end(request))
        put_time(text, is_withdrawal(request) ? "until" : "end", request->end_tai_ns, CB_TIMESPAN_MAX_NS);
    if (has_detector(request))
        cb_bytes_printf(text, ", detector %lld", (long long)request->detector);
    for (size_t i = 0; i < request->n_detectors; i++)
        cb_bytes_printf(text, "%s %lld", i == 0 ? ", detectors" : "", (long long)request->detectors[i]);
    if (request->physical_filter[0] != '\0')
        cb_bytes_printf(text, ", filter %s", request->physical_filter);
    if (request->move_neighbours)
        cb_bytes_puts(text, ", neighbours move");
    if (request->successor[0] != '\0')
        cb_bytes_printf(text, ", then %s", request->successor);
}

static bool read_wanted(const Calbus__V1__RecertificationRequested *request,
                        struct cb_recertification *ret_wanted, struct cb_error *err)
{
    struct cb_recertification *wanted = ret_wanted;
    *wanted = (struct cb_recertification){ .collection = request->collection,
                                           .type = request->dataset_type,
                                           .move_neighbours = request->move_neighbours };
    if (has_detector(request))
        cb_data_id_set_number(&wanted->only, CB_DETECTOR, request->detector);
    if (request->at_case == REQUEST(AT_AT_TAI_NS))
        wanted->at_ns = &request->at_tai_ns;
    if (has_begin(request))
        wanted->begin_ns = &request->begin_tai_ns;
    if (has_end(request))
        wanted->end_ns = &request->end_tai_ns;
    return request->physical_filter[0] == '\0' ||
           cb_data_id_set(&wanted->only, CB_PHYSICAL_FILTER, request->physical_filter, err);
}

/* The data IDs whose ranges are taken out, to be freed. */
static bool read_ids(const Calbus__V1__RecertificationRequested *request, struct cb_data_id **ret_ids,
                     struct cb_error *err)
{
    cb_auto(cb_free) struct cb_data_id *ids = cb_xalloc_array(request->n_detectors + 1, sizeof *ids);
    for (size_t i = 0; i < request->n_detectors; i++) {
        ids[i] = (struct cb_data_id){ 0 };
        cb_data_id_set_number(&ids[i], CB_DETECTOR, request->detectors[i]);
        if (!cb_data_id_set(&ids[i], CB_INSTRUMENT, request->instrument, err) ||
            (request->physical_filter[0] != '\0' &&
             !cb_data_id_set(&ids[i], CB_PHYSICAL_FILTER, request->physical_filter, err)))
            return false;
    }
    *ret_ids = cb_steal(ids);
    return true;
}

static bool withdraw(struct cb_repo *repo, const Calbus__V1__RecertificationRequested *request,
                     struct cb_range_changes *ret_changes, struct cb_error *err)
{
    struct cb_timespan range;
    cb_auto(cb_free) struct cb_data_id *ids = NULL;
    return cb_timespan_validity(has_begin(request) ? request->begin_tai_ns : CB_TIMESPAN_MIN_NS,
                                has_end(request) ? request->end_tai_ns : CB_TIMESPAN_MAX_NS, &range, err) &&
           read_ids(request, &ids, err) &&
           cb_withdraw(repo, request->collection, request->dataset_type, range, ids, request->n_detectors,
                       ret_changes, err);
}

/* What a request changes: its own collection, and that which takes over where the new range ends. */
struct parts {
    struct cb_range_changes own, successor;
};

static void parts_done(struct parts *parts)
{
    cb_range_changes_done(&parts->own);
    cb_range_changes_done(&parts->successor);
}
#define auto_parts __attribute__((cleanup(parts_done)))

static bool change_successor(struct cb_repo *repo, const Calbus__V1__RecertificationRequested *request,
                             struct cb_recertification wanted, struct cb_range_changes *ret_changes,
                             struct cb_error *err)
{
    if (!has_end(request) || request->end_tai_ns == CB_TIMESPAN_MAX_NS)
        return cb_fail(err, CB_ERR_INVALID, "%s can only begin where %s ends: an end is needed",
                       request->successor, request->collection);
    if (strcmp(request->successor, request->collection) == 0)
        return cb_fail(err, CB_ERR_INVALID, "%s cannot succeed itself; its own later ranges are neighbours",
                       request->successor);
    wanted.collection = request->successor;
    wanted.at_ns = NULL;
    wanted.begin_ns = &request->end_tai_ns;
    wanted.end_ns = NULL;
    return cb_recertify(repo, &wanted, ret_changes, err);
}

static bool change_registry(struct cb_repo *repo, const Calbus__V1__RecertificationRequested *request,
                            struct parts *parts, struct cb_error *err)
{
    struct cb_recertification wanted;
    if (is_withdrawal(request))
        return withdraw(repo, request, &parts->own, err);
    return read_wanted(request, &wanted, err) && cb_recertify(repo, &wanted, &parts->own, err) &&
           (request->successor[0] == '\0' || change_successor(repo, request, wanted, &parts->successor, err));
}

/* "{}", "{[1,2)}", "{[1,2),[3,4)}" */
static void put_multirange(const struct cb_range_change *change, struct cb_bytes *text)
{
    const struct cb_timespan spans[] = { change->new_range, change->rest };
    const char *before = "{";
    for (size_t i = 0; i < 2; i++) {
        char span[CB_TIMESPAN_TEXT_SIZE];
        if (cb_timespan_is_empty(spans[i]))
            continue;
        cb_timespan_format(spans[i], span);
        cb_bytes_printf(text, "%s%s", before, span);
        before = ",";
    }
    cb_bytes_puts(text, before[0] == '{' ? "{}" : "}");
}

static bool note(const struct range_job *job, struct cb_db *db, const char *collection,
                 const struct cb_range_change *change, struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    const char *filter = cb_data_id_text(&change->data_id, CB_PHYSICAL_FILTER);
    char old_range[CB_TIMESPAN_TEXT_SIZE];
    cb_auto_bytes struct cb_bytes new_ranges = CB_BYTES(1000);
    cb_timespan_format(change->old_range, old_range);
    put_multirange(change, &new_ranges);
    return cb_db_run(
        db, sql_store_recertification,
        CB_P(cb_p_text(request->request_id), cb_p_text(request->by), cb_p_text(request->reason),
             cb_p_text(request->repository), cb_p_text(collection), cb_p_text(request->dataset_type),
             cb_data_id_has(&change->data_id, CB_DETECTOR) ? cb_p_int(change->data_id.number[CB_DETECTOR])
                                                           : cb_p_null(),
             cb_p_text(filter != NULL ? filter : ""), cb_p_text(change->dataset_id), cb_p_text(old_range),
             cb_p_text(cb_bytes_text(&new_ranges)), cb_p_text(job->proposal_id)),
        NULL, err);
}

static bool note_all(const struct range_job *job, struct cb_db *db, const char *collection,
                     const struct cb_range_changes *changes, struct cb_error *err)
{
    if (changes->count > 0 && !cb_db_run(db, sql_lock_history, CB_P0, NULL, err))
        return false;
    for (size_t i = 0; i < changes->count; i++)
        if (!note(job, db, collection, &changes->item[i], err))
            return false;
    return true;
}

/* Is the dataset of this generation, which is named by its RUN or the CHAINED collection above it? */
static bool is_of(const struct cb_dataset *dataset, const char *generation)
{
    size_t length = strlen(generation);
    return strncmp(dataset->run, generation, length) == 0 &&
           (dataset->run[length] == '\0' || dataset->run[length] == '/');
}

/* What is certified of a generation now, in short. */
static bool follow_one(struct cb_db *db, const char *request_id, const char *generation,
                       const struct cb_dataset_list *now, struct cb_error *err)
{
    struct cb_timespan all = { CB_TIMESPAN_MAX_NS, CB_TIMESPAN_MIN_NS };
    int64_t ranges = 0, datasets = 0;
    for (size_t i = 0; i < now->count; i++) {
        const struct cb_timespan span = now->item[i].validity;
        bool known = false, same = false;
        if (!is_of(&now->item[i], generation))
            continue;
        for (size_t k = 0; k < i; k++)
            if (is_of(&now->item[k], generation)) {
                known = known || cb_timespan_equal(now->item[k].validity, span);
                same = same || strcmp(now->item[k].id, now->item[i].id) == 0;
            }
        ranges += !known;
        datasets += !same;
        all.begin_ns = span.begin_ns < all.begin_ns ? span.begin_ns : all.begin_ns;
        all.end_ns = span.end_ns > all.end_ns ? span.end_ns : all.end_ns;
    }
    bool any = datasets > 0;
    return cb_db_run(db, sql_follow_certification,
                     CB_P(cb_p_text(request_id),
                          any && cb_timespan_has_begin(all) ? cb_p_int(all.begin_ns) : cb_p_null(),
                          any && cb_timespan_has_end(all) ? cb_p_int(all.end_ns) : cb_p_null(),
                          cb_p_int(datasets), cb_p_int(ranges)),
                     NULL, err);
}

static bool follow_certifications(const struct range_job *job, struct cb_db *db, struct cb_repo *repo,
                                  const char *collection, struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    const struct cb_query query = { .collections = &collection, .n_collections = 1 };
    cb_auto_datasets struct cb_dataset_list now = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(
            db, sql_list_certifications,
            CB_P(cb_p_text(request->repository), cb_p_text(collection), cb_p_text(request->dataset_type)),
            &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true; /* not certified here */
    if (!cb_query_datasets(repo, request->dataset_type, CB_SEARCH_CERTIFICATIONS, &query, &now, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!follow_one(db, cb_rows_text(rows, i, 0), cb_rows_text(rows, i, 1), &now, err))
            return false;
    return true;
}

/* Add up; the filter remains only while all are of one. */
static void sum_up(const struct cb_range_changes *changes, struct range_outcome *outcome)
{
    *outcome = (struct range_outcome){ 0 };
    for (size_t i = 0; i < changes->count; i++) {
        const struct cb_range_change *change = &changes->item[i];
        const char *filter = cb_data_id_text(&change->data_id, CB_PHYSICAL_FILTER);
        outcome->changed++;
        outcome->gone += cb_timespan_is_empty(change->new_range);
        snprintf(outcome->instrument, sizeof outcome->instrument, "%s", change->data_id.instrument);
        if (i == 0)
            snprintf(outcome->physical_filter, sizeof outcome->physical_filter, "%s",
                     filter != NULL ? filter : "");
        else if (filter == NULL || strcmp(filter, outcome->physical_filter) != 0)
            outcome->physical_filter[0] = '\0';
    }
}

static bool say_recertified(const struct range_job *job, struct cb_db *db, const char *collection,
                            const struct range_outcome *outcome, struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    char ticket_chain[CB_COLLECTION_NAME_SIZE] = "";
    if (!cb_collection_name_chain(collection, ticket_chain, NULL))
        ticket_chain[0] = '\0'; /* of no ticket */
    Calbus__V1__CalibrationRecertified said = CALBUS__V1__CALIBRATION_RECERTIFIED__INIT;
    said.request_id = request->request_id;
    said.repository = request->repository;
    said.instrument = (char *)outcome->instrument;
    said.dataset_type = request->dataset_type;
    said.physical_filter = (char *)outcome->physical_filter;
    said.collection = (char *)collection;
    said.ticket_chain = ticket_chain;
    said.changed = (uint32_t)outcome->changed;
    said.gone = (uint32_t)outcome->gone;
    said.proposal_id = (char *)job->proposal_id;
    said.by = request->by;
    said.reason = request->reason;
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_RECERTIFIED;
    wrapper.recertified = &said;
    const struct cb_outgoing outgoing = {
        .type = "calibration.recertified", .key = collection, .cause = job->cause, .salt = collection
    };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

/* What follows from the changes in one collection. */
static bool follow(const struct range_job *job, struct cb_db *db, struct cb_repo *repo,
                   const char *collection, const struct cb_range_changes *changes,
                   struct range_outcome *ret_outcome, struct cb_error *err)
{
    sum_up(changes, ret_outcome);
    return changes->count == 0 || (note_all(job, db, collection, changes, err) &&
                                   follow_certifications(job, db, repo, collection, err) &&
                                   say_recertified(job, db, collection, ret_outcome, err));
}

/* Another calibration may be in force now. */
static bool follow_staleness(const struct range_job *job, struct cb_db *db, struct cb_repo *repo,
                             const struct range_outcome *outcome, struct cb_error *err)
{
    cb_auto(cb_free) char *chain = cb_xasprintf("%s/calib", outcome->instrument);
    return outcome->changed == 0 ||
           update_staleness(db, repo, job->request->repository, outcome->instrument, chain, job->cause, err);
}

bool change_ranges(const struct range_job *job, struct cb_db *db, struct range_outcome *ret_outcome,
                   struct cb_error *err)
{
    const Calbus__V1__RecertificationRequested *request = job->request;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *tx =
        NULL; /* of a repository in another database the last to be kept */
    struct range_outcome own, successor;
    auto_parts struct parts parts = { 0 };
    if (!cb_repo_open_home(job->me->index_path, request->repository, db, &repo, err) ||
        !cb_repo_begin(repo, &tx, err) || !change_registry(repo, request, &parts, err) ||
        !follow(job, db, repo, request->collection, &parts.own, &own, err) ||
        !follow(job, db, repo, request->successor, &parts.successor, &successor, err) ||
        !follow_staleness(job, db, repo, own.changed > 0 ? &own : &successor, err) || !cb_tx_commit(&tx, err))
        return false;
    own.changed += successor.changed;
    *ret_outcome = own;
    return true;
}

bool try_change(const struct range_job *job, struct cb_db *db, struct range_outcome *ret_outcome,
                struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL; /* given up: it was a trial */
    auto_parts struct parts parts = { 0 };
    if (!cb_repo_open_home(job->me->index_path, job->request->repository, db, &repo, err) ||
        !cb_repo_begin(repo, &tx, err) || !change_registry(repo, job->request, &parts, err))
        return false;
    sum_up(&parts.own, ret_outcome);
    ret_outcome->changed += parts.successor.count;
    if (ret_outcome->instrument[0] == '\0' && parts.successor.count > 0)
        snprintf(ret_outcome->instrument, sizeof ret_outcome->instrument, "%s",
                 parts.successor.item[0].data_id.instrument);
    return true;
}
