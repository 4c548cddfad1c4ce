/* calbus calib decertify: a range is taken out of what is certified, with its history where a suite keeps
 * one. */
#include "calib_question.h"
#include "calib_verbs.h"

#include "ask.h"
#include "base/alloc.h"
#include "butler/datasets.h"
#include "butler/home.h"
#include "domain/timespan.h"
#include "io/clock.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

const struct ctl_flag ctl_decertify_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "begin-date", 0, CTL_FLAG_TEXT, "DATE",
      "Start of what is taken out, ISO 8601 in TAI; unbounded unless given." },
    { "end-date", 0, CTL_FLAG_TEXT, "DATE", "End of it (exclusive); unbounded unless given." },
    { "instrument", 'i', CTL_FLAG_TEXT, "INSTRUMENT", "With --detectors: whose they are." },
    { "detectors", 'd', CTL_FLAG_LIST, "NUMBERS",
      "Only these detectors, by number or name (4,R22_S12); all unless given." },
    { "filter", 0, CTL_FLAG_TEXT, "FILTER", "With --detectors: their physical filter, for flats." },
    { "taxicab", 0, CTL_FLAG_TEXT, "TICKET",
      "Put it before the board under this ticket; it is done when the board accepts." },
    { "reason", 'm', CTL_FLAG_TEXT, "TEXT", "Why; goes into the history. Required where a suite keeps one." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

/* The data IDs that --detectors means, to be freed; NULL when all are meant. */
static bool read_detectors(struct ctl *ctl, struct cb_data_id **ret_ids, size_t *ret_n, struct cb_error *err)
{
    const char *instrument = ctl_args_text(&ctl->args, "instrument", NULL);
    const char *filter = ctl_args_text(&ctl->args, "filter", NULL);
    if (ctl_args_has(&ctl->args, "detectors") != (instrument != NULL))
        return ctl_refuse(ctl, CTL_USAGE, err, "--instrument and --detectors go together");
    if (filter != NULL && instrument == NULL)
        return ctl_refuse(ctl, CTL_USAGE, err, "--filter needs --instrument and --detectors");
    cb_auto(cb_free) struct cb_data_id *ids = NULL;
    size_t n = 0;
    for (;; n++) {
        cb_auto(cb_free) char *detector = ctl_args_item(&ctl->args, "detectors", n);
        if (detector == NULL)
            break;
        ids = cb_xrealloc_array(ids, n + 1, sizeof *ids);
        ids[n] = (struct cb_data_id){ 0 };
        if (!cb_data_id_set(&ids[n], CB_INSTRUMENT, instrument, err) ||
            !calib_question_detector(ctl, detector, &ids[n], err) ||
            (filter != NULL && !cb_data_id_set(&ids[n], CB_PHYSICAL_FILTER, filter, err)))
            return false;
    }
    *ret_ids = cb_steal(ids);
    *ret_n = n;
    return true;
}

static bool read_range(struct ctl *ctl, struct cb_timespan *ret_range, struct cb_error *err)
{
    const char *begin_text = ctl_args_text(&ctl->args, "begin-date", NULL);
    const char *end_text = ctl_args_text(&ctl->args, "end-date", NULL);
    int64_t begin = CB_TIMESPAN_MIN_NS, end = CB_TIMESPAN_MAX_NS;
    bool ok = (begin_text == NULL || cb_timespan_parse_date(begin_text, &begin, err)) &&
              (end_text == NULL || cb_timespan_parse_date(end_text, &end, err)) &&
              cb_timespan_validity(begin, end, ret_range, err);
    if (!ok)
        ctl->exit = CTL_USAGE;
    return ok;
}

/* What is to be taken out: COLLECTION TYPE and flags. */
struct withdrawal {
    struct cb_timespan range;
    struct cb_data_id *ids; /* NULL: all */
    size_t n;
};

static bool tell(struct ctl *ctl, const struct withdrawal *job, const char *count, struct cb_error *err)
{
    char text[CB_TIMESPAN_ISO_SIZE];
    cb_timespan_format_iso(job->range, text);
    ctl_say(ctl, "took %s out of the validity of %s %s in %s", text, count, ctl_word(ctl, 1),
            ctl_word(ctl, 0));
    return ctl_print_one(ctl, "certifications", count, err);
}

/* A repository without a suite has neither board nor history. */
static bool decertify_here(struct ctl *ctl, struct cb_db *db, const struct withdrawal *job,
                           struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    size_t count = 0;
    char number[24];
    if (!cb_repo_open_home(index, ctl_repository(ctl), db, &repo, err) ||
        !cb_decertify(repo, ctl_word(ctl, 0), ctl_word(ctl, 1), job->range, job->ids, job->n, &count, err))
        return false;
    if (count == 0)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "no %s is certified in %s in that range", ctl_word(ctl, 1),
                          ctl_word(ctl, 0));
    snprintf(number, sizeof number, "%zu", count);
    return tell(ctl, job, number, err);
}

/* A proposal changes nothing yet: its answer is what there is to tell. */
static bool tell_answer(struct ctl *ctl, struct cb_db *db, const struct withdrawal *job,
                        const Calbus__V1__RecertificationRequested *requested, const char *result,
                        struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (requested->taxicab_ticket[0] != '\0' || ctl_args_has(&ctl->args, "no-wait"))
        return ctl_print_one(ctl, "result", result, err);
    return cb_db_run(db, sql_count_recertified, CB_P(cb_p_text(requested->request_id)), &rows, err) &&
           tell(ctl, job, cb_rows_text(rows, 0, 0), err);
}

static bool decertify_by_certifier(struct ctl *ctl, struct cb_db *db, const struct withdrawal *job,
                                   struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE];
    cb_auto(cb_free) char *result = NULL;
    cb_auto(cb_free) int64_t *detectors = cb_xalloc_array(job->n + 1, sizeof *detectors);
    Calbus__V1__RecertificationRequested requested = CALBUS__V1__RECERTIFICATION_REQUESTED__INIT;
    cb_uuid_new_text(id);
    requested.request_id = id;
    requested.action = (char *)"decertify";
    requested.begin_case = CALBUS__V1__RECERTIFICATION_REQUESTED__BEGIN_BEGIN_TAI_NS;
    requested.begin_tai_ns = job->range.begin_ns;
    requested.end_case = CALBUS__V1__RECERTIFICATION_REQUESTED__END_END_TAI_NS;
    requested.end_tai_ns = job->range.end_ns;
    requested.instrument = (char *)ctl_args_text(&ctl->args, "instrument", "");
    for (size_t i = 0; i < job->n; i++)
        detectors[i] = job->ids[i].number[CB_DETECTOR];
    requested.detectors = detectors;
    requested.n_detectors = job->n;
    return ctl_ask_recertification(ctl, &requested, &result, err) &&
           tell_answer(ctl, db, job, &requested, result, err);
}

bool ctl_calib_decertify(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    struct withdrawal job = { .ids = NULL };
    cb_auto(cb_rows_free) struct cb_rows *suite = NULL;
    bool ok = read_range(ctl, &job.range, err) && read_detectors(ctl, &job.ids, &job.n, err) &&
              ctl_db_of(ctl, &db, err) && cb_db_run(db, sql_has_suite, CB_P0, &suite, err) &&
              (cb_rows_bool(suite, 0, 0) ? decertify_by_certifier(ctl, db, &job, err)
                                         : decertify_here(ctl, db, &job, err));
    free(job.ids);
    return ok;
}
