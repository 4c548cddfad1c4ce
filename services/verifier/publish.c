/* Publishes the history of metrics from its rows, with a cursor: none is left out. */
#include "base/alloc.h"
#include "calbus/v1/metric.pb-c.h"
#include "cursor.h"
#include "publish_avro.h"
#include "service/outbox.h"
#include "sql.h"
#include "verifier.h"

#include <stdio.h>
#include <stdlib.h>

#define PUBLISHER "calbus.metric.v1"
/* Records of one call. */
#define CHUNK 100

/* The record of row i, its metrics in `metric` and `list`; all texts live in the rows. */
static void fill_record(const struct cb_rows *rows, size_t i, const struct cb_rows *values,
                        Calbus__V1__MetricRecord__Metric *metric, Calbus__V1__MetricRecord__Metric **list,
                        Calbus__V1__MetricRecord *record)
{
    record->sequence = (uint64_t)cb_rows_int(rows, i, 0);
    record->instrument = (char *)cb_rows_text(rows, i, 1);
    record->detector = (uint32_t)cb_rows_int(rows, i, 2);
    record->calib_type = (char *)cb_rows_text(rows, i, 3);
    record->physical_filter = (char *)cb_rows_text(rows, i, 4);
    record->exposure = (uint64_t)cb_rows_int(rows, i, 5);
    record->day_obs = (uint32_t)cb_rows_int(rows, i, 6);
    record->run = (char *)cb_rows_text(rows, i, 7);
    record->dataset_tag = (char *)cb_rows_text(rows, i, 8);
    record->timestamp_tai_ns = cb_rows_int(rows, i, 9);
    for (size_t k = 0; k < cb_rows_count(values); k++) {
        calbus__v1__metric_record__metric__init(&metric[k]);
        metric[k].name = (char *)cb_rows_text(values, k, 0);
        metric[k].amp = (char *)cb_rows_text(values, k, 1);
        metric[k].value = cb_rows_double(values, k, 2);
        metric[k].unit = (char *)cb_rows_text(values, k, 3);
        list[k] = &metric[k];
    }
    record->n_metrics = cb_rows_count(values);
    record->metrics = list;
}

/* The id of the event follows from the sequence number. */
static bool put_record(struct cb_db *db, const Calbus__V1__MetricRecord *record, struct cb_error *err)
{
    char sequence[24], key[128];
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)record->sequence);
    snprintf(key, sizeof key, "%s/%u", record->instrument, record->detector);
    Calbus__V1__MetricEvent wrapper = CALBUS__V1__METRIC_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__METRIC_EVENT__EVENT_RECORD;
    wrapper.record = (Calbus__V1__MetricRecord *)record;
    const struct cb_event cause = { .id = sequence, .type = "metric.recorded", .traceparent = "" };
    const struct cb_outgoing outgoing = {
        .type = "metric.recorded", .key = key, .cause = &cause, .salt = record->run
    };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool publish_row(struct cb_db *db, const struct cb_rows *rows, size_t i, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *values = NULL;
    if (!cb_db_run(db, sql_find_values, CB_P(cb_p_int(cb_rows_int(rows, i, 0))), &values, err))
        return false;
    const size_t count = cb_rows_count(values) + 1;
    cb_auto(cb_free) void *metric = cb_xalloc_array(count, sizeof(Calbus__V1__MetricRecord__Metric));
    cb_auto(cb_free) void *list = cb_xalloc_array(count, sizeof(Calbus__V1__MetricRecord__Metric *));
    Calbus__V1__MetricRecord record = CALBUS__V1__METRIC_RECORD__INIT;
    fill_record(rows, i, values, metric, list, &record);
    return put_record(db, &record, err);
}

bool publish_task(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    struct verifier *me = self;
    int64_t cursor;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (me->avro != NULL)
        return avro_publish(me->avro, db, ret_again, err);
    /* the outbox makes good what a broker loses */
    if (!cursor_find(db, PUBLISHER, 0, &cursor, err) ||
        !cb_db_run(db, sql_find_records, CB_P(cb_p_int(cursor), cb_p_int(CHUNK)), &rows, err))
        return false;
    const size_t count = cb_rows_count(rows);
    for (size_t i = 0; i < count; i++)
        if (!publish_row(db, rows, i, err))
            return false;
    *ret_again = count == CHUNK;
    return count == 0 || cursor_advance(db, PUBLISHER, cb_rows_int(rows, count - 1, 0), err);
}
