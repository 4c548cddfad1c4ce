/* `bps submit` with a broker, a relay and a generator: what a calibration scientist types, and what it
 * answers. */
#include "engine/processes.h"

#define TEMPLATES CB_DEPLOY "/cp_pipe/bps/templates/"

static const char *const campaign[] = {
    "CP_PIPE_DIR=" CB_DEPLOY "/cp_pipe",
    "USER_CALIB_PREFIX=",
    "INSTRUMENT=LSSTComCam",
    "TICKET=DM-1",
    "TAG=demo",
    "RERUN=20241210a",
    "REPO=/repo/main",
    "BOOTSTRAP_RUN_NUMBER=1",
    "RAW_COLLECTION=LSSTComCam/raw/all",
    "CALIB_COLLECTIONS=" PTC_CALIB ",\\\n   " PTC_RUN,
    "SELECTION_BIAS=instrument='LSSTComCam' and exposure.day_obs=20241208 and "
    "exposure.observation_type='bias'",
    NULL,
};

/* Three of the four biases are used, the fourth is there to verify. The first entries differ from run to run.
 */
#define CHOSEN(rerun, calibs, ...)                                                                           \
    {                                                                                                        \
        "CP_PIPE_DIR=" CB_DEPLOY "/cp_pipe", "CP_VERIFY_DIR=" CB_DEPLOY "/cp_verify",                        \
            "USER_CALIB_PREFIX=", "INSTRUMENT=LSSTComCam", "TICKET=DM-1", "TAG=demo", "RERUN=" rerun,        \
            "VERIFY_RERUN=20241211z", "REPO=/repo/main", "RAW_COLLECTION=LSSTComCam/raw/all",                \
            "CALIB_COLLECTIONS=" calibs PTC_CALIB,                                                           \
            "SELECTION_BIAS=instrument='LSSTComCam' and exposure in (2024120800696..2024120800698)",         \
            __VA_ARGS__                                                                                      \
    }
#define BOTH "SELECTION_BIAS_V=instrument='LSSTComCam' and exposure in (2024120800698, 2024120800699)"

struct suite {
    pid_t broker, relay, generator, verifier;
};

static struct suite start_suite(struct fixture *f)
{
    static const char *const broker[] = { "calbus-broker", NULL }, *const relay[] = { "calbus-relay", NULL },
                             *const generator[] = { "calbus-generator", NULL };
    static const char *const verifier[] = { "calbus-verifier", NULL };
    struct suite suite = { 0 };
    suite.broker = start_program(f, "broker", broker, NULL);
    suite.relay = start_program(f, "relay", relay, NULL);
    suite.generator = start_program(f, "generator", generator, NULL);
    suite.verifier = start_program(f, "verifier", verifier, NULL);
    wait_until(f, "SELECT count(*) FROM calbus.instance WHERE state = 'ready'", 3);
    return suite;
}

static void end_suite(const struct suite *suite)
{
    end_program(suite->verifier, SIGTERM);
    end_program(suite->generator, SIGTERM);
    end_program(suite->relay, SIGTERM);
    end_program(suite->broker, SIGTERM);
}

static int submit(struct fixture *f, const char *path, const char *const *variables, char **ret_said)
{
    const char *const arguments[] = { "dropin/bps", "submit", path, "--timeout", "100", NULL };
    return run_program(f, arguments, variables, ret_said);
}

static int bps(struct fixture *f, const char *name, const char *const *variables, char **ret_said)
{
    cb_auto(cb_free) char *path = cb_xasprintf(TEMPLATES "%s", name);
    return submit(f, path, variables, ret_said);
}

#define says(said, part)                                                                                     \
    do {                                                                                                     \
        if (strstr((said), (part)) == NULL)                                                                  \
            fail_msg("\"%s\" lacks \"%s\"", (said), (part));                                                 \
    } while (0)

