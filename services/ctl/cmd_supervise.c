/* calbus supervise: the process behind `calbus up`. Starts the database and the broker, on SIGUSR1 the
 * services, starts again what ends, turns log files over, and on SIGTERM stops everything in reverse order.
 */
#include "broker.h"
#include "cluster.h"
#include "commands.h"
#include "service_list.h"
#include "units.h"

#include "base/alloc.h"
#include "base/log.h"
#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In which order: the database and the broker first, stopped last. */
enum phase { PHASE_DATABASE, PHASE_BROKER, PHASE_SERVICE, PHASES };

enum {
    FIRST_BACKOFF_MS = 100,
    LONGEST_BACKOFF_MS = 10000,
    CALM_MS = 10000, /* a unit that ran so long starts again at once */
    LOG_CHECK_MS = 5000,
    STOP_SERVICE_MS = 20000,
    STOP_BROKER_MS = 20000,
    STOP_DATABASE_MS = 60000,
    MISUSE = 2,
    BAD_CONFIG = 78
};

/* How one unit is run. Its state is the entry of the same index in the suite. */
struct recipe {
    enum phase phase;
    char **argv;
    char **environment;
    uid_t uid;
    gid_t gid;
    int stop_signal;
    int64_t backoff_ms;
    int64_t start_at_ms; /* monotonic, of WAITING */
    int64_t started_ms;  /* monotonic, of RUNNING */
    char *log;
};

struct supervisor {
    const struct ctl_layout *layout;
    const struct ctl_settings *settings;
    const char *const *environment;
    struct ctl_suite suite;
    struct recipe recipes[CTL_MOST_UNITS];
    bool released; /* the services may run */
    bool stopping;
    int64_t logs_checked_ms;
};

/* ---- recipes ---- */

static char **words(const char *first, ...)
{
    char **list = cb_xalloc_array(16, sizeof *list);
    size_t n = 0;
    va_list rest;
    va_start(rest, first);
    for (const char *word = first; word != NULL && n < 15; word = va_arg(rest, const char *))
        list[n++] = cb_xstrdup(word);
    va_end(rest);
    return list;
}

static bool is_named(const char *line, const char *name)
{
    size_t length = strcspn(name, "=");
    return strncmp(line, name, length) == 0 && line[length] == '=';
}

/* Our environment with these NAME=value lines put in place of their like; extra is NULL-terminated. */
static char **environment_with(const struct supervisor *me, char *const *extra)
{
    size_t n = 0, more = 0, kept = 0;
    while (me->environment[n] != NULL)
        n++;
    while (extra[more] != NULL)
        more++;
    char **list = cb_xalloc_array(n + more + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        bool replaced = false;
        for (size_t e = 0; e < more; e++)
            replaced = replaced || is_named(me->environment[i], extra[e]);
        if (!replaced)
            list[kept++] = cb_xstrdup(me->environment[i]);
    }
    for (size_t e = 0; e < more; e++)
        list[kept++] = cb_xstrdup(extra[e]);
    return list;
}

static struct recipe *add_unit(struct supervisor *me, const char *name, enum phase phase)
{
    if (me->suite.n_units == CTL_MOST_UNITS)
        return NULL;
    size_t i = me->suite.n_units++;
    struct ctl_unit *unit = &me->suite.units[i];
    *unit =
        (struct ctl_unit){ .state = CTL_UNIT_IDLE, .since_unix_ms = cb_clock_unix_ms(), .last_status = -1 };
    snprintf(unit->name, sizeof unit->name, "%s", name);
    struct recipe *recipe = &me->recipes[i];
    *recipe = (struct recipe){ .phase = phase, .uid = geteuid(), .gid = getegid(), .stop_signal = SIGTERM };
    recipe->log = cb_xasprintf("%s/log/%s.log", me->layout->home, name);
    return recipe;
}

static bool add_database(struct supervisor *me, struct cb_error *err)
{
    struct ctl_cluster cluster;
    if (*me->settings->common.db_uri != '\0')
        return true;
    if (!ctl_cluster_prepare(me->layout, me->settings, &cluster, NULL, err))
        return false;
    struct ctl_process server;
    if (ctl_cluster_server(&cluster, &server)) /* outlived a supervisor that was killed */
        ctl_process_end(&server, SIGINT, STOP_DATABASE_MS);
    cb_auto(cb_free) char *program = cb_xasprintf("%s/postgres", cluster.bin);
    cb_auto(cb_free) char *data = cb_xasprintf("%s/data", cluster.folder);
    char *const extra[] = { (char *)"LC_ALL=C.UTF-8", NULL };
    struct recipe *recipe = add_unit(me, "postgres", PHASE_DATABASE);
    recipe->argv = words(program, "-D", data, NULL);
    recipe->environment = environment_with(me, extra);
    recipe->uid = cluster.uid;
    recipe->gid = cluster.gid;
    recipe->stop_signal = SIGINT;
    ctl_cluster_done(&cluster);
    return true;
}

