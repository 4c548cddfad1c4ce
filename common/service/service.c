/* cb_service_main: settings, parts up, loop, parts down. */
#include "service/service.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "bus_sql.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "io/libraries.h"
#include "service/config.h"
#include "service/daemon.h"
#include "service/metrics.h"
#include "service/migrate.h"
#include "service/notify.h"
#include "service/outbox.h"
#include "service/topics.h"
#include "service/version.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_FATAL = 70, EXIT_CONFIG = 78 };
enum { FLAGS_MAX = 64, POLL_MOST_MS = 100, FLUSH_MS = 200, LAG_MS = 5000, DB_BACKOFF_STEPS = 6 };

static volatile sig_atomic_t stopping; /* set by the signal handler */

bool cb_service_is_stopping(void)
{
    return stopping != 0;
}

void cb_service_group(const char *service, char *ret_group, size_t size)
{
    snprintf(ret_group, size, "calbus-%s", service);
}

double cb_daemon_chance(void)
{
    uint32_t bits = 0;
    cb_random_bytes(&bits, sizeof bits);
    return (double)bits / 4294967296.0;
}

void cb_daemon_wait_ms(int64_t ms)
{
    int64_t until_ms = cb_clock_monotonic_ms() + ms;
    for (int64_t left = ms; left > 0 && !stopping; left = until_ms - cb_clock_monotonic_ms())
        poll(NULL, 0, (int)(left < POLL_MOST_MS ? left : POLL_MOST_MS));
}

void cb_daemon_fail(struct cb_daemon *daemon, const struct cb_error *err)
{
    pthread_mutex_lock(&daemon->fatal_lock);
    if (!atomic_load(&daemon->failed))
        daemon->failure = *err;
    atomic_store(&daemon->failed, true);
    pthread_mutex_unlock(&daemon->fatal_lock);
}

/* ---- command line and settings ---- */

struct options {
    const char *instance;
    const char *flags[FLAGS_MAX + 1];
    size_t flag_count;
};

static void print_help(const struct cb_service *service, FILE *out)
{
    fprintf(out,
            "usage: calbus-%s [--instance NAME] [-s SECTION.KEY=VALUE]...\n%s\n\n"
            "  --instance NAME   which of several copies this is (1)\n"
            "  -s, --set S.K=V   a setting; stronger than environment (CALBUS_SECTION_KEY) and files\n"
            "  --version, --help\n\nsettings\n",
            service->name, service->summary);
    cb_settings_print_help(cb_common_settings, out);
    fprintf(out, "  %s.listen=\n      address of this service's HTTP, instead of http.listen\n",
            service->name);
    if (service->settings != NULL)
        cb_settings_print_help(service->settings, out);
}

static void print_version(const struct cb_service *service)
{
    char libraries[512];
    cb_io_libraries(libraries, sizeof libraries);
    fprintf(stdout, "calbus-%s %s (git %s) %s\n", service->name, CB_VERSION, CB_GIT, libraries);
}

static bool is_instance_name(const char *text)
{
    return text[0] != '\0' && strlen(text) < 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(text);
}

/* True to go on; else *ret_status is how to end. */
static bool read_options(int argc, char **argv, const struct cb_service *service, struct options *options,
                         int *ret_status)
{
    static const struct option table[] = { { "help", no_argument, NULL, 'h' },
                                           { "version", no_argument, NULL, 'V' },
                                           { "instance", required_argument, NULL, 'i' },
                                           { "set", required_argument, NULL, 's' },
                                           { NULL, 0, NULL, 0 } };
    *ret_status = EXIT_USAGE;
    for (int option = 0; (option = getopt_long(argc, argv, "hs:", table, NULL)) != -1;) {
        if (option == 'h' || option == 'V') {
            if (option == 'h')
                print_help(service, stdout);
            else
                print_version(service);
            *ret_status = EXIT_OK;
            return false;
        }
        if (option == 'i' && is_instance_name(optarg))
            options->instance = optarg;
        else if (option == 's' && options->flag_count < FLAGS_MAX)
            options->flags[options->flag_count++] = optarg;
        else {
            fprintf(stderr, "calbus-%s: see --help\n", service->name);
            return false;
        }
    }
    if (optind == argc)
        return true;
    fprintf(stderr, "calbus-%s: unexpected argument \"%s\"; see --help\n", service->name, argv[optind]);
    return false;
}

