/* Telling receivers: each due delivery is a job under a lease, posted from a worker thread. */
#include "deliver.h"

#include "alarm.h"
#include "base/alloc.h"
#include "calbus/v1/alarm.pb-c.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "service/metrics.h"
#include "service/outbox.h"
#include "sql.h"
#include "webhook.h"

#include <stdio.h>
#include <string.h>

enum { LEASE_S = 10, RETRY_FIRST_S = 1, RETRY_MOST_S = 60 };

struct delivery {
    char *receiver, *labels;
    struct cb_alarm alarm;
    int64_t sequence, token, attempts, starts_at_tai_ns;
    bool was_firing;
    bool posted; /* the receiver has it: not so when there is nothing to tell, or nobody any more */
};

static void release(void *self, void *context)
{
    (void)self;
    struct delivery *job = context;
    free(job->receiver);
    free(job->labels);
    free(job);
}

static struct delivery *read_delivery(const struct cb_rows *rows)
{
    struct delivery *job = cb_xalloc(sizeof *job);
    job->receiver = cb_xstrdup(cb_rows_text(rows, 0, 0));
    cb_alarm_init(&job->alarm, cb_rows_text(rows, 0, 1));
    job->sequence = cb_rows_int(rows, 0, 2);
    job->token = cb_rows_int(rows, 0, 3);
    job->attempts = cb_rows_int(rows, 0, 4);
    job->was_firing = cb_rows_bool(rows, 0, 5);
    job->starts_at_tai_ns = cb_rows_int(rows, 0, 6);
    job->alarm.severity = (enum cb_severity)cb_rows_int(rows, 0, 7);
    job->alarm.max_severity = (enum cb_severity)cb_rows_int(rows, 0, 8);
    snprintf(job->alarm.reason, sizeof job->alarm.reason, "%s", cb_rows_text(rows, 0, 9));
    job->alarm.acknowledged = cb_rows_bool(rows, 0, 10);
    snprintf(job->alarm.acknowledged_by, sizeof job->alarm.acknowledged_by, "%s", cb_rows_text(rows, 0, 11));
    job->labels = cb_xstrdup(cb_rows_text(rows, 0, 12));
    job->alarm.severity_oldest_ns = cb_rows_int(rows, 0, 13);
    /* an alarm that goes on firing keeps the start that was told */
    if (!job->was_firing || job->starts_at_tai_ns == 0)
        job->starts_at_tai_ns = job->alarm.severity_oldest_ns;
    return job;
}

static bool claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err)
{
    (void)self;
    (void)owner;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_claim_delivery, CB_P(cb_p_int(LEASE_S)), &rows, err))
        return false;
    *ret_job = cb_rows_count(rows) > 0 ? read_delivery(rows) : NULL;
    return true;
}

static const char *url_of(const struct alarm_service *me, const char *receiver)
{
    for (size_t i = 0; i < me->receiver_count; i++)
        if (strcmp(me->receivers[i].name, receiver) == 0)
            return me->receivers[i].url;
    return NULL;
}

static bool post(const struct alarm_service *me, const char *url, const struct cb_bytes *payload,
                 struct cb_error *err)
{
    const char *const headers[] = { "Content-Type: application/json", "User-Agent: Alertmanager/calbus",
                                    NULL };
    const struct cb_http_call call = { .method = "POST",
                                       .url = url,
                                       .headers = headers,
                                       .body = payload->data,
                                       .body_size = payload->size,
                                       .timeout_ms = me->config.webhook_timeout_ms,
                                       .answer_max = 65536 };
    struct cb_http_answer answer __attribute__((cleanup(cb_http_answer_done_at_exit))) = { 0 };
    if (!cb_http_ask(&call, &answer, err))
        return false;
    if (answer.status / 100 == 2)
        return true;
    /* 5xx may pass; anything else will be the same next time, but the receiver may be mended: both are tried
     * again */
    return cb_fail(err, CB_ERR_TRANSIENT, "the receiver answered %d", answer.status);
}

