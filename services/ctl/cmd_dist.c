/* calbus dist: what was distributed to the sites, how far it is, what is stuck. */
#include "ask.h"
#include "commands.h"

#include "base/json.h"
#include "calbus/v1/distribution.pb-c.h"
#include "io/clock.h"
#include "sql.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { RULE_ID_SIZE = 33, LOOK_MS = 200, WAIT_S = 600 };

static bool list(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "rule_id", "RULE", CTL_COL_TEXT },
        { "did", "DATASET", CTL_COL_TEXT },
        { "instrument", NULL, CTL_COL_TEXT },
        { "ticket", NULL, CTL_COL_TEXT },
        { "ticket_chain", "CHAIN", CTL_COL_TEXT },
        { "proposal_id", NULL, CTL_COL_TEXT },
        { "files", "FILES", CTL_COL_NUMBER },
        { "bytes", "BYTES", CTL_COL_NUMBER },
        { "state", "STATE", CTL_COL_TEXT },
        { "sites_imported", "IMPORTED", CTL_COL_NUMBER },
        { "sites", "SITES", CTL_COL_NUMBER },
        { "ranges_followed", "RANGES",
          CTL_COL_NUMBER }, /* changed ranges: how many of them at how many sites */
        { "ranges", "OF", CTL_COL_NUMBER },
        { "checks_passed", "IN USE", CTL_COL_NUMBER },
        { "checks", NULL, CTL_COL_NUMBER },
        { "created_at_utc", "CREATED (UTC)", CTL_COL_TEXT },
        { .key = NULL },
    };
    return ctl_print_query(ctl, "calbus.dist.list.v1", columns, sql_list_distributions, CB_P0, err);
}

static bool rules(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "rule_id", "RULE", CTL_COL_TEXT },
        { "account", NULL, CTL_COL_TEXT },
        { "did", "DATASET", CTL_COL_TEXT },
        { "rse_expression", "RSE EXPRESSION", CTL_COL_TEXT },
        { "copies", "COPIES", CTL_COL_NUMBER },
        { "state", "STATE", CTL_COL_TEXT },
        { "locks_ok", "OK", CTL_COL_NUMBER },
        { "locks_replicating", "REPLICATING", CTL_COL_NUMBER },
        { "locks_stuck", "STUCK", CTL_COL_NUMBER },
        { "error", "ERROR", CTL_COL_TEXT },
        { "created_at_utc", NULL, CTL_COL_TEXT },
        { "updated_at_utc", NULL, CTL_COL_TEXT },
        { .key = NULL },
    };
    return ctl_print_query(ctl, "calbus.dist.rules.v1", columns, sql_list_rules, CB_P0, err);
}

/* A rule by its id or the start of it, dataset, ticket, label or proposal; of several the newest. */
static bool find_rule(struct ctl *ctl, char ret_id[RULE_ID_SIZE], bool *ret_found, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_db_run(db, sql_find_rule, CB_P(cb_p_text(ctl_word(ctl, 0))), &rows, err))
        return false;
    *ret_found = cb_rows_count(rows) > 0;
    if (*ret_found)
        snprintf(ret_id, RULE_ID_SIZE, "%s", cb_rows_text(rows, 0, 0));
    return true;
}

static bool need_rule(struct ctl *ctl, char ret_id[RULE_ID_SIZE], struct cb_error *err)
{
    bool found = false;
    if (!find_rule(ctl, ret_id, &found, err) || found)
        return found;
    (void)ctl_hint(ctl, "See calbus dist list.");
    return ctl_refuse(ctl, CTL_NOT_FOUND, err, "nothing was distributed as \"%s\"", ctl_word(ctl, 0));
}

