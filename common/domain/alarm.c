/* The alarm state machine; the numbers in comments are those of alarms.md section 2. */
#include "domain/alarm.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const severity_names[] = { "", "NONE", "WARNING", "SERIOUS", "CRITICAL" };

const char *cb_severity_name(enum cb_severity severity)
{
    return severity >= CB_SEVERITY_NONE && severity <= CB_SEVERITY_CRITICAL ? severity_names[severity]
                                                                            : "UNKNOWN";
}

bool cb_severity_parse(const char *text, enum cb_severity *ret_severity)
{
    for (int i = CB_SEVERITY_NONE; i <= CB_SEVERITY_CRITICAL; i++) {
        if (strcasecmp(text, severity_names[i]) != 0)
            continue;
        *ret_severity = (enum cb_severity)i;
        return true;
    }
    return false;
}

/* Copy text, cut on a UTF-8 boundary when it is too long. */
static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);
    if (from[length] != '\0')
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80)
            length--;
    memmove(to, from, length);
    to[length] = '\0';
}

void cb_alarm_init(struct cb_alarm *alarm, const char *name)
{
    memset(alarm, 0, sizeof *alarm);
    copy_text(alarm->name, sizeof alarm->name, name);
    alarm->severity = alarm->max_severity = alarm->muted_severity = CB_SEVERITY_NONE;
}

bool cb_alarm_check(const struct cb_alarm *alarm, struct cb_error *err)
{
    if (alarm->auto_acknowledge_delay_ns < 0 || alarm->auto_unacknowledge_delay_ns < 0 ||
        alarm->escalation_delay_ns < 0)
        return cb_fail(err, CB_ERR_INVALID, "alarm \"%s\": a delay is negative", alarm->name);
    if ((alarm->escalation_delay_ns == 0) != (alarm->escalation_responder[0] == '\0'))
        return cb_fail(err, CB_ERR_INVALID,
                       "alarm \"%s\": an escalation needs both a responder and a delay above 0", alarm->name);
    return true;
}

bool cb_alarm_is_nominal(const struct cb_alarm *alarm)
{
    return alarm->severity == CB_SEVERITY_NONE && alarm->max_severity == CB_SEVERITY_NONE;
}

bool cb_alarm_is_muted(const struct cb_alarm *alarm)
{
    return alarm->muted_severity != CB_SEVERITY_NONE;
}

const char *cb_alarm_state_name(const struct cb_alarm *alarm)
{
    if (cb_alarm_is_nominal(alarm))
        return "nominal";
    if (alarm->severity == CB_SEVERITY_NONE)
        return "stale";
    if (alarm->acknowledged)
        return "acknowledged";
    return alarm->severity == alarm->max_severity ? "active" : "semi-active";
}

static bool is_severity(enum cb_severity severity)
{
    return severity >= CB_SEVERITY_NONE && severity <= CB_SEVERITY_CRITICAL;
}

static bool escalation_is_running(const struct cb_alarm *alarm)
{
    return alarm->escalate_ns != 0 && !alarm->do_escalate;
}

/* 2.6, timer E; a running one is replaced. */
static void start_escalation(struct cb_alarm *alarm, enum cb_alarm_profile profile, int64_t now_ns)
{
    if (alarm->escalation_delay_ns <= 0 || alarm->escalation_responder[0] == '\0')
        return;
    if (profile == CB_ALARM_STRICT && cb_alarm_is_muted(alarm) && alarm->severity <= alarm->muted_severity)
        return; /* Q2 */
    alarm->escalate_ns = now_ns + alarm->escalation_delay_ns;
    alarm->do_escalate = false;
}

static void clear_acknowledgement(struct cb_alarm *alarm, int64_t now_ns)
{
    alarm->acknowledged = false;
    alarm->acknowledged_by[0] = '\0';
    alarm->acknowledged_ns = now_ns;
}

static void clear_mute(struct cb_alarm *alarm)
{
    alarm->muted_severity = CB_SEVERITY_NONE;
    alarm->muted_by[0] = '\0';
    alarm->unmute_ns = 0;
}

/* 2.1 step 7: the condition is gone. */
static void set_none(struct cb_alarm *alarm, int64_t now_ns)
{
    if (alarm->acknowledged) {
        alarm->reason[0] = '\0';
        clear_acknowledgement(alarm, now_ns);
        alarm->do_escalate = false;
        alarm->max_severity = CB_SEVERITY_NONE;
        alarm->max_severity_ns = now_ns;
        alarm->auto_acknowledge_ns = alarm->auto_unacknowledge_ns = 0;
    } else if (alarm->auto_acknowledge_delay_ns > 0 && alarm->auto_acknowledge_ns == 0) {
        alarm->auto_acknowledge_ns = now_ns + alarm->auto_acknowledge_delay_ns;
    }
}

