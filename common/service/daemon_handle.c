/* One message: which handler, in which transaction, and what follows from how it ends. The error policy is
 * here and nowhere else. */
#include "service/daemon.h"

#include "base/log.h"
#include "io/clock.h"
#include "service/dead_letter.h"
#include "service/envelope.h"
#include "service/inbox.h"
#include "service/metrics.h"
#include "service/topics.h"

#include <string.h>

enum outcome { DONE, LATER };

static void count(const struct cb_message *message, const char *result)
{
    cb_metric_add("calbus_events_consumed_total", 1,
                  CB_LABELS({ "topic", message->topic }, { "result", result }));
}

static void log_refused(const char *what, const struct cb_message *message, const struct cb_event *event,
                        const struct cb_error *err)
{
    cb_log_write(CB_ERROR, (const struct cb_field[]){ cb_str("msg", what),
                                                      cb_str("topic", message->topic),
                                                      cb_int("partition", message->partition),
                                                      cb_int("offset", message->offset),
                                                      cb_str("event", event != NULL ? event->type : NULL),
                                                      cb_str("event_id", event != NULL ? event->id : NULL),
                                                      cb_str("kind", cb_err_kind_name(err->kind)),
                                                      cb_str("error", err->text),
                                                      { .key = NULL } });
}

static const struct cb_subscription *find_subscription(const struct cb_daemon *daemon, const char *type)
{
    const struct cb_subscription *subscription = daemon->service->subscriptions;
    for (; subscription != NULL && subscription->type != NULL; subscription++)
        if (strcmp(subscription->type, type) == 0)
            return subscription;
    return NULL;
}

/* ---- when it cannot be handled ---- */

static bool put_away(struct cb_daemon *daemon, const struct cb_message *message, const struct cb_event *event,
                     const struct cb_error *why, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_tx_begin(daemon->db, &tx, err) &&
           cb_dead_letter_put(daemon->db, daemon->service->name, daemon->group, message, event,
                              daemon->place.incarnation, why, err) &&
           cb_tx_commit(&tx, err);
}

static enum outcome refuse(struct cb_daemon *daemon, const struct cb_message *message,
                           const struct cb_event *event, const struct cb_error *why)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    if (put_away(daemon, message, event, why, &err)) {
        log_refused("message refused", message, event, why);
        count(message, "dead");
        cb_metric_add("calbus_dead_letter_total", 1,
                      CB_LABELS({ "topic", message->topic }, { "reason", cb_err_kind_name(why->kind) }));
        return DONE;
    }
    if (err.kind == CB_ERR_FATAL)
        cb_daemon_fail(daemon, &err);
    return LATER;
}

static enum outcome settle(struct cb_daemon *daemon, const struct cb_message *message,
                           const struct cb_event *event, const struct cb_error *err)
{
    switch (err->kind) {
    case CB_ERR_TRANSIENT:
        count(message, "retry");
        log_refused("event put off", message, event, err);
        return LATER;
    case CB_ERR_FATAL:
        log_refused("event met a fatal error", message, event, err);
        cb_daemon_fail(daemon, err);
        return LATER;
    default:
        return refuse(daemon, message, event, err);
    }
}

/* ---- handling ---- */

static bool handle_in(struct cb_daemon *daemon, cb_handler *handle, const struct cb_event *event, bool claim,
                      bool *ret_is_new, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    *ret_is_new = true;
    if (!cb_tx_begin(daemon->db, &tx, err) ||
        (claim && !cb_inbox_claim(daemon->db, daemon->group, event, ret_is_new, err)))
        return false;
    if (!*ret_is_new)
        return true; /* handled before: leave without a trace */
    return handle(daemon->self, daemon->db, event, err) && cb_tx_commit(&tx, err);
}

static void observe(int64_t start_ms)
{
    cb_metric_observe("calbus_event_processing_seconds", (double)(cb_clock_monotonic_ms() - start_ms) / 1e3,
                      CB_NO_LABELS);
}

