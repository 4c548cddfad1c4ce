/* calbus completion: scripts by which a shell completes commands and flags. */
#include "butler_verb.h"
#include "commands.h"

#include "base/alloc.h"

#include <string.h>

static const char bash_script[] =
    "_calbus() {\n"
    "    local IFS=$'\\n'\n"
    "    COMPREPLY=($(compgen -W \"$(calbus __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\" -- "
    "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
    "}\n"
    "complete -o default -F _calbus calbus\n";
static const char zsh_script[] =
    "#compdef calbus\n"
    "_calbus() {\n"
    "    local -a found\n"
    "    found=(${(f)\"$(calbus __complete ${words[2,CURRENT]} 2>/dev/null)\"})\n"
    "    compadd -a found\n"
    "}\n"
    "compdef _calbus calbus\n";
static const char fish_script[] =
    "complete -c calbus -f -a '(calbus __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'\n";

static bool completion(struct ctl *ctl, struct cb_error *err)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = { { "bash", bash_script }, { "zsh", zsh_script }, { "fish", fish_script } };
    for (size_t i = 0; i < 3; i++)
        if (strcmp(scripts[i].shell, ctl_word(ctl, 0)) == 0) {
            fputs(scripts[i].script, ctl->out);
            return true;
        }
    return ctl_refuse(ctl, CTL_USAGE, err, "no completion for shell \"%s\"; there are bash, zsh and fish",
                      ctl_word(ctl, 0));
}

static const struct ctl_verb completion_verbs[] = {
    { .name = NULL,
      .words = "bash|zsh|fish",
      .summary = "Print the completion script of a shell.",
      .examples = "eval \"$(calbus completion bash)\"",
      .least = 1,
      .most = 1,
      .run = completion },
    { .run = NULL },
};
const struct ctl_noun noun_completion = { "completion", "Print the completion script of a shell.",
                                          completion_verbs, false };

/* ---- the words that fit ---- */

static const struct ctl_noun *find_noun(const char *name)
{
    for (size_t i = 0; i < ctl_nouns_count; i++)
        if (strcmp(ctl_nouns[i]->name, name) == 0)
            return ctl_nouns[i];
    return NULL;
}

static const struct ctl_verb *find_verb(const struct ctl_noun *noun, const char *name)
{
    if (noun->verbs[0].program != NULL)
        return NULL;
    if (noun->verbs[0].name == NULL)
        return &noun->verbs[0];
    for (const struct ctl_verb *verb = noun->verbs; verb->run != NULL; verb++)
        if (name != NULL && strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static void print_nouns(FILE *out)
{
    for (size_t i = 0; i < ctl_nouns_count; i++)
        if (!ctl_nouns[i]->hidden)
            fprintf(out, "%s\n", ctl_nouns[i]->name);
}

static void print_verbs(const struct ctl_noun *noun, FILE *out)
{
    for (const struct ctl_verb *verb = noun->verbs; verb->run != NULL; verb++)
        if (verb->name != NULL && !verb->hidden)
            fprintf(out, "%s\n", verb->name);
}

static void print_flags(const struct ctl_flag *flags, FILE *out)
{
    for (; flags != NULL && flags->name != NULL; flags++)
        fprintf(out, "--%s\n", flags->name);
}

/* The words behind "calbus" up to and with the one that is being typed. They come unread, so that flags among
 * them are not taken for ours. */
void ctl_complete(int argc, char **argv, FILE *out)
{
    const struct ctl_noun *noun = argc > 1 ? find_noun(argv[0]) : NULL;
    if (argc <= 1) {
        print_nouns(out);
        return;
    }
    const struct ctl_verb *verb = noun == NULL ? NULL : find_verb(noun, argc > 2 ? argv[1] : NULL);
    if (noun != NULL && noun->verbs[0].program == NULL && verb == NULL)
        print_verbs(noun, out);
    if (verb == NULL)
        return;
    cb_auto(cb_free) struct ctl_flag *own = verb->butler != NULL ? ctl_butler_flags(verb->butler) : NULL;
    print_flags(own != NULL ? own : verb->flags, out);
    print_flags(ctl_common_flags, out);
}
