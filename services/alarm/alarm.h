/* The alarm service's state and handlers. */
#pragma once

#include "domain/alarm.h"
#include "service/service.h"

/* What it is told: [alarm] in calbus.conf. Durations in milliseconds. */
struct alarm_config {
    char *profile;               /* "strict" or "watcher" */
    int64_t auto_acknowledge_ms; /* 0: never */
    int64_t auto_unacknowledge_ms;
    char *escalation_responder; /* "": never escalated */
    int64_t escalation_ms;
    char *webhooks;     /* "name=url,name=url": receivers of every change at or above min_severity */
    char *min_severity; /* WARNING, SERIOUS or CRITICAL */
    char *external_url; /* what messages name as their origin: the console */
    bool campaign;      /* also raise for newly built calibrations, not only for the daily check */
    int64_t heartbeat_timeout_ms;
    int64_t webhook_timeout_ms;
    int64_t validity_ms; /* between looks for gaps of validity */
};

struct receiver {
    char *name;
    char *url;
};

struct alarm_service {
    struct alarm_config config;
    char *index_path; /* the repository index, $CALBUS_HOME/repositories.yaml */
    enum cb_alarm_profile profile;
    enum cb_severity min_severity;
    struct receiver *receivers;
    size_t receiver_count;
};

bool on_test_failed(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_verification_finished(void *self, struct cb_db *db, const struct cb_event *event,
                              struct cb_error *err);
bool on_calibration_stale(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_calibration_recertified(void *self, struct cb_db *db, const struct cb_event *event,
                                struct cb_error *err);
bool on_rule_stuck(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_rule_ok(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_deployment_checked(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_alarm_command(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);

/* Timers that have run out: auto-acknowledge, auto-unacknowledge, escalate, unmute. */
bool let_go_of_told(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
bool fire_timers(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
/* Services that have fallen silent. */
bool watch_heartbeats(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
/* Gaps of validity in default chains. */
bool watch_validity(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
/* Messages nobody could handle. */
bool watch_dead_letters(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);

/* "name=url,..." to a list; CB_ERR_INVALID names the part that is neither. */
CB_MUST_CHECK bool parse_receivers(const char *text, struct receiver **ret_receivers, size_t *ret_count,
                                   struct cb_error *err);
void free_receivers(struct receiver *receivers, size_t count);
