/* calbus status: what runs, whether it is ready, and where it is reached. */
#include "commands.h"
#include "suite.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_METRICS = 1 << 20 };

static const struct ctl_column columns[] = {
    { "unit", "UNIT", CTL_COL_TEXT },     { "state", "STATE", CTL_COL_TEXT },
    { "pid", "PID", CTL_COL_NUMBER },     { "uptime", "UPTIME", CTL_COL_TEXT },
    { "uptime_s", NULL, CTL_COL_NUMBER }, { "restarts", "RESTARTS", CTL_COL_NUMBER },
    { "lag", "LAG", CTL_COL_NUMBER },     { "http", "HTTP", CTL_COL_TEXT },
    { "detail", "DETAIL", CTL_COL_TEXT }, { NULL, NULL, CTL_COL_TEXT },
};

static void format_uptime(int64_t seconds, char *ret_text, size_t size)
{
    if (seconds < 120)
        snprintf(ret_text, size, "%" PRId64 " s", seconds);
    else if (seconds < 7200)
        snprintf(ret_text, size, "%" PRId64 " min", seconds / 60);
    else if (seconds < 172800)
        snprintf(ret_text, size, "%" PRId64 " h", seconds / 3600);
    else
        snprintf(ret_text, size, "%" PRId64 " d", seconds / 86400);
}

/* Messages that a service has yet to read: the sum of calbus_consumer_lag over its partitions; -1: not told.
 */
static int64_t lag_of(const char *address)
{
    static const char name[] = "\ncalbus_consumer_lag{";
    struct cb_error err = { 0 };
    cb_auto_bytes struct cb_bytes body = CB_BYTES(MOST_METRICS);
    int status = 0;
    double sum = -1;
    if (*address == '\0' || !ctl_http_get(address, "/metrics", &status, &body, &err) || status != 200)
        return -1;
    for (const char *at = strstr(cb_bytes_text(&body), name); at != NULL; at = strstr(at + 1, name)) {
        const char *end = strstr(at, "} ");
        if (end != NULL)
            sum = (sum < 0 ? 0 : sum) + strtod(end + 2, NULL);
    }
    return (int64_t)sum;
}

static void add_unit(struct ctl_table *table, const struct ctl_unit *unit, const struct ctl_health *health)
{
    char pid[16], uptime[32], seconds[32], restarts[16], lag[32];
    bool running = unit->state == CTL_UNIT_RUNNING;
    int64_t up_s = (cb_clock_unix_ms() - unit->since_unix_ms) / 1000;
    int64_t messages = health->ready ? lag_of(health->address) : -1;
    snprintf(pid, sizeof pid, "%d", (int)unit->process.id);
    format_uptime(up_s, uptime, sizeof uptime);
    snprintf(seconds, sizeof seconds, "%" PRId64, up_s);
    snprintf(restarts, sizeof restarts, "%d", unit->restarts);
    snprintf(lag, sizeof lag, "%" PRId64, messages);
    const char *state = health->ready ? "ready" : running ? "not ready" : ctl_unit_state_name(unit->state);
    const char *cells[] = { unit->name,
                            state,
                            running ? pid : NULL,
                            running ? uptime : NULL,
                            running ? seconds : NULL,
                            restarts,
                            messages < 0 ? NULL : lag,
                            *health->address == '\0' ? NULL : health->address,
                            *health->detail == '\0' ? NULL : health->detail };
    ctl_table_add(table, cells);
}

static void put_text(struct ctl_table *table, const char *key, const char *value)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(65536);
    cb_json_add_text(&text, value, false);
    ctl_table_extra(table, key, cb_bytes_text(&text));
}

static bool print_all(struct ctl *ctl, const struct ctl_suite *suite, bool *ret_ready, struct cb_error *err)
{
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.status.v1", columns);
    cb_auto(cb_free) char *console = ctl_service_url(&ctl->layout, suite, "console.1");
    cb_auto(cb_free) char *rucio = ctl_service_url(&ctl->layout, suite, "distributor.1");
    bool for_people = !ctl_args_has(&ctl->args, "json") && !ctl_args_has(&ctl->args, "plain");
    *ret_ready = suite->n_units > 0;
    for (size_t i = 0; i < suite->n_units; i++) {
        struct ctl_health health = ctl_health_of(ctl, &suite->units[i]);
        add_unit(table, &suite->units[i], &health);
        *ret_ready = *ret_ready && health.ready;
    }
    put_text(table, "home", ctl->layout.home);
    put_text(table, "broker", suite->broker);
    if (console != NULL)
        put_text(table, "console", console);
    if (rucio != NULL)
        put_text(table, "rucio", rucio);
    if (!ctl_print(ctl, table, err))
        return false;
    if (for_people)
        fprintf(ctl->out, "\nhome     %s\nbroker   %s\nconsole  %s\nrucio    %s%s\n", ctl->layout.home,
                suite->broker, console == NULL ? "-" : console, rucio == NULL ? "-" : rucio,
                rucio == NULL ? "" : "  (account root)");
    return true;
}

static bool status(struct ctl *ctl, struct cb_error *err)
{
    struct ctl_suite suite;
    bool ready = false;
    ctl_suite_read(&ctl->layout, &suite);
    if (!ctl_suite_is_up(&suite)) {
        ctl_hint(ctl, "Start it with calbus up.");
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "calbus is not up (%s)", ctl->layout.home);
    }
    if (!print_all(ctl, &suite, &ready, err))
        return false;
    if (!ready)
        return ctl_refuse(ctl, CTL_UNAVAILABLE, err, "not everything is ready");
    return true;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Print what runs, whether it is ready, and where it is reached. Exit 0: all ready, 3: not "
                 "up, 69: not ready.",
      .examples = "calbus status\ncalbus status --json",
      .run = status },
    { .run = NULL },
};
const struct ctl_noun noun_status = { "status", "Print what runs, and where.", verbs, false };
