/* Schema ids of the topics' values, when a schema registry is configured. */
#pragma once

#include "base/error.h"
#include "service/topics.h"

#include <stdbool.h>
#include <stdint.h>

enum { SCHEMA_TOPICS_MAX = 32 };

struct schema_ids {
    const char *registry; /* NULL or "": none */
    bool got;
    int64_t retry_ms;
    unsigned failures;
    int32_t id[SCHEMA_TOPICS_MAX]; /* in the order of cb_topics; 0: values are bare */
};

void schema_ids_init(struct schema_ids *ids, const char *registry);
void schema_ids_done(struct schema_ids *ids);
/* Register the schemas of all topics with events of a wrapper, once. True at once without a registry. Errors:
 * CB_ERR_TRANSIENT the registry is away (asked again with back-off); CB_ERR_FATAL it refuses a schema. */
CB_MUST_CHECK bool schema_ids_get(struct schema_ids *ids, struct cb_error *err);
/* The 6 bytes "00 id id id id 00" of a topic's values; false when they are bare. */
bool schema_ids_prefix(const struct schema_ids *ids, const char *topic, unsigned char ret_prefix[6]);
