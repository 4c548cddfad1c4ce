/* calbus summary: what was ingested, built, verified, certified and distributed, and which alarms are open.
 */
#include "commands.h"
#include "sql.h"

#include "base/bytes.h"
#include "base/json.h"

static const struct ctl_flag flags[] = {
    { "note", 0, CTL_FLAG_TEXT, "TEXT", "Add this to the first line, behind the detectors." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

/* The parts of the summary, in their order; some ask for the site. */
static const struct part {
    const char *sql;
    bool of_site;
} parts[] = {
    { sql_summary_ingested, true },   { sql_summary_built, false },       { sql_summary_verified, false },
    { sql_summary_certified, false }, { sql_summary_distributed, false }, { sql_summary_daily, false },
    { sql_summary_alarms, false },
};

static const struct ctl_column columns[] = {
    { "section", "SECTION", CTL_COL_TEXT },
    { "subject", "SUBJECT", CTL_COL_TEXT },
    { "text", "TEXT", CTL_COL_TEXT },
    { NULL, NULL, CTL_COL_TEXT },
};

static bool query(struct cb_db *db, const struct part *part, const char *site, struct cb_rows **ret_rows,
                  struct cb_error *err)
{
    if (part->of_site)
        return cb_db_run(db, part->sql, CB_P(cb_p_text(site)), ret_rows, err);
    return cb_db_run(db, part->sql, CB_P0, ret_rows, err);
}

static bool gather(struct cb_db *db, const char *site, struct ctl_table *table, struct cb_error *err)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!query(db, &parts[i], site, &rows, err))
            return false;
        for (size_t r = 0; r < cb_rows_count(rows); r++) {
            const char *cells[] = { cb_rows_text(rows, r, 0), cb_rows_text(rows, r, 1),
                                    cb_rows_text(rows, r, 2) };
            ctl_table_add(table, cells);
        }
    }
    return true;
}

/* A line for each row; the section's name only before its first. */
static bool print_for_people(struct ctl *ctl, struct cb_db *db, const char *site, const char *title,
                             struct cb_error *err)
{
    const char *note = ctl_args_text(&ctl->args, "note", NULL);
    fprintf(ctl->out, "%s%s%s\n\n", title, note == NULL ? "" : " ", note == NULL ? "" : note);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!query(db, &parts[i], site, &rows, err))
            return false;
        for (size_t r = 0; r < cb_rows_count(rows); r++) {
            const char *subject = cb_rows_text(rows, r, 1);
            fprintf(ctl->out, "  %-13s%s%s%s\n", r == 0 ? cb_rows_text(rows, r, 0) : "", subject,
                    *subject == '\0' ? "" : "       ", cb_rows_text(rows, r, 2));
        }
    }
    return true;
}

static bool summary(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err))
        return false;
    const char *site = ctl->settings.common.site;
    if (!cb_db_run(db, sql_summary_title, CB_P(cb_p_text(site)), &rows, err))
        return false;
    bool empty = cb_rows_count(rows) == 0;
    const char *title = empty ? "no exposures yet" : cb_rows_text(rows, 0, 1);
    if (!ctl_args_has(&ctl->args, "json") && !ctl_args_has(&ctl->args, "plain"))
        return print_for_people(ctl, db, site, title, err);
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.summary.v1", columns);
    cb_auto_bytes struct cb_bytes quoted = CB_BYTES(65536);
    cb_json_add_text(&quoted, title, false);
    ctl_table_extra(table, "title", cb_bytes_text(&quoted));
    return gather(db, site, table, err) && ctl_print(ctl, table, err);
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary =
          "Print what was ingested, built, verified, certified and distributed, and which alarms are open.",
      .examples = "calbus summary\ncalbus summary --json",
      .flags = flags,
      .run = summary },
    { .run = NULL },
};
const struct ctl_noun noun_summary = { "summary", "Print what was built and where it is.", verbs, false };
