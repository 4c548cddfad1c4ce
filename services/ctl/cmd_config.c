/* calbus config: the settings and where they come from. */
#include "commands.h"

#include "base/cleanup.h"
#include "io/db_uri.h"

static const struct ctl_flag show_flags[] = {
    { "origin", 0, CTL_FLAG_BOOL, NULL, "Print where each value comes from." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

static const struct ctl_column plain[] = {
    { "setting", "SETTING", CTL_COL_TEXT }, { "value", "VALUE", CTL_COL_TEXT },
    { "origin", NULL, CTL_COL_TEXT },       { "help", NULL, CTL_COL_TEXT },
    { NULL, NULL, CTL_COL_TEXT },
};
static const struct ctl_column with_origin[] = {
    { "setting", "SETTING", CTL_COL_TEXT }, { "value", "VALUE", CTL_COL_TEXT },
    { "origin", "ORIGIN", CTL_COL_TEXT },   { "help", NULL, CTL_COL_TEXT },
    { NULL, NULL, CTL_COL_TEXT },
};

static void add(void *self, const struct cb_setting *setting, const char *value, const char *origin)
{
    char name[128];
    snprintf(name, sizeof name, "%s.%s", setting->section, setting->key);
    cb_auto(cb_free) char *shown = cb_db_uri_masked(value); /* a password in an address is not shown */
    const char *cells[] = { name, shown, origin, setting->help };
    ctl_table_add(self, cells);
}

static bool show(struct ctl *ctl, struct cb_error *err)
{
    cb_auto(ctl_table_free) struct ctl_table *table =
        ctl_table_new("calbus.config.show.v1", ctl_args_has(&ctl->args, "origin") ? with_origin : plain);
    return ctl_settings_tell(ctl, add, table, err) && ctl_print(ctl, table, err);
}

static bool check(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    ctl_say(ctl, "the settings are in order");
    return true;
}

static const struct ctl_verb verbs[] = {
    { .name = "show",
      .words = "",
      .summary = "Print every setting of the suite.",
      .examples = "calbus config show --origin",
      .flags = show_flags,
      .run = show },
    { .name = "check",
      .words = "",
      .summary = "Check the settings; exit 78 when one is wrong.",
      .examples = "calbus config check",
      .run = check },
    { .run = NULL },
};
const struct ctl_noun noun_config = { "config", "Print and check the settings.", verbs, false };
