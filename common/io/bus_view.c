/* Looking at the broker: who it is, what it holds, what groups have committed; and making topics. */
#include "io/bus_conf.h"

#include "base/alloc.h"
#include "io/clock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { ASK_MS = 5000, ADMIN_MS = 30000, LOOK_AGAIN_MS = 50 };

struct cb_bus_view {
    rd_kafka_t *handle;
};

bool cb_bus_view_open(const struct cb_bus_config *config, const struct cb_bus_place *place, const char *group,
                      struct cb_bus_view **ret_view, struct cb_error *err)
{
    cb_auto(cb_bus_conf_free) rd_kafka_conf_t *conf = cb_bus_conf(config, place, err);
    if (conf == NULL || (group != NULL && !cb_bus_set(conf, "group.id", group, err)))
        return false;
    char reason[256];
    rd_kafka_type_t type = group != NULL ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
    rd_kafka_t *handle = rd_kafka_new(type, conf, reason, sizeof reason);
    if (handle == NULL)
        return cb_fail(err, CB_ERR_FATAL, "cannot make a client: %s", reason);
    conf = NULL; /* owned by the handle now */
    *ret_view = cb_xalloc(sizeof **ret_view);
    (*ret_view)->handle = handle;
    return true;
}

void cb_bus_view_close(struct cb_bus_view *view)
{
    if (view == NULL)
        return;
    rd_kafka_destroy(view->handle);
    free(view);
}

static bool get_metadata(struct cb_bus_view *view, int wait_ms, const struct rd_kafka_metadata **ret_metadata,
                         struct cb_error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_metadata(view->handle, 1, NULL, ret_metadata, wait_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cb_fail(err, CB_ERR_TRANSIENT, "the broker does not answer: %s", rd_kafka_err2str(code));
    return true;
}

bool cb_bus_identify(struct cb_bus_view *view, struct cb_bus_place *place, int wait_ms, struct cb_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    if (!get_metadata(view, wait_ms, &metadata, err))
        return false;
    rd_kafka_metadata_destroy(metadata);
    if (place->embedded)
        return true;
    char *id = rd_kafka_clusterid(view->handle, wait_ms);
    if (id == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "the broker tells no cluster id");
    snprintf(place->incarnation, sizeof place->incarnation, "%s", id);
    rd_kafka_mem_free(view->handle, id);
    return true;
}

bool cb_bus_log_range(struct cb_bus_view *view, const char *topic, int32_t partition, int64_t *ret_first,
                      int64_t *ret_end, struct cb_error *err)
{
    rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(view->handle, topic, partition, ret_first, ret_end, ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not ask for the log of %s [%d]: %s", topic, partition,
                       rd_kafka_err2str(code));
    return true;
}

bool cb_bus_committed(struct cb_bus_view *view, const char *topic, int32_t partition, int64_t *ret_offset,
                      struct cb_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_resp_err_t code = rd_kafka_committed(view->handle, list, ASK_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = list->elems[0].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        *ret_offset = list->elems[0].offset >= 0 ? list->elems[0].offset : -1;
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not ask for committed offsets of %s [%d]: %s", topic,
                       partition, rd_kafka_err2str(code));
    return true;
}

static bool is_there(const struct rd_kafka_metadata *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0 &&
            metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return true;
    return false;
}

bool cb_bus_count_topics(struct cb_bus_view *view, const struct cb_bus_topic *topics, size_t count,
                         size_t *ret_there, struct cb_error *err)
{
    /* all topics, not these by name: asking the mock for a name would make it, with the wrong partition count
     */
    const struct rd_kafka_metadata *metadata = NULL;
    if (!get_metadata(view, ASK_MS, &metadata, err))
        return false;
    *ret_there = 0;
    for (size_t i = 0; i < count; i++)
        *ret_there += is_there(metadata, topics[i].name) ? 1 : 0;
    rd_kafka_metadata_destroy(metadata);
    return true;
}

static rd_kafka_NewTopic_t *describe(const struct cb_bus_topic *topic, int nodes, struct cb_error *err)
{
    char text[256];
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic->name, topic->partitions, nodes >= 3 ? 3 : 1, text, sizeof text);
    if (wanted == NULL) {
        cb_fail(err, CB_ERR_FATAL, "cannot make topic \"%s\": %s", topic->name, text);
        return NULL;
    }
    if (topic->retention_ms < 0) {
        rd_kafka_NewTopic_set_config(wanted, "cleanup.policy", "compact");
    } else {
        snprintf(text, sizeof text, "%lld", (long long)topic->retention_ms);
        rd_kafka_NewTopic_set_config(wanted, "retention.ms", text);
    }
    return wanted;
}

/* What the broker said of each topic; the event itself says no error even when a topic was refused. */
static bool read_answer(rd_kafka_event_t *answer, struct cb_error *err)
{
    if (answer == NULL || rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not make topics: %s",
                       answer != NULL ? rd_kafka_event_error_string(answer) : "no answer");
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        bool may_pass = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
                        code == RD_KAFKA_RESP_ERR_NOT_CONTROLLER ||
                        code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR; /* nodes still starting */
        return cb_fail(err, may_pass ? CB_ERR_TRANSIENT : CB_ERR_FATAL, "could not make topic \"%s\": %s",
                       rd_kafka_topic_result_name(results[i]), rd_kafka_err2str(code));
    }
    return true;
}

static bool create(struct cb_bus_view *view, rd_kafka_NewTopic_t **wanted, size_t count, struct cb_error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(view->handle);
    rd_kafka_CreateTopics(view->handle, wanted, count, NULL, queue);
    rd_kafka_event_t *answer = rd_kafka_queue_poll(queue, ADMIN_MS);
    bool ok = read_answer(answer, err);
    if (answer != NULL)
        rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(queue);
    return ok;
}

/* The controller answers before the brokers know: until they do, a client that asks for a topic is told that
 * there is none. */
static bool wait_for_topics(struct cb_bus_view *view, const struct cb_bus_topic *topics, size_t count,
                            struct cb_error *err)
{
    int64_t deadline_ms = cb_clock_monotonic_ms() + ADMIN_MS;
    size_t there = 0;
    for (;;) {
        if (!cb_bus_count_topics(view, topics, count, &there, err))
            return false;
        if (there == count)
            return true;
        if (cb_clock_monotonic_ms() > deadline_ms)
            return cb_fail(err, CB_ERR_TRANSIENT, "the broker shows %zu of %zu topics", there, count);
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

bool cb_bus_make_topics(struct cb_bus_view *view, const struct cb_bus_topic *topics, size_t count,
                        struct cb_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    if (!get_metadata(view, ASK_MS, &metadata, err))
        return false;
    rd_kafka_NewTopic_t **wanted = cb_xalloc_array(count + 1, sizeof(rd_kafka_NewTopic_t *));
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (is_there(metadata, topics[i].name))
            continue;
        wanted[n] = describe(&topics[i], metadata->broker_cnt, err);
        ok = wanted[n] != NULL;
        n += ok ? 1 : 0;
    }
    rd_kafka_metadata_destroy(metadata);
    if (ok && n > 0)
        ok = create(view, wanted, n, err) && wait_for_topics(view, topics, count, err);
    rd_kafka_NewTopic_destroy_array(wanted, n);
    free(wanted);
    return ok;
}
