/* Handles to the broker: made when it is there, made anew when it is another. */
#include "service/daemon.h"

#include "base/log.h"
#include "io/clock.h"
#include "service/loose.h"
#include "service/topics.h"

#include <string.h>

enum { CHECK_MS = 500, IDENTIFY_MS = 2000, LEAVE_MS = 1000 };

static void note_delivery(void *self, const struct cb_delivery *delivery)
{
    struct cb_daemon *daemon = self;
    if (delivery->delivered)
        atomic_store(&daemon->delivered_ms, cb_clock_monotonic_ms());
}

/* The partition is somebody else's from now on: commit how far we are, forget the rest. */
static void on_revoke(void *self, const char *topic, int32_t partition)
{
    struct cb_daemon *daemon = self;
    int64_t position = cb_lanes_position(daemon->lanes, topic, partition);
    if (position >= 0)
        cb_consumer_done(daemon->consumer, topic, partition, position);
    cb_lanes_forget(daemon->lanes, topic, partition);
}

void cb_daemon_bus_close(struct cb_daemon *daemon)
{
    cb_loose_set_producer(NULL);
    cb_producer_close(daemon->producer, LEAVE_MS);
    daemon->producer = NULL;
    cb_consumer_close(daemon->consumer);
    daemon->consumer = NULL;
    cb_lanes_forget_all(daemon->lanes);
    atomic_store(&daemon->bus_up, false);
}

static size_t list_topics(struct cb_bus_topic *ret_topics)
{
    size_t count = 0;
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL; topic++)
        ret_topics[count++] = (struct cb_bus_topic){ topic->name, topic->partitions, topic->retention_ms };
    return count;
}

/* The broker answers, is known by its incarnation, and has our topics. */
static bool meet(struct cb_daemon *daemon, struct cb_bus_place *place, struct cb_error *err)
{
    struct cb_bus_topic topics[32];
    size_t count = list_topics(topics), there = 0;
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    if (!cb_bus_view_open(&daemon->bus, place, NULL, &view, err) ||
        !cb_bus_identify(view, place, IDENTIFY_MS, err) ||
        !cb_bus_count_topics(view, topics, count, &there, err))
        return false;
    if (there == count)
        return true;
    if (place->embedded)
        return cb_fail(err, CB_ERR_FATAL,
                       "the embedded broker has %zu of %zu topics: it is of another version", there, count);
    return cb_bus_make_topics(view, topics, count, err);
}

static bool connect_to(struct cb_daemon *daemon, struct cb_bus_place *place, struct cb_error *err)
{
    if (!meet(daemon, place, err))
        return false;
    struct cb_bus_config hasty = daemon->bus;
    hasty.hasty = true;
    if (!cb_producer_open(&hasty, place, note_delivery, daemon, &daemon->producer, err))
        return false;
    if (daemon->topic_count > 0 && !cb_consumer_open(&daemon->bus, place, daemon->group, daemon->topics,
                                                     on_revoke, daemon, &daemon->consumer, err))
        return false;
    daemon->place = *place;
    cb_loose_set_producer(daemon->producer);
    atomic_store(&daemon->delivered_ms, cb_clock_monotonic_ms());
    atomic_store(&daemon->bus_up, true);
    return true;
}

static bool is_same_place(const struct cb_bus_place *a, const struct cb_bus_place *b)
{
    return strcmp(a->bootstrap, b->bootstrap) == 0 &&
           (!b->embedded || strcmp(a->incarnation, b->incarnation) == 0);
}

static bool has_bus(const struct cb_daemon *daemon)
{
    return daemon->producer != NULL;
}

static void try_connect(struct cb_daemon *daemon, struct cb_bus_place *place)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    int64_t now_ms = cb_clock_monotonic_ms();
    if (connect_to(daemon, place, &err)) {
        daemon->bus_failures = 0;
        cb_log(CB_INFO, "broker connected", cb_str("bootstrap", place->bootstrap),
               cb_str("incarnation", daemon->place.incarnation));
        return;
    }
    cb_daemon_bus_close(daemon);
    if (err.kind == CB_ERR_FATAL)
        cb_daemon_fail(daemon, &err);
    else if (daemon->bus_failures == 0)
        cb_log(CB_WARN, "broker not reached, trying on", cb_str("error", err.text));
    daemon->bus_check_ms =
        now_ms + cb_backoff_ms(daemon->bus_failures < 6 ? daemon->bus_failures : 6, cb_daemon_chance());
    daemon->bus_failures++;
}

/* A cluster at the same address that is another one: its id has changed. */
static bool has_changed_id(const struct cb_daemon *daemon)
{
    char id[CB_INCARNATION_SIZE];
    return !daemon->place.embedded && cb_producer_cluster(daemon->producer, id, sizeof id) &&
           strcmp(id, daemon->place.incarnation) != 0;
}

void cb_daemon_bus_keep(struct cb_daemon *daemon)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    int64_t now_ms = cb_clock_monotonic_ms();
    if (has_bus(daemon))
        cb_producer_poll(daemon->producer, 0);
    if (now_ms < daemon->bus_check_ms)
        return;
    daemon->bus_check_ms = now_ms + CHECK_MS;
    if (has_bus(daemon) && !cb_producer_is_sound(daemon->producer, &err)) {
        cb_log_error("producer ended, making another", &err);
        cb_daemon_bus_close(daemon);
    }
    struct cb_bus_place place;
    if (!cb_bus_locate(&daemon->bus, &place, &err)) {
        if (err.kind == CB_ERR_FATAL)
            cb_daemon_fail(daemon, &err);
        if (!has_bus(daemon) && daemon->bus_failures++ == 0)
            cb_log(CB_WARN, "broker not found, looking on", cb_str("error", err.text));
        return;
    }
    if (has_bus(daemon) && (!is_same_place(&daemon->place, &place) || has_changed_id(daemon))) {
        cb_log(CB_WARN, "broker is another one now, starting over with it",
               cb_str("bootstrap", place.bootstrap), cb_str("incarnation", place.incarnation));
        cb_daemon_bus_close(daemon);
        daemon->bus_failures = 0;
    }
    if (!has_bus(daemon))
        try_connect(daemon, &place);
}