static bool add_broker(struct supervisor *me, enum ctl_broker broker, struct cb_error *err)
{
    char *const extra[] = { cb_xasprintf("CALBUS_HOME=%s", me->layout->home), NULL };
    bool added = true;
    if (broker == CTL_BROKER_MOCK) {
        cb_auto(cb_free) char *program = ctl_program_path(me->layout, "calbus-broker");
        if (program == NULL) {
            added =
                cb_fail(err, CB_ERR_NOT_FOUND, "there is no calbus-broker in \"%s\"", me->layout->programs);
        } else {
            struct recipe *recipe = add_unit(me, "broker", PHASE_BROKER);
            recipe->argv = words(program, NULL);
            recipe->environment = environment_with(me, extra);
        }
    } else if (broker == CTL_BROKER_KAFKA) {
        int port = 0;
        added = ctl_kafka_port(me->layout, &port, err);
        if (added) {
            cb_auto(cb_free) char *script = cb_xasprintf("%s/kafka-server", me->layout->shipped);
            cb_auto(cb_free) char *data = ctl_home_path(me->layout, "kafka");
            cb_auto(cb_free) char *number = cb_xasprintf("%d", port);
            struct recipe *recipe = add_unit(me, "broker", PHASE_BROKER);
            /* topics are made by name and with their number of partitions, never by being asked for */
            recipe->argv =
                words(script, "run", "-d", data, "-p", number, "-c", "auto.create.topics.enable=false", NULL);
            recipe->environment = environment_with(me, extra);
        }
    }
    free(extra[0]);
    return added;
}

/* Where an instance listens, as the variable that tells it: the first of console and distributor at an
 * address of its own, unless somebody else holds it; all others at a port of the system's choice. */
static char *listen_variable(const struct supervisor *me, const struct ctl_service *service, int instance)
{
    bool is_console = strcmp(service->name, "console") == 0;
    bool is_rucio = strcmp(service->name, "distributor") == 0;
    if (!is_console && !is_rucio)
        return NULL;
    const char *wanted = is_console ? me->settings->console_listen : me->settings->rucio_listen;
    bool is_taken = !ctl_address_is_free(wanted);
    if (is_taken && instance == 1)
        cb_log(CB_WARN, "address is taken, another port is chosen", cb_str("service", service->name),
               cb_str("address", wanted));
    return cb_xasprintf("CALBUS_%s_LISTEN=%s", is_console ? "CONSOLE" : "DISTRIBUTOR",
                        is_taken || instance > 1 ? "127.0.0.1:0" : wanted);
}

static void add_instance(struct supervisor *me, const struct ctl_service *service, const char *program,
                         const char *db_uri, int instance)
{
    char name[CTL_UNIT_NAME], number[16];
    snprintf(name, sizeof name, "%s.%d", service->name, instance);
    snprintf(number, sizeof number, "%d", instance);
    struct recipe *recipe = add_unit(me, name, PHASE_SERVICE);
    if (recipe == NULL)
        return;
    char *const listen = listen_variable(me, service, instance);
    char *const extra[] = {
        cb_xasprintf("CALBUS_HOME=%s", me->layout->home),
        cb_xasprintf("CALBUS_DB_URI=%s", db_uri),
        cb_xasprintf("CP_PIPE_DIR=%s/cp_pipe", me->layout->shipped),
        cb_xasprintf("CP_VERIFY_DIR=%s/cp_verify", me->layout->shipped),
        cb_xasprintf("DAF_BUTLER_REPOSITORY_INDEX=%s/repositories.yaml", me->layout->home),
        listen,
        NULL,
    };
    recipe->argv = words(program, "--instance", number, NULL);
    recipe->environment = environment_with(me, extra);
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++)
        free(extra[i]);
}

static bool add_services(struct supervisor *me, struct cb_error *err)
{
    cb_auto(cb_free) char *uri = ctl_cluster_uri(me->layout, me->settings->common.db_uri);
    for (const struct ctl_service *service = ctl_services; service->name != NULL; service++) {
        int n = 0;
        if (!ctl_service_instances(service, me->settings->instances, &n, err))
            return false;
        cb_auto(cb_free) char *program = ctl_program_path(me->layout, service->program);
        for (int i = 1; program != NULL && i <= n; i++)
            add_instance(me, service, program, uri, i);
    }
    return true;
}

