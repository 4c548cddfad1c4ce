/* Any protobuf message as JSON, by its descriptor. */
#include "service/message_json.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    }
    return 0;
}

static void put_bytes(struct cb_json *json, const char *key, const ProtobufCBinaryData *bytes)
{
    cb_auto_bytes struct cb_bytes hex = CB_BYTES(1 << 20);
    for (size_t i = 0; i < bytes->len; i++)
        cb_bytes_printf(&hex, "%02x", bytes->data[i]);
    cb_json_str(json, key, cb_bytes_text(&hex));
}

static void put_enum(struct cb_json *json, const char *key, const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    if (known != NULL)
        cb_json_str(json, key, known->name);
    else
        cb_json_int(json, key, value);
}

/* One value of a field, at this place. */
static void put_value(struct cb_json *json, const char *key, const ProtobufCFieldDescriptor *field,
                      const void *at)
{
    char number[24];
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        cb_json_int(json, key, *(const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        cb_json_int(json, key, *(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        cb_json_int(json, key, *(const int64_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        snprintf(number, sizeof number, "%" PRIu64, *(const uint64_t *)at);
        cb_json_raw(json, key, number);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        cb_json_real(json, key, (double)*(const float *)at);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        cb_json_real(json, key, *(const double *)at);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        cb_json_bool(json, key, *(const protobuf_c_boolean *)at != 0);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        put_enum(json, key, field->descriptor, *(const int *)at);
        break;
    case PROTOBUF_C_TYPE_STRING:
        cb_json_str(json, key, *(char *const *)at);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        put_bytes(json, key, at);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        cb_message_json(json, key, *(ProtobufCMessage *const *)at);
        break;
    }
}

static void put_list(struct cb_json *json, const ProtobufCFieldDescriptor *field, const char *base)
{
    size_t n = *(const size_t *)(base + field->quantifier_offset);
    const char *first = *(char *const *)(base + field->offset);
    if (n == 0)
        return;
    cb_json_open(json, field->name, '[');
    for (size_t i = 0; i < n; i++)
        put_value(json, NULL, field, first + i * size_of(field));
    cb_json_close(json);
}

/* A member of a oneof that is not the chosen one, or a message that is not there. */
static bool is_absent(const ProtobufCFieldDescriptor *field, const char *base)
{
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
        *(const uint32_t *)(base + field->quantifier_offset) != field->id)
        return true;
    return field->type == PROTOBUF_C_TYPE_MESSAGE &&
           *(ProtobufCMessage *const *)(base + field->offset) == NULL;
}

void cb_message_json(struct cb_json *json, const char *key, const ProtobufCMessage *message)
{
    const char *base = (const char *)message;
    cb_json_open(json, key, '{');
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            put_list(json, field, base);
        else if (!is_absent(field, base))
            put_value(json, field->name, field, base + field->offset);
    }
    cb_json_close(json);
}
