/* Collects what a report shows and writes it under $CALBUS_HOME/reports/<ticket>/. */
#include "base/alloc.h"
#include "conclude.h"
#include "io/file.h"
#include "io/libraries.h"
#include "report.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX (64u << 20)
/* Most failures on a page. */
#define FAILURES_SHOWN 200

/* Rows that the report's texts point into. */
struct sources {
    struct cb_rows *detectors, *failures, *exposures, *cells;
    struct report_detector *detector;
    struct report_failure *failure;
    struct report_exposure *exposure;
    struct report_test *test;
    size_t tests;
};

static void sources_done(struct sources *sources)
{
    cb_rows_free(sources->detectors);
    cb_rows_free(sources->failures);
    cb_rows_free(sources->exposures);
    cb_rows_free(sources->cells);
    free(sources->detector);
    free(sources->failure);
    free(sources->exposure);
    free(sources->test);
}
static inline void sources_done_at_exit(struct sources *sources)
{
    sources_done(sources);
}

static bool load(struct cb_db *db, const char *run_id, struct sources *s, struct cb_error *err)
{
    return cb_db_run(db, sql_find_details, CB_P(cb_p_text(run_id)), &s->detectors, err) &&
           cb_db_run(db, sql_find_worst_failures, CB_P(cb_p_text(run_id), cb_p_int(FAILURES_SHOWN)),
                     &s->failures, err) &&
           cb_db_run(db, sql_find_exposures, CB_P(cb_p_text(run_id)), &s->exposures, err) &&
           cb_db_run(db, sql_find_cells, CB_P(cb_p_text(run_id)), &s->cells, err);
}

static void add_cell(struct cb_verify_tally *tally, const struct cb_rows *rows, size_t i)
{
    const struct cb_verify_cell cell = { .passed = (size_t)cb_rows_int(rows, i, 3),
                                         .failed = (size_t)cb_rows_int(rows, i, 4),
                                         .no_data = (size_t)cb_rows_int(rows, i, 5) };
    enum cb_outcome outcome = cb_verify_cell_outcome(&cell);
    tally->total++;
    tally->passed += outcome == CB_OUTCOME_PASS;
    tally->failed += outcome == CB_OUTCOME_FAIL;
    tally->no_data += outcome == CB_OUTCOME_NO_DATA;
}

static struct cb_verify_tally *tally_of_test(struct sources *s, const char *test)
{
    for (size_t i = 0; i < s->tests; i++)
        if (strcmp(s->test[i].test, test) == 0)
            return &s->test[i].cells;
    s->test = cb_xrealloc_array(s->test, s->tests + 1, sizeof *s->test);
    s->test[s->tests] = (struct report_test){ .test = test };
    return &s->test[s->tests++].cells;
}

static void fill_detectors(struct sources *s)
{
    const size_t count = cb_rows_count(s->detectors);
    s->detector = cb_xalloc_array(count + 1, sizeof *s->detector);
    for (size_t i = 0; i < count; i++)
        s->detector[i] = (struct report_detector){ .detector = (int)cb_rows_int(s->detectors, i, 0),
                                                   .name = cb_rows_text(s->detectors, i, 1),
                                                   .exposures = (size_t)cb_rows_int(s->detectors, i, 2),
                                                   .calib_uuid = cb_rows_text(s->detectors, i, 3),
                                                   .calib_sha256 = cb_rows_text(s->detectors, i, 4) };
    for (size_t i = 0; i < cb_rows_count(s->cells); i++) {
        add_cell(tally_of_test(s, cb_rows_text(s->cells, i, 2)), s->cells, i);
        for (size_t k = 0; k < count; k++)
            if (s->detector[k].detector == (int)cb_rows_int(s->cells, i, 0))
                add_cell(&s->detector[k].cells, s->cells, i);
    }
}

static void fill_failures(struct sources *s)
{
    const size_t count = cb_rows_count(s->failures);
    s->failure = cb_xalloc_array(count + 1, sizeof *s->failure);
    for (size_t i = 0; i < count; i++)
        s->failure[i] = (struct report_failure){ .exposure = cb_rows_int(s->failures, i, 0),
                                                 .detector = (int)cb_rows_int(s->failures, i, 1),
                                                 .detector_name = cb_rows_text(s->failures, i, 2),
                                                 .amp = cb_rows_text(s->failures, i, 3),
                                                 .test = cb_rows_text(s->failures, i, 4),
                                                 .metric = cb_rows_text(s->failures, i, 5),
                                                 .unit = cb_rows_text(s->failures, i, 6),
                                                 .value = cb_rows_double(s->failures, i, 7),
                                                 .limit = cb_rows_double(s->failures, i, 8) };
}

static void fill_exposures(struct sources *s)
{
    const size_t count = cb_rows_count(s->exposures);
    s->exposure = cb_xalloc_array(count + 1, sizeof *s->exposure);
    for (size_t i = 0; i < count; i++)
        s->exposure[i] = (struct report_exposure){ .exposure = cb_rows_int(s->exposures, i, 0),
                                                   .origin = cb_rows_text(s->exposures, i, 1),
                                                   .used = cb_rows_bool(s->exposures, i, 2),
                                                   .reason = cb_rows_text(s->exposures, i, 3),
                                                   .was_input = cb_rows_bool(s->exposures, i, 4),
                                                   .failed = (size_t)cb_rows_int(s->exposures, i, 5) };
}