static void free_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

static void free_recipes(struct supervisor *me)
{
    for (size_t i = 0; i < me->suite.n_units; i++) {
        free_list(me->recipes[i].argv);
        free_list(me->recipes[i].environment);
        free(me->recipes[i].log);
    }
}

/* ---- states ---- */

static void tell(struct supervisor *me)
{
    struct cb_error err = { 0 };
    if (!ctl_suite_write(me->layout, &me->suite, &err))
        cb_log_error("cannot write the list of units", &err);
}

static void enter(struct supervisor *me, size_t i, enum ctl_unit_state state)
{
    me->suite.units[i].state = state;
    me->suite.units[i].since_unix_ms = cb_clock_unix_ms();
}

static void start_unit(struct supervisor *me, size_t i)
{
    struct recipe *recipe = &me->recipes[i];
    struct ctl_unit *unit = &me->suite.units[i];
    struct cb_error err = { 0 };
    int log = open(recipe->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const struct ctl_program program = { .argv = recipe->argv,
                                         .environment = recipe->environment,
                                         .uid = recipe->uid,
                                         .gid = recipe->gid,
                                         .output = log,
                                         .dies_with_us = true,
                                         .death_signal = recipe->stop_signal };
    bool started = ctl_process_start(&program, &unit->process, &err);
    if (log >= 0)
        close(log);
    recipe->started_ms = cb_clock_monotonic_ms();
    if (!started) {
        cb_log_error("cannot start", &err);
        recipe->start_at_ms = recipe->started_ms + LONGEST_BACKOFF_MS;
        enter(me, i, CTL_UNIT_WAITING);
        return;
    }
    enter(me, i, CTL_UNIT_RUNNING);
    cb_log(CB_INFO, "unit started", cb_str("unit", unit->name), cb_int("pid", unit->process.id));
}

static int status_of(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static void note_end(struct supervisor *me, size_t i, int status)
{
    struct recipe *recipe = &me->recipes[i];
    struct ctl_unit *unit = &me->suite.units[i];
    int64_t now = cb_clock_monotonic_ms();
    unit->last_status = status;
    unit->process = (struct ctl_process){ 0 };
    cb_log(me->stopping ? CB_INFO : CB_WARN, "unit ended", cb_str("unit", unit->name),
           cb_int("status", status));
    if (me->stopping) {
        enter(me, i, CTL_UNIT_STOPPED);
        return;
    }
    if (now - recipe->started_ms >= CALM_MS)
        recipe->backoff_ms = 0;
    recipe->backoff_ms = recipe->backoff_ms == 0 ? FIRST_BACKOFF_MS : 2 * recipe->backoff_ms;
    if (recipe->backoff_ms > LONGEST_BACKOFF_MS || status == BAD_CONFIG || status == MISUSE)
        recipe->backoff_ms = LONGEST_BACKOFF_MS;
    recipe->start_at_ms = now + recipe->backoff_ms;
    unit->restarts++;
    enter(me, i, CTL_UNIT_WAITING);
}

static void reap(struct supervisor *me)
{
    int wait_status = 0;
    pid_t id = 0;
    bool changed = false;
    while ((id = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (size_t i = 0; i < me->suite.n_units; i++)
            if (me->suite.units[i].state == CTL_UNIT_RUNNING && me->suite.units[i].process.id == id) {
                note_end(me, i, status_of(wait_status));
                changed = true;
            }
    if (changed)
        tell(me);
}

static void start_what_is_due(struct supervisor *me)
{
    int64_t now = cb_clock_monotonic_ms();
    bool changed = false;
    for (size_t i = 0; i < me->suite.n_units; i++) {
        enum ctl_unit_state state = me->suite.units[i].state;
        bool may_run = me->recipes[i].phase != PHASE_SERVICE || me->released;
        if ((state == CTL_UNIT_IDLE && may_run) ||
            (state == CTL_UNIT_WAITING && me->recipes[i].start_at_ms <= now)) {
            start_unit(me, i);
            changed = true;
        }
    }
    if (changed)
        tell(me);
}

/* ---- logs ---- */

/* Copy and cut: whoever writes it appends, and goes on at the new end. */
static void turn_over(const char *path)
{
    cb_auto(cb_free) char *before = cb_xasprintf("%s.1", path);
    char piece[65536];
    int from = open(path, O_RDWR | O_CLOEXEC);
    int to = open(before, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t n = 0;
    while (from >= 0 && to >= 0 && (n = read(from, piece, sizeof piece)) > 0)
        if (write(to, piece, (size_t)n) != n)
            break;
    if (from >= 0 && ftruncate(from, 0) != 0)
        cb_log(CB_WARN, "cannot cut a log file", cb_str("file", path));
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
}

static void look_after_logs(struct supervisor *me)
{
    int64_t now = cb_clock_monotonic_ms();
    if (now - me->logs_checked_ms < LOG_CHECK_MS)
        return;
    me->logs_checked_ms = now;
    for (size_t i = 0; i < me->suite.n_units; i++) {
        struct stat status;
        if (stat(me->recipes[i].log, &status) == 0 && status.st_size > me->settings->log_bytes)
            turn_over(me->recipes[i].log);
    }
}

/* ---- stopping ---- */

static bool any_runs(const struct supervisor *me, enum phase phase)
{
    for (size_t i = 0; i < me->suite.n_units; i++)
        if (me->recipes[i].phase == phase && me->suite.units[i].state == CTL_UNIT_RUNNING)
            return true;
    return false;
}

static void signal_phase(const struct supervisor *me, enum phase phase, bool kill_them)
{
    for (size_t i = 0; i < me->suite.n_units; i++)
        if (me->recipes[i].phase == phase && me->suite.units[i].state == CTL_UNIT_RUNNING)
            kill(me->suite.units[i].process.id, kill_them ? SIGKILL : me->recipes[i].stop_signal);
}

static void stop_phase(struct supervisor *me, enum phase phase)
{
    static const int64_t patience[PHASES] = { STOP_DATABASE_MS, STOP_BROKER_MS, STOP_SERVICE_MS };
    int64_t deadline = cb_clock_monotonic_ms() + patience[phase];
    signal_phase(me, phase, false);
    for (bool killed = false; any_runs(me, phase); reap(me)) {
        if (!killed && cb_clock_monotonic_ms() > deadline) {
            cb_log(CB_WARN, "some units do not stop and are killed", cb_int("phase", phase));
            signal_phase(me, phase, true);
            killed = true;
        }
        ctl_pause_ms(20);
    }
}

/* ---- the loop ---- */

static int64_t until_next_start(const struct supervisor *me)
{
    int64_t now = cb_clock_monotonic_ms(), wait = LOG_CHECK_MS;
    for (size_t i = 0; i < me->suite.n_units; i++)
        if (me->suite.units[i].state == CTL_UNIT_WAITING && me->recipes[i].start_at_ms - now < wait)
            wait = me->recipes[i].start_at_ms - now;
    return wait < 0 ? 0 : wait;
}

static void watch(struct supervisor *me, const sigset_t *signals)
{
    for (;;) {
        start_what_is_due(me);
        look_after_logs(me);
        int64_t ms = until_next_start(me);
        const struct timespec timeout = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };
        int got = sigtimedwait(signals, NULL, &timeout);
        if (got == SIGTERM || got == SIGINT)
            return;
        if (got == SIGUSR1)
            me->released = true;
        reap(me);
    }
}

static bool supervise(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    enum ctl_broker broker = CTL_BROKER_MOCK;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    cb_log_init("supervisor", "1", CB_INFO);
    if (!ctl_settings_of(ctl, &settings, err) || !ctl_broker_of(settings, &broker, err))
        return false;

    struct supervisor *me = cb_xalloc(sizeof *me);
    me->layout = &ctl->layout;
    me->settings = settings;
    me->environment = ctl->environment;
    snprintf(me->suite.broker, sizeof me->suite.broker, "%s", ctl_broker_name(broker));
    (void)ctl_process_find(getpid(), &me->suite.supervisor);
    bool ready = add_database(me, err) && add_broker(me, broker, err) && add_services(me, err);
    if (ready) {
        watch(me, &signals);
        me->stopping = true;
        for (int phase = PHASES - 1; phase >= 0; phase--)
            stop_phase(me, (enum phase)phase);
        me->suite.supervisor = (struct ctl_process){ 0 };
        tell(me);
    }
    free_recipes(me);
    free(me);
    return ready;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Keep the suite running; started by calbus up.",
      .examples = "calbus up",
      .run = supervise },
    { .run = NULL },
};
const struct ctl_noun noun_supervise = { "supervise", "Keep the suite running.", verbs, true };
