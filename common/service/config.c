/* Settings common to all services. */
#include "service/config.h"

#include "base/alloc.h"

#include <string.h>
#include <unistd.h>

#define FIELD(name) offsetof(struct cb_service_config, name)

const struct cb_setting cb_common_settings[] = {
    { "site", "name", CB_SET_TEXT, FIELD(site), "usdf", 0, 0, "site where this process runs" },
    { "db", "uri", CB_SET_TEXT, FIELD(db_uri), NULL, 0, 0, "PostgreSQL database, as libpq takes it" },
    { "kafka", "bootstrap_servers", CB_SET_TEXT, FIELD(kafka_bootstrap), "", 0, 0,
      "brokers, host:port,...; empty: read from kafka.bootstrap_file" },
    { "kafka", "bootstrap_file", CB_SET_PATH, FIELD(kafka_bootstrap_file), "$CALBUS_HOME/run/broker.json", 0,
      0, "where a broker on this machine announces itself" },
    { "kafka", "properties", CB_SET_TEXT, FIELD(kafka_extra), "", 0, 0,
      "properties of librdkafka, name=value,... (\"\\,\" is a comma): TLS, SASL" },
    { "http", "listen", CB_SET_TEXT, FIELD(http_listen), "127.0.0.1:0", 0, 0,
      "address of /livez, /readyz, /metrics; port 0 is one of the system's choice" },
    { "log", "level", CB_SET_TEXT, FIELD(log_level), "info", 0, 0, "debug, info, warn or error" },
    { "registry", "url", CB_SET_TEXT, FIELD(schema_registry), "", 0, 0,
      "schema registry (Confluent's API); empty: none, values are bare protobuf" },
    { "service", "heartbeat", CB_SET_DURATION, FIELD(heartbeat_ms), "5s", 50, 3600000,
      "time between heartbeats" },
    { "service", "stall", CB_SET_DURATION, FIELD(stall_ms), "10m", 1000, 86400000,
      "a main loop that does not move for so long is reported as not alive" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

#define SECTION(name)                                                                                        \
    {                                                                                                        \
        name, "*", CB_SET_TEXT, 0, NULL, 0, 0, NULL                                                          \
    }

const struct cb_setting cb_sections_of_others[] = {
    SECTION("ingest"),
    SECTION("generator"),
    SECTION("verifier"),
    SECTION("certifier"),
    SECTION("distributor"),
    SECTION("alarm"),
    SECTION("console"),
    SECTION("relay"),
    SECTION("broker"),
    SECTION("engine"),
    SECTION("simulator"),
    SECTION("rucio"),
    SECTION("postgres"),
    SECTION("suite"),
    SECTION("ctl"),
    SECTION("bps"),
    SECTION("butler"),
    SECTION("repository"),
    SECTION("metric"),
    SECTION("site.*"),
    SECTION("rse.*"),
    SECTION("repository.*"),
    SECTION("alarm.*"),
    SECTION("distributor.*"),

    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

static const char *variable(const char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=' &&
            (*environment)[length + 1] != '\0')
            return *environment + length + 1;
    return NULL;
}

char *cb_config_home(const char *const *environment)
{
    const char *home = variable(environment, "CALBUS_HOME");
    const char *user = variable(environment, "HOME");
    if (home == NULL)
        return cb_xasprintf("%s/.local/share/calbus", user != NULL ? user : "");
    if (home[0] == '/')
        return cb_xstrdup(home);
    cb_auto(cb_free) char *here = getcwd(NULL, 0);
    return cb_xasprintf("%s/%s", here != NULL ? here : "", home);
}

void cb_config_files(const char *home, const char *ret_files[CB_CONFIG_FILES], char **ret_own)
{
    *ret_own = cb_xasprintf("%s/calbus.conf", home);
    ret_files[0] = "/etc/calbus/calbus.conf";
    ret_files[1] = *ret_own;
    ret_files[2] = NULL;
}