/* "LSSTComCam/calib/..." as a file name. */
static char *file_name(const char *collection)
{
    char *name = cb_xasprintf("%s.html", collection);
    for (char *p = name; *p != '\0'; p++)
        if (*p == '/')
            *p = '_';
    return name;
}

static char *folder_of(const struct verifier *me, const char *ticket)
{
    char *folder = cb_xasprintf("%s/reports/%s", me->home, ticket[0] != '\0' ? ticket : "other");
    for (char *p = folder + strlen(me->home) + strlen("/reports/"); *p != '\0'; p++)
        if (*p == '/' || (*p == '.' && p[1] == '.'))
            *p = '_';
    return folder;
}

static bool write_page(const struct report *report, const char *path, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(REPORT_MAX);
    report_write(report, &text);
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "the report \"%s\" is longer than %u bytes", path, REPORT_MAX);
    return cb_file_make_parents(path, err) && cb_file_replace(path, cb_bytes_text(&text), text.size, err);
}

bool write_report(struct verifier *me, struct cb_db *db, const struct ended *ended,
                  const struct judgement *judgement, char **ret_uri, struct cb_error *err)
{
    __attribute__((cleanup(sources_done_at_exit))) struct sources s = { 0 };
    char versions[512], quanta[24];
    if (!load(db, ended->run_id, &s, err))
        return false;
    fill_detectors(&s);
    fill_failures(&s);
    fill_exposures(&s);
    cb_io_libraries(versions, sizeof versions);
    snprintf(quanta, sizeof quanta, "%lld", (long long)ended->quanta);
    const struct report_fact facts[] = {
        { "verified RUN", ended->generation_run },
        { "RUN of the statistics", ended->verify_run },
        { "run id", ended->run_id },
        { "kind", ended->kind },
        { "repository", ended->repository },
        { "instrument", ended->instrument },
        { "physical filter", ended->physical_filter },
        { "search path", ended->inputs },
        { "data query", ended->query },
        { "requested by", ended->requested_by },
        { "requested at (UTC)", ended->requested_at },
        { "quanta", quanta },
        { "run", ended->run_state },
        { "validity", "from the certification on, open-ended unless it says otherwise" },
        { "software", versions },
    };
    cb_auto(cb_free) char *title = cb_xasprintf("Verification %s", ended->verify_run);
    const struct report report = {
        .title = title,
        .calib_type = ended->calib_type,
        .verdict = judgement->verdict,
        .reason = judgement->reason,
        .cells = judgement->cells,
        .detectors = judgement->detectors,
        .vote = judgement->vote,
        .strict = judgement->cells.total > 0 && judgement->cells.passed == judgement->cells.total,
        .fact = facts,
        .facts = sizeof facts / sizeof *facts,
        .test = s.test,
        .tests = s.tests,
        .detector = s.detector,
        .detector_count = cb_rows_count(s.detectors),
        .failure = s.failure,
        .failures = cb_rows_count(s.failures),
        .failures_total = cb_rows_count(s.failures) > 0 ? (size_t)cb_rows_int(s.failures, 0, 9) : 0,
        .exposure = s.exposure,
        .exposures = cb_rows_count(s.exposures),
        .configuration = ended->pipeline,
        .commands = ended->rendered,
    };
    cb_auto(cb_free) char *folder = folder_of(me, ended->ticket);
    cb_auto(cb_free) char *name = file_name(ended->verify_run);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", folder, name);
    if (!write_page(&report, path, err))
        return false;
    *ret_uri = cb_xasprintf("file://%s", path);
    return true;
}

bool write_ticket_index(struct verifier *me, struct cb_db *db, const char *ticket, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_ticket_reports, CB_P(cb_p_text(ticket)), &rows, err))
        return false;
    const size_t count = cb_rows_count(rows);
    struct report_entry *entries = cb_xalloc_array(count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(cb_rows_text(rows, i, 0), '/');
        entries[i] = (struct report_entry){ .file = slash != NULL ? slash + 1 : cb_rows_text(rows, i, 0),
                                            .title = cb_rows_text(rows, i, 1),
                                            .verdict = cb_rows_text(rows, i, 2),
                                            .finished_at = cb_rows_text(rows, i, 3),
                                            .tests = cb_rows_int(rows, i, 4),
                                            .passed = cb_rows_int(rows, i, 5) };
    }
    cb_auto(cb_free) char *folder = folder_of(me, ticket);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/index.html", folder);
    cb_auto_bytes struct cb_bytes text = CB_BYTES(REPORT_MAX);
    report_write_index(ticket[0] != '\0' ? ticket : "other", entries, count, &text);
    free(entries);
    return cb_file_make_parents(path, err) && cb_file_replace(path, cb_bytes_text(&text), text.size, err);
}
