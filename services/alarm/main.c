/* alarm: raises, clears, escalates and tells alarms. */
#include "alarm.h"
#include "base/alloc.h"
#include "deliver.h"
#include "io/http_client.h"
#include "service/metrics.h"

#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct alarm_config, field)
static const struct cb_setting settings[] = {
    { "alarm", "profile", CB_SET_TEXT, AT(profile), "strict", 0, 0,
      "state machine: strict, or watcher as ts_watcher is" },
    { "alarm", "auto_acknowledge", CB_SET_DURATION, AT(auto_acknowledge_ms), "0s", 0, 0,
      "a stale alarm is acknowledged by itself after this; 0s: never" },
    { "alarm", "auto_unacknowledge", CB_SET_DURATION, AT(auto_unacknowledge_ms), "0s", 0, 0,
      "an acknowledgement of a standing alarm lapses after this; 0s: never" },
    { "alarm", "escalation_responder", CB_SET_TEXT, AT(escalation_responder), "", 0, 0,
      "who is called for a critical alarm; empty: nobody" },
    { "alarm", "escalation_delay", CB_SET_DURATION, AT(escalation_ms), "0s", 0, 0,
      "how long a critical alarm waits for somebody before it is escalated" },
    { "alarm", "webhooks", CB_SET_TEXT, AT(webhooks), "", 0, 0, "receivers, NAME=URL,NAME=URL" },
    { "alarm", "min_severity", CB_SET_TEXT, AT(min_severity), "WARNING", 0, 0,
      "receivers hear of alarms from this severity on" },
    { "alarm", "external_url", CB_SET_TEXT, AT(external_url), "http://127.0.0.1:8440/", 0, 0,
      "address of the console, named in messages" },
    { "alarm", "campaign", CB_SET_BOOL, AT(campaign), "false", 0, 0,
      "also raise alarms for newly built calibrations, not only for the daily check" },
    { "alarm", "heartbeat_timeout", CB_SET_DURATION, AT(heartbeat_timeout_ms), "20s", 0, 0,
      "a service that is silent for this long raises an alarm" },
    { "alarm", "webhook_timeout", CB_SET_DURATION, AT(webhook_timeout_ms), "10s", 0, 0,
      "how long a receiver may take to answer" },
    { "alarm", "validity_interval", CB_SET_DURATION, AT(validity_ms), "60s", 100, 86400000,
      "between looks whether what the newest night needs is in force" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

static const struct cb_subscription subscriptions[] = {
    { "test.failed", on_test_failed },
    { "verification.finished", on_verification_finished },
    { "calibration.stale", on_calibration_stale },
    { "calibration.recertified", on_calibration_recertified },
    { "rule.stuck", on_rule_stuck },
    { "rule.ok", on_rule_ok },
    { "deployment.checked", on_deployment_checked },
    { "alarm.command", on_alarm_command },
    { NULL, NULL },
};

/* The interval of the first is set once, by the settings, before the loop begins. */
static struct cb_task tasks[] = {
    { "watch validity", 60000, watch_validity },         { "fire timers", 500, fire_timers },
    { "let go of what was told", 1000, let_go_of_told }, { "watch heartbeats", 5000, watch_heartbeats },
    { "watch dead letters", 5000, watch_dead_letters },  { NULL, 0, NULL },
};

static bool check_config(const struct alarm_config *config, struct cb_error *err)
{
    struct cb_alarm probe;
    cb_alarm_init(&probe, "setting alarm.escalation_*");
    probe.escalation_delay_ns = config->escalation_ms;
    probe.escalation_responder[0] = config->escalation_responder[0];
    if (strcmp(config->profile, "strict") != 0 && strcmp(config->profile, "watcher") != 0)
        return cb_fail(err, CB_ERR_INVALID, "setting alarm.profile: \"%s\" is neither strict nor watcher",
                       config->profile);
    return cb_alarm_check(&probe, err);
}

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    struct alarm_service *me = self;
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    tasks[0].interval_ms = me->config.validity_ms;
    cb_http_client_init();
    cb_metric_define(CB_COUNTER, "calbus_alarm_notifications_total",
                     "Notifications, by receiver and result.");
    if (!check_config(&me->config, err))
        return false;
    me->profile = strcmp(me->config.profile, "watcher") == 0 ? CB_ALARM_WATCHER : CB_ALARM_STRICT;
    if (!cb_severity_parse(me->config.min_severity, &me->min_severity))
        return cb_fail(err, CB_ERR_INVALID, "setting alarm.min_severity: \"%s\" is no severity",
                       me->config.min_severity);
    return parse_receivers(me->config.webhooks, &me->receivers, &me->receiver_count, err);
}

static void stop(void *self)
{
    struct alarm_service *me = self;
    free_receivers(me->receivers, me->receiver_count);
    free(me->index_path);
    me->index_path = NULL;
    me->receivers = NULL;
    me->receiver_count = 0;
}

int main(int argc, char **argv)
{
    static const struct cb_service service = {
        .name = "alarm",
        .summary = "Raise, clear, escalate and tell alarms.",
        .settings = settings,
        .subscriptions = subscriptions,
        .tasks = tasks,
        .work = &alarm_deliveries,
        .start = start,
        .stop = stop,
    };
    struct alarm_service alarm = { 0 };
    return cb_service_main(argc, argv, &service, &alarm, &alarm.config);
}