static bool load_settings(struct cb_daemon *daemon, const struct options *options, void *settings,
                          struct cb_error *err)
{
    extern char **environ;
    const struct cb_service *service = daemon->service;
    const struct cb_setting own[] = {
        { service->name, "listen", CB_SET_TEXT, offsetof(struct cb_service_config, own_listen), "", 0, 0,
          "" },
        { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
    };
    const struct cb_setting *const tables[] = { cb_common_settings, own, service->settings, NULL };
    void *const targets[] = { &daemon->config, &daemon->config, settings, NULL };
    const char *files[CB_CONFIG_FILES];
    char *home = cb_config_home((const char *const *)environ);
    cb_auto(cb_free) char *own_file = NULL;
    cb_config_files(home, files, &own_file);
    const struct cb_settings_sources sources = { .home = home,
                                                 .environment = (const char *const *)environ,
                                                 .flags = options->flags,
                                                 .files = files,
                                                 .others = cb_sections_of_others };
    daemon->config.home = home;
    return cb_settings_load(tables, targets, &sources, err);
}

static bool start_log(struct cb_daemon *daemon, struct cb_error *err)
{
    enum cb_log_level level = CB_INFO;
    if (!cb_log_level_parse(daemon->config.log_level, &level))
        return cb_fail(err, CB_ERR_INVALID, "log.level: \"%s\" is none of debug, info, warn, error",
                       daemon->config.log_level);
    cb_log_init(daemon->service->name, daemon->config.instance, level);
    return true;
}

/* ---- signals ---- */

static void on_signal(int number)
{
    if (stopping)
        _exit(128 + number); /* the second one ends us at once */
    stopping = 1;
}

static void catch_signals(void)
{
    struct sigaction stop = { .sa_handler = on_signal };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* ---- parts ---- */

static void list_topics(struct cb_daemon *daemon)
{
    const struct cb_service *service = daemon->service;
    size_t most = 1;
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL; topic++)
        most++;
    daemon->topics = cb_xalloc_array(most, sizeof *daemon->topics);
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL; topic++) {
        bool wanted = false;
        for (const struct cb_subscription *s = service->subscriptions; s != NULL && s->type != NULL; s++) {
            const struct cb_event_type *type = cb_event_type_find(s->type);
            wanted = wanted || (type != NULL && strcmp(type->topic, topic->name) == 0);
        }
        const char *wake = service->work != NULL ? service->work->wake : NULL;
        wanted = wanted || (wake != NULL && strcmp(cb_event_type_find(wake)->topic, topic->name) == 0);
        if (wanted)
            daemon->topics[daemon->topic_count++] = topic->name;
    }
}

static bool check_tables(const struct cb_service *service, struct cb_error *err)
{
    const char *wake = service->work != NULL ? service->work->wake : NULL;
    for (const struct cb_subscription *s = service->subscriptions; s != NULL && s->type != NULL; s++)
        if (cb_event_type_find(s->type) == NULL)
            return cb_fail(err, CB_ERR_FATAL, "subscription to \"%s\": there is no such event type", s->type);
    if (wake != NULL && cb_event_type_find(wake) == NULL)
        return cb_fail(err, CB_ERR_FATAL, "work waits for \"%s\": there is no such event type", wake);
    return true;
}

static void define_metrics(const struct cb_service *service)
{
    cb_metric_define(CB_GAUGE, "calbus_build_info", "1, with version and git commit.");
    cb_metric_define(CB_COUNTER, "calbus_events_consumed_total",
                     "Messages taken: handled, repeated, ignored, retry, dropped or dead.");
    cb_metric_define(CB_COUNTER, "calbus_events_produced_total", "Messages given to the broker, by result.");
    cb_metric_define(CB_HISTOGRAM, "calbus_event_processing_seconds", "From transaction to commit.");
    cb_metric_define(CB_GAUGE, "calbus_consumer_lag", "Messages behind the end of the log.");
    cb_metric_define(CB_COUNTER, "calbus_dead_letter_total", "Messages that could not be handled.");
    cb_metric_define(CB_GAUGE, "calbus_db_up", "1 while the database answers.");
    cb_metric_define(CB_GAUGE, "calbus_kafka_up", "1 while the broker answers.");
    cb_metric_define(CB_GAUGE, "calbus_events_waiting", "Messages waiting for their next attempt.");
    cb_metric_set("calbus_build_info", 1, CB_LABELS({ "version", CB_VERSION }, { "git", CB_GIT }));
    (void)service;
}

