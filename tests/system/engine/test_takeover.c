/* Worker processes: one is killed in the middle of a quantum, another takes it over, and one result is left.
 */
#include "engine/processes.h"

#define BIAS_OUT "LSSTComCam/calib/DM-1/demo/biasGen.20241210a/run1"
#define WHERE_BIAS "instrument='LSSTComCam' and exposure.observation_type='bias'"

/* A generator that works and does not plan. There is no broker: work is found in the table. */
static pid_t start_worker(const struct fixture *f, const char *instance)
{
    const char *const arguments[] = { "calbus-generator",
                                      "--instance",
                                      instance,
                                      "--set",
                                      "generator.roles=worker",
                                      "--set",
                                      "generator.lease=1s",
                                      "--set",
                                      "generator.threads=1",
                                      "--set",
                                      "kafka.bootstrap_servers=127.0.0.1:1",
                                      NULL };
    return start_program(f, instance, arguments, NULL);
}

static void a_worker_killed_in_mid_quantum_is_taken_over(void **state)
{
    struct fixture *f = *state;
    cb_auto_run struct cb_run run = { .id = "" };
    make_home(f);
    request(f, "cpBias", WHERE_BIAS, BIAS_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    pid_t first = start_worker(f, "first");
    wait_until(f, "SELECT count(*) FROM calbus.quantum WHERE state = 'running'", 1);
    end_program(first, SIGKILL);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.quantum WHERE state = 'running'"), 1);

    pid_t second = start_worker(f, "second");
    wait_until(f, "SELECT count(*) FROM calbus.run WHERE state = 'succeeded'", 1);
    end_program(second, SIGTERM);
    assert_int_equal(number(f, "SELECT attempts FROM calbus.quantum"), 2);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.quantum_output WHERE written"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.outbox WHERE type LIKE '%generation.finished%'"),
                     1);
    struct cb_image *image = NULL;
    open_result(f, "bias", NULL, BIAS_OUT, &image, NULL);
    cb_image_free(image);
    cb_auto(cb_free) char *left = cb_xasprintf("%s/.calbus-work", f->root);
    DIR *dir = opendir(left);
    int entries = 0;
    for (struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL; entry = readdir(dir))
        entries += entry->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    assert_int_equal(entries, 0); /* nothing of either worker is left lying about */
}

int main(void)
{
    const struct CMUnitTest takeover[] = {
        cmocka_unit_test_setup_teardown(a_worker_killed_in_mid_quantum_is_taken_over, make_campaign,
                                        drop_repository),
    };
    return cmocka_run_group_tests_name("takeover", takeover, NULL, NULL);
}
