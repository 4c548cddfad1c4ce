/* The contract of the bus: every event has a topic, a wrapper and a decoder; yesterday's bytes still decode.
 */
#include "service/decode.h"
#include "service/decode_rules.h"
#include "service/topics.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct payload {
    unsigned char bytes[4096];
    size_t size;
};

static struct payload read_golden(const char *type)
{
    struct payload payload = { .size = 0 };
    char path[512];
    snprintf(path, sizeof path, "%s/%s.bin", CB_CONTRACT_GOLDEN, type);
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        fail_msg("event \"%s\" has no committed payload %s", type, path);
    payload.size = fread(payload.bytes, 1, sizeof payload.bytes, in);
    fclose(in);
    return payload;
}

static bool decode(const char *type, const struct payload *payload, ProtobufCMessage **ret,
                   struct cb_error *err)
{
    const struct cb_event event = { .type = type, .payload = payload->bytes, .size = payload->size };
    return cb_event_decode(&event, ret, err);
}

static void every_event_type_has_a_topic_and_a_decoder_of_its_wrapper(void **state)
{
    (void)state;
    for (const struct cb_event_type *type = cb_event_types; type->type != NULL; type++) {
        assert_non_null(cb_topic_find(type->topic));
        assert_ptr_equal(cb_event_type_find_ce(type->ce_type), type);
        const struct cb_decoder *decoder = cb_decoders;
        while (decoder->type != NULL && strcmp(decoder->type, type->type) != 0)
            decoder++;
        if (type->message == NULL) { /* dead letters carry any value */
            assert_null(decoder->type);
            continue;
        }
        if (decoder->type == NULL)
            fail_msg("event \"%s\" has no decoder", type->type);
        assert_string_equal(decoder->wrapper->name, type->message);
    }
}

static void every_decoder_has_an_event_type(void **state)
{
    (void)state;
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++)
        if (cb_event_type_find(decoder->type) == NULL)
            fail_msg("decoder \"%s\" has no event type", decoder->type);
}

static bool is_decoded(const ProtobufCMessageDescriptor *wrapper, const char *member)
{
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++)
        if (decoder->wrapper == wrapper && strcmp(decoder->member, member) == 0)
            return true;
    return false;
}

static void every_member_of_a_wrapper_has_a_decoder(void **state)
{
    (void)state;
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++)
        for (unsigned i = 0; i < decoder->wrapper->n_fields; i++)
            if (!is_decoded(decoder->wrapper, decoder->wrapper->fields[i].name))
                fail_msg("%s.%s has no decoder", decoder->wrapper->name, decoder->wrapper->fields[i].name);
}

static void every_required_field_exists_with_a_fitting_type(void **state)
{
    (void)state;
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++) {
        const ProtobufCFieldDescriptor *member =
            protobuf_c_message_descriptor_get_field_by_name(decoder->wrapper, decoder->member);
        assert_non_null(member);
        for (const struct cb_required *required = decoder->required; required->field != NULL; required++) {
            const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(member->descriptor, required->field);
            if (field == NULL)
                fail_msg("event \"%s\" has no field %s", decoder->type, required->field);
            bool text = required->rule == CB_RULE_TEXT || required->rule == CB_RULE_UUID ||
                        required->rule == CB_RULE_HEX32;
            assert_int_equal(text, field->type == PROTOBUF_C_TYPE_STRING);
            assert_int_equal(required->rule == CB_RULE_ENUM, field->type == PROTOBUF_C_TYPE_ENUM);
            assert_int_equal(required->rule == CB_RULE_MESSAGE, field->type == PROTOBUF_C_TYPE_MESSAGE);
        }
    }
}

static void yesterdays_bytes_still_decode(void **state)
{
    (void)state;
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++) {
        struct payload payload = read_golden(decoder->type);
        cb_auto(cb_event_free) ProtobufCMessage *wrapper = NULL;
        struct cb_error err = { 0 };
        if (!decode(decoder->type, &payload, &wrapper, &err))
            fail_msg("%s", err.text);
        assert_int_equal(protobuf_c_message_get_packed_size(wrapper),
                         payload.size); /* nothing unknown, nothing lost */
    }
}

/* Take one field's value away. */
static void clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *at = (char *)message + field->offset;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        char **text = at;
        free(*text);
        *text = calloc(1, 1);
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage **inner = at;
        protobuf_c_message_free_unpacked(*inner, NULL);
        *inner = NULL;
    } else if (field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_INT64) {
        memset(at, 0, 8);
    } else {
        memset(at, 0, 4);
    }
}

static void refuses_without(const struct cb_decoder *decoder, const struct cb_required *required)
{
    struct payload payload = read_golden(decoder->type);
    cb_auto(cb_event_free) ProtobufCMessage *wrapper = NULL, *again = NULL;
    assert_true(decode(decoder->type, &payload, &wrapper, NULL));
    const ProtobufCFieldDescriptor *slot =
        protobuf_c_message_descriptor_get_field_by_name(decoder->wrapper, decoder->member);
    ProtobufCMessage *member = *(ProtobufCMessage **)((char *)wrapper + slot->offset);
    clear(member, protobuf_c_message_descriptor_get_field_by_name(member->descriptor, required->field));
    payload.size = protobuf_c_message_pack(wrapper, payload.bytes);
    struct cb_error err = { 0 };
    if (decode(decoder->type, &payload, &again, &err))
        fail_msg("event \"%s\" is accepted without %s", decoder->type, required->field);
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, required->field));
    assert_non_null(strstr(err.text, decoder->type));
}

static void an_event_without_a_required_field_is_refused(void **state)
{
    (void)state;
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++)
        for (const struct cb_required *required = decoder->required; required->field != NULL; required++)
            refuses_without(decoder, required);
}

static void truncated_bytes_are_refused_or_lack_something(void **state)
{
    (void)state;
    for (const struct cb_decoder *decoder = cb_decoders; decoder->type != NULL; decoder++) {
        struct payload payload = read_golden(decoder->type);
        for (size_t size = payload.size; size-- > 0;) {
            cb_auto(cb_event_free) ProtobufCMessage *wrapper = NULL;
            payload.size = size; /* the one member's length no longer fits */
            assert_false(decode(decoder->type, &payload, &wrapper, NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest events[] = {
        cmocka_unit_test(every_event_type_has_a_topic_and_a_decoder_of_its_wrapper),
        cmocka_unit_test(every_decoder_has_an_event_type),
        cmocka_unit_test(every_member_of_a_wrapper_has_a_decoder),
        cmocka_unit_test(every_required_field_exists_with_a_fitting_type),
        cmocka_unit_test(yesterdays_bytes_still_decode),
        cmocka_unit_test(an_event_without_a_required_field_is_refused),
        cmocka_unit_test(truncated_bytes_are_refused_or_lack_something),
    };
    return cmocka_run_group_tests_name("contract of the bus", events, NULL, NULL);
}
