/* Outgoing events: rows in the transaction of the state change; and loose ones, sent at once. */
#include "service/outbox.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/uuid.h"
#include "bus_sql.h"
#include "io/clock.h"
#include "service/envelope.h"
#include "service/loose.h"
#include "service/metrics.h"
#include "service/outbox_row.h"
#include "service/topics.h"
#include "service/wire.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static char source[256] = "/calbus/unknown/unknown"; /* set once, before threads */

void cb_outbox_set_source(const char *site, const char *service)
{
    snprintf(source, sizeof source, "/calbus/%s/%s", site, service);
}

const char *cb_outbox_source(void)
{
    return source;
}

/* FNV-1a: which relay publishes the key's events. */
static int64_t slot_of(const char *key)
{
    uint32_t hash = 0x811c9dc5U;
    for (const char *c = key; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x01000193U;
    return (int64_t)((hash ^ hash >> 16) % CB_OUTBOX_SLOTS);
}

/* PostgreSQL's hex form of bytes: "\x00ff". */
static char *bytea_text(const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    char *text = cb_xalloc(2 * size + 3);
    text[0] = '\\';
    text[1] = 'x';
    for (size_t i = 0; i < size && from != NULL; i++) {
        text[2 + 2 * i] = digits[from[i] >> 4];
        text[3 + 2 * i] = digits[from[i] & 15];
    }
    return text;
}

bool cb_outbox_insert(struct cb_db *db, const struct cb_outbox_row *row, bool *ret_new, struct cb_error *err)
{
    char time[CB_CE_TIME_SIZE];
    cb_ce_time_format(row->time_unix_ms, time);
    cb_auto(cb_free) char *value = bytea_text(row->value, row->size);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_put_event,
                   CB_P(cb_p_text(row->ce_id), cb_p_text(row->type), cb_p_text(row->topic),
                        cb_p_text(row->key), cb_p_int(slot_of(row->key)), cb_p_text(row->source),
                        cb_p_text(row->subject), cb_p_text(time), cb_p_text(row->traceparent),
                        cb_p_text(row->headers), cb_p_text(value)),
                   &rows, err))
        return cb_context(err, "cannot put event \"%s\" into the outbox", row->type);
    *ret_new = cb_rows_count(rows) == 1;
    cb_outbox_wake(db);
    return true;
}

void cb_outbox_wake(struct cb_db *db)
{
    cb_tx_notify(db, "calbus_outbox");
}

/* An event made ready: id, trace and bytes. */
struct ready {
    const struct cb_event_type *type;
    char id[CB_UUID_TEXT_SIZE];
    char traceparent[CB_TRACEPARENT_SIZE];
    unsigned char *value;
    size_t size;
};

static void ready_done(struct ready *ready)
{
    free(ready->value);
}
static inline void ready_done_at_exit(struct ready *ready)
{
    ready_done(ready);
}

/* With a cause the id follows from it, so that a retry says the same thing once. */
static void choose_id(const struct cb_outgoing *outgoing, char ret_id[CB_UUID_TEXT_SIZE])
{
    if (outgoing->cause == NULL) {
        cb_uuid_new_text(ret_id);
        return;
    }
    cb_auto(cb_free) char *what =
        cb_xasprintf("%s\n%s\n%s", source, outgoing->type, outgoing->salt != NULL ? outgoing->salt : "");
    cb_uuid_derive(outgoing->cause->id, what, ret_id);
}

static bool pack(const struct cb_event_type *type, const ProtobufCMessage *message, struct ready *ready,
                 struct cb_error *err)
{
    if (type->message == NULL || strcmp(message->descriptor->name, type->message) != 0)
        return cb_fail(err, CB_ERR_INVALID, "event \"%s\" is carried by %s, not by %s", type->type,
                       type->message != NULL ? type->message : "nothing", message->descriptor->name);
    ready->size = protobuf_c_message_get_packed_size(message);
    if (ready->size > CB_EVENT_SIZE_MAX)
        return cb_fail(err, CB_ERR_INVALID, "event \"%s\" is %zu bytes, more than 256 KiB", type->type,
                       ready->size);
    ready->value = cb_xalloc(ready->size + 1);
    protobuf_c_message_pack(message, ready->value);
    return cb_wire_check(message->descriptor, ready->value, ready->size, err);
}

