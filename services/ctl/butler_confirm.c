/* Asking before something is removed. */
#include "butler_confirm.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool butler_asks_first(const struct butler_args *args)
{
    for (size_t i = args->n_given; i-- > 0;) {
        const char *given = args->given[i].option->name;
        if (strcmp(given, "confirm") == 0 || strcmp(given, "no-confirm") == 0)
            return given[0] == 'c';
    }
    return true;
}

static const struct {
    const char *word;
    bool yes;
} answers[] = { { "y", true }, { "yes", true }, { "n", false }, { "no", false }, { "", false } };

static bool read_answer(const char *line, bool *ret_yes)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcasecmp(answers[i].word, line) == 0) {
            *ret_yes = answers[i].yes;
            return true;
        }
    return false;
}

bool butler_confirm(bool *ret_yes, struct cb_error *err)
{
    cb_auto(cb_free) char *line = NULL;
    size_t size = 0;
    for (;;) {
        fputs("Continue? [y/N]: ", stdout);
        fflush(stdout);
        if (getline(&line, &size, stdin) < 0)
            return cb_fail(err, CB_ERR_INVALID, "Aborted!");
        line[strcspn(line, "\r\n")] = '\0';
        if (read_answer(line, ret_yes))
            return true;
        fputs("Error: invalid input\n", stdout);
    }
}
