/* Programs of the suite, run by a test: started, ended by their id, their words kept in files. */
#pragma once

#include "engine/campaign.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define DEADLINE_MS 120000
#define VARIABLES_MAX 40

static inline void pause_ms(long ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* $CALBUS_HOME below the repository's folder, with the settings that every program needs. */
static inline void make_home(const struct fixture *f)
{
    cb_auto(cb_free) char *home = cb_xasprintf("%s/home", f->root);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/calbus.conf", home);
    cb_auto(cb_free) char *text =
        cb_xasprintf("[db]\nuri = %s\n[service]\nheartbeat = 500ms\n", getenv("CALBUS_TEST_DB_URI"));
    cb_auto(cb_free) char *index = cb_xasprintf("%s/repositories.yaml", home);
    assert_int_equal(mkdir(home, 0755), 0);
    write_file(path, text);
    must(cb_repo_index_put(index, "/repo/main", f->root, &oops));
}

/* Start a program. variables: further "NAME=value", ended by NULL; may be NULL. What it says goes to
 * <root>/<name>.log. */
static inline pid_t start_program(const struct fixture *f, const char *name, const char *const *arguments,
                                  const char *const *variables)
{
    cb_auto(cb_free) char *program = cb_xasprintf("%s/%s", CB_PROGRAMS, *arguments);
    cb_auto(cb_free) char *home = cb_xasprintf("CALBUS_HOME=%s/home", f->root);
    cb_auto(cb_free) char *index =
        cb_xasprintf("DAF_BUTLER_REPOSITORY_INDEX=%s/home/repositories.yaml", f->root);
    cb_auto(cb_free) char *log = cb_xasprintf("%s/%s.log", f->root, name);
    const char *environment[VARIABLES_MAX] = { home, index, "PATH=/usr/bin:/bin", "HOME=/nonexistent" };
    for (size_t n = 4; variables != NULL && *variables != NULL && n < VARIABLES_MAX - 1; variables++)
        environment[n++] = *variables;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when an assertion ends the test */
        int file = open(log, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
        dup2(file, STDOUT_FILENO);
        dup2(file, STDERR_FILENO);
        execve(program, (char *const *)arguments, (char *const *)environment);
        _exit(127);
    }
    assert_true(child > 0);
    return child;
}

static inline void end_program(pid_t program, int how)
{
    kill(program, how);
    waitpid(program, NULL, 0);
}

/* Run a program to its end. Returns its exit status; *ret_said is what it said, to be freed. */
static inline int run_program(const struct fixture *f, const char *const *arguments,
                              const char *const *variables, char **ret_said)
{
    cb_auto_bytes struct cb_bytes said = CB_BYTES(1U << 20);
    cb_auto(cb_free) char *log = cb_xasprintf("%s/run.log", f->root);
    char part[4096];
    int status = 0;
    waitpid(start_program(f, "run", arguments, variables), &status, 0);
    FILE *file = fopen(log, "r");
    assert_non_null(file);
    for (size_t got = 0; (got = fread(part, 1, sizeof part, file)) > 0;)
        cb_bytes_add(&said, part, got);
    fclose(file);
    *ret_said = cb_bytes_steal(&said);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int64_t number(struct fixture *f, const char *sql)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_db_run(f->db, sql, CB_P0, &rows, &oops));
    return cb_rows_int(rows, 0, 0);
}

/* One number of the database, looked at until it is what is wanted. */
static inline void wait_until(struct fixture *f, const char *sql, int64_t wanted)
{
    for (int64_t begun = cb_clock_monotonic_ms(); cb_clock_monotonic_ms() - begun < DEADLINE_MS;
         pause_ms(1)) {
        if (number(f, sql) == wanted)
            return;
    }
    fail_msg("waited in vain for %lld of: %s", (long long)wanted, sql);
}
