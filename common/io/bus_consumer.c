/* The consumer: a member of a group that commits only what it is told. */
#include "io/bus_conf.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

struct cb_consumer {
    rd_kafka_t *handle;
    cb_on_revoke *on_revoke;
    void *self;
    bool paused;
    bool assigned;
    rd_kafka_topic_partition_list_t *done; /* not yet committed */
};

static void clear_done(struct cb_consumer *consumer)
{
    rd_kafka_topic_partition_list_destroy(consumer->done);
    consumer->done = rd_kafka_topic_partition_list_new(16);
}

static void take(struct cb_consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_assign(consumer->handle, partitions);
    consumer->assigned = partitions->cnt > 0;
    if (consumer->paused)
        rd_kafka_pause_partitions(consumer->handle, partitions);
}

static void give_back(struct cb_consumer *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++)
        if (consumer->on_revoke != NULL)
            consumer->on_revoke(consumer->self, partitions->elems[i].topic, partitions->elems[i].partition);
    cb_consumer_flush(consumer, true);
    clear_done(consumer);
    consumer->assigned = false;
    rd_kafka_assign(consumer->handle, NULL);
}

static void rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    (void)handle;
    struct cb_consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        take(consumer, partitions);
    else
        give_back(consumer, partitions);
}

/* All members of a group must list the same first strategy, else the mock aborts (kafka.md 2.2). The session
 * decides how long the mock waits for a rebalance; its fetch waits its full time even when data come. */
static bool set_properties(rd_kafka_conf_t *conf, const struct cb_bus_place *place, const char *group,
                           struct cb_error *err)
{
    const char *const pairs[] = { "group.id",
                                  group,
                                  "enable.auto.commit",
                                  "false",
                                  "enable.auto.offset.store",
                                  "false",
                                  "auto.offset.reset",
                                  "earliest",
                                  "partition.assignment.strategy",
                                  "roundrobin",
                                  "isolation.level",
                                  "read_committed",
                                  "session.timeout.ms",
                                  place->embedded ? "4000" : "6000",
                                  "heartbeat.interval.ms",
                                  "1000",
                                  "fetch.wait.max.ms",
                                  place->embedded ? "10" : "500",
                                  "fetch.error.backoff.ms",
                                  "100",
                                  "max.poll.interval.ms",
                                  "1800000",
                                  "queued.min.messages",
                                  "1000",
                                  NULL };
    return cb_bus_set_all(conf, pairs, err);
}

static bool subscribe(struct cb_consumer *consumer, const char *const *topics, struct cb_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (; *topics != NULL; topics++)
        rd_kafka_topic_partition_list_add(list, *topics, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cb_fail(err, CB_ERR_FATAL, "cannot subscribe: %s", rd_kafka_err2str(code));
    return true;
}

bool cb_consumer_open(const struct cb_bus_config *config, const struct cb_bus_place *place, const char *group,
                      const char *const *topics, cb_on_revoke *on_revoke, void *self,
                      struct cb_consumer **ret_consumer, struct cb_error *err)
{
    cb_auto(cb_bus_conf_free) rd_kafka_conf_t *conf = cb_bus_conf(config, place, err);
    if (conf == NULL || !set_properties(conf, place, group, err))
        return false;
    struct cb_consumer *consumer = cb_xalloc(sizeof *consumer);
    consumer->on_revoke = on_revoke;
    consumer->self = self;
    consumer->done = rd_kafka_topic_partition_list_new(16);
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    char reason[256];
    consumer->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer->handle == NULL) {
        rd_kafka_topic_partition_list_destroy(consumer->done);
        free(consumer);
        return cb_fail(err, CB_ERR_FATAL, "cannot make a consumer: %s", reason);
    }
    conf = NULL; /* owned by the handle now */
    rd_kafka_poll_set_consumer(consumer->handle);
    if (!subscribe(consumer, topics, err)) {
        cb_consumer_close(consumer);
        return false;
    }
    *ret_consumer = consumer;
    return true;
}

void cb_consumer_close(struct cb_consumer *consumer)
{
    if (consumer == NULL)
        return;
    rd_kafka_consumer_close(consumer->handle); /* revokes, commits, leaves */
    rd_kafka_destroy(consumer->handle);
    rd_kafka_topic_partition_list_destroy(consumer->done);
    free(consumer);
}

