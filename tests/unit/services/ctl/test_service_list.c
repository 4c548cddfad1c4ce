/* How many processes of each service run. */
#include "service_list.h"
#include "support/spec.h"

#include <string.h>

static const struct ctl_service *named(const char *name)
{
    for (const struct ctl_service *service = ctl_services; service->name != NULL; service++)
        if (strcmp(service->name, name) == 0)
            return service;
    fail_msg("no service %s", name);
    return NULL;
}

static void runs_what_the_setting_says_and_else_what_the_table_says(void **state)
{
    (void)state;
    int n = -1;
    assert_true(ctl_service_instances(named("ingest"), "", &n, NULL));
    assert_int_equal(n, 1);
    assert_true(ctl_service_instances(named("ingest"), "generator=5,ingest=2", &n, NULL));
    assert_int_equal(n, 2);
    assert_true(ctl_service_instances(named("generator"), "generator=0", &n, NULL));
    assert_int_equal(n, 0);
}

static void refuses_lists_that_are_not_lists_of_services(void **state)
{
    (void)state;
    static const char *const wrong[] = { "cook=1",    "ingest",    "ingest=",         "ingest=x",
                                         "ingest=-1", "ingest=33", "ingest=1;alarm=2" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cb_error err = { 0 };
        int n = 77;
        assert_false(ctl_service_instances(named("ingest"), wrong[i], &n, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_int_equal(n, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_what_the_setting_says_and_else_what_the_table_says),
        cmocka_unit_test(refuses_lists_that_are_not_lists_of_services),
    };
    return cmocka_run_group_tests_name("service list", tests, NULL, NULL);
}