/* Everything that needs nobody else. */
static void init_daemon(struct cb_daemon *daemon)
{
    const char *watchdog = getenv("WATCHDOG_USEC"), *socket_path = getenv("NOTIFY_SOCKET");
    snprintf(daemon->name, sizeof daemon->name, "%.40s.%.50s", daemon->service->name,
             daemon->config.instance);
    cb_service_group(daemon->service->name, daemon->group, sizeof daemon->group);
    daemon->notify_socket = cb_xstrdup(socket_path);
    daemon->watchdog_ms = watchdog != NULL ? strtoll(watchdog, NULL, 10) / 1000 : 0;
    daemon->pid = getpid();
    daemon->started_unix_ms = cb_clock_unix_ms();
    daemon->lanes = cb_lanes_new();
    daemon->bus = (struct cb_bus_config){ .bootstrap = daemon->config.kafka_bootstrap,
                                          .bootstrap_file = daemon->config.kafka_bootstrap_file,
                                          .extra = daemon->config.kafka_extra,
                                          .client_id = daemon->name };
    size_t tasks = 0;
    while (daemon->service->tasks != NULL && daemon->service->tasks[tasks].name != NULL)
        tasks++;
    daemon->tasks = cb_xalloc_array(tasks + 1, sizeof *daemon->tasks);
    list_topics(daemon);
    cb_outbox_set_source(daemon->config.site, daemon->service->name);
    define_metrics(daemon->service);
    atomic_store(&daemon->moved_ms, cb_clock_monotonic_ms());
}

static bool write_port_file(struct cb_daemon *daemon, struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/run", daemon->config.home);
    daemon->port_file = cb_xasprintf("%s/%s.json", folder, daemon->name);
    cb_auto(cb_free) char *temporary = cb_xasprintf("%s.new", daemon->port_file);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return cb_fail(err, CB_ERR_FATAL, "cannot make folder \"%s\": %s", folder, strerror(errno));
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "service", daemon->service->name);
    cb_json_str(&json, "instance", daemon->config.instance);
    cb_json_str(&json, "http", cb_http_server_address(daemon->http));
    cb_json_int(&json, "pid", daemon->pid);
    cb_json_close(&json);
    FILE *out = fopen(temporary, "we");
    bool ok = out != NULL && fputs(cb_bytes_text(&text), out) >= 0;
    ok = out != NULL && fclose(out) == 0 && ok && rename(temporary, daemon->port_file) == 0;
    return ok || cb_fail(err, CB_ERR_FATAL, "cannot write \"%s\": %s", daemon->port_file, strerror(errno));
}

static bool open_db(struct cb_daemon *daemon, struct cb_error *err)
{
    return daemon->db == NULL ? cb_db_open(daemon->config.db_uri, daemon->name, &daemon->db, err)
                              : cb_db_is_alive(daemon->db) || cb_db_reopen(daemon->db, err);
}

static bool subscribe(struct cb_daemon *daemon, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes types = CB_BYTES(16384);
    cb_bytes_puts(&types, "{");
    for (const struct cb_subscription *s = daemon->service->subscriptions; s != NULL && s->type != NULL; s++)
        if (!cb_event_type_find(s->type)->loose)
            cb_bytes_printf(&types, "%s\"%s\"", types.size > 1 ? "," : "", s->type);
    cb_bytes_puts(&types, "}");
    return cb_db_run(daemon->db, bus_sql_subscribe,
                     CB_P(cb_p_text(daemon->group), cb_p_text(cb_bytes_text(&types))), NULL, err);
}

static bool start_once(struct cb_daemon *daemon, struct cb_error *err)
{
    if (!open_db(daemon, err) || !cb_migrate_check(daemon->db, err) || !subscribe(daemon, err))
        return false;
    return daemon->service->start == NULL ||
           daemon->service->start(daemon->self, &daemon->config, daemon->db, err);
}

/* Tried on while the database (or what start needs) is away. */
static bool start_service(struct cb_daemon *daemon, struct cb_error *err)
{
    for (unsigned attempt = 0; !stopping; attempt++) {
        atomic_store(&daemon->moved_ms, cb_clock_monotonic_ms());
        if (start_once(daemon, err))
            return true;
        if (err->kind != CB_ERR_TRANSIENT)
            return false;
        if (attempt == 0)
            cb_log(CB_WARN, "could not start yet, trying on", cb_str("error", err->text));
        if (daemon->service->stop != NULL)
            daemon->service->stop(daemon->self);
        cb_daemon_wait_ms(
            cb_backoff_ms(attempt < DB_BACKOFF_STEPS ? attempt : DB_BACKOFF_STEPS, cb_daemon_chance()));
    }
    return true;
}

