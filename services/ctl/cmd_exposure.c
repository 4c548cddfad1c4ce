/* calbus exposure: raw files that were registered or set aside, and the calibration sets they make up. */
#include "commands.h"

#include "base/alloc.h"
#include "io/clock.h"
#include "sql.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct ctl_column list_columns[] = {
    { "exposure", "EXPOSURE", CTL_COL_NUMBER },
    { "instrument", "INSTRUMENT", CTL_COL_TEXT },
    { "repository", "REPOSITORY", CTL_COL_TEXT },
    { "detectors", "DETECTORS", CTL_COL_NUMBER },
    { "bytes", "BYTES", CTL_COL_NUMBER },
    { "ingested", "INGESTED (UTC)", CTL_COL_TEXT },
    { .key = NULL },
};

static bool list(struct ctl *ctl, struct cb_error *err)
{
    return ctl_print_query(ctl, "calbus.exposure.list.v1", list_columns, sql_list_exposures, CB_P0, err);
}

static const struct ctl_column rejected_columns[] = {
    { "file", "FILE", CTL_COL_TEXT },
    { "site", "SITE", CTL_COL_TEXT },
    { "kind", "KIND", CTL_COL_TEXT },
    { "reason", "REASON", CTL_COL_TEXT },
    { "kept_as", "KEPT AS", CTL_COL_TEXT },
    { "rejected", "AT (UTC)", CTL_COL_TEXT },
    { .key = NULL },
};

static bool rejected(struct ctl *ctl, struct cb_error *err)
{
    return ctl_print_query(ctl, "calbus.exposure.rejected.v1", rejected_columns, sql_list_rejected, CB_P0,
                           err);
}

static const struct ctl_column set_columns[] = {
    { "instrument", "INSTRUMENT", CTL_COL_TEXT },
    { "day_obs", "DAY_OBS", CTL_COL_NUMBER },
    { "observation_type", "TYPE", CTL_COL_TEXT },
    { "observation_reason", "REASON", CTL_COL_TEXT },
    { "physical_filter", "FILTER", CTL_COL_TEXT },
    { "science_program", "PROGRAM", CTL_COL_TEXT },
    { "repository", "REPOSITORY", CTL_COL_TEXT },
    { "exposures", "EXPOSURES", CTL_COL_NUMBER },
    { "detectors", "DETECTORS", CTL_COL_NUMBER },
    { "frames", "FRAMES", CTL_COL_NUMBER },
    { "missing", "MISSING", CTL_COL_NUMBER },
    { "state", "STATE", CTL_COL_TEXT },
    { "complete", "COMPLETE", CTL_COL_BOOL },
    { "revision", "REVISION", CTL_COL_NUMBER },
    { "set_id", NULL, CTL_COL_TEXT },
    { .key = NULL },
};

static bool sets(struct ctl *ctl, struct cb_error *err)
{
    return ctl_print_query(ctl, "calbus.exposure.sets.v1", set_columns, sql_list_calibsets, CB_P0, err);
}

/* Back to where it landed: ingest finds it there. */
static bool retry(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_db_run(db, sql_find_rejected, CB_P(cb_p_text(ctl_word(ctl, 0))), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err,
                          "no file \"%s\" was set aside; see \"calbus exposure rejected\"", ctl_word(ctl, 0));
    const char *kept_as = cb_rows_text(rows, 0, 0), *landed_as = cb_rows_text(rows, 0, 1);
    if (rename(kept_as, landed_as) != 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not move \"%s\" back: %s", kept_as, strerror(errno));
    cb_auto(cb_free) char *reason = cb_xasprintf("%s.reason.json", kept_as);
    (void)unlink(reason);
    if (!ctl_print_one(ctl, "landed_as", landed_as, err))
        return false;
    ctl_say(ctl, "it is looked at again now");
    return true;
}

static const struct ctl_flag wait_flags[] = {
    { "files", 0, CTL_FLAG_INT, "N",
      "Also until at least N files were registered or set aside since the beginning." },
    { "timeout", 0, CTL_FLAG_INT, "SECONDS", "Give up after this; 600 unless given." },
    { .name = NULL },
};

/* Until no landed file waits and no set is open. */
static bool wait_for_landed(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    if (!ctl_db_of(ctl, &db, err))
        return false;
    int64_t deadline_ms = cb_clock_monotonic_ms() + 1000 * ctl_args_int(&ctl->args, "timeout", 600);
    for (;;) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!cb_db_run(db, sql_count_landed, CB_P0, &rows, err))
            return false;
        bool all_seen = cb_rows_int(rows, 0, 2) >= ctl_args_int(&ctl->args, "files", 0);
        if (cb_rows_int(rows, 0, 0) == 0 && cb_rows_int(rows, 0, 1) == 0 && all_seen)
            return true;
        if (cb_clock_monotonic_ms() > deadline_ms)
            return ctl_refuse(ctl, CTL_TIMED_OUT, err, "%lld files are waiting and %lld sets are open still",
                              (long long)cb_rows_int(rows, 0, 0), (long long)cb_rows_int(rows, 0, 1));
        (void)poll(NULL, 0, 200);
    }
}

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "List the exposures that were registered.",
      .examples = "calbus exposure list --json",
      .run = list },
    { .name = "rejected",
      .words = "",
      .summary = "List the files that were set aside, and why.",
      .examples = "calbus exposure rejected",
      .run = rejected },
    { .name = "retry",
      .words = "FILE",
      .summary = "Put a file that was set aside back into its landing folder.",
      .examples = "calbus exposure retry CC_O_20241208_000001_R22_S11.fits",
      .least = 1,
      .most = 1,
      .run = retry },
    { .name = "sets",
      .words = "",
      .summary = "List the calibration sets and how complete they are.",
      .examples = "calbus exposure sets",
      .run = sets },
    { .name = "wait",
      .words = "",
      .summary = "Wait until every landed file is dealt with and every set is closed.",
      .examples = "calbus exposure wait --files 567 --timeout 600",
      .flags = wait_flags,
      .run = wait_for_landed },
    { .run = NULL },
};
const struct ctl_noun noun_exposure = { "exposure", "Raw files and the calibration sets they make up.", verbs,
                                        false };
