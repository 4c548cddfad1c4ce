/* The verdict of a run, from its stored tests. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/json.h"
#include "conclude.h"
#include "engine/pipeline.h"
#include "engine/tasks.h"
#include "sql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No detector: a test of the whole exposure. */
#define ALL_DETECTORS (-1)

/* Whether each level of the run was judged by the source's own rules, calbus.upstreamTests of its tasks. */
struct rules {
    bool upstream_exposures, upstream_run;
};

static bool says_upstream(const struct cb_pipeline_task *task, const struct cb_task_class *class,
                          const struct cb_task_class *by_filter)
{
    return (task->class == class || task->class == by_filter) &&
           cb_config_flag(task->config, "calbus.upstreamTests");
}

/* The run's judgement goes by what its tasks went by. */
static bool read_rules(const struct ended *ended, struct rules *ret_rules, struct cb_error *err)
{
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    if (!cb_pipeline_parse(ended->pipeline, ended->verify_run, &pipeline, err))
        return false;
    for (size_t i = 0; i < pipeline->tasks; i++) {
        const struct cb_pipeline_task *task = &pipeline->task[i];
        ret_rules->upstream_exposures |=
            says_upstream(task, &cb_task_verify_exp_merge, &cb_task_verify_exp_merge_by_filter);
        ret_rules->upstream_run |=
            says_upstream(task, &cb_task_verify_run_merge, &cb_task_verify_run_merge_by_filter);
    }
    return true;
}

static bool store_exposure_test(struct cb_db *db, const struct ended *ended, int64_t exposure,
                                const struct cb_verify_result *result, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '[');
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "amp", "");
    cb_json_str(&json, "test", result->test);
    cb_json_str(&json, "metric", result->metric);
    cb_json_str(&json, "unit", result->unit);
    cb_json_str(&json, "outcome", cb_outcome_name(result->outcome));
    cb_json_bool(&json, "counts", result->counts);
    cb_json_real(&json, "value", result->value);
    cb_json_real(&json, "limit", result->limit);
    cb_json_close(&json);
    cb_json_close(&json);
    return cb_db_run(db, sql_insert_tests,
                     CB_P(cb_p_text(ended->run_id), cb_p_int(exposure), cb_p_int(ALL_DETECTORS),
                          cb_p_text(cb_bytes_text(&text))),
                     NULL, err);
}

/* Scatter of the detectors of each exposure of a flat. */
static bool test_exposures(struct cb_db *db, const struct ended *ended, const struct rules *rules,
                           struct cb_error *err)
{
    struct cb_verify_limits limits = cb_verify_limits_default();
    limits.upstream = rules->upstream_exposures;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (ended->type != CB_VERIFY_FLAT)
        return true;
    if (!cb_db_run(db, sql_find_detector_means, CB_P(cb_p_text(ended->run_id)), &rows, err))
        return false;
    const size_t count = cb_rows_count(rows);
    cb_auto(cb_free) double *mean = cb_xalloc_array(count + 1, sizeof *mean);
    for (size_t i = 0, n = 0; i < count; i++) {
        mean[n++] = cb_rows_double(rows, i, 1);
        if (i + 1 < count && cb_rows_int(rows, i + 1, 0) == cb_rows_int(rows, i, 0))
            continue;
        struct cb_verify_result result[CB_VERIFY_TESTS_MAX];
        double scatter;
        if (cb_verify_exposure_tests(ended->type, mean, n, &limits, &scatter, result) > 0 &&
            !store_exposure_test(db, ended, cb_rows_int(rows, i, 0), &result[0], err))
            return false;
        n = 0;
    }
    return true;
}

static void count_outcome(struct cb_verify_tally *tally, enum cb_outcome outcome)
{
    tally->total++;
    tally->passed += outcome == CB_OUTCOME_PASS;
    tally->failed += outcome == CB_OUTCOME_FAIL;
    tally->no_data += outcome == CB_OUTCOME_NO_DATA;
}

/* A detector is what its worst cell is: failed, else without data, else passed. */
static void end_detector(const struct cb_verify_tally *cells, struct judgement *judgement)
{
    if (cells->total > 0)
        count_outcome(&judgement->detectors, cells->failed > 0    ? CB_OUTCOME_FAIL
                                             : cells->no_data > 0 ? CB_OUTCOME_NO_DATA
                                                                  : CB_OUTCOME_PASS);
}

