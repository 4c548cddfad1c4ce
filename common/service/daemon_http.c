/* The service's HTTP: its own routes, and those of every service. */
#include "service/daemon.h"

#include "base/json.h"
#include "base/log.h"
#include "io/clock.h"
#include "io/libraries.h"
#include "service/metrics.h"
#include "service/version.h"

#include <stdio.h>
#include <string.h>

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

enum { POOL_MOST = 8, MISSED_BEATS = 3, BUS_PATIENCE_MS = 12000 };

/* ---- readiness ---- */

struct cb_readiness cb_daemon_readiness(const struct cb_daemon *daemon)
{
    int64_t now_ms = cb_clock_monotonic_ms();
    int64_t patience_ms = MISSED_BEATS * daemon->config.heartbeat_ms;
    if (patience_ms < BUS_PATIENCE_MS)
        patience_ms = BUS_PATIENCE_MS;
    return (struct cb_readiness){
        .started = atomic_load(&daemon->started),
        .db = atomic_load(&daemon->db_up),
        .bus = atomic_load(&daemon->bus_up) && now_ms - atomic_load(&daemon->delivered_ms) < patience_ms,
        .moving = now_ms - atomic_load(&daemon->moved_ms) < daemon->config.stall_ms,
    };
}

bool cb_daemon_is_ready(const struct cb_daemon *daemon, const char **ret_why_not)
{
    struct cb_readiness is = cb_daemon_readiness(daemon);
    const char *why = NULL;
    if (!is.db)
        why = "the database does not answer";
    else if (!is.bus)
        why = "the broker does not answer";
    else if (!is.started)
        why = "not started yet";
    else if (!is.moving)
        why = "the main loop does not move";
    if (ret_why_not != NULL)
        *ret_why_not = why != NULL ? why : "";
    return why == NULL;
}

/* ---- routes of every service ---- */

static void serve_livez(const struct cb_daemon *daemon, struct cb_http_reply *reply)
{
    bool moving = cb_daemon_readiness(daemon).moving;
    cb_http_reply_text(reply, moving ? 200 : 503, TEXT_TYPE,
                       moving ? "ok\n" : "the main loop does not move\n");
}

static void serve_readyz(const struct cb_daemon *daemon, const struct cb_http_request *request,
                         struct cb_http_reply *reply)
{
    const char *why_not = NULL;
    bool ready = cb_daemon_is_ready(daemon, &why_not);
    struct cb_readiness is = cb_daemon_readiness(daemon);
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_bool(&json, "ready", ready);
    cb_json_str(&json, "detail", why_not);
    if (cb_http_query(request, "verbose") != NULL) {
        cb_json_open(&json, "checks", '{');
        cb_json_bool(&json, "started", is.started);
        cb_json_bool(&json, "database", is.db);
        cb_json_bool(&json, "broker", is.bus);
        cb_json_bool(&json, "loop", is.moving);
        cb_json_close(&json);
    }
    cb_json_close(&json);
    cb_bytes_puts(&text, "\n");
    cb_http_reply_text(reply, ready ? 200 : 503, JSON_TYPE, cb_bytes_text(&text));
}

static void serve_metrics(const struct cb_daemon *daemon, struct cb_http_reply *reply)
{
    struct cb_readiness is = cb_daemon_readiness(daemon);
    cb_metric_set("calbus_db_up", is.db ? 1 : 0, CB_NO_LABELS);
    cb_metric_set("calbus_kafka_up", is.bus ? 1 : 0, CB_NO_LABELS);
    cb_http_reply_text(reply, 200, "text/plain; version=0.0.4; charset=utf-8", "");
    cb_metrics_write(&reply->body);
}

static void serve_version(const struct cb_daemon *daemon, struct cb_http_reply *reply)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    struct cb_json json = CB_JSON(&text);
    char libraries[512];
    cb_io_libraries(libraries, sizeof libraries);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "service", daemon->service->name);
    cb_json_str(&json, "instance", daemon->config.instance);
    cb_json_str(&json, "version", CB_VERSION);
    cb_json_str(&json, "git", CB_GIT);
    cb_json_str(&json, "libraries", libraries);
    cb_json_close(&json);
    cb_bytes_puts(&text, "\n");
    cb_http_reply_text(reply, 200, JSON_TYPE, cb_bytes_text(&text));
}

