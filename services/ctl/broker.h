/* Which broker this suite uses, and what is needed to have it ready. */
#pragma once

#include "ctl.h"

#include "io/bus.h"

enum ctl_broker { CTL_BROKER_MOCK, CTL_BROKER_KAFKA, CTL_BROKER_EXTERNAL };

const char *ctl_broker_name(enum ctl_broker broker);
/* Errors: INVALID another word than mock, kafka, external or auto; or external without bootstrap servers. */
CB_MUST_CHECK bool ctl_broker_of(const struct ctl_settings *settings, enum ctl_broker *ret_broker,
                                 struct cb_error *err);

/* How the bus is reached; texts are borrowed from the settings. */
struct cb_bus_config ctl_bus_config(const struct ctl_settings *settings);

/* Port of the local Kafka server: the one chosen at its first start, else a free one, which is remembered. */
CB_MUST_CHECK bool ctl_kafka_port(const struct ctl_layout *layout, int *ret_port, struct cb_error *err);
/* Fetch Kafka's programs once, and write the address where clients look for it. */
CB_MUST_CHECK bool ctl_kafka_prepare(struct ctl *ctl, const struct ctl_settings *settings,
                                     struct cb_error *err);
/* Wait until the broker answers, then make the topics where it does not make them itself. */
CB_MUST_CHECK bool ctl_broker_wait(const struct ctl_settings *settings, int64_t timeout_ms,
                                   struct cb_error *err);

/* The broker answers and has all topics. Errors: TRANSIENT not yet. */
CB_MUST_CHECK bool ctl_broker_has_topics(const struct ctl_settings *settings, struct cb_error *err);

/* Can we listen on this "host:port"? */
bool ctl_address_is_free(const char *listen);
