/* A replication rule is stuck, or has come right. */
#include "alarm.h"
#include "calbus/v1/distribution.pb-c.h"
#include "service/decode.h"
#include "state.h"

#include <stdio.h>

static void rule_finding(const char *scope, const char *name, enum cb_severity severity,
                         struct finding *ret_finding)
{
    *ret_finding = (struct finding){ .severity = severity };
    snprintf(ret_finding->name, sizeof ret_finding->name, "DistributionLate.%s.%s:0", scope, name);
    const char *const labels[][2] = {
        { "alertname", "DistributionLate" }, { "did_scope", scope }, { "did_name", name }, { NULL, NULL }
    };
    set_labels(ret_finding, labels);
}

bool on_rule_stuck(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__RuleStuck *stuck = ((const Calbus__V1__DistributionEvent *)message)->rule_stuck;
    struct finding finding;
    rule_finding(stuck->scope, stuck->name, CB_SEVERITY_SERIOUS, &finding);
    snprintf(finding.reason, sizeof finding.reason, "rule %s: %u files stuck: %s", stuck->rule_id,
             stuck->locks_stuck, stuck->error);
    return report_finding(self, db, &finding, event, err);
}

bool on_rule_ok(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__RuleOk *ok = ((const Calbus__V1__DistributionEvent *)message)->rule_ok;
    struct finding finding;
    rule_finding(ok->scope, ok->name, CB_SEVERITY_NONE, &finding);
    return report_finding(self, db, &finding, event, err);
}
