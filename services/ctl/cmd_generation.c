/* calbus generation: runs of generation pipelines. */
#include "ask.h"
#include "commands.h"
#include "submission.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/home.h"
#include "calbus/v1/generation.pb-c.h"
#include "engine/run_store.h"
#include "io/clock.h"
#include "service/outbox.h"
#include "sql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct ctl_flag submit_flags[] = {
    { "instrument", 'i', CTL_FLAG_TEXT, "NAME", "Camera ($INSTRUMENT unless given)." },
    { "ticket", 0, CTL_FLAG_TEXT, "TICKET", "Ticket of the campaign, DM-48520 ($TICKET unless given)." },
    { "tag", 0, CTL_FLAG_TEXT, "TAG", "What the calibrations are for, in a word ($TAG unless given)." },
    { "rerun", 0, CTL_FLAG_TEXT, "YYYYMMDDv", "Date and letter of this attempt ($RERUN unless given)." },
    { "band", 0, CTL_FLAG_TEXT, "BAND", "Band of a flat." },
    { "where", 0, CTL_FLAG_TEXT, "EXPRESSION", "Which exposures ($SELECTION_TYPE unless given)." },
    { "verify-where", 0, CTL_FLAG_TEXT, "EXPRESSION",
      "Which exposures to verify it on; $SELECTION_TYPE_V unless given, else its own and the newest of its "
      "type." },
    { "inputs", 0, CTL_FLAG_TEXT, "COLLECTIONS",
      "Calibrations to begin with ($CALIB_COLLECTIONS unless given)." },
    { "raws", 0, CTL_FLAG_TEXT, "COLLECTION", "Collection of the raws; INSTRUMENT/raw/all unless given." },
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository ($REPO, else /repo/main, unless given)." },
    { "prefix", 0, CTL_FLAG_TEXT, "PREFIX", "Before the instrument in collection names: u/name/." },
    { "run-number", 0, CTL_FLAG_TEXT, "N", "Run number of a bootstrap; 1 unless given." },
    { "config-override", 0, CTL_FLAG_TEXT, "T:F=V", "A task's field, as --config of bps templates." },
    { "no-wait", 0, CTL_FLAG_BOOL, NULL, "Return when the run is asked for." },
    { "timeout", 0, CTL_FLAG_INT, "SECS", "Wait no longer than this; then exit 124." },
    { "by", 0, CTL_FLAG_TEXT, "PERSON", "Who asks; the user's name unless given." },
    { .name = NULL },
};

/* An environment with some variables in front of the process's own. */
struct variables {
    const char **entry;
    size_t count;
    char *text[16];
    size_t texts;
};

static void put_variable(struct variables *variables, const char *name, const char *value)
{
    if (value == NULL)
        return;
    char *text = cb_xasprintf("%s=%s", name, value);
    variables->text[variables->texts++] = text;
    variables->entry = cb_xrealloc_array(variables->entry, variables->count + 2, sizeof *variables->entry);
    variables->entry[variables->count++] = text;
    variables->entry[variables->count] = NULL;
}

static void put_default(struct variables *variables, const struct ctl *ctl, const char *name,
                        const char *value)
{
    const struct cb_environment own = { .entry = ctl->environment };
    if (cb_environment_find(&own, name, strlen(name)) == NULL)
        put_variable(variables, name, value);
}

static void variables_done(struct variables *variables)
{
    for (size_t i = 0; i < variables->texts; i++)
        free(variables->text[i]);
    free(variables->entry);
}

