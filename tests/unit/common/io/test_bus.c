/* The bus over librdkafka, against the embedded broker in this process. */
#include "io/bus.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cb_bus_topic topics[] = { { "t.one", 3, 1000 }, { "t.two", 1, -1 } };
static const struct cb_bus_config config = { .client_id = "test" };

struct fixture {
    struct cb_embedded_broker *broker;
    struct cb_bus_place place;
    struct cb_error err;
    int delivered;
    struct cb_delivery last;
};

static int start(void **state)
{
    struct fixture *it = calloc(1, sizeof *it);
    if (!cb_embedded_broker_start(topics, 2, &it->broker, &it->place, &it->err))
        fail_msg("%s", it->err.text);
    *state = it;
    return 0;
}

static int stop(void **state)
{
    struct fixture *it = *state;
    cb_embedded_broker_stop(it->broker);
    free(it);
    return 0;
}

static void count_delivery(void *self, const struct cb_delivery *delivery)
{
    struct fixture *it = self;
    it->delivered += delivery->delivered ? 1 : 0;
    it->last = *delivery;
}

static void send(struct fixture *it, struct cb_producer *producer, const char *topic, const char *value)
{
    const struct cb_bus_header headers[] = { { "ce_id", "x", 1 }, { "ce_id", "y", 1 } };
    const struct cb_record record = { .topic = topic,
                                      .key = "key",
                                      .value = value,
                                      .size = strlen(value),
                                      .headers = headers,
                                      .header_count = 2 };
    int before = it->delivered;
    assert_true(cb_producer_send(producer, &record, it, NULL));
    for (int i = 0; i < 100 && it->delivered == before; i++)
        cb_producer_poll(producer, 100);
    assert_int_equal(it->delivered, before + 1);
}

static struct cb_message *receive(struct cb_consumer *consumer)
{
    struct cb_message *message = NULL;
    for (int i = 0; i < 300 && message == NULL; i++) {
        struct cb_error ignored;
        if (!cb_consumer_poll(consumer, 100, &message, &ignored))
            message = NULL;
    }
    assert_non_null(message);
    return message;
}

static void what_is_sent_is_received_with_key_and_headers(void **state)
{
    struct fixture *it = *state;
    struct cb_producer *producer = NULL;
    struct cb_consumer *consumer = NULL;
    const char *const names[] = { "t.one", NULL };
    assert_true(cb_producer_open(&config, &it->place, count_delivery, it, &producer, NULL));
    assert_true(cb_consumer_open(&config, &it->place, "g", names, NULL, NULL, &consumer, NULL));
    send(it, producer, "t.one", "hello");
    assert_ptr_equal(it->last.tag, it);
    assert_int_equal(it->last.offset, 0);
    cb_auto(cb_message_free) struct cb_message *message = receive(consumer);
    assert_string_equal(message->topic, "t.one");
    assert_int_equal(message->partition, it->last.partition);
    assert_string_equal(message->key, "key");
    assert_memory_equal(message->value, "hello", 5);
    assert_string_equal(cb_message_header(message, "ce_id")->value, "y");
    assert_null(cb_message_header(message, "none"));
    assert_true(cb_consumer_is_assigned(consumer));

    cb_consumer_done(consumer, "t.one", message->partition, 1);
    cb_consumer_flush(consumer, true);
    struct cb_bus_view *view = NULL;
    int64_t offset = -2, first = -1, end = -1;
    assert_true(cb_bus_view_open(&config, &it->place, "g", &view, NULL));
    assert_true(cb_bus_committed(view, "t.one", message->partition, &offset, NULL));
    assert_int_equal(offset, 1);
    assert_true(cb_bus_committed(view, "t.one", (message->partition + 1) % 3, &offset, NULL));
    assert_int_equal(offset, -1);
    assert_true(cb_bus_log_range(view, "t.one", message->partition, &first, &end, NULL));
    assert_int_equal(first, 0);
    assert_int_equal(end, 1);
    cb_bus_view_close(view);
    cb_consumer_close(consumer);
    cb_producer_close(producer, 1000);
}

static void the_embedded_broker_has_the_topics_it_was_given(void **state)
{
    struct fixture *it = *state;
    const struct cb_bus_topic more[] = { topics[0], topics[1], { "t.three", 1, 0 } };
    struct cb_bus_view *view = NULL;
    size_t there = 0;
    assert_true(cb_bus_view_open(&config, &it->place, NULL, &view, NULL));
    assert_true(cb_bus_identify(view, &it->place, 5000, NULL));
    for (int i = 0; i < 2; i++) { /* asking must not make the third */
        assert_true(cb_bus_count_topics(view, more, 3, &there, NULL));
        assert_int_equal(there, 2);
    }
    cb_bus_view_close(view);
}

