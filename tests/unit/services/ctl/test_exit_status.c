/* Exit statuses that scripts rely on. */
#include "exit_status.h"
#include "support/spec.h"

static void the_numbers_are_part_of_the_interface(void **state)
{
    (void)state;
    assert_int_equal(ctl_exit_of(CB_ERR_NONE), 0);
    assert_int_equal(ctl_exit_of(CB_ERR_INVALID), 1);
    assert_int_equal(ctl_exit_of(CB_ERR_NOT_FOUND), 3);
    assert_int_equal(ctl_exit_of(CB_ERR_CONFLICT), 4);
    assert_int_equal(ctl_exit_of(CB_ERR_TRANSIENT), 75);
    assert_int_equal(ctl_exit_of(CB_ERR_FATAL), 70);
    assert_int_equal(CTL_USAGE, 2);
    assert_int_equal(CTL_UNVERIFIED, 5);
    assert_int_equal(CTL_PARTIAL, 6);
    assert_int_equal(CTL_UNAVAILABLE, 69);
    assert_int_equal(CTL_BAD_CONFIG, 78);
    assert_int_equal(CTL_TIMED_OUT, 124);
}

static void each_has_a_word(void **state)
{
    (void)state;
    assert_string_equal(ctl_exit_name(CTL_NOT_FOUND), "not_found");
    assert_string_equal(ctl_exit_name(CTL_UNAVAILABLE), "unavailable");
    assert_string_equal(ctl_exit_name((enum ctl_exit)99), "failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_are_part_of_the_interface),
        cmocka_unit_test(each_has_a_word),
    };
    return cmocka_run_group_tests_name("exit status", tests, NULL, NULL);
}
