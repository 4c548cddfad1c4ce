/* Bringing the suite up and down. */
#pragma once

#include "ctl.h"
#include "units.h"

/* One unit's readiness: a service's as its /readyz says it; the broker has the topics; the database answers.
 */
struct ctl_health {
    char address[64]; /* "127.0.0.1:38211"; "" while it is not known */
    bool ready;
    char detail[200]; /* why it is not */
};

/* GET http://<address><path> of a service on this machine. Errors: as cb_http_ask. */
CB_MUST_CHECK bool ctl_http_get(const char *address, const char *path, int *ret_status, struct cb_bytes *body,
                                struct cb_error *err);
/* Ask a running unit. */
struct ctl_health ctl_health_of(struct ctl *ctl, const struct ctl_unit *unit);
/* "http://127.0.0.1:8440" of a unit ("console.1"), to be freed; NULL when it does not run. */
char *ctl_service_url(const struct ctl_layout *layout, const struct ctl_suite *suite, const char *unit_name);

/* Only one `up` or `down` works on a home at a time. -1 on failure; close it to let go. */
int ctl_suite_lock(struct ctl *ctl, struct cb_error *err);

/* End what a killed supervisor left behind. */
void ctl_suite_clear(const struct ctl_layout *layout);
/* Stop everything in order; true also when nothing runs. */
CB_MUST_CHECK bool ctl_suite_stop(struct ctl *ctl, struct cb_error *err);

/* The last lines of a unit's log, for messages; "" if there is none. */
void ctl_log_tail(const struct ctl_layout *layout, const char *unit, size_t lines, struct cb_bytes *out);
