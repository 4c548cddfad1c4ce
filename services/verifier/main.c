/* verifier: judges new calibrations, and what is in force by each day's exposures. */
#include "base/alloc.h"
#include "pipelines.h"
#include "publish_avro.h"
#include "verifier.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

static const struct cb_setting settings[] = {
    { "verifier", "pipelines", CB_SET_TEXT, offsetof(struct verifier_config, pipelines), "", 0, 0,
      "folder laid out like cp_verify, with pipelines/<INSTRUMENT>/verify<Type>.yaml; empty: "
      "$CP_VERIFY_DIR" },
    { "verifier", "others", CB_SET_INT, offsetof(struct verifier_config, others), "5", 0, 1000,
      "newest exposures of the type that are verified besides a calibration's own inputs" },
    { "verifier", "automatic", CB_SET_BOOL, offsetof(struct verifier_config, automatic), "true", 0, 0,
      "verify each generation when it has finished" },
    { "verifier", "roles", CB_SET_TEXT, offsetof(struct verifier_config, roles), "planner,worker", 0, 0,
      "what this process does: planner (hears events, judges, publishes), worker, or both between a comma" },
    { "verifier", "threads", CB_SET_INT, offsetof(struct verifier_config, threads), "2", 1, 256,
      "quanta at once in this process" },
    { "verifier", "lease", CB_SET_DURATION, offsetof(struct verifier_config, lease_ms), "10s", 1000, 3600000,
      "how long a quantum stays with a worker that says nothing" },
    { "verifier", "attempts", CB_SET_INT, offsetof(struct verifier_config, attempts), "5", 1, 100,
      "how often a quantum is begun before it has failed" },
    { .section = NULL },
};

static const struct cb_subscription subscriptions[] = {
    { "generation.finished", on_generation_finished },
    { "verification.requested", on_verification_requested },
    { "calibset.closed", on_calibset_closed },
    { NULL, NULL },
};

static const struct cb_task tasks[] = {
    { "conclude", 500, conclude_task },
    { "publish metrics", 1000, publish_task },
    { NULL, 0, NULL },
};

/* Changed once, by the settings, before the loop begins. */
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

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err);

static void stop(void *self)
{
    struct verifier *me = self;
    avro_publisher_close(me->avro);
    me->avro = NULL;
    cb_repo_index_done(&me->index);
    me->index = (struct cb_repo_index){ 0 };
    free(me->pipelines);
    free(me->home);
    free(me->index_path);
    me->pipelines = me->home = me->index_path = NULL;
}

static struct cb_service service = {
    .name = "verifier",
    .summary = "Judge new calibrations, and each day what is in force; metrics, reports.",
    .settings = settings,
    .subscriptions = subscriptions,
    .tasks = tasks,
    .work = &work,
    .start = start,
    .stop = stop,
};

/* "planner" stands in "planner, worker". */
static bool has_role(const char *roles, const char *role)
{
    size_t size = strlen(role);
    for (const char *at = strstr(roles, role); at != NULL; at = strstr(at + 1, role))
        if ((at == roles || strchr(", ", at[-1]) != NULL) && strchr(", ", at[size]) != NULL)
            return true;
    return false;
}

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    struct verifier *me = self;
    bool plans = has_role(me->config.roles, "planner"), works = has_role(me->config.roles, "worker");
    if (!plans && !works)
        return cb_fail(err, CB_ERR_INVALID,
                       "[verifier] roles is \"%s\": it must name planner, worker, or both", me->config.roles);
    if (!plans) {
        service.subscriptions = NULL;
        service.tasks = NULL;
    }
    if (!works)
        service.work = NULL;
    work.threads = (int)me->config.threads;
    work.lease_ms = me->config.lease_ms;
    me->home = cb_xstrdup(common->home);
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    me->engine = (struct cb_engine){ .name = "verifier",
                                     .repository_index = me->index_path,
                                     .lease_ms = me->config.lease_ms,
                                     .max_attempts = me->config.attempts };
    if (common->schema_registry != NULL && common->schema_registry[0] != '\0' &&
        !avro_publisher_open(common, &me->avro, err))
        return false;
    return find_pipelines(me->config.pipelines, &me->pipelines, err);
}

int main(int argc, char **argv)
{
    struct verifier verifier = { 0 };
    return cb_service_main(argc, argv, &service, &verifier, &verifier.config);
}
