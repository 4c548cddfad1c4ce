/* Signs of life, from a thread of their own: the instance row, the heartbeat event, systemd's watchdog. */
#include "service/daemon.h"

#include "base/alloc.h"
#include "base/log.h"
#include "bus_sql.h"
#include "calbus/v1/heartbeat.pb-c.h"
#include "io/clock.h"
#include "service/notify.h"
#include "service/outbox.h"
#include "service/version.h"

#include <stdio.h>
#include <unistd.h>

struct cb_pulse {
    struct cb_daemon *daemon;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool stopping;
    struct cb_db *db;
    bool was_ready;
};

static const char *state_of(const struct cb_pulse *pulse, const char **ret_detail)
{
    *ret_detail = "";
    if (pulse->stopping)
        return "stopping";
    if (!atomic_load(&pulse->daemon->started)) {
        cb_daemon_is_ready(pulse->daemon, ret_detail);
        return "starting";
    }
    return cb_daemon_is_ready(pulse->daemon, ret_detail) ? "ready" : "degraded";
}

static void beat_on_bus(const struct cb_daemon *daemon, const char *state, const char *detail)
{
    Calbus__V1__Heartbeat beat = CALBUS__V1__HEARTBEAT__INIT;
    Calbus__V1__HeartbeatEvent event = CALBUS__V1__HEARTBEAT_EVENT__INIT;
    char key[256];
    snprintf(key, sizeof key, "%s/%s", daemon->service->name, daemon->config.instance);
    beat.service = (char *)daemon->service->name;
    beat.instance = (char *)daemon->config.instance;
    beat.site = daemon->config.site;
    beat.version = (char *)CB_VERSION;
    beat.started_unix_ms = daemon->started_unix_ms;
    beat.sent_unix_ms = cb_clock_unix_ms();
    beat.state = (char *)state;
    beat.detail = (char *)detail;
    beat.http = (char *)cb_http_server_address(daemon->http);
    event.event_case = CALBUS__V1__HEARTBEAT_EVENT__EVENT_HEARTBEAT;
    event.heartbeat = &beat;
    cb_send_loose(&(struct cb_outgoing){ .type = "heartbeat", .key = key }, &event.base);
}

static void beat_in_table(struct cb_pulse *pulse, const char *state, const char *detail)
{
    struct cb_daemon *daemon = pulse->daemon;
    struct cb_error err = { .kind = CB_ERR_NONE };
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    bool ok = pulse->db == NULL ? cb_db_open(daemon->config.db_uri, daemon->name, &pulse->db, &err)
                                : cb_db_is_alive(pulse->db) || cb_db_reopen(pulse->db, &err);
    ok = ok && cb_db_run(pulse->db, bus_sql_upsert_instance,
                         CB_P(cb_p_text(daemon->service->name), cb_p_text(daemon->config.instance),
                              cb_p_text(daemon->config.site), cb_p_text(host), cb_p_int(daemon->pid),
                              cb_p_text(CB_VERSION), cb_p_text(cb_http_server_address(daemon->http)),
                              cb_p_text(state), cb_p_text(detail), cb_p_int(daemon->started_unix_ms)),
                         NULL, &err);
    if (!ok && atomic_load(&daemon->db_up))
        cb_log_error("sign of life not recorded", &err);
    atomic_store(&daemon->db_up, ok);
}

static void beat_for_systemd(struct cb_pulse *pulse, const char *state, const char *detail)
{
    struct cb_daemon *daemon = pulse->daemon;
    char text[512];
    bool ready = state[0] == 'r';
    snprintf(text, sizeof text, "%sSTATUS=%s%s%s\n", ready && !pulse->was_ready ? "READY=1\n" : "", state,
             detail[0] != '\0' ? ": " : "", detail);
    pulse->was_ready = pulse->was_ready || ready;
    cb_notify(daemon->notify_socket, text);
    if (cb_daemon_readiness(daemon).moving)
        cb_notify(daemon->notify_socket, "WATCHDOG=1");
}

static int64_t interval_ms(const struct cb_daemon *daemon)
{
    int64_t half = daemon->watchdog_ms / 2;
    int64_t wait = half > 0 && half < daemon->config.heartbeat_ms ? half : daemon->config.heartbeat_ms;
    bool settled = atomic_load(&daemon->started) && cb_daemon_is_ready(daemon, NULL);
    return !settled && wait > 200 ? 200 : wait; /* a change towards ready is told at once */
}

static void wait_or_stop(struct cb_pulse *pulse, int64_t wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&pulse->lock);
    while (!pulse->stopping && pthread_cond_timedwait(&pulse->changed, &pulse->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&pulse->lock);
}

static void beat(struct cb_pulse *pulse)
{
    const char *detail = "";
    const char *state = state_of(pulse, &detail);
    beat_in_table(pulse, state, detail);
    beat_on_bus(pulse->daemon, state, detail);
    beat_for_systemd(pulse, state, detail);
}

static void *keep_beating(void *arg)
{
    struct cb_pulse *pulse = arg;
    while (!pulse->stopping) {
        beat(pulse);
        wait_or_stop(pulse, interval_ms(pulse->daemon));
    }
    beat_in_table(pulse, "stopped", "");
    cb_notify(pulse->daemon->notify_socket, "STOPPING=1");
    cb_db_close(pulse->db);
    return NULL;
}

struct cb_pulse *cb_pulse_start(struct cb_daemon *daemon)
{
    struct cb_pulse *pulse = cb_xalloc(sizeof *pulse);
    pulse->daemon = daemon;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pulse->changed, &monotonic);
    pthread_mutex_init(&pulse->lock, NULL);
    pthread_create(&pulse->thread, NULL, keep_beating, pulse);
    return pulse;
}

void cb_pulse_stop(struct cb_pulse *pulse)
{
    if (pulse == NULL)
        return;
    pthread_mutex_lock(&pulse->lock);
    pulse->stopping = true;
    pthread_cond_broadcast(&pulse->changed);
    pthread_mutex_unlock(&pulse->lock);
    pthread_join(pulse->thread, NULL);
    free(pulse);
}
