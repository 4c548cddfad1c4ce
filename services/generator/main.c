/* generator: plans generation pipelines into quanta and runs them; planner and worker, each scales by itself.
 */
#include "generator.h"

#include "base/alloc.h"

#include <string.h>

static const struct cb_setting settings[] = {
    { "generator", "roles", CB_SET_TEXT, offsetof(struct generator_config, roles), "planner,worker", 0, 0,
      "what this process does: planner, worker, or both between a comma" },
    { "generator", "threads", CB_SET_INT, offsetof(struct generator_config, threads), "2", 1, 256,
      "quanta at once in this process" },
    { "generator", "lease", CB_SET_DURATION, offsetof(struct generator_config, lease_ms), "60s", 1000,
      3600000, "how long a quantum stays with a worker that says nothing" },
    { "generator", "attempts", CB_SET_INT, offsetof(struct generator_config, attempts), "5", 1, 100,
      "how often a quantum is begun before it has failed" },
    { .section = NULL },
};

static const struct cb_subscription subscriptions[] = {
    { "generation.requested", on_generation_requested },
    { NULL, NULL },
};

/* Changed once, by the settings, before the loop begins. */
static struct cb_work work = {
    .name = "quanta",
    .threads = 2,
    .lease_ms = 60000,
    .poll_ms = 500,
    .wake = "quantum.ready",
    .claim = work_claim,
    .run = work_run,
    .extend = work_extend,
    .finish = work_finish,
    .release = work_release,
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err);

static void stop(void *self)
{
    struct generator *me = self;
    free(me->index_path);
    me->index_path = NULL;
}

static struct cb_service service = {
    .name = "generator",
    .summary = "Build calibrations from raw exposures: plan pipelines into quanta and run them.",
    .settings = settings,
    .subscriptions = subscriptions,
    .work = &work,
    .start = start,
    .stop = stop,
};

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

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    struct generator *me = self;
    bool plans = has_role(me->config.roles, "planner"), works = has_role(me->config.roles, "worker");

    (void)db;
    if (!plans && !works)
        return cb_fail(err, CB_ERR_INVALID,
                       "[generator] roles is \"%s\": it must name planner, worker, or both",
                       me->config.roles);
    if (!plans)
        service.subscriptions = NULL;
    if (!works)
        service.work = NULL;
    work.threads = (int)me->config.threads;
    work.lease_ms = me->config.lease_ms;
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    me->engine = (struct cb_engine){ .name = "generator",
                                     .repository_index = me->index_path,
                                     .lease_ms = me->config.lease_ms,
                                     .max_attempts = me->config.attempts };
    return true;
}

int main(int argc, char **argv)
{
    struct generator generator = { 0 };
    return cb_service_main(argc, argv, &service, &generator, &generator.config);
}
