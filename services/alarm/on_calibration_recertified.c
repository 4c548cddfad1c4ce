/* Ranges of what is certified have changed: told to everybody, then over, and stale until somebody has
 * acknowledged it. */
#include "alarm.h"
#include "calbus/v1/certification.pb-c.h"
#include "domain/collection_name.h"
#include "service/decode.h"
#include "rules.h"
#include "state.h"

#include <stdio.h>

static void describe(const Calbus__V1__CalibrationRecertified *what, struct finding *finding)
{
    product_name("ValidityChanged", what->instrument, what->dataset_type, what->physical_filter,
                 finding->name, sizeof finding->name);
    const char *const labels[][2] = { { "alertname", "ValidityChanged" },
                                      { "instrument", what->instrument },
                                      { "calib_type", what->dataset_type },
                                      { "physical_filter", what->physical_filter },
                                      { NULL, NULL } };
    set_labels(finding, labels);
    char gone[64] = "";
    if (what->gone > 0)
        snprintf(gone, sizeof gone, ", nothing remains of %u", what->gone);
    snprintf(finding->reason, sizeof finding->reason, "%s: %u %s of %s changed by %s%s: %s", what->repository,
             what->changed, what->changed == 1 ? "range" : "ranges", what->collection, what->by, gone,
             what->reason);
}

/* Users' own are their own affair. */
static bool is_a_users(const char *collection)
{
    struct cb_collection_name name;
    return cb_collection_name_parse(collection, &name, NULL) && name.user[0] != '\0';
}

bool on_calibration_recertified(void *self, struct cb_db *db, const struct cb_event *event,
                                struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__CalibrationRecertified *what =
        ((const Calbus__V1__CertificationEvent *)message)->recertified;
    if (is_a_users(what->collection))
        return true;
    struct finding finding = { .severity = CB_SEVERITY_WARNING };
    describe(what, &finding);
    return report_finding(self, db, &finding, event, err);
}
