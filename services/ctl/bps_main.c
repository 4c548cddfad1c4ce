/* bps: the drop-in for `bps submit TEMPLATE`, which renders the template, asks for the run and waits for its
 * end. */
#include "commands.h"
#include "submission.h"

#include "base/alloc.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUES_MAX 8

/* Options of the command that it stands in for, as far as they mean something here. */
static const struct ctl_flag submit_flags[] = {
    { "butler-config", 'b', CTL_FLAG_TEXT, "REPO", "In place of payload.butlerConfig." },
    { "input", 'i', CTL_FLAG_TEXT, "COLLECTIONS", "In place of payload.inCollection." },
    { "output", 'o', CTL_FLAG_TEXT, "COLLECTION", "In place of payload.output." },
    { "output-run", 0, CTL_FLAG_TEXT, "COLLECTION", "In place of payload.outputRun." },
    { "data-query", 'd', CTL_FLAG_TEXT, "EXPRESSION", "In place of payload.dataQuery." },
    { "pipeline", 'p', CTL_FLAG_TEXT, "FILE", "In place of pipelineYaml." },
    { "extra-qgraph-options", 0, CTL_FLAG_TEXT, "OPTIONS", "More --config TASK:FIELD=VALUE." },
    { "compute-site", 0, CTL_FLAG_TEXT, "SITE",
      "Accepted and ignored: the suite's own workers do the work." },
    { "no-wait", 0, CTL_FLAG_BOOL, NULL, "Return when the run is asked for; do not wait for its end." },
    { "timeout", 0, CTL_FLAG_INT, "SECS", "Wait no longer than this; then exit 124." },
    { "log-level", 0, CTL_FLAG_TEXT, "LEVEL", "Accepted and ignored." },
    { "long-log", 0, CTL_FLAG_BOOL, NULL, "Accepted and ignored." },
    { .name = NULL },
};

static const struct {
    const char *flag, *key;
} keys[] = {
    { "butler-config", "payload.butlerConfig" },
    { "input", "payload.inCollection" },
    { "output", "payload.output" },
    { "output-run", "payload.outputRun" },
    { "data-query", "payload.dataQuery" },
    { "pipeline", "pipelineYaml" },
};

static const char *user_name(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user != NULL ? user->pw_name : "";
}

static bool submit(struct ctl *ctl, struct cb_error *err)
{
    const struct cb_environment environment = { .entry = ctl->environment };
    struct cb_template_value values[VALUES_MAX] = { { NULL, NULL } };
    struct submitted submitted = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = ctl_args_text(&ctl->args, keys[i].flag, NULL);
        if (text != NULL)
            values[n++] = (struct cb_template_value){ keys[i].key, text };
    }
    const struct submission submission = {
        .template_path = ctl_word(ctl, 0),
        .environment = &environment,
        .values = values,
        .options = ctl_args_text(&ctl->args, "extra-qgraph-options", NULL),
        .by = user_name(),
    };
    if (!submission_put(ctl, &submission, &submitted, err))
        return false;
    if (submitted.submit_path != NULL)
        fprintf(ctl->out, "Submit dir: %s\n", submitted.submit_path);
    fprintf(ctl->out, "Run Id: %s\nRun Name: %s\n", submitted.run_id, submitted.output_run);
    fflush(ctl->out);
    bool done = ctl_args_has(&ctl->args, "no-wait") ||
                submission_wait(ctl, submitted.run_id, ctl_args_int(&ctl->args, "timeout", 0), err);
    submitted_done(&submitted);
    return done;
}

static int usage(FILE *out)
{
    fputs("Usage: bps submit [OPTIONS] TEMPLATE\n\n"
          "Render a template, ask for its run, and wait until it has ended.\n\nOptions:\n",
          out);
    for (const struct ctl_flag *flag = submit_flags; flag->name != NULL; flag++) {
        char name[64], letter[8] = "";
        if (flag->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", flag->letter);
        snprintf(name, sizeof name, "%s--%s %s", letter, flag->name, flag->value != NULL ? flag->value : "");
        fprintf(out, "  %-34s %s\n", name, flag->help);
    }
    return out == stdout ? CTL_OK : CTL_USAGE;
}

static int finish(struct ctl *ctl, bool done, const struct cb_error *err)
{
    enum ctl_exit status = ctl->exit;

    if (!done) {
        if (status == CTL_OK)
            status = ctl_exit_of(err->kind);
        fprintf(stderr, "bps: submit: %s\n", err->text);
        if (*ctl->hint != '\0')
            fprintf(stderr, "%s\n", ctl->hint);
    }
    cb_db_close(ctl->db);
    ctl_settings_done(ctl);
    ctl_layout_done(&ctl->layout);
    ctl_args_done(&ctl->args);
    return (int)status;
}

int bps_main(int argc, char **argv)
{
    struct ctl ctl = { .noun = "bps", .verb = "submit", .out = stdout };
    struct cb_error err = { 0 };
    int at = 1;

    while (at < argc && argv[at][0] == '-' && strcmp(argv[at], "--help") != 0 && strcmp(argv[at], "-h") != 0)
        at += strcmp(argv[at], "--log-level") == 0 ? 2 : 1; /* options of bps itself */
    if (at >= argc)
        return usage(stderr);
    if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
        return usage(stdout);
    if (strcmp(argv[at], "submit") != 0) {
        fprintf(stderr, "bps: there is no command \"%s\" here, only submit\n", argv[at]);
        return CTL_USAGE;
    }
    ctl.environment = (const char *const *)environ;
    if (!ctl_args_parse(submit_flags, argc - at - 1, argv + at + 1, &ctl.args, &err)) {
        ctl.exit = CTL_USAGE;
        return finish(&ctl, false, &err);
    }
    if (ctl_args_has(&ctl.args, "help")) {
        ctl_args_done(&ctl.args);
        return usage(stdout);
    }
    if (ctl.args.n_words != 1) {
        ctl_args_done(&ctl.args);
        return usage(stderr);
    }
    bool done =
        ctl_layout_find(getenv("CALBUS_HOME"), getenv("HOME"), &ctl.layout, &err) && submit(&ctl, &err);
    return finish(&ctl, done, &err);
}