/* ---- the service's own loop ---- */

static void *run_own_loop(void *arg)
{
    struct cb_daemon *daemon = arg;
    struct cb_db *db = NULL;
    for (unsigned attempt = 0; !stopping && !atomic_load(&daemon->failed); attempt++) {
        struct cb_error err = { .kind = CB_ERR_NONE };
        int64_t begun_ms = cb_clock_monotonic_ms();
        bool ok =
            db == NULL ? cb_db_open(daemon->config.db_uri, daemon->name, &db, &err) : cb_db_reopen(db, &err);
        if (ok && daemon->service->run(daemon->self, db, &err))
            continue;
        cb_log(CB_WARN, "loop interrupted", cb_str("error", err.text));
        if (err.kind != CB_ERR_TRANSIENT)
            cb_daemon_fail(daemon, &err);
        if (cb_clock_monotonic_ms() - begun_ms > CB_BACKOFF_MOST_MS)
            attempt = 0;
        cb_daemon_wait_ms(
            cb_backoff_ms(attempt < DB_BACKOFF_STEPS ? attempt : DB_BACKOFF_STEPS, cb_daemon_chance()));
    }
    cb_db_close(db);
    return NULL;
}

/* ---- the loop ---- */

/* The database is there, or is asked for again now and then. */
static bool keep_db(struct cb_daemon *daemon)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    if (cb_db_is_alive(daemon->db))
        return true;
    int64_t now_ms = cb_clock_monotonic_ms();
    if (now_ms < daemon->db_retry_ms)
        return false;
    if (daemon->db_failures == 0)
        cb_log(CB_WARN, "database connection lost, opening it again");
    if (cb_db_reopen(daemon->db, &err)) {
        cb_log(CB_INFO, "database connection open again", cb_int("attempts", daemon->db_failures + 1));
        daemon->db_failures = 0;
        atomic_store(&daemon->db_up, true);
        return true;
    }
    atomic_store(&daemon->db_up, false);
    daemon->db_retry_ms = now_ms + cb_backoff_ms(daemon->db_failures < DB_BACKOFF_STEPS ? daemon->db_failures
                                                                                        : DB_BACKOFF_STEPS,
                                                 cb_daemon_chance());
    daemon->db_failures++;
    return false;
}

static int poll_wait_ms(const struct cb_daemon *daemon)
{
    int64_t now_ms = cb_clock_monotonic_ms();
    int64_t due_ms = cb_daemon_next_task_ms(daemon), lane_ms = cb_lanes_next_due(daemon->lanes);
    int64_t next_ms = due_ms < lane_ms ? due_ms : lane_ms;
    int64_t wait_ms = next_ms > now_ms ? next_ms - now_ms : 0;
    return (int)(wait_ms < POLL_MOST_MS ? wait_ms : POLL_MOST_MS);
}

static void consume(struct cb_daemon *daemon, bool db_up)
{
    if (daemon->consumer == NULL) {
        cb_daemon_wait_ms(poll_wait_ms(daemon) + (db_up ? 0 : 10));
        return;
    }
    bool full = cb_lanes_count(daemon->lanes) >= CB_PARKED_MAX;
    cb_consumer_pause(daemon->consumer, !db_up || full);
    struct cb_error err = { .kind = CB_ERR_NONE };
    struct cb_message *message = NULL;
    int wait_ms = db_up ? poll_wait_ms(daemon) : POLL_MOST_MS;
    if (!cb_consumer_poll(daemon->consumer, wait_ms, &message, &err)) {
        cb_log(CB_DEBUG, "broker said", cb_str("error", err.text));
        if (err.kind == CB_ERR_FATAL) {
            cb_log_error("consumer ended, making another", &err);
            cb_daemon_bus_close(daemon);
        }
    }
    if (message != NULL)
        cb_daemon_take(daemon, message);
}

static void tell_lag(void *self, const char *topic, int32_t partition, int64_t lag)
{
    (void)self;
    char number[16];
    snprintf(number, sizeof number, "%d", partition);
    cb_metric_set("calbus_consumer_lag", (double)lag, CB_LABELS({ "topic", topic }, { "partition", number }));
}