static bool count_cells(struct cb_db *db, const struct ended *ended, struct judgement *judgement,
                        struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_verify_tally detector = { 0 };
    int64_t last = ALL_DETECTORS;
    if (!cb_db_run(db, sql_find_cells, CB_P(cb_p_text(ended->run_id)), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        const struct cb_verify_cell cell = { .passed = (size_t)cb_rows_int(rows, i, 3),
                                             .failed = (size_t)cb_rows_int(rows, i, 4),
                                             .no_data = (size_t)cb_rows_int(rows, i, 5) };
        enum cb_outcome outcome = cb_verify_cell_outcome(&cell);
        if (cb_rows_int(rows, i, 0) != last) {
            end_detector(&detector, judgement);
            detector = (struct cb_verify_tally){ 0 };
            last = cb_rows_int(rows, i, 0);
        }
        count_outcome(&judgement->cells, outcome);
        if (last != ALL_DETECTORS)
            count_outcome(&detector, outcome);
        judgement->persistent = judgement->persistent || cb_verify_cell_persistent(&cell);
    }
    end_detector(&detector, judgement);
    return true;
}

static bool hold_vote(struct cb_db *db, const struct ended *ended, const struct rules *rules,
                      struct judgement *judgement, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_ballots, CB_P(cb_p_text(ended->run_id)), &rows, err))
        return false;
    judgement->exposures = cb_rows_count(rows);
    struct cb_verify_ballot *ballots = cb_xalloc_array(judgement->exposures + 1, sizeof *ballots);
    for (size_t i = 0; i < judgement->exposures; i++)
        ballots[i] = (struct cb_verify_ballot){ .exposure = (uint64_t)cb_rows_int(rows, i, 0),
                                                .worst_failures = (size_t)cb_rows_int(rows, i, 1),
                                                .success = cb_rows_bool(rows, i, 2) };
    judgement->vote = cb_verify_majority(ballots, judgement->exposures, judgement->detectors.total,
                                         CB_VERIFY_VOTE_THRESHOLD, rules->upstream_run);
    free(ballots);
    return true;
}

static void give_reason(const struct ended *ended, struct judgement *judgement)
{
    if (judgement->verdict == CB_RUN_NO_DATA)
        snprintf(judgement->reason, sizeof judgement->reason, "%.900s",
                 ended->run_error[0] != '\0' ? ended->run_error : "the run wrote no statistics");
    else if (strcmp(ended->run_state, "succeeded") != 0)
        snprintf(judgement->reason, sizeof judgement->reason, "the run is %.20s: %.900s", ended->run_state,
                 ended->run_error);
}

/* What was found first along the inputs need not be what was to be verified: that says nothing of it. */
static bool refuse_strangers(struct cb_db *db, const struct ended *ended, struct judgement *judgement,
                             struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_strangers, CB_P(cb_p_text(ended->run_id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    judgement->verdict = CB_RUN_FAIL;
    snprintf(judgement->reason, sizeof judgement->reason,
             "detector %lld was verified with the %.20s of \"%.400s\" instead",
             (long long)cb_rows_int(rows, 0, 0), ended->calib_type, cb_rows_text(rows, 0, 1));
    return true;
}

bool judge_run(struct cb_db *db, const struct ended *ended, struct judgement *ret_judgement,
               struct cb_error *err)
{
    struct judgement judgement = { 0 };
    struct rules rules = { 0 };
    if (!read_rules(ended, &rules, err) ||
        !cb_db_run(db, sql_adopt_exposures, CB_P(cb_p_text(ended->run_id)), NULL, err) ||
        !cb_db_run(db, sql_insert_missing, CB_P(cb_p_text(ended->run_id)), NULL, err) ||
        !cb_db_run(db, sql_mark_unused, CB_P(cb_p_text(ended->run_id)), NULL, err) ||
        !test_exposures(db, ended, &rules, err) || !count_cells(db, ended, &judgement, err) ||
        !hold_vote(db, ended, &rules, &judgement, err))
        return false;
    judgement.verdict = cb_verify_run_verdict(&judgement.cells, &judgement.vote,
                                              strcmp(ended->kind, "daily") == 0, judgement.persistent);
    if (judgement.verdict == CB_RUN_PASS && strcmp(ended->run_state, "succeeded") != 0)
        judgement.verdict = CB_RUN_WARN; /* something of the run did not work: not green */
    give_reason(ended, &judgement);
    if (!refuse_strangers(db, ended, &judgement, err))
        return false;
    *ret_judgement = judgement;
    return true;
}
