/* A bias is made from the sample frames and verified on them: statistics in the registry, tests and metrics
 * in the database, events in the outbox, a report on disk. */
#include "base/alloc.h"
#include "engine/campaign.h"

#include "conclude.h"
#include "io/file.h"
#include "service/outbox.h"

#define BIAS_OUT "LSSTComCam/calib/DM-1/demo/biasGen.20241210a/run1"
#define DARK_OUT "LSSTComCam/calib/DM-1/demo/darkGen.20241210a/run1"
#define FLAT_OUT "LSSTComCam/calib/DM-1/demo/flatGen-r.20241210a/run1"
#define VERIFY_OUT "LSSTComCam/calib/DM-1/demo/verifyBias.20241210a/run1"
#define WHERE(type)                                                                                          \
    "instrument='LSSTComCam' and exposure.day_obs=20241208 and exposure.observation_type='" type "'"

static const struct cb_engine verify_engine = { .name = "verifier", .lease_ms = 60000, .max_attempts = 3 };

static int64_t number(struct fixture *f, const char *sql)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_db_run(f->db, sql, CB_P0, &rows, &oops));
    assert_int_equal(cb_rows_count(rows), 1);
    return cb_rows_int(rows, 0, 0);
}

/* type "Bias": of the RUN that made it, over the day's frames of its type. */
static void request_verification(struct fixture *f, const char *type, const char *made, const char *where,
                                 const char *output_run, const struct cb_override *override, size_t overrides,
                                 struct cb_run *ret_run)
{
    cb_auto(cb_free) char *path =
        cb_xasprintf(CB_DEPLOY "/cp_verify/pipelines/LSSTComCam/verify%s.yaml", type);
    cb_auto(cb_free) char *inputs = cb_xasprintf("%s," INPUTS, made);
    static const char *const variables[] = { "CP_VERIFY_DIR=" CB_DEPLOY "/cp_verify", NULL };
    const struct cb_environment environment = { .entry = variables };
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1U << 20);
    must(cb_pipeline_load(path, &environment, override, overrides, &pipeline, &oops));
    cb_pipeline_format(pipeline, &text);
    struct cb_run run = { .engine = (char *)"verifier",
                          .kind = (char *)"campaign",
                          .repository = f->root,
                          .ticket = (char *)"DM-1",
                          .pipeline = (char *)cb_bytes_text(&text),
                          .inputs = inputs,
                          .where = (char *)where,
                          .output_run = (char *)output_run,
                          .output_collection = (char *)"" };
    cb_uuid_new_text(run.id);
    must(cb_run_insert(f->db, &run, &oops));
    must(cb_run_load(f->db, run.id, ret_run, &oops));
}

static void work_off_verification(struct fixture *f)
{
    struct cb_quantum *quantum;
    while ((quantum = claim(f, &verify_engine, "worker")) != NULL) {
        struct cb_error outcome = { 0 };
        if (!cb_quantum_run(&verify_engine, f->db, quantum, NULL, &outcome))
            print_error("%s: %s\n", quantum->label, outcome.text);
        finish(f, quantum, &outcome);
        cb_quantum_release(quantum);
    }
}

static void conclude_all(struct verifier *me, struct fixture *f)
{
    bool again = true;
    while (again) {
        cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
        again = false;
        must(cb_tx_begin(f->db, &tx, &oops));
        must(conclude_task(me, f->db, &again, &oops));
        must(cb_tx_commit(&tx, &oops));
    }
}

