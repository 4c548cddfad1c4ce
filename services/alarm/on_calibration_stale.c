/* A calibration in use was built from one that has been superseded. */
#include "alarm.h"
#include "calbus/v1/certification.pb-c.h"
#include "service/decode.h"
#include "rules.h"
#include "state.h"

#include <stdio.h>

bool on_calibration_stale(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__CalibrationStale *stale = ((const Calbus__V1__CertificationEvent *)message)->stale;

    struct finding finding = { .severity = stale->over ? CB_SEVERITY_NONE : CB_SEVERITY_WARNING };
    product_name("CalibrationStale", stale->instrument, stale->dataset_type, stale->physical_filter,
                 finding.name, sizeof finding.name);
    const char *const labels[][2] = { { "alertname", "CalibrationStale" },
                                      { "instrument", stale->instrument },
                                      { "calib_type", stale->dataset_type },
                                      { "physical_filter", stale->physical_filter },
                                      { NULL, NULL } };
    set_labels(&finding, labels);
    snprintf(finding.reason, sizeof finding.reason, "%s: %s was built from what %s has superseded",
             stale->repository, stale->collection, stale->because_of);
    return report_finding(self, db, &finding, event, err);
}
