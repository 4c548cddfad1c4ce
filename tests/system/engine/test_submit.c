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

struct suite {
    pid_t broker, relay, generator;
};

static struct suite start_suite(struct fixture *f)
{
    static const char *const broker[] = { "calbus-broker", NULL }, *const relay[] = { "calbus-relay", NULL },
                             *const generator[] = { "calbus-generator", NULL };
    struct suite suite = { 0 };
    suite.broker = start_program(f, "broker", broker, NULL);
    suite.relay = start_program(f, "relay", relay, NULL);
    suite.generator = start_program(f, "generator", generator, NULL);
    wait_until(f, "SELECT count(*) FROM calbus.instance WHERE state = 'ready'", 2);
    return suite;
}

static void end_suite(const struct suite *suite)
{
    end_program(suite->generator, SIGTERM);
    end_program(suite->relay, SIGTERM);
    end_program(suite->broker, SIGTERM);
}

static int bps(struct fixture *f, const char *name, const char *const *variables, char **ret_said)
{
    cb_auto(cb_free) char *path = cb_xasprintf(TEMPLATES "%s", name);
    const char *const arguments[] = { "dropin/bps", "submit", path, "--timeout", "100", NULL };
    return run_program(f, arguments, variables, ret_said);
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

#define spec(test) cmocka_unit_test_setup_teardown(test, make_campaign, drop_repository)

int main(void)
{
    const struct CMUnitTest submit[] = {
        spec(submit_returns_when_the_run_has_succeeded),
        spec(nothing_is_written_when_a_variable_is_unset),
        spec(without_a_generator_it_says_calbus_up),
    };
    return cmocka_run_group_tests_name("bps submit", submit, NULL, NULL);
}