static bool make_ready(const struct cb_outgoing *outgoing, const ProtobufCMessage *message,
                       struct ready *ready, struct cb_error *err)
{
    ready->type = cb_event_type_find(outgoing->type);
    if (ready->type == NULL)
        return cb_fail(err, CB_ERR_INVALID, "there is no event type \"%s\"", outgoing->type);
    if (!pack(ready->type, message, ready, err))
        return cb_context(err, "cannot say \"%s\"", outgoing->type);
    unsigned char random[24];
    cb_random_bytes(random, sizeof random);
    cb_trace_continue(outgoing->cause != NULL ? outgoing->cause->traceparent : NULL, random,
                      ready->traceparent);
    choose_id(outgoing, ready->id);
    return true;
}

/* The same cause has said this before: right in a retry, a mistake within one transaction. */
static bool check_repeated(struct cb_db *db, const struct cb_outgoing *outgoing, const char *id,
                           struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_is_own_event, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) > 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "two events \"%s\" of one cause share the salt \"%s\": each needs its own",
                       outgoing->type, outgoing->salt != NULL ? outgoing->salt : "");
    return true;
}

bool cb_outbox_put(struct cb_db *db, const struct cb_outgoing *outgoing, const ProtobufCMessage *message,
                   struct cb_error *err)
{
    __attribute__((cleanup(ready_done_at_exit))) struct ready ready = { .value = NULL };
    if (!make_ready(outgoing, message, &ready, err))
        return false;
    if (!cb_db_in_tx(db))
        return cb_fail(err, CB_ERR_FATAL, "event \"%s\" is put outside a transaction", outgoing->type);
    const struct cb_outbox_row row = { .ce_id = ready.id,
                                       .type = ready.type->type,
                                       .topic = ready.type->topic,
                                       .key = outgoing->key,
                                       .source = source,
                                       .subject =
                                           outgoing->subject != NULL ? outgoing->subject : outgoing->key,
                                       .traceparent = ready.traceparent,
                                       .time_unix_ms = cb_clock_unix_ms(),
                                       .value = ready.value,
                                       .size = ready.size };
    bool is_new = false;
    if (!cb_outbox_insert(db, &row, &is_new, err))
        return false;
    return is_new || check_repeated(db, outgoing, ready.id, err);
}

/* ---- loose events ---- */

static pthread_rwlock_t loose_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct cb_producer *loose_producer; /* the running service's; NULL while there is no broker */

void cb_loose_set_producer(struct cb_producer *producer)
{
    pthread_rwlock_wrlock(&loose_lock);
    loose_producer = producer;
    pthread_rwlock_unlock(&loose_lock);
}

static void send_now(const struct cb_outgoing *outgoing, const struct ready *ready)
{
    char time[CB_CE_TIME_SIZE];
    cb_ce_time_format(cb_clock_unix_ms(), time);
    const struct cb_seal seal = { .id = ready->id,
                                  .ce_type = ready->type->ce_type,
                                  .source = source,
                                  .subject = outgoing->subject != NULL ? outgoing->subject : outgoing->key,
                                  .time = time,
                                  .traceparent = ready->traceparent,
                                  .message = ready->type->message };
    struct cb_sealed sealed;
    cb_envelope_seal(&seal, &sealed);
    const struct cb_record record = { .topic = ready->type->topic,
                                      .key = outgoing->key,
                                      .value = ready->value,
                                      .size = ready->size,
                                      .headers = sealed.headers,
                                      .header_count = CB_ENVELOPE_HEADERS };
    pthread_rwlock_rdlock(&loose_lock);
    struct cb_error ignored;
    if (loose_producer != NULL)
        cb_producer_poll(loose_producer, 0);
    bool sent = loose_producer != NULL && cb_producer_send(loose_producer, &record, NULL, &ignored);
    pthread_rwlock_unlock(&loose_lock);
    cb_metric_add("calbus_events_produced_total", 1,
                  CB_LABELS({ "topic", ready->type->topic }, { "result", sent ? "sent" : "dropped" }));
}

void cb_send_loose(const struct cb_outgoing *outgoing, const ProtobufCMessage *message)
{
    __attribute__((cleanup(ready_done_at_exit))) struct ready ready = { .value = NULL };
    struct cb_error err = { .kind = CB_ERR_NONE };
    if (make_ready(outgoing, message, &ready, &err))
        send_now(outgoing, &ready);
    else
        cb_log_error("loose event not sent", &err);
}
