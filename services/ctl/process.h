/* Other processes: starting one, waiting for one, and knowing one again by its id and start time (ids are
 * used again, so an id alone proves nothing). */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ctl_process {
    pid_t id;
    uint64_t
        started_ticks; /* since boot, from /proc/<id>/stat; tells a process from a later one of the same id */
};

/* What is needed to start a program. */
struct ctl_program {
    char *const *argv; /* argv[0] is the path */
    char *const *environment;
    uid_t uid; /* run as; the same as ours: no change */
    gid_t gid;
    int output;        /* stdout and stderr; -1: as ours */
    bool dies_with_us; /* ended when we end, however we end */
    int death_signal;  /* by which signal */
    bool detached;     /* in a session of its own: outlives our terminal */
};

/* Start it with an empty stdin, no other open files, and "/" as working folder. Errors: FATAL no process can
 * be made. A program that cannot be executed ends with status 127. */
CB_MUST_CHECK bool ctl_process_start(const struct ctl_program *program, struct ctl_process *ret_process,
                                     struct cb_error *err);
/* Run it to its end; what it prints goes to output (NULL: as ours). Errors: FATAL it failed, with its last
 * line. */
CB_MUST_CHECK bool ctl_process_run(const struct ctl_program *program, struct cb_bytes *output,
                                   int *ret_status, struct cb_error *err);

/* The process of this id as it is now; false: there is none, or it has ended and waits to be reaped. */
bool ctl_process_find(pid_t id, struct ctl_process *ret_process);
bool ctl_process_lives(const struct ctl_process *process);
/* Send a signal if it still lives. */
void ctl_process_signal(const struct ctl_process *process, int signal_number);
/* Wait until it has ended (also when it is no child of ours). false: it still lives at the deadline. */
bool ctl_process_wait_gone(const struct ctl_process *process, int64_t timeout_ms);
/* Ask by the signal, wait, then kill. */
void ctl_process_end(const struct ctl_process *process, int signal_number, int64_t patience_ms);

/* Wait a moment between two looks at a condition. */
void ctl_pause_ms(int64_t ms);