/* 2.1 step 8: there is a condition; was_critical tells whether it was CRITICAL before. */
static void set_active(struct cb_alarm *alarm, enum cb_alarm_profile profile, bool was_critical,
                       int64_t now_ns)
{
    alarm->auto_acknowledge_ns = 0;
    bool rises = alarm->severity > alarm->max_severity;
    if (rises) {
        if (alarm->acknowledged) {
            clear_acknowledgement(alarm, now_ns);
            if (profile == CB_ALARM_STRICT)
                alarm->auto_unacknowledge_ns = 0; /* Q9 */
        }
        alarm->max_severity = alarm->severity;
        alarm->max_severity_ns = now_ns;
    }
    if (profile == CB_ALARM_STRICT && cb_alarm_is_muted(alarm) && alarm->severity > alarm->muted_severity)
        clear_mute(alarm); /* Q1 */

    bool becomes_critical = alarm->severity == CB_SEVERITY_CRITICAL && !was_critical;
    bool again = profile == CB_ALARM_STRICT && becomes_critical && !alarm->acknowledged; /* Q3 */
    if (alarm->severity == CB_SEVERITY_CRITICAL && (rises || again))
        start_escalation(alarm, profile, now_ns);
}

static bool set_severity(struct cb_alarm *alarm, enum cb_alarm_profile profile,
                         const struct cb_alarm_command *command, int64_t now_ns,
                         struct cb_alarm_outcome *outcome)
{
    if (command->severity == CB_SEVERITY_NONE && cb_alarm_is_nominal(alarm))
        return true;

    bool was_critical = alarm->severity == CB_SEVERITY_CRITICAL;
    if (command->severity != alarm->severity) {
        alarm->severity = command->severity;
        alarm->severity_oldest_ns = now_ns;
    }
    if (alarm->severity != CB_SEVERITY_NONE)
        copy_text(alarm->reason, sizeof alarm->reason, command->text != NULL ? command->text : "");
    if (alarm->severity != CB_SEVERITY_CRITICAL && escalation_is_running(alarm))
        alarm->escalate_ns = 0;
    alarm->severity_newest_ns = now_ns;
    if (alarm->severity == CB_SEVERITY_NONE)
        set_none(alarm, now_ns);
    else
        set_active(alarm, profile, was_critical, now_ns);
    outcome->updated = outcome->publish = true;
    return true;
}

/* 2.2 step 4: acknowledged before. */
static void acknowledge_again(struct cb_alarm *alarm, enum cb_alarm_profile profile, int64_t now_ns,
                              struct cb_alarm_outcome *outcome)
{
    if (alarm->severity == CB_SEVERITY_NONE || alarm->auto_unacknowledge_delay_ns <= 0)
        return;
    alarm->auto_unacknowledge_ns = now_ns + alarm->auto_unacknowledge_delay_ns;
    outcome->updated = true;
    outcome->publish = profile == CB_ALARM_STRICT; /* Q5 */
}

static bool acknowledge(struct cb_alarm *alarm, enum cb_alarm_profile profile,
                        const struct cb_alarm_command *command, int64_t now_ns,
                        struct cb_alarm_outcome *outcome, struct cb_error *err)
{
    if (command->severity < alarm->max_severity)
        return cb_fail(err, CB_ERR_CONFLICT,
                       "alarm \"%s\" is at %s by now, above the %s that is acknowledged", alarm->name,
                       cb_severity_name(alarm->max_severity), cb_severity_name(command->severity));

    alarm->auto_acknowledge_ns = alarm->auto_unacknowledge_ns = alarm->escalate_ns = 0;
    alarm->do_escalate = false;
    if (cb_alarm_is_nominal(alarm))
        return true;
    if (alarm->acknowledged) {
        acknowledge_again(alarm, profile, now_ns, outcome);
        return true;
    }

    if (alarm->severity == CB_SEVERITY_NONE) {
        alarm->max_severity = CB_SEVERITY_NONE;
    } else {
        if (alarm->auto_unacknowledge_delay_ns > 0)
            alarm->auto_unacknowledge_ns = now_ns + alarm->auto_unacknowledge_delay_ns;
        alarm->max_severity = command->severity;
    }
    alarm->acknowledged = true;
    copy_text(alarm->acknowledged_by, sizeof alarm->acknowledged_by,
              command->text != NULL ? command->text : "");
    alarm->acknowledged_ns = alarm->max_severity_ns = now_ns;
    outcome->updated = outcome->publish = true;
    return true;
}

static void unacknowledge(struct cb_alarm *alarm, enum cb_alarm_profile profile, bool escalate,
                          int64_t now_ns, struct cb_alarm_outcome *outcome)
{
    alarm->auto_unacknowledge_ns = 0;
    if (cb_alarm_is_nominal(alarm) || !alarm->acknowledged)
        return;
    clear_acknowledgement(alarm, now_ns);
    if (escalate && alarm->max_severity == CB_SEVERITY_CRITICAL)
        start_escalation(alarm, profile, now_ns);
    outcome->updated = outcome->publish = true;
}

static bool mute(struct cb_alarm *alarm, const struct cb_alarm_command *command, int64_t now_ns,
                 struct cb_alarm_outcome *outcome, struct cb_error *err)
{
    if (command->duration_ns <= 0)
        return cb_fail(err, CB_ERR_INVALID, "alarm \"%s\" cannot be muted for no time", alarm->name);
    if (command->severity == CB_SEVERITY_NONE)
        return cb_fail(err, CB_ERR_INVALID, "alarm \"%s\" cannot be muted at NONE", alarm->name);

