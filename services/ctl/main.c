/* calbus: the command line. Called by another name (butler, bps, ...) it stands in for that program. */
#include "butler_verb.h"
#include "commands.h"
#include "help.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct ctl_noun *const ctl_nouns[] = {
    &noun_up,        &noun_down,     &noun_status,     &noun_logs,         &noun_env,        &noun_summary,
    &noun_simulate,  &noun_exposure, &noun_generation, &noun_verify,       &noun_certify,    &noun_approval,
    &noun_dist,      &noun_alarm,    &noun_chain,      &noun_calib,        &noun_auxiliary,  &noun_site,
    &noun_event,     &noun_repo,     &noun_instrument, &noun_dataset_type, &noun_collection, &noun_dataset,
    &noun_dimension, &noun_db,       &noun_config,     &noun_version,      &noun_completion, &noun_supervise,
};
const size_t ctl_nouns_count = sizeof ctl_nouns / sizeof ctl_nouns[0];

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} dropins[] = {
    { "butler", butler_main },
    { "bps", bps_main },
    { "cpv_report.py", cpv_report_main },
};

/* ---- finding the command ---- */

static const struct ctl_noun *find_noun(const char *name)
{
    for (size_t i = 0; i < ctl_nouns_count; i++)
        if (strcmp(ctl_nouns[i]->name, name) == 0)
            return ctl_nouns[i];
    return NULL;
}

static const struct ctl_verb *find_verb(const struct ctl_noun *noun, const char *name)
{
    for (const struct ctl_verb *verb = noun->verbs; verb->run != NULL; verb++)
        if (verb->name != NULL && strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static int unrecognized_noun(const char *name)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < ctl_nouns_count && n < 63; i++)
        if (!ctl_nouns[i]->hidden)
            names[n++] = ctl_nouns[i]->name;
    names[n] = NULL;
    const char *near = ctl_nearest(name, names);
    fprintf(stderr, "calbus: unrecognized command \"%s\"%s%s%s\n", name,
            near == NULL ? "" : "; did you mean \"calbus ", near == NULL ? "" : near,
            near == NULL ? "" : "\"?");
    fprintf(stderr, "Run calbus --help for the list.\n");
    return CTL_USAGE;
}

static int unrecognized_verb(const struct ctl_noun *noun, const char *name)
{
    const char *names[64];
    size_t n = 0;
    for (const struct ctl_verb *verb = noun->verbs; verb->run != NULL && n < 63; verb++)
        if (verb->name != NULL && !verb->hidden)
            names[n++] = verb->name;
    names[n] = NULL;
    const char *near = ctl_nearest(name, names);
    fprintf(stderr, "calbus: %s: unrecognized verb \"%s\"", noun->name, name);
    if (near != NULL)
        fprintf(stderr, "; did you mean \"calbus %s %s\"?", noun->name, near);
    fprintf(stderr, "\nRun calbus %s --help for the list.\n", noun->name);
    return CTL_USAGE;
}

/* ---- running it ---- */

static void print_error(const struct ctl *ctl, enum ctl_exit status, const struct cb_error *err)
{
    if (!ctl_args_has(&ctl->args, "json")) {
        fprintf(stderr, "calbus: %s%s%s: %s\n", ctl->noun, ctl->verb == NULL ? "" : " ",
                ctl->verb == NULL ? "" : ctl->verb, err->text);
        if (*ctl->hint != '\0')
            fprintf(stderr, "%s\n", ctl->hint);
        return;
    }
    cb_auto_bytes struct cb_bytes text = CB_BYTES(65536);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_open(&json, "error", '{');
    cb_json_str(&json, "code", ctl_exit_name(status));
    cb_json_int(&json, "exit", status);
    cb_json_str(&json, "message", err->text);
    cb_json_str(&json, "hint", *ctl->hint == '\0' ? NULL : ctl->hint);
    cb_json_close(&json);
    cb_json_close(&json);
    fprintf(stderr, "%s\n", cb_bytes_text(&text));
}

static bool words_fit(struct ctl *ctl, const struct ctl_verb *verb, struct cb_error *err)
{
    size_t n = ctl->args.n_words;
    if (n >= (size_t)verb->least && (verb->most < 0 || n <= (size_t)verb->most))
        return true;
    if (verb->most == 0)
        return ctl_refuse(ctl, CTL_USAGE, err, "unexpected word \"%s\"", ctl_word(ctl, 0));
    return ctl_refuse(ctl, CTL_USAGE, err, "expected %s, got %zu word%s", verb->words, n, n == 1 ? "" : "s");
}

static int finish(struct ctl *ctl, bool done, const struct cb_error *err)
{
    enum ctl_exit status = ctl->exit;
    if (!done) {
        if (status == CTL_OK)
            status = ctl_exit_of(err->kind);
        if (*err->text != '\0')
            print_error(ctl, status, err);
    }
    if (fflush(ctl->out) != 0 || ferror(ctl->out) != 0)
        status = status == CTL_OK ? CTL_IO : status;
    cb_db_close(ctl->db);
    ctl_settings_done(ctl);
    ctl_layout_done(&ctl->layout);
    ctl_args_done(&ctl->args);
    return (int)status;
}