static bool show(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "site", "SITE", CTL_COL_TEXT },
        { "rse", "RSE", CTL_COL_TEXT },
        { "files_ok", "OK", CTL_COL_NUMBER },
        { "files", "FILES", CTL_COL_NUMBER },
        { "files_replicating", NULL, CTL_COL_NUMBER },
        { "files_stuck", "STUCK", CTL_COL_NUMBER },
        { "bytes", NULL, CTL_COL_NUMBER },
        { "repository", "REPOSITORY", CTL_COL_TEXT },
        { "import", "IMPORT", CTL_COL_TEXT },
        { "datasets", "DATASETS", CTL_COL_NUMBER },
        { "ranges", "RANGES", CTL_COL_TEXT }, /* that changed: APPLIED, PENDING or FAILED; empty: none did */
        { "check", "CHECK", CTL_COL_TEXT },
        { "exposure", "EXPOSURE", CTL_COL_NUMBER },
        { "detector", "DET", CTL_COL_NUMBER },
        { "processed", NULL, CTL_COL_TEXT },
        { "fingerprint", NULL, CTL_COL_TEXT },
        { "detail", "DETAIL", CTL_COL_TEXT },
        { .key = NULL },
    };
    char id[RULE_ID_SIZE];
    return need_rule(ctl, id, err) &&
           ctl_print_query(ctl, "calbus.dist.show.v1", columns, sql_show_rule, CB_P(cb_p_text(id)), err);
}

static bool files(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "scope", NULL, CTL_COL_TEXT },        { "name", "NAME", CTL_COL_TEXT },
        { "rse", "RSE", CTL_COL_TEXT },         { "state", "STATE", CTL_COL_TEXT },
        { "replica", NULL, CTL_COL_TEXT },      { "bytes", "BYTES", CTL_COL_NUMBER },
        { "adler32", "ADLER32", CTL_COL_TEXT }, { "md5", NULL, CTL_COL_TEXT },
        { "path", NULL, CTL_COL_TEXT },         { "failed_attempts", "FAILED", CTL_COL_NUMBER },
        { "error", "ERROR", CTL_COL_TEXT },     { .key = NULL },
    };
    char id[RULE_ID_SIZE];
    return need_rule(ctl, id, err) && ctl_print_query(ctl, "calbus.dist.files.v1", columns,
                                                      sql_list_rule_files, CB_P(cb_p_text(id)), err);
}

static const struct ctl_flag retry_flags[] = { CTL_ASK_FLAGS, { .name = NULL } };

static bool retry(struct ctl *ctl, struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE], rule[RULE_ID_SIZE];
    if (!need_rule(ctl, rule, err))
        return false;
    cb_uuid_new_text(id);
    Calbus__V1__DistributionRequested requested = CALBUS__V1__DISTRIBUTION_REQUESTED__INIT;
    requested.request_id = id;
    requested.rule_id = rule;
    requested.action = (char *)"retry";
    requested.by = (char *)ctl_person(ctl);
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_REQUESTED;
    wrapper.requested = &requested;
    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "distribution.requested", .key = rule };
    if (!ctl_ask(ctl, "distributor", id, &outgoing, &wrapper.base, &result, err))
        return false;
    return ctl_print_answer(ctl, result, err);
}

/* Until when: all files there, imported at every site, seen in use wherever a chain was changed. */
enum goal { GOAL_OK, GOAL_IMPORTED, GOAL_CHECKED };

static bool parse_goal(struct ctl *ctl, enum goal *ret_goal, struct cb_error *err)
{
    static const char *const names[] = { "ok", "imported", "checked" };
    const char *text = ctl_args_text(&ctl->args, "until", "imported");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_goal = (enum goal)i;
            return true;
        }
    }
    return ctl_refuse(ctl, CTL_USAGE, err, "--until %s: ok, imported or checked", text);
}

/* Columns of follow_rule.sql. */
enum {
    STATE,
    OK,
    LOCKS,
    ERROR,
    STUCK,
    IMPORTED,
    IMPORTS,
    IMPORTS_LOST,
    PASSED,
    CHECKS,
    FAILED,
    NAME,
    RANGES
};

