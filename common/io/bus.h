/* librdkafka: where the broker is, a producer, a consumer, and topics.
 *
 * Every handle belongs to one incarnation of the broker. The embedded broker writes its incarnation into its
 * bootstrap file; of a real cluster it is the cluster id. When the incarnation changes, close every handle
 * and open new ones: a consumer that keeps its position silently skips the new log's first messages. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_INCARNATION_SIZE 64

/* How to reach a broker. Texts are borrowed. */
struct cb_bus_config {
    const char *bootstrap;      /* "host:port,..."; NULL or "": read from bootstrap_file */
    const char *bootstrap_file; /* {"bootstrap":"...","incarnation":"..."}, of the embedded broker */
    const char *extra;     /* "security.protocol=SASL_SSL,sasl.mechanism=SCRAM-SHA-512,..."; may be NULL */
    const char *client_id; /* "calbus-relay"; may be NULL */
    bool hasty; /* producers drop what the broker does not take in 10 s, instead of waiting for it */
};

/* Where the broker is now. */
struct cb_bus_place {
    char bootstrap[1024];
    char incarnation[CB_INCARNATION_SIZE]; /* "" until a handle has learned the cluster id */
    bool embedded;                         /* the mock: short waits, see kafka.md 2.2 */
};

/* Errors: CB_ERR_TRANSIENT no broker has written the file yet, CB_ERR_INVALID the file is no such JSON. */
CB_MUST_CHECK bool cb_bus_locate(const struct cb_bus_config *config, struct cb_bus_place *ret_place,
                                 struct cb_error *err);
/* Write the bootstrap file by rename. Errors: CB_ERR_FATAL it cannot be written. */
CB_MUST_CHECK bool cb_bus_announce(const char *file, const struct cb_bus_place *place, struct cb_error *err);

struct cb_bus_header {
    const char *name;
    const char *value; /* NUL-terminated; value_size bytes before the NUL */
    size_t value_size;
};

/* ---- producing ---- */

struct cb_record {
    const char *topic;
    const char *key; /* NULL: none */
    const void *value;
    size_t size;
    const struct cb_bus_header *headers;
    size_t header_count;
};

/* What became of a record. */
struct cb_delivery {
    void *tag;
    bool delivered;
    int32_t partition;
    int64_t offset;
    const char *error; /* NULL when delivered */
};
typedef void cb_on_delivery(void *self, const struct cb_delivery *delivery);

struct cb_producer;
/* Idempotent, no time limit on a message: one that was sent waits until the broker is back, and none
 * overtakes another of its partition. on_delivery (may be NULL) is called from cb_producer_poll and
 * cb_producer_close. Errors: CB_ERR_FATAL a property is refused. The broker need not be there. */
CB_MUST_CHECK bool cb_producer_open(const struct cb_bus_config *config, const struct cb_bus_place *place,
                                    cb_on_delivery *on_delivery, void *self,
                                    struct cb_producer **ret_producer, struct cb_error *err);
/* Wait up to flush_ms for what was sent; what is left is reported as not delivered. Accepts NULL. */
void cb_producer_close(struct cb_producer *producer, int flush_ms);
/* Copy a record into the queue; never blocks. Thread-safe. Errors: CB_ERR_TRANSIENT the queue is full (poll
 * and try again) or the topic is not there yet, CB_ERR_FATAL the producer has ended (close it, open another),
 * CB_ERR_INVALID the record is too large. */
CB_MUST_CHECK bool cb_producer_send(struct cb_producer *producer, const struct cb_record *record, void *tag,
                                    struct cb_error *err);
/* Serve delivery reports for up to wait_ms. */
void cb_producer_poll(struct cb_producer *producer, int wait_ms);
/* The cluster's id as the producer knows it now, without asking; false when it knows none. */
bool cb_producer_cluster(const struct cb_producer *producer, char *ret_id, size_t size);
/* False when the producer has ended for good (a lost sequence): close it and open another. */
CB_MUST_CHECK bool cb_producer_is_sound(struct cb_producer *producer, struct cb_error *err);

/* ---- consuming ---- */

struct cb_message {
    char *topic;
    int32_t partition;
    int64_t offset;
    char *key; /* "" if none; NUL-terminated, key_size bytes before it */
    size_t key_size;
    unsigned char *value;
    size_t size;
    struct cb_bus_header *headers;
    size_t header_count;
};
void cb_message_free(struct cb_message *message);
CB_DEFINE_CLEANUP(struct cb_message *, cb_message_free)
/* A header by name, NULL if absent (the last one of that name counts). */
const struct cb_bus_header *cb_message_header(const struct cb_message *message, const char *name);

/* Called when a partition is taken from us: commit what is done, forget the rest. */
typedef void cb_on_revoke(void *self, const char *topic, int32_t partition);

