/* The list of a suite's processes, as a file. */
#include "units.h"
#include "support/spec.h"

#include <string.h>

static void reads_back_what_was_written(void **state)
{
    (void)state;
    struct ctl_suite suite = { .broker = "mock", .supervisor = { 41, 987654321 }, .n_units = 2 };
    suite.units[0] = (struct ctl_unit){ "postgres", CTL_UNIT_RUNNING, { 42, 5 }, 1700000000123, 0, -1 };
    suite.units[1] = (struct ctl_unit){ "generator.2", CTL_UNIT_WAITING, { 0, 0 }, 1700000000456, 3, 137 };
    cb_auto_bytes struct cb_bytes text = CB_BYTES(10000);
    ctl_suite_format(&suite, &text);
    struct ctl_suite back = { 0 };
    assert_true(ctl_suite_parse(cb_bytes_text(&text), &back));
    assert_string_equal(back.broker, "mock");
    assert_int_equal(back.supervisor.id, 41);
    assert_int_equal(back.supervisor.started_ticks, 987654321);
    assert_int_equal(back.n_units, 2);
    assert_string_equal(back.units[1].name, "generator.2");
    assert_int_equal(back.units[1].state, CTL_UNIT_WAITING);
    assert_int_equal(back.units[1].since_unix_ms, 1700000000456);
    assert_int_equal(back.units[1].restarts, 3);
    assert_int_equal(back.units[1].last_status, 137);
    assert_int_equal(back.units[0].process.id, 42);
    assert_ptr_equal(ctl_suite_find(&back, "postgres"), &back.units[0]);
    assert_null(ctl_suite_find(&back, "generator"));
}

static void refuses_what_is_no_such_list_and_keeps_the_output(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "suite mock", "suite mock 4 5\nunit x flying 1 2 3 4 5\n",
                                         "suite mock 4 5\nunit x running 1\n" };
    struct ctl_suite suite = { .n_units = 99 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(ctl_suite_parse(wrong[i], &suite));
        assert_int_equal(suite.n_units, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(refuses_what_is_no_such_list_and_keeps_the_output),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