static void submit_returns_when_the_run_has_succeeded(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_free) char *said = NULL, *again = NULL, *list = NULL;
    static const char *const show[] = { "calbus", "generation", "list", "--json", NULL };
    make_home(f);
    struct suite suite = start_suite(f);
    int status = bps(f, "bps_biasBootstrap.yaml", campaign, &said);
    if (status != 0)
        fail_msg("exit status %d: %s", status, said);
    says(said, "Run Name: LSSTComCam/calib/DM-1/demo/biasBootstrapGen.20241210a/run1");
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.run WHERE state = 'succeeded'"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.outbox WHERE type = 'generation.finished'"), 1);
    assert_int_equal(bps(f, "bps_biasBootstrap.yaml", campaign, &again), 4);
    says(again, "change BOOTSTRAP_RUN_NUMBER (or RERUN)");
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.run"), 1);
    assert_int_equal(run_program(f, show, campaign, &list), 0);
    says(list, "\"state\":\"succeeded\"");
    end_suite(&suite);
}

static void a_second_run_of_the_same_rerun_is_refused_unless_the_first_has_failed(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_free) char *said = NULL, *again = NULL, *after = NULL;
    static const char *const submit[] = { "calbus", "generation", "submit", "bias", "--no-wait", NULL };
    make_home(f);
    struct suite suite = start_suite(f);
    int status = run_program(f, submit, campaign, &said);
    if (status != 0)
        fail_msg("exit status %d: %s", status, said);
    assert_int_equal(run_program(f, submit, campaign, &again), 4);
    says(again, "Retry it with --rerun 20241210b");
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.run"), 1);
    end_suite(&suite);
    assert_int_equal(
        number(f,
               "WITH lost AS (UPDATE calbus.run SET state = 'failed' RETURNING 1) SELECT count(*) FROM lost"),
        1);
    assert_int_equal(run_program(f, submit, campaign, &after), 69);
    says(after, "the generator is not up");
}

static void nothing_is_written_when_a_variable_is_unset(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_free) char *said = NULL;
    make_home(f);
    assert_int_not_equal(bps(f, "bps_dark.yaml", campaign, &said), 0);
    says(said, "environment variable SELECTION_DARK is not set");
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.run"), 0);
}

static void without_a_generator_it_says_calbus_up(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_free) char *said = NULL;
    make_home(f);
    assert_int_equal(bps(f, "bps_bias.yaml", campaign, &said), 69);
    says(said, "calbus up");
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.run"), 0);
}

/* Submit, and wait until the verification of that RUN has been concluded; what it rests on, as "exposure
 * origin input". */
static char *verified_on(struct fixture *f, const char *template, const char *const *variables,
                         const char *verify_run)
{
    cb_auto(cb_free) char *said = NULL;
    cb_auto(cb_free) char *finished = cb_xasprintf(
        "SELECT count(*) FROM calbus.verification WHERE state = 'finished' AND verify_run LIKE '%s/%%'",
        verify_run);
    cb_auto(cb_free) char *listing = cb_xasprintf(
        "SELECT string_agg(concat_ws(' ', exposure, origin, CASE WHEN was_input THEN 'input' ELSE "
        "'independent' END), "
        "', ' ORDER BY exposure) FROM calbus.verification_exposure JOIN calbus.verification_frame USING "
        "(run_id, exposure) "
        "JOIN calbus.verification USING (run_id) WHERE verdict <> 'NO_DATA' AND verify_run LIKE '%s/%%'",
        verify_run);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    int status = submit(f, template, variables, &said);
    if (status != 0)
        fail_msg("exit status %d: %s", status, said);
    wait_until(f, finished, 1);
    must(cb_db_run(f->db, listing, CB_P0, &rows, &oops));
    return cb_xstrdup(cb_rows_text(rows, 0, 0));
}

