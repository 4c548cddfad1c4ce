/* relay: publishes the outbox. */
#pragma once

#include "io/bus.h"
#include "service/outbox_row.h"
#include "service/service.h"

struct relay_config {
    int64_t batch;
    int64_t grace_ms;
};

struct relay {
    struct relay_config config;
    const struct cb_service_config *common;
    struct cb_bus_config bus;
    char *index_path; /* the repository index, $CALBUS_HOME/repositories.yaml */
};

/* The slots this process publishes: rows by hash of their key, shared among the relays that live. */
struct slots {
    bool held[CB_OUTBOX_SLOTS];
    int count;
};
/* Take or give back until the share is fair; *ret_gained when there are new ones. Not while records are on
 * their way. */
CB_MUST_CHECK bool slots_share(struct slots *slots, struct cb_db *db, bool *ret_gained, struct cb_error *err);
/* "{0,3,7}" into ret_text. */
void slots_format(const struct slots *slots, char *ret_text, size_t size);

/* publish.c: the loop: outbox -> broker -> outbox. */
bool relay_run(void *self, struct cb_db *db, struct cb_error *err);

/* joint.c: a task that ends what was cut off between the commits of two databases. */
bool settle_joint(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);

/* sweep.c: tasks that look after what was published. */
bool settle_events(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
bool find_lost(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
bool maintain_partitions(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
