/* Exit statuses of every command; scripts may rely on them (README, "Exit status"). */
#pragma once

#include "base/error.h"

enum ctl_exit {
    CTL_OK = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2,
    CTL_NOT_FOUND = 3,
    CTL_REFUSED = 4,    /* conflict, illegal transition, acknowledged level too low */
    CTL_UNVERIFIED = 5, /* ran correctly, tests failed */
    CTL_PARTIAL = 6,    /* some of several objects failed */
    CTL_BAD_DATA = 65,
    CTL_NO_INPUT = 66,
    CTL_UNAVAILABLE = 69, /* broker, database or a service is not up */
    CTL_SOFTWARE = 70,
    CTL_CANNOT_CREATE = 73,
    CTL_IO = 74,
    CTL_TRY_AGAIN = 75,
    CTL_NO_PERMISSION = 77,
    CTL_BAD_CONFIG = 78,
    CTL_TIMED_OUT = 124
};

/* What an error value means to the shell when the command said nothing more exact. */
enum ctl_exit ctl_exit_of(enum cb_err_kind kind);
/* The word of an exit status in `--json` errors: "not_found", "refused", ... */
const char *ctl_exit_name(enum ctl_exit status);
