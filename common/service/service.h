/* The daemon skeleton: a service's main.c is a set of tables handed to cb_service_main.
 *
 *   settings, signals, database, broker, HTTP (/livez /readyz /metrics /version), heartbeat, then one loop:
 *   message -> transaction { inbox claim, handler, outbox } -> commit -> offset
 *
 * The error policy lives here and nowhere else. A handler that returns
 *   true                 the transaction is committed, then the offset
 *   INVALID, CONFLICT,   the message goes to calbus.dead-letter.v1 with error and origin in headers (through
 * the or NOT_FOUND         outbox, with the inbox mark, in a transaction of its own), logged at error, offset
 * committed TRANSIENT            the same message again after back-off (100 ms doubling to 30 s, +-20 %), in
 * order per key; other keys go on FATAL                log, exit status 70 One thread runs handlers, tasks
 * and claims; work (a quantum) runs in worker threads. */
#pragma once

#include "base/error.h"
#include "base/settings.h"
#include "io/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One message, decoded as far as its envelope. Texts are NUL-terminated, valid UTF-8, and live until the
 * handler returns. A message without the CloudEvents headers that calbus requires never reaches a handler. */
struct cb_event {
    const char *topic;
    int32_t partition;
    int64_t offset;
    const char *key;
    const char *id;          /* ce_id, UUID */
    const char *type;        /* ce_type without prefix and version: "generation.finished" */
    const char *source;      /* ce_source: "/calbus/usdf/generator" */
    const char *subject;     /* ce_subject, "" if absent */
    const char *traceparent; /* valid, made anew if it was not */
    const unsigned char *payload;
    size_t size;                      /* of the protobuf value, the Confluent prefix taken off */
    int64_t time_unix_ms;             /* ce_time */
    const struct cb_message *message; /* as it came (io/bus.h); NULL in tests of handlers */
};
/* A header of the message beyond those above, NULL if absent: a dead letter (type CB_DEAD_LETTER) tells by
 * ce_error, ce_errorkind, ce_origintopic, ce_originpartition, ce_originoffset, ce_origingroup, ce_originid,
 * ce_origintype and ce_originkey what could not be handled, by whom and why. */
const char *cb_event_header(const struct cb_event *event, const char *name);

/* Handle one event inside an open transaction of db: decode, decide, store, announce (cb_outbox_put). Work on
 * files that the transaction's rows name must be complete before the handler returns. */
typedef bool cb_handler(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);

struct cb_subscription {
    const char
        *type; /* "generation.finished"; the topic follows from the table in topics.h; NULL ends the table */
    cb_handler *handle;
};

/* Something done again and again: a timer, a scan, a queue in a table. Called in an open transaction every
 * interval and at once when *ret_again was set; a TRANSIENT failure is retried with back-off. */
struct cb_task {
    const char *name; /* NULL ends the table */
    int64_t interval_ms;
    bool (*run)(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
};

/* Long work under a lease, in worker threads of their own. A job is a row somewhere: claim takes one by FOR
 * UPDATE SKIP LOCKED, writes owner, lease end and a fencing token, and commits; a job whose lease ran out is
 * claimed by somebody else; finish must check the token and do nothing when it is no longer ours. */
struct cb_work {
    const char *name; /* NULL: none */
    int threads;      /* jobs at once in this process; read after start, which may set it */
    int64_t lease_ms; /* extended at a third of it while the job runs */
    int64_t poll_ms;  /* how often to look without a wake-up */
    const char *wake; /* event type that wakes it, e.g. "quantum.ready"; NULL: polling only */
    /* In a transaction. *ret_job = NULL when there is nothing to do. */
    bool (*claim)(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err);
    /* In a worker thread, outside a transaction, with a connection of the thread's own. Check
     * cb_work_cancelled. */
    bool (*run)(void *self, struct cb_db *db, void *job, struct cb_error *err);
    /* In a transaction. *ret_ours = false: the lease is lost, the job's result will be thrown away. */
    bool (*extend)(void *self, struct cb_db *db, void *job, bool *ret_ours, struct cb_error *err);
    /* In a transaction, with what run returned (outcome->kind NONE when it succeeded). Retried while
     * TRANSIENT. */
    bool (*finish)(void *self, struct cb_db *db, void *job, const struct cb_error *outcome,
                   struct cb_error *err);
    void (*release)(void *self, void *job);
};

/* True in a worker thread when the service stops or the lease is lost: return TRANSIENT soon. */
bool cb_work_cancelled(void);

struct cb_http_request; /* io/http.h */
struct cb_http_reply;
/* Routes beyond the skeleton's own: method and path prefix ("/" is everything else). Called in the HTTP
 * server's threads: must be thread-safe, with a connection from the skeleton's pool. */
struct cb_route {
    const char *method; /* "GET"; NULL ends the table */
    const char *prefix;
    bool (*serve)(void *self, struct cb_db *db, const struct cb_http_request *request,
                  struct cb_http_reply *reply, struct cb_error *err);
};

/* What every service is told; a service's own settings struct stands beside it. */
struct cb_service_config {
    char *home;                 /* CALBUS_HOME */
    char *site;                 /* [site] name: where this process runs, "usdf" */
    char *db_uri;               /* [db] uri */
    char *kafka_bootstrap;      /* [kafka] bootstrap_servers; empty: read from kafka_bootstrap_file */
    char *kafka_bootstrap_file; /* [kafka] bootstrap_file: the embedded broker's, with its incarnation id */
    char *kafka_extra;     /* [kafka] properties: "security.protocol=SASL_SSL,..." handed to librdkafka */
    char *http_listen;     /* [http] listen: "127.0.0.1:0" chooses a port, written to $CALBUS_HOME/run */
    char *log_level;       /* [log] level */
    char *schema_registry; /* [registry] url; empty: none */
    int64_t heartbeat_ms;  /* [service] heartbeat */
    int64_t stall_ms;      /* [service] stall: a loop that does not move for so long is not alive */
    char *own_listen; /* [<service>] listen: instead of [http] listen, for this service only; empty: none */
    const char *instance; /* --instance */
};

struct cb_service {
    const char *name;    /* "certifier": consumer group "calbus-certifier", ce_source, heartbeat */
    const char *summary; /* a sentence for --help */
    const struct cb_setting *settings; /* ended by section == NULL; NULL: none */
    const struct cb_subscription *subscriptions;
    const struct cb_task *tasks;   /* NULL: none */
    const struct cb_work *work;    /* NULL: none */
    const struct cb_route *routes; /* NULL: none */
    /* Before the loop, settings read, database open, not in a transaction; stop accepts half a start. */
    bool (*start)(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err);
    void (*stop)(void *self);
    /* A loop of its own in a thread of its own, with a connection of its own; NULL: none. Returns true when
     * cb_service_is_stopping; called again after back-off when it fails TRANSIENT (connection opened anew).
     */
    bool (*run)(void *self, struct cb_db *db, struct cb_error *err);
};

/* True once SIGTERM or SIGINT has come. */
bool cb_service_is_stopping(void);
/* "calbus-certifier": the consumer group of a service by name. */
void cb_service_group(const char *service, char *ret_group, size_t size);

/* Run the service until SIGTERM or SIGINT. self and settings outlive the call. Exit status: 0 stopped, 2
 * usage, 70 fatal, 78 configuration. */
int cb_service_main(int argc, char **argv, const struct cb_service *service, void *self, void *settings);
