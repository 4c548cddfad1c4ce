/* Protobuf bytes checked against their descriptor (protobuf-c accepts invalid UTF-8 and cuts at NUL). */
#include "service/wire.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct walk {
    const ProtobufCMessageDescriptor *type;
    const unsigned char *at, *end;
    int depth;
};

static bool fail_wire(const struct walk *walk, const char *why, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "%s: %s", walk->type->name, why);
}

static bool read_varint(struct walk *walk, uint64_t *ret, struct cb_error *err)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (walk->at == walk->end)
            return fail_wire(walk, "the value ends in the middle of a number", err);
        unsigned char byte = *walk->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret = value;
            return true;
        }
    }
    return fail_wire(walk, "a number is longer than ten bytes", err);
}

static bool skip(struct walk *walk, uint64_t size, struct cb_error *err)
{
    if (size > (uint64_t)(walk->end - walk->at))
        return fail_wire(walk, "the value ends in the middle of a field", err);
    walk->at += size;
    return true;
}

static bool check_text(const struct walk *walk, const ProtobufCFieldDescriptor *field,
                       const unsigned char *text, size_t size, struct cb_error *err)
{
    const char *why = NULL;
    if (size > CB_WIRE_TEXT_MAX)
        why = "is longer than 64 KiB";
    else if (memchr(text, '\0', size) != NULL)
        why = "contains a NUL";
    else if (!cb_utf8_is_valid(text, size))
        why = "is not UTF-8";
    return why == NULL || cb_fail(err, CB_ERR_INVALID, "%s.%s %s", walk->type->name, field->name, why);
}

static bool walk_message(struct walk *walk, struct cb_error *err);

static bool check_bytes(const struct walk *walk, const ProtobufCFieldDescriptor *field,
                        const unsigned char *bytes, size_t size, struct cb_error *err)
{
    if (field != NULL && field->type == PROTOBUF_C_TYPE_STRING)
        return check_text(walk, field, bytes, size, err);
    if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return true;
    if (walk->depth >= CB_WIRE_DEPTH_MAX)
        return fail_wire(walk, "messages are nested too deep", err);
    struct walk inner = {
        .type = field->descriptor, .at = bytes, .end = bytes + size, .depth = walk->depth + 1
    };
    return walk_message(&inner, err);
}

static bool walk_field(struct walk *walk, struct cb_error *err)
{
    uint64_t tag = 0, number = 0;
    if (!read_varint(walk, &tag, err))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return fail_wire(walk, "a field's number is out of range", err);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(walk->type, (unsigned)(tag >> 3));
    switch (tag & 7) {
    case 0:
        return read_varint(walk, &number, err);
    case 1:
        return skip(walk, 8, err);
    case 5:
        return skip(walk, 4, err);
    case 2: {
        if (!read_varint(walk, &number, err))
            return false;
        const unsigned char *bytes = walk->at;
        return skip(walk, number, err) && check_bytes(walk, field, bytes, (size_t)number, err);
    }
    default:
        return fail_wire(walk, "a field has a wire type that protobuf 3 does not have", err);
    }
}

static bool walk_message(struct walk *walk, struct cb_error *err)
{
    while (walk->at < walk->end)
        if (!walk_field(walk, err))
            return false;
    return true;
}

bool cb_wire_check(const ProtobufCMessageDescriptor *type, const void *bytes, size_t size,
                   struct cb_error *err)
{
    if (size > CB_EVENT_SIZE_MAX)
        return cb_fail(err, CB_ERR_INVALID, "%s: %zu bytes are more than 256 KiB", type->name, size);
    struct walk walk = { .type = type, .at = bytes, .end = (const unsigned char *)bytes + size };
    return size == 0 || walk_message(&walk, err);
}
