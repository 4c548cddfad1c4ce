/* Messages that wait: order per key, and how far a partition is done. */
#include "service/lanes.h"
#include "support/spec.h"

#include <stdlib.h>
#include <string.h>

static struct cb_message *message(int32_t partition, int64_t offset, const char *key)
{
    struct cb_message *made = calloc(1, sizeof *made);
    made->topic = strdup("t");
    made->partition = partition;
    made->offset = offset;
    made->key = strdup(key);
    made->key_size = strlen(key);
    made->value = calloc(1, 1);
    return made;
}

static int new_lanes(void **state)
{
    *state = cb_lanes_new();
    return 0;
}

static int free_lanes(void **state)
{
    cb_lanes_free(*state);
    return 0;
}

static void park(struct cb_lanes *lanes, int32_t partition, int64_t offset, const char *key, int64_t due_ms)
{
    cb_lanes_seen(lanes, "t", partition, offset);
    cb_lanes_park(lanes, message(partition, offset, key), due_ms);
}

static void backs_off_from_100_ms_doubling_to_30_s_plus_minus_a_fifth(void **state)
{
    (void)state;
    assert_int_equal(cb_backoff_ms(0, 0.5), 100);
    assert_int_equal(cb_backoff_ms(3, 0.5), 800);
    assert_int_equal(cb_backoff_ms(20, 0.5), 30000);
    assert_int_equal(cb_backoff_ms(0, 0.0), 80);
    assert_in_range(cb_backoff_ms(0, 0.999), 119, 120);
}

static void a_key_that_waits_holds_back_only_itself(void **state)
{
    struct cb_lanes *lanes = *state;
    park(lanes, 0, 5, "a", 100);
    struct cb_message *same = message(0, 6, "a"), *other = message(0, 6, "b"),
                      *elsewhere = message(1, 6, "a");
    assert_true(cb_lanes_is_waiting(lanes, same));
    assert_false(cb_lanes_is_waiting(lanes, other));
    assert_false(cb_lanes_is_waiting(lanes, elsewhere));
    cb_message_free(same);
    cb_message_free(other);
    cb_message_free(elsewhere);
}

static void a_lane_gives_its_messages_in_order(void **state)
{
    struct cb_lanes *lanes = *state;
    park(lanes, 0, 5, "a", 100);
    park(lanes, 0, 7, "a", 0);
    assert_null(cb_lanes_due(lanes, 99));
    assert_int_equal(cb_lanes_next_due(lanes), 100);
    const struct cb_message *first = cb_lanes_due(lanes, 100);
    assert_int_equal(first->offset, 5);
    cb_lanes_delay(lanes, first, 100, 0.5);
    assert_null(cb_lanes_due(lanes, 299));
    first = cb_lanes_due(lanes, 300); /* 100 ms at first, 200 ms now */
    assert_int_equal(first->offset, 5);
    cb_lanes_drop(lanes, first);
    assert_int_equal(cb_lanes_due(lanes, 300)->offset, 7);
    assert_int_equal(cb_lanes_count(lanes), 1);
}

static void the_lane_due_first_comes_first(void **state)
{
    struct cb_lanes *lanes = *state;
    park(lanes, 0, 5, "a", 200);
    park(lanes, 0, 6, "b", 100);
    assert_string_equal(cb_lanes_due(lanes, 1000)->key, "b");
}

static void the_position_is_the_oldest_offset_not_done(void **state)
{
    struct cb_lanes *lanes = *state;
    assert_int_equal(cb_lanes_position(lanes, "t", 0), -1);
    cb_lanes_seen(lanes, "t", 0, 4);
    assert_int_equal(cb_lanes_position(lanes, "t", 0), 5);
    park(lanes, 0, 5, "a", 0);
    park(lanes, 0, 6, "b", 1);
    cb_lanes_seen(lanes, "t", 0, 9);
    assert_int_equal(cb_lanes_position(lanes, "t", 0), 5);
    cb_lanes_drop(lanes, cb_lanes_due(lanes, 0));
    assert_int_equal(cb_lanes_position(lanes, "t", 0), 6);
    cb_lanes_drop(lanes, cb_lanes_due(lanes, 1));
    assert_int_equal(cb_lanes_position(lanes, "t", 0), 10);
}

static void a_forgotten_partition_leaves_nothing(void **state)
{
    struct cb_lanes *lanes = *state;
    park(lanes, 0, 5, "a", 0);
    park(lanes, 0, 6, "a", 0);
    park(lanes, 1, 5, "a", 0);
    cb_lanes_forget(lanes, "t", 0);
    assert_int_equal(cb_lanes_count(lanes), 1);
    assert_int_equal(cb_lanes_position(lanes, "t", 0), -1);
    assert_int_equal(cb_lanes_position(lanes, "t", 1), 5);
    cb_lanes_forget_all(lanes);
    assert_int_equal(cb_lanes_count(lanes), 0);
    assert_int_equal(cb_lanes_next_due(lanes), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest lanes[] = {
        cmocka_unit_test(backs_off_from_100_ms_doubling_to_30_s_plus_minus_a_fifth),
        cmocka_unit_test_setup_teardown(a_key_that_waits_holds_back_only_itself, new_lanes, free_lanes),
        cmocka_unit_test_setup_teardown(a_lane_gives_its_messages_in_order, new_lanes, free_lanes),
        cmocka_unit_test_setup_teardown(the_lane_due_first_comes_first, new_lanes, free_lanes),
        cmocka_unit_test_setup_teardown(the_position_is_the_oldest_offset_not_done, new_lanes, free_lanes),
        cmocka_unit_test_setup_teardown(a_forgotten_partition_leaves_nothing, new_lanes, free_lanes),
    };
    return cmocka_run_group_tests_name("lanes", lanes, NULL, NULL);
}
