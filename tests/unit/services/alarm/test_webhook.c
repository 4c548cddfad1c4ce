/* The payload of a webhook: Alertmanager's keys, in its order and spelling (alarms.md 6.4). */
#include "webhook.h"
#include "support/spec.h"

#include <string.h>

static const struct notice firing = {
    .receiver = "team",
    .name = "VerifyFailed.LSSTComCam.bias.4:0",
    .labels = "{\"alertname\":\"VerifyFailed\",\"detector\":\"4\"}",
    .external_url = "http://127.0.0.1:8440/",
    .severity = CB_SEVERITY_SERIOUS,
    .max_severity = CB_SEVERITY_SERIOUS,
    .state = "active",
    .reason = "MEAN: C03 7 above <0.5>",
    .acknowledged_by = "",
    .starts_at_tai_ns = 1733659237500000000, /* 2024-12-08T12:00:00.5 UTC */
};

static void writes_a_firing_alert(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes payload = CB_BYTES(100000);
    write_notice(&firing, &payload);
    assert_string_equal(
        cb_bytes_text(&payload),
        "{\"receiver\":\"team\",\"status\":\"firing\",\"alerts\":[{\"status\":\"firing\",\"labels\":{"
        "\"alarm\":"
        "\"VerifyFailed.LSSTComCam.bias.4:0\",\"severity\":\"serious\",\"alertname\":\"VerifyFailed\","
        "\"detector\":"
        "\"4\"},\"annotations\":{\"description\":\"MEAN: C03 7 above \\u003c0.5\\u003e\",\"max_severity\":"
        "\"SERIOUS\",\"state\":\"active\",\"summary\":\"VerifyFailed.LSSTComCam.bias.4:0\"},\"startsAt\":"
        "\"2024-12-08T12:00:00.5Z\",\"endsAt\":\"0001-01-01T00:00:00Z\",\"generatorURL\":\"\","
        "\"fingerprint\":"
        "\"b51f3c90556e5856\"}],\"notification_reason\":\"first notification\",\"groupLabels\":{\"alarm\":"
        "\"VerifyFailed.LSSTComCam.bias.4:0\"},\"commonLabels\":{\"alarm\":\"VerifyFailed.LSSTComCam.bias.4:"
        "0\","
        "\"severity\":\"serious\",\"alertname\":\"VerifyFailed\",\"detector\":\"4\"},\"commonAnnotations\":{"
        "\"description\":\"MEAN: C03 7 above "
        "\\u003c0.5\\u003e\",\"max_severity\":\"SERIOUS\",\"state\":\"active\","
        "\"summary\":\"VerifyFailed.LSSTComCam.bias.4:0\"},\"externalURL\":\"http://127.0.0.1:8440/"
        "\",\"version\":"
        "\"4\",\"groupKey\":\"{}:{alarm=\\\"VerifyFailed.LSSTComCam.bias.4:0\\\"}\",\"truncatedAlerts\":0}"
        "\n");
}

static void resolves_under_the_severity_it_was_known_by(void **state)
{
    (void)state;
    struct notice over = firing;
    over.severity = CB_SEVERITY_NONE;
    over.ends_at_tai_ns = 1733659337000000000;
    over.was_firing = true;
    cb_auto_bytes struct cb_bytes payload = CB_BYTES(100000);
    write_notice(&over, &payload);
    assert_non_null(strstr(cb_bytes_text(&payload), "\"status\":\"resolved\""));
    assert_non_null(strstr(cb_bytes_text(&payload), "\"severity\":\"serious\""));
    assert_non_null(strstr(cb_bytes_text(&payload), "\"endsAt\":\"2024-12-08T12:01:40Z\""));
    assert_non_null(strstr(cb_bytes_text(&payload), "\"notification_reason\":\"all alerts resolved\""));
}

int main(void)
{
    const struct CMUnitTest webhook[] = {
        cmocka_unit_test(writes_a_firing_alert),
        cmocka_unit_test(resolves_under_the_severity_it_was_known_by),
    };
    return cmocka_run_group_tests_name("webhook", webhook, NULL, NULL);
}
