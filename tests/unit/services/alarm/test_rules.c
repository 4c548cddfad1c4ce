/* From findings to alarms: names, severities, reasons. */
#include "rules.h"
#include "support/spec.h"

#include <math.h>
#include <string.h>

static void names_the_alarm_of_a_detector(void **state)
{
    (void)state;
    struct finding finding;
    detector_finding("LSSTComCam", "bias", "", 4, &finding);
    assert_string_equal(finding.name, "VerifyFailed.LSSTComCam.bias.4:0");
    assert_string_equal(finding.labels, "{\"alertname\":\"VerifyFailed\",\"instrument\":\"LSSTComCam\","
                                        "\"calib_type\":\"bias\",\"detector\":\"4\"}");
    detector_finding("LSSTComCam", "flat", "r_03", 0, &finding);
    assert_string_equal(finding.name, "VerifyFailed.LSSTComCam.flat.r_03.0:0");
    no_data_finding("LSSTComCam", "flat", "r_03", &finding);
    assert_string_equal(finding.name, "VerifyNoData.LSSTComCam.flat.r_03:0");
    no_data_finding("LSSTComCam", "bias", "", &finding);
    assert_string_equal(finding.name, "VerifyNoData.LSSTComCam.bias:0");
    assert_int_equal(finding.severity, CB_SEVERITY_SERIOUS);
}

static void grades_by_the_share_of_failed_detectors(void **state)
{
    (void)state;
    assert_int_equal(verify_severity(0, 9), CB_SEVERITY_NONE);
    assert_int_equal(verify_severity(1, 9), CB_SEVERITY_SERIOUS);
    assert_int_equal(verify_severity(1, 10), CB_SEVERITY_WARNING);
    assert_int_equal(verify_severity(18, 189), CB_SEVERITY_WARNING);
    assert_int_equal(verify_severity(19, 189), CB_SEVERITY_SERIOUS);
}

static void says_amp_value_limit_and_unit(void **state)
{
    (void)state;
    Calbus__V1__TestFailed__Failure one = CALBUS__V1__TEST_FAILED__FAILURE__INIT;
    one.amp = (char *)"C03";
    one.metric = (char *)"MEAN";
    one.value = 7.2134;
    one.limit = 0.5;
    one.unit = (char *)"adu";
    one.exposure = 2024120900012;
    Calbus__V1__TestFailed__Failure two = one;
    two.amp = (char *)"C04";
    two.value = (double)NAN;
    Calbus__V1__TestFailed__Failure *failures[] = { &one, &two };
    Calbus__V1__TestFailed failed = CALBUS__V1__TEST_FAILED__INIT;
    failed.test = (char *)"MEAN";
    failed.n_failures = 2;
    failed.failures = failures;
    failed.failures_total = 9;
    cb_auto_bytes struct cb_bytes reason = CB_BYTES(1000);
    describe_test(&failed, &reason);
    assert_string_equal(cb_bytes_text(&reason), "MEAN: C03 7.213 above 0.5 adu (exposure 2024120900012), "
                                                "C04 has no value adu (exposure 2024120900012), 7 more");
}

static void a_gap_of_validity_names_night_product_and_repositories(void **state)
{
    (void)state;
    struct finding here, there;
    const struct cb_validity_gaps night = { .day_obs = 20241209 };
    struct cb_validity_gap gap = { .type = (char *)"flat",
                                   .physical_filter = (char *)"r_03",
                                   .detectors = 3,
                                   .first_exposure = 2024120900012 };
    gap_finding("/repo/main", "LSSTComCam", &night, &gap, &here);
    assert_string_equal(here.name, "ValidityGap.LSSTComCam.flat.r_03:0");
    assert_int_equal(here.severity, CB_SEVERITY_CRITICAL);
    assert_string_equal(here.reason, "/repo/main: no flat is in force in LSSTComCam/calib for 3 detectors on "
                                     "20241209, from exposure 2024120900012 on");
    gap.detectors = 0;
    gap_finding("summit:/repo/LSSTComCam", "LSSTComCam", &night, &gap, &there);
    assert_string_equal(there.name, here.name);
    join_reasons(&here, &there);
    assert_non_null(strstr(
        here.reason, "; summit:/repo/LSSTComCam: no flat is in force in LSSTComCam/calib on 20241209, from"));
    for (int i = 0; i < 1000; i++)
        join_reasons(&here, &there); /* however many there are */
    assert_true(strlen(here.reason) < sizeof here.reason);
    assert_string_equal(here.reason + strlen(here.reason) - 8, "00012 on");
}

int main(void)
{
    const struct CMUnitTest rules[] = {
        cmocka_unit_test(names_the_alarm_of_a_detector),
        cmocka_unit_test(grades_by_the_share_of_failed_detectors),
        cmocka_unit_test(says_amp_value_limit_and_unit),
        cmocka_unit_test(a_gap_of_validity_names_night_product_and_repositories),
    };
    return cmocka_run_group_tests_name("alarm rules", rules, NULL, NULL);
}
