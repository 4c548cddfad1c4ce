/* The alarm state machine: ts_watcher's alarm as a pure function of (state, command, now).
 *
 * Timers are deadlines in the state, fired by cb_alarm_fire in order of deadline (ties: auto-acknowledge,
 * auto-unacknowledge, escalation, unmute). Times are TAI nanoseconds since 1970, 0 is "none".
 *
 * Source   lsst-ts/ts_watcher python/lsst/ts/watcher/alarm.py, as described by alarms.md section 2
 * Differs  profile CB_ALARM_WATCHER: not at all. CB_ALARM_STRICT (the default): Q1 a severity above the muted
 * level unmutes; Q2 no escalation while muted at or above the severity; Q3 escalation starts again whenever
 * severity becomes CRITICAL unacknowledged and unmuted; Q5 a repeated acknowledgement publishes; Q9 rising
 * above the acknowledged level cancels auto-unacknowledge (alarms.md section 4). */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Values of the wire (alarms.md 1.1). */
enum cb_severity {
    CB_SEVERITY_NONE = 1,
    CB_SEVERITY_WARNING = 2,
    CB_SEVERITY_SERIOUS = 3,
    CB_SEVERITY_CRITICAL = 4
};

const char *cb_severity_name(enum cb_severity severity); /* "NONE", "WARNING", "SERIOUS", "CRITICAL" */
bool cb_severity_parse(const char *text, enum cb_severity *ret_severity); /* either case */

enum cb_alarm_profile { CB_ALARM_STRICT, CB_ALARM_WATCHER };

enum { CB_ALARM_NAME_SIZE = 256, CB_ALARM_REASON_SIZE = 4097, CB_ALARM_USER_SIZE = 129 };

struct cb_alarm {
    char name[CB_ALARM_NAME_SIZE]; /* "VerifyFailed.LSSTComCam.bias.4:0" */
    enum cb_severity severity;     /* as the rule reports it now */
    enum cb_severity max_severity; /* highest since the last reset */
    char reason[CB_ALARM_REASON_SIZE];
    bool acknowledged; /* means nothing while nominal */
    char acknowledged_by[CB_ALARM_USER_SIZE];
    enum cb_severity muted_severity; /* NONE: not muted */
    char muted_by[CB_ALARM_USER_SIZE];
    bool do_escalate;                              /* the escalation timer has fired */
    char escalation_responder[CB_ALARM_USER_SIZE]; /* "": never escalated */
    int64_t escalation_delay_ns;                   /* 0: never */
    int64_t auto_acknowledge_delay_ns;
    int64_t auto_unacknowledge_delay_ns;
    int64_t severity_oldest_ns; /* when severity last changed */
    int64_t severity_newest_ns; /* last set_severity that was not ignored */
    int64_t max_severity_ns;
    int64_t acknowledged_ns;
    int64_t auto_acknowledge_ns; /* deadlines, 0: no timer */
    int64_t auto_unacknowledge_ns;
    int64_t escalate_ns; /* deadline, or when it fired while do_escalate */
    int64_t unmute_ns;
};

/* A nominal alarm without delays. The name must fit and is copied. */
void cb_alarm_init(struct cb_alarm *alarm, const char *name);

/* Delays must not be negative, and an escalation delay of 0 goes with an empty responder and only with it.
 * Errors: CB_ERR_INVALID */
CB_MUST_CHECK bool cb_alarm_check(const struct cb_alarm *alarm, struct cb_error *err);

enum cb_alarm_verb {
    CB_ALARM_SET_SEVERITY,  /* severity, text = reason */
    CB_ALARM_ACKNOWLEDGE,   /* severity, text = user */
    CB_ALARM_UNACKNOWLEDGE, /* escalates if CRITICAL */
    CB_ALARM_MUTE,          /* severity, text = user, duration_ns */
    CB_ALARM_UNMUTE,
};

struct cb_alarm_command {
    enum cb_alarm_verb verb;
    enum cb_severity severity;
    const char *text;
    int64_t duration_ns;
};

struct cb_alarm_outcome {
    bool updated; /* the command had an effect */
    bool publish; /* tell the world the whole record */
};

/* One command. On failure nothing has changed, except that acknowledging below max_severity never does.
 * Errors: CB_ERR_INVALID  a severity that is none, a duration not above 0, muting at NONE
 *         CB_ERR_CONFLICT acknowledging below max_severity: it got worse than what was seen */
CB_MUST_CHECK bool cb_alarm_step(struct cb_alarm *alarm, enum cb_alarm_profile profile,
                                 const struct cb_alarm_command *command, int64_t now_ns,
                                 struct cb_alarm_outcome *ret_outcome, struct cb_error *err);

/* The earliest deadline, 0 when no timer runs. */
int64_t cb_alarm_next_deadline(const struct cb_alarm *alarm);
/* Fire the earliest timer if its deadline is not after now; false when none was due. Call until false. */
bool cb_alarm_fire(struct cb_alarm *alarm, enum cb_alarm_profile profile, int64_t now_ns,
                   struct cb_alarm_outcome *ret_outcome);

bool cb_alarm_is_nominal(const struct cb_alarm *alarm);
bool cb_alarm_is_muted(const struct cb_alarm *alarm);
/* "nominal", "active", "semi-active", "acknowledged" or "stale" (alarms.md 2.8; muted is said beside it). */
const char *cb_alarm_state_name(const struct cb_alarm *alarm);