static bool is_reached(const struct cb_rows *rows, enum goal goal, int64_t sites)
{
    bool ok = strcmp(cb_rows_text(rows, 0, STATE), "OK") == 0;
    bool imported =
        cb_rows_int(rows, 0, IMPORTED) == cb_rows_int(rows, 0, IMPORTS) && cb_rows_int(rows, 0, RANGES) == 0;
    int64_t checks = cb_rows_int(rows, 0, CHECKS);
    bool checked = checks > 0 && checks >= sites &&
                   cb_rows_int(rows, 0, PASSED) + cb_rows_int(rows, 0, FAILED) == checks;
    return ok && (goal < GOAL_IMPORTED || imported) && (goal < GOAL_CHECKED || checked);
}

static bool is_lost(const struct cb_rows *rows)
{
    const char *state = cb_rows_text(rows, 0, STATE);
    return strcmp(state, "STUCK") == 0 || strcmp(state, "SUSPENDED") == 0 ||
           cb_rows_int(rows, 0, IMPORTS_LOST) > 0;
}

static void print_progress(struct ctl *ctl, const char *id, const struct cb_rows *rows)
{
    if (!ctl_args_has(&ctl->args, "json")) {
        fprintf(ctl->out, "%.8s  %-11s  %lld/%lld files  %lld/%lld imported  %lld/%lld in use  %s\n", id,
                cb_rows_text(rows, 0, STATE), (long long)cb_rows_int(rows, 0, OK),
                (long long)cb_rows_int(rows, 0, LOCKS), (long long)cb_rows_int(rows, 0, IMPORTED),
                (long long)cb_rows_int(rows, 0, IMPORTS), (long long)cb_rows_int(rows, 0, PASSED),
                (long long)cb_rows_int(rows, 0, CHECKS), cb_rows_text(rows, 0, ERROR));
        (void)fflush(ctl->out);
        return;
    }
    static const struct {
        const char *key;
        size_t column;
    } numbers[] = { { "locks_ok", OK },          { "locks", LOCKS },
                    { "locks_stuck", STUCK },    { "sites_imported", IMPORTED },
                    { "sites", IMPORTS },        { "checks_passed", PASSED },
                    { "checks_failed", FAILED }, { "checks", CHECKS } };
    cb_auto_bytes struct cb_bytes text = CB_BYTES(65536);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "schema", "calbus.dist.progress.v1");
    cb_json_str(&json, "rule_id", id);
    cb_json_str(&json, "name", cb_rows_text(rows, 0, NAME));
    cb_json_str(&json, "state", cb_rows_text(rows, 0, STATE));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cb_json_int(&json, numbers[i].key, cb_rows_int(rows, 0, numbers[i].column));
    cb_json_str(&json, "error", cb_rows_text(rows, 0, ERROR));
    cb_json_close(&json);
    fprintf(ctl->out, "%s\n", cb_bytes_text(&text));
    (void)fflush(ctl->out);
}

static bool is_same(const struct cb_rows *a, const struct cb_rows *b)
{
    if (a == NULL)
        return false;
    for (size_t i = 0; i < cb_rows_columns(a); i++)
        if (strcmp(cb_rows_text(a, 0, i), cb_rows_text(b, 0, i)) != 0)
            return false;
    return true;
}

/* The end of a wait. A check that failed is 5, as a verification is. */
static bool end_wait(struct ctl *ctl, const char *id, const struct cb_rows *rows, bool shown,
                     struct cb_error *err)
{
    if (!shown)
        print_progress(ctl, id, rows);
    if (is_lost(rows))
        return ctl_refuse(ctl, CTL_PARTIAL, err, "the distribution %s is %s: %s", id,
                          cb_rows_text(rows, 0, STATE), cb_rows_text(rows, 0, ERROR));
    if (cb_rows_int(rows, 0, FAILED) > 0)
        ctl->exit = CTL_UNVERIFIED;
    return true;
}

