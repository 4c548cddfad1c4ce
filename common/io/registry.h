/* A schema registry of Confluent's API: giving it a schema, getting its id. */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct cb_schema {
    const char *subject;           /* "<topic>-value" */
    const char *type;              /* "PROTOBUF", "AVRO" */
    const char *text;              /* the .proto file, or the Avro JSON */
    const char *reference_name;    /* name of a file it imports; NULL: none */
    const char *reference_subject; /* and the subject under which that is registered */
};

/* Register a schema (the same again gives the same id). Errors: CB_ERR_TRANSIENT the registry is away or
 * busy; CB_ERR_CONFLICT the schema is not compatible with what is registered; CB_ERR_INVALID it is refused as
 * a schema. */
CB_MUST_CHECK bool cb_registry_register(const char *url, const struct cb_schema *schema, int32_t *ret_id,
                                        struct cb_error *err);
/* Set a subject's compatibility: "FORWARD_TRANSITIVE", "NONE", ... Errors: as above. */
CB_MUST_CHECK bool cb_registry_set_compatibility(const char *url, const char *subject, const char *level,
                                                 struct cb_error *err);
