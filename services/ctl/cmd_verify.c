/* calbus verify: verifications and what failed in them. */
#include "commands.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/clock.h"
#include "sql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MANY 100000
#define WAIT_MS 250

static const struct ctl_flag list_flags[] = {
    { "instrument", 'i', CTL_FLAG_TEXT, "NAME", "Only of this instrument." },
    { "type", 0, CTL_FLAG_TEXT, "TYPE", "Only of this calibration type: bias, dark, flat." },
    { "kind", 0, CTL_FLAG_TEXT, "KIND", "Only campaign or daily." },
    { "day-obs", 0, CTL_FLAG_INT, "YYYYMMDD", "Only of this observing day (daily ones)." },
    { .name = NULL },
};

static bool list(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "run_id", NULL, CTL_COL_TEXT },
        { "kind", "KIND", CTL_COL_TEXT },
        { "instrument", "INSTRUMENT", CTL_COL_TEXT },
        { "calib_type", "TYPE", CTL_COL_TEXT },
        { "physical_filter", "FILTER", CTL_COL_TEXT },
        { "state", "STATE", CTL_COL_TEXT },
        { "verdict", "VERDICT", CTL_COL_TEXT },
        { "tests_passed", "PASSED", CTL_COL_NUMBER },
        { "tests", "TESTS", CTL_COL_NUMBER },
        { "tests_failed", NULL, CTL_COL_NUMBER },
        { "tests_no_data", NULL, CTL_COL_NUMBER },
        { "detectors_passed", NULL, CTL_COL_NUMBER },
        { "detectors", NULL, CTL_COL_NUMBER },
        { "day_obs", NULL, CTL_COL_NUMBER },
        { "verify_run", "RUN", CTL_COL_TEXT },
        { "created_at_utc", NULL, CTL_COL_TEXT },
        { "report", NULL, CTL_COL_TEXT },
        { .key = NULL },
    };
    return ctl_print_query(ctl, "calbus.verify.list.v1", columns, sql_list_verifications,
                           CB_P(cb_p_text(ctl_args_text(&ctl->args, "instrument", "")),
                                cb_p_text(ctl_args_text(&ctl->args, "type", "")),
                                cb_p_text(ctl_args_text(&ctl->args, "kind", "")),
                                cb_p_int(ctl_args_int(&ctl->args, "day-obs", 0)),
                                cb_p_int(ctl_args_int(&ctl->args, "limit", 1000))),
                           err);
}

/* The newest verification of that name. Errors: exit status 3. */
static bool find(struct ctl *ctl, const char *name, struct cb_rows **ret_rows, struct cb_error *err)
{
    struct cb_db *db;
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_db_run(db, sql_find_verification, CB_P(cb_p_text(name)), ret_rows, err))
        return false;
    if (cb_rows_count(*ret_rows) > 0)
        return true;
    (void)ctl_hint(ctl, "See calbus verify list.");
    return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there is no verification of \"%s\"", name);
}

enum { RUN_ID = 0, STATE = 6, VERDICT = 7 };

static const char *const fields[] = {
    "run_id",
    "kind",
    "repository",
    "instrument",
    "calib_type",
    "physical_filter",
    "state",
    "verdict",
    "reason",
    "tests",
    "tests_passed",
    "tests_failed",
    "tests_no_data",
    "detectors",
    "detectors_passed",
    "detectors_failed",
    "detectors_no_data",
    "exposures",
    "generation_run",
    "verify_run",
    "day_obs",
    "revision",
    "report",
    "vote",
};
enum { FIELDS = sizeof fields / sizeof *fields };

static bool is_number(size_t field)
{
    return (field >= 9 && field <= 17) || field == 20 || field == 21;
}

static void print_json(struct ctl *ctl, const struct cb_rows *rows)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 20);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "schema", "calbus.verify.show.v1");
    for (size_t i = 0; i < FIELDS; i++)
        if (is_number(i))
            cb_json_int(&json, fields[i], cb_rows_int(rows, 0, i));
        else if (i == FIELDS - 1)
            cb_json_raw(&json, fields[i], cb_rows_text(rows, 0, i));
        else
            cb_json_str(&json, fields[i], cb_rows_text(rows, 0, i));
    cb_json_close(&json);
    fprintf(ctl->out, "%s\n", cb_bytes_text(&text));
}

static void print_plain(struct ctl *ctl, const struct cb_rows *rows)
{
    for (size_t i = 0; i + 1 < FIELDS; i++) {
        const char *text = cb_rows_text(rows, 0, i);
        if (text != NULL && text[0] != '\0')
            fprintf(ctl->out, "%-18s %s\n", fields[i], text);
    }
}

/* Exit status 5 unless it is known to be well. WARN is a pass with remarks: tests failed, so it is 5 too. */
static bool tell(struct ctl *ctl, const struct cb_rows *rows)
{
    if (ctl_args_has(&ctl->args, "json"))
        print_json(ctl, rows);
    else
        print_plain(ctl, rows);
    const char *verdict = cb_rows_text(rows, 0, VERDICT);
    if (strcmp(cb_rows_text(rows, 0, STATE), "open") != 0 && strcmp(verdict, "PASS") != 0)
        ctl->exit = CTL_UNVERIFIED;
    return true;
}

static bool show(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    return find(ctl, ctl_word(ctl, 0), &rows, err) && tell(ctl, rows);
}

static void pause_ms(long ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    (void)nanosleep(&time, NULL);
}