static void make_variables(struct ctl *ctl, const char *type, struct variables *variables)
{
    const struct ctl_args *args = &ctl->args;
    const char *instrument = ctl_args_text(args, "instrument", NULL),
               *band = ctl_args_text(args, "band", NULL);
    const char *raws = ctl_args_text(args, "raws", NULL);
    cb_auto(cb_free) char *selection = cb_xasprintf("SELECTION_%s", type);
    cb_auto(cb_free) char *all_raws = instrument != NULL ? cb_xasprintf("%s/raw/all", instrument) : NULL;
    cb_auto(cb_free) char *pipelines = cb_xasprintf("%s/cp_pipe", ctl->layout.shipped);
    cb_auto(cb_free) char *flat = band != NULL ? cb_xasprintf("SELECTION_FLAT_%s", band) : NULL;

    put_variable(variables, "INSTRUMENT", instrument);
    put_variable(variables, "TICKET", ctl_args_text(args, "ticket", NULL));
    put_variable(variables, "TAG", ctl_args_text(args, "tag", NULL));
    put_variable(variables, "RERUN", ctl_args_text(args, "rerun", NULL));
    put_variable(variables, "REPO", ctl_args_text(args, "repo", NULL));
    put_variable(variables, "USER_CALIB_PREFIX", ctl_args_text(args, "prefix", NULL));
    put_variable(variables, "CALIB_COLLECTIONS", ctl_args_text(args, "inputs", NULL));
    put_variable(variables, "BOOTSTRAP_RUN_NUMBER", ctl_args_text(args, "run-number", NULL));
    put_variable(variables, "RAW_COLLECTION", raws);
    for (char *at = selection; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    put_variable(variables, strcmp(type, "flat") == 0 && flat != NULL ? flat : selection,
                 ctl_args_text(args, "where", NULL));
    put_default(variables, ctl, "CP_PIPE_DIR", pipelines);
    put_default(variables, ctl, "USER_CALIB_PREFIX", ctl_args_text(args, "prefix", NULL) == NULL ? "" : NULL);
    put_default(variables, ctl, "REPO", ctl_args_text(args, "repo", NULL) == NULL ? "/repo/main" : NULL);
    put_default(variables, ctl, "RAW_COLLECTION", raws == NULL ? all_raws : NULL);
    put_default(variables, ctl, "CALIB_COLLECTIONS", "");
    put_default(variables, ctl, "BOOTSTRAP_RUN_NUMBER", "1");
    for (const char *const *line = ctl->environment; *line != NULL; line++) {
        variables->entry =
            cb_xrealloc_array(variables->entry, variables->count + 2, sizeof *variables->entry);
        variables->entry[variables->count++] = *line;
        variables->entry[variables->count] = NULL;
    }
}

/* "darkBootstrap" selects by SELECTION_DARK_BOOTSTRAP: the words of a type, between underscores. */
static char *selection_word(const char *type)
{
    cb_auto_bytes struct cb_bytes word = CB_BYTES(128);
    for (; *type != '\0'; type++)
        cb_bytes_printf(&word, "%s%c", *type >= 'A' && *type <= 'Z' ? "_" : "", *type);
    return cb_bytes_steal(&word);
}

static bool print_submitted(struct ctl *ctl, const struct submitted *submitted, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "run_id", "ID", CTL_COL_TEXT },
        { "output_run", "RUN", CTL_COL_TEXT },
        { "quanta", "QUANTA", CTL_COL_NUMBER },
        { .key = NULL },
    };
    char quanta[24];
    snprintf(quanta, sizeof quanta, "%lld", (long long)submitted->quanta);
    const char *cells[] = { submitted->run_id, submitted->output_run, quanta };
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.generation.submit.v1", columns);
    ctl_table_add(table, cells);
    return ctl_print(ctl, table, err);
}

static bool submit_with(struct ctl *ctl, const struct variables *variables, const char *path,
                        struct cb_error *err)
{
    const struct cb_environment environment = { .entry = variables->entry };
    const char *override = ctl_args_text(&ctl->args, "config-override", NULL);
    cb_auto(cb_free) char *options = override != NULL ? cb_xasprintf("--config \"%s\"", override) : NULL;
    struct submitted submitted = { 0 };
    const struct submission submission = {
        .template_path = path,
        .environment = &environment,
        .options = options,
        .verify_where = ctl_args_text(&ctl->args, "verify-where", NULL),
        .by = ctl_person(ctl),
        .only_one = true,
    };

    bool done = submission_put(ctl, &submission, &submitted, err);
    if (done && !ctl_args_has(&ctl->args, "no-wait"))
        done = submission_wait(ctl, submitted.run_id, ctl_args_int(&ctl->args, "timeout", 0), err);
    if (done)
        done = print_submitted(ctl, &submitted, err);
    submitted_done(&submitted);
    return done;
}

/* The ticket's chain is in the search path of every shipped template; a ticket's first calibration finds it
 * empty. */
