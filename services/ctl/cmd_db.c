/* calbus db: the suite's database. */
#include "cluster.h"
#include "commands.h"
#include "database.h"

#include "base/alloc.h"

static bool migrate(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db = NULL;
    int applied = 0;
    if (!ctl_db_of(ctl, &db, err) || !ctl_database_migrate(ctl, db, &applied, err))
        return false;
    if (applied == 0)
        ctl_say(ctl, "the database is up to date");
    else
        ctl_say(ctl, "%d migration%s applied", applied, applied == 1 ? "" : "s");
    return true;
}

static bool uri(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    cb_auto(cb_free) char *text = ctl_cluster_uri(&ctl->layout, settings->common.db_uri);
    if (text == NULL) {
        ctl_hint(ctl, "Start the suite with calbus up.");
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there is no database under \"%s\" yet", ctl->layout.home);
    }
    return ctl_print_one(ctl, "uri", text, err);
}

static bool status(struct ctl *ctl, struct cb_error *err)
{
    static const struct ctl_column columns[] = {
        { "name", "MIGRATION", CTL_COL_TEXT },
        { "applied", "APPLIED (UTC)", CTL_COL_TEXT },
        { NULL, NULL, CTL_COL_TEXT },
    };
    return ctl_print_query(ctl, "calbus.db.status.v1", columns,
                           "SELECT name, to_char(applied AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
                           " FROM calbus.migration ORDER BY name",
                           CB_P0, err);
}

static const struct ctl_verb verbs[] = {
    { .name = "migrate",
      .words = "",
      .summary = "Apply the migrations that are missing.",
      .examples = "calbus db migrate",
      .run = migrate },
    { .name = "status",
      .words = "",
      .summary = "Print the migrations that are applied.",
      .examples = "calbus db status",
      .run = status },
    { .name = "uri",
      .words = "",
      .summary = "Print the database's address.",
      .examples = "psql \"$(calbus db uri)\"",
      .run = uri },
    { .run = NULL },
};
const struct ctl_noun noun_db = { "db", "The suite's database.", verbs, false };