    alarm->escalate_ns = 0;
    copy_text(alarm->muted_by, sizeof alarm->muted_by, command->text != NULL ? command->text : "");
    alarm->muted_severity = command->severity;
    alarm->unmute_ns = now_ns + command->duration_ns;
    outcome->updated = outcome->publish = true;
    return true;
}

static void unmute(struct cb_alarm *alarm, enum cb_alarm_profile profile, int64_t now_ns,
                   struct cb_alarm_outcome *outcome)
{
    clear_mute(alarm);
    if (alarm->max_severity == CB_SEVERITY_CRITICAL && !alarm->acknowledged)
        start_escalation(alarm, profile, now_ns);
    outcome->updated = outcome->publish = true;
}

bool cb_alarm_step(struct cb_alarm *alarm, enum cb_alarm_profile profile,
                   const struct cb_alarm_command *command, int64_t now_ns,
                   struct cb_alarm_outcome *ret_outcome, struct cb_error *err)
{
    *ret_outcome = (struct cb_alarm_outcome){ 0 };
    bool needs_severity = command->verb == CB_ALARM_SET_SEVERITY || command->verb == CB_ALARM_ACKNOWLEDGE ||
                          command->verb == CB_ALARM_MUTE;
    if (needs_severity && !is_severity(command->severity))
        return cb_fail(err, CB_ERR_INVALID, "alarm \"%s\": %d is no severity", alarm->name,
                       (int)command->severity);

    switch (command->verb) {
    case CB_ALARM_SET_SEVERITY:
        return set_severity(alarm, profile, command, now_ns, ret_outcome);
    case CB_ALARM_ACKNOWLEDGE:
        return acknowledge(alarm, profile, command, now_ns, ret_outcome, err);
    case CB_ALARM_UNACKNOWLEDGE:
        unacknowledge(alarm, profile, true, now_ns, ret_outcome);
        return true;
    case CB_ALARM_MUTE:
        return mute(alarm, command, now_ns, ret_outcome, err);
    case CB_ALARM_UNMUTE:
        unmute(alarm, profile, now_ns, ret_outcome);
        return true;
    }
    return cb_fail(err, CB_ERR_INVALID, "alarm \"%s\": unrecognized command %d", alarm->name,
                   (int)command->verb);
}

/* The running timers in the order in which ties are fired. */
enum { TIMER_ACKNOWLEDGE, TIMER_UNACKNOWLEDGE, TIMER_ESCALATE, TIMER_UNMUTE, TIMERS };

static int earliest_timer(const struct cb_alarm *alarm, int64_t *ret_deadline_ns)
{
    const int64_t deadline_ns[TIMERS] = {
        [TIMER_ACKNOWLEDGE] = alarm->auto_acknowledge_ns,
        [TIMER_UNACKNOWLEDGE] = alarm->auto_unacknowledge_ns,
        [TIMER_ESCALATE] = escalation_is_running(alarm) ? alarm->escalate_ns : 0,
        [TIMER_UNMUTE] = alarm->unmute_ns,
    };
    int first = TIMERS;
    *ret_deadline_ns = 0;
    for (int i = 0; i < TIMERS; i++) {
        if (deadline_ns[i] == 0 || (first != TIMERS && deadline_ns[i] >= *ret_deadline_ns))
            continue;
        first = i;
        *ret_deadline_ns = deadline_ns[i];
    }
    return first;
}

int64_t cb_alarm_next_deadline(const struct cb_alarm *alarm)
{
    int64_t deadline_ns;
    (void)earliest_timer(alarm, &deadline_ns);
    return deadline_ns;
}

bool cb_alarm_fire(struct cb_alarm *alarm, enum cb_alarm_profile profile, int64_t now_ns,
                   struct cb_alarm_outcome *ret_outcome)
{
    int64_t deadline_ns;
    int timer = earliest_timer(alarm, &deadline_ns);
    *ret_outcome = (struct cb_alarm_outcome){ 0 };
    if (timer == TIMERS || deadline_ns > now_ns)
        return false;

    const struct cb_alarm_command automatic = { CB_ALARM_ACKNOWLEDGE, alarm->max_severity, "automatic", 0 };
    switch (timer) {
    case TIMER_ACKNOWLEDGE:
        /* cannot fail: the severity is the highest there was */
        (void)!acknowledge(alarm, profile, &automatic, now_ns, ret_outcome, NULL);
        alarm->auto_acknowledge_ns = 0;
        break;
    case TIMER_UNACKNOWLEDGE:
        unacknowledge(alarm, profile, false, now_ns, ret_outcome);
        break;
    case TIMER_ESCALATE:
        alarm->do_escalate = true;
        ret_outcome->updated = ret_outcome->publish = true;
        break;
    default:
        unmute(alarm, profile, now_ns, ret_outcome);
        break;
    }
    return true;
}
