/* Decoding: what protobuf-c would take and we do not. */
#include "service/decode.h"
#include "service/wire.h"
#include "support/spec.h"

#include "calbus/v1/exposure.pb-c.h"

#include <string.h>

static bool decodes(const char *bytes, size_t size, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *wrapper = NULL;
    const struct cb_event event = { .type = "exposure.arrived",
                                    .payload = (const unsigned char *)bytes,
                                    .size = size };
    return cb_event_decode(&event, &wrapper, err);
}

static void refuses(const char *bytes, size_t size, const char *why)
{
    struct cb_error err = { 0 };
    assert_false(decodes(bytes, size, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", err.text, why);
}

/* arrived { site: "usdf" path: "/x" } */
#define GOOD "\x0a\x0a\x0a\x04usdf\x12\x02/x"

static void a_whole_event_decodes(void **state)
{
    (void)state;
    assert_true(decodes(GOOD, sizeof GOOD - 1, NULL));
}

static void unknown_fields_are_passed_over(void **state)
{
    (void)state;
    assert_true(decodes(GOOD "\xd2\x3f\x03"
                             "new",
                        sizeof GOOD - 1 + 6, NULL));
}

static void what_protobuf_c_accepts_is_refused(void **state)
{
    (void)state;
    refuses("", 0, "does not carry arrived");
    refuses("\x0a\x00", 2, "site is missing");
    refuses("\x0a\x0a\x0a\x04us\xff\xfe\x12\x02/x", 12, "site is not UTF-8");
    refuses("\x0a\x0a\x0a\x04us\0f\x12\x02/x", 12, "site contains a NUL");
    refuses("\x12\x00", 2, "does not carry arrived"); /* another member */
}

static void broken_bytes_are_refused(void **state)
{
    (void)state;
    refuses(GOOD, sizeof GOOD - 2, "ends in the middle");
    refuses("\x0a\xff\xff\xff\xff\x0f", 6, "ends in the middle");
    refuses("\x0b\x0c", 2, "wire type");
    refuses("\x02\x00", 2, "number is out of range");
    refuses("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "longer than ten bytes");
    refuses("\x08\x01", 2, "are no calbus.v1.ExposureEvent");
}

static void a_value_beyond_256_kib_is_refused(void **state)
{
    (void)state;
    static char large[CB_EVENT_SIZE_MAX + 1];
    refuses(large, sizeof large, "256 KiB");
}

static void a_text_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    char bytes[1100] = "\x0a\x8f\x08\x0a\x04usdf\x12\x86\x08/";
    memset(bytes + 12, 'x', 1030);
    struct cb_error err = { 0 };
    assert_false(decodes(bytes, 3 + 1039, &err));
    assert_string_equal(err.text, "event \"exposure.arrived\": path is longer than 1024 bytes");
}

static void an_event_without_a_decoder_is_refused(void **state)
{
    (void)state;
    ProtobufCMessage *wrapper = NULL;
    struct cb_error err = { 0 };
    const struct cb_event event = { .type = "dead-letter", .payload = (const unsigned char *)"", .size = 0 };
    assert_false(cb_event_decode(&event, &wrapper, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest decode[] = {
        cmocka_unit_test(a_whole_event_decodes),
        cmocka_unit_test(unknown_fields_are_passed_over),
        cmocka_unit_test(what_protobuf_c_accepts_is_refused),
        cmocka_unit_test(broken_bytes_are_refused),
        cmocka_unit_test(a_value_beyond_256_kib_is_refused),
        cmocka_unit_test(a_text_beyond_its_limit_is_refused),
        cmocka_unit_test(an_event_without_a_decoder_is_refused),
    };
    return cmocka_run_group_tests_name("decode", decode, NULL, NULL);
}
