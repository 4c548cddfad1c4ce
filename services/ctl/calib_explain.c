/* calbus calib explain: which calibration applies, and why not each of the others. */
#include "calib_explain_notes.h"
#include "calib_question.h"
#include "calib_verbs.h"

#include "base/alloc.h"
#include "butler/explain.h"
#include "butler/home.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct ctl_flag ctl_explain_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "collections", 0, CTL_FLAG_LIST, "NAMES", "Where to look, in order; INSTRUMENT/calib unless given." },
    { "all", 'a', CTL_FLAG_BOOL, NULL, "Tell of other detectors and filters, too." },
    { .name = NULL },
};

static const struct ctl_column columns[] = {
    { "reason", "REASON", CTL_COL_TEXT },
    { "collection", "COLLECTION", CTL_COL_TEXT },
    { "place", "PLACE", CTL_COL_NUMBER }, /* in the search path, from 1; absent: not searched */
    { "validity", "VALIDITY (TAI)", CTL_COL_TEXT },
    { "detector", "DETECTOR", CTL_COL_NUMBER },
    { "physical_filter", "FILTER", CTL_COL_TEXT },
    { "run", "RUN", CTL_COL_TEXT },
    { "dataset_id", NULL, CTL_COL_TEXT },
    { "path", NULL, CTL_COL_TEXT },
    { "why", "WHY", CTL_COL_TEXT },
    { .key = NULL },
};

/* "2 d 03:00:00"; less than a second is told as such. */
static void put_duration(struct cb_bytes *text, int64_t ns)
{
    const int64_t second = INT64_C(1000000000), day = 86400 * second;
    int64_t s = ns % day / second;
    if (ns < second)
        cb_bytes_puts(text, "less than a second");
    else
        cb_bytes_printf(text, "%lld d %02lld:%02lld:%02lld", (long long)(ns / day), (long long)(s / 3600),
                        (long long)(s / 60 % 60), (long long)(s % 60));
}

/* A range that lies after the time, or before it, and by how much. */
static void put_outside(struct cb_bytes *text, const struct cb_timespan validity,
                        const struct calib_question *asked)
{
    bool later = validity.begin_ns > asked->when.begin_ns;
    cb_bytes_puts(text, later ? "its range begins " : "its range ended ");
    if (!later && validity.end_ns == asked->when.begin_ns) {
        cb_bytes_printf(text, "at %s, which is in it no more", asked->time_text);
        return;
    }
    put_duration(text,
                 later ? validity.begin_ns - asked->when.begin_ns : asked->when.begin_ns - validity.end_ns);
    cb_bytes_printf(text, " %s %s", later ? "after" : "before", asked->time_text);
}

static void put_other_data_id(struct cb_bytes *text, const struct cb_dataset *dataset,
                              const struct calib_question *asked)
{
    bool detector = dataset->data_id.number[CB_DETECTOR] != asked->id.number[CB_DETECTOR];
    const char *filter = cb_data_id_text(&dataset->data_id, CB_PHYSICAL_FILTER);
    if (detector)
        cb_bytes_printf(text, "of another detector, %lld", (long long)dataset->data_id.number[CB_DETECTOR]);
    else
        cb_bytes_printf(text, "of another filter, %s", filter != NULL ? filter : "none");
}

/* The sentence of a reason, as the registry tells it. */
static void put_reason(struct cb_bytes *text, const struct cb_candidate *candidate,
                       const struct cb_explanation *explanation, const struct calib_question *asked)
{
    switch (candidate->why) {
    case CB_WHY_APPLIES:
        cb_bytes_puts(text, "the first collection of the path that has one for this time");
        return;
    case CB_WHY_AMBIGUOUS:
        cb_bytes_printf(text, "%s has more than one for this time: the butler refuses to choose",
                        explanation->first);
        return;
    case CB_WHY_SHADOWED:
        cb_bytes_printf(text, "%s comes first and has one", explanation->first);
        return;
    case CB_WHY_BEGINS_LATER:
    case CB_WHY_ENDED:
        put_outside(text, candidate->dataset->validity, asked);
        return;
    case CB_WHY_OTHER_DATA_ID:
        put_other_data_id(text, candidate->dataset, asked);
        return;
    case CB_WHY_NOT_SEARCHED:
        cb_bytes_printf(text, "its collection is not in %s%s", asked->path.item[0],
                        asked->path.count > 1 ? " or what else is searched" : "");
        return;
    case CB_WHY_NOT_CERTIFIED:
        cb_bytes_puts(text, "certified nowhere: it is only in its RUN");
    }
}

/* What the suite knows beside, and whether there is a file at all. */
static void put_notes(struct cb_bytes *text, const struct cb_candidate *candidate,
                      const struct explain_notes *notes)
{
    const struct cb_dataset *dataset = candidate->dataset;
    bool outside = candidate->why == CB_WHY_BEGINS_LATER || candidate->why == CB_WHY_ENDED;
    cb_auto(cb_free) char *change =
        outside ? explain_change_of(notes, dataset->id, dataset->collection) : NULL;
    cb_auto(cb_free) char *consent =
        candidate->why == CB_WHY_NOT_SEARCHED ? explain_consent(notes, dataset->collection) : NULL;
    if (change != NULL)
        cb_bytes_printf(text, "; it held then until it was %s", change);
    if (consent != NULL)
        cb_bytes_printf(text, "; %s", consent);
    if (dataset->path == NULL)
        cb_bytes_puts(text, "; no file of it is stored: pruned, or never put");
}

