/* What the command line and the supervisor are told: where database and broker are, which services run how
 * often, and where they listen. */
#pragma once

#include "base/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct ctl_settings {
    char *db_uri;               /* [db] uri; empty: the private cluster's */
    char *kafka_bootstrap;      /* [kafka] bootstrap_servers; empty: the embedded broker's */
    char *kafka_bootstrap_file; /* [kafka] bootstrap_file */
    char *kafka_extra;          /* [kafka] properties */
    char *registry_url;         /* [registry] url */
    char *site;                 /* [site] name */
    char *log_level;            /* [log] level */
    char *broker;               /* [suite] broker: mock, kafka, external, or auto */
    char *instances;            /* [suite] instances: "generator=2,verifier=1" */
    char *postgres_bin;         /* [suite] postgres_bin; empty: the newest below /usr/lib/postgresql */
    int64_t ready_ms;           /* [suite] ready_timeout */
    int64_t log_bytes;          /* [suite] log_bytes: size at which a log file is turned over */
    char *console_listen;       /* [suite] console_listen */
    char *rucio_listen;         /* [suite] rucio_listen */
};

extern const struct cb_setting ctl_setting_table[];
