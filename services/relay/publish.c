/* Publishing: a batch of the outbox at a time, marked when the broker has taken it. */
#include "relay.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/log.h"
#include "io/clock.h"
#include "schema_ids.h"
#include "service/envelope.h"
#include "service/metrics.h"
#include "service/topics.h"
#include "sql.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

enum { SHARE_MS = 2000, IDLE_MS = 500, LOOK_MS = 500, IDENTIFY_MS = 3000, HEADERS_MAX = 48 };

/* One event on its way. */
struct flight {
    size_t row; /* in the batch's rows */
    bool reported, delivered;
    int32_t partition;
    int64_t offset;
};

struct publisher {
    struct relay *relay;
    struct cb_db *db;
    struct slots slots;
    struct cb_bus_place place;
    struct cb_producer *producer;
    struct schema_ids schemas;
    size_t waiting; /* reports still to come */
    bool undelivered;
    int64_t share_ms, look_ms;
};

static void on_delivery(void *self, const struct cb_delivery *delivery)
{
    struct publisher *publisher = self;
    struct flight *flight = delivery->tag;
    flight->reported = true;
    flight->delivered = delivery->delivered;
    flight->partition = delivery->partition;
    flight->offset = delivery->offset;
    publisher->waiting--;
    if (!delivery->delivered) {
        publisher->undelivered = true;
        cb_log(CB_WARN, "event not delivered, it will be sent again", cb_str("error", delivery->error));
    }
}

/* ---- the broker of now ---- */

static void drop_producer(struct publisher *publisher)
{
    cb_producer_close(publisher->producer, 0);
    publisher->producer = NULL;
}

/* What another broker had and was not handled everywhere has to go out before anything newer. */
static bool republish_lost_log(struct publisher *publisher, struct cb_error *err)
{
    char slots[128];
    slots_format(&publisher->slots, slots, sizeof slots);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(publisher->db, sql_republish_other_incarnation,
                   CB_P(cb_p_text(publisher->place.incarnation), cb_p_text(slots)), &rows, err))
        return false;
    if (cb_rows_affected(rows) > 0)
        cb_log(CB_INFO, "events of another broker's log will be published again",
               cb_int("events", cb_rows_affected(rows)));
    return true;
}

static bool make_topics(struct cb_bus_view *view, struct cb_error *err)
{
    struct cb_bus_topic topics[64];
    size_t count = 0;
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL && count < 64; topic++)
        topics[count++] = (struct cb_bus_topic){ topic->name, topic->partitions, topic->retention_ms };
    return cb_bus_make_topics(view, topics, count, err);
}

static bool connect_to(struct publisher *publisher, struct cb_bus_place *place, struct cb_error *err)
{
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    if (!cb_bus_view_open(&publisher->relay->bus, place, NULL, &view, err) ||
        !cb_bus_identify(view, place, IDENTIFY_MS, err) || (!place->embedded && !make_topics(view, err)))
        return false;
    publisher->place = *place;
    if (!republish_lost_log(publisher, err))
        return false;
    return cb_producer_open(&publisher->relay->bus, place, on_delivery, publisher, &publisher->producer, err);
}

static bool has_moved(const struct publisher *publisher, const struct cb_bus_place *place)
{
    char id[CB_INCARNATION_SIZE];
    if (strcmp(publisher->place.bootstrap, place->bootstrap) != 0)
        return true;
    if (place->embedded)
        return strcmp(publisher->place.incarnation, place->incarnation) != 0;
    return cb_producer_cluster(publisher->producer, id, sizeof id) &&
           strcmp(id, publisher->place.incarnation) != 0;
}

