/* The suite itself: services that have fallen silent, messages nobody could handle. */
#include "alarm.h"
#include "sql.h"
#include "state.h"

#include <stdio.h>
#include <string.h>

bool watch_heartbeats(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    (void)ret_again;
    struct alarm_service *me = self;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_silent_instances,
                   CB_P(cb_p_double((double)me->config.heartbeat_timeout_ms / 1000.0)), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        const char *service = cb_rows_text(rows, i, 0), *instance = cb_rows_text(rows, i, 1);
        bool silent = cb_rows_bool(rows, i, 2);
        struct finding finding = { .severity = silent ? CB_SEVERITY_SERIOUS : CB_SEVERITY_NONE };
        snprintf(finding.name, sizeof finding.name, "ServiceHeartbeat.%s.%s:0", service, instance);
        /* the sentence does not count the seconds: it would be news at every look */
        snprintf(finding.reason, sizeof finding.reason, "no sign of life from %s %s", service, instance);
        const char *const labels[][2] = { { "alertname", "ServiceHeartbeat" },
                                          { "service", service },
                                          { "instance", instance },
                                          { NULL, NULL } };
        set_labels(&finding, labels);
        if (!report_finding(me, db, &finding, NULL, err))
            return false;
    }
    return true;
}

/* Services whose last dead letter has been dealt with. */
static bool clear_dead_letters(struct alarm_service *me, struct cb_db *db, const struct cb_rows *open,
                               struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *raised = NULL;
    if (!cb_db_run(db, sql_find_alarms_like, CB_P(cb_p_text("DeadLetters.")), &raised, err))
        return false;
    const struct cb_alarm_command none = { CB_ALARM_SET_SEVERITY, CB_SEVERITY_NONE, "", 0 };
    for (size_t i = 0; i < cb_rows_count(raised); i++) {
        bool still = false;
        char name[CB_ALARM_NAME_SIZE];
        for (size_t j = 0; j < cb_rows_count(open); j++) {
            snprintf(name, sizeof name, "DeadLetters.%s:0", cb_rows_text(open, j, 0));
            still = still || strcmp(name, cb_rows_text(raised, i, 0)) == 0;
        }
        if (!still && !change_alarm(me, db, cb_rows_text(raised, i, 0), "{}", &none, "rule", NULL, NULL, err))
            return false;
    }
    return true;
}

bool watch_dead_letters(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    (void)ret_again;
    struct alarm_service *me = self;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_count_dead_letters, CB_P0, &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        struct finding finding = { .severity = CB_SEVERITY_WARNING };
        const char *service = cb_rows_text(rows, i, 0);
        snprintf(finding.name, sizeof finding.name, "DeadLetters.%s:0", service);
        snprintf(finding.reason, sizeof finding.reason, "%lld messages could not be handled, the newest: %s",
                 (long long)cb_rows_int(rows, i, 1), cb_rows_text(rows, i, 2));
        const char *const labels[][2] = { { "alertname", "DeadLetters" },
                                          { "service", service },
                                          { NULL, NULL } };
        set_labels(&finding, labels);
        if (!report_finding(me, db, &finding, NULL, err))
            return false;
    }
    return clear_dead_letters(me, db, rows, err);
}
