/* What the command line and the supervisor are told. */
#include "settings.h"

#define AT(field) offsetof(struct ctl_settings, field)

const struct cb_setting ctl_setting_table[] = {
    { "db", "uri", CB_SET_TEXT, AT(db_uri), "", 0, 0,
      "libpq address of the database; empty: the private cluster's" },
    { "kafka", "bootstrap_servers", CB_SET_TEXT, AT(kafka_bootstrap), "", 0, 0,
      "brokers of the site's own cluster, host:port,...; empty: the embedded broker" },
    { "kafka", "bootstrap_file", CB_SET_PATH, AT(kafka_bootstrap_file), "$CALBUS_HOME/run/broker", 0, 0,
      "file in which the embedded broker tells its address and incarnation" },
    { "kafka", "properties", CB_SET_TEXT, AT(kafka_extra), "", 0, 0,
      "further librdkafka properties, name=value,... (TLS, SASL)" },
    { "registry", "url", CB_SET_TEXT, AT(registry_url), "", 0, 0, "schema registry; empty: none" },
    { "site", "name", CB_SET_TEXT, AT(site), "usdf", 0, 0, "site at which this suite runs" },
    { "log", "level", CB_SET_TEXT, AT(log_level), "info", 0, 0, "debug, info, warn or error" },
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
    { "suite", "console_listen", CB_SET_TEXT, AT(console_listen), "127.0.0.1:8440", 0, 0,
      "address of the web console" },
    { "suite", "rucio_listen", CB_SET_TEXT, AT(rucio_listen), "127.0.0.1:8441", 0, 0,
      "address of the Rucio REST endpoint" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};
