/* From what was found to an alarm. */
#include "rules.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FAILURES_TOLD = 4 };

void product_prefix(const char *class_name, const char *instrument, const char *calib_type,
                    const char *physical_filter, char *ret_prefix, size_t size)
{
    snprintf(ret_prefix, size, "%s.%s.%s.%s%s", class_name, instrument, calib_type, physical_filter,
             physical_filter[0] != '\0' ? "." : "");
}

void product_name(const char *class_name, const char *instrument, const char *calib_type,
                  const char *physical_filter, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "%s.%s.%s%s%s:0", class_name, instrument, calib_type,
             physical_filter[0] != '\0' ? "." : "", physical_filter);
}

void set_labels(struct finding *finding, const char *const pairs[][2])
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(sizeof finding->labels - 1);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    for (size_t i = 0; pairs[i][0] != NULL; i++)
        if (pairs[i][1][0] != '\0')
            cb_json_str(&json, pairs[i][0], pairs[i][1]);
    cb_json_close(&json);
    snprintf(finding->labels, sizeof finding->labels, "%s", cb_bytes_ok(&text) ? cb_bytes_text(&text) : "{}");
}

static void product_labels(const char *class_name, const char *instrument, const char *calib_type,
                           const char *physical_filter, const char *detector, struct finding *finding)
{
    const char *const pairs[][2] = { { "alertname", class_name },  { "instrument", instrument },
                                     { "calib_type", calib_type }, { "physical_filter", physical_filter },
                                     { "detector", detector },     { NULL, NULL } };
    set_labels(finding, pairs);
}

void detector_finding(const char *instrument, const char *calib_type, const char *physical_filter,
                      unsigned int detector, struct finding *ret_finding)
{
    char prefix[200], number[16];
    product_prefix("VerifyFailed", instrument, calib_type, physical_filter, prefix, sizeof prefix);
    snprintf(number, sizeof number, "%u", detector);
    snprintf(ret_finding->name, sizeof ret_finding->name, "%s%s:0", prefix, number);
    product_labels("VerifyFailed", instrument, calib_type, physical_filter, number, ret_finding);
    ret_finding->severity = CB_SEVERITY_WARNING;
    ret_finding->reason[0] = '\0';
}

void no_data_finding(const char *instrument, const char *calib_type, const char *physical_filter,
                     struct finding *ret_finding)
{
    product_name("VerifyNoData", instrument, calib_type, physical_filter, ret_finding->name,
                 sizeof ret_finding->name);
    product_labels("VerifyNoData", instrument, calib_type, physical_filter, "", ret_finding);
    ret_finding->severity = CB_SEVERITY_SERIOUS;
    snprintf(ret_finding->reason, sizeof ret_finding->reason, "verification ran and had nothing to judge");
}

void gap_finding(const char *repository, const char *instrument, const struct cb_validity_gaps *night,
                 const struct cb_validity_gap *gap, struct finding *ret_finding)
{
    product_name("ValidityGap", instrument, gap->type, gap->physical_filter, ret_finding->name,
                 sizeof ret_finding->name);
    product_labels("ValidityGap", instrument, gap->type, gap->physical_filter, "", ret_finding);
    ret_finding->severity = CB_SEVERITY_CRITICAL;
    if (gap->detectors > 0)
        snprintf(ret_finding->reason, sizeof ret_finding->reason,
                 "%s: no %s is in force in %s/calib for %lld detectors on %lld, from exposure %lld on",
                 repository, gap->type, instrument, (long long)gap->detectors, (long long)night->day_obs,
                 (long long)gap->first_exposure);
    else
        snprintf(ret_finding->reason, sizeof ret_finding->reason,
                 "%s: no %s is in force in %s/calib on %lld, from exposure %lld on", repository, gap->type,
                 instrument, (long long)night->day_obs, (long long)gap->first_exposure);
}

void join_reasons(struct finding *finding, const struct finding *other)
{
    size_t length = strlen(finding->reason), more = strlen(other->reason);
    if (length + more + 3 <= sizeof finding->reason)
        snprintf(finding->reason + length, sizeof finding->reason - length, "; %s", other->reason);
}

static void describe_failure(const Calbus__V1__TestFailed__Failure *failure, const char *test,
                             struct cb_bytes *reason)
{
    if (failure->amp[0] != '\0')
        cb_bytes_printf(reason, " %s", failure->amp);
    if (strcmp(failure->metric, test) != 0)
        cb_bytes_printf(reason, " %s", failure->metric);
    if (!isfinite(failure->value))
        cb_bytes_puts(reason, " has no value");
    else
        cb_bytes_printf(reason, " %.4g %s %.4g", failure->value,
                        failure->value < failure->limit ? "below" : "above", failure->limit);
    if (failure->unit[0] != '\0')
        cb_bytes_printf(reason, " %s", failure->unit);
    if (failure->exposure != 0)
        cb_bytes_printf(reason, " (exposure %llu)", (unsigned long long)failure->exposure);
}

void describe_test(const Calbus__V1__TestFailed *failed, struct cb_bytes *reason)
{
    cb_bytes_printf(reason, "%s:", failed->test);
    size_t told = failed->n_failures < FAILURES_TOLD ? failed->n_failures : FAILURES_TOLD;
    for (size_t i = 0; i < told; i++) {
        if (i > 0)
            cb_bytes_puts(reason, ",");
        describe_failure(failed->failures[i], failed->test, reason);
    }
    size_t total = failed->failures_total > failed->n_failures ? failed->failures_total : failed->n_failures;
    if (total > told)
        cb_bytes_printf(reason, ", %zu more", total - told);
}

enum cb_severity verify_severity(unsigned int failed_detectors, unsigned int all_detectors)
{
    if (failed_detectors == 0)
        return CB_SEVERITY_NONE;
    return 10 * failed_detectors > all_detectors ? CB_SEVERITY_SERIOUS : CB_SEVERITY_WARNING;
}
