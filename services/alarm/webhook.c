/* What a webhook receiver is sent. */
#include "webhook.h"

#include "base/json.h"
#include "base/tai.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* RFC 3339 UTC without trailing zeros, as Go prints it. */
static void format_time(int64_t tai_ns, char *ret_text, size_t size)
{
    char iso[CB_ISO_SIZE];
    cb_iso_format(cb_utc_from_tai(tai_ns), 9, 'T', iso);
    size_t length = strlen(iso);
    while (iso[length - 1] == '0')
        length--;
    if (iso[length - 1] == '.')
        length--;
    snprintf(ret_text, size, "%.*sZ", (int)length, iso);
}

/* The alarm's labels with alarm and severity among them: the object's closing brace makes room. */
static void add_labels(struct cb_json *json, const char *key, const struct notice *notice)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    struct cb_json added = { .out = &text, .html_safe = true };
    cb_json_open(&added, NULL, '{');
    cb_json_str(&added, "alarm", notice->name);
    /* a resolved alert keeps the severity it was known by, so that the receiver finds it again */
    enum cb_severity known = notice->severity != CB_SEVERITY_NONE ? notice->severity : notice->max_severity;
    static const char *const words[] = { "none", "none", "warning", "serious", "critical" };
    cb_json_str(&added, "severity", words[known]);
    size_t length = strlen(notice->labels);
    if (length > 2) {
        cb_bytes_puts(&text, ",");
        cb_bytes_add(&text, notice->labels + 1, length - 2);
    }
    cb_json_close(&added);
    cb_json_raw(json, key, cb_bytes_ok(&text) ? cb_bytes_text(&text) : "{}");
}

static void add_annotations(struct cb_json *json, const char *key, const struct notice *notice)
{
    cb_json_open(json, key, '{');
    if (notice->acknowledged_by[0] != '\0')
        cb_json_str(json, "acknowledged_by", notice->acknowledged_by);
    cb_json_str(json, "description", notice->reason);
    cb_json_str(json, "max_severity", cb_severity_name(notice->max_severity));
    cb_json_str(json, "state", notice->state);
    cb_json_str(json, "summary", notice->name);
    cb_json_close(json);
}

static void add_alert(struct cb_json *json, const struct notice *notice, const char *status)
{
    char starts[CB_ISO_SIZE + 2], ends[CB_ISO_SIZE + 2] = "0001-01-01T00:00:00Z";
    format_time(notice->starts_at_tai_ns, starts, sizeof starts);
    if (notice->severity == CB_SEVERITY_NONE)
        format_time(notice->ends_at_tai_ns, ends, sizeof ends);
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "status", status);
    add_labels(json, "labels", notice);
    add_annotations(json, "annotations", notice);
    cb_json_str(json, "startsAt", starts);
    cb_json_str(json, "endsAt", ends);
    cb_json_str(json, "generatorURL", "");
    /* FNV-1a over the name: one alarm, one fingerprint, whatever its severity */
    uint64_t hash = 14695981039346656037ULL;
    for (const char *c = notice->name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    char fingerprint[17];
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)hash);
    cb_json_str(json, "fingerprint", fingerprint);
    cb_json_close(json);
}

void write_notice(const struct notice *notice, struct cb_bytes *payload)
{
    const char *status = notice->severity == CB_SEVERITY_NONE ? "resolved" : "firing";
    const char *why = notice->severity == CB_SEVERITY_NONE ? "all alerts resolved"
                      : notice->was_firing                 ? "new alerts added"
                                                           : "first notification";
    char group_key[CB_ALARM_NAME_SIZE + 32];
    snprintf(group_key, sizeof group_key, "{}:{alarm=\"%s\"}", notice->name);

    struct cb_json json = { .out = payload, .html_safe = true };
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "receiver", notice->receiver);
    cb_json_str(&json, "status", status);
    cb_json_open(&json, "alerts", '[');
    add_alert(&json, notice, status);
    cb_json_close(&json);
    cb_json_str(&json, "notification_reason", why);
    cb_json_open(&json, "groupLabels", '{');
    cb_json_str(&json, "alarm", notice->name);
    cb_json_close(&json);
    add_labels(&json, "commonLabels", notice);
    add_annotations(&json, "commonAnnotations", notice);
    cb_json_str(&json, "externalURL", notice->external_url);
    cb_json_str(&json, "version", "4");
    cb_json_str(&json, "groupKey", group_key);
    cb_json_int(&json, "truncatedAlerts", 0);
    cb_json_close(&json);
    cb_bytes_puts(payload, "\n");
}
