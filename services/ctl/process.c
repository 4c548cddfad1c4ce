/* Other processes: starting one, waiting for one, and knowing one again. */
#include "process.h"

#include "scan.h"

#include "base/alloc.h"
#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STAT_SIZE = 1024, CANNOT_EXECUTE = 127, LOOK_AGAIN_MS = 20 };

void ctl_pause_ms(int64_t ms)
{
    poll(NULL, 0, (int)ms);
}

/* ---- knowing ---- */

/* Field 3 (state) and 22 (start time) stand behind the last ')' of /proc/<id>/stat, the name before it may
 * hold anything. */
static bool parse_stat(const char *text, char *ret_state, uint64_t *ret_ticks)
{
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ')
        return false;
    *ret_state = at[2];
    at += 2;
    for (int field = 3; field < 22; field++) {
        at = strchr(at, ' ');
        if (at == NULL)
            return false;
        at++;
    }
    int64_t ticks = 0;
    if (ctl_scan_int(at, &ticks) == NULL)
        return false;
    *ret_ticks = (uint64_t)ticks;
    return true;
}

bool ctl_process_find(pid_t id, struct ctl_process *ret_process)
{
    char path[64], text[STAT_SIZE], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    struct ctl_process process = { .id = id };
    if (n <= 0)
        return false;
    text[n] = '\0';
    if (!parse_stat(text, &state, &process.started_ticks) || state == 'Z' || state == 'X')
        return false;
    *ret_process = process;
    return true;
}

bool ctl_process_lives(const struct ctl_process *process)
{
    struct ctl_process now;
    return process->id > 0 && ctl_process_find(process->id, &now) &&
           now.started_ticks == process->started_ticks;
}

void ctl_process_signal(const struct ctl_process *process, int signal_number)
{
    if (ctl_process_lives(process))
        kill(process->id, signal_number);
}

bool ctl_process_wait_gone(const struct ctl_process *process, int64_t timeout_ms)
{
    int64_t deadline = cb_clock_monotonic_ms() + timeout_ms;
    while (ctl_process_lives(process)) {
        if (cb_clock_monotonic_ms() >= deadline)
            return false;
        ctl_pause_ms(LOOK_AGAIN_MS);
    }
    return true;
}

void ctl_process_end(const struct ctl_process *process, int signal_number, int64_t patience_ms)
{
    ctl_process_signal(process, signal_number);
    if (ctl_process_wait_gone(process, patience_ms))
        return;
    ctl_process_signal(process, SIGKILL);
    (void)ctl_process_wait_gone(process, patience_ms);
}

/* ---- starting ---- */

static bool change_user(const struct ctl_program *program)
{
    if (program->uid == geteuid())
        return true;
    return setgroups(0, NULL) == 0 && setgid(program->gid) == 0 && setuid(program->uid) == 0;
}

static void become(const struct ctl_program *program, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0)
        _exit(CANNOT_EXECUTE);
    if (program->output >= 0 &&
        (dup2(program->output, STDOUT_FILENO) < 0 || dup2(program->output, STDERR_FILENO) < 0))
        _exit(CANNOT_EXECUTE);
    if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0 || (program->detached && setsid() < 0))
        _exit(CANNOT_EXECUTE);
    if (!change_user(program) || chdir("/") != 0)
        _exit(CANNOT_EXECUTE);
    /* after the change of user, which clears it */
    if (program->dies_with_us && (prctl(PR_SET_PDEATHSIG, program->death_signal) != 0 || getppid() != parent))
        _exit(CANNOT_EXECUTE);
    execve(program->argv[0], program->argv, program->environment);
    fprintf(stderr, "cannot execute \"%s\": %s\n", program->argv[0], strerror(errno));
    _exit(CANNOT_EXECUTE);
}

bool ctl_process_start(const struct ctl_program *program, struct ctl_process *ret_process,
                       struct cb_error *err)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t id = fork();
    if (id < 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot make a process for \"%s\": %s", program->argv[0],
                       strerror(errno));
    if (id == 0)
        become(program, parent);
    struct ctl_process process = { .id = id };
    (void)ctl_process_find(id, &process);
    *ret_process = process;
    return true;
}

static void read_all(int fd, struct cb_bytes *output)
{
    char piece[4096];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n > 0)
            cb_bytes_add(output, piece, (size_t)n);
        else if (n == 0 || errno != EINTR)
            return;
    }
}

bool ctl_process_run(const struct ctl_program *program, struct cb_bytes *output, int *ret_status,
                     struct cb_error *err)
{
    struct ctl_program with_output = *program;
    int ends[2] = { -1, -1 };
    if (output != NULL) {
        if (pipe2(ends, O_CLOEXEC) != 0)
            return cb_fail(err, CB_ERR_FATAL, "cannot make a pipe: %s", strerror(errno));
        with_output.output = ends[1];
    }
    struct ctl_process process = { 0 };
    bool started = ctl_process_start(&with_output, &process, err);
    if (output != NULL) {
        close(ends[1]);
        if (started)
            read_all(ends[0], output);
        close(ends[0]);
    }
    if (!started)
        return false;
    int status = 0;
    while (waitpid(process.id, &status, 0) < 0)
        if (errno != EINTR)
            return cb_fail(err, CB_ERR_FATAL, "lost sight of \"%s\": %s", program->argv[0], strerror(errno));
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}