static bool open_ticket_chain(struct ctl *ctl, const struct variables *variables, struct cb_error *err)
{
    const struct cb_environment environment = { .entry = variables->entry };
    const char *instrument = cb_environment_find(&environment, "INSTRUMENT", strlen("INSTRUMENT"));
    const char *ticket = cb_environment_find(&environment, "TICKET", strlen("TICKET"));
    const char *prefix = cb_environment_find(&environment, "USER_CALIB_PREFIX", strlen("USER_CALIB_PREFIX"));
    if (instrument == NULL || ticket == NULL)
        return true; /* the template will say what it lacks */
    struct cb_db *db;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    cb_auto(cb_free) char *chain =
        cb_xasprintf("%s%s/calib/%s", prefix != NULL ? prefix : "", instrument, ticket);
    return ctl_db_of(ctl, &db, err) &&
           cb_repo_open_home(index, cb_environment_find(&environment, "REPO", strlen("REPO")), db, &repo,
                             err) &&
           cb_collection_register(repo, chain, CB_COLLECTION_CHAINED, NULL, NULL, err);
}

/* A type of the shipped templates, or the path of a template. */
static bool submit(struct ctl *ctl, struct cb_error *err)
{
    const char *type = ctl_word(ctl, 0), *band = ctl_args_text(&ctl->args, "band", NULL);
    struct variables variables = { 0 };
    cb_auto(cb_free) char *word = selection_word(type);

    if (strcmp(type, "flat") == 0 && band == NULL)
        return ctl_refuse(ctl, CTL_USAGE, err, "a flat needs --band");
    cb_auto(cb_free) char *path =
        strchr(type, '/') != NULL || strstr(type, ".yaml") != NULL
            ? cb_xstrdup(type)
            : cb_xasprintf("%s/cp_pipe/bps/templates/bps_%s%s%s.yaml", ctl->layout.shipped, type,
                           strcmp(type, "flat") == 0 ? "_" : "", strcmp(type, "flat") == 0 ? band : "");
    make_variables(ctl, strcmp(type, "flat") == 0 ? type : word, &variables);
    bool done = open_ticket_chain(ctl, &variables, err) && submit_with(ctl, &variables, path, err);
    variables_done(&variables);
    return done;
}

static const struct ctl_flag list_flags[] = {
    { "instrument", 'i', CTL_FLAG_TEXT, "NAME", "Only of this instrument." },
    { "state", 0, CTL_FLAG_TEXT, "STATE", "Only requested, running, succeeded, failed or cancelled." },
    { "ticket", 0, CTL_FLAG_TEXT, "TICKET", "Only of this ticket." },
    { .name = NULL },
};

static bool list(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "run_id", NULL, CTL_COL_TEXT },
        { "name", "NAME", CTL_COL_TEXT },
        { "instrument", "INSTRUMENT", CTL_COL_TEXT },
        { "dataset_type", "TYPE", CTL_COL_TEXT },
        { "physical_filter", "FILTER", CTL_COL_TEXT },
        { "state", "STATE", CTL_COL_TEXT },
        { "done", "DONE", CTL_COL_NUMBER },
        { "quanta", "QUANTA", CTL_COL_NUMBER },
        { "output_run", "RUN", CTL_COL_TEXT },
        { "requested_at_utc", "REQUESTED", CTL_COL_TEXT },
        { "requested_by", NULL, CTL_COL_TEXT },
        { "error", NULL, CTL_COL_TEXT },
        { .key = NULL },
    };
    return ctl_print_query(ctl, "calbus.generation.list.v1", columns, sql_list_runs,
                           CB_P(cb_p_text("generator"),
                                cb_p_text(ctl_args_text(&ctl->args, "instrument", "")),
                                cb_p_text(ctl_args_text(&ctl->args, "state", "")),
                                cb_p_text(ctl_args_text(&ctl->args, "ticket", "")),
                                cb_p_int(ctl_args_int(&ctl->args, "limit", 1000))),
                           err);
}

enum { RUN_STATE = 0, RUN_ID = 5 };

static bool find(struct ctl *ctl, const char *name, struct cb_db **ret_db, struct cb_rows **ret_rows,
                 struct cb_error *err)
{
    if (!ctl_db_of(ctl, ret_db, err) ||
        !cb_db_run(*ret_db, sql_find_run, CB_P(cb_p_text(name)), ret_rows, err))
        return false;
    if (cb_rows_count(*ret_rows) > 0)
        return true;
    (void)ctl_hint(ctl, "See calbus generation list.");
    return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there is no run \"%s\"", name);
}

