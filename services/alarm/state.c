/* An alarm's row, its change, and what follows from it. */
#include "state.h"

#include "calbus/v1/alarm.pb-c.h"
#include "io/clock.h"
#include "service/outbox.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

static const char *const verb_names[] = {
    [CB_ALARM_SET_SEVERITY] = "set_severity",
    [CB_ALARM_ACKNOWLEDGE] = "acknowledge",
    [CB_ALARM_UNACKNOWLEDGE] = "unacknowledge",
    [CB_ALARM_MUTE] = "mute",
    [CB_ALARM_UNMUTE] = "unmute",
};

static void read_text(const struct cb_rows *rows, size_t column, char *to, size_t size)
{
    snprintf(to, size, "%s", cb_rows_text(rows, 0, column));
}

static void read_alarm(const struct cb_rows *rows, struct cb_alarm *alarm)
{
    cb_alarm_init(alarm, cb_rows_text(rows, 0, 0));
    alarm->severity = (enum cb_severity)cb_rows_int(rows, 0, 1);
    alarm->max_severity = (enum cb_severity)cb_rows_int(rows, 0, 2);
    read_text(rows, 3, alarm->reason, sizeof alarm->reason);
    alarm->acknowledged = cb_rows_bool(rows, 0, 4);
    read_text(rows, 5, alarm->acknowledged_by, sizeof alarm->acknowledged_by);
    alarm->muted_severity = (enum cb_severity)cb_rows_int(rows, 0, 6);
    read_text(rows, 7, alarm->muted_by, sizeof alarm->muted_by);
    alarm->do_escalate = cb_rows_bool(rows, 0, 8);
    read_text(rows, 9, alarm->escalation_responder, sizeof alarm->escalation_responder);
    int64_t *const times[] = { &alarm->escalation_delay_ns,
                               &alarm->auto_acknowledge_delay_ns,
                               &alarm->auto_unacknowledge_delay_ns,
                               &alarm->severity_oldest_ns,
                               &alarm->severity_newest_ns,
                               &alarm->max_severity_ns,
                               &alarm->acknowledged_ns,
                               &alarm->auto_acknowledge_ns,
                               &alarm->auto_unacknowledge_ns,
                               &alarm->escalate_ns,
                               &alarm->unmute_ns };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = cb_rows_int(rows, 0, 10 + i);
}

static bool load_locked(struct alarm_service *me, struct cb_db *db, const char *name, const char *labels,
                        struct cb_alarm *alarm, struct cb_error *err)
{
    const struct alarm_config *config = &me->config;
    if (!cb_db_run(db, sql_lock_alarm,
                   CB_P(cb_p_text(name), cb_p_text(labels), cb_p_text(config->escalation_responder),
                        cb_p_int(config->escalation_ms * 1000000),
                        cb_p_int(config->auto_acknowledge_ms * 1000000),
                        cb_p_int(config->auto_unacknowledge_ms * 1000000)),
                   NULL, err))
        return false;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_load_alarm, CB_P(cb_p_text(name)), &rows, err))
        return false;
    read_alarm(rows, alarm);
    return true;
}

static bool store(struct cb_db *db, const struct cb_alarm *alarm, struct cb_error *err)
{
    return cb_db_run(db, sql_store_alarm,
                     CB_P(cb_p_text(alarm->name), cb_p_int(alarm->severity), cb_p_int(alarm->max_severity),
                          cb_p_text(alarm->reason), cb_p_bool(alarm->acknowledged),
                          cb_p_text(alarm->acknowledged_by), cb_p_int(alarm->muted_severity),
                          cb_p_text(alarm->muted_by), cb_p_bool(alarm->do_escalate),
                          cb_p_int(alarm->severity_oldest_ns), cb_p_int(alarm->severity_newest_ns),
                          cb_p_int(alarm->max_severity_ns), cb_p_int(alarm->acknowledged_ns),
                          cb_p_int(alarm->auto_acknowledge_ns), cb_p_int(alarm->auto_unacknowledge_ns),
                          cb_p_int(alarm->escalate_ns), cb_p_int(alarm->unmute_ns),
                          cb_p_int(cb_alarm_next_deadline(alarm))),
                     NULL, err);
}

