/* The bus in one table: topics, and event types with their topic and wrapper. */
#include "service/topics.h"

#include <string.h>

#define DAYS(n) ((n)*86400000LL)

const struct cb_topic cb_topics[] = {
    { "calbus.exposure.v1", "instrument/exposure", 32, DAYS(7), "ingest" },
    { "calbus.generation.v1", "run", 8, DAYS(14), "generator" },
    { "calbus.quantum.v1", "quantum id", 64, DAYS(1), "generator" },
    { "calbus.verification.v1", "run", 16, DAYS(14), "verifier" },
    { "calbus.certification.v1", "collection", 8, DAYS(14), "certifier" },
    { "calbus.approval.v1", "proposal", 8, DAYS(14), "certifier" },
    { "calbus.distribution.v1", "rule, transfer or site", 8, DAYS(14), "distributor" },
    { "calbus.alarm.v1", "alarm name", 8, DAYS(7), "alarm" },
    { "calbus.alarm-state.v1", "alarm name", 8, CB_TOPIC_COMPACTED, "alarm" },
    { "calbus.metric.v1", "instrument/detector", 8, DAYS(7), "verifier" },
    { "calbus.heartbeat.v1", "service/instance", 1, DAYS(1), "all" },
    { "calbus.dead-letter.v1", "origin topic", 8, DAYS(14), "all" },
    { NULL, NULL, 0, 0, NULL },
};

const struct cb_topic cb_metric_topics[] = {
    { "lsst.cp.verifyBias", "instrument/detector", 1, DAYS(7), "verifier" },
    { "lsst.cp.verifyDark", "instrument/detector", 1, DAYS(7), "verifier" },
    { "lsst.cp.verifyFlat", "instrument/detector", 1, DAYS(7), "verifier" },
    { NULL, NULL, 0, 0, NULL },
};

#define EVENT(name, topic, wrapper)                                                                          \
    {                                                                                                        \
        name, CB_CE_TYPE_PREFIX name CB_CE_TYPE_SUFFIX, topic, "calbus.v1." wrapper, false                   \
    }
#define LOOSE(name, topic, wrapper)                                                                          \
    {                                                                                                        \
        name, CB_CE_TYPE_PREFIX name CB_CE_TYPE_SUFFIX, topic, "calbus.v1." wrapper, true                    \
    }

const struct cb_event_type cb_event_types[] = {
    EVENT("exposure.arrived", "calbus.exposure.v1", "ExposureEvent"),
    EVENT("exposure.ingested", "calbus.exposure.v1", "ExposureEvent"),
    EVENT("exposure.rejected", "calbus.exposure.v1", "ExposureEvent"),
    EVENT("calibset.closed", "calbus.exposure.v1", "ExposureEvent"),
    EVENT("generation.requested", "calbus.generation.v1", "GenerationEvent"),
    EVENT("generation.planned", "calbus.generation.v1", "GenerationEvent"),
    EVENT("generation.finished", "calbus.generation.v1", "GenerationEvent"),
    LOOSE("quantum.ready", "calbus.quantum.v1", "QuantumEvent"),
    LOOSE("quantum.finished", "calbus.quantum.v1", "QuantumEvent"),
    EVENT("verification.requested", "calbus.verification.v1", "VerificationEvent"),
    EVENT("verification.finished", "calbus.verification.v1", "VerificationEvent"),
    EVENT("test.failed", "calbus.verification.v1", "VerificationEvent"),
    EVENT("certification.requested", "calbus.certification.v1", "CertificationEvent"),
    EVENT("calibration.certified", "calbus.certification.v1", "CertificationEvent"),
    EVENT("calibration.stale", "calbus.certification.v1", "CertificationEvent"),
    EVENT("chain.requested", "calbus.certification.v1", "CertificationEvent"),
    EVENT("chain.deployed", "calbus.certification.v1", "CertificationEvent"),
    EVENT("recertification.requested", "calbus.certification.v1", "CertificationEvent"),
    EVENT("calibration.recertified", "calbus.certification.v1", "CertificationEvent"),
    EVENT("approval.requested", "calbus.approval.v1", "ApprovalEvent"),
    EVENT("approval.changed", "calbus.approval.v1", "ApprovalEvent"),
    EVENT("approval.decided", "calbus.approval.v1", "ApprovalEvent"),
    EVENT("approval.accepted", "calbus.approval.v1", "ApprovalEvent"),
    EVENT("approval.rejected", "calbus.approval.v1", "ApprovalEvent"),
    EVENT("rule.created", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("rule.progress", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("rule.ok", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("rule.stuck", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("transfer.done", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("transfer.failed", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("site.imported", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("deployment.checked", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("distribution.requested", "calbus.distribution.v1", "DistributionEvent"),
    EVENT("alarm.command", "calbus.alarm.v1", "AlarmEvent"),
    EVENT("alarm.notification", "calbus.alarm.v1", "AlarmEvent"),
    EVENT("alarm.state", "calbus.alarm-state.v1", "AlarmStateEvent"),
    EVENT("metric.recorded", "calbus.metric.v1", "MetricEvent"),
    LOOSE("heartbeat", "calbus.heartbeat.v1", "HeartbeatEvent"),
    { CB_DEAD_LETTER, CB_CE_TYPE_PREFIX CB_DEAD_LETTER CB_CE_TYPE_SUFFIX, "calbus.dead-letter.v1", NULL,
      false },
    { NULL, NULL, NULL, NULL, false },
};

const struct cb_event_type *cb_event_type_find(const char *type)
{
    for (const struct cb_event_type *entry = cb_event_types; entry->type != NULL; entry++)
        if (strcmp(entry->type, type) == 0)
            return entry;
    return NULL;
}

const struct cb_event_type *cb_event_type_find_ce(const char *ce_type)
{
    for (const struct cb_event_type *entry = cb_event_types; entry->type != NULL; entry++)
        if (strcmp(entry->ce_type, ce_type) == 0)
            return entry;
    return NULL;
}

const struct cb_topic *cb_topic_find(const char *name)
{
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL; topic++)
        if (strcmp(topic->name, name) == 0)
            return topic;
    return NULL;
}
