/* Ends verifications whose run has ended. */
#include "conclude.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

static struct ended ended_of(const struct cb_rows *rows)
{
    return (struct ended){
        .run_id = cb_rows_text(rows, 0, 0),
        .kind = cb_rows_text(rows, 0, 1),
        .repository = cb_rows_text(rows, 0, 2),
        .instrument = cb_rows_text(rows, 0, 3),
        .calib_type = cb_rows_text(rows, 0, 4),
        .physical_filter = cb_rows_text(rows, 0, 5),
        .generation_run = cb_rows_text(rows, 0, 6),
        .verify_run = cb_rows_text(rows, 0, 7),
        .day_obs = (int)cb_rows_int(rows, 0, 8),
        .set_id = cb_rows_text(rows, 0, 9),
        .revision = (int)cb_rows_int(rows, 0, 10),
        .run_state = cb_rows_text(rows, 0, 11),
        .run_error = cb_rows_text(rows, 0, 12),
        .ticket = cb_rows_text(rows, 0, 13),
        .output_collection = cb_rows_text(rows, 0, 14),
        .query = cb_rows_text(rows, 0, 15),
        .inputs = cb_rows_text(rows, 0, 16),
        .requested_by = cb_rows_text(rows, 0, 17),
        .requested_at = cb_rows_text(rows, 0, 18),
        .quanta = cb_rows_int(rows, 0, 19),
        .pipeline = cb_rows_text(rows, 0, 20),
        .rendered = cb_rows_text(rows, 0, 21),
        .requested_unix_s = cb_rows_int(rows, 0, 22),
    };
}

static void format_vote(const struct cb_verify_vote *vote, struct cb_bytes *out)
{
    struct cb_json json = CB_JSON(out);
    cb_json_open(&json, NULL, '{');
    cb_json_bool(&json, "certify", vote->certify);
    cb_json_int(&json, "max_failures_per_detector_per_test_type_threshold",
                (int64_t)vote->threshold_per_detector);
    cb_json_int(&json, "max_failed_detectors_threshold", (int64_t)vote->max_failed_detectors);
    cb_json_int(&json, "max_failed_tests_per_exposure_threshold", (int64_t)vote->max_failed_tests);
    cb_json_int(&json, "max_failed_exposures_threshold", (int64_t)vote->max_failed_exposures);
    cb_json_int(&json, "final_number_of_failed_exposures", (int64_t)vote->failed_exposures);
    cb_json_close(&json);
}

static bool store_end(struct cb_db *db, const struct ended *ended, const struct judgement *j,
                      const char *report, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes vote = CB_BYTES(4096);
    format_vote(&j->vote, &vote);
    return cb_db_run(db, sql_finish_verification,
                     CB_P(cb_p_text(ended->run_id), cb_p_text(cb_run_verdict_name(j->verdict)),
                          cb_p_text(j->reason), cb_p_int((int64_t)j->cells.total),
                          cb_p_int((int64_t)j->cells.passed), cb_p_int((int64_t)j->cells.failed),
                          cb_p_int((int64_t)j->cells.no_data), cb_p_int((int64_t)j->detectors.total),
                          cb_p_int((int64_t)j->detectors.passed), cb_p_int((int64_t)j->detectors.failed),
                          cb_p_int((int64_t)j->detectors.no_data), cb_p_int((int64_t)j->exposures),
                          cb_p_text(cb_bytes_text(&vote)), cb_p_text(report)),
                     NULL, err);
}

static bool conclude(struct verifier *me, struct cb_db *db, const struct ended *ended, struct cb_error *err)
{
    cb_auto(cb_free) char *report = NULL;
    struct judgement judgement;
    if (!judge_run(db, ended, &judgement, err) || !write_report(me, db, ended, &judgement, &report, err) ||
        !store_end(db, ended, &judgement, report, err) || !announce_end(db, ended, &judgement, report, err) ||
        !write_ticket_index(me, db, ended->ticket, err))
        return false;
    cb_log(CB_INFO, "verification finished", cb_str("verify_run", ended->verify_run),
           cb_str("verdict", cb_run_verdict_name(judgement.verdict)), cb_int("tests", judgement.cells.total),
           cb_int("failed", judgement.cells.failed), cb_int("no_data", judgement.cells.no_data));
    return true;
}

/* Some more of its statistics, or its end. */
static bool go_on(struct verifier *me, struct cb_db *db, const struct ended *ended, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *savepoint = NULL;
    bool more = false;
    return cb_tx_begin(db, &savepoint, err) && gather(me, db, ended, &more, err) &&
           (more || conclude(me, db, ended, err)) && cb_tx_commit(&savepoint, err);
}

static bool is_final(enum cb_err_kind kind)
{
    return kind == CB_ERR_INVALID || kind == CB_ERR_NOT_FOUND || kind == CB_ERR_CONFLICT;
}

/* What can never be judged ends without data; the verifications behind it must not wait for it. */
static bool give_up(struct cb_db *db, const struct ended *ended, const struct cb_error *why,
                    struct cb_error *err)
{
    struct judgement judgement = { .verdict = CB_RUN_NO_DATA };
    snprintf(judgement.reason, sizeof judgement.reason, "%s", why->text);
    cb_log(CB_ERROR, "verification cannot be judged", cb_str("verify_run", ended->verify_run),
           cb_str("error", why->text));
    return store_end(db, ended, &judgement, "", err) && announce_end(db, ended, &judgement, "", err);
}

bool conclude_task(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    struct verifier *me = self;
    struct cb_error why = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_adopt_runs, CB_P0, NULL, err) ||
        !cb_db_run(db, sql_claim_ended, CB_P0, &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct ended ended = ended_of(rows);
    *ret_again = true;
    bool done = cb_verify_type_parse(ended.calib_type, &ended.type)
                    ? go_on(me, db, &ended, &why)
                    : cb_fail(&why, CB_ERR_INVALID, "unrecognized type \"%s\"", ended.calib_type);
    if (done || (is_final(why.kind) && give_up(db, &ended, &why, err)))
        return true;
    if (!is_final(why.kind) && err != NULL)
        *err = why;
    return cb_context(err, "cannot end the verification \"%s\"", ended.verify_run);
}
