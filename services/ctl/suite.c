/* Bringing the suite up and down: what both need. */
#include "suite.h"

#include "broker.h"
#include "cluster.h"

#include "base/alloc.h"
#include "io/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ANSWER_MS = 1000, STOP_MS = 120000, CLEAR_MS = 10000, TAIL_BYTES = 16384 };

/* ---- health ---- */

/* The address that a service wrote when it began to listen: {"service": ..., "http": "127.0.0.1:38211", ...}.
 */
static bool read_address(const struct ctl_layout *layout, const char *unit, char *ret_address, size_t size)
{
    static const char key[] = "\"http\":\"";
    cb_auto(cb_free) char *name = cb_xasprintf("run/%s.json", unit);
    cb_auto(cb_free) char *path = ctl_home_path(layout, name);
    char text[4096] = "";
    FILE *file = fopen(path, "re");
    size_t n = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    if (file != NULL)
        fclose(file);
    text[n] = '\0';
    const char *at = strstr(text, key);
    if (at == NULL)
        return false;
    at += strlen(key);
    snprintf(ret_address, size, "%.*s", (int)strcspn(at, "\""), at);
    return *ret_address != '\0';
}

bool ctl_http_get(const char *address, const char *path, int *ret_status, struct cb_bytes *body,
                  struct cb_error *err)
{
    cb_auto_answer struct cb_http_answer answer = { 0 };
    cb_auto(cb_free) char *url = cb_xasprintf("http://%s%s", address, path);
    const struct cb_http_call call = { .url = url, .timeout_ms = ANSWER_MS };
    if (!cb_http_ask(&call, &answer, err))
        return false;
    *ret_status = answer.status;
    cb_bytes_add(body, answer.body.data, answer.body.size);
    return true;
}

static void ask_database(struct ctl *ctl, struct ctl_health *health)
{
    struct cb_error err = { 0 };
    cb_auto(cb_free) char *uri = ctl_cluster_uri(&ctl->layout, NULL);
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    health->ready = uri != NULL && cb_db_open(uri, "calbus status", &db, &err);
    if (!health->ready)
        snprintf(health->detail, sizeof health->detail, "%.190s", uri == NULL ? "starting" : err.text);
}

static void ask_broker(struct ctl *ctl, struct ctl_health *health)
{
    struct cb_error err = { 0 };
    const struct ctl_settings *settings = NULL;
    health->ready = ctl_settings_of(ctl, &settings, &err) && ctl_broker_has_topics(settings, &err);
    if (!health->ready)
        snprintf(health->detail, sizeof health->detail, "%.190s", err.text);
}

static void ask_service(struct ctl *ctl, const struct ctl_unit *unit, struct ctl_health *health)
{
    struct cb_error err = { 0 };
    int status = 0;
    cb_auto_bytes struct cb_bytes body = CB_BYTES(65536);
    if (!read_address(&ctl->layout, unit->name, health->address, sizeof health->address))
        snprintf(health->detail, sizeof health->detail, "starting");
    else if (!ctl_http_get(health->address, "/readyz", &status, &body, &err))
        snprintf(health->detail, sizeof health->detail, "%.190s", err.text);
    else if (status != 200)
        snprintf(health->detail, sizeof health->detail, "%.*s", (int)strcspn(cb_bytes_text(&body), "\n"),
                 cb_bytes_text(&body));
    else
        health->ready = true;
}

static bool runs(const struct ctl_unit *unit)
{
    return unit->state == CTL_UNIT_RUNNING && ctl_process_lives(&unit->process);
}

struct ctl_health ctl_health_of(struct ctl *ctl, const struct ctl_unit *unit)
{
    struct ctl_health health = { .ready = false };
    if (!runs(unit))
        snprintf(health.detail, sizeof health.detail, "not running");
    else if (strcmp(unit->name, "postgres") == 0)
        ask_database(ctl, &health);
    else if (strcmp(unit->name, "broker") == 0)
        ask_broker(ctl, &health);
    else
        ask_service(ctl, unit, &health);
    return health;
}

char *ctl_service_url(const struct ctl_layout *layout, const struct ctl_suite *suite, const char *unit_name)
{
    const struct ctl_unit *unit = ctl_suite_find(suite, unit_name);
    char address[64];
    if (unit == NULL || !runs(unit) || !read_address(layout, unit->name, address, sizeof address))
        return NULL;
    return cb_xasprintf("http://%s", address);
}

void ctl_log_tail(const struct ctl_layout *layout, const char *unit, size_t lines, struct cb_bytes *out)
{
    cb_auto(cb_free) char *name = cb_xasprintf("log/%s.log", unit);
    cb_auto(cb_free) char *path = ctl_home_path(layout, name);
    char text[TAIL_BYTES + 1];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fseek(file, -TAIL_BYTES, SEEK_END) != 0)
        rewind(file);
    size_t n = fread(text, 1, TAIL_BYTES, file);
    fclose(file);
    text[n] = '\0';
    const char *from = text + n;
    for (size_t found = 0; from > text; from--)
        if (from[-1] == '\n' && from < text + n && ++found == lines)
            break;
    cb_bytes_puts(out, from);
}

/* ---- one at a time ---- */

int ctl_suite_lock(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_free) char *run = ctl_home_path(&ctl->layout, "run");
    cb_auto(cb_free) char *path = ctl_home_path(&ctl->layout, "run/lock");
    if (!ctl_make_folder(ctl->layout.home, 0755, err) || !ctl_make_folder(run, 0755, err)) {
        ctl->exit = CTL_CANNOT_CREATE;
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0 && errno == EWOULDBLOCK) {
        ctl_say(ctl, "waiting for another calbus up or down on %s", ctl->layout.home);
        if (flock(fd, LOCK_EX) == 0)
            return fd;
    }
    (void)cb_fail(err, CB_ERR_FATAL, "cannot lock \"%s\": %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* ---- stopping ---- */

void ctl_suite_clear(const struct ctl_layout *layout)
{
    struct ctl_suite suite;
    ctl_suite_read(layout, &suite);
    for (size_t i = suite.n_units; i-- > 0;)
        ctl_process_signal(&suite.units[i].process,
                           strcmp(suite.units[i].name, "postgres") == 0 ? SIGINT : SIGTERM);
    for (size_t i = suite.n_units; i-- > 0;)
        if (!ctl_process_wait_gone(&suite.units[i].process, CLEAR_MS))
            ctl_process_end(&suite.units[i].process, SIGKILL, CLEAR_MS);
}

bool ctl_suite_stop(struct ctl *ctl, struct cb_error *err)
{
    struct ctl_suite suite;
    ctl_suite_read(&ctl->layout, &suite);
    ctl_process_signal(&suite.supervisor, SIGTERM);
    if (!ctl_process_wait_gone(&suite.supervisor, STOP_MS))
        return cb_fail(err, CB_ERR_FATAL,
                       "the supervisor (process %d) does not end; see %s/log/supervisor.log",
                       (int)suite.supervisor.id, ctl->layout.home);
    ctl_suite_clear(&ctl->layout);
    return true;
}