static void check_statistics(struct fixture *f)
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    cb_auto(cb_free) char *path = NULL;
    const char *run = VERIFY_OUT;
    struct cb_data_id id = { 0 };
    must(cb_data_id_set(&id, CB_INSTRUMENT, "LSSTComCam", &oops));
    must(cb_dataset_find(f->repo, "verifyBiasStats", &id, &run, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    must(cb_dataset_file(f->repo, &found.item[0], &path, &oops));
    cb_auto(cb_free) char *text = read_text(path);
    assert_non_null(strstr(text, "2024120800696:\n  SUCCESS: true\n"));
    assert_non_null(strstr(text, "\nSUCCESS: true\n"));
}

/* Runs that have been worked off, not yet judged. */
static void leave_unjudged(struct fixture *f, const char *output_run, const char *generation_run)
{
    cb_auto_run struct cb_run run = { .id = "" };
    request_verification(f, "Bias", BIAS_OUT, WHERE("bias") " and exposure.seq_num < 698", output_run, NULL,
                         0, &run);
    must(plan(f, &run, &oops));
    work_off_verification(f);
    cb_auto(cb_free) char *sql = cb_xasprintf("INSERT INTO calbus.verification (run_id, kind, repository, "
                                              "instrument, calib_type, generation_run, verify_run, "
                                              "created_at) SELECT id, 'campaign', repository, instrument, "
                                              "'bias', '%s', output_run, clock_timestamp() "
                                              "FROM calbus.run WHERE id = '%s'",
                                              generation_run, run.id);
    must(cb_db_script(f->db, sql, &oops));
}

static void damage_statistics(struct fixture *f, const char *run)
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    cb_auto(cb_free) char *path = NULL;
    struct cb_data_id id = detector_id(4);
    cb_data_id_set_number(&id, CB_EXPOSURE, 2024120800697);
    must(cb_dataset_find(f->repo, "verifyBiasDetStats", &id, &run, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    must(cb_dataset_file(f->repo, &found.item[0], &path, &oops));
    must(cb_file_replace(path, "AMP: [", 6, &oops));
}

static void damaged_statistics_end_without_data_and_hold_up_nothing(struct verifier *me, struct fixture *f)
{
    static const char damaged[] = "LSSTComCam/calib/DM-1/demo/verifyBias.20241210b/run1";
    leave_unjudged(f, damaged, BIAS_OUT);
    leave_unjudged(f, "LSSTComCam/calib/DM-1/demo/verifyBias.20241210c/run1",
                   "LSSTComCam/calib/DM-9/demo/biasGen.20241210a/run1");
    damage_statistics(f, damaged);
    conclude_all(me, f);
    assert_int_equal(
        number(f, "SELECT count(*) FROM calbus.verification WHERE verify_run LIKE '%.20241210b/run1' AND "
                  "verdict = 'NO_DATA' AND state = 'finished' AND reason LIKE '%2024120800697%'"),
        1);
    /* every test passes, but not of what was to be verified */
    assert_int_equal(
        number(f, "SELECT count(*) FROM calbus.verification WHERE verify_run LIKE '%.20241210c/run1' AND "
                  "verdict = 'FAIL' AND tests_failed = 0 AND reason = 'detector 4 was verified with the bias "
                  "of \"" BIAS_OUT "\" instead'"),
        1);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.outbox WHERE type = 'verification.finished'"), 3);
}

static void a_bias_passes_on_its_own_inputs(void **state)
{
    struct fixture *f = *state;
    cb_auto_run struct cb_run run = { .id = "" }, ended = { .id = "" };
    cb_auto(cb_free) char *index = cb_xasprintf("%s/none.yaml", f->root);
    struct verifier me = { .home = f->root, .index_path = index };
    cb_outbox_set_source("usdf", "verifier");
    run_pipeline(f, "cpBias", WHERE("bias"), BIAS_OUT);
    request_verification(f, "Bias", BIAS_OUT, WHERE("bias"), VERIFY_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    work_off_verification(f);
    must(cb_run_load(f->db, run.id, &ended, &oops));
    if (strcmp(ended.state, "succeeded") != 0)
        fail_msg("%s", ended.error);
    check_statistics(f);

    conclude_all(&me, f);
    assert_int_equal(
        number(f, "SELECT count(*) FROM calbus.verification WHERE verdict = 'PASS' AND state = 'finished' "
                  "AND tests = 48 AND tests_passed = 48 AND detectors_passed = 1 AND exposures = 4 "
                  "AND generation_run = '" BIAS_OUT "'"),
        1);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.verification_frame WHERE was_input AND success "
                               "AND detector_name = 'R22_S11' AND length(calib_sha256) = 64"),
                     4);
    assert_int_equal(number(f, "SELECT max(sequence) FROM calbus.metric_record"), 4);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.metric_value WHERE name = 'NOISE' AND value > 0"),
                     64);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.outbox WHERE type = 'verification.finished'"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.outbox WHERE type = 'test.failed'"), 0);
    cb_auto(cb_free) char *report =
        cb_xasprintf("%s/reports/DM-1/LSSTComCam_calib_DM-1_demo_verifyBias.20241210a_run1.html", f->root);
    cb_auto(cb_free) char *html = read_text(report);
    assert_non_null(strstr(html, "48 of 48 tests passed"));
    conclude_all(&me, f); /* nothing more to do */
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.outbox WHERE type = 'verification.finished'"), 1);
    damaged_statistics_end_without_data_and_hold_up_nothing(&me, f);
    cb_repo_index_done(&me.index);
}