static bool run(void *self, struct cb_db *db, void *context, struct cb_error *err)
{
    (void)db;
    const struct alarm_service *me = self;
    struct delivery *job = context;
    const char *url = url_of(me, job->receiver);
    if (url == NULL)
        return true; /* no longer configured: nobody is to be told */
    bool resolved = job->alarm.severity == CB_SEVERITY_NONE;
    if (resolved && !job->was_firing)
        return true; /* over before it was told: never told */

    const struct notice notice = {
        .receiver = job->receiver,
        .name = job->alarm.name,
        .labels = job->labels,
        .external_url = me->config.external_url,
        .severity = job->alarm.severity,
        .max_severity = job->alarm.max_severity,
        .state = cb_alarm_state_name(&job->alarm),
        .reason = job->alarm.reason,
        .acknowledged_by = job->alarm.acknowledged ? job->alarm.acknowledged_by : "",
        .starts_at_tai_ns = job->starts_at_tai_ns,
        .ends_at_tai_ns = job->alarm.severity_oldest_ns,
        .was_firing = job->was_firing,
    };
    cb_auto_bytes struct cb_bytes payload = CB_BYTES(65536);
    write_notice(&notice, &payload);
    job->posted = post(me, url, &payload, err);
    return job->posted;
}

static bool extend(void *self, struct cb_db *db, void *context, bool *ret_ours, struct cb_error *err)
{
    (void)self;
    const struct delivery *job = context;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_extend_delivery,
                   CB_P(cb_p_text(job->receiver), cb_p_text(job->alarm.name), cb_p_int(job->token),
                        cb_p_int(LEASE_S)),
                   &rows, err))
        return false;
    *ret_ours = cb_rows_affected(rows) > 0;
    return true;
}

static bool say_notification(struct cb_db *db, const struct delivery *job, const struct cb_error *outcome,
                             struct cb_error *err)
{
    Calbus__V1__AlarmNotification told = CALBUS__V1__ALARM_NOTIFICATION__INIT;
    told.name = (char *)job->alarm.name;
    told.sequence = (uint64_t)job->sequence;
    told.receiver = job->receiver;
    told.delivered = outcome->kind == CB_ERR_NONE;
    told.error = (char *)outcome->text;
    Calbus__V1__AlarmEvent wrapper = CALBUS__V1__ALARM_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__ALARM_EVENT__EVENT_NOTIFICATION;
    wrapper.notification = &told;
    const struct cb_outgoing outgoing = { .type = "alarm.notification", .key = told.name };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

/* 1 s, 2 s, 4 s ... 60 s. */
static int64_t retry_after_s(int64_t attempts)
{
    int64_t wait_s = RETRY_FIRST_S;
    for (int64_t i = 1; i < attempts && wait_s < RETRY_MOST_S; i++)
        wait_s *= 2;
    return wait_s < RETRY_MOST_S ? wait_s : RETRY_MOST_S;
}

static bool finish(void *self, struct cb_db *db, void *context, const struct cb_error *outcome,
                   struct cb_error *err)
{
    (void)self;
    const struct delivery *job = context;
    bool ok = outcome->kind == CB_ERR_NONE;
    if (job->posted || !ok)
        cb_metric_add("calbus_alarm_notifications_total", 1,
                      CB_LABELS({ "receiver", job->receiver }, { "result", ok ? "delivered" : "failed" }));
    if (!ok)
        return cb_db_run(db, sql_retry_delivery,
                         CB_P(cb_p_text(job->receiver), cb_p_text(job->alarm.name), cb_p_int(job->token),
                              cb_p_int(retry_after_s(job->attempts)), cb_p_text(outcome->text)),
                         NULL, err) &&
               (job->attempts > 1 || say_notification(db, job, outcome, err));
    return cb_db_run(db, sql_finish_delivery,
                     CB_P(cb_p_text(job->receiver), cb_p_text(job->alarm.name), cb_p_int(job->token),
                          cb_p_int(job->sequence), cb_p_bool(job->alarm.severity != CB_SEVERITY_NONE),
                          cb_p_int(job->starts_at_tai_ns)),
                     NULL, err) &&
           (!job->posted || say_notification(db, job, outcome, err));
}

const struct cb_work alarm_deliveries = {
    .name = "deliveries",
    .threads = 2,
    .lease_ms = (int64_t)LEASE_S * 1000,
    .poll_ms = 500,
    .wake = NULL,
    .claim = claim,
    .run = run,
    .extend = extend,
    .finish = finish,
    .release = release,
};
