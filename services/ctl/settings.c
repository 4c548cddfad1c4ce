/* What the command line and the supervisor are told. */
#include "settings.h"

#include "service/config.h"

#include <string.h>

#define AT(field) offsetof(struct ctl_settings, field)

static const struct cb_setting suite_settings[] = {
    { "suite", "broker", CB_SET_TEXT, AT(broker), "auto", 0, 0,
      "mock, kafka, external; auto: external when kafka.bootstrap_servers is set, else mock" },
    { "suite", "instances", CB_SET_TEXT, AT(instances), "", 0, 0,
      "how many processes of a service run, service=number,...; one each unless said" },
    { "suite", "postgres_bin", CB_SET_TEXT, AT(postgres_bin), "", 0, 0,
      "folder of initdb and postgres; empty: the newest below /usr/lib/postgresql" },
    { "suite", "ready_timeout", CB_SET_DURATION, AT(ready_ms), "60s", 0, 0,
      "how long calbus up waits for the services to be ready" },
    { "suite", "log_bytes", CB_SET_INT, AT(log_bytes), "16777216", 65536, 1e12,
      "size in bytes at which a log file is turned over; the one before is kept" },
    { "console", "listen", CB_SET_TEXT, AT(console_listen), "127.0.0.1:8440", 0, 0,
      "address of the web console" },
    { "distributor", "listen", CB_SET_TEXT, AT(rucio_listen), "127.0.0.1:8441", 0, 0,
      "address of the Rucio REST endpoint" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

enum { MOST_COMMON = 64 };

/* A service must be told its database; here none means the private cluster. */
static const struct cb_setting *common_settings(void)
{
    static struct cb_setting table[MOST_COMMON];
    for (size_t i = 0; i + 1 < MOST_COMMON && cb_common_settings[i].section != NULL; i++) {
        table[i] = cb_common_settings[i];
        if (strcmp(table[i].section, "db") == 0 && strcmp(table[i].key, "uri") == 0) {
            table[i].initial = "";
            table[i].help = "database, as libpq takes it; empty: the private cluster of $CALBUS_HOME";
        }
    }
    return table;
}

void ctl_setting_tables(struct ctl_settings *settings,
                        const struct cb_setting *ret_tables[CTL_SETTING_TABLES + 1],
                        void *ret_targets[CTL_SETTING_TABLES + 1])
{
    ret_tables[0] = common_settings();
    ret_tables[1] = cb_site_settings;
    ret_tables[2] = suite_settings;
    ret_tables[CTL_SETTING_TABLES] = NULL;
    ret_targets[0] = &settings->common;
    ret_targets[1] = &settings->sites;
    ret_targets[2] = settings;
    ret_targets[CTL_SETTING_TABLES] = NULL;
}
