/* The required fields of every event, as proto/ documents them. */
#include "service/decode_rules.h"

#include "calbus/v1/alarm.pb-c.h"
#include "calbus/v1/approval.pb-c.h"
#include "calbus/v1/certification.pb-c.h"
#include "calbus/v1/distribution.pb-c.h"
#include "calbus/v1/exposure.pb-c.h"
#include "calbus/v1/generation.pb-c.h"
#include "calbus/v1/heartbeat.pb-c.h"
#include "calbus/v1/metric.pb-c.h"
#include "calbus/v1/quantum.pb-c.h"
#include "calbus/v1/verification.pb-c.h"

#include <stddef.h>

#define REQUIRED(name, ...) static const struct cb_required name[] = { __VA_ARGS__, { NULL, CB_RULE_TEXT } }
#define TEXT(field)                                                                                          \
    {                                                                                                        \
        field, CB_RULE_TEXT                                                                                  \
    }
#define RULE(field, rule)                                                                                    \
    {                                                                                                        \
        field, CB_RULE_##rule                                                                                \
    }

REQUIRED(exposure_arrived, TEXT("site"), TEXT("path"));
REQUIRED(exposure_ingested, TEXT("site"), TEXT("repository"), TEXT("instrument"), RULE("exposure", POSITIVE),
         TEXT("obs_id"), RULE("day_obs", DAY), TEXT("observation_type"), RULE("dataset_id", UUID));
REQUIRED(exposure_rejected, TEXT("site"), TEXT("file_name"), TEXT("kind"), TEXT("reason"));
REQUIRED(calibset_closed, RULE("set_id", UUID), RULE("revision", POSITIVE), TEXT("site"), TEXT("repository"),
         TEXT("instrument"), RULE("day_obs", DAY), TEXT("observation_type"), RULE("exposures", POSITIVE),
         RULE("detectors", POSITIVE), RULE("frames", POSITIVE));
REQUIRED(generation_requested, RULE("run_id", UUID), TEXT("repository"), TEXT("output_run"));
REQUIRED(generation_planned, RULE("run_id", UUID), TEXT("repository"), TEXT("output_run"));
REQUIRED(generation_finished, RULE("run_id", UUID), TEXT("repository"), TEXT("instrument"),
         TEXT("output_run"));
REQUIRED(quantum_ready, RULE("quantum_id", UUID), RULE("run_id", UUID), TEXT("engine"));
REQUIRED(quantum_finished, RULE("quantum_id", UUID), RULE("run_id", UUID));
REQUIRED(verification_requested, RULE("run_id", UUID), TEXT("repository"), TEXT("output_run"));
REQUIRED(verification_finished, RULE("run_id", UUID), RULE("kind", ENUM), TEXT("repository"),
         TEXT("instrument"), TEXT("calib_type"), TEXT("verify_run"), RULE("verdict", ENUM),
         RULE("tests", MESSAGE));
REQUIRED(test_failed, RULE("run_id", UUID), RULE("kind", ENUM), TEXT("repository"), TEXT("instrument"),
         TEXT("calib_type"), TEXT("verify_run"), TEXT("test"), RULE("failures_total", POSITIVE));
REQUIRED(certification_requested, RULE("request_id", UUID), TEXT("repository"), TEXT("generation_run"),
         TEXT("dataset_type"), TEXT("by"));
REQUIRED(calibration_certified, TEXT("repository"), TEXT("instrument"), TEXT("dataset_type"),
         TEXT("collection"), RULE("validity", MESSAGE));
REQUIRED(calibration_stale, TEXT("repository"), TEXT("instrument"), TEXT("dataset_type"), TEXT("collection"),
         TEXT("because_of"));
REQUIRED(chain_requested, RULE("request_id", UUID), TEXT("site"), TEXT("repository"), TEXT("parent"),
         TEXT("child"), TEXT("mode"), TEXT("by"));
REQUIRED(chain_deployed, TEXT("site"), TEXT("repository"), TEXT("instrument"), TEXT("parent"), TEXT("child"),
         TEXT("mode"));
REQUIRED(recertification_requested, RULE("request_id", UUID), TEXT("repository"), TEXT("collection"),
         TEXT("dataset_type"), TEXT("by"), TEXT("reason"));
REQUIRED(calibration_recertified, RULE("request_id", UUID), TEXT("repository"), TEXT("instrument"),
         TEXT("dataset_type"), TEXT("collection"), RULE("changed", POSITIVE), TEXT("by"), TEXT("reason"));
REQUIRED(approval_changed, RULE("proposal_id", UUID), RULE("sequence", POSITIVE), TEXT("action"),
         TEXT("to_state"));
REQUIRED(approval_requested, RULE("request_id", UUID), RULE("proposal_id", UUID), TEXT("repository"),
         TEXT("instrument"), TEXT("ticket"), TEXT("taxicab_ticket"), TEXT("label"), TEXT("by"));
REQUIRED(approval_decided, RULE("request_id", UUID), RULE("proposal_id", UUID), TEXT("action"),
         TEXT("actor"));
REQUIRED(approval_accepted, RULE("proposal_id", UUID), RULE("sequence", POSITIVE), TEXT("repository"),
         TEXT("instrument"), TEXT("ticket"), TEXT("ticket_chain"), TEXT("label"));
REQUIRED(approval_rejected, RULE("proposal_id", UUID), RULE("sequence", POSITIVE), TEXT("actor"));
REQUIRED(rule_created, RULE("rule_id", HEX32), TEXT("scope"), TEXT("name"), TEXT("rse_expression"),
         RULE("copies", POSITIVE));
