/* The envelope: CloudEvents headers, trace context, Confluent prefix. */
#include "service/envelope.h"
#include "support/spec.h"

#include <string.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

enum { HEADERS = 7 };

struct fixture {
    struct cb_bus_header headers[HEADERS];
    struct cb_message message;
    struct cb_envelope envelope;
    struct cb_error err;
};

/* A good message; then one header is changed (NULL: taken away). */
static struct fixture *with(const char *name, const char *value)
{
    static struct fixture it;
    const struct cb_bus_header good[HEADERS] = {
        { "ce_specversion", "1.0", 0 },
        { "ce_id", ID, 0 },
        { "ce_type", "org.rubin.calbus.generation.finished.v1", 0 },
        { "ce_source", "/calbus/usdf/generator", 0 },
        { "ce_time", "2024-12-08T12:00:00.250Z", 0 },
        { "ce_subject", "run", 0 },
        { "traceparent", TRACE, 0 },
    };
    memset(&it, 0, sizeof it);
    memcpy(it.headers, good, sizeof good);
    it.message = (struct cb_message){ .topic = (char *)"calbus.generation.v1",
                                      .partition = 3,
                                      .offset = 17,
                                      .key = (char *)"run",
                                      .key_size = 3,
                                      .value = (unsigned char *)(uintptr_t) "\x12\x00",
                                      .size = 2,
                                      .headers = it.headers,
                                      .header_count = HEADERS };
    for (size_t i = 0; i < HEADERS; i++) {
        if (name != NULL && strcmp(it.headers[i].name, name) == 0) {
            it.headers[i].value = value != NULL ? value : "";
            it.headers[i].name = value != NULL ? name : "x";
        }
        it.headers[i].value_size = strlen(it.headers[i].value);
    }
    return &it;
}

static bool opens(struct fixture *it)
{
    return cb_envelope_open(&it->message, &it->envelope, &it->err);
}

static void a_good_message_opens(void **state)
{
    (void)state;
    struct fixture *it = with(NULL, NULL);
    assert_true(opens(it));
    assert_string_equal(it->envelope.event.type, "generation.finished");
    assert_string_equal(it->envelope.event.id, ID);
    assert_string_equal(it->envelope.event.subject, "run");
    assert_string_equal(it->envelope.event.traceparent, TRACE);
    assert_int_equal(it->envelope.event.time_unix_ms, 1733659200250);
    assert_int_equal(it->envelope.event.offset, 17);
    assert_int_equal(it->envelope.event.size, 2);
}

static void a_message_without_a_required_header_is_refused(void **state)
{
    (void)state;
    const char *const required[] = { "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time" };
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        struct fixture *it = with(required[i], NULL);
        assert_false(opens(it));
        assert_int_equal(it->err.kind, CB_ERR_INVALID);
        assert_non_null(strstr(it->err.text, required[i]));
    }
}

static void a_malformed_header_is_refused(void **state)
{
    (void)state;
    assert_false(opens(with("ce_id", "not-a-uuid")));
    assert_false(opens(with("ce_specversion", "0.3")));
    assert_false(opens(with("ce_time", "yesterday")));
    assert_false(opens(with("ce_source", "\xff\xfe")));
    assert_false(opens(with("ce_type", "org.rubin.calbus.exposure.ingested.v1"))); /* of another topic */
    assert_false(opens(with("ce_type", "com.example.else.v1")));
}

static void an_id_is_read_in_either_case(void **state)
{
    (void)state;
    struct fixture *it = with("ce_id", "01890A5D-AC96-774B-BCCE-B302099A8057");
    assert_true(opens(it));
    assert_string_equal(it->envelope.event.id, ID);
}

static void a_missing_or_invalid_trace_gives_a_new_one(void **state)
{
    (void)state;
    struct fixture *it = with("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01");
    assert_true(opens(it));
    assert_true(cb_trace_is_valid(it->envelope.event.traceparent));
    it = with("traceparent", NULL);
    assert_true(opens(it));
    assert_true(cb_trace_is_valid(it->envelope.event.traceparent));
}