static void results_and_report_tell_them_apart(struct fixture *f, const char *const *variables)
{
    static const char *const exposures[] = { "calbus",    "verify",
                                             "exposures", "LSSTComCam/calib/DM-1/demo/biasGen.20241210b",
                                             "--json",    NULL };
    cb_auto(cb_free) char *listed = NULL, *report = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    assert_int_equal(run_program(f, exposures, variables, &listed), 0);
    says(listed, "\"exposure\":2024120800698,\"origin\":\"input\",\"was_input\":true");
    says(listed, "\"exposure\":2024120800699,\"origin\":\"other\",\"was_input\":false");
    must(cb_db_run(f->db, "SELECT report FROM calbus.verification WHERE verify_run LIKE '%.20241210b/%'",
                   CB_P0, &rows, &oops));
    report = read_text(cb_rows_text(rows, 0, 0) + strlen("file://"));
    says(report, ">2024120800698</td><td>input</td><td>yes</td>");
    says(report, ">2024120800699</td><td>other</td><td>no</td>");
}

static void the_expression_given_wins_over_the_environment(struct fixture *f, const char *const *variables)
{
    const char *submit[] = { "calbus",    "generation", "submit",         "bias",          "--rerun",
                             "20241210c", "--no-wait",  "--verify-where", "exposure in (", NULL };
    cb_auto(cb_free) char *refused = NULL, *done = NULL;
    assert_int_not_equal(run_program(f, submit, variables, &refused), 0);
    says(refused, "what to verify bias on");
    submit[8] = "exposure=2024120800697";
    assert_int_equal(run_program(f, submit, variables, &done), 0);
    assert_int_equal(
        number(f,
               "SELECT count(*) FROM calbus.run WHERE options ->> 'verify_where' = 'exposure=2024120800697' "
               "AND output_collection = 'LSSTComCam/calib/DM-1/demo/biasGen.20241210c'"),
        1);
}

static void a_bias_is_verified_on_what_was_selected_or_else_on_its_own_and_the_newest(void **state)
{
    struct fixture *f = *state;
    static const char *const selected[] = CHOSEN("20241210a", "", BOTH, NULL);
    static const char *const by_hand_selected[] =
        CHOSEN("20241210a", "LSSTComCam/calib/DM-1/demo/biasGen.20241210a,", BOTH, NULL);
    static const char *const unselected[] = CHOSEN("20241210b", "", NULL);
    static const char bias[] = TEMPLATES "bps_bias.yaml",
                      verify_bias[] = CB_DEPLOY "/cp_verify/bps/templates/bps_verify_bias.yaml";
    make_home(f);
    struct suite suite = start_suite(f);
    cb_auto(cb_free) char *on =
        verified_on(f, bias, selected, "LSSTComCam/calib/DM-1/demo/verifyBias.20241210a");
    assert_string_equal(on, "2024120800698 selection input, 2024120800699 selection independent");
    cb_auto(cb_free) char *else_on =
        verified_on(f, bias, unselected, "LSSTComCam/calib/DM-1/demo/verifyBias.20241210b");
    assert_string_equal(else_on,
                        "2024120800696 input input, 2024120800697 input input, 2024120800698 input input, "
                        "2024120800699 other independent");
    cb_auto(cb_free) char *by_hand =
        verified_on(f, verify_bias, by_hand_selected, "LSSTComCam/calib/DM-1/demo/verifyBias.20241211z");
    assert_string_equal(by_hand, "2024120800698 selection input, 2024120800699 selection independent");
    assert_int_equal(
        number(f, "SELECT count(*) FROM calbus.verification WHERE verify_run LIKE '%.20241211z/%' AND "
                  "generation_run LIKE 'LSSTComCam/calib/DM-1/demo/biasGen.20241210a/%'"),
        1);
    results_and_report_tell_them_apart(f, unselected);
    the_expression_given_wins_over_the_environment(f, selected);
    end_suite(&suite);
}

#define spec(test) cmocka_unit_test_setup_teardown(test, make_campaign, drop_repository)

int main(void)
{
    const struct CMUnitTest submit[] = {
        spec(submit_returns_when_the_run_has_succeeded),
        spec(a_second_run_of_the_same_rerun_is_refused_unless_the_first_has_failed),
        spec(nothing_is_written_when_a_variable_is_unset),
        spec(without_a_generator_it_says_calbus_up),
        spec(a_bias_is_verified_on_what_was_selected_or_else_on_its_own_and_the_newest),
    };
    return cmocka_run_group_tests_name("bps submit", submit, NULL, NULL);
}