/* ---- routes of this service ---- */

static void fail_route(const struct cb_error *err, struct cb_http_reply *reply)
{
    static const struct {
        enum cb_err_kind kind;
        int status;
    } table[] = { { CB_ERR_INVALID, 400 },
                  { CB_ERR_NOT_FOUND, 404 },
                  { CB_ERR_CONFLICT, 409 },
                  { CB_ERR_TRANSIENT, 503 } };
    int status = 500;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        status = table[i].kind == err->kind ? table[i].status : status;
    if (status >= 500)
        cb_log_error("request failed", err);
    cb_auto_bytes struct cb_bytes text = CB_BYTES(8192);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_open(&json, "error", '{');
    cb_json_str(&json, "code", cb_err_kind_name(err->kind));
    cb_json_str(&json, "message", err->text);
    cb_json_close(&json);
    cb_json_close(&json);
    cb_bytes_puts(&text, "\n");
    cb_http_reply_text(reply, status, JSON_TYPE, cb_bytes_text(&text));
}

static bool prefix_matches(const char *prefix, const char *path)
{
    size_t length = strlen(prefix);
    if (strncmp(path, prefix, length) != 0)
        return false;
    return prefix[length - 1] == '/' || path[length] == '\0' || path[length] == '/';
}

/* The longest prefix wins; *ret_known when some method is served there. */
static const struct cb_route *find_route(const struct cb_daemon *daemon,
                                         const struct cb_http_request *request, bool *ret_known)
{
    const struct cb_route *found = NULL;
    *ret_known = false;
    for (const struct cb_route *route = daemon->service->routes; route != NULL && route->method != NULL;
         route++) {
        if (!prefix_matches(route->prefix, request->path))
            continue;
        *ret_known = true;
        if (strcmp(route->method, request->method) == 0 &&
            (found == NULL || strlen(route->prefix) > strlen(found->prefix)))
            found = route;
    }
    return found;
}

static void serve_own(struct cb_daemon *daemon, const struct cb_http_request *request,
                      struct cb_http_reply *reply)
{
    bool known = false;
    const struct cb_route *route = find_route(daemon, request, &known);
    if (route == NULL) {
        cb_http_reply_text(reply, known ? 405 : 404, TEXT_TYPE,
                           known ? "method not allowed\n" : "not found\n");
        return;
    }
    struct cb_error err = { .kind = CB_ERR_NONE };
    struct cb_db *db = NULL;
    bool ok = atomic_load(&daemon->started) ? cb_db_pool_take(daemon->pool, &db, &err)
                                            : cb_fail(&err, CB_ERR_TRANSIENT, "the service is starting");
    ok = ok && route->serve(daemon->self, db, request, reply, &err);
    cb_db_pool_give(daemon->pool, db);
    if (!ok)
        fail_route(&err, reply);
}

static void serve(void *self, const struct cb_http_request *request, struct cb_http_reply *reply)
{
    struct cb_daemon *daemon = self;
    bool get = strcmp(request->method, "GET") == 0;
    if (get && strcmp(request->path, "/livez") == 0)
        serve_livez(daemon, reply);
    else if (get && (strcmp(request->path, "/readyz") == 0 || strcmp(request->path, "/healthz") == 0))
        serve_readyz(daemon, request, reply);
    else if (get && strcmp(request->path, "/metrics") == 0)
        serve_metrics(daemon, reply);
    else if (get && strcmp(request->path, "/version") == 0)
        serve_version(daemon, reply);
    else
        serve_own(daemon, request, reply);
}

bool cb_daemon_http_start(struct cb_daemon *daemon, struct cb_error *err)
{
    const char *own = daemon->config.own_listen;
    const struct cb_http_config config = { .listen = own != NULL && own[0] != '\0'
                                                         ? own
                                                         : daemon->config.http_listen };
    daemon->pool = cb_db_pool_new(daemon->config.db_uri, daemon->name, POOL_MOST);
    return cb_http_server_start(&config, serve, daemon, &daemon->http, err);
}
