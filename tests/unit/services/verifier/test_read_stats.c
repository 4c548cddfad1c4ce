/* Detector statistics, written and read back. */
#include "read_stats.h"
#include "calib/verify_yaml.h"
#include "support/spec.h"

#include <string.h>

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 20);
    struct cb_verify_limits limits = cb_verify_limits_default();
    struct cb_verify_detector d = { .type = CB_VERIFY_BIAS, .amps = 1, .mean = NAN, .scatter = NAN };
    d.amp[0] = (struct cb_verify_amp){ .amp = "C00",
                                       .mean = 12.5,
                                       .noise = 5.0,
                                       .cr_noise = NAN,
                                       .corner = 0.25,
                                       .read_noise_adu = 4.0,
                                       .expected = { .gain = 1.25, .read_noise = 5.0 } };
    const struct cb_verify_isr_extras extras = { .mjd = 60652.5 };
    const struct cb_verify_provenance from = { .exposure = 2024120800690,
                                               .detector = 4,
                                               .detector_name = "R22_S11",
                                               .calib_run = "x/biasGen.20241210a",
                                               .calib_uuid = "u",
                                               .was_input = true };
    cb_verify_yaml_detector(&d, &limits, &extras, &from, &text, NULL);

    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    struct cb_error err = { 0 };
    if (!cb_yaml_parse(cb_bytes_text(&text), text.size, "stats.yaml", &yaml, &err))
        fail_msg("%s", err.text);
    auto_frame_stats struct frame_stats stats = { 0 };
    if (!read_frame_stats(yaml, &stats, &err))
        fail_msg("%s", err.text);
    assert_string_equal(stats.detector_name, "R22_S11");
    assert_string_equal(stats.calib_run, "x/biasGen.20241210a");
    assert_string_equal(stats.calib_sha256, "");
    assert_true(stats.was_input);
    assert_false(stats.success);
    const char *tests = cb_bytes_text(&stats.tests), *values = cb_bytes_text(&stats.values);
    assert_non_null(strstr(tests,
                           "{\"amp\":\"C00\",\"test\":\"MEAN\",\"metric\":\"MEAN\",\"unit\":\"electron\","
                           "\"outcome\":\"fail\",\"counts\":true,\"value\":12.5,\"limit\":5"));
    assert_non_null(strstr(tests, "\"test\":\"CR_NOISE\",\"metric\":\"CR_NOISE\",\"unit\":\"electron\","
                                  "\"outcome\":\"no_data\",\"counts\":true,\"value\":null"));
    assert_non_null(
        strstr(values, "{\"name\":\"MEAN\",\"amp\":\"C00\",\"unit\":\"electron\",\"value\":12.5}"));
    assert_non_null(
        strstr(values, "{\"name\":\"READ_NOISE_ADU\",\"amp\":\"C00\",\"unit\":\"adu\",\"value\":4"));
}

static void refuses_statistics_without_their_tests(void **state)
{
    (void)state;
    static const char text[] = "AMP: {}\nCALBUS: {input: true}\nSUCCESS: true\n";
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    auto_frame_stats struct frame_stats stats = { 0 };
    struct cb_error err = { 0 };
    assert_true(cb_yaml_parse(text, sizeof text - 1, "stats.yaml", &yaml, NULL));
    assert_false(read_frame_stats(yaml, &stats, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "CALBUS.TESTS is missing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(refuses_statistics_without_their_tests),
    };
    return cmocka_run_group_tests_name("detector statistics read back", tests, NULL, NULL);
}
