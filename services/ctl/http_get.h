/* A plain HTTP GET on this machine, for the health pages of the services. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* address is "host:port" of IPv4 digits; *ret_status the answer's status, body its body.
 * Errors: TRANSIENT nobody answers in time; INVALID what answers is not HTTP. */
CB_MUST_CHECK bool ctl_http_get(const char *address, const char *path, int timeout_ms, int *ret_status,
                                struct cb_bytes *body, struct cb_error *err);