/* A producer of the broker of now; CB_ERR_TRANSIENT while there is none. */
static bool keep_producer(struct publisher *publisher, struct cb_error *err)
{
    struct cb_bus_place place;
    struct cb_error unsound;
    if (publisher->producer != NULL && !cb_producer_is_sound(publisher->producer, &unsound)) {
        cb_log_error("producer ended, making another", &unsound);
        drop_producer(publisher);
    }
    int64_t now_ms = cb_clock_monotonic_ms();
    if (publisher->producer != NULL && now_ms < publisher->look_ms)
        return true;
    publisher->look_ms = now_ms + LOOK_MS;
    if (!cb_bus_locate(&publisher->relay->bus, &place, err))
        return publisher->producer != NULL &&
               err->kind == CB_ERR_TRANSIENT; /* it may still answer where it was */
    if (publisher->producer != NULL && has_moved(publisher, &place)) {
        cb_log(CB_WARN, "broker is another one now", cb_str("incarnation", place.incarnation));
        drop_producer(publisher);
    }
    return publisher->producer != NULL || connect_to(publisher, &place, err);
}

/* ---- one batch ---- */

static unsigned hex_digit(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* The value, with room for the schema prefix in front. */
static unsigned char *decode_value(const char *hex, size_t *ret_size)
{
    size_t size = strlen(hex) / 2;
    unsigned char *value = cb_xalloc(CB_CONFLUENT_PREFIX + size + 1);
    for (size_t i = 0; i < size; i++)
        value[CB_CONFLUENT_PREFIX + i] =
            (unsigned char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    *ret_size = size;
    return value;
}

static bool add_headers(struct publisher *publisher, const struct cb_rows *rows, size_t row,
                        struct cb_rows **ret_further, struct cb_bus_header *headers, size_t *count,
                        struct cb_error *err)
{
    if (!cb_rows_bool(rows, row, 10))
        return true;
    if (!cb_db_run(publisher->db, sql_list_headers,
                   CB_P(cb_p_text(cb_rows_text(rows, row, 0)), cb_p_text(cb_rows_text(rows, row, 1))),
                   ret_further, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(*ret_further) && *count < HEADERS_MAX; i++) {
        const char *value = cb_rows_text(*ret_further, i, 1);
        headers[(*count)++] =
            (struct cb_bus_header){ cb_rows_text(*ret_further, i, 0), value != NULL ? value : "",
                                    value != NULL ? strlen(value) : 0 };
    }
    return true;
}

/* Hand a record over; a full queue is waited for. What cannot be handed over ends the batch: the producer is
 * made anew and the rows are read again. */
static bool hand_over(struct publisher *publisher, const struct cb_record *record, struct flight *flight,
                      struct cb_error *err)
{
    publisher->waiting++;
    while (!cb_producer_send(publisher->producer, record, flight, err)) {
        if (err->kind != CB_ERR_TRANSIENT || cb_service_is_stopping() || publisher->undelivered) {
            publisher->waiting--;
            publisher->undelivered = true;
            cb_log(CB_WARN, "event not handed over, it will be sent again", cb_str("error", err->text));
            return false;
        }
        cb_producer_poll(publisher->producer, 10);
    }
    return true;
}

static bool send_row(struct publisher *publisher, const struct cb_rows *rows, size_t row,
                     struct flight *flight, struct cb_error *err)
{
    const char *type_name = cb_rows_text(rows, row, 3);
    const struct cb_event_type *type = cb_event_type_find(type_name);
    const struct cb_seal seal = { .id = cb_rows_text(rows, row, 2),
                                  .ce_type = type != NULL ? type->ce_type : type_name,
                                  .source = cb_rows_text(rows, row, 6),
                                  .subject = cb_rows_text(rows, row, 7),
                                  .time = cb_rows_text(rows, row, 8),
                                  .traceparent = cb_rows_text(rows, row, 9),
                                  .message = type != NULL ? type->message : NULL };
    struct cb_sealed sealed;
    cb_envelope_seal(&seal, &sealed);
    struct cb_bus_header headers[HEADERS_MAX];
    size_t header_count = CB_ENVELOPE_HEADERS - (seal.message == NULL ? 1 : 0); /* the schema comes last */
    memcpy(headers, sealed.headers, header_count * sizeof headers[0]);
    cb_auto(cb_rows_free) struct cb_rows *further = NULL;
    if (!add_headers(publisher, rows, row, &further, headers, &header_count, err))
        return false;
    size_t size = 0;
    cb_auto(cb_free) unsigned char *value = decode_value(cb_rows_text(rows, row, 11), &size);
    unsigned char *start = value + CB_CONFLUENT_PREFIX;
    if (seal.message != NULL && schema_ids_prefix(&publisher->schemas, cb_rows_text(rows, row, 4), value))
        start = value;
    const struct cb_record record = { .topic = cb_rows_text(rows, row, 4),
                                      .key = cb_rows_text(rows, row, 5),
                                      .value = start,
                                      .size = size + (size_t)(value + CB_CONFLUENT_PREFIX - start),
                                      .headers = headers,
                                      .header_count = header_count };
    flight->row = row;
    return hand_over(publisher, &record, flight, err);
}

/* Until every report is in; the broker may be away for long. Gives up when the service stops, the producer
 * ends or the broker is another one: then the rest is sent again. */
static void await_reports(struct publisher *publisher)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    while (publisher->waiting > 0) {
        cb_producer_poll(publisher->producer, 100);
        struct cb_bus_place place;
        bool moved = cb_bus_locate(&publisher->relay->bus, &place, &err) && has_moved(publisher, &place);
        if (moved || publisher->undelivered || cb_service_is_stopping() ||
            !cb_producer_is_sound(publisher->producer, &err))
            break;
    }
    if (publisher->waiting > 0 || publisher->undelivered)
        drop_producer(publisher); /* purges: every report is in then */
}

struct arrays {
    struct cb_bytes days, ids, partitions, offsets;
    size_t count;
};

static void add_to_arrays(struct arrays *arrays, const struct cb_rows *rows, const struct flight *flight)
{
    const char *comma = arrays->count++ > 0 ? "," : "{";
    cb_bytes_printf(&arrays->days, "%s%s", comma, cb_rows_text(rows, flight->row, 0));
    cb_bytes_printf(&arrays->ids, "%s%s", comma, cb_rows_text(rows, flight->row, 1));
    cb_bytes_printf(&arrays->partitions, "%s%" PRId32, comma, flight->partition);
    cb_bytes_printf(&arrays->offsets, "%s%" PRId64, comma, flight->offset);
}

static bool write_marks(struct publisher *publisher, struct arrays *arrays, struct cb_error *err)
{
    struct cb_bytes *const all[] = { &arrays->days, &arrays->ids, &arrays->partitions, &arrays->offsets };
    for (size_t i = 0; i < 4; i++)
        cb_bytes_puts(all[i], "}");
    bool ok = arrays->count == 1 || arrays->count > 1;
    ok = !ok ||
         cb_db_run(publisher->db, sql_mark_published,
                   CB_P(cb_p_text(publisher->place.incarnation), cb_p_text(cb_bytes_text(&arrays->days)),
                        cb_p_text(cb_bytes_text(&arrays->ids)), cb_p_text(cb_bytes_text(&arrays->partitions)),
                        cb_p_text(cb_bytes_text(&arrays->offsets))),
                   NULL, err);
    for (size_t i = 0; i < 4; i++)
        cb_bytes_done(all[i]);
    return ok;
}

static bool mark(struct publisher *publisher, const struct cb_rows *rows, const struct flight *flights,
                 size_t count, struct cb_error *err)
{
    enum { TEXT_MAX = 1 << 20 };
    struct arrays arrays = { .days = CB_BYTES(TEXT_MAX),
                             .ids = CB_BYTES(TEXT_MAX),
                             .partitions = CB_BYTES(TEXT_MAX),
                             .offsets = CB_BYTES(TEXT_MAX) };
    for (size_t i = 0; i < count; i++) {
        if (!flights[i].delivered)
            continue;
        add_to_arrays(&arrays, rows, &flights[i]);
        cb_metric_add(
            "calbus_events_produced_total", 1,
            CB_LABELS({ "topic", cb_rows_text(rows, flights[i].row, 4) }, { "result", "delivered" }));
    }
    return write_marks(publisher, &arrays, err);
}

static bool send_all(struct publisher *publisher, const struct cb_rows *rows, struct flight *flights,
                     size_t count, struct cb_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!send_row(publisher, rows, i, &flights[i], err))
            return false;
    return true;
}

/* One batch of our slots. *ret_sent is how many rows there were. */
static bool publish_batch(struct publisher *publisher, size_t *ret_sent, struct cb_error *err)
{
    char slots[128];
    slots_format(&publisher->slots, slots, sizeof slots);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(publisher->db, sql_list_unpublished,
                   CB_P(cb_p_text(slots), cb_p_int(publisher->relay->config.batch)), &rows, err))
        return false;
    size_t count = cb_rows_count(rows);
    cb_auto(cb_free) struct flight *flights = cb_xalloc_array(count + 1, sizeof *flights);
    publisher->waiting = 0;
    publisher->undelivered = false;
    bool ok = send_all(publisher, rows, flights, count, err);
    await_reports(publisher);
    struct cb_error mark_err = { .kind = CB_ERR_NONE };
    if (!mark(publisher, rows, flights, count, ok ? err : &mark_err))
        return false;
    *ret_sent = count;
    return ok || publisher->undelivered;
}

