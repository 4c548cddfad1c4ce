/* The embedded broker: librdkafka's mock cluster, one node, topics made before anyone can ask for them. */
#include "io/bus_conf.h"

#include "base/alloc.h"
#include "io/clock.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

struct cb_embedded_broker {
    rd_kafka_t *handle;
    rd_kafka_mock_cluster_t *cluster;
};

static bool start_cluster(struct cb_embedded_broker *broker, struct cb_error *err)
{
    static const struct cb_bus_config config = { .client_id = "calbus-broker" };
    static const struct cb_bus_place nowhere = {
        .bootstrap = "127.0.0.1:1"
    }; /* the handle only carries the cluster */
    cb_auto(cb_bus_conf_free) rd_kafka_conf_t *conf = cb_bus_conf(&config, &nowhere, err);
    if (conf == NULL)
        return false;
    char reason[256];
    broker->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (broker->handle == NULL)
        return cb_fail(err, CB_ERR_FATAL, "cannot make the embedded broker: %s", reason);
    conf = NULL; /* owned by the handle now */
    broker->cluster = rd_kafka_mock_cluster_new(broker->handle, 1);
    if (broker->cluster == NULL)
        return cb_fail(err, CB_ERR_FATAL, "cannot make the embedded broker's cluster");
    return true;
}

static bool make_topics(struct cb_embedded_broker *broker, const struct cb_bus_topic *topics, size_t count,
                        struct cb_error *err)
{
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code =
            rd_kafka_mock_topic_create(broker->cluster, topics[i].name, topics[i].partitions, 1);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return cb_fail(err, CB_ERR_FATAL, "cannot make topic \"%s\": %s", topics[i].name,
                           rd_kafka_err2str(code));
    }
    return true;
}

bool cb_embedded_broker_start(const struct cb_bus_topic *topics, size_t count,
                              struct cb_embedded_broker **ret_broker, struct cb_bus_place *ret_place,
                              struct cb_error *err)
{
    struct cb_embedded_broker *broker = cb_xalloc(sizeof *broker);
    if (!start_cluster(broker, err) || !make_topics(broker, topics, count, err)) {
        cb_embedded_broker_stop(broker);
        return false;
    }
    struct cb_bus_place place = { .embedded = true };
    snprintf(place.bootstrap, sizeof place.bootstrap, "%s",
             rd_kafka_mock_cluster_bootstraps(broker->cluster));
    cb_uuid_new_text(place.incarnation);
    *ret_place = place;
    *ret_broker = broker;
    return true;
}

void cb_embedded_broker_stop(struct cb_embedded_broker *broker)
{
    if (broker == NULL)
        return;
    if (broker->cluster != NULL)
        rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->handle != NULL)
        rd_kafka_destroy(broker->handle);
    free(broker);
}