static enum outcome handle_event(struct cb_daemon *daemon, cb_handler *handle,
                                 const struct cb_message *message, const struct cb_event *event)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    bool is_new = false;
    int64_t start_ms = cb_clock_monotonic_ms();
    bool ok = handle_in(daemon, handle, event, true, &is_new, &err);
    observe(start_ms);
    if (!ok)
        return settle(daemon, message, event, &err);
    count(message, is_new ? "handled" : "repeated");
    return DONE;
}

/* Loose events are lost without harm: one attempt, no mark, no dead letter. */
static enum outcome handle_loose(struct cb_daemon *daemon, cb_handler *handle,
                                 const struct cb_message *message, const struct cb_event *event)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    bool is_new = false;
    bool ok = handle_in(daemon, handle, event, false, &is_new, &err);
    count(message, ok ? "handled" : "dropped");
    if (!ok && err.kind == CB_ERR_FATAL)
        cb_daemon_fail(daemon, &err);
    else if (!ok)
        log_refused("loose event dropped", message, event, &err);
    return DONE;
}

static enum outcome open_and_handle(struct cb_daemon *daemon, const struct cb_event_type *type,
                                    cb_handler *handle, const struct cb_message *message)
{
    struct cb_envelope envelope;
    struct cb_error err = { .kind = CB_ERR_NONE };
    if (!cb_envelope_open(message, &envelope, &err))
        return type->loose ? DONE : refuse(daemon, message, NULL, &err);
    return type->loose ? handle_loose(daemon, handle, message, &envelope.event)
                       : handle_event(daemon, handle, message, &envelope.event);
}

static enum outcome attempt(struct cb_daemon *daemon, const struct cb_message *message)
{
    const struct cb_event_type *type = NULL;
    const struct cb_work *work = daemon->service->work;
    if (!cb_envelope_peek(message, &type)) {
        struct cb_error why = { .kind = CB_ERR_NONE };
        cb_fail(&why, CB_ERR_INVALID, "header ce_type is missing");
        return refuse(daemon, message, NULL, &why);
    }
    if (type == NULL) { /* of a newer version, or somebody else's */
        count(message, "ignored");
        return DONE;
    }
    if (work != NULL && work->wake != NULL && strcmp(work->wake, type->type) == 0)
        cb_work_crew_wake(daemon->crew);
    const struct cb_subscription *subscription = find_subscription(daemon, type->type);
    if (subscription == NULL) {
        count(message, "ignored");
        return DONE;
    }
    return open_and_handle(daemon, type, subscription->handle, message);
}

/* ---- order per key ---- */

static void note_position(struct cb_daemon *daemon, const char *topic, int32_t partition)
{
    int64_t position = cb_lanes_position(daemon->lanes, topic, partition);
    if (position >= 0 && daemon->consumer != NULL)
        cb_consumer_done(daemon->consumer, topic, partition, position);
}

void cb_daemon_take(struct cb_daemon *daemon, struct cb_message *message)
{
    cb_auto(cb_message_free) struct cb_message *mine = message;
    cb_lanes_seen(daemon->lanes, mine->topic, mine->partition, mine->offset);
    int64_t due_ms = cb_clock_monotonic_ms();
    if (!cb_lanes_is_waiting(daemon->lanes, mine)) {
        if (attempt(daemon, mine) == DONE) {
            note_position(daemon, mine->topic, mine->partition);
            return;
        }
        due_ms += cb_backoff_ms(0, cb_daemon_chance());
    }
    cb_lanes_park(daemon->lanes, cb_steal(mine), due_ms);
}

void cb_daemon_retry_due(struct cb_daemon *daemon)
{
    const struct cb_message *message = cb_lanes_due(daemon->lanes, cb_clock_monotonic_ms());
    if (message == NULL)
        return;
    if (attempt(daemon, message) == LATER) {
        cb_lanes_delay(daemon->lanes, message, cb_clock_monotonic_ms(), cb_daemon_chance());
        return;
    }
    char topic[256];
    int32_t partition = message->partition;
    strncpy(topic, message->topic, sizeof topic - 1);
    topic[sizeof topic - 1] = '\0';
    cb_lanes_drop(daemon->lanes, message);
    note_position(daemon, topic, partition);
}
