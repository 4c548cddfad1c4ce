/* calbus version: the release, the commit, and the libraries it runs with. */
#include "commands.h"

#include "io/libraries.h"
#include "service/version.h"

static const struct ctl_column columns[] = {
    { "version", NULL, CTL_COL_TEXT },
    { "git", NULL, CTL_COL_TEXT },
    { "libraries", NULL, CTL_COL_TEXT },
    { .key = NULL },
};

static bool version(struct ctl *ctl, struct cb_error *err)
{
    char libraries[256];
    cb_io_libraries(libraries, sizeof libraries);
    if (ctl_args_has(&ctl->args, "json")) {
        cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.version.v1", columns);
        ctl_table_add(table, (const char *const[]){ CB_VERSION, *CB_GIT == '\0' ? NULL : CB_GIT, libraries });
        return ctl_print(ctl, table, err);
    }
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
