/* Publishes the history of metrics as Avro. At least once: a record may come twice after a crash or with a
 * new broker, with the same timestamp and tags, which overwrites itself in the time-series database. */
#include "publish_avro.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "cursor.h"
#include "domain/instrument.h"
#include "io/avro.h"
#include "io/bus.h"
#include "io/clock.h"
#include "io/registry.h"
#include "metric_schema.h"
#include "service/topics.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 50
#define RECORD_MAX (64u << 10)
/* How long one call waits for the broker. */
#define WAIT_MS 5000
#define POLL_MS 50

struct avro_publisher {
    char *registry, *bootstrap, *bootstrap_file, *extra;
    struct cb_producer *producer;
    char incarnation[CB_INCARNATION_SIZE];
    bool known[CB_VERIFY_TYPES]; /* in this batch */
    int32_t schema_id[CB_VERIFY_TYPES];
    size_t delivered, failed; /* of the chunk that is on its way */
};

bool avro_publisher_open(const struct cb_service_config *common, struct avro_publisher **ret_publisher,
                         struct cb_error *err)
{
    (void)err;
    struct avro_publisher *publisher = cb_xalloc(sizeof *publisher);
    publisher->registry = cb_xstrdup(common->schema_registry);
    publisher->bootstrap = cb_xstrdup(common->kafka_bootstrap);
    publisher->bootstrap_file = cb_xstrdup(common->kafka_bootstrap_file);
    publisher->extra = cb_xstrdup(common->kafka_extra);
    *ret_publisher = publisher;
    return true;
}

void avro_publisher_close(struct avro_publisher *publisher)
{
    if (publisher == NULL)
        return;
    cb_producer_close(publisher->producer, WAIT_MS);
    free(publisher->registry);
    free(publisher->bootstrap);
    free(publisher->bootstrap_file);
    free(publisher->extra);
    free(publisher);
}

static void on_delivery(void *self, const struct cb_delivery *delivery)
{
    struct avro_publisher *publisher = self;
    publisher->delivered += delivery->delivered;
    publisher->failed += !delivery->delivered;
}

/* Topics of one partition; made where the cluster lets us. */
static bool make_topics(const struct cb_bus_config *config, struct cb_bus_place *place, struct cb_error *err)
{
    struct cb_bus_topic topics[CB_VERIFY_TYPES];
    size_t count = 0;
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    for (const struct cb_topic *topic = cb_metric_topics; topic->name != NULL; topic++)
        topics[count++] = (struct cb_bus_topic){ topic->name, topic->partitions, topic->retention_ms };
    return cb_bus_view_open(config, place, NULL, &view, err) && cb_bus_make_topics(view, topics, count, err);
}

/* What is still on its way must not be counted to the next chunk. */
static void drop_producer(struct avro_publisher *publisher)
{
    cb_producer_close(publisher->producer, 0);
    publisher->producer = NULL;
}

static struct cb_bus_config config_of(const struct avro_publisher *p)
{
    return (struct cb_bus_config){ .bootstrap = p->bootstrap,
                                   .bootstrap_file = p->bootstrap_file,
                                   .extra = p->extra,
                                   .client_id = "calbus-verifier-metrics" };
}

/* A producer of the broker's present incarnation. */
static bool connect(struct avro_publisher *p, const struct cb_bus_place *place, struct cb_error *err)
{
    const struct cb_bus_config config = config_of(p);
    if (p->producer != NULL && strcmp(place->incarnation, p->incarnation) == 0 &&
        cb_producer_is_sound(p->producer, err))
        return true;
    drop_producer(p);
    struct cb_bus_place where = *place;
    if (!where.embedded && !make_topics(&config, &where, err))
        return false;
    if (!cb_producer_open(&config, &where, on_delivery, p, &p->producer, err))
        return false;
    snprintf(p->incarnation, sizeof p->incarnation, "%s", place->incarnation);
    return true;
}

/* Asked anew in each batch: a registry that was made anew gives other ids, and nobody could read the old
 * ones. */
static bool know_schema(struct avro_publisher *p, enum cb_verify_type type, struct cb_error *err)
{
    char topic[48], subject[64];
    int32_t id;
    if (p->known[type])
        return true;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(RECORD_MAX);
    metric_schema(type, &text);
    metric_topic(type, topic, sizeof topic);
    snprintf(subject, sizeof subject, "%s-value", topic);
    const struct cb_schema schema = { .subject = subject, .type = "AVRO", .text = cb_bytes_text(&text) };
    if (!cb_registry_register(p->registry, &schema, &id, err) ||
        (id != p->schema_id[type] &&
         !cb_registry_set_compatibility(p->registry, subject, "FORWARD_TRANSITIVE", err)))
        return false;
    p->schema_id[type] = id;
    p->known[type] = true;
    return true;
}

static double unix_s(int64_t tai_ns)
{
    return (double)cb_utc_from_tai(tai_ns) / 1e9;
}

/* "r" of "r_03". */
static void band_of(const char *filter, char *ret_band, size_t size)
{
    snprintf(ret_band, size, "%.*s", (int)strcspn(filter, "_~"), filter);
}

