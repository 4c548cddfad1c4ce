/* calbus version: the release, the commit, and the libraries it runs with. */
#include "commands.h"

#include "io/libraries.h"
#include "service/version.h"

static bool version(struct ctl *ctl, struct cb_error *err)
{
    (void)err;
    char libraries[256];
    cb_io_libraries(libraries, sizeof libraries);
    fprintf(ctl->out, "calbus " CB_VERSION "%s%s%s %s\n", *CB_GIT == '\0' ? "" : " (git ", CB_GIT,
            *CB_GIT == '\0' ? "" : ")", libraries);
    return true;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Print the version.",
      .examples = "calbus version",
      .run = version },
    { .run = NULL },
};
const struct ctl_noun noun_version = { "version", "Print the version.", verbs, false };
