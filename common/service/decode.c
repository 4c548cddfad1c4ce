/* Bytes to checked events: wire first, then the wrapper's oneof, then the required fields of the type's
 * table. */
#include "service/decode.h"

#include "base/tai.h"
#include "base/uuid.h"
#include "service/decode_rules.h"
#include "service/wire.h"

#include <ctype.h>
#include <string.h>

enum { TEXT_MAX = 1024 };

static const struct cb_decoder *find_decoder(const char *type)
{
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++)
        if (strcmp(decoder->type, type) == 0)
            return decoder;
    return NULL;
}

static const void *field_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (const char *)message + field->offset;
}

static bool is_hex32(const char *text)
{
    size_t length = 0;
    while (length < 33 && isxdigit((unsigned char)text[length]))
        length++;
    return length == 32 && text[32] == '\0';
}

static int64_t read_integer(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const void *at = field_at(message, field);
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return *(const uint32_t *)at;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return *(const uint64_t *)at > INT64_MAX ? -1 : (int64_t) * (const uint64_t *)at;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return *(const int64_t *)at;
    default:
        return *(const int32_t *)at;
    }
}

static bool is_day(int64_t day)
{
    int64_t days = 0;
    return day >= 19700101 && day <= 99991231 &&
           cb_days_from_date((int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100), &days);
}

static bool is_known_value(const ProtobufCFieldDescriptor *field, int64_t value)
{
    return value > 0 && value <= INT32_MAX &&
           protobuf_c_enum_descriptor_get_value(field->descriptor, (int)value) != NULL;
}

/* Why a required field does not do; NULL when it does. */
static const char *refuse(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          enum cb_field_rule rule)
{
    const char *text = field->type == PROTOBUF_C_TYPE_STRING ? *(char *const *)field_at(message, field) : "";
    struct cb_uuid ignored;
    switch (rule) {
    case CB_RULE_TEXT:
        return text[0] == '\0' ? "is missing" : strlen(text) > TEXT_MAX ? "is longer than 1024 bytes" : NULL;
    case CB_RULE_UUID:
        return text[0] == '\0' ? "is missing" : !cb_uuid_parse(text, &ignored) ? "is no UUID" : NULL;
    case CB_RULE_HEX32:
        return text[0] == '\0' ? "is missing" : !is_hex32(text) ? "is not 32 hex digits" : NULL;
    case CB_RULE_ENUM:
        return is_known_value(field, read_integer(message, field)) ? NULL : "is not a known value";
    case CB_RULE_POSITIVE:
        return read_integer(message, field) > 0 ? NULL : "is not above 0";
    case CB_RULE_DAY:
        return is_day(read_integer(message, field)) ? NULL : "is no date YYYYMMDD";
    case CB_RULE_MESSAGE:
        return *(ProtobufCMessage *const *)field_at(message, field) != NULL ? NULL : "is missing";
    }
    return NULL;
}

static bool check_required(const struct cb_decoder *decoder, const ProtobufCMessage *message,
                           struct cb_error *err)
{
    for (const struct cb_required *required = decoder->required; required->field != NULL; required++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(message->descriptor, required->field);
        const char *why = field != NULL ? refuse(message, field, required->rule) : "is not a field";
        if (why != NULL)
            return cb_fail(err, CB_ERR_INVALID, "event \"%s\": %s %s", decoder->type, required->field, why);
    }
    return true;
}

/* The member of the wrapper's oneof that the type names, NULL when another or none is set. */
static const ProtobufCMessage *find_member(const struct cb_decoder *decoder, const ProtobufCMessage *wrapper)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(decoder->wrapper, decoder->member);
    if (field == NULL)
        return NULL;
    unsigned which = *(const unsigned *)((const char *)wrapper + field->quantifier_offset);
    return which == field->id ? *(ProtobufCMessage *const *)field_at(wrapper, field) : NULL;
}

/* The wrapper, NULL (and err) when the bytes are none. */
static ProtobufCMessage *unpack(const struct cb_decoder *decoder, const struct cb_event *event,
                                struct cb_error *err)
{
    ProtobufCMessage *wrapper = NULL;
    if (!cb_wire_check(decoder->wrapper, event->payload, event->size, err)) {
        cb_context(err, "event \"%s\"", decoder->type);
        return NULL;
    }
    wrapper = protobuf_c_message_unpack(decoder->wrapper, NULL, event->size, event->payload);
    if (wrapper == NULL)
        cb_fail(err, CB_ERR_INVALID, "event \"%s\": %zu bytes are no %s", decoder->type, event->size,
                decoder->wrapper->name);
    return wrapper;
}

bool cb_event_decode(const struct cb_event *event, ProtobufCMessage **ret_wrapper, struct cb_error *err)
{
    const struct cb_decoder *decoder = find_decoder(event->type);
    if (decoder == NULL)
        return cb_fail(err, CB_ERR_INVALID, "there is no decoder for events of type \"%s\"", event->type);
    cb_auto(cb_event_free) ProtobufCMessage *wrapper = unpack(decoder, event, err);
    if (wrapper == NULL)
        return false;
    const ProtobufCMessage *member = find_member(decoder, wrapper);
    if (member == NULL)
        return cb_fail(err, CB_ERR_INVALID, "event \"%s\": the value does not carry %s", decoder->type,
                       decoder->member);
    if (!check_required(decoder, member, err))
        return false;
    *ret_wrapper = cb_steal(wrapper);
    return true;
}

void cb_event_free(ProtobufCMessage *wrapper)
{
    if (wrapper != NULL)
        protobuf_c_message_free_unpacked(wrapper, NULL);
}
