/* Which certified calibrations in force were built from calibrations that are in force no longer. */
#include "staleness.h"

#include "base/alloc.h"
#include "butler/datasets.h"
#include "butler/rows.h"
#include "calbus/v1/certification.pb-c.h"
#include "domain/precursor.h"
#include "io/clock.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

/* Columns of list_built_from.sql. */
enum { COLLECTION, TYPE, PRODUCT, DETECTOR, FILTER, INPUT_TYPE, INPUT, INPUT_FILTER };

/* A look-up of one dataset type in the chain. */
struct look_up {
    char *type;
    struct cb_finder *finder; /* NULL: the repository does not know the type */
};

struct staleness {
    struct cb_db *db;
    struct cb_repo *repo;
    const char *repository, *instrument, *chain;
    const struct cb_event *cause;
    struct cb_timespan now;
    struct look_up look_up[CB_PRODUCT_COUNT];
    size_t look_ups;
    struct cb_bytes types, filters; /* arrays of what is stale now */
};

static void end(struct staleness *s)
{
    for (size_t i = 0; i < s->look_ups; i++) {
        free(s->look_up[i].type);
        cb_finder_close(s->look_up[i].finder);
    }
    cb_bytes_done(&s->types);
    cb_bytes_done(&s->filters);
}

static bool open_finder(struct staleness *s, const char *type, struct cb_finder **ret_finder,
                        struct cb_error *err)
{
    for (size_t i = 0; i < s->look_ups; i++)
        if (strcmp(s->look_up[i].type, type) == 0) {
            *ret_finder = s->look_up[i].finder;
            return true;
        }
    struct cb_error why = { 0 };
    struct look_up *new = &s->look_up[s->look_ups];
    if (!cb_finder_open(s->repo, type, &s->chain, 1, &new->finder, &why) && why.kind != CB_ERR_NOT_FOUND)
        return cb_fail(err, why.kind, "%s", why.text);
    new->type = cb_xstrdup(type);
    s->look_ups++;
    *ret_finder = new->finder;
    return true;
}

/* What the chain finds now. */
static bool find_now(struct staleness *s, const char *type, int64_t detector, const char *filter,
                     struct cb_dataset_list *ret_found, struct cb_error *err)
{
    struct cb_finder *finder = NULL;
    struct cb_data_id id = { 0 };
    cb_data_id_set_number(&id, CB_DETECTOR, detector);
    return cb_data_id_set(&id, CB_INSTRUMENT, s->instrument, err) &&
           (filter[0] == '\0' || cb_data_id_set(&id, CB_PHYSICAL_FILTER, filter, err)) &&
           open_finder(s, type, &finder, err) &&
           (finder == NULL || cb_finder_find(finder, &id, &s->now, ret_found, err));
}

static bool announce(const struct staleness *s, const char *type, const char *filter, const char *collection,
                     const char *because_of, bool over, struct cb_error *err)
{
    Calbus__V1__CalibrationStale stale = CALBUS__V1__CALIBRATION_STALE__INIT;
    stale.repository = (char *)s->repository;
    stale.instrument = (char *)s->instrument;
    stale.dataset_type = (char *)type;
    stale.physical_filter = (char *)filter;
    stale.collection = (char *)collection;
    stale.because_of = (char *)because_of;
    stale.over = over;
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_STALE;
    wrapper.stale = &stale;
    char product[200];
    snprintf(product, sizeof product, "%s.%s", type, filter);
    const struct cb_outgoing outgoing = {
        .type = "calibration.stale", .key = collection, .cause = s->cause, .salt = product
    };
    return cb_outbox_put(s->db, &outgoing, &wrapper.base, err);
}

/* Once for each type and filter: the first of its products that is stale speaks for all. */
static bool note(struct staleness *s, const struct cb_rows *rows, size_t row, const char *because_of,
                 struct cb_error *err)
{
    const char *type = cb_rows_text(rows, row, TYPE), *filter = cb_rows_text(rows, row, FILTER);
    const char *collection = cb_rows_text(rows, row, COLLECTION);
    cb_auto(cb_rows_free) struct cb_rows *news = NULL;
    cb_array_text(&s->types, type);
    cb_array_text(&s->filters, filter);
    return cb_db_run(s->db, sql_mark_stale,
                     CB_P(cb_p_text(s->repository), cb_p_text(s->instrument), cb_p_text(type),
                          cb_p_text(filter), cb_p_text(collection), cb_p_text(because_of)),
                     &news, err) &&
           (cb_rows_count(news) == 0 || announce(s, type, filter, collection, because_of, false, err));
}