static void the_confluent_prefix_is_taken_off(void **state)
{
    (void)state;
    struct fixture *it = with(NULL, NULL);
    it->message.value = (unsigned char *)(uintptr_t) "\0\0\0\0\x2a\0\x12\0";
    it->message.size = 8;
    assert_true(opens(it));
    assert_int_equal(it->envelope.event.size, 2);
    assert_int_equal(it->envelope.event.payload[0], 0x12);
    it->message.value =
        (unsigned char *)(uintptr_t) "\0\0\0\0\x2a\x02\x02\x12\0"; /* the file's second message */
    it->message.size = 9;
    assert_false(opens(it));
    it->message.size = 4;
    assert_false(opens(it));
}

static void a_key_that_is_no_text_is_refused(void **state)
{
    (void)state;
    struct fixture *it = with(NULL, NULL);
    it->message.key = (char *)"a\0b";
    assert_false(opens(it));
    it->message.key = (char *)"\xff  ";
    assert_false(opens(it));
}

static void times_are_rfc_3339(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(cb_ce_time_parse("1970-01-01T00:00:01Z", &ms));
    assert_int_equal(ms, 1000);
    assert_true(cb_ce_time_parse("1970-01-01T02:00:00.5+02:00", &ms));
    assert_int_equal(ms, 500);
    assert_true(cb_ce_time_parse("1969-12-31T23:00:00-01:30", &ms));
    assert_int_equal(ms, 1800000);
    assert_false(cb_ce_time_parse("1970-01-01T00:00:01", &ms));
    assert_false(cb_ce_time_parse("1970-01-01T00:00:01+2:00x", &ms));
    assert_false(cb_ce_time_parse("1970-13-01T00:00:01Z", &ms));
    char text[CB_CE_TIME_SIZE];
    cb_ce_time_format(1733659200250, text);
    assert_string_equal(text, "2024-12-08T12:00:00.250Z");
}

static void a_trace_goes_on_with_a_new_span(void **state)
{
    (void)state;
    char text[CB_TRACEPARENT_SIZE];
    unsigned char random[24];
    memset(random, 0xab, sizeof random);
    cb_trace_continue(TRACE, random, text);
    assert_string_equal(text, "00-4bf92f3577b34da6a3ce929d0e0e4736-abababababababab-01");
    cb_trace_continue("rubbish", random, text);
    assert_string_equal(text, "00-abababababababababababababababab-abababababababab-01");
}

static void trace_parents_are_checked_as_w3c_has_them(void **state)
{
    (void)state;
    assert_true(cb_trace_is_valid(TRACE));
    assert_true(cb_trace_is_valid("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later"));
    assert_false(cb_trace_is_valid("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later"));
    assert_false(cb_trace_is_valid("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    assert_false(cb_trace_is_valid("00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    assert_false(cb_trace_is_valid("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
    assert_false(cb_trace_is_valid("00-4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_false(cb_trace_is_valid(NULL));
}

static void the_seal_names_the_schema_by_family(void **state)
{
    (void)state;
    struct cb_sealed sealed;
    cb_envelope_seal(&(struct cb_seal){ .id = ID,
                                        .ce_type = "t",
                                        .source = "s",
                                        .subject = "",
                                        .time = "now",
                                        .traceparent = TRACE,
                                        .message = "calbus.v1.AlarmStateEvent" },
                     &sealed);
    assert_string_equal(sealed.headers[CB_ENVELOPE_HEADERS - 1].name, "ce_dataschema");
    assert_string_equal(sealed.headers[CB_ENVELOPE_HEADERS - 1].value,
                        "calbus/v1/alarm.proto#calbus.v1.AlarmStateEvent");
    assert_int_equal(sealed.headers[1].value_size, 36);
}

int main(void)
{
    const struct CMUnitTest envelope[] = {
        cmocka_unit_test(a_good_message_opens),
        cmocka_unit_test(a_message_without_a_required_header_is_refused),
        cmocka_unit_test(a_malformed_header_is_refused),
        cmocka_unit_test(an_id_is_read_in_either_case),
        cmocka_unit_test(a_missing_or_invalid_trace_gives_a_new_one),
        cmocka_unit_test(the_confluent_prefix_is_taken_off),
        cmocka_unit_test(a_key_that_is_no_text_is_refused),
        cmocka_unit_test(times_are_rfc_3339),
        cmocka_unit_test(a_trace_goes_on_with_a_new_span),
        cmocka_unit_test(trace_parents_are_checked_as_w3c_has_them),
        cmocka_unit_test(the_seal_names_the_schema_by_family),
    };
    return cmocka_run_group_tests_name("envelope", envelope, NULL, NULL);
}