static bool time_out(struct ctl *ctl, struct cb_error *err)
{
    (void)ctl_hint(ctl, "See calbus dist show %s.", ctl_word(ctl, 0));
    return ctl_refuse(ctl, CTL_TIMED_OUT, err, "\"%s\" is not that far after %lld s", ctl_word(ctl, 0),
                      (long long)ctl_args_int(&ctl->args, "timeout", WAIT_S));
}

/* A distribution that has not begun yet is waited for too. */
static bool follow(struct ctl *ctl, bool every_change, struct cb_error *err)
{
    int64_t deadline_ms = cb_clock_monotonic_ms() + 1000 * ctl_args_int(&ctl->args, "timeout", WAIT_S);
    int64_t sites = ctl_args_int(&ctl->args, "sites", 0);
    cb_auto(cb_rows_free) struct cb_rows *before = NULL;
    enum goal goal = GOAL_IMPORTED;
    struct cb_db *db;
    if (!parse_goal(ctl, &goal, err) || !ctl_db_of(ctl, &db, err))
        return false;
    for (; cb_clock_monotonic_ms() <= deadline_ms; (void)poll(NULL, 0, LOOK_MS)) {
        char id[RULE_ID_SIZE];
        bool found = false;
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!find_rule(ctl, id, &found, err))
            return false;
        if (!found)
            continue;
        if (!cb_db_run(db, sql_follow_rule, CB_P(cb_p_text(id)), &rows, err))
            return false;
        bool changed = every_change && !is_same(before, rows);
        if (changed)
            print_progress(ctl, id, rows);
        if (is_reached(rows, goal, sites) || is_lost(rows))
            return end_wait(ctl, id, rows, every_change, err);
        cb_rows_free(before);
        before = cb_steal(rows);
    }
    return time_out(ctl, err);
}

static bool wait_for(struct ctl *ctl, struct cb_error *err)
{
    return follow(ctl, false, err);
}

static bool watch(struct ctl *ctl, struct cb_error *err)
{
    return follow(ctl, true, err);
}

static const struct ctl_flag wait_flags[] = {
    { "until", 0, CTL_FLAG_TEXT, "GOAL",
      "ok: every file is there; imported: at every site too, with its ranges of now (unless given); checked: "
      "seen in use too." },
    { "sites", 0, CTL_FLAG_INT, "N", "With --until checked: that many sites have changed their chain." },
    { "timeout", 0, CTL_FLAG_INT, "SECONDS", "Give up after this, exit 124; 600 unless given." },
    { .name = NULL },
};

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "List what was distributed.",
      .examples = "calbus dist list",
      .run = list },
    { .name = "show",
      .words = "RULE",
      .summary = "Show a distribution site by site: files, import, what is in force.",
      .examples = "calbus dist show DM-1 --json",
      .least = 1,
      .most = 1,
      .run = show },
    { .name = "rules",
      .words = "",
      .summary = "List the replication rules.",
      .examples = "calbus dist rules",
      .run = rules },
    { .name = "files",
      .words = "RULE",
      .summary = "List every file of a rule at every storage element.",
      .examples = "calbus dist files DM-1 --json",
      .least = 1,
      .most = 1,
      .run = files },
    { .name = "retry",
      .words = "RULE",
      .summary = "Try again now what is stuck: export, transfers, imports, checks that did not pass.",
      .examples = "calbus dist retry DM-1",
      .flags = retry_flags,
      .least = 1,
      .most = 1,
      .run = retry },
    { .name = "watch",
      .words = "RULE",
      .summary = "Print every change until a distribution is through.",
      .examples = "calbus dist watch DM-1",
      .flags = wait_flags,
      .least = 1,
      .most = 1,
      .run = watch },
    { .name = "wait",
      .words = "RULE",
      .summary = "Wait until a distribution is through; exit 6 when it is stuck, 5 when a check failed.",
      .examples = "calbus dist wait TAXICAB-1 --until imported --timeout 300",
      .flags = wait_flags,
      .least = 1,
      .most = 1,
      .run = wait_for },
    { .run = NULL },
};
const struct ctl_noun noun_dist = { "dist", "What was distributed to the sites.", verbs, false };
