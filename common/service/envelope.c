/* The envelope: reading and writing CloudEvents headers. */
#include "service/envelope.h"

#include "base/tai.h"
#include "base/utf8.h"
#include "base/uuid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- time ---- */

void cb_ce_time_format(int64_t unix_ms, char ret_text[CB_CE_TIME_SIZE])
{
    cb_iso_format(unix_ms * 1000000, 3, 'T', ret_text);
    size_t length = strlen(ret_text);
    snprintf(ret_text + length, CB_CE_TIME_SIZE - length, "Z");
}

static bool two_digits(const char *text, int *ret)
{
    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]))
        return false;
    *ret = (text[0] - '0') * 10 + text[1] - '0';
    return true;
}

/* "Z" or "+hh:mm" to minutes. */
static bool parse_zone(const char *zone, int *ret_minutes)
{
    int hours = 0, minutes = 0;
    if (strcmp(zone, "Z") == 0 || strcmp(zone, "z") == 0) {
        *ret_minutes = 0;
        return true;
    }
    if ((zone[0] != '+' && zone[0] != '-') || strlen(zone) != 6 || zone[3] != ':' ||
        !two_digits(zone + 1, &hours) || !two_digits(zone + 4, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_minutes = (hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
    return true;
}

bool cb_ce_time_parse(const char *text, int64_t *ret_unix_ms)
{
    char local[CB_CE_TIME_SIZE];
    const char *t = strpbrk(text, "Tt");
    size_t length = t != NULL ? (size_t)(t - text) + strcspn(t, "Zz+-") : 0;
    int64_t ns = 0;
    int zone_minutes = 0;
    if (length == 0 || length >= sizeof local || text[length] == '\0')
        return false;
    snprintf(local, sizeof local, "%.*s", (int)length, text);
    if (!parse_zone(text + length, &zone_minutes) || !cb_iso_parse(local, &ns))
        return false;
    *ret_unix_ms = ns / 1000000 - zone_minutes * 60000LL;
    return true;
}

/* ---- trace context ---- */

static bool is_hex(const char *text, size_t from, size_t until)
{
    for (size_t i = from; i < until; i++)
        if (!isdigit((unsigned char)text[i]) && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return true;
}

static bool is_zero(const char *text, size_t from, size_t until)
{
    for (size_t i = from; i < until; i++)
        if (text[i] != '0')
            return false;
    return true;
}

bool cb_trace_is_valid(const char *text)
{
    if (text == NULL || strnlen(text, 56) < 55)
        return false;
    bool later = strncmp(text, "00", 2) != 0;
    if (text[55] != '\0' && (!later || text[55] != '-'))
        return false;
    return text[2] == '-' && text[35] == '-' && text[52] == '-' && is_hex(text, 0, 2) &&
           is_hex(text, 3, 35) && is_hex(text, 36, 52) && is_hex(text, 53, 55) &&
           strncmp(text, "ff", 2) != 0 && !is_zero(text, 3, 35) && !is_zero(text, 36, 52);
}

static void put_hex(const unsigned char *bytes, size_t count, char *ret_text)
{
    for (size_t i = 0; i < count; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

void cb_trace_continue(const char *traceparent, const unsigned char random[24],
                       char ret_text[CB_TRACEPARENT_SIZE])
{
    char trace[33], span[17], flags[3] = "01";
    put_hex(random, 16, trace);
    put_hex(random + 16, 8, span);
    if (cb_trace_is_valid(traceparent)) {
        snprintf(trace, sizeof trace, "%.32s", traceparent + 3);
        snprintf(flags, sizeof flags, "%.2s", traceparent + 53);
    }
    snprintf(ret_text, CB_TRACEPARENT_SIZE, "00-%s-%s-%s", trace, span, flags);
}

/* ---- opening ---- */

/* Its text, NULL (and err) when there is none. */
static const char *read_text(const struct cb_message *message, const char *name, struct cb_error *err)
{
    const struct cb_bus_header *header = cb_message_header(message, name);
    const char *why = NULL;
    if (header == NULL || header->value_size == 0)
        why = "missing";
    else if (strlen(header->value) != header->value_size ||
             !cb_utf8_is_valid(header->value, header->value_size))
        why = "not text";
    if (why == NULL)
        return header->value;
    cb_fail(err, CB_ERR_INVALID, "header %s is %s", name, why);
    return NULL;
}

static bool get_text(const struct cb_message *message, const char *name, const char **ret_text,
                     struct cb_error *err)
{
    const char *text = read_text(message, name, err);
    if (text == NULL)
        return false;
    *ret_text = text;
    return true;
}

static const char *get_optional(const struct cb_message *message, const char *name)
{
    const char *text = "";
    return get_text(message, name, &text, NULL) ? text : "";
}

bool cb_envelope_peek(const struct cb_message *message, const struct cb_event_type **ret_type)
{
    const char *text = NULL;
    if (!get_text(message, "ce_type", &text, NULL))
        return false;
    *ret_type = cb_event_type_find_ce(text);
    return true;
}

static bool open_id(const struct cb_message *message, struct cb_envelope *envelope, struct cb_error *err)
{
    const char *text = NULL;
    struct cb_uuid id;
    if (!get_text(message, "ce_id", &text, err))
        return false;
    if (!cb_uuid_parse(text, &id))
        return cb_fail(err, CB_ERR_INVALID, "header ce_id is no UUID: \"%.40s\"", text);
    cb_uuid_format(&id, envelope->id);
    return true;
}

static bool open_time(const struct cb_message *message, int64_t *ret_unix_ms, struct cb_error *err)
{
    const char *text = NULL;
    if (!get_text(message, "ce_time", &text, err))
        return false;
    if (!cb_ce_time_parse(text, ret_unix_ms))
        return cb_fail(err, CB_ERR_INVALID, "header ce_time is no RFC 3339 time: \"%.40s\"", text);
    return true;
}

/* A protobuf value never begins with a zero byte (there is no field 0), a Confluent one always does. */
static bool open_value(const struct cb_message *message, struct cb_event *event, struct cb_error *err)
{
    event->payload = message->value;
    event->size = message->size;
    if (message->size == 0 || message->value[0] != 0)
        return true;
    if (message->size < CB_CONFLUENT_PREFIX || message->value[5] != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "the value's schema prefix does not name its file's first message");
    event->payload += CB_CONFLUENT_PREFIX;
    event->size -= CB_CONFLUENT_PREFIX;
    return true;
}

bool cb_envelope_open(const struct cb_message *message, struct cb_envelope *ret_envelope,
                      struct cb_error *err)
{
    static const unsigned char no_random[24] = { 1, [23] = 1 };
    struct cb_event *event = &ret_envelope->event;
    const char *version = NULL, *ce_type = NULL;
    *event = (struct cb_event){ .topic = message->topic,
                                .partition = message->partition,
                                .offset = message->offset,
                                .key = message->key,
                                .message = message };
    if (!get_text(message, "ce_specversion", &version, err) || !get_text(message, "ce_type", &ce_type, err) ||
        !get_text(message, "ce_source", &event->source, err) || !open_id(message, ret_envelope, err) ||
        !open_time(message, &event->time_unix_ms, err))
        return false;
    const struct cb_event_type *type = cb_event_type_find_ce(ce_type);
    if (strcmp(version, "1.0") != 0)
        return cb_fail(err, CB_ERR_INVALID, "header ce_specversion is not 1.0: \"%.20s\"", version);
    if (type == NULL || strcmp(type->topic, message->topic) != 0)
        return cb_fail(err, CB_ERR_INVALID, "event of type \"%.100s\" does not belong on topic %s", ce_type,
                       message->topic);
    if (strlen(message->key) != message->key_size || !cb_utf8_is_valid(message->key, message->key_size))
        return cb_fail(err, CB_ERR_INVALID, "the key is not text");
    event->type = type->type;
    event->id = ret_envelope->id;
    event->subject = get_optional(message, "ce_subject");
    const char *trace = get_optional(message, "traceparent");
    if (cb_trace_is_valid(trace))
        snprintf(ret_envelope->traceparent, CB_TRACEPARENT_SIZE, "%.55s", trace);
    else {
        unsigned char ids[24];
        struct cb_uuid id;
        memcpy(ids, no_random, sizeof ids);
        if (cb_uuid_parse(event->id, &id))
            memcpy(ids, id.byte, sizeof id.byte); /* the trace of an event without one follows from its id */
        cb_trace_continue(NULL, ids, ret_envelope->traceparent);
    }
    event->traceparent = ret_envelope->traceparent;
    return open_value(message, event, err);
}

const char *cb_event_header(const struct cb_event *event, const char *name)
{
    const struct cb_bus_header *header =
        event->message != NULL ? cb_message_header(event->message, name) : NULL;
    return header != NULL ? header->value : NULL;
}

/* ---- sealing ---- */

/* "calbus/v1/generation.proto#calbus.v1.GenerationEvent": the file is the family, as the wrapper is named. */
static void name_schema(const char *message, char *ret_text, size_t size)
{
    const char *name = strrchr(message, '.') != NULL ? strrchr(message, '.') + 1 : message;
    char family[64];
    size_t length = 0;
    for (const char *c = name; *c != '\0' && length + 1 < sizeof family; c++) {
        if (c != name && isupper((unsigned char)*c))
            break; /* AlarmStateEvent lies in alarm.proto */
        family[length++] = (char)tolower((unsigned char)*c);
    }
    family[length] = '\0';
    snprintf(ret_text, size, "calbus/v1/%s.proto#%s", family, message);
}

void cb_envelope_seal(const struct cb_seal *seal, struct cb_sealed *ret_sealed)
{
    snprintf(ret_sealed->dataschema, sizeof ret_sealed->dataschema, "%s", "");
    if (seal->message != NULL)
        name_schema(seal->message, ret_sealed->dataschema, sizeof ret_sealed->dataschema);
    const struct cb_bus_header headers[CB_ENVELOPE_HEADERS] = {
        { "ce_specversion", "1.0", 0 },
        { "ce_id", seal->id, 0 },
        { "ce_type", seal->ce_type, 0 },
        { "ce_source", seal->source, 0 },
        { "ce_subject", seal->subject, 0 },
        { "ce_time", seal->time, 0 },
        { "content-type", "application/protobuf", 0 },
        { "traceparent", seal->traceparent, 0 },
        { "ce_dataschema", ret_sealed->dataschema, 0 },
    };
    memcpy(ret_sealed->headers, headers, sizeof headers);
    for (size_t i = 0; i < CB_ENVELOPE_HEADERS; i++)
        ret_sealed->headers[i].value_size = strlen(ret_sealed->headers[i].value);
}