static char *copy_bytes(const void *data, size_t size)
{
    char *copy = cb_xalloc(size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

static void copy_headers(const rd_kafka_message_t *from, struct cb_message *to)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    to->header_count = rd_kafka_header_cnt(headers);
    to->headers = cb_xalloc_array(to->header_count + 1, sizeof *to->headers);
    for (size_t i = 0; i < to->header_count; i++) {
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        rd_kafka_header_get_all(headers, i, &name, &value, &size);
        to->headers[i].name = cb_xstrdup(name);
        to->headers[i].value = copy_bytes(value, size);
        to->headers[i].value_size = size;
    }
}

static struct cb_message *copy_message(const rd_kafka_message_t *from)
{
    struct cb_message *to = cb_xalloc(sizeof *to);
    to->topic = cb_xstrdup(rd_kafka_topic_name(from->rkt));
    to->partition = from->partition;
    to->offset = from->offset;
    to->key = copy_bytes(from->key, from->key_len);
    to->key_size = from->key_len;
    to->value = (unsigned char *)copy_bytes(from->payload, from->len);
    to->size = from->len;
    copy_headers(from, to);
    return to;
}

void cb_message_free(struct cb_message *message)
{
    if (message == NULL)
        return;
    for (size_t i = 0; i < message->header_count; i++) {
        free((void *)message->headers[i].name);
        free((void *)message->headers[i].value);
    }
    free(message->headers);
    free(message->topic);
    free(message->key);
    free(message->value);
    free(message);
}

const struct cb_bus_header *cb_message_header(const struct cb_message *message, const char *name)
{
    for (size_t i = message->header_count; i-- > 0;)
        if (strcmp(message->headers[i].name, name) == 0)
            return &message->headers[i];
    return NULL;
}

bool cb_consumer_poll(struct cb_consumer *consumer, int wait_ms, struct cb_message **ret_message,
                      struct cb_error *err)
{
    *ret_message = NULL;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->handle, wait_ms);
    if (message == NULL)
        return true;
    bool ok = true;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        *ret_message = copy_message(message);
    else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        ok = cb_fail(err, cb_bus_kind(message->err), "could not consume: %s",
                     rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return ok;
}

void cb_consumer_pause(struct cb_consumer *consumer, bool paused)
{
    rd_kafka_topic_partition_list_t *partitions = NULL;
    if (consumer->paused == paused)
        return;
    consumer->paused = paused;
    if (rd_kafka_assignment(consumer->handle, &partitions) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (paused)
        rd_kafka_pause_partitions(consumer->handle, partitions);
    else
        rd_kafka_resume_partitions(consumer->handle, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
}

void cb_consumer_done(struct cb_consumer *consumer, const char *topic, int32_t partition, int64_t next_offset)
{
    rd_kafka_topic_partition_t *entry = rd_kafka_topic_partition_list_find(consumer->done, topic, partition);
    if (entry == NULL)
        entry = rd_kafka_topic_partition_list_add(consumer->done, topic, partition);
    entry->offset = next_offset;
}

void cb_consumer_flush(struct cb_consumer *consumer, bool wait)
{
    if (consumer->done->cnt == 0)
        return;
    /* a commit that fails is made good by the next one, and by the inbox */
    rd_kafka_commit(consumer->handle, consumer->done, wait ? 0 : 1);
    clear_done(consumer);
}

static void tell_lag(const struct cb_consumer *consumer, const rd_kafka_topic_partition_t *partition,
                     cb_lag_teller *tell, void *self)
{
    int64_t first = 0, end = 0;
    if (rd_kafka_get_watermark_offsets(consumer->handle, partition->topic, partition->partition, &first,
                                       &end) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        end < 0 || partition->offset < 0)
        return;
    tell(self, partition->topic, partition->partition, end > partition->offset ? end - partition->offset : 0);
}

void cb_consumer_each_lag(struct cb_consumer *consumer, cb_lag_teller *tell, void *self)
{
    rd_kafka_topic_partition_list_t *partitions = NULL;
    if (rd_kafka_assignment(consumer->handle, &partitions) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (rd_kafka_position(consumer->handle, partitions) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (int i = 0; i < partitions->cnt; i++)
            tell_lag(consumer, &partitions->elems[i], tell, self);
    rd_kafka_topic_partition_list_destroy(partitions);
}

bool cb_consumer_is_assigned(const struct cb_consumer *consumer)
{
    return consumer->assigned;
}
