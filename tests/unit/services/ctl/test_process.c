/* Other processes, known again by id and start time. */
#include "process.h"
#include "support/spec.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct ctl_program shell(char *const *argv)
{
    return (struct ctl_program){
        .argv = argv, .environment = environ, .uid = geteuid(), .gid = getegid(), .output = -1
    };
}

static void gathers_output_and_status(void **state)
{
    (void)state;
    char *const argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"echo out; echo err >&2; pwd; exit 7",
                           NULL };
    const struct ctl_program program = shell(argv);
    cb_auto_bytes struct cb_bytes output = CB_BYTES(1000);
    int status = -1;
    assert_true(ctl_process_run(&program, &output, &status, NULL));
    assert_int_equal(status, 7);
    assert_string_equal(cb_bytes_text(&output), "out\nerr\n/\n");
}

static void a_program_that_is_not_there_ends_with_127(void **state)
{
    (void)state;
    char *const argv[] = { (char *)"/nowhere/program", NULL };
    const struct ctl_program program = shell(argv);
    cb_auto_bytes struct cb_bytes output = CB_BYTES(1000);
    int status = -1;
    assert_true(ctl_process_run(&program, &output, &status, NULL));
    assert_int_equal(status, 127);
    assert_non_null(strstr(cb_bytes_text(&output), "cannot execute \"/nowhere/program\""));
}

static void a_later_process_of_the_same_id_is_another(void **state)
{
    (void)state;
    struct ctl_process me;
    assert_true(ctl_process_find(getpid(), &me));
    assert_true(ctl_process_lives(&me));
    me.started_ticks++;
    assert_false(ctl_process_lives(&me));
    assert_false(ctl_process_lives(&(struct ctl_process){ 0 }));
}

static void ends_one_that_ignores_the_polite_signal(void **state)
{
    (void)state;
    char *const argv[] = { (char *)"/bin/sh", (char *)"-c",
                           (char *)"trap '' TERM; echo ready; while :; do sleep 1; done", NULL };
    struct ctl_program program = shell(argv);
    int ends[2];
    char line[8];
    assert_int_equal(pipe(ends), 0);
    program.output = ends[1];
    struct ctl_process process;
    assert_true(ctl_process_start(&program, &process, NULL));
    close(ends[1]);
    assert_int_equal(read(ends[0], line, 6), 6);
    close(ends[0]);
    ctl_process_end(&process, SIGTERM, 100);
    int status = 0;
    assert_int_equal(waitpid(process.id, &status, 0), process.id);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_false(ctl_process_lives(&process));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers_output_and_status),
        cmocka_unit_test(a_program_that_is_not_there_ends_with_127),
        cmocka_unit_test(a_later_process_of_the_same_id_is_another),
        cmocka_unit_test(ends_one_that_ignores_the_polite_signal),
    };
    return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