static void add_candidate(struct ctl_table *table, const struct cb_candidate *candidate,
                          const struct cb_explanation *explanation, const struct calib_question *asked,
                          const struct explain_notes *notes)
{
    const struct cb_dataset *dataset = candidate->dataset;
    char validity[CB_TIMESPAN_ISO_SIZE], detector[CB_DIMENSION_TEXT_SIZE], place[24];
    cb_auto_bytes struct cb_bytes why = CB_BYTES(4000);
    put_reason(&why, candidate, explanation, asked);
    put_notes(&why, candidate, notes);
    cb_timespan_format_iso(dataset->validity, validity);
    cb_data_id_value(&dataset->data_id, CB_DETECTOR, detector);
    snprintf(place, sizeof place, "%zu", candidate->place + 1);
    const char *const cells[] = { cb_why_name(candidate->why),
                                  dataset->collection,
                                  candidate->place != SIZE_MAX ? place : NULL,
                                  validity,
                                  detector,
                                  cb_data_id_text(&dataset->data_id, CB_PHYSICAL_FILTER),
                                  dataset->run,
                                  dataset->id,
                                  dataset->path,
                                  cb_bytes_text(&why) };
    ctl_table_add(table, cells);
}

/* What held at that time until it was taken out, and is certified there no more. */
static bool add_withdrawn(struct ctl_table *table, const struct explain_withdrawal *gone,
                          const struct explain_notes *notes, struct cb_error *err)
{
    struct cb_timespan span;
    char validity[CB_TIMESPAN_ISO_SIZE];
    if (!cb_timespan_parse(gone->old_range, &span, err))
        return false;
    cb_timespan_format_iso(span, validity);
    cb_auto(cb_free) char *change = explain_change_of(notes, gone->dataset_id, gone->collection);
    cb_auto(cb_free) char *why = cb_xasprintf("it held then until it was %s", change);
    const char *const cells[] = {
        "decertified",  gone->collection,
        NULL,           validity,
        gone->detector, gone->physical_filter[0] != '\0' ? gone->physical_filter : NULL,
        NULL,           gone->dataset_id,
        NULL,           why
    };
    ctl_table_add(table, cells);
    return true;
}

/* Those of other detectors are many and seldom asked for. */
static bool fill(struct ctl_table *table, const struct cb_explanation *explanation,
                 const struct calib_question *asked, const struct explain_notes *notes, bool all,
                 size_t *ret_left_out, struct cb_error *err)
{
    struct explain_withdrawal gone;
    *ret_left_out = 0;
    for (size_t i = 0; i < explanation->count; i++)
        if (all || explanation->item[i].why != CB_WHY_OTHER_DATA_ID)
            add_candidate(table, &explanation->item[i], explanation, asked, notes);
        else
            ++*ret_left_out;
    for (size_t i = 0; i < explain_withdrawals(notes); i++)
        if (explain_withdrawal_at(notes, i, explanation, &asked->id, &gone) &&
            !add_withdrawn(table, &gone, notes, err))
            return false;
    return true;
}

/* The verdict as exit status. */
static bool conclude(struct ctl *ctl, const struct cb_explanation *explanation,
                     const struct calib_question *asked, struct cb_error *err)
{
    if (explanation->first == NULL)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "no %s of detector %s holds at %s in %s%s", asked->type,
                          ctl_word(ctl, 1), asked->time_text, asked->path.item[0],
                          asked->path.count > 1 ? " or what else is searched" : "");
    if (explanation->item[0].why == CB_WHY_AMBIGUOUS)
        return ctl_refuse(ctl, CTL_REFUSED, err, "%s has more than one %s of detector %s for %s",
                          explanation->first, asked->type, ctl_word(ctl, 1), asked->time_text);
    return true;
}

static bool answer(struct ctl *ctl, struct calib_question *asked, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    cb_auto_explanation struct cb_explanation explanation = { 0 };
    auto_explain_notes struct explain_notes notes = { 0 };
    if (!ctl_db_of(ctl, &db, err) || !cb_repo_open_home(index, ctl_repository(ctl), db, &repo, err) ||
        !calib_question_fit(ctl, repo, asked, err) ||
        !cb_explain(repo, asked->type, &asked->id, (const char *const *)asked->path.item, asked->path.count,
                    asked->when, &explanation, err) ||
        !explain_notes_load(db, ctl_repository(ctl), asked->id.instrument, asked->type, asked->when.begin_ns,
                            &notes, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.calib.explain.v1", columns);
    size_t left_out;
    if (!fill(table, &explanation, asked, &notes, ctl_args_has(&ctl->args, "all"), &left_out, err) ||
        !ctl_print(ctl, table, err))
        return false;
    if (left_out > 0)
        ctl_say(ctl, "%zu of other detectors or filters are left out; --all tells of them", left_out);
    return conclude(ctl, &explanation, asked, err);
}

bool ctl_calib_explain(struct ctl *ctl, struct cb_error *err)
{
    struct calib_question asked = { .type = NULL };
    bool ok = calib_question_read(ctl, &asked, err) && answer(ctl, &asked, err);
    calib_question_done(&asked);
    return ok;
}
