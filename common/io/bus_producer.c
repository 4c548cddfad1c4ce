/* The idempotent producer. */
#include "io/bus_conf.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

struct cb_producer {
    rd_kafka_t *handle;
    cb_on_delivery *on_delivery;
    void *self;
};

static void report(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    (void)handle;
    struct cb_producer *producer = opaque;
    if (producer->on_delivery == NULL)
        return;
    bool delivered = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    const struct cb_delivery delivery = { .tag = message->_private,
                                          .delivered = delivered,
                                          .partition = message->partition,
                                          .offset = message->offset,
                                          .error = delivered ? NULL : rd_kafka_err2str(message->err) };
    producer->on_delivery(producer->self, &delivery);
}

bool cb_producer_open(const struct cb_bus_config *config, const struct cb_bus_place *place,
                      cb_on_delivery *on_delivery, void *self, struct cb_producer **ret_producer,
                      struct cb_error *err)
{
    const char *const pairs[] = { "enable.idempotence",
                                  "true",
                                  "enable.gapless.guarantee",
                                  config->hasty ? "false" : "true",
                                  "linger.ms",
                                  "5",
                                  "compression.type",
                                  "zstd",
                                  "message.timeout.ms",
                                  config->hasty ? "10000" : "0",
                                  "partitioner",
                                  "murmur2_random", /* as Java and Python tools */
                                  "queue.buffering.max.messages",
                                  "100000",
                                  NULL };
    cb_auto(cb_bus_conf_free) rd_kafka_conf_t *conf = cb_bus_conf(config, place, err);
    if (conf == NULL || !cb_bus_set_all(conf, pairs, err))
        return false;
    struct cb_producer *producer = cb_xalloc(sizeof *producer);
    producer->on_delivery = on_delivery;
    producer->self = self;
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, report);
    char reason[256];
    producer->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer->handle == NULL) {
        free(producer);
        return cb_fail(err, CB_ERR_FATAL, "cannot make a producer: %s", reason);
    }
    conf = NULL; /* owned by the handle now */
    *ret_producer = producer;
    return true;
}

void cb_producer_close(struct cb_producer *producer, int flush_ms)
{
    if (producer == NULL)
        return;
    if (rd_kafka_flush(producer->handle, flush_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(producer->handle, 1000); /* serves the reports of the purged */
    }
    rd_kafka_destroy(producer->handle);
    free(producer);
}

/* NULL when a header cannot be added. */
static rd_kafka_headers_t *make_headers(const struct cb_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    for (size_t i = 0; i < record->header_count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1, record->headers[i].value,
                            (ssize_t)record->headers[i].value_size);
    return headers;
}

bool cb_producer_send(struct cb_producer *producer, const struct cb_record *record, void *tag,
                      struct cb_error *err)
{
    rd_kafka_headers_t *headers = make_headers(record);
    size_t key_size = record->key != NULL ? strlen(record->key) : 0;
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->handle, RD_KAFKA_V_TOPIC(record->topic), RD_KAFKA_V_KEY((void *)record->key, key_size),
        RD_KAFKA_V_VALUE((void *)record->value, record->size), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(tag), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true; /* the headers are the message's now */
    rd_kafka_headers_destroy(headers);
    return cb_fail(err, cb_bus_kind(code), "could not send to topic \"%s\": %s", record->topic,
                   rd_kafka_err2str(code));
}

void cb_producer_poll(struct cb_producer *producer, int wait_ms)
{
    rd_kafka_poll(producer->handle, wait_ms);
}

bool cb_producer_cluster(const struct cb_producer *producer, char *ret_id, size_t size)
{
    char *id = rd_kafka_clusterid(producer->handle, 0);
    if (id == NULL)
        return false;
    snprintf(ret_id, size, "%s", id);
    rd_kafka_mem_free(producer->handle, id);
    return true;
}

bool cb_producer_is_sound(struct cb_producer *producer, struct cb_error *err)
{
    char reason[256];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->handle, reason, sizeof reason);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    return cb_fail(err, CB_ERR_FATAL, "the producer has ended: %s: %s", rd_kafka_err2str(code), reason);
}
