/* Worker processes: one is killed in the middle of a quantum, another takes it over, and one result is left.
 */
#include "engine/campaign.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define BIAS_OUT "LSSTComCam/calib/DM-1/demo/biasGen.20241210a/run1"
#define WHERE_BIAS "instrument='LSSTComCam' and exposure.observation_type='bias'"
#define DEADLINE_MS 120000

static void pause_ms(long ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* A generator that works and does not plan. There is no broker: work is found in the table. */
static pid_t start_worker(const struct fixture *f, const char *instance)
{
    char *uri = cb_xasprintf("db.uri=%s", getenv("CALBUS_TEST_DB_URI"));
    char *home = cb_xasprintf("CALBUS_HOME=%s/home", f->root);
    char *const argv[] = { (char *)CB_PROGRAMS "/calbus-generator",
                           (char *)"--instance",
                           (char *)instance,
                           (char *)"--set",
                           uri,
                           (char *)"--set",
                           (char *)"generator.roles=worker",
                           (char *)"--set",
                           (char *)"generator.lease=1s",
                           (char *)"--set",
                           (char *)"generator.threads=1",
                           (char *)"--set",
                           (char *)"kafka.bootstrap_servers=127.0.0.1:1",
                           (char *)"--set",
                           (char *)"site.name=usdf",
                           NULL };
    char *const environment[] = { home, (char *)"PATH=/usr/bin:/bin", NULL };
    pid_t child = fork();
    if (child == 0) {
        cb_auto(cb_free) char *log = cb_xasprintf("%s/%s.log", f->root, instance);
        if (freopen(log, "w", stderr) == NULL)
            _exit(126);
        execve(argv[0], argv, environment);
        _exit(127);
    }
    free(uri);
    free(home);
    assert_true(child > 0);
    return child;
}

static void end_worker(pid_t worker, int how)
{
    kill(worker, how);
    waitpid(worker, NULL, 0);
}

/* One number of the database, looked at until it is what is wanted. */
static void wait_until(struct fixture *f, const char *sql, int64_t wanted)
{
    for (int64_t begun = cb_clock_monotonic_ms(); cb_clock_monotonic_ms() - begun < DEADLINE_MS;
         pause_ms(1)) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        must(cb_db_run(f->db, sql, CB_P0, &rows, &oops));
        if (cb_rows_int(rows, 0, 0) == wanted)
            return;
    }
    fail_msg("waited in vain for %lld of: %s", (long long)wanted, sql);
}

static int64_t number(struct fixture *f, const char *sql)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_db_run(f->db, sql, CB_P0, &rows, &oops));
    return cb_rows_int(rows, 0, 0);
}

static void a_worker_killed_in_mid_quantum_is_taken_over(void **state)
{
    struct fixture *f = *state;
    cb_auto_run struct cb_run run = { .id = "" };
    cb_auto(cb_free) char *home = cb_xasprintf("%s/home", f->root);
    assert_int_equal(mkdir(home, 0755), 0);
    request(f, "cpBias", WHERE_BIAS, BIAS_OUT, NULL, 0, &run);
    must(plan(f, &run, &oops));
    pid_t first = start_worker(f, "first");
    wait_until(f, "SELECT count(*) FROM calbus.quantum WHERE state = 'running'", 1);
    end_worker(first, SIGKILL);
    assert_int_equal(number(f, "SELECT count(*) FROM calbus.quantum WHERE state = 'running'"), 1);

    pid_t second = start_worker(f, "second");
    wait_until(f, "SELECT count(*) FROM calbus.run WHERE state = 'succeeded'", 1);
    end_worker(second, SIGTERM);
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