REQUIRED(rule_progress, RULE("rule_id", HEX32));
REQUIRED(rule_ok, RULE("rule_id", HEX32), TEXT("scope"), TEXT("name"));
REQUIRED(rule_stuck, RULE("rule_id", HEX32), TEXT("scope"), TEXT("name"), TEXT("error"));
REQUIRED(transfer_done, TEXT("transfer_id"), TEXT("scope"), TEXT("name"), TEXT("destination_rse"));
REQUIRED(transfer_failed, TEXT("transfer_id"), TEXT("scope"), TEXT("name"), TEXT("destination_rse"),
         TEXT("error"));
REQUIRED(site_imported, TEXT("site"), TEXT("repository"), TEXT("instrument"), TEXT("ticket_chain"));
REQUIRED(deployment_checked, TEXT("site"), TEXT("repository"), TEXT("instrument"), RULE("verdict", ENUM));
REQUIRED(distribution_requested, RULE("request_id", UUID), RULE("rule_id", HEX32), TEXT("action"),
         TEXT("by"));
REQUIRED(alarm_command, RULE("request_id", UUID), TEXT("name"), TEXT("action"), TEXT("user"));
REQUIRED(alarm_notification, TEXT("name"), TEXT("receiver"));
REQUIRED(alarm_state, TEXT("name"), RULE("severity", ENUM), RULE("max_severity", ENUM));
REQUIRED(metric_recorded, RULE("sequence", POSITIVE), TEXT("instrument"), TEXT("calib_type"));
REQUIRED(heartbeat, TEXT("service"), TEXT("instance"), TEXT("site"), RULE("sent_unix_ms", POSITIVE),
         TEXT("state"));

#define EXPOSURE &calbus__v1__exposure_event__descriptor
#define GENERATION &calbus__v1__generation_event__descriptor
#define QUANTUM &calbus__v1__quantum_event__descriptor
#define VERIFICATION &calbus__v1__verification_event__descriptor
#define CERTIFICATION &calbus__v1__certification_event__descriptor
#define APPROVAL &calbus__v1__approval_event__descriptor
#define DISTRIBUTION &calbus__v1__distribution_event__descriptor
#define ALARM &calbus__v1__alarm_event__descriptor

const struct cb_decoder cb_decoders[] = {
    { "exposure.arrived", EXPOSURE, "arrived", exposure_arrived },
    { "exposure.ingested", EXPOSURE, "ingested", exposure_ingested },
    { "exposure.rejected", EXPOSURE, "rejected", exposure_rejected },
    { "calibset.closed", EXPOSURE, "calibset_closed", calibset_closed },
    { "generation.requested", GENERATION, "requested", generation_requested },
    { "generation.planned", GENERATION, "planned", generation_planned },
    { "generation.finished", GENERATION, "finished", generation_finished },
    { "quantum.ready", QUANTUM, "ready", quantum_ready },
    { "quantum.finished", QUANTUM, "finished", quantum_finished },
    { "verification.requested", VERIFICATION, "requested", verification_requested },
    { "verification.finished", VERIFICATION, "finished", verification_finished },
    { "test.failed", VERIFICATION, "test_failed", test_failed },
    { "certification.requested", CERTIFICATION, "requested", certification_requested },
    { "calibration.certified", CERTIFICATION, "certified", calibration_certified },
    { "calibration.stale", CERTIFICATION, "stale", calibration_stale },
    { "chain.requested", CERTIFICATION, "chain_requested", chain_requested },
    { "chain.deployed", CERTIFICATION, "chain_deployed", chain_deployed },
    { "recertification.requested", CERTIFICATION, "recertification_requested", recertification_requested },
    { "calibration.recertified", CERTIFICATION, "recertified", calibration_recertified },
    { "approval.changed", APPROVAL, "changed", approval_changed },
    { "approval.requested", APPROVAL, "requested", approval_requested },
    { "approval.decided", APPROVAL, "decided", approval_decided },
    { "approval.accepted", APPROVAL, "accepted", approval_accepted },
    { "approval.rejected", APPROVAL, "rejected", approval_rejected },
    { "rule.created", DISTRIBUTION, "rule_created", rule_created },
    { "rule.progress", DISTRIBUTION, "rule_progress", rule_progress },
    { "rule.ok", DISTRIBUTION, "rule_ok", rule_ok },
    { "rule.stuck", DISTRIBUTION, "rule_stuck", rule_stuck },
    { "transfer.done", DISTRIBUTION, "transfer_done", transfer_done },
    { "transfer.failed", DISTRIBUTION, "transfer_failed", transfer_failed },
    { "site.imported", DISTRIBUTION, "site_imported", site_imported },
    { "deployment.checked", DISTRIBUTION, "deployment_checked", deployment_checked },
    { "distribution.requested", DISTRIBUTION, "requested", distribution_requested },
    { "alarm.command", ALARM, "command", alarm_command },
    { "alarm.notification", ALARM, "notification", alarm_notification },
    { "alarm.state", &calbus__v1__alarm_state_event__descriptor, "state", alarm_state },
    { "metric.recorded", &calbus__v1__metric_event__descriptor, "record", metric_recorded },
    { "heartbeat", &calbus__v1__heartbeat_event__descriptor, "heartbeat", heartbeat },
    { NULL, NULL, NULL, NULL },
};
