/* The inside of the skeleton: one running service, its parts and what they share. */
#pragma once

#include "io/bus.h"
#include "io/http.h"
#include "service/db_pool.h"
#include "service/lanes.h"
#include "service/service.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CB_PARKED_MAX = 512 }; /* messages waiting in memory before consumption pauses */

struct cb_work_crew;
struct cb_pulse;

struct cb_task_state {
    int64_t due_ms;
    unsigned failures;
};

struct cb_daemon {
    const struct cb_service *service;
    void *self;
    struct cb_service_config config;
    char name[96];  /* "ingest.1" */
    char group[96]; /* "calbus-ingest" */
    char *notify_socket;
    int64_t watchdog_ms; /* 0: none */
    char *port_file;

    /* main thread only */
    struct cb_db *db;
    int64_t db_retry_ms;
    unsigned db_failures, bus_failures;
    struct cb_bus_config bus;
    struct cb_bus_place place;
    struct cb_consumer *consumer;
    struct cb_producer *producer; /* of loose events */
    int64_t bus_check_ms;
    struct cb_lanes *lanes;
    int64_t flush_ms, lag_ms;
    struct cb_task_state *tasks;
    const char **topics; /* subscribed, ended by NULL */
    size_t topic_count;

    /* shared */
    struct cb_http_server *http;
    struct cb_db_pool *pool;
    struct cb_work_crew *crew;
    struct cb_pulse *pulse;
    pthread_t runner;
    int64_t started_unix_ms;
    atomic_llong moved_ms;     /* when the main loop last moved, monotonic */
    atomic_llong delivered_ms; /* when the broker last took a loose event, monotonic */
    pthread_mutex_t fatal_lock;
    struct cb_error failure;
    int32_t pid;
    atomic_bool db_up, bus_up, started;
    atomic_bool failed; /* a thread met a fatal error: leave the loop */
    bool has_runner;
};

/* Remember the first fatal error and end the loop. Thread-safe. */
void cb_daemon_fail(struct cb_daemon *daemon, const struct cb_error *err);
double cb_daemon_chance(void); /* [0, 1) for back-off */
/* Wait, but no longer than until the service stops. */
void cb_daemon_wait_ms(int64_t ms);

/* daemon_bus.c: handles to the broker of now. */
void cb_daemon_bus_keep(struct cb_daemon *daemon);
void cb_daemon_bus_close(struct cb_daemon *daemon);
/* daemon_handle.c: one message. Takes it. */
void cb_daemon_take(struct cb_daemon *daemon, struct cb_message *message);
void cb_daemon_retry_due(struct cb_daemon *daemon);
/* daemon_tasks.c */
void cb_daemon_run_tasks(struct cb_daemon *daemon);
int64_t cb_daemon_next_task_ms(const struct cb_daemon *daemon);
/* daemon_http.c */
bool cb_daemon_http_start(struct cb_daemon *daemon, struct cb_error *err);
/* What readiness hangs on. */
struct cb_readiness {
    bool started, db, bus, moving;
};
struct cb_readiness cb_daemon_readiness(const struct cb_daemon *daemon);
bool cb_daemon_is_ready(const struct cb_daemon *daemon, const char **ret_why_not);
/* work.c */
struct cb_work_crew *cb_work_crew_start(struct cb_daemon *daemon);
void cb_work_crew_wake(struct cb_work_crew *crew);
void cb_work_crew_stop(struct cb_work_crew *crew);
/* pulse.c */
struct cb_pulse *cb_pulse_start(struct cb_daemon *daemon);
void cb_pulse_stop(struct cb_pulse *pulse);
