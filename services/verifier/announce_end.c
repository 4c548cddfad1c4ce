/* What a verification says when it has ended. */
#include "base/alloc.h"
#include "calbus/v1/verification.pb-c.h"
#include "conclude.h"
#include "service/outbox.h"
#include "sql.h"

#include <string.h>

/* Most failures that one test.failed carries. */
#define FAILURES_MAX 50

static Calbus__V1__VerificationKind kind_of(const struct ended *ended)
{
    return strcmp(ended->kind, "daily") == 0 ? CALBUS__V1__VERIFICATION_KIND__VERIFICATION_KIND_DAILY
                                             : CALBUS__V1__VERIFICATION_KIND__VERIFICATION_KIND_CAMPAIGN;
}

static Calbus__V1__Tally tally_of(const struct cb_verify_tally *tally)
{
    Calbus__V1__Tally message = CALBUS__V1__TALLY__INIT;
    message.total = (uint32_t)tally->total;
    message.passed = (uint32_t)tally->passed;
    message.failed = (uint32_t)tally->failed;
    message.no_data = (uint32_t)tally->no_data;
    return message;
}

static Calbus__V1__Verdict verdict_of(enum cb_run_verdict verdict)
{
    return verdict == CB_RUN_PASS   ? CALBUS__V1__VERDICT__VERDICT_PASS
           : verdict == CB_RUN_WARN ? CALBUS__V1__VERDICT__VERDICT_WARN
           : verdict == CB_RUN_FAIL ? CALBUS__V1__VERDICT__VERDICT_FAIL
                                    : CALBUS__V1__VERDICT__VERDICT_NO_DATA;
}

/* Ids follow from the run, so that ending it twice says everything once. */
static bool say(struct cb_db *db, const struct ended *ended, const char *type, const char *salt,
                Calbus__V1__VerificationEvent *wrapper, struct cb_error *err)
{
    const struct cb_event cause = { .id = ended->run_id, .type = type, .traceparent = "" };
    const struct cb_outgoing outgoing = {
        .type = type, .key = ended->verify_run, .cause = &cause, .salt = salt
    };
    return cb_outbox_put(db, &outgoing, &wrapper->base, err);
}

static bool say_finished(struct cb_db *db, const struct ended *ended, const struct judgement *judgement,
                         const char *report, struct cb_error *err)
{
    Calbus__V1__Tally tests = tally_of(&judgement->cells), detectors = tally_of(&judgement->detectors);
    Calbus__V1__VerificationFinished finished = CALBUS__V1__VERIFICATION_FINISHED__INIT;
    finished.run_id = (char *)ended->run_id;
    finished.kind = kind_of(ended);
    finished.repository = (char *)ended->repository;
    finished.instrument = (char *)ended->instrument;
    finished.calib_type = (char *)ended->calib_type;
    finished.physical_filter = (char *)ended->physical_filter;
    finished.generation_run = (char *)ended->generation_run;
    finished.verify_run = (char *)ended->verify_run;
    finished.verdict = verdict_of(judgement->verdict);
    finished.tests = &tests;
    finished.detectors = &detectors;
    finished.report = (char *)report;
    finished.day_obs = (uint32_t)ended->day_obs;
    finished.set_id = (char *)ended->set_id;
    finished.revision = (uint32_t)ended->revision;
    Calbus__V1__VerificationEvent wrapper = CALBUS__V1__VERIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__VERIFICATION_EVENT__EVENT_FINISHED;
    wrapper.finished = &finished;
    return say(db, ended, "verification.finished", "", &wrapper, err);
}

/* Failures of one test of a detector; their texts live in rows. */
static size_t fill_failures(const struct cb_rows *rows, Calbus__V1__TestFailed__Failure *failure,
                            Calbus__V1__TestFailed__Failure **list)
{
    size_t count = cb_rows_count(rows);
    for (size_t i = 0; i < count; i++) {
        calbus__v1__test_failed__failure__init(&failure[i]);
        failure[i].exposure = (uint64_t)cb_rows_int(rows, i, 0);
        failure[i].amp = (char *)cb_rows_text(rows, i, 1);
        failure[i].metric = (char *)cb_rows_text(rows, i, 2);
        failure[i].value = cb_rows_double(rows, i, 3);
        failure[i].limit = cb_rows_double(rows, i, 4);
        failure[i].unit = (char *)cb_rows_text(rows, i, 5);
        list[i] = &failure[i];
    }
    return count;
}

static bool say_failed(struct cb_db *db, const struct ended *ended, int64_t detector, const char *test,
                       int64_t total, const char *detector_name, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    Calbus__V1__TestFailed__Failure failure[FAILURES_MAX], *list[FAILURES_MAX];
    if (!cb_db_run(
            db, sql_find_failures,
            CB_P(cb_p_text(ended->run_id), cb_p_int(detector), cb_p_text(test), cb_p_int(FAILURES_MAX)),
            &rows, err))
        return false;
    Calbus__V1__TestFailed failed = CALBUS__V1__TEST_FAILED__INIT;
    failed.run_id = (char *)ended->run_id;
    failed.kind = kind_of(ended);
    failed.repository = (char *)ended->repository;
    failed.instrument = (char *)ended->instrument;
    failed.calib_type = (char *)ended->calib_type;
    failed.physical_filter = (char *)ended->physical_filter;
    failed.verify_run = (char *)ended->verify_run;
    failed.detector = (uint32_t)detector;
    failed.detector_name = (char *)detector_name;
    failed.test = (char *)test;
    failed.day_obs = (uint32_t)ended->day_obs;
    failed.n_failures = fill_failures(rows, failure, list);
    failed.failures = list;
    failed.failures_total = (uint32_t)total;
    Calbus__V1__VerificationEvent wrapper = CALBUS__V1__VERIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__VERIFICATION_EVENT__EVENT_TEST_FAILED;
    wrapper.test_failed = &failed;
    cb_auto(cb_free) char *salt = cb_xasprintf("%lld %s", (long long)detector, test);
    return say(db, ended, "test.failed", salt, &wrapper, err);
}

bool announce_end(struct cb_db *db, const struct ended *ended, const struct judgement *judgement,
                  const char *report, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_failed_tests, CB_P(cb_p_text(ended->run_id)), &rows, err))
        return false;
    /* failures first: whoever hears that the run has finished has heard all of them, as they share the key */
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!say_failed(db, ended, cb_rows_int(rows, i, 0), cb_rows_text(rows, i, 1), cb_rows_int(rows, i, 2),
                        cb_rows_text(rows, i, 3), err))
            return false;
    return say_finished(db, ended, judgement, report, err);
}
