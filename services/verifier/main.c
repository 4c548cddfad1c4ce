/* verifier: judges new calibrations, and what is in force by each day's exposures. */
#include "base/alloc.h"
#include "verifier.h"
#include "work.h"

#include <stdlib.h>

static const struct cb_setting settings[] = {
    { "verifier", "pipelines", CB_SET_TEXT, offsetof(struct verifier_config, pipelines), "", 0, 0,
      "folder laid out like cp_verify, with pipelines/<INSTRUMENT>/verify<Type>.yaml; empty: "
      "$CP_VERIFY_DIR" },
    { "verifier", "others", CB_SET_INT, offsetof(struct verifier_config, others), "5", 0, 1000,
      "newest exposures of the type that are verified besides a calibration's own inputs" },
    { "verifier", "automatic", CB_SET_BOOL, offsetof(struct verifier_config, automatic), "true", 0, 0,
      "verify each generation when it has finished" },
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

#define LEASE_MS 60000
/* A quantum that was begun so often and never ended is taken for one that kills its worker. */
#define ATTEMPTS 5

static const struct cb_work work = {
    .name = "quanta",
    .threads = 2,
    .lease_ms = LEASE_MS,
    .poll_ms = 1000,
    .wake = "quantum.ready",
    .claim = work_claim,
    .run = work_run,
    .extend = work_extend,
    .finish = work_finish,
    .release = work_release,
};

bool open_repository(struct verifier *me, struct cb_db *db, const char *label, struct cb_repo **ret_repo,
                     struct cb_error *err)
{
    cb_repo_index_done(&me->index); /* labels may have been added since */
    me->index = (struct cb_repo_index){ 0 };
    return cb_repo_index_read(me->index_path, &me->index, err) &&
           cb_repo_open(label, &me->index, db, ret_repo, err);
}

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    struct verifier *me = self;
    const char *folder = me->config.pipelines[0] != '\0' ? me->config.pipelines : getenv("CP_VERIFY_DIR");
    if (folder == NULL || folder[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID,
                       "the verify pipelines are not known: set [verifier] pipelines or CP_VERIFY_DIR");
    me->pipelines = cb_xstrdup(folder);
    me->home = cb_xstrdup(common->home);
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    me->engine = (struct cb_engine){
        .name = "verifier", .repository_index = me->index_path, .lease_ms = LEASE_MS, .max_attempts = ATTEMPTS
    };
    return true;
}

static void stop(void *self)
{
    struct verifier *me = self;
    cb_repo_index_done(&me->index);
    me->index = (struct cb_repo_index){ 0 };
    free(me->pipelines);
    free(me->home);
    free(me->index_path);
    me->pipelines = me->home = me->index_path = NULL;
}

int main(int argc, char **argv)
{
    static const struct cb_service service = {
        .name = "verifier",
        .summary = "Judge new calibrations, and each day what is in force; metrics, reports.",
        .settings = settings,
        .subscriptions = subscriptions,
        .tasks = tasks,
        .work = &work,
        .start = start,
        .stop = stop,
    };
    struct verifier verifier = { 0 };
    return cb_service_main(argc, argv, &service, &verifier, &verifier.config);
}
