/* What the command line and the supervisor are told: where database and broker are, which services run how
 * often, and where they listen. */
#pragma once

#include "base/settings.h"
#include "service/service.h"
#include "service/sites.h"

#include <stdbool.h>
#include <stdint.h>

struct ctl_settings {
    struct cb_service_config common; /* what services are told; db_uri may be empty: the private cluster's */
    struct cb_sites sites;
    char *broker;         /* [suite] broker: mock, kafka, external, or auto */
    char *instances;      /* [suite] instances: "generator=2,verifier=1" */
    char *postgres_bin;   /* [suite] postgres_bin; empty: the newest below /usr/lib/postgresql */
    int64_t ready_ms;     /* [suite] ready_timeout */
    int64_t log_bytes;    /* [suite] log_bytes: size at which a log file is turned over */
    char *console_listen; /* [console] listen */
    char *rucio_listen;   /* [distributor] listen */
};

/* The tables that fill it, and where each goes; both ended by NULL. */
enum { CTL_SETTING_TABLES = 3 };
void ctl_setting_tables(struct ctl_settings *settings,
                        const struct cb_setting *ret_tables[CTL_SETTING_TABLES + 1],
                        void *ret_targets[CTL_SETTING_TABLES + 1]);
