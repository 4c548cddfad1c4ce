/* calbus calib recertify and history: validity ranges that are changed, and what became of them. */
#include "calib_verbs.h"

#include "ask.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "domain/timespan.h"
#include "io/clock.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

const struct ctl_flag ctl_recertify_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "detector", 0, CTL_FLAG_INT, "N", "Only this detector; all unless given." },
    { "filter", 0, CTL_FLAG_TEXT, "FILTER", "Only this physical filter; all unless given." },
    { "at", 0, CTL_FLAG_TEXT, "DATE",
      "Only ranges that hold then; needed where a detector has several in the collection." },
    { "begin-date", 0, CTL_FLAG_TEXT, "DATE",
      "New start, ISO 8601 in TAI, or \"none\" for unbounded; as it is unless given." },
    { "end-date", 0, CTL_FLAG_TEXT, "DATE",
      "New end (exclusive), ISO 8601 in TAI, or \"none\" for open; as it is unless given." },
    { "move-neighbours", 0, CTL_FLAG_BOOL, NULL,
      "What adjoins the old range, or is in the way of the new one, ends or begins where the new one does." },
    { "successor", 0, CTL_FLAG_TEXT, "COLLECTION",
      "With --end-date: the ranges of that collection begin where these end, in the same step." },
    { "taxicab", 0, CTL_FLAG_TEXT, "TICKET",
      "Put it before the board under this ticket; it is done when the board accepts." },
    { "reason", 'm', CTL_FLAG_TEXT, "TEXT", "Why; goes into the history. Required." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

/* A date, or "none" where that stands for a bound; the flag may be absent. */
static bool read_date(struct ctl *ctl, const char *flag, int64_t none_ns, int64_t *ret_ns, bool *ret_given,
                      struct cb_error *err)
{
    const char *text = ctl_args_text(&ctl->args, flag, NULL);
    *ret_given = text != NULL;
    if (text != NULL && none_ns >= 0 && strcmp(text, "none") == 0) {
        *ret_ns = none_ns;
        return true;
    }
    if (text == NULL || cb_timespan_parse_date(text, ret_ns, err))
        return true;
    ctl->exit = CTL_USAGE;
    return cb_context(err, "--%s", flag);
}

enum { NO_SUCH_WORD = -1 }; /* "none" is not taken */

static bool read_choice(struct ctl *ctl, Calbus__V1__RecertificationRequested *requested,
                        struct cb_error *err)
{
    bool at, begin, end;
    if (!read_date(ctl, "at", NO_SUCH_WORD, &requested->at_tai_ns, &at, err) ||
        !read_date(ctl, "begin-date", CB_TIMESPAN_MIN_NS, &requested->begin_tai_ns, &begin, err) ||
        !read_date(ctl, "end-date", CB_TIMESPAN_MAX_NS, &requested->end_tai_ns, &end, err))
        return false;
    if (!begin && !end)
        return ctl_refuse(ctl, CTL_USAGE, err, "--begin-date or --end-date is required");
    if (at)
        requested->at_case = CALBUS__V1__RECERTIFICATION_REQUESTED__AT_AT_TAI_NS;
    if (begin)
        requested->begin_case = CALBUS__V1__RECERTIFICATION_REQUESTED__BEGIN_BEGIN_TAI_NS;
    if (end)
        requested->end_case = CALBUS__V1__RECERTIFICATION_REQUESTED__END_END_TAI_NS;
    if (ctl_args_has(&ctl->args, "detector")) {
        requested->detector_choice_case = CALBUS__V1__RECERTIFICATION_REQUESTED__DETECTOR_CHOICE_DETECTOR;
        requested->detector = ctl_args_int(&ctl->args, "detector", 0);
    }
    return true;
}

bool ctl_ask_recertification(struct ctl *ctl, Calbus__V1__RecertificationRequested *requested,
                             char **ret_result, struct cb_error *err)
{
    requested->repository = (char *)ctl_repository(ctl);
    requested->collection = (char *)ctl_word(ctl, 0);
    requested->dataset_type = (char *)ctl_word(ctl, 1);
    requested->physical_filter = (char *)ctl_args_text(&ctl->args, "filter", "");
    requested->taxicab_ticket = (char *)ctl_args_text(&ctl->args, "taxicab", "");
    requested->by = (char *)ctl_person(ctl);
    requested->reason = (char *)ctl_args_text(&ctl->args, "reason", "");
    if (requested->reason[0] == '\0')
        return ctl_refuse(ctl, CTL_USAGE, err, "--reason is required: it goes into the history");
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_RECERTIFICATION_REQUESTED;
    wrapper.recertification_requested = requested;
    const struct cb_outgoing outgoing = { .type = "recertification.requested", .key = requested->collection };
    if (!ctl_ask(ctl, "certifier", requested->request_id, &outgoing, &wrapper.base, ret_result, err))
        return false;
    if (requested->taxicab_ticket[0] != '\0')
        ctl_say(ctl, "next: calbus approval accept %s", requested->taxicab_ticket);
    else
        ctl_say(ctl, "what changed: calbus calib history %s", requested->collection);
    return true;
}

bool ctl_calib_recertify(struct ctl *ctl, struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE];
    cb_auto(cb_free) char *result = NULL;
    Calbus__V1__RecertificationRequested requested = CALBUS__V1__RECERTIFICATION_REQUESTED__INIT;
    cb_uuid_new_text(id);
    requested.request_id = id;
    requested.move_neighbours = ctl_args_has(&ctl->args, "move-neighbours");
    requested.successor = (char *)ctl_args_text(&ctl->args, "successor", "");
    return read_choice(ctl, &requested, err) && ctl_ask_recertification(ctl, &requested, &result, err) &&
           ctl_print_answer(ctl, result, err);
}

