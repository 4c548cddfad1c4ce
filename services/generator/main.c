/* generator: plans generation pipelines into quanta and runs them; planner and worker, each scales by itself.
 */
#include "generator.h"

#include "base/alloc.h"
#include "service/config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_CONFIG = 78 };

static const struct cb_setting settings[] = {
    { "generator", "roles", CB_SET_TEXT, offsetof(struct generator_config, roles), "planner,worker", 0, 0,
      "what this process does: planner, worker, or both between a comma" },
    { "generator", "threads", CB_SET_INT, offsetof(struct generator_config, threads), "2", 1, 256,
      "quanta at once in this process" },
    { "generator", "lease", CB_SET_DURATION, offsetof(struct generator_config, lease_ms), "10s", 1000,
      3600000, "how long a quantum stays with a worker that says nothing" },
    { "generator", "attempts", CB_SET_INT, offsetof(struct generator_config, attempts), "5", 1, 100,
      "how often a quantum is begun before it has failed" },
    { .section = NULL },
};

static const struct cb_subscription subscriptions[] = {
    { "generation.requested", on_generation_requested },
    { NULL, NULL },
};

/* Threads and lease follow from the settings, once, before the service begins. */
static struct cb_work work = {
    .name = "quanta",
    .threads = 2,
    .lease_ms = 10000,
    .poll_ms = 500,
    .wake = "quantum.ready",
    .claim = work_claim,
    .run = work_run,
    .extend = work_extend,
    .finish = work_finish,
    .release = work_release,
};

static void stop(void *self)
{
    struct generator *me = self;
    free(me->index_path);
    me->index_path = NULL;
}

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    struct generator *me = self;

    (void)db;
    (void)err;
    free(me->index_path);
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    me->engine = (struct cb_engine){ .name = "generator",
                                     .repository_index = me->index_path,
                                     .lease_ms = me->config.lease_ms,
                                     .max_attempts = me->config.attempts };
    return true;
}

static bool has_role(const char *roles, const char *role)
{
    size_t size = strlen(role);
    for (const char *at = strstr(roles, role); at != NULL; at = strstr(at + 1, role)) {
        if ((at == roles || strchr(", ", at[-1]) != NULL) &&
            (at[size] == '\0' || strchr(", ", at[size]) != NULL))
            return true;
    }
    return false;
}

/* Our own settings before the skeleton reads all: which tables it is given depends on them, because a process
 * that does not plan must not take the planners' events. Mistakes are left for the skeleton to report. */
static bool peek_settings(int argc, char **argv, struct generator_config *ret_config)
{
    static const struct cb_setting own_listen[] = {
        { "generator", "listen", CB_SET_TEXT, offsetof(struct cb_service_config, own_listen), "", 0, 0, "" },
        { .section = NULL },
    };
    const struct cb_setting *tables[] = { settings, cb_common_settings, own_listen, NULL };
    struct cb_service_config common = { .home = NULL };
    void *targets[] = { ret_config, &common, &common, NULL };
    const char *files[CB_CONFIG_FILES] = { NULL };
    char *own = NULL;
    cb_auto(cb_free) char *home = cb_config_home((const char *const *)environ);
    cb_auto(cb_free) const char **flags = cb_xalloc_array((size_t)argc + 1, sizeof *flags);
    size_t n = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--set") == 0 && i + 1 < argc)
            flags[n++] = argv[++i];
        else if (strncmp(argv[i], "--set=", 6) == 0)
            flags[n++] = argv[i] + 6;
    }
    cb_config_files(home, files, &own);
    const struct cb_settings_sources sources = { .home = home,
                                                 .environment = (const char *const *)environ,
                                                 .flags = flags,
                                                 .files = files,
                                                 .others = cb_sections_of_others };
    bool done = cb_settings_load(tables, targets, &sources, NULL);
    if (done) {
        cb_settings_done(cb_common_settings, &common);
        free(common.own_listen);
    }
    free(own);
    return done;
}

int main(int argc, char **argv)
{
    struct generator generator = { 0 };
    struct generator_config early = { 0 };
    struct cb_service service = {
        .name = "generator",
        .summary = "Build calibrations from raw exposures: plan pipelines into quanta and run them.",
        .settings = settings,
        .subscriptions = subscriptions,
        .work = &work,
        .start = start,
        .stop = stop,
    };

    if (peek_settings(argc, argv, &early)) {
        bool plans = has_role(early.roles, "planner"), works = has_role(early.roles, "worker");
        if (!plans && !works) {
            fprintf(stderr,
                    "calbus-generator: [generator] roles is \"%s\": it must name planner, worker, or both\n",
                    early.roles);
            return EXIT_CONFIG;
        }
        service.subscriptions = plans ? subscriptions : NULL;
        service.work = works ? &work : NULL;
        work.threads = (int)early.threads;
        work.lease_ms = early.lease_ms;
        cb_settings_done(settings, &early);
    }
    return cb_service_main(argc, argv, &service, &generator, &generator.config);
}