static int run_verb(const struct ctl_noun *noun, const struct ctl_verb *verb, int argc, char **argv,
                    char **environment)
{
    struct ctl ctl = { .noun = noun->name, .verb = verb->name, .out = stdout, .butler = verb->butler };
    struct cb_error err = { 0 };
    cb_auto(cb_free) struct ctl_flag *own = verb->butler != NULL ? ctl_butler_flags(verb->butler) : NULL;
    ctl.environment = (const char *const *)environment;
    if (!ctl_args_parse(own != NULL ? own : verb->flags, argc, argv, &ctl.args, &err)) {
        ctl.exit = CTL_USAGE;
        ctl_hint(&ctl, "Run calbus %s%s%s --help for its flags.", noun->name, verb->name == NULL ? "" : " ",
                 verb->name == NULL ? "" : verb->name);
        return finish(&ctl, false, &err);
    }
    if (ctl_args_has(&ctl.args, "help")) {
        ctl_help_verb(noun, verb, stdout);
        return finish(&ctl, true, &err);
    }
    bool done = words_fit(&ctl, verb, &err) &&
                ctl_layout_find(getenv("CALBUS_HOME"), getenv("HOME"), &ctl.layout, &err) &&
                verb->run(&ctl, &err);
    return finish(&ctl, done, &err);
}

/* The command is a program of its own, beside this one. */
static int run_program(const struct ctl_noun *noun, int argc, char **argv)
{
    struct ctl_layout layout = { 0 };
    struct cb_error err = { 0 };
    if (!ctl_layout_find(getenv("CALBUS_HOME"), getenv("HOME"), &layout, &err)) {
        fprintf(stderr, "calbus: %s: %s\n", noun->name, err.text);
        return CTL_SOFTWARE;
    }
    char *path = ctl_program_path(&layout, noun->verbs[0].program);
    if (path == NULL) {
        fprintf(stderr, "calbus: %s: there is no %s in \"%s\"\n", noun->name, noun->verbs[0].program,
                layout.programs);
        return CTL_UNAVAILABLE;
    }
    char **words = cb_xalloc_array((size_t)argc + 2, sizeof *words);
    words[0] = path;
    for (int i = 0; i < argc; i++)
        words[i + 1] = argv[i];
    execv(path, words);
    fprintf(stderr, "calbus: %s: cannot run \"%s\": %s\n", noun->name, path, strerror(errno));
    return CTL_SOFTWARE;
}

static bool asks_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int run_noun(const struct ctl_noun *noun, int argc, char **argv, char **environment)
{
    if (noun->verbs[0].program != NULL)
        return run_program(noun, argc, argv);
    if (noun->verbs[0].name == NULL)
        return run_verb(noun, &noun->verbs[0], argc, argv, environment);
    if (argc == 0 || asks_help(argv[0])) {
        ctl_help_noun(noun, argc == 0 ? stderr : stdout);
        return argc == 0 ? CTL_USAGE : CTL_OK;
    }
    const struct ctl_verb *verb = find_verb(noun, argv[0]);
    if (verb == NULL)
        return unrecognized_verb(noun, argv[0]);
    return run_verb(noun, verb, argc - 1, argv + 1, environment);
}

/* calbus help NOUN [VERB] */
static int run_help(int argc, char **argv)
{
    const struct ctl_noun *noun = find_noun(argv[0]);
    if (noun == NULL)
        return unrecognized_noun(argv[0]);
    char *const ask[] = { (char *)"--help", NULL };
    if (noun->verbs[0].program != NULL)
        return run_program(noun, 1, (char **)ask);
    const struct ctl_verb *verb = argc > 1 ? find_verb(noun, argv[1]) : NULL;
    if (argc > 1 && verb == NULL)
        return unrecognized_verb(noun, argv[1]);
    if (verb != NULL)
        ctl_help_verb(noun, verb, stdout);
    else
        ctl_help_noun(noun, stdout);
    return CTL_OK;
}

int main(int argc, char **argv, char **environment)
{
    const char *called = argc > 0 ? strrchr(argv[0], '/') : NULL;
    called = called != NULL ? called + 1 : argc > 0 ? argv[0] : "calbus";
    for (size_t i = 0; i < sizeof dropins / sizeof *dropins; i++)
        if (strcmp(called, dropins[i].name) == 0)
            return dropins[i].main(argc, argv);

    if (argc < 2) {
        ctl_help_all(stderr);
        return CTL_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return run_noun(&noun_version, 0, argv + 2, environment);
    if (asks_help(argv[1]) && argc == 2) {
        ctl_help_all(stdout);
        return CTL_OK;
    }
    if (strcmp(argv[1], "__complete") == 0) {
        ctl_complete(argc - 2, argv + 2, stdout);
        return CTL_OK;
    }
    if (asks_help(argv[1]))
        return run_help(argc - 2, argv + 2);
    const struct ctl_noun *noun = find_noun(argv[1]);
    if (noun == NULL)
        return unrecognized_noun(argv[1]);
    return run_noun(noun, argc - 2, argv + 2, environment);
}
