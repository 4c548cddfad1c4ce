/* A verification has ended: judge its detectors together, and clear the alarms of those that are well again.
 */
#include "alarm.h"
#include "service/decode.h"
#include "sql.h"
#include "state.h"

#include <stdio.h>
#include <string.h>

static bool may_speak(struct cb_db *db, const Calbus__V1__VerificationFinished *finished, bool *ret_may,
                      struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_claim_verified,
                   CB_P(cb_p_text(finished->instrument), cb_p_text(finished->calib_type),
                        cb_p_text(finished->physical_filter), cb_p_int(finished->day_obs),
                        cb_p_int(finished->revision), cb_p_text(finished->run_id)),
                   &rows, err))
        return false;
    *ret_may = cb_rows_count(rows) > 0;
    return true;
}

/* Raise the detectors that failed. ret_names gets their alarm names, each followed by a newline. */
static bool raise_failed(struct alarm_service *me, struct cb_db *db,
                         const Calbus__V1__VerificationFinished *finished, const struct cb_event *event,
                         struct cb_bytes *ret_names, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_findings, CB_P(cb_p_text(finished->run_id)), &rows, err))
        return false;
    unsigned int all = finished->detectors != NULL ? finished->detectors->total : 0;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        struct finding finding;
        detector_finding(finished->instrument, finished->calib_type, finished->physical_filter,
                         (unsigned int)cb_rows_int(rows, i, 0), &finding);
        snprintf(finding.reason, sizeof finding.reason, "%s", cb_rows_text(rows, i, 1));
        finding.severity = verify_severity((unsigned int)cb_rows_count(rows), all);
        cb_bytes_printf(ret_names, "%s\n", finding.name);
        if (!report_finding(me, db, &finding, event, err))
            return false;
    }
    return true;
}

static bool names_contain(const struct cb_bytes *names, const char *name)
{
    char line[CB_ALARM_NAME_SIZE + 1];
    snprintf(line, sizeof line, "%s\n", name);
    return strstr(cb_bytes_text(names), line) != NULL;
}

/* Alarms of this product whose detector no longer fails. A verification without data clears nothing. */
static bool clear_recovered(struct alarm_service *me, struct cb_db *db, const char *prefix,
                            const struct cb_bytes *failed, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_alarms_like, CB_P(cb_p_text(prefix)), &rows, err))
        return false;
    const struct cb_alarm_command none = { CB_ALARM_SET_SEVERITY, CB_SEVERITY_NONE, "", 0 };
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        const char *name = cb_rows_text(rows, i, 0);
        /* "flat." must not clear "flat.r_03.4:0": what follows the prefix is a detector number */
        if (strchr(name + strlen(prefix), '.') != NULL || names_contain(failed, name))
            continue;
        if (!change_alarm(me, db, name, "{}", &none, "rule", event, NULL, err))
            return false;
    }
    return true;
}

static bool judge(struct alarm_service *me, struct cb_db *db,
                  const Calbus__V1__VerificationFinished *finished, const struct cb_event *event,
                  struct cb_error *err)
{
    struct finding no_data;
    no_data_finding(finished->instrument, finished->calib_type, finished->physical_filter, &no_data);
    bool has_data = finished->verdict != CALBUS__V1__VERDICT__VERDICT_NO_DATA;
    if (has_data)
        no_data.severity = CB_SEVERITY_NONE;
    if (!report_finding(me, db, &no_data, event, err))
        return false;

    char prefix[CB_ALARM_NAME_SIZE];
    product_prefix("VerifyFailed", finished->instrument, finished->calib_type, finished->physical_filter,
                   prefix, sizeof prefix);
    cb_auto_bytes struct cb_bytes failed = CB_BYTES(1 << 20);
    return raise_failed(me, db, finished, event, &failed, err) &&
           (!has_data || clear_recovered(me, db, prefix, &failed, event, err));
}

bool on_verification_finished(void *self, struct cb_db *db, const struct cb_event *event,
                              struct cb_error *err)
{
    struct alarm_service *me = self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__VerificationFinished *finished =
        ((const Calbus__V1__VerificationEvent *)message)->finished;
    if (finished->kind != CALBUS__V1__VERIFICATION_KIND__VERIFICATION_KIND_DAILY && !me->config.campaign)
        return true;

    bool may;
    if (!may_speak(db, finished, &may, err) || (may && !judge(me, db, finished, event, err)))
        return false;
    return cb_db_run(db, sql_drop_findings, CB_P(cb_p_text(finished->run_id)), NULL, err);
}
