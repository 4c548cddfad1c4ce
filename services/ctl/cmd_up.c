/* calbus up: start the suite, or say that it runs. */
#include "broker.h"
#include "cluster.h"
#include "commands.h"
#include "database.h"
#include "sites_setup.h"
#include "suite.h"

#include "base/alloc.h"
#include "io/clock.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_AGAIN_MS = 100, SAY_AFTER_MS = 3000, LOG_LINES = 6 };

static const struct ctl_flag flags[] = {
    { "broker", 0, CTL_FLAG_TEXT, "KIND",
      "mock (keeps nothing over a restart), kafka (a real local server), or external." },
    { "timeout", 0, CTL_FLAG_INT, "SECONDS", "How long to wait until everything is ready." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

/* One start. */
struct start {
    struct ctl *ctl;
    const struct ctl_settings *settings;
    enum ctl_broker broker;
    int64_t deadline_ms; /* monotonic */
    struct ctl_suite suite;
};

static int64_t time_left(const struct start *start)
{
    int64_t left = start->deadline_ms - cb_clock_monotonic_ms();
    return left < 0 ? 0 : left;
}

/* ---- the supervisor ---- */

/* "section.key=value" as the variable that says the same; so the services hear of --set and --broker too. */
static char *as_variable(const char *assignment)
{
    char *line = cb_xasprintf("CALBUS_%s", assignment);
    for (char *at = line; *at != '\0' && *at != '='; at++)
        *at = (char)(*at == '.' || *at == '-' ? '_' : toupper((unsigned char)*at));
    return line;
}

static bool same_name(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");
    return n == strcspn(b, "=") && strncmp(a, b, n) == 0;
}

static char **supervisor_environment(const struct start *start)
{
    char *own[70] = { NULL };
    size_t n_own = 0, n = 0, kept = 0;
    own[n_own++] = cb_xasprintf("CALBUS_HOME=%s", start->ctl->layout.home);
    own[n_own++] = cb_xasprintf("CALBUS_SUITE_BROKER=%s", ctl_broker_name(start->broker));
    for (size_t i = 0; n_own < 69; i++) {
        cb_auto(cb_free) char *item = ctl_args_item(&start->ctl->args, "set", i);
        if (item == NULL)
            break;
        own[n_own++] = as_variable(item);
    }
    while (start->ctl->environment[n] != NULL)
        n++;
    char **list = cb_xalloc_array(n + n_own + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        bool replaced = false;
        for (size_t o = 0; o < n_own; o++)
            replaced = replaced || same_name(start->ctl->environment[i], own[o]);
        if (!replaced)
            list[kept++] = cb_xstrdup(start->ctl->environment[i]);
    }
    memcpy(list + kept, own, n_own * sizeof *list);
    return list;
}

static bool start_supervisor(struct start *start, struct cb_error *err)
{
    cb_auto(cb_free) char *self = cb_xasprintf("%s/calbus", start->ctl->layout.programs);
    cb_auto(cb_free) char *log_folder = ctl_home_path(&start->ctl->layout, "log");
    cb_auto(cb_free) char *log = ctl_home_path(&start->ctl->layout, "log/supervisor.log");
    char *argv[] = { self, (char *)"supervise", NULL };
    if (!ctl_make_folder(log_folder, 0755, err))
        return false;
    char **environment = supervisor_environment(start);
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const struct ctl_program program = { .argv = argv,
                                         .environment = environment,
                                         .uid = geteuid(),
                                         .gid = getegid(),
                                         .output = output,
                                         .detached = true };
    bool started = ctl_process_start(&program, &start->suite.supervisor, err);
    if (output >= 0)
        close(output);
    for (size_t i = 0; environment[i] != NULL; i++)
        free(environment[i]);
    free(environment);
    return started;
}

/* Add what the supervisor or a unit said last. Returns false. */
static bool with_log(const struct start *start, const char *unit, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes tail = CB_BYTES(65536);
    ctl_log_tail(&start->ctl->layout, unit, LOG_LINES, &tail);
    if (tail.size > 0)
        fprintf(stderr, "%s", cb_bytes_text(&tail));
    return ctl_hint(start->ctl, "More in %s/log/%s.log; calbus logs %s shows it.", start->ctl->layout.home,
                    unit, unit) &&
           err == NULL;
}

static bool supervisor_lives(struct start *start, struct cb_error *err)
{
    if (ctl_process_lives(&start->suite.supervisor))
        return true;
    (void)cb_fail(err, CB_ERR_FATAL, "the supervisor has ended");
    return with_log(start, "supervisor", err);
}

/* ---- database and broker ---- */

static bool wait_for_database(struct start *start, const char *uri, struct cb_db **ret_db,
                              struct cb_error *err)
{
    struct ctl_cluster cluster = { 0 };
    bool own = *start->settings->common.db_uri == '\0';
    if (own && !ctl_cluster_prepare(&start->ctl->layout, start->settings, &cluster, NULL, err))
        return false;
    bool done = false;
    for (;;) {
        done =
            (!own || ctl_cluster_make_database(&cluster, err)) && cb_db_open(uri, "calbus up", ret_db, err);
        if (done || err->kind != CB_ERR_TRANSIENT || time_left(start) == 0)
            break;
        if (!supervisor_lives(start, err))
            break;
        ctl_pause_ms(LOOK_AGAIN_MS);
    }
    ctl_cluster_done(&cluster);
    if (!done && own)
        return with_log(start, "postgres", err);
    return done;
}

static bool set_up_database(struct start *start, struct cb_error *err)
{
    struct ctl *ctl = start->ctl;
    cb_auto(cb_free) char *uri = ctl_cluster_uri(&ctl->layout, start->settings->common.db_uri);
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    int applied = 0;
    if (!wait_for_database(start, uri, &db, err))
        return cb_context(err, "the database does not answer");
    if (!ctl_database_migrate(ctl, db, &applied, err))
        return false;
    if (applied > 0)
        ctl_say(ctl, "database: %d migration%s applied", applied, applied == 1 ? "" : "s");
    return ctl_sites_set_up(ctl, db, err);
}

/* ---- services ---- */

/* It ends again and again with a status that waiting does not mend: wrong usage, a fatal error, a wrong
 * setting. */
static bool is_hopeless(const struct ctl_unit *unit)
{
    enum { ENOUGH = 4 };
    return unit->restarts >= ENOUGH && (unit->last_status == CTL_USAGE || unit->last_status == CTL_SOFTWARE ||
                                        unit->last_status == CTL_BAD_CONFIG);
}

/* True when all are ready; else what the first one that is not says. */
static bool all_ready(const struct start *start, char *ret_unit, size_t unit_size, char *ret_why, size_t size,
                      bool *ret_hopeless)
{
    struct ctl_suite suite;
    ctl_suite_read(&start->ctl->layout, &suite);
    for (size_t i = 0; i < suite.n_units; i++) {
        struct ctl_health health = ctl_health_of(start->ctl, &suite.units[i]);
        if (health.ready)
            continue;
        snprintf(ret_unit, unit_size, "%s", suite.units[i].name);
        *ret_hopeless = is_hopeless(&suite.units[i]);
        if (suite.units[i].restarts > 0)
            snprintf(ret_why, size, "%s; it has ended %d time%s, last with status %d", health.detail,
                     suite.units[i].restarts, suite.units[i].restarts == 1 ? "" : "s",
                     suite.units[i].last_status);
        else
            snprintf(ret_why, size, "%s", health.detail);
        return false;
    }
    return suite.n_units > 0;
}

static bool wait_for_services(struct start *start, struct cb_error *err)
{
    char unit[CTL_UNIT_NAME] = "supervisor", why[300] = "";
    bool hopeless = false;
    int64_t said_ms = cb_clock_monotonic_ms();
    ctl_process_signal(&start->suite.supervisor, SIGUSR1);
    while (!all_ready(start, unit, sizeof unit, why, sizeof why, &hopeless)) {
        if (!supervisor_lives(start, err))
            return false;
        if (time_left(start) == 0 || hopeless) {
            start->ctl->exit = CTL_UNAVAILABLE;
            (void)cb_fail(err, CB_ERR_TRANSIENT, "%s is not ready: %s", unit, why);
            return with_log(start, unit, err);
        }
        if (cb_clock_monotonic_ms() - said_ms > SAY_AFTER_MS) {
            ctl_say(start->ctl, "waiting for %s: %s", unit, why);
            said_ms = cb_clock_monotonic_ms();
        }
        ctl_pause_ms(LOOK_AGAIN_MS);
    }
    return true;
}

/* ---- the command ---- */

static bool is_the_same_suite(struct start *start, struct cb_error *err)
{
    const char *wanted = ctl_broker_name(start->broker);
    if (strcmp(start->suite.broker, wanted) == 0 || strcmp(start->settings->broker, "auto") == 0)
        return true;
    ctl_hint(start->ctl, "Run calbus down first.");
    return ctl_refuse(start->ctl, CTL_REFUSED, err, "the suite runs with broker %s, not %s",
                      start->suite.broker, wanted);
}

static bool prepare(struct start *start, struct cb_error *err)
{
    struct ctl *ctl = start->ctl;
    ctl_suite_clear(&ctl->layout);
    (void)unlink(start->settings->common.kafka_bootstrap_file);
    if (start->broker == CTL_BROKER_KAFKA && !ctl_kafka_prepare(ctl, start->settings, err))
        return false;
    if (*start->settings->common.db_uri == '\0') {
        struct ctl_cluster cluster;
        bool made = false;
        if (!ctl_cluster_prepare(&ctl->layout, start->settings, &cluster, &made, err))
            return err->kind == CB_ERR_CONFLICT
                       ? ctl_hint(
                             ctl,
                             "Put it back (a copy, a file system that is not mounted); or begin anew with "
                             "mv %s %s.lost, which keeps the repositories' files.",
                             ctl->layout.home, ctl->layout.home)
                       : false;
        if (made)
            ctl_say(ctl, "database: a new cluster in %s", cluster.folder);
        ctl_cluster_done(&cluster);
    }
    return start_supervisor(start, err);
}

static bool wait_until_ready(struct start *start, struct cb_error *err)
{
    start->deadline_ms = cb_clock_monotonic_ms() +
                         ctl_args_int(&start->ctl->args, "timeout", start->settings->ready_ms / 1000) * 1000;
    return set_up_database(start, err) && ctl_broker_wait(start->settings, time_left(start), err) &&
           wait_for_services(start, err);
}

static bool start_all(struct start *start, struct cb_error *err)
{
    bool was_up = ctl_suite_is_up(&start->suite);
    if (was_up && !is_the_same_suite(start, err))
        return false;
    if (was_up && !wait_until_ready(start, err)) {
        if (ctl_process_lives(&start->suite.supervisor))
            return false;
        was_up = false; /* it was at its end when we looked */
        *err = (struct cb_error){ 0 };
    }
    if (!was_up && (!prepare(start, err) || !wait_until_ready(start, err)))
        return false;
    ctl_say(start->ctl, was_up ? "calbus is up already: %s" : "calbus is up: %s", start->ctl->layout.home);
    if (start->broker == CTL_BROKER_MOCK && !was_up)
        ctl_say(
            start->ctl,
            "broker: embedded; it keeps nothing over a restart, the outbox in the database makes that good");
    ctl_say(start->ctl, "Next: calbus status, or eval \"$(%s/calbus env)\"", start->ctl->layout.programs);
    return true;
}

static bool up(struct ctl *ctl, struct cb_error *err)
{
    struct start start = { .ctl = ctl };
    if (!ctl_settings_of(ctl, &start.settings, err))
        return false;
    if (!ctl_broker_of(start.settings, &start.broker, err)) {
        ctl->exit = CTL_USAGE;
        return false;
    }
    int lock = ctl_suite_lock(ctl, err);
    if (lock < 0)
        return false;
    ctl_suite_read(&ctl->layout, &start.suite);
    bool started = start_all(&start, err);
    close(lock);
    return started;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Start the whole suite on this machine: database, broker, services.",
      .examples = "calbus up\ncalbus up --broker kafka\nCALBUS_HOME=/data/calbus calbus up",
      .flags = flags,
      .run = up },
    { .run = NULL },
};
const struct ctl_noun noun_up = { "up", "Start the suite.", verbs, false };
