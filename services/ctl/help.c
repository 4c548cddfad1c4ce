/* Help, printed from the command tables. */
#include "help.h"

#include "butler_verb.h"
#include "commands.h"

#include "base/alloc.h"

#include <string.h>

void ctl_help_all(FILE *out)
{
    fprintf(out, "calbus: build, verify, certify and distribute a camera's calibrations\n\n"
                 "Examples:\n"
                 "  calbus up                     start the suite\n"
                 "  calbus status                 what runs, and where\n"
                 "  eval \"$(calbus env)\"          put butler, bps and the other drop-ins on PATH\n"
                 "  calbus summary                what was built, verified, certified and distributed\n\n"
                 "Commands (calbus COMMAND --help tells more):\n");
    for (size_t i = 0; i < ctl_nouns_count; i++)
        if (!ctl_nouns[i]->hidden)
            fprintf(out, "  %-12s  %s\n", ctl_nouns[i]->name, ctl_nouns[i]->summary);
}

static void print_lines(const char *lines, FILE *out)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        fprintf(out, "  %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void ctl_help_noun(const struct ctl_noun *noun, FILE *out)
{
    if (noun->verbs[0].name == NULL) {
        ctl_help_verb(noun, &noun->verbs[0], out);
        return;
    }
    fprintf(out, "%s\n\nExamples:\n", noun->summary);
    for (const struct ctl_verb *verb = noun->verbs; verb->run != NULL; verb++)
        if (!verb->hidden)
            print_lines(verb->examples, out);
    fprintf(out, "\nVerbs (calbus %s VERB --help tells more):\n", noun->name);
    for (const struct ctl_verb *verb = noun->verbs; verb->run != NULL; verb++)
        if (!verb->hidden)
            fprintf(out, "  %-12s %-16s %s\n", verb->name, verb->words, verb->summary);
}

static bool has_flag(const struct ctl_flag *flags, const char *name)
{
    for (; flags != NULL && flags->name != NULL; flags++)
        if (strcmp(flags->name, name) == 0)
            return true;
    return false;
}

/* but: flags that are told elsewhere */
static void print_flags(const struct ctl_flag *flags, const struct ctl_flag *but, FILE *out)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        char left[64];
        if (has_flag(but, flags->name))
            continue;
        snprintf(left, sizeof left, "--%s%s%s", flags->name, flags->value == NULL ? "" : " ",
                 flags->value == NULL ? "" : flags->value);
        if (flags->letter != 0)
            fprintf(out, "  -%c, %-26s  %s\n", flags->letter, left, flags->help);
        else
            fprintf(out, "      %-26s  %s\n", left, flags->help);
    }
}

void ctl_help_verb(const struct ctl_noun *noun, const struct ctl_verb *verb, FILE *out)
{
    const char *name = verb->name == NULL ? "" : verb->name;
    cb_auto(cb_free) struct ctl_flag *own = verb->butler != NULL ? ctl_butler_flags(verb->butler) : NULL;
    const struct ctl_flag *flags = own != NULL ? own : verb->flags;
    fprintf(out, "%s\n\nExamples:\n", verb->summary);
    print_lines(verb->examples, out);
    fprintf(out, "\nUsage: calbus %s%s%s [FLAG]...%s%s\n", noun->name, *name == '\0' ? "" : " ", name,
            *verb->words == '\0' ? "" : " ", verb->words);
    if (flags != NULL && flags->name != NULL) {
        fputs("\nFlags:\n", out);
        print_flags(flags, NULL, out);
    }
    fputs("\nFlags of every command:\n", out);
    print_flags(ctl_common_flags, flags, out);
}