struct cb_consumer;
/* Join a group. topics ends with NULL. No offset is committed by itself. Reads from the log's start when the
 * group has none. Errors: CB_ERR_FATAL a property is refused. */
CB_MUST_CHECK bool cb_consumer_open(const struct cb_bus_config *config, const struct cb_bus_place *place,
                                    const char *group, const char *const *topics, cb_on_revoke *on_revoke,
                                    void *self, struct cb_consumer **ret_consumer, struct cb_error *err);
/* Leave the group (revokes first). Accepts NULL. */
void cb_consumer_close(struct cb_consumer *consumer);
/* The next message, NULL when none came in wait_ms. Errors: CB_ERR_TRANSIENT broker away; CB_ERR_FATAL open
 * another consumer. */
CB_MUST_CHECK bool cb_consumer_poll(struct cb_consumer *consumer, int wait_ms,
                                    struct cb_message **ret_message, struct cb_error *err);
/* While paused, polling keeps the membership and yields nothing new. */
void cb_consumer_pause(struct cb_consumer *consumer, bool paused);
/* Commit that everything before next_offset is done: remembered, and sent by cb_consumer_flush. */
void cb_consumer_done(struct cb_consumer *consumer, const char *topic, int32_t partition,
                      int64_t next_offset);
/* Send what is remembered; wait for the answer if asked. A failure is left for the next time. */
void cb_consumer_flush(struct cb_consumer *consumer, bool wait);
/* Messages between our position and the log's end, as the client knows them without asking, per assigned
 * partition. */
typedef void cb_lag_teller(void *self, const char *topic, int32_t partition, int64_t lag);
void cb_consumer_each_lag(struct cb_consumer *consumer, cb_lag_teller *tell, void *self);
/* True when partitions are assigned. */
bool cb_consumer_is_assigned(const struct cb_consumer *consumer);

/* ---- looking ---- */

/* A handle that neither produces nor joins a group; group tells whose offsets cb_bus_committed reads, may be
 * NULL. */
struct cb_bus_view;
CB_MUST_CHECK bool cb_bus_view_open(const struct cb_bus_config *config, const struct cb_bus_place *place,
                                    const char *group, struct cb_bus_view **ret_view, struct cb_error *err);
void cb_bus_view_close(struct cb_bus_view *view);
CB_DEFINE_CLEANUP(struct cb_bus_view *, cb_bus_view_close)
/* The broker answers; a place without incarnation gets the cluster id. Errors: CB_ERR_TRANSIENT it does not.
 */
CB_MUST_CHECK bool cb_bus_identify(struct cb_bus_view *view, struct cb_bus_place *place, int wait_ms,
                                   struct cb_error *err);
/* First offset of a partition's log and the one after its last. Errors: CB_ERR_TRANSIENT. */
CB_MUST_CHECK bool cb_bus_log_range(struct cb_bus_view *view, const char *topic, int32_t partition,
                                    int64_t *ret_first, int64_t *ret_end, struct cb_error *err);
/* The group's committed offset, -1 if none. Errors: CB_ERR_TRANSIENT. */
CB_MUST_CHECK bool cb_bus_committed(struct cb_bus_view *view, const char *topic, int32_t partition,
                                    int64_t *ret_offset, struct cb_error *err);

/* ---- topics ---- */

struct cb_bus_topic {
    const char *name;
    int partitions;
    int64_t retention_ms; /* -1: compacted */
};
/* Make those of the topics that are not there, by the admin API, and wait until the broker shows them;
 * replication is 3 or what the cluster has nodes for. Not on the embedded broker, which has made its own.
 * Errors: CB_ERR_TRANSIENT the broker does not answer; CB_ERR_FATAL it refuses (the text names the topic). */
CB_MUST_CHECK bool cb_bus_make_topics(struct cb_bus_view *view, const struct cb_bus_topic *topics,
                                      size_t count, struct cb_error *err);
/* How many of the named topics are there. Errors: CB_ERR_TRANSIENT. */
CB_MUST_CHECK bool cb_bus_count_topics(struct cb_bus_view *view, const struct cb_bus_topic *topics,
                                       size_t count, size_t *ret_there, struct cb_error *err);

/* ---- the embedded broker ---- */

struct cb_embedded_broker;
/* librdkafka's mock cluster with these topics, on a port of its own choice. It keeps nothing. */
CB_MUST_CHECK bool cb_embedded_broker_start(const struct cb_bus_topic *topics, size_t count,
                                            struct cb_embedded_broker **ret_broker,
                                            struct cb_bus_place *ret_place, struct cb_error *err);
void cb_embedded_broker_stop(struct cb_embedded_broker *broker);
