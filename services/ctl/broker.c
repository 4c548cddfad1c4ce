/* Which broker this suite uses, and what is needed to have it ready. */
#include "broker.h"

#include "process.h"
#include "scan.h"

#include "base/alloc.h"
#include "io/clock.h"
#include "io/file.h"
#include "service/topics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Below the range that the kernel gives to clients (32768 on), so that none takes it between two starts. */
enum {
    FIRST_PORT = 20000,
    LAST_PORT = 32000,
    CONTROLLER_OFFSET = 100,
    LOOK_AGAIN_MS = 100,
    ANSWER_MS = 2000
};

const char *ctl_broker_name(enum ctl_broker broker)
{
    static const char *const names[] = { "mock", "kafka", "external" };
    return names[broker];
}

bool ctl_broker_of(const struct ctl_settings *settings, enum ctl_broker *ret_broker, struct cb_error *err)
{
    bool has_address = *settings->common.kafka_bootstrap != '\0';
    const char *word = settings->broker;
    if (strcmp(word, "auto") == 0)
        *ret_broker = has_address ? CTL_BROKER_EXTERNAL : CTL_BROKER_MOCK;
    else if (strcmp(word, "mock") == 0)
        *ret_broker = CTL_BROKER_MOCK;
    else if (strcmp(word, "kafka") == 0)
        *ret_broker = CTL_BROKER_KAFKA;
    else if (strcmp(word, "external") != 0)
        return cb_fail(err, CB_ERR_INVALID, "unrecognized broker \"%s\"; there are mock, kafka and external",
                       word);
    else if (!has_address)
        return cb_fail(err, CB_ERR_INVALID, "broker external needs the setting kafka.bootstrap_servers");
    else
        *ret_broker = CTL_BROKER_EXTERNAL;
    return true;
}

struct cb_bus_config ctl_bus_config(const struct ctl_settings *settings)
{
    return (struct cb_bus_config){
        .bootstrap = settings->common.kafka_bootstrap,
        .bootstrap_file = settings->common.kafka_bootstrap_file,
        .extra = settings->common.kafka_extra,
        .client_id = "calbus-ctl",
    };
}

/* ---- ports ---- */

static bool port_is_free(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    bool is_free = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                   bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    if (fd >= 0)
        close(fd);
    return is_free;
}

bool ctl_address_is_free(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    int64_t port = 0;
    if (colon == NULL || ctl_scan_int(colon + 1, &port) == NULL || port < 0 || port > 65535)
        return false;
    return port == 0 || port_is_free((int)port);
}

static bool choose_port(int *ret_port)
{
    unsigned random = 0;
    for (int i = 0; i < 200; i++) {
        cb_random_bytes(&random, sizeof random);
        int port = FIRST_PORT + (int)(random % (LAST_PORT - FIRST_PORT));
        if (port_is_free(port) && port_is_free(port + CONTROLLER_OFFSET)) {
            *ret_port = port;
            return true;
        }
    }
    return false;
}

bool ctl_kafka_port(const struct ctl_layout *layout, int *ret_port, struct cb_error *err)
{
    cb_auto(cb_free) char *path = ctl_home_path(layout, "kafka/port");
    char text[16];
    int port = 0;
    int64_t kept = 0;
    FILE *file = fopen(path, "re");
    bool known = file != NULL && fgets(text, sizeof text, file) != NULL && ctl_scan_int(text, &kept) != NULL;
    if (file != NULL)
        fclose(file);
    if (known)
        port = (int)kept;
    if (!known) {
        if (!choose_port(&port))
            return cb_fail(err, CB_ERR_FATAL, "no free port for Kafka between %d and %d", FIRST_PORT,
                           LAST_PORT);
        snprintf(text, sizeof text, "%d\n", port);
        if (!cb_file_replace(path, text, strlen(text), err))
            return false;
    }
    *ret_port = port;
    return true;
}

/* ---- Kafka ---- */

