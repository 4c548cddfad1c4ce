/* A generation was verified: remember the verdict, which certification and proposals rest on. */
#include "calbus/v1/verification.pb-c.h"
#include "certifier.h"
#include "service/decode.h"
#include "sql.h"

static const char *const verdict_names[] = {
    [CALBUS__V1__VERDICT__VERDICT_PASS] = "PASS",
    [CALBUS__V1__VERDICT__VERDICT_WARN] = "WARN",
    [CALBUS__V1__VERDICT__VERDICT_FAIL] = "FAIL",
    [CALBUS__V1__VERDICT__VERDICT_NO_DATA] = "NO_DATA",
};

bool on_verification_finished(void *self, struct cb_db *db, const struct cb_event *event,
                              struct cb_error *err)
{
    (void)self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__VerificationFinished *finished =
        ((const Calbus__V1__VerificationEvent *)message)->finished;
    if (finished->kind != CALBUS__V1__VERIFICATION_KIND__VERIFICATION_KIND_CAMPAIGN)
        return true; /* the daily check of what is in force is no ground for certifying anything */

    static const Calbus__V1__Tally none = CALBUS__V1__TALLY__INIT;
    const Calbus__V1__Tally *tests = finished->tests != NULL ? finished->tests : &none;
    return cb_db_run(db, sql_store_verified_run,
                     CB_P(cb_p_text(finished->repository), cb_p_text(finished->generation_run),
                          cb_p_text(finished->run_id), cb_p_text(finished->verify_run),
                          cb_p_text(finished->calib_type), cb_p_text(finished->physical_filter),
                          cb_p_text(verdict_names[finished->verdict]), cb_p_int(tests->total),
                          cb_p_int(tests->passed), cb_p_int(tests->failed), cb_p_int(tests->no_data),
                          cb_p_text(finished->report)),
                     NULL, err);
}