/* Until it has ended; one that is not there yet is waited for too. */
static bool wait_for(struct ctl *ctl, struct cb_error *err)
{
    const int64_t timeout_s = ctl_args_int(&ctl->args, "timeout", 0);
    const int64_t deadline = cb_clock_monotonic_ms() + timeout_s * 1000;
    struct cb_db *db;
    if (!ctl_db_of(ctl, &db, err))
        return false;
    for (;;) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!cb_db_run(db, sql_find_verification, CB_P(cb_p_text(ctl_word(ctl, 0))), &rows, err))
            return false;
        if (cb_rows_count(rows) > 0 && strcmp(cb_rows_text(rows, 0, STATE), "open") != 0)
            return tell(ctl, rows);
        if (timeout_s > 0 && cb_clock_monotonic_ms() >= deadline)
            return ctl_refuse(ctl, CTL_TIMED_OUT, err, "the verification of \"%s\" has not ended in %lld s",
                              ctl_word(ctl, 0), (long long)timeout_s);
        pause_ms(WAIT_MS);
    }
}

static const struct ctl_flag failure_flags[] = {
    { "detector", 0, CTL_FLAG_INT, "N", "Only of this detector." },
    { .name = NULL },
};

static bool failures(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "detector", "DET", CTL_COL_NUMBER },
        { "detector_name", "NAME", CTL_COL_TEXT },
        { "amp", "AMP", CTL_COL_TEXT },
        { "test", "TEST", CTL_COL_TEXT },
        { "exposure", "EXPOSURE", CTL_COL_NUMBER },
        { "metric", "METRIC", CTL_COL_TEXT },
        { "outcome", "OUTCOME", CTL_COL_TEXT },
        { "value", "VALUE", CTL_COL_NUMBER },
        { "limit", "LIMIT", CTL_COL_NUMBER },
        { "unit", "UNIT", CTL_COL_TEXT },
        { .key = NULL },
    };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!find(ctl, ctl_word(ctl, 0), &rows, err))
        return false;
    return ctl_print_query(ctl, "calbus.verify.failures.v1", columns, sql_list_verification_failures,
                           CB_P(cb_p_text(cb_rows_text(rows, 0, RUN_ID)),
                                cb_p_int(ctl_args_int(&ctl->args, "detector", -1)),
                                cb_p_int(ctl_args_int(&ctl->args, "limit", MANY))),
                           err);
}

static bool exposures(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "exposure", "EXPOSURE", CTL_COL_NUMBER },
        { "origin", "WHY", CTL_COL_TEXT },
        { "was_input", "INPUT", CTL_COL_BOOL },
        { "used", "USED", CTL_COL_BOOL },
        { "tests_failed", "FAILED", CTL_COL_NUMBER },
        { "reason", "REMARK", CTL_COL_TEXT },
        { .key = NULL },
    };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    return find(ctl, ctl_word(ctl, 0), &rows, err) &&
           ctl_print_query(ctl, "calbus.verify.exposures.v1", columns, sql_list_verification_exposures,
                           CB_P(cb_p_text(cb_rows_text(rows, 0, RUN_ID)),
                                cb_p_int(ctl_args_int(&ctl->args, "limit", MANY))),
                           err);
}

/* A verify template is submitted as bps does it. */
static bool submit(struct ctl *ctl, struct cb_error *err)
{
    char program[] = "bps", verb[] = "submit";
    char *argv[] = { program, verb, (char *)ctl_word(ctl, 0), NULL };
    (void)err; /* bps tells its own errors */
    ctl->exit = (enum ctl_exit)bps_main(3, argv);
    return true;
}

static const struct ctl_flag wait_flags[] = {
    { "timeout", 0, CTL_FLAG_INT, "SECS", "Wait no longer than this; then exit 124." },
    { .name = NULL },
};

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "Verifications, newest first.",
      .examples = "calbus verify list --kind daily --day-obs 20241209",
      .flags = list_flags,
      .run = list },
    { .name = "show",
      .words = "RUN",
      .summary = "One verification, by its RUN, its id, or what it verifies; exit 5 unless it passed.",
      .examples = "calbus verify show LSSTComCam/calib/DM-1/demo/biasGen.20241210a --json",
      .least = 1,
      .most = 1,
      .run = show },
    { .name = "wait",
      .words = "RUN",
      .summary = "Wait until a verification has ended; exit 5 unless it passed.",
      .examples = "calbus verify wait LSSTComCam/calib/DM-1/demo/biasGen.20241210a --timeout 600",
      .flags = wait_flags,
      .least = 1,
      .most = 1,
      .run = wait_for },
    { .name = "failures",
      .words = "RUN",
      .summary = "What failed: detector, amplifier, test, exposure, value and limit.",
      .examples = "calbus verify failures LSSTComCam/calib/daily/verifyBias.20241209a --detector 4",
      .flags = failure_flags,
      .least = 1,
      .most = 1,
      .run = failures },
    { .name = "exposures",
      .words = "RUN",
      .summary = "The exposures it rests on: selected, inputs of the calibration, others, or a day's.",
      .examples = "calbus verify exposures LSSTComCam/calib/DM-1/demo/biasGen.20241210a",
      .least = 1,
      .most = 1,
      .run = exposures },
    { .name = "submit",
      .words = "TEMPLATE",
      .summary = "Submit a verify template of bps.",
      .examples = "calbus verify submit $CP_VERIFY_DIR/bps/templates/bps_verify_bias.yaml",
      .least = 1,
      .most = 1,
      .run = submit },
    { .run = NULL },
};
const struct ctl_noun noun_verify = { "verify", "Verifications and what failed in them.", verbs, false };
