/* The services of the suite, in the order in which they are listed, started, and, backwards, stopped. */
#pragma once

#include "base/error.h"

#include <stddef.h>

struct ctl_service {
    const char *name;    /* "ingest" */
    const char *program; /* "calbus-ingest" */
    int instances;       /* unless [suite] instances says otherwise */
    const char *does;    /* a few words for calbus status */
};
extern const struct ctl_service ctl_services[]; /* ended by name == NULL */

/* How many processes of a service run: the number behind its name in "generator=2,verifier=1", else its own.
 * Errors: INVALID the text is no such list, or names a service that does not exist. */
CB_MUST_CHECK bool ctl_service_instances(const struct ctl_service *service, const char *text, int *ret_n,
                                         struct cb_error *err);