static bool say_state(struct cb_db *db, struct cb_alarm *alarm, int64_t sequence,
                      const struct cb_event *cause, struct cb_error *err)
{
    Calbus__V1__AlarmState state = CALBUS__V1__ALARM_STATE__INIT;
    state.name = alarm->name;
    state.sequence = (uint64_t)sequence;
    state.severity = (Calbus__V1__AlarmSeverity)alarm->severity;
    state.max_severity = (Calbus__V1__AlarmSeverity)alarm->max_severity;
    state.reason = alarm->reason;
    state.acknowledged = alarm->acknowledged;
    state.acknowledged_by = alarm->acknowledged_by;
    state.muted_severity = (Calbus__V1__AlarmSeverity)alarm->muted_severity;
    state.muted_by = alarm->muted_by;
    state.severity_since_tai_ns = alarm->severity_oldest_ns;
    state.escalated_to = alarm->do_escalate ? alarm->escalation_responder : (char *)"";
    Calbus__V1__AlarmStateEvent wrapper = CALBUS__V1__ALARM_STATE_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__ALARM_STATE_EVENT__EVENT_STATE;
    wrapper.state = &state;

    char salt[32];
    snprintf(salt, sizeof salt, "%lld", (long long)sequence);
    const struct cb_outgoing outgoing = {
        .type = "alarm.state", .key = alarm->name, .cause = cause, .salt = salt
    };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

/* Receivers hear of an alarm once it has reached their level, and until it is over. */
static bool wish_deliveries(struct alarm_service *me, struct cb_db *db, const struct cb_alarm *alarm,
                            int64_t sequence, struct cb_error *err)
{
    bool was_worth_telling = alarm->max_severity >= me->min_severity || alarm->severity == CB_SEVERITY_NONE;
    if (!was_worth_telling || (cb_alarm_is_muted(alarm) && alarm->severity <= alarm->muted_severity &&
                               alarm->severity != CB_SEVERITY_NONE))
        return true;
    for (size_t i = 0; i < me->receiver_count; i++)
        if (!cb_db_run(db, sql_want_delivery,
                       CB_P(cb_p_text(me->receivers[i].name), cb_p_text(alarm->name), cb_p_int(sequence)),
                       NULL, err))
            return false;
    return true;
}

static bool publish(struct alarm_service *me, struct cb_db *db, struct cb_alarm *alarm, const char *what,
                    const char *who, int64_t now_ns, const struct cb_event *cause, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_publish_alarm,
                   CB_P(cb_p_text(alarm->name), cb_p_int(now_ns), cb_p_text(what), cb_p_text(who)), &rows,
                   err))
        return false;
    int64_t sequence = cb_rows_int(rows, 0, 0);
    return say_state(db, alarm, sequence, cause, err) && wish_deliveries(me, db, alarm, sequence, err);
}

/* Fire what is overdue, each told on its own. */
static bool fire_overdue(struct alarm_service *me, struct cb_db *db, struct cb_alarm *alarm, int64_t now_ns,
                         struct cb_error *err)
{
    struct cb_alarm_outcome outcome;
    while (cb_alarm_fire(alarm, me->profile, now_ns, &outcome))
        if (!store(db, alarm, err) ||
            (outcome.publish && !publish(me, db, alarm, "timer", "automatic", now_ns, NULL, err)))
            return false;
    return true;
}

bool change_alarm(struct alarm_service *me, struct cb_db *db, const char *name, const char *labels,
                  const struct cb_alarm_command *command, const char *who, const struct cb_event *cause,
                  bool *ret_updated, struct cb_error *err)
{
    struct cb_alarm alarm;
    struct cb_alarm_outcome outcome;
    int64_t now_ns = cb_clock_tai_ns();
    if (!load_locked(me, db, name, labels, &alarm, err) || !fire_overdue(me, db, &alarm, now_ns, err) ||
        !cb_alarm_step(&alarm, me->profile, command, now_ns, &outcome, err) || !store(db, &alarm, err))
        return false;
    if (ret_updated != NULL)
        *ret_updated = outcome.updated;
    return !outcome.publish || publish(me, db, &alarm, verb_names[command->verb], who, now_ns, cause, err);
}

bool report_finding(struct alarm_service *me, struct cb_db *db, const struct finding *finding,
                    const struct cb_event *cause, struct cb_error *err)
{
    struct cb_alarm alarm;
    if (!load_locked(me, db, finding->name, finding->labels, &alarm, err))
        return false;
    bool same_reason = finding->severity == CB_SEVERITY_NONE || strcmp(alarm.reason, finding->reason) == 0;
    if (alarm.severity == finding->severity && same_reason)
        return true;
    const struct cb_alarm_command command = { CB_ALARM_SET_SEVERITY, finding->severity, finding->reason, 0 };
    return change_alarm(me, db, finding->name, finding->labels, &command, "rule", cause, NULL, err);
}

bool fire_alarm(struct alarm_service *me, struct cb_db *db, const char *name, struct cb_error *err)
{
    struct cb_alarm alarm;
    return load_locked(me, db, name, "{}", &alarm, err) &&
           fire_overdue(me, db, &alarm, cb_clock_tai_ns(), err);
}
