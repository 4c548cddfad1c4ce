/* May a generation be certified, and into what? Pure. */
#pragma once

#include "domain/collection_name.h"

#include <stddef.h>

/* What is known of a generation's verification. */
struct verification {
    bool exists;
    const char *verdict; /* "PASS", "WARN", "FAIL", "NO_DATA" */
    long long tests, failed, no_data;
};

/* Where a certification goes. */
struct certified_names {
    char instrument[CB_COLLECTION_PART_SIZE];   /* "": no name says it, the datasets do */
    char collection[CB_COLLECTION_NAME_SIZE];   /* CALIBRATION */
    char ticket_chain[CB_COLLECTION_NAME_SIZE]; /* CHAINED; "": there is no ticket */
};

/* Names by DMTN-222 section 2. wanted: the collection asked for, "" to derive it from the generation's. Below
 * u/NAME/ a generation may have any name; then wanted must be given, below u/NAME/ too.
 * Errors: CB_ERR_INVALID a name breaks the pattern, or the two are of different type, ticket, user or filter;
 * CB_ERR_CONFLICT a bootstrap product, which is never certified. */
CB_MUST_CHECK bool name_certification(const char *generation, const char *wanted, const char *dataset_type,
                                      struct certified_names *ret_names, struct cb_error *err);

/* DMTN-222 section 3.3: verified first; with failures only when somebody says why.
 * Errors: CB_ERR_CONFLICT the sentence of the refusal. */
CB_MUST_CHECK bool may_certify(const struct verification *verification, const char *generation,
                               const char *accept_failures, struct cb_error *err);
