/* What a webhook receiver is sent: Alertmanager's payload, version "4" (alarms.md 6.4). Pure. */
#pragma once

#include "base/bytes.h"
#include "domain/alarm.h"

#include <stdint.h>

struct notice {
    const char *receiver;
    const char *name;   /* of the alarm */
    const char *labels; /* JSON object, without severity */
    const char *external_url;
    enum cb_severity severity; /* NONE: resolved */
    enum cb_severity max_severity;
    const char *state; /* "active", "stale", ... */
    const char *reason;
    const char *acknowledged_by; /* "": not acknowledged */
    int64_t starts_at_tai_ns;    /* since when it has been firing */
    int64_t ends_at_tai_ns;      /* when it was resolved; not used while firing */
    bool was_firing;             /* what the receiver was told last */
};

/* The JSON, ended by a newline. One alarm is one group. */
void write_notice(const struct notice *notice, struct cb_bytes *payload);
