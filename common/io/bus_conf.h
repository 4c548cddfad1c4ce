/* The inside of bus.h: configuration shared by producer, consumer, view and embedded broker. */
#pragma once

#include "io/bus.h"

#include <librdkafka/rdkafka.h>

/* A configuration with everything that all clients share. NULL and err on a refused property. */
rd_kafka_conf_t *cb_bus_conf(const struct cb_bus_config *config, const struct cb_bus_place *place,
                             struct cb_error *err);
CB_MUST_CHECK bool cb_bus_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                              struct cb_error *err);
/* Several properties: name, value, ..., NULL. */
CB_MUST_CHECK bool cb_bus_set_all(rd_kafka_conf_t *conf, const char *const *pairs, struct cb_error *err);
static inline void cb_bus_conf_free(rd_kafka_conf_t *conf)
{
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
}
CB_DEFINE_CLEANUP(rd_kafka_conf_t *, cb_bus_conf_free)

/* The kind that a librdkafka error is. */
enum cb_err_kind cb_bus_kind(rd_kafka_resp_err_t code);
