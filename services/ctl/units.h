/* The processes of a running suite, as the supervisor last wrote them into $CALBUS_HOME/run/units. */
#pragma once

#include "layout.h"
#include "process.h"

enum ctl_unit_state {
    CTL_UNIT_IDLE, /* not started yet: waits for the database to be set up */
    CTL_UNIT_RUNNING,
    CTL_UNIT_WAITING, /* has ended, will be started again */
    CTL_UNIT_STOPPED
};

enum { CTL_UNIT_NAME = 48, CTL_MOST_UNITS = 128 };

struct ctl_unit {
    char name[CTL_UNIT_NAME]; /* "generator.2": service and instance */
    enum ctl_unit_state state;
    struct ctl_process process; /* of RUNNING */
    int64_t since_unix_ms;      /* when it entered the state */
    int restarts;               /* since the supervisor's start */
    int last_status;            /* of the last end: exit status or 128 + signal; -1: has not ended yet */
};

struct ctl_suite {
    char broker[16]; /* "mock", "kafka", "external" */
    struct ctl_process supervisor;
    size_t n_units;
    struct ctl_unit units[CTL_MOST_UNITS];
};

const char *ctl_unit_state_name(enum ctl_unit_state state);

/* Written by rename. Errors: as cb_file_replace. */
CB_MUST_CHECK bool ctl_suite_write(const struct ctl_layout *layout, const struct ctl_suite *suite,
                                   struct cb_error *err);
/* What was written last; all zeros when there is no such file, or when it is not one. */
void ctl_suite_read(const struct ctl_layout *layout, struct ctl_suite *ret_suite);
bool ctl_suite_is_up(const struct ctl_suite *suite); /* its supervisor lives */
const struct ctl_unit *ctl_suite_find(const struct ctl_suite *suite, const char *name); /* NULL: absent */

/* The text form, one line each; pure. */
void ctl_suite_format(const struct ctl_suite *suite, struct cb_bytes *out);
bool ctl_suite_parse(const char *text, struct ctl_suite *ret_suite);