static void verify_with(struct verifier *me, struct fixture *f, const char *type, const char *made,
                        const char *where, const char *output_run, const struct cb_override *override,
                        size_t overrides)
{
    cb_auto_run struct cb_run run = { .id = "" }, ended = { .id = "" };
    request_verification(f, type, made, where, output_run, override, overrides, &run);
    must(plan(f, &run, &oops));
    work_off_verification(f);
    must(cb_run_load(f->db, run.id, &ended, &oops));
    if (strcmp(ended.state, "succeeded") != 0)
        fail_msg("%s", ended.error);
    conclude_all(me, f);
}

static void verify(struct verifier *me, struct fixture *f, const char *type, const char *made,
                   const char *where, const char *output_run)
{
    verify_with(me, f, type, made, where, output_run, NULL, 0);
}

static void print_failures(struct fixture *f)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_db_run(f->db,
                   "SELECT concat_ws(' ', exposure, amp, test, outcome, value, limit_value) "
                   "FROM calbus.verification_test WHERE outcome <> 'pass' AND counts ORDER BY 1",
                   CB_P0, &rows, &oops));
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        print_message("%s\n", cb_rows_text(rows, i, 0));
}

/* The same flat by the source's rules: no test of an amplifier's level, scatter over the detectors in
 * electrons, and a majority that counts one exposure more than there are. */
static void upstream_tests_hold_for_the_judgement_of_the_run_too(struct verifier *me, struct fixture *f)
{
    static const struct cb_override upstream[] = {
        { (char *)"verifyFlatDet", (char *)"calbus.upstreamTests", (char *)"true" },
        { (char *)"verifyFlatExp", (char *)"calbus.upstreamTests", (char *)"true" },
        { (char *)"verifyFlat", (char *)"calbus.upstreamTests", (char *)"true" },
    };
    verify_with(me, f, "Flat", FLAT_OUT, WHERE("flat") " and exposure.seq_num < 723",
                "LSSTComCam/calib/DM-1/demo/verifyFlat-r.20241210b/run1", upstream, 3);
    assert_int_equal(
        number(f, "SELECT tests FROM calbus.verification WHERE verify_run LIKE '%verifyFlat-r.20241210b/%'"),
        18);
    assert_int_equal(
        number(f,
               "SELECT count(*) FROM calbus.verification_test JOIN calbus.verification USING (run_id) "
               "WHERE verify_run LIKE '%verifyFlat-r.20241210b/%' AND detector = -1 AND unit = 'electron'"),
        3);
    assert_int_equal(
        number(f, "SELECT (vote ->> 'max_failed_exposures_threshold')::integer FROM calbus.verification "
                  "WHERE verify_run LIKE '%verifyFlat-r.20241210b/%'"),
        3);
}

static void a_dark_and_a_flat_pass_on_their_own_inputs(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_free) char *index = cb_xasprintf("%s/none.yaml", f->root);
    struct verifier me = { .home = f->root, .index_path = index };
    cb_outbox_set_source("usdf", "verifier");
    run_pipeline(f, "cpBias", WHERE("bias"), BIAS_OUT);
    certify_result(f, "bias", BIAS_OUT, "LSSTComCam/calib/DM-1/demo/bias.20241210a");
    run_pipeline(f, "cpDark", WHERE("dark"), DARK_OUT);
    verify(&me, f, "Dark", DARK_OUT, WHERE("dark"), "LSSTComCam/calib/DM-1/demo/verifyDark.20241210a/run1");
    certify_result(f, "dark", DARK_OUT, "LSSTComCam/calib/DM-1/demo/dark.20241210a");
    run_pipeline(f, "cpFlat", WHERE("flat") " and band='r'", FLAT_OUT);
    verify(&me, f, "Flat", FLAT_OUT, WHERE("flat"), "LSSTComCam/calib/DM-1/demo/verifyFlat-r.20241210a/run1");
    print_failures(f);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.verification WHERE verdict = 'PASS'"), 2);
    assert_int_equal(number(f, "SELECT tests FROM calbus.verification WHERE calib_type = 'dark'"), 48);
    /* noise and level of 16 amplifiers, scatter of the detector and over the detectors */
    assert_int_equal(number(f, "SELECT tests FROM calbus.verification WHERE calib_type = 'flat' "
                               "AND physical_filter = 'r_03'"),
                     34);
    upstream_tests_hold_for_the_judgement_of_the_run_too(&me, f);
    cb_repo_index_done(&me.index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bias_passes_on_its_own_inputs, make_campaign, drop_repository),
        cmocka_unit_test_setup_teardown(a_dark_and_a_flat_pass_on_their_own_inputs, make_campaign,
                                        drop_repository),
    };
    return cmocka_run_group_tests_name("verification of a campaign", tests, NULL, NULL);
}
