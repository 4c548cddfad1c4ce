/* Where the broker is, and the properties that all of its clients share. */
#include "io/bus_conf.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void free_json(json_t *json)
{
    json_decref(json);
}
CB_DEFINE_CLEANUP(json_t *, free_json)

static bool copy_text(const json_t *root, const char *key, char *ret_text, size_t size)
{
    const char *text = json_string_value(json_object_get(root, key));
    if (text == NULL || text[0] == '\0' || strlen(text) >= size)
        return false;
    snprintf(ret_text, size, "%s", text);
    return true;
}

static bool read_file(const char *file, struct cb_bus_place *place, struct cb_error *err)
{
    if (access(file, R_OK) != 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "no broker has announced itself in \"%s\"", file);
    json_error_t where;
    cb_auto(free_json) json_t *root = json_load_file(file, 0, &where);
    if (root == NULL)
        return cb_fail(err, access(file, R_OK) != 0 ? CB_ERR_TRANSIENT : CB_ERR_INVALID,
                       "cannot read bootstrap file \"%s\": %s", file, where.text);
    if (!copy_text(root, "bootstrap", place->bootstrap, sizeof place->bootstrap))
        return cb_fail(err, CB_ERR_INVALID, "bootstrap file \"%s\" names no bootstrap servers", file);
    if (!copy_text(root, "incarnation", place->incarnation, sizeof place->incarnation))
        place->incarnation[0] = '\0';
    place->embedded = place->incarnation[0] != '\0';
    return true;
}

bool cb_bus_locate(const struct cb_bus_config *config, struct cb_bus_place *ret_place, struct cb_error *err)
{
    struct cb_bus_place place = { .embedded = false };
    if (config->bootstrap != NULL && config->bootstrap[0] != '\0')
        snprintf(place.bootstrap, sizeof place.bootstrap, "%s", config->bootstrap);
    else if (config->bootstrap_file == NULL || config->bootstrap_file[0] == '\0')
        return cb_fail(err, CB_ERR_FATAL, "neither bootstrap servers nor a bootstrap file are configured");
    else if (!read_file(config->bootstrap_file, &place, err))
        return false;
    *ret_place = place;
    return true;
}

bool cb_bus_announce(const char *file, const struct cb_bus_place *place, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "bootstrap", place->bootstrap);
    if (place->embedded)
        cb_json_str(&json, "incarnation", place->incarnation);
    cb_json_int(&json, "pid", getpid());
    cb_json_close(&json);
    cb_auto(cb_free) char *temporary = cb_xasprintf("%s.%ld", file, (long)getpid());
    FILE *out = fopen(temporary, "we");
    if (out == NULL)
        return cb_fail(err, CB_ERR_FATAL, "cannot write \"%s\": %s", temporary, strerror(errno));
    bool written = fputs(cb_bytes_text(&text), out) >= 0;
    written = fclose(out) == 0 && written;
    if (!written || rename(temporary, file) != 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot write \"%s\": %s", file, strerror(errno));
    return true;
}

bool cb_bus_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct cb_error *err)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        return cb_fail(err, CB_ERR_FATAL, "kafka property \"%s\" is refused: %s", name, reason);
    return true;
}

bool cb_bus_set_all(rd_kafka_conf_t *conf, const char *const *pairs, struct cb_error *err)
{
    for (; pairs[0] != NULL; pairs += 2)
        if (!cb_bus_set(conf, pairs[0], pairs[1], err))
            return false;
    return true;
}

/* "name=value,name=value"; a comma inside a value is written as "\,". */
static bool set_extra(rd_kafka_conf_t *conf, const char *extra, struct cb_error *err)
{
    while (*extra != '\0') {
        cb_auto_bytes struct cb_bytes pair = CB_BYTES(8192);
        for (; *extra != '\0' && *extra != ','; extra++) {
            if (extra[0] == '\\' && extra[1] == ',')
                extra++;
            cb_bytes_add(&pair, extra, 1);
        }
        extra += *extra == ',' ? 1 : 0;
        cb_auto(cb_free) char *name = cb_bytes_steal(&pair);
        char *start = name + strspn(name, " ");
        char *equals = strchr(start, '=');
        if (equals == NULL)
            return cb_fail(err, CB_ERR_FATAL, "kafka properties: \"%s\" is not name=value", start);
        *equals = '\0';
        if (!cb_bus_set(conf, start, equals + 1, err))
            return false;
    }
    return true;
}

/* librdkafka would write to stderr in a form of its own; what matters comes back as errors. */
static void drop_log(const rd_kafka_t *handle, int level, const char *facility, const char *line)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)line;
}

rd_kafka_conf_t *cb_bus_conf(const struct cb_bus_config *config, const struct cb_bus_place *place,
                             struct cb_error *err)
{
    cb_auto(cb_bus_conf_free) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const pairs[] = { "bootstrap.servers",
                                  place->bootstrap,
                                  "client.id",
                                  config->client_id != NULL ? config->client_id : "calbus",
                                  "reconnect.backoff.ms",
                                  "100",
                                  "reconnect.backoff.max.ms",
                                  "2000",
                                  "topic.metadata.refresh.fast.interval.ms",
                                  "250",
                                  NULL };
    rd_kafka_conf_set_log_cb(conf, drop_log);
    if (!cb_bus_set_all(conf, pairs, err) || (config->extra != NULL && !set_extra(conf, config->extra, err)))
        return NULL;
    return cb_steal(conf);
}

enum cb_err_kind cb_bus_kind(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return CB_ERR_FATAL;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return CB_ERR_INVALID;
    default:
        return CB_ERR_TRANSIENT;
    }
}
