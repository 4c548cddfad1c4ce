/* calbus alarm: what is wrong with the camera, and who takes care of it. */
#include "ask.h"
#include "commands.h"

#include "calbus/v1/alarm.pb-c.h"
#include "domain/alarm.h"
#include "io/clock.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_column list_columns[] = {
    { "severity", "SEVERITY", CTL_COL_TEXT },
    { "max_severity", "MAX", CTL_COL_TEXT },
    { "state", "STATE", CTL_COL_TEXT },
    { "name", "NAME", CTL_COL_TEXT },
    { "since", "SINCE (TAI)", CTL_COL_TEXT },
    { "acknowledged_by", "ACKNOWLEDGED BY", CTL_COL_TEXT },
    { "muted", "MUTED", CTL_COL_BOOL },
    { "reason", "REASON", CTL_COL_TEXT },
    { "sequence", NULL, CTL_COL_NUMBER },
    { "labels", NULL, CTL_COL_JSON },
    { .key = NULL },
};

static const struct ctl_flag list_flags[] = {
    { "all", 'a', CTL_FLAG_BOOL, NULL, "Nominal alarms too." },
    { "state", 0, CTL_FLAG_TEXT, "STATE", "Only active, semi-active, acknowledged, stale or nominal ones." },
    { .name = NULL },
};

static bool list(struct ctl *ctl, struct cb_error *err)
{
    return ctl_print_query(
        ctl, "calbus.alarm.list.v1", list_columns, sql_list_alarms,
        CB_P(cb_p_bool(ctl_args_has(&ctl->args, "all")), cb_p_text(ctl_args_text(&ctl->args, "state", ""))),
        err);
}

static const struct ctl_column history_columns[] = {
    { "sequence", "SEQ", CTL_COL_NUMBER },    { "at", "AT (TAI)", CTL_COL_TEXT },
    { "what", "WHAT", CTL_COL_TEXT },         { "who", "WHO", CTL_COL_TEXT },
    { "severity", "SEVERITY", CTL_COL_TEXT }, { "acknowledged", "ACK", CTL_COL_BOOL },
    { "reason", "REASON", CTL_COL_TEXT },     { .key = NULL },
};

static bool history(struct ctl *ctl, struct cb_error *err)
{
    return ctl_print_query(ctl, "calbus.alarm.history.v1", history_columns, sql_list_alarm_history,
                           CB_P(cb_p_text(ctl_word(ctl, 0))), err);
}

static const struct ctl_flag command_flags[] = {
    { "severity", 's', CTL_FLAG_TEXT, "SEVERITY", "Level that was seen, or up to which to mute." },
    { "for", 0, CTL_FLAG_TEXT, "TIME", "How long to mute: 15m, 2h; 1h unless given." },
    { "comment", 'm', CTL_FLAG_TEXT, "TEXT", "A word about it." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

/* The level shown for an alarm now: what "ack" without --severity means by what was seen. */
static bool severity_shown(struct ctl *ctl, const char *name, enum cb_severity *ret_severity,
                           struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_db_run(db, sql_find_alarm_severity, CB_P(cb_p_text(name)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "no alarm \"%s\"; \"calbus alarm list\" shows them", name);
    *ret_severity = (enum cb_severity)cb_rows_int(rows, 0, 0);
    return true;
}

/* "90s", "15m", "2h", "1d" in seconds. */
static bool read_duration(const char *text, uint32_t *ret_s, struct cb_error *err)
{
    static const struct {
        char unit;
        long seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    char *end;
    long number = strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (end == text || end[0] != units[i].unit || end[1] != '\0' || number <= 0 || number > 366L * 86400)
            continue;
        *ret_s = (uint32_t)(number * units[i].seconds);
        return true;
    }
    return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no duration such as 90s, 15m, 2h or 1d", text);
}

static bool command(struct ctl *ctl, struct cb_error *err)
{
    static const struct {
        const char *verb, *action;
        bool needs_severity;
    } actions[] = { { "ack", "acknowledge", true },
                    { "unack", "unacknowledge", false },
                    { "mute", "mute", true },
                    { "unmute", "unmute", false } };
    size_t which = 0;
    while (strcmp(actions[which].verb, ctl->verb) != 0)
        which++;

    const char *given = ctl_args_text(&ctl->args, "severity", NULL);
    enum cb_severity severity = CB_SEVERITY_NONE;
    uint32_t duration_s = 0;
    if (given != NULL && !cb_severity_parse(given, &severity))
        return ctl_refuse(ctl, CTL_USAGE, err, "\"%s\" is no severity: WARNING, SERIOUS or CRITICAL", given);
    if (given == NULL && actions[which].needs_severity &&
        !severity_shown(ctl, ctl_word(ctl, 0), &severity, err))
        return false;
    if (!read_duration(ctl_args_text(&ctl->args, "for", "1h"), &duration_s, err))
        return false;

    char id[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(id);
    Calbus__V1__AlarmCommand asked = CALBUS__V1__ALARM_COMMAND__INIT;
    asked.request_id = id;
    asked.name = (char *)ctl_word(ctl, 0);
    asked.action = (char *)actions[which].action;
    asked.severity = (Calbus__V1__AlarmSeverity)severity;
    asked.duration_s = duration_s;
    asked.user = (char *)ctl_person(ctl);
    asked.comment = (char *)ctl_args_text(&ctl->args, "comment", "");
    Calbus__V1__AlarmEvent wrapper = CALBUS__V1__ALARM_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__ALARM_EVENT__EVENT_COMMAND;
    wrapper.command = &asked;

    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "alarm.command", .key = asked.name };
    if (!ctl_ask(ctl, "alarm", id, &outgoing, &wrapper.base, &result, err))
        return false;
    return ctl_print_answer(ctl, result, err);
}

#define COMMAND(verb, what)                                                                                  \
    {                                                                                                        \
        .name = (verb), .words = "ALARM", .summary = (what),                                                 \
        .examples = "calbus alarm " verb " VerifyFailed.LSSTComCam.bias.4:0", .flags = command_flags,        \
        .least = 1, .most = 1, .run = command                                                                \
    }

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "List the alarms that are not nominal, unacknowledged and severe ones first.",
      .examples = "calbus alarm list --json",
      .flags = list_flags,
      .run = list },
    { .name = "history",
      .words = "ALARM",
      .summary = "What happened to an alarm.",
      .examples = "calbus alarm history VerifyFailed.LSSTComCam.bias.4:0",
      .least = 1,
      .most = 1,
      .run = history },
    COMMAND("ack", "Acknowledge an alarm at the severity that was seen."),
    COMMAND("unack", "Take an acknowledgement back."),
    COMMAND("mute", "Keep an alarm quiet for a while, up to a severity."),
    COMMAND("unmute", "Let an alarm be heard again."),
    { .run = NULL },
};
const struct ctl_noun noun_alarm = { "alarm", "What is wrong with the camera, and who takes care of it.",
                                     verbs, false };