static bool fetch_kafka(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_free) char *script = cb_xasprintf("%s/kafka-server", ctl->layout.shipped);
    char *const argv[] = { script, (char *)"fetch", NULL };
    const struct ctl_program program = { .argv = argv,
                                         .environment = (char *const *)ctl->environment,
                                         .uid = geteuid(),
                                         .gid = getegid(),
                                         .output = -1 };
    cb_auto_bytes struct cb_bytes output = CB_BYTES(1 << 20);
    int status = 0;
    ctl_say(ctl, "broker: Apache Kafka; its programs are fetched the first time");
    if (!ctl_process_run(&program, &output, &status, err))
        return false;
    if (status == 0)
        return true;
    ctl_hint(ctl, "Kafka needs Java 17, and Maven and the network for its first start (Debian: apt-get "
                  "install default-jre-headless maven).");
    return cb_fail(err, CB_ERR_FATAL, "cannot fetch Kafka, status %d: %s", status, cb_bytes_text(&output));
}

bool ctl_kafka_prepare(struct ctl *ctl, const struct ctl_settings *settings, struct cb_error *err)
{
    struct cb_bus_place place = { .embedded = false };
    int port = 0;
    cb_auto(cb_free) char *folder = ctl_home_path(&ctl->layout, "kafka");
    if (!ctl_make_folder(folder, 0700, err) || !fetch_kafka(ctl, err) ||
        !ctl_kafka_port(&ctl->layout, &port, err))
        return false;
    snprintf(place.bootstrap, sizeof place.bootstrap, "127.0.0.1:%d", port);
    return cb_bus_announce(settings->common.kafka_bootstrap_file, &place, err);
}

/* ---- waiting ---- */

enum { MOST_TOPICS = 64 };

static size_t list_topics(struct cb_bus_topic ret_topics[MOST_TOPICS])
{
    size_t n = 0;
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL && n < MOST_TOPICS; topic++)
        ret_topics[n++] = (struct cb_bus_topic){ topic->name, topic->partitions, topic->retention_ms };
    return n;
}

/* A view of the broker, once it answers. */
static bool meet(const struct ctl_settings *settings, struct cb_bus_view **ret_view,
                 struct cb_bus_place *ret_place, struct cb_error *err)
{
    const struct cb_bus_config config = ctl_bus_config(settings);
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    if (!cb_bus_locate(&config, ret_place, err) || !cb_bus_view_open(&config, ret_place, NULL, &view, err) ||
        !cb_bus_identify(view, ret_place, ANSWER_MS, err))
        return false;
    *ret_view = cb_steal(view);
    return true;
}

bool ctl_broker_has_topics(const struct ctl_settings *settings, struct cb_error *err)
{
    struct cb_bus_topic topics[MOST_TOPICS];
    struct cb_bus_place place;
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    size_t n = list_topics(topics), there = 0;
    if (!meet(settings, &view, &place, err) || !cb_bus_count_topics(view, topics, n, &there, err))
        return false;
    return there == n || cb_fail(err, CB_ERR_TRANSIENT, "it has %zu of %zu topics", there, n);
}

static bool try_broker(const struct ctl_settings *settings, struct cb_error *err)
{
    struct cb_bus_topic topics[MOST_TOPICS];
    struct cb_bus_place place;
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    size_t n = list_topics(topics);
    return meet(settings, &view, &place, err) && (place.embedded || cb_bus_make_topics(view, topics, n, err));
}

bool ctl_broker_wait(const struct ctl_settings *settings, int64_t timeout_ms, struct cb_error *err)
{
    int64_t deadline = cb_clock_monotonic_ms() + timeout_ms;
    while (!try_broker(settings, err)) {
        if (err->kind != CB_ERR_TRANSIENT || cb_clock_monotonic_ms() > deadline)
            return cb_context(err, "the broker does not answer");
        ctl_pause_ms(LOOK_AGAIN_MS);
    }
    return true;
}
