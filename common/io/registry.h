/* A schema registry's client (Confluent REST API, version 1). */
#pragma once

#include "base/error.h"

#include <stdint.h>

/*
 * The id of a schema under a subject, registered if it is not there.
 *
 * Errors    CB_ERR_TRANSIENT  the registry is away (5xx, no answer)
 *           CB_ERR_CONFLICT   it is not compatible with the subject's (409): a mistake of the deployment
 *           CB_ERR_INVALID    no schema (422), or an answer that is none
 */
CB_MUST_CHECK bool cb_registry_register(const char *url, const char *subject, const char *schema,
                                        uint32_t *ret_id, struct cb_error *err);