static void two_brokers_have_two_incarnations(void **state)
{
    struct fixture *it = *state;
    struct cb_embedded_broker *other = NULL;
    struct cb_bus_place place;
    assert_true(cb_embedded_broker_start(topics, 2, &other, &place, NULL));
    assert_string_not_equal(place.incarnation, it->place.incarnation);
    assert_string_not_equal(place.bootstrap, it->place.bootstrap);
    cb_embedded_broker_stop(other);
}

static void what_a_hasty_or_closed_producer_could_not_deliver_is_reported(void **state)
{
    (void)state;
    struct fixture it = { .place = { .bootstrap = "127.0.0.1:1" } };
    struct cb_producer *producer = NULL;
    const struct cb_record record = { .topic = "t.one", .key = "k", .value = "v", .size = 1 };
    assert_true(cb_producer_open(&config, &it.place, count_delivery, &it, &producer, NULL));
    assert_true(cb_producer_send(producer, &record, &producer, NULL));
    cb_producer_close(producer, 10);
    assert_int_equal(it.delivered, 0);
    assert_ptr_equal(it.last.tag, &producer);
    assert_non_null(it.last.error);
}

static void a_refused_property_is_told_by_name(void **state)
{
    (void)state;
    struct cb_bus_config wrong = { .extra = "security.protocol=PLAINTEXT, no.such=1" };
    struct cb_bus_place place = { .bootstrap = "127.0.0.1:1" };
    struct cb_producer *producer = NULL;
    struct cb_error err = { 0 };
    assert_false(cb_producer_open(&wrong, &place, NULL, NULL, &producer, &err));
    assert_int_equal(err.kind, CB_ERR_FATAL);
    assert_non_null(strstr(err.text, "\"no.such\" is refused"));
    wrong.extra = "security.protocol";
    assert_false(cb_producer_open(&wrong, &place, NULL, NULL, &producer, &err));
    assert_non_null(strstr(err.text, "is not name=value"));
}

static void commas_of_a_property_are_escaped(void **state)
{
    (void)state;
    const struct cb_bus_config listed = { .extra = "debug=broker\\,topic,security.protocol=PLAINTEXT" };
    const struct cb_bus_place place = { .bootstrap = "127.0.0.1:1" };
    struct cb_producer *producer = NULL;
    assert_true(cb_producer_open(&listed, &place, NULL, NULL, &producer, NULL));
    cb_producer_close(producer, 0);
}

static void a_broker_is_found_where_it_announced_itself(void **state)
{
    (void)state;
    char file[] = "/tmp/calbus-bootstrap-XXXXXX";
    close(mkstemp(file));
    const struct cb_bus_place said = { .bootstrap = "127.0.0.1:1234", .incarnation = "i1", .embedded = true };
    struct cb_bus_place found = { .embedded = false };
    const struct cb_bus_config by_file = { .bootstrap = "", .bootstrap_file = file };
    assert_true(cb_bus_announce(file, &said, NULL));
    assert_true(cb_bus_locate(&by_file, &found, NULL));
    assert_string_equal(found.bootstrap, "127.0.0.1:1234");
    assert_string_equal(found.incarnation, "i1");
    assert_true(found.embedded);

    struct cb_error err = { 0 };
    FILE *out = fopen(file, "w");
    fputs("{\"bootstrap\": 7}", out);
    fclose(out);
    assert_false(cb_bus_locate(&by_file, &found, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    unlink(file);
    assert_false(cb_bus_locate(&by_file, &found, &err));
    assert_int_equal(err.kind, CB_ERR_TRANSIENT);

    const struct cb_bus_config by_list = { .bootstrap = "k:9092", .bootstrap_file = file };
    assert_true(cb_bus_locate(&by_list, &found, NULL));
    assert_string_equal(found.bootstrap, "k:9092");
    assert_false(found.embedded);
}

int main(void)
{
    const struct CMUnitTest bus[] = {
        cmocka_unit_test_setup_teardown(what_is_sent_is_received_with_key_and_headers, start, stop),
        cmocka_unit_test_setup_teardown(the_embedded_broker_has_the_topics_it_was_given, start, stop),
        cmocka_unit_test_setup_teardown(two_brokers_have_two_incarnations, start, stop),
        cmocka_unit_test(what_a_hasty_or_closed_producer_could_not_deliver_is_reported),
        cmocka_unit_test(a_refused_property_is_told_by_name),
        cmocka_unit_test(commas_of_a_property_are_escaped),
        cmocka_unit_test(a_broker_is_found_where_it_announced_itself),
    };
    return cmocka_run_group_tests_name("bus", bus, NULL, NULL);
}
