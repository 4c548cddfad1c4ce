/* distributor: carries accepted calibrations to the sites, imports them there, checks what is in force. */
#include "base/alloc.h"
#include "jobs.h"
#include "pipelines.h"
#include "rses.h"
#include "service/metrics.h"

#include <stdlib.h>

#define AT(field) offsetof(struct distributor_config, field)
static const struct cb_setting own_settings[] = {
    { "distributor", "scope", CB_SET_TEXT, AT(scope), "ancillary", 0, 0,
      "Rucio scope of everything distributed" },
    { "distributor", "rse_expression", CB_SET_TEXT, AT(rse_expression), "", 0, 0,
      "where accepted calibrations are to be, one copy at each; empty: at every enabled site but usdf that "
      "has a "
      "repository of the instrument" },
    { "distributor", "pipelines", CB_SET_TEXT, AT(pipelines), "", 0, 0,
      "folder laid out like cp_pipe, with pipelines/<INSTRUMENT>/deploymentCheck.yaml; empty: $CP_PIPE_DIR" },
    { "distributor", "transfer_threads", CB_SET_INT, AT(transfer_threads), "2", 1, 64,
      "files carried at once" },
    { "distributor", "attempts", CB_SET_INT, AT(attempts), "4", 1, 100,
      "attempts to carry a file before it counts as stuck" },
    { "distributor", "retry", CB_SET_DURATION, AT(retry_ms), "1s", 0, 0,
      "pause after a first failure; doubles" },
    { "distributor", "retry_most", CB_SET_DURATION, AT(retry_most_ms), "5m", 0, 0,
      "longest pause after a failure" },
    { "distributor", "repair", CB_SET_DURATION, AT(repair_ms), "30m", 0, 0,
      "a stuck rule is tried again after this" },
    { "distributor", "check_interval", CB_SET_DURATION, AT(check_ms), "10s", 0, 0,
      "how often a deployment check looks for a raw frame to be made with" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

static const struct cb_subscription subscriptions[] = {
    { "approval.accepted", on_approval_accepted },
    { "chain.deployed", on_chain_deployed },
    { "calibration.recertified", on_calibration_recertified },
    { "distribution.requested", on_distribution_requested },
    { NULL, NULL },
};

static const struct cb_task tasks[] = {
    { "repair rules", 5000, repair_rules },
    { NULL, 0, NULL },
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    struct distributor *me = self;
    const char *folder = pipelines_folder(me->config.pipelines);
    if (folder == NULL)
        return cb_fail(
            err, CB_ERR_INVALID,
            "the pipeline of the deployment check is not known: set [distributor] pipelines or CP_PIPE_DIR");
    cb_metric_define(CB_COUNTER, "calbus_distributor_jobs_total",
                     "Exports, transfers, imports and checks, by result.");
    cb_metric_define(CB_COUNTER, "calbus_distributor_bytes_total", "Bytes carried, by destination.");
    distributor_work.threads = (int)me->config.transfer_threads;
    me->pipelines = cb_xstrdup(folder);
    me->home = cb_xstrdup(common->home);
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    return sync_rses(me, db, err);
}

static void stop(void *self)
{
    struct distributor *me = self;
    free(me->pipelines);
    free(me->home);
    free(me->index_path);
    me->pipelines = me->home = me->index_path = NULL;
}

int main(int argc, char **argv)
{
    static struct cb_setting settings[64];
    cb_settings_join(settings, sizeof settings / sizeof settings[0], cb_site_settings, own_settings);
    static const struct cb_service service = {
        .name = "distributor",
        .summary = "Carry accepted calibrations to the sites, import them there, check what is in force.",
        .settings = settings,
        .subscriptions = subscriptions,
        .tasks = tasks,
        .work = &distributor_work,
        .start = start,
        .stop = stop,
    };
    struct distributor distributor = { 0 };
    return cb_service_main(argc, argv, &service, &distributor, &distributor.config);
}
