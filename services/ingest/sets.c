/* Calibration sets. */
#include "sets.h"

#include "calbus/v1/exposure.pb-c.h"
#include "io/clock.h"
#include "service/outbox.h"
#include "sql.h"

#include <stdio.h>

bool put_in_set(struct ingest *me, struct cb_db *db, const char *site, const char *repository,
                const struct cb_exposure_record *record, struct cb_error *err)
{
    if (!list_contains(me->config.calibset_types, record->observation_type))
        return true;
    /* frame 0 of a day outside a sequence has the exposure's id for one (domain/translate.c): here its own
     * place does */
    int64_t start = record->seq_start == record->id ? record->seq_num : record->seq_start;
    int64_t end = record->seq_end == record->id ? record->seq_num : record->seq_end;
    char new_id[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(new_id);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    return cb_db_run(db, sql_open_calibset,
                     CB_P(cb_p_text(new_id), cb_p_text(site), cb_p_text(repository),
                          cb_p_text(record->instrument->name), cb_p_int(record->day_obs),
                          cb_p_text(record->observation_type), cb_p_text(record->observation_reason),
                          cb_p_text(record->physical_filter), cb_p_text(record->science_program)),
                     &rows, err) &&
           cb_db_run(db, sql_put_calibset_frame,
                     CB_P(cb_p_text(cb_rows_text(rows, 0, 0)), cb_p_int(record->id),
                          cb_p_int(record->detector.id), cb_p_int(record->seq_num), cb_p_int(start),
                          cb_p_int(end)),
                     NULL, err);
}

static char *text(const struct cb_rows *rows, size_t column)
{
    return (char *)cb_rows_text(rows, 0, column);
}

/* rows: one row as find_closable_calibset gives it. */
static bool say_closed(struct cb_db *db, const struct cb_rows *rows, struct cb_error *err)
{
    Calbus__V1__CalibsetClosed closed = CALBUS__V1__CALIBSET_CLOSED__INIT;
    closed.set_id = text(rows, 0);
    closed.site = text(rows, 1);
    closed.repository = text(rows, 2);
    closed.instrument = text(rows, 3);
    closed.day_obs = (uint32_t)cb_rows_int(rows, 0, 4);
    closed.observation_type = text(rows, 5);
    closed.observation_reason = text(rows, 6);
    closed.physical_filter = text(rows, 7);
    closed.science_program = text(rows, 8);
    closed.first_exposure = (uint64_t)cb_rows_int(rows, 0, 9);
    closed.last_exposure = (uint64_t)cb_rows_int(rows, 0, 10);
    closed.exposures = (uint32_t)cb_rows_int(rows, 0, 11);
    closed.detectors = (uint32_t)cb_rows_int(rows, 0, 12);
    closed.frames = (uint32_t)cb_rows_int(rows, 0, 13);
    closed.complete = cb_rows_bool(rows, 0, 14);
    closed.revision = (uint32_t)cb_rows_int(rows, 0, 15);
    Calbus__V1__ExposureEvent wrapper = CALBUS__V1__EXPOSURE_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__EXPOSURE_EVENT__EVENT_CALIBSET_CLOSED;
    wrapper.calibset_closed = &closed;
    char key[80];
    snprintf(key, sizeof key, "%s/%u", closed.instrument, closed.day_obs);
    const struct cb_outgoing outgoing = { .type = "calibset.closed", .key = key };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

bool close_sets(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    const struct ingest *me = self;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_closable_calibset,
                   CB_P(cb_p_double((double)me->config.settle_ms / 1000.0),
                        cb_p_double((double)me->config.idle_ms / 1000.0)),
                   &rows, err))
        return false;
    *ret_again = cb_rows_count(rows) > 0;
    return !*ret_again || (cb_db_run(db, sql_close_calibset,
                                     CB_P(cb_p_text(text(rows, 0)), cb_p_int(cb_rows_int(rows, 0, 15)),
                                          cb_p_bool(cb_rows_bool(rows, 0, 14))),
                                     NULL, err) &&
                           say_closed(db, rows, err));
}