/* What needs doing now and then: commits, and the metrics that are states. */
static void look_around(struct cb_daemon *daemon, int64_t now_ms)
{
    if (daemon->consumer == NULL || now_ms < daemon->flush_ms)
        return;
    cb_consumer_flush(daemon->consumer, false);
    cb_metric_set("calbus_events_waiting", (double)cb_lanes_count(daemon->lanes), CB_NO_LABELS);
    daemon->flush_ms = now_ms + FLUSH_MS;
    if (now_ms < daemon->lag_ms)
        return;
    cb_metric_clear("calbus_consumer_lag"); /* of partitions that are somebody else's now */
    cb_consumer_each_lag(daemon->consumer, tell_lag, NULL);
    daemon->lag_ms = now_ms + LAG_MS;
}

static void step(struct cb_daemon *daemon)
{
    int64_t now_ms = cb_clock_monotonic_ms();
    atomic_store(&daemon->moved_ms, now_ms);
    cb_daemon_bus_keep(daemon);
    bool db_up = keep_db(daemon);
    if (db_up) {
        cb_daemon_retry_due(daemon);
        cb_daemon_run_tasks(daemon);
    }
    consume(daemon, db_up);
    look_around(daemon, now_ms);
}

static void run_loop(struct cb_daemon *daemon)
{
    atomic_store(&daemon->db_up, true);
    atomic_store(&daemon->started, true);
    daemon->crew = cb_work_crew_start(daemon);
    if (daemon->service->run != NULL)
        daemon->has_runner = pthread_create(&daemon->runner, NULL, run_own_loop, daemon) == 0;
    cb_log(CB_INFO, "service started", cb_str("http", cb_http_server_address(daemon->http)),
           cb_str("version", CB_VERSION));
    while (!stopping && !atomic_load(&daemon->failed))
        step(daemon);
}

/* ---- down ---- */

static void shut_down(struct cb_daemon *daemon)
{
    stopping = 1; /* for the threads, when an error ends us */
    cb_work_crew_stop(daemon->crew);
    if (daemon->has_runner)
        pthread_join(daemon->runner, NULL);
    cb_pulse_stop(daemon->pulse);
    cb_http_server_stop(daemon->http);
    if (daemon->service->stop != NULL)
        daemon->service->stop(daemon->self);
    cb_daemon_bus_close(daemon);
    cb_db_pool_free(daemon->pool);
    cb_db_close(daemon->db);
    if (daemon->port_file != NULL)
        unlink(daemon->port_file);
}

static void free_daemon(struct cb_daemon *daemon)
{
    cb_lanes_free(daemon->lanes);
    free(daemon->tasks);
    free(daemon->topics);
    free(daemon->port_file);
    free(daemon->notify_socket);
    cb_settings_done(cb_common_settings, &daemon->config);
    free(daemon->config.own_listen);
    free(daemon->config.home);
}

static int run(struct cb_daemon *daemon)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    int status = EXIT_OK;
    init_daemon(daemon);
    if (!check_tables(daemon->service, &err) || !cb_daemon_http_start(daemon, &err) ||
        !write_port_file(daemon, &err)) {
        cb_log_error("cannot start", &err);
        status = err.kind == CB_ERR_INVALID ? EXIT_CONFIG : EXIT_FATAL;
    } else {
        daemon->pulse = cb_pulse_start(daemon);
        if (!start_service(daemon, &err)) {
            cb_log_error("cannot start", &err);
            status = EXIT_FATAL;
        } else {
            run_loop(daemon);
        }
    }
    if (atomic_load(&daemon->failed)) {
        cb_log_error("fatal error", &daemon->failure);
        status = EXIT_FATAL;
    }
    shut_down(daemon);
    cb_log(CB_INFO, "service stopped", cb_int("status", status));
    return status;
}

int cb_service_main(int argc, char **argv, const struct cb_service *service, void *self, void *settings)
{
    struct options options = { .instance = "1" };
    struct cb_error err = { .kind = CB_ERR_NONE };
    int status = EXIT_OK;
    if (!read_options(argc, argv, service, &options, &status))
        return status;
    struct cb_daemon *daemon = cb_xalloc(sizeof *daemon);
    daemon->service = service;
    daemon->self = self;
    daemon->config.instance = options.instance;
    pthread_mutex_init(&daemon->fatal_lock, NULL);
    if (!load_settings(daemon, &options, settings, &err) || !start_log(daemon, &err)) {
        fprintf(stderr, "calbus-%s: %s\n", service->name, err.text);
        status = EXIT_CONFIG;
    } else {
        catch_signals();
        cb_http_client_init();
        status = run(daemon);
        if (service->settings != NULL)
            cb_settings_done(service->settings, settings);
    }
    free_daemon(daemon);
    free(daemon);
    return status;
}