/* "ITL", "E2V"; "" of a detector that is in no table. */
static const char *vendor_of(const char *name, int id)
{
    const struct cb_instrument *instrument = cb_instrument_find(name);
    struct cb_detector detector;
    struct cb_error unknown;
    bool known = instrument != NULL && cb_instrument_detector(instrument, id, &detector, &unknown);
    return known && detector.vendor != NULL ? detector.vendor : "";
}

static bool encode(struct cb_db *db, const struct cb_rows *rows, size_t i, enum cb_verify_type type,
                   struct cb_bytes *out, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *found = NULL;
    char band[32], id[CB_UUID_TEXT_SIZE];
    if (!cb_db_run(db, sql_find_values_avro, CB_P(cb_p_int(cb_rows_int(rows, i, 0))), &found, err))
        return false;
    const size_t count = cb_rows_count(found);
    cb_auto(cb_free) struct metric_value *values = cb_xalloc_array(count + 1, sizeof *values);
    for (size_t k = 0; k < count; k++)
        values[k] = (struct metric_value){ cb_rows_text(found, k, 0), cb_rows_text(found, k, 1),
                                           cb_rows_double(found, k, 2) };
    band_of(cb_rows_text(rows, i, 4), band, sizeof band);
    cb_uuid_derive(cb_rows_text(rows, i, 12), cb_rows_text(rows, i, 0), id);
    const struct metric_record record = { .id = id,
                                          .run = cb_rows_text(rows, i, 7),
                                          .instrument = cb_rows_text(rows, i, 1),
                                          .physical_filter = cb_rows_text(rows, i, 4),
                                          .band = band,
                                          .dataset_tag = cb_rows_text(rows, i, 8),
                                          .calib_id = cb_rows_text(rows, i, 10),
                                          .vendor = vendor_of(cb_rows_text(rows, i, 1),
                                                              (int)cb_rows_int(rows, i, 2)),
                                          .type = type,
                                          .exposure = cb_rows_int(rows, i, 5),
                                          .detector = (int)cb_rows_int(rows, i, 2),
                                          .day_obs = (int)cb_rows_int(rows, i, 6),
                                          .run_timestamp = cb_rows_double(rows, i, 14),
                                          .timestamp = unix_s(cb_rows_int(rows, i, 9)),
                                          .success = cb_rows_bool(rows, i, 11),
                                          .failed = (int)cb_rows_int(rows, i, 13) };
    metric_encode(&record, values, count, out);
    return true;
}

static bool send_row(struct avro_publisher *p, struct cb_db *db, const struct cb_rows *rows, size_t i,
                     struct cb_error *err)
{
    enum cb_verify_type type;
    char topic[48], key[128];
    cb_auto_bytes struct cb_bytes value = CB_BYTES(RECORD_MAX);
    if (!cb_verify_type_parse(cb_rows_text(rows, i, 3), &type))
        return cb_fail(err, CB_ERR_INVALID, "metric record %s is of the unrecognized type \"%s\"",
                       cb_rows_text(rows, i, 0), cb_rows_text(rows, i, 3));
    if (!know_schema(p, type, err))
        return false;
    cb_avro_frame(&value, (uint32_t)p->schema_id[type]);
    if (!encode(db, rows, i, type, &value, err))
        return false;
    metric_topic(type, topic, sizeof topic);
    snprintf(key, sizeof key, "%s/%s", cb_rows_text(rows, i, 1), cb_rows_text(rows, i, 2));
    const struct cb_record record = { .topic = topic, .key = key, .value = value.data, .size = value.size };
    return cb_producer_send(p->producer, &record, NULL, err);
}

static bool await(struct avro_publisher *p, size_t count, struct cb_error *err)
{
    const int64_t deadline = cb_clock_monotonic_ms() + WAIT_MS;
    while (p->delivered + p->failed < count && cb_clock_monotonic_ms() < deadline)
        cb_producer_poll(p->producer, POLL_MS);
    if (p->delivered == count)
        return true;
    drop_producer(p);
    return cb_fail(err, CB_ERR_TRANSIENT, "the broker has taken %zu of %zu metric records", p->delivered,
                   count);
}

/* Send rows and wait for the broker to have them. */
static bool send_rows(struct avro_publisher *p, struct cb_db *db, const struct cb_rows *rows,
                      struct cb_error *err)
{
    p->delivered = p->failed = 0;
    memset(p->known, 0, sizeof p->known);
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!send_row(p, db, rows, i, err)) {
            drop_producer(p);
            return false;
        }
    return await(p, cb_rows_count(rows), err);
}

bool avro_publish(struct avro_publisher *publisher, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    const struct cb_bus_config config = config_of(publisher);
    struct cb_bus_place place;
    char name[CB_INCARNATION_SIZE + 8];
    int64_t cursor;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_bus_locate(&config, &place, err))
        return false;
    snprintf(name, sizeof name, "avro@%s", place.incarnation);
    if (!cursor_find(db, name, cb_metric_topics[0].retention_ms / 1000, &cursor, err) ||
        !cb_db_run(db, sql_find_records_avro, CB_P(cb_p_int(cursor), cb_p_int(CHUNK)), &rows, err))
        return false;
    const size_t count = cb_rows_count(rows);
    if (count == 0)
        return true;
    if (!connect(publisher, &place, err) || !send_rows(publisher, db, rows, err))
        return false;
    *ret_again = count == CHUNK;
    return cursor_advance(db, name, cb_rows_int(rows, count - 1, 0), err);
}
