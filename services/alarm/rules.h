/* From what was found to an alarm: names, labels, severities, reasons. Pure. */
#pragma once

#include "base/bytes.h"
#include "butler/gaps.h"
#include "calbus/v1/verification.pb-c.h"
#include "domain/alarm.h"

/* One alarm as a rule sees it. */
struct finding {
    char name[CB_ALARM_NAME_SIZE]; /* "VerifyFailed.LSSTComCam.bias.4:0" */
    char labels[1024];             /* JSON: alertname, instrument, calib_type, ... */
    enum cb_severity severity;
    char reason[CB_ALARM_REASON_SIZE];
};

/* Set the labels from pairs of name and value, ended by a NULL name; empty values are left out. */
void set_labels(struct finding *finding, const char *const pairs[][2]);

/* The common start of the names of one rule over one product: "VerifyFailed.LSSTComCam.flat.r_03." */
void product_prefix(const char *class_name, const char *instrument, const char *calib_type,
                    const char *physical_filter, char *ret_prefix, size_t size);

/* The name of the alarm of a rule over one product as a whole: "VerifyNoData.LSSTComCam.flat.r_03:0". */
void product_name(const char *class_name, const char *instrument, const char *calib_type,
                  const char *physical_filter, char *ret_name, size_t size);

/* VerifyFailed of one detector. reason is left empty. */
void detector_finding(const char *instrument, const char *calib_type, const char *physical_filter,
                      unsigned int detector, struct finding *ret_finding);
/* VerifyNoData of one product. */
void no_data_finding(const char *instrument, const char *calib_type, const char *physical_filter,
                     struct finding *ret_finding);

/* ValidityGap of one product: exposures of the newest night have no calibration in force in a repository. */
void gap_finding(const char *repository, const char *instrument, const struct cb_validity_gaps *night,
                 const struct cb_validity_gap *gap, struct finding *ret_finding);
/* Put what another repository found behind; of very many the first are told. */
void join_reasons(struct finding *finding, const struct finding *other);

/* "MEAN: C03 7.213 above 0.500 adu (exposure 2024120900012), 3 more": what a test found, at most a few of
 * them. */
void describe_test(const Calbus__V1__TestFailed *failed, struct cb_bytes *reason);

/* WARNING, or SERIOUS when more than a tenth of the detectors failed (alarms.md 7.1). */
enum cb_severity verify_severity(unsigned int failed_detectors, unsigned int all_detectors);
