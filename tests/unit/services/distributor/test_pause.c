/* How long to wait after a failure. */
#include "jobs.h"

#include "support/spec.h"

static void doubles_up_to_the_most(void **state)
{
    (void)state;
    const struct distributor_config config = { .retry_ms = 1000, .retry_most_ms = 5000 };
    const int64_t wanted[] = { 1000, 2000, 4000, 5000, 5000 };
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(retry_pause_ms(&config, i + 1), wanted[i]);
    assert_int_equal(retry_pause_ms(&config, 1000000), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(doubles_up_to_the_most) };
    return cmocka_run_group_tests_name("pauses", tests, NULL, NULL);
}