static const struct ctl_flag show_flags[] = {
    { "quanta", 0, CTL_FLAG_BOOL, NULL, "Its quanta, one a line, instead of the run." },
    { .name = NULL },
};

static bool show_quanta(struct ctl *ctl, const char *run_id, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "label", "TASK", CTL_COL_TEXT },
        { "detector", "DETECTOR", CTL_COL_NUMBER },
        { "physical_filter", "FILTER", CTL_COL_TEXT },
        { "exposures", "EXPOSURES", CTL_COL_NUMBER },
        { "state", "STATE", CTL_COL_TEXT },
        { "attempts", "ATTEMPTS", CTL_COL_NUMBER },
        { "wall_s", "WALL S", CTL_COL_NUMBER },
        { "cpu_s", "CPU S", CTL_COL_NUMBER },
        { "peak_rss_mb", "PEAK MB", CTL_COL_NUMBER },
        { "owner", NULL, CTL_COL_TEXT },
        { "error", "ERROR", CTL_COL_TEXT },
        { "quantum_id", NULL, CTL_COL_TEXT },
        { .key = NULL },
    };
    return ctl_print_query(ctl, "calbus.generation.quanta.v1", columns, sql_list_quanta,
                           CB_P(cb_p_text(run_id)), err);
}

static bool show(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "state", "STATE", CTL_COL_TEXT },       { "error", "ERROR", CTL_COL_TEXT },
        { "quanta", "QUANTA", CTL_COL_NUMBER },   { "done", "DONE", CTL_COL_NUMBER },
        { "failed", "FAILED", CTL_COL_NUMBER },   { "run_id", "ID", CTL_COL_TEXT },
        { "engine", NULL, CTL_COL_TEXT },         { "kind", NULL, CTL_COL_TEXT },
        { "repository", NULL, CTL_COL_TEXT },     { "instrument", NULL, CTL_COL_TEXT },
        { "name", NULL, CTL_COL_TEXT },           { "ticket", NULL, CTL_COL_TEXT },
        { "dataset_type", "TYPE", CTL_COL_TEXT }, { "physical_filter", "FILTER", CTL_COL_TEXT },
        { "output_run", "RUN", CTL_COL_TEXT },    { "output_collection", NULL, CTL_COL_TEXT },
        { "data_query", NULL, CTL_COL_TEXT },     { "verify_where", NULL, CTL_COL_TEXT },
        { "inputs", NULL, CTL_COL_TEXT },         { "requested_by", NULL, CTL_COL_TEXT },
        { "requested_at", NULL, CTL_COL_TEXT },   { "started_at", NULL, CTL_COL_TEXT },
        { "ended_at", NULL, CTL_COL_TEXT },       { .key = NULL },
    };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_db *db = NULL;

    if (!find(ctl, ctl_word(ctl, 0), &db, &rows, err))
        return false;
    if (ctl_args_has(&ctl->args, "quanta"))
        return show_quanta(ctl, cb_rows_text(rows, 0, RUN_ID), err);
    return ctl_print_query(ctl, "calbus.generation.show.v1", columns, sql_find_run,
                           CB_P(cb_p_text(cb_rows_text(rows, 0, RUN_ID))), err);
}

static const struct ctl_flag wait_flags[] = {
    { "timeout", 0, CTL_FLAG_INT, "SECS", "Wait no longer than this; then exit 124." },
    { .name = NULL },
};

static bool wait_for(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_db *db = NULL;

    return find(ctl, ctl_word(ctl, 0), &db, &rows, err) &&
           submission_wait(ctl, cb_rows_text(rows, 0, RUN_ID), ctl_args_int(&ctl->args, "timeout", 0), err);
}

static bool retry(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_db *db = NULL;

    if (!find(ctl, ctl_word(ctl, 0), &db, &rows, err) || !cb_tx_begin(db, &tx, err) ||
        !cb_run_retry(db, cb_rows_text(rows, 0, RUN_ID), err) || !cb_tx_commit(&tx, err))
        return false;
    ctl_say(ctl, "run %s is tried again; wait with calbus generation wait %s", cb_rows_text(rows, 0, RUN_ID),
            cb_rows_text(rows, 0, RUN_ID));
    return true;
}

