/* calbus version: the release, the commit, and the libraries it runs with. */
#include "commands.h"

#include "io/libraries.h"

static bool version(struct ctl *ctl, struct cb_error *err)
{
    (void)err;
    char libraries[256];
    cb_io_libraries(libraries, sizeof libraries);
    fprintf(ctl->out, "calbus " CALBUS_VERSION "%s%s%s %s\n", *CALBUS_GIT == '\0' ? "" : " (git ", CALBUS_GIT,
            *CALBUS_GIT == '\0' ? "" : ")", libraries);
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
