/* A command of the drop-in `butler` as a verb of calbus. */
#include "butler_verb.h"

#include "butler_output.h"
#include "butler_say.h"
#include "sites_setup.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    enum ctl_flag_kind kind;
    const char *value;
} flag_kinds[] = {
    [BUTLER_FLAG] = { CTL_FLAG_BOOL, NULL },
    [BUTLER_TEXT] = { CTL_FLAG_TEXT, "TEXT" },
    [BUTLER_INT] = { CTL_FLAG_INT, "N" },
    [BUTLER_LIST] = { CTL_FLAG_LIST, "TEXT,..." },
};

/* "REPO GLOB..." works on a repository; "REPO" alone makes one. */
static bool takes_repository(const struct butler_command *command)
{
    return strncmp(command->words, "REPO ", 5) == 0;
}

struct ctl_flag *ctl_butler_flags(const struct butler_command *command)
{
    size_t n = 0, used = 0;
    while (command->options != NULL && command->options[n].name != NULL)
        n++;
    struct ctl_flag *flags = cb_xalloc_array(n + 2, sizeof *flags);
    if (takes_repository(command))
        flags[used++] =
            (struct ctl_flag){ "repo", 'r', CTL_FLAG_TEXT, "REPO",
                               "Repository: label, folder or butler.yaml; /repo/main unless given." };
    for (size_t i = 0; i < n; i++) {
        const struct butler_option *option = &command->options[i];
        flags[used++] = (struct ctl_flag){ option->name, option->letter, flag_kinds[option->kind].kind,
                                           flag_kinds[option->kind].value, option->help };
    }
    return flags;
}

static const struct butler_option *option_of(const struct butler_command *command, const char *name)
{
    for (const struct butler_option *o = command->options; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

static void add_given(struct butler_args *args, const struct butler_option *option, const char *text)
{
    args->given[args->n_given].option = option;
    args->given[args->n_given].text = text;
    args->n_given++;
}

/* Flags that only calbus has are not handed on; --yes answers the question before something is removed. */
static void hand_on(const struct ctl *ctl, struct butler_args *args)
{
    args->words = cb_xalloc_array(ctl->args.n_words + 2, sizeof *args->words);
    args->given = cb_xalloc_array(ctl->args.n_given + 2, sizeof *args->given);
    if (takes_repository(ctl->butler))
        args->words[args->n_words++] = (char *)ctl_args_text(&ctl->args, "repo", "/repo/main");
    for (size_t i = 0; i < ctl->args.n_words; i++)
        args->words[args->n_words++] = ctl->args.words[i];
    for (size_t i = 0; i < ctl->args.n_given; i++) {
        const struct ctl_given *given = &ctl->args.given[i];
        const struct butler_option *option = option_of(ctl->butler, given->flag->name);
        if (option != NULL)
            add_given(args, option, given->text);
    }
    const struct butler_option *unasked = option_of(ctl->butler, "no-confirm");
    if (unasked != NULL && ctl_args_has(&ctl->args, "yes"))
        add_given(args, unasked, NULL);
}

/* What the command says in sentences goes to stderr, so that stdout holds the document alone. */
static bool run_into(struct ctl *ctl, const struct butler_args *args, struct butler_output *output,
                     struct cb_error *err)
{
    fflush(stdout);
    int document = dup(STDOUT_FILENO);
    if (document < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot turn stdout: %s", strerror(errno));
    bool done = ctl->butler->run(args, err);
    fflush(stdout);
    bool back = dup2(document, STDOUT_FILENO) >= 0;
    close(document);
    if (!back)
        return cb_fail(err, CB_ERR_FATAL, "cannot turn stdout back: %s", strerror(errno));
    return done && butler_output_end(output, ctl->out, err);
}

static void add_table(void *self, const struct butler_table *table)
{
    butler_output_add(self, table);
}

static bool run_for_programs(struct ctl *ctl, const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_free) char *schema = cb_xasprintf("calbus.%s.%s.v1", ctl->noun, ctl->verb);
    struct butler_output output;
    butler_output_begin(&output, &ctl->args, schema);
    butler_table_divert(add_table, &output);
    bool done = run_into(ctl, args, &output, err);
    butler_table_divert(NULL, NULL);
    butler_output_done(&output);
    return done;
}

bool ctl_run_butler(struct ctl *ctl, struct cb_error *err)
{
    struct butler_args args = { 0 };
    cb_auto(cb_free) char *index = ctl_repository_index(&ctl->layout);
    setenv("DAF_BUTLER_REPOSITORY_INDEX", index, 0);
    hand_on(ctl, &args);
    butler_say_command("calbus", ctl->butler->name);
    butler_say_quietly(ctl_args_has(&ctl->args, "quiet"));
    if (!butler_args_check(&args, err)) {
        butler_args_done(&args);
        ctl->exit = CTL_USAGE;
        return false;
    }
    bool for_programs = ctl_args_has(&ctl->args, "json") || ctl_args_has(&ctl->args, "plain");
    bool done = for_programs ? run_for_programs(ctl, &args, err) : ctl->butler->run(&args, err);
    butler_args_done(&args);
    return done;
}
