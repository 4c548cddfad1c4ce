/* relay: publishes the outbox, in order per key, and again what the broker has lost. */
#include "base/alloc.h"
#include "relay.h"

#include <stdlib.h>

static const struct cb_setting settings[] = {
    { "relay", "batch", CB_SET_INT, offsetof(struct relay_config, batch), "500", 1, 10000,
      "events on their way at once" },
    { "relay", "grace", CB_SET_DURATION, offsetof(struct relay_config, grace_ms), "10s", 0, 86400000,
      "how long an event may lie unhandled before the relay looks whether the broker still has it" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

static const struct cb_task tasks[] = {
    { "settle joint transactions", 1000, settle_joint },
    { "settle events", 2000, settle_events },
    { "find lost events", 5000, find_lost },
    { "maintain partitions", 3600000, maintain_partitions },
    { NULL, 0, NULL },
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    (void)err;
    struct relay *relay = self;
    relay->common = common;
    relay->bus = (struct cb_bus_config){ .bootstrap = common->kafka_bootstrap,
                                         .bootstrap_file = common->kafka_bootstrap_file,
                                         .extra = common->kafka_extra,
                                         .client_id = "calbus-relay" };
    relay->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    return true;
}

static void stop(void *self)
{
    struct relay *relay = self;
    free(relay->index_path);
    relay->index_path = NULL;
}

int main(int argc, char **argv)
{
    static const struct cb_service service = {
        .name = "relay",
        .summary = "Publish the outbox, in order per key, and again what the broker has lost.",
        .settings = settings,
        .tasks = tasks,
        .start = start,
        .stop = stop,
        .run = relay_run,
    };
    struct relay relay = { .common = NULL };
    return cb_service_main(argc, argv, &service, &relay, &relay.config);
}