/* Nobody else will say that a cancelled run has ended. */
static bool announce_cancel(struct cb_db *db, const char *run_id, struct cb_error *err)
{
    Calbus__V1__GenerationFinished finished = CALBUS__V1__GENERATION_FINISHED__INIT;
    Calbus__V1__GenerationEvent wrapper = CALBUS__V1__GENERATION_EVENT__INIT;
    struct cb_run_counts counts;
    cb_auto_run struct cb_run run = { .id = "" };

    if (!cb_run_load(db, run_id, &run, err) || !cb_run_count(db, run_id, &counts, err))
        return false;
    if (strcmp(run.engine, "generator") != 0 || *run.instrument == '\0')
        return true; /* never planned: nobody has heard of it */
    const struct cb_outgoing outgoing = { .type = "generation.finished", .key = run.output_run };
    finished.run_id = run.id;
    finished.repository = run.repository;
    finished.instrument = run.instrument;
    finished.output_run = run.output_run;
    finished.output_collection = run.output_collection;
    finished.dataset_type = run.dataset_type;
    finished.physical_filter = run.physical_filter;
    finished.quanta = (uint32_t)counts.all;
    finished.failed = (uint32_t)(counts.failed + counts.skipped);
    finished.error = run.error;
    wrapper.event_case = CALBUS__V1__GENERATION_EVENT__EVENT_FINISHED;
    wrapper.finished = &finished;
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool cancel(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    const struct ctl_settings *settings = NULL;
    struct cb_db *db = NULL;

    if (!find(ctl, ctl_word(ctl, 0), &db, &rows, err) || !ctl_settings_of(ctl, &settings, err))
        return false;
    cb_auto(cb_free) char *why = cb_xasprintf("cancelled by %s", ctl_person(ctl));
    const char *id = cb_rows_text(rows, 0, RUN_ID);
    cb_outbox_set_source(settings->common.site, "calbus");
    if (!cb_tx_begin(db, &tx, err) || !cb_run_cancel(db, id, why, err) || !announce_cancel(db, id, err) ||
        !cb_tx_commit(&tx, err))
        return false;
    ctl_say(ctl, "run %s is cancelled", id);
    return true;
}

static const struct ctl_flag cancel_flags[] = {
    { "by", 0, CTL_FLAG_TEXT, "PERSON", "Who cancels; the user's name unless given." },
    { .name = NULL },
};

static const struct ctl_verb verbs[] = {
    { .name = "submit",
      .words = "TYPE",
      .summary = "Build a calibration by its shipped template, or by the path of one.",
      .examples = "calbus generation submit bias --instrument LSSTComCam --ticket DM-48520 --tag DP1 --rerun "
                  "20250207a\n"
                  "    --where \"instrument='LSSTComCam' and exposure.observation_type='bias'\"\n"
                  "calbus generation submit flat --band r --no-wait",
      .flags = submit_flags,
      .least = 1,
      .most = 1,
      .run = submit },
    { .name = "list",
      .words = "",
      .summary = "Runs, newest first.",
      .examples = "calbus generation list --state failed",
      .flags = list_flags,
      .run = list },
    { .name = "show",
      .words = "RUN",
      .summary = "One run, by its id, RUN or CHAINED collection; --quanta for its pieces.",
      .examples = "calbus generation show LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a --quanta",
      .flags = show_flags,
      .least = 1,
      .most = 1,
      .run = show },
    { .name = "wait",
      .words = "RUN",
      .summary = "Wait until a run has ended (--timeout SECS); exit 0 when it succeeded.",
      .examples = "calbus generation wait LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a --timeout 600",
      .flags = wait_flags,
      .least = 1,
      .most = 1,
      .run = wait_for },
    { .name = "retry",
      .words = "RUN",
      .summary = "Try again what failed of a run.",
      .examples = "calbus generation retry LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a",
      .least = 1,
      .most = 1,
      .run = retry },
    { .name = "cancel",
      .words = "RUN",
      .summary = "Begin nothing more of a run.",
      .examples = "calbus generation cancel LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a",
      .flags = cancel_flags,
      .least = 1,
      .most = 1,
      .run = cancel },
    { .run = NULL },
};

const struct ctl_noun noun_generation = { "generation", "Runs that build calibrations.", verbs, false };
