/* The bus in one table: topics with key, partitions, retention and owner; event types with their topic. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_CE_TYPE_PREFIX "org.rubin.calbus."
#define CB_CE_TYPE_SUFFIX ".v1"
/* A message that could not be handled: its value is the refused message's own, so it has no wrapper. */
#define CB_DEAD_LETTER "dead-letter"

enum { CB_TOPIC_COMPACTED = -1 };

struct cb_topic {
    const char *name;     /* "calbus.exposure.v1" */
    const char *key;      /* what the key is, for people */
    int partitions;       /* final at birth: changing it breaks the order per key */
    int64_t retention_ms; /* -1: compacted */
    const char *owner;    /* service that writes most of it */
};
extern const struct cb_topic cb_topics[]; /* ended by name == NULL */
/* Metrics as Avro, where a schema registry is configured: neither outbox nor events. Ended by name == NULL.
 */
extern const struct cb_topic cb_metric_topics[];

struct cb_event_type {
    const char *type;    /* "calibration.certified" */
    const char *ce_type; /* "org.rubin.calbus.calibration.certified.v1" */
    const char *topic;
    const char *message; /* full protobuf name of the wrapper, "calbus.v1.CertificationEvent"; NULL: any */
    bool loose;          /* a wake-up, progress or heartbeat: beside outbox and inbox, lost without harm */
};
extern const struct cb_event_type cb_event_types[]; /* ended by type == NULL */

const struct cb_event_type *cb_event_type_find(const char *type); /* NULL if there is none */
const struct cb_event_type *cb_event_type_find_ce(const char *ce_type);
const struct cb_topic *cb_topic_find(const char *name);
