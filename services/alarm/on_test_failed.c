/* A test failed on a detector: gather it, and raise the detector's alarm at once. */
#include "alarm.h"
#include "service/decode.h"
#include "sql.h"
#include "state.h"

#include <stdio.h>

/* An older night than the one that spoke last must not change what is shown. */
static bool is_superseded(struct cb_db *db, const Calbus__V1__TestFailed *failed, bool *ret_superseded,
                          struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_verified_day,
                   CB_P(cb_p_text(failed->instrument), cb_p_text(failed->calib_type),
                        cb_p_text(failed->physical_filter)),
                   &rows, err))
        return false;
    *ret_superseded = cb_rows_count(rows) > 0 && cb_rows_int(rows, 0, 0) > (int64_t)failed->day_obs;
    return true;
}

static bool gather(struct cb_db *db, const Calbus__V1__TestFailed *failed, struct finding *finding,
                   struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes reason = CB_BYTES(4096);
    describe_test(failed, &reason);
    if (!cb_db_run(db, sql_put_finding,
                   CB_P(cb_p_text(failed->run_id), cb_p_int(failed->detector), cb_p_text(failed->test),
                        cb_p_text(cb_bytes_text(&reason))),
                   NULL, err))
        return false;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_findings_of_detector,
                   CB_P(cb_p_text(failed->run_id), cb_p_int(failed->detector)), &rows, err))
        return false;
    snprintf(finding->reason, sizeof finding->reason, "%s", cb_rows_text(rows, 0, 0));
    return true;
}

bool on_test_failed(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    struct alarm_service *me = self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__TestFailed *failed = ((const Calbus__V1__VerificationEvent *)message)->test_failed;
    if (failed->kind != CALBUS__V1__VERIFICATION_KIND__VERIFICATION_KIND_DAILY && !me->config.campaign)
        return true;

    bool superseded;
    struct finding finding;
    detector_finding(failed->instrument, failed->calib_type, failed->physical_filter, failed->detector,
                     &finding);
    if (!is_superseded(db, failed, &superseded, err) || !gather(db, failed, &finding, err))
        return false;
    return superseded || report_finding(me, db, &finding, event, err);
}
