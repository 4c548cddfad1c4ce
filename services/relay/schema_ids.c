/* Schema ids of the topics' values: every .proto file registered under its topic's subject. */
#include "schema_ids.h"

#include "base/alloc.h"
#include "io/clock.h"
#include "io/registry.h"
#include "proto.h"
#include "service/lanes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define COMMON "calbus/v1/common.proto"

void schema_ids_init(struct schema_ids *ids, const char *registry)
{
    *ids = (struct schema_ids){ .registry = registry };
    ids->got = registry == NULL || registry[0] == '\0';
}

void schema_ids_done(struct schema_ids *ids)
{
    ids->got = false;
}

static const char *find_proto(const char *file)
{
    for (size_t i = 0; proto_files[i][0] != NULL; i++)
        if (strcmp(proto_files[i][0], file) == 0)
            return proto_files[i][1];
    return NULL;
}

/* The family of a topic: "calbus.alarm-state.v1" is of the wrapper AlarmStateEvent, whose schema must be the
 * file's first message: its own text is made from the family's file. */
static const struct cb_event_type *first_event(const char *topic)
{
    for (const struct cb_event_type *type = cb_event_types; type->type != NULL; type++)
        if (strcmp(type->topic, topic) == 0 && type->message != NULL && !type->loose)
            return type;
    return NULL;
}

/* The text of a wrapper's schema, its message first; NULL if there is none. To be freed. */
static char *schema_text(const char *wrapper)
{
    for (size_t i = 0; proto_files[i][0] != NULL; i++) {
        const char *text = proto_files[i][1];
        cb_auto(cb_free) char *opening = cb_xasprintf("message %s {", strrchr(wrapper, '.') + 1);
        const char *start = strstr(text, opening), *first = strstr(text, "message ");
        if (start == NULL)
            continue;
        const char *end = strstr(start, "\n}\n");
        if (start == first || end == NULL)
            return cb_xstrdup(text);
        end += 3; /* moved to the front */
        return cb_xasprintf("%.*s%.*s\n%.*s%s", (int)(first - text), text, (int)(end - start), start,
                            (int)(start - first), first, end);
    }
    return NULL;
}

static bool register_topic(struct schema_ids *ids, size_t index, bool *common_done, struct cb_error *err)
{
    const struct cb_event_type *type = first_event(cb_topics[index].name);
    cb_auto(cb_free) char *text = type != NULL ? schema_text(type->message) : NULL;
    if (text == NULL)
        return true;
    bool imports = strstr(text, "import \"" COMMON "\"") != NULL;
    if (imports && !*common_done) {
        int32_t unused = 0;
        const struct cb_schema common = { .subject = COMMON,
                                          .type = "PROTOBUF",
                                          .text = find_proto("common.proto") };
        if (!cb_registry_register(ids->registry, &common, &unused, err))
            return false;
        *common_done = true;
    }
    cb_auto(cb_free) char *subject = cb_xasprintf("%s-value", cb_topics[index].name);
    const struct cb_schema schema = { .subject = subject,
                                      .type = "PROTOBUF",
                                      .text = text,
                                      .reference_name = imports ? COMMON : NULL,
                                      .reference_subject = COMMON };
    return cb_registry_register(ids->registry, &schema, &ids->id[index], err);
}

static bool register_all(struct schema_ids *ids, struct cb_error *err)
{
    bool common_done = false;
    for (size_t i = 0; i < SCHEMA_TOPICS_MAX && cb_topics[i].name != NULL; i++)
        if (!register_topic(ids, i, &common_done, err))
            return false;
    return true;
}

bool schema_ids_get(struct schema_ids *ids, struct cb_error *err)
{
    if (ids->got)
        return true;
    int64_t now_ms = cb_clock_monotonic_ms();
    if (now_ms < ids->retry_ms)
        return cb_fail(err, CB_ERR_TRANSIENT, "the schema registry %s is away", ids->registry);
    if (register_all(ids, err)) {
        ids->got = true;
        return true;
    }
    if (err->kind != CB_ERR_TRANSIENT)
        err->kind = CB_ERR_FATAL;
    ids->retry_ms = now_ms + cb_backoff_ms(ids->failures++, 0.5);
    return false;
}

bool schema_ids_prefix(const struct schema_ids *ids, const char *topic, unsigned char ret_prefix[6])
{
    for (size_t i = 0; i < SCHEMA_TOPICS_MAX && cb_topics[i].name != NULL; i++) {
        if (strcmp(cb_topics[i].name, topic) != 0 || ids->id[i] <= 0)
            continue;
        uint32_t id = (uint32_t)ids->id[i];
        const unsigned char prefix[6] = { 0,
                                          (unsigned char)(id >> 24),
                                          (unsigned char)(id >> 16),
                                          (unsigned char)(id >> 8),
                                          (unsigned char)id,
                                          0 };
        memcpy(ret_prefix, prefix, sizeof prefix);
        return true;
    }
    return false;
}
