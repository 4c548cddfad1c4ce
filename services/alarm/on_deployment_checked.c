/* A site was checked after its chain changed: does it apply the calibrations that were distributed? */
#include "alarm.h"
#include "calbus/v1/distribution.pb-c.h"
#include "service/decode.h"
#include "state.h"

#include <stdio.h>

bool on_deployment_checked(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__DeploymentChecked *checked =
        ((const Calbus__V1__DistributionEvent *)message)->deployment_checked;

    bool passed = checked->verdict == CALBUS__V1__VERDICT__VERDICT_PASS;
    struct finding finding = { .severity = passed ? CB_SEVERITY_NONE : CB_SEVERITY_SERIOUS };
    snprintf(finding.name, sizeof finding.name, "DeploymentFailed.%s.%s:0", checked->instrument,
             checked->site);
    const char *const labels[][2] = { { "alertname", "DeploymentFailed" },
                                      { "instrument", checked->instrument },
                                      { "site", checked->site },
                                      { NULL, NULL } };
    set_labels(&finding, labels);
    snprintf(finding.reason, sizeof finding.reason, "%s in %s: %s", checked->ticket_chain,
             checked->repository, checked->detail);
    return report_finding(self, db, &finding, event, err);
}