/* The collection whose dataset is in force in place of the one that went into this product; "" when the
 * product is not in force or its input still is. */
static bool find_successor(struct staleness *s, const struct cb_rows *rows, size_t row, char *ret_successor,
                           size_t size, struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list product = { 0 };
    cb_auto_datasets struct cb_dataset_list input = { 0 };
    int64_t detector = cb_rows_int(rows, row, DETECTOR);
    ret_successor[0] = '\0';
    if (!find_now(s, cb_rows_text(rows, row, TYPE), detector, cb_rows_text(rows, row, FILTER), &product, err))
        return false;
    if (product.count == 0 || strcmp(product.item[0].id, cb_rows_text(rows, row, PRODUCT)) != 0)
        return true;
    if (!find_now(s, cb_rows_text(rows, row, INPUT_TYPE), detector, cb_rows_text(rows, row, INPUT_FILTER),
                  &input, err))
        return false;
    if (input.count > 0 && strcmp(input.item[0].id, cb_rows_text(rows, row, INPUT)) != 0)
        snprintf(ret_successor, size, "%s", input.item[0].collection);
    return true;
}

static bool is_same_product(const struct cb_rows *rows, size_t a, size_t b)
{
    return strcmp(cb_rows_text(rows, a, TYPE), cb_rows_text(rows, b, TYPE)) == 0 &&
           strcmp(cb_rows_text(rows, a, FILTER), cb_rows_text(rows, b, FILTER)) == 0;
}

/* Of each type and filter the first stale row, in the order of certification. */
static bool note_all(struct staleness *s, const struct cb_rows *rows, struct cb_error *err)
{
    size_t n = cb_rows_count(rows), noted = 0;
    size_t *places = cb_xalloc_array(n + 1, sizeof *places);
    bool ok = true;
    for (size_t row = 0; ok && row < n; row++) {
        char successor[256];
        bool known = false;
        for (size_t i = 0; i < noted && !known; i++)
            known = is_same_product(rows, places[i], row);
        if (known)
            continue;
        ok = find_successor(s, rows, row, successor, sizeof successor, err);
        if (ok && successor[0] != '\0') {
            places[noted++] = row;
            ok = note(s, rows, row, successor, err);
        }
    }
    free(places);
    return ok;
}

static bool tell_what_is_over(struct staleness *s, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *gone = NULL;
    if (!cb_db_run(s->db, sql_unmark_stale,
                   CB_P(cb_p_text(s->repository), cb_p_text(s->instrument),
                        cb_p_text(cb_array_end(&s->types)), cb_p_text(cb_array_end(&s->filters))),
                   &gone, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(gone); i++)
        if (!announce(s, cb_rows_text(gone, i, 0), cb_rows_text(gone, i, 1), cb_rows_text(gone, i, 2),
                      cb_rows_text(gone, i, 3), true, err))
            return false;
    return true;
}

bool update_staleness(struct cb_db *db, struct cb_repo *repo, const char *repository, const char *instrument,
                      const char *chain, const struct cb_event *cause, struct cb_error *err)
{
    int64_t now_ns = cb_clock_tai_ns();
    struct staleness s = { .db = db,
                           .repo = repo,
                           .repository = repository,
                           .instrument = instrument,
                           .chain = chain,
                           .cause = cause,
                           .now = cb_timespan_of(now_ns, now_ns),
                           .types = CB_BYTES(CB_ARRAY_MAX),
                           .filters = CB_BYTES(CB_ARRAY_MAX) };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_array_begin(&s.types);
    cb_array_begin(&s.filters);
    bool ok =
        cb_db_run(db, sql_list_built_from, CB_P(cb_p_text(repository), cb_p_text(instrument)), &rows, err) &&
        note_all(&s, rows, err) && tell_what_is_over(&s, err);
    end(&s);
    return ok;
}
