/* ingest: raw files from the landing folders into the repositories; calibration sets. */
#include "base/alloc.h"
#include "ingest.h"
#include "service/metrics.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct ingest_config, field)
static const struct cb_setting own_settings[] = {
    { "ingest", "transfer", CB_SET_TEXT, AT(transfer), "move", 0, 0,
      "how files get into the datastore: move, copy, link, hardlink, symlink, direct" },
    { "ingest", "corrections", CB_SET_TEXT, AT(corrections), "", 0, 0,
      "folders of header corrections <instrument>-<obs_id>.yaml, colon-separated; then "
      "$METADATA_CORRECTIONS_PATH" },
    { "ingest", "calibset_types", CB_SET_TEXT, AT(calibset_types), "bias,dark,flat", 0, 0,
      "observation types whose exposures make up calibration sets" },
    { "ingest", "settle", CB_SET_DURATION, AT(settle_ms), "2s", 0, 0,
      "no frame for this long: a set whose sequences have ended is closed" },
    { "ingest", "idle", CB_SET_DURATION, AT(idle_ms), "10m", 0, 0,
      "no frame for this long: a set is closed whatever is missing" },
    { "ingest", "quiet", CB_SET_DURATION, AT(quiet_ms), "10s", 0, 0,
      "a file found by looking, not told by inotify, is whole when unchanged for this long" },
    { "ingest", "threads", CB_SET_INT, AT(threads), "2", 1, 64, "files read at once" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

static const struct cb_subscription subscriptions[] = {
    { "exposure.arrived", on_exposure_arrived },
    { NULL, NULL },
};

static const struct cb_task tasks[] = {
    { "notice files", 200, notice_files },
    { "close sets", 500, close_sets },
    { NULL, 0, NULL },
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    struct ingest *me = self;
    cb_metric_define(CB_COUNTER, "calbus_frames_read_total", "Raw files read, by what became of them.");
    ingest_work.threads = (int)me->config.threads;
    me->corrections = cb_raw_corrections(me->config.corrections, getenv("METADATA_CORRECTIONS_PATH"));
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    if (!cb_transfer_parse(me->config.transfer, &me->transfer))
        return cb_fail(err, CB_ERR_INVALID, "setting ingest.transfer: unrecognized mode \"%s\"",
                       me->config.transfer);

    const char *folders[CB_SITES];
    size_t n = 0;
    for (size_t i = 0; i < CB_SITES; i++)
        if (me->config.sites.site[i].enabled)
            folders[n++] = me->config.sites.site[i].landing;
    return watch_open(folders, n, me->config.quiet_ms, &me->watch, err);
}

static void stop(void *self)
{
    struct ingest *me = self;
    watch_close(me->watch);
    me->watch = NULL;
    free(me->index_path);
    me->index_path = NULL;
    free(me->corrections);
    me->corrections = NULL;
}

int main(int argc, char **argv)
{
    static struct cb_setting settings[64];
    cb_settings_join(settings, sizeof settings / sizeof settings[0], cb_site_settings, own_settings);
    static const struct cb_service service = {
        .name = "ingest",
        .summary = "Register raw files from the landing folders and close calibration sets.",
        .settings = settings,
        .subscriptions = subscriptions,
        .tasks = tasks,
        .work = &ingest_work,
        .start = start,
        .stop = stop,
    };
    struct ingest ingest = { 0 };
    return cb_service_main(argc, argv, &service, &ingest, &ingest.config);
}