static const struct ctl_column history_columns[] = {
    { "seq", "SEQ", CTL_COL_NUMBER },
    { "at", "AT (UTC)", CTL_COL_TEXT },
    { "by", "WHO", CTL_COL_TEXT },
    { "repository", NULL, CTL_COL_TEXT },
    { "collection", "COLLECTION", CTL_COL_TEXT },
    { "dataset_type", "TYPE", CTL_COL_TEXT },
    { "detector", "DETECTOR", CTL_COL_NUMBER },
    { "physical_filter", "FILTER", CTL_COL_TEXT },
    { "old_range", "WAS (TAI)", CTL_COL_TEXT },
    { "new_range", "IS (TAI)", CTL_COL_TEXT },
    { "reason", "WHY", CTL_COL_TEXT },
    { "dataset_id", NULL, CTL_COL_TEXT },
    { "taxicab_ticket", "CONSENT", CTL_COL_TEXT }, /* empty where none was needed */
    { "proposal_id", NULL, CTL_COL_TEXT },
    { "hash", NULL, CTL_COL_TEXT },
    { .key = NULL },
};
enum {
    HISTORY_COLUMNS = sizeof history_columns / sizeof history_columns[0] - 1,
    OLD_RANGE = 8,
    NEW_RANGE = 9
};

/* Ranges one a line as the database lists them: "[a, b) and [c, d)"; "nothing". */
static bool put_ranges(const char *lines, struct cb_bytes *text, struct cb_error *err)
{
    while (*lines != '\0') {
        struct cb_timespan span;
        char one[CB_TIMESPAN_TEXT_SIZE], iso[CB_TIMESPAN_ISO_SIZE];
        size_t length = strcspn(lines, "\n");
        snprintf(one, sizeof one, "%.*s", (int)length, lines);
        if (!cb_timespan_parse(one, &span, err))
            return false;
        cb_timespan_format_iso(span, iso);
        cb_bytes_printf(text, "%s%s", text->size > 0 ? " and " : "", iso);
        lines += length + (lines[length] == '\n');
    }
    if (text->size == 0)
        cb_bytes_puts(text, "nothing");
    return true;
}

static bool add_line(struct ctl_table *table, const struct cb_rows *rows, size_t row, struct cb_error *err)
{
    const char *cells[HISTORY_COLUMNS];
    cb_auto_bytes struct cb_bytes was = CB_BYTES(1000), is = CB_BYTES(1000);
    for (size_t i = 0; i < HISTORY_COLUMNS; i++)
        cells[i] = cb_rows_text(rows, row, i);
    if (!put_ranges(cells[OLD_RANGE], &was, err) || !put_ranges(cells[NEW_RANGE], &is, err))
        return false;
    cells[OLD_RANGE] = cb_bytes_text(&was);
    cells[NEW_RANGE] = cb_bytes_text(&is);
    ctl_table_add(table, cells);
    return true;
}

bool ctl_calib_history(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    const char *collection = ctl_word(ctl, 0);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(ctl_table_free) struct ctl_table *table =
        ctl_table_new("calbus.calib.history.v1", history_columns);
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_db_run(db, sql_list_recertifications,
                   CB_P(collection != NULL ? cb_p_text(collection) : cb_p_null()), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!add_line(table, rows, i, err))
            return false;
    return ctl_print(ctl, table, err);
}