/* ---- the loop ---- */

/* Until the outbox is said to have something, at most IDLE_MS: a notice may have been missed. */
static void wait_for_notice(struct cb_db *db)
{
    char channel[64];
    if (cb_db_notified(db, channel, sizeof channel)) {
        while (cb_db_notified(db, channel, sizeof channel))
            ;
        return;
    }
    struct pollfd readable = { .fd = cb_db_socket(db), .events = POLLIN };
    poll(&readable, 1, IDLE_MS);
    while (cb_db_notified(db, channel, sizeof channel))
        ;
}

static bool share(struct publisher *publisher, struct cb_error *err)
{
    int64_t now_ms = cb_clock_monotonic_ms();
    bool gained = false;
    if (now_ms < publisher->share_ms)
        return true;
    publisher->share_ms = now_ms + SHARE_MS;
    if (!slots_share(&publisher->slots, publisher->db, &gained, err))
        return false;
    return !gained || publisher->producer == NULL || republish_lost_log(publisher, err);
}

static bool turn(struct publisher *publisher, struct cb_error *err)
{
    struct cb_error why = { .kind = CB_ERR_NONE };
    size_t sent = 0;
    if (!share(publisher, err))
        return false;
    if (publisher->slots.count == 0 || !schema_ids_get(&publisher->schemas, &why) ||
        !keep_producer(publisher, &why)) {
        if (why.kind == CB_ERR_FATAL || !cb_db_is_alive(publisher->db)) {
            *err = why;
            return false;
        }
        if (why.kind != CB_ERR_NONE)
            cb_log(CB_DEBUG, "cannot publish yet", cb_str("error", why.text));
        wait_for_notice(publisher->db);
        return true;
    }
    if (!publish_batch(publisher, &sent, err))
        return false;
    if (sent == 0)
        wait_for_notice(publisher->db);
    return true;
}

bool relay_run(void *self, struct cb_db *db, struct cb_error *err)
{
    struct publisher publisher = { .relay = self, .db = db };
    schema_ids_init(&publisher.schemas, publisher.relay->common->schema_registry);
    bool ok = cb_db_script(db, "LISTEN calbus_outbox", err);
    while (ok && !cb_service_is_stopping())
        ok = turn(&publisher, err);
    drop_producer(&publisher);
    schema_ids_done(&publisher.schemas);
    return ok;
}
