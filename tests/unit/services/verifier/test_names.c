/* What verify runs are called. */
#include "names.h"
#include "base/cleanup.h"
#include "support/spec.h"

static void a_campaign_stands_beside_its_generation(void **state)
{
    (void)state;
    struct verify_names names;
    assert_true(name_campaign("LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a/20250207T010203Z", "bias",
                              &names, NULL));
    assert_string_equal(names.output, "LSSTComCam/calib/DM-48520/DP1/verifyBias.20250207a");
    assert_string_equal(names.run, "LSSTComCam/calib/DM-48520/DP1/verifyBias.20250207a/20250207T010203Z");
    assert_string_equal(names.ticket, "DM-48520");
}

static void a_flat_keeps_its_band_and_a_user_the_prefix(void **state)
{
    (void)state;
    struct verify_names names;
    assert_true(name_campaign("u/jdoe/LSSTComCam/calib/DM-1/demo/flatGen-r.20241210a", "flat", &names, NULL));
    assert_string_equal(names.output, "u/jdoe/LSSTComCam/calib/DM-1/demo/verifyFlat-r.20241210a");
    assert_string_equal(names.run, "u/jdoe/LSSTComCam/calib/DM-1/demo/verifyFlat-r.20241210a/run1");
}

static void a_name_without_pattern_is_verified_below_itself(void **state)
{
    (void)state;
    struct verify_names names;
    assert_true(name_campaign("u/jdoe/try", "dark", &names, NULL));
    assert_string_equal(names.output, "u/jdoe/try/verifyDark");
    assert_string_equal(names.run, "u/jdoe/try/verifyDark/run1");
}

static void each_revision_of_a_day_has_its_own_letter(void **state)
{
    (void)state;
    struct verify_names names;
    const char *set = "0193a000-1111-7222-8333-444455556666";
    assert_true(name_daily("LSSTComCam", "bias", "", 20241209, set, 2, &names, NULL));
    assert_string_equal(names.output, "LSSTComCam/calib/daily/verifyBias.20241209b");
    assert_string_equal(names.run, "LSSTComCam/calib/daily/verifyBias.20241209b/0193a000-1111");
    assert_true(name_daily("LSSTComCam", "flat", "r", 20241209, set, 30, &names, NULL));
    assert_string_equal(names.run, "LSSTComCam/calib/daily/verifyFlat-r.20241209z/0193a000-1111-30");
    assert_string_equal(names.ticket, "daily");
}

static void a_query_names_exactly_what_is_verified(void **state)
{
    (void)state;
    cb_auto(cb_free) char *all = query_of("LATISS", "1,2", "");
    cb_auto(cb_free) char *some = query_of("LATISS", "1", "0,4");
    assert_string_equal(all, "instrument='LATISS' and exposure in (1,2)");
    assert_string_equal(some, "instrument='LATISS' and exposure in (1) and detector in (0,4)");
}

static void a_selection_is_verified_on_what_was_made_alone(void **state)
{
    (void)state;
    cb_auto(cb_free) char *all = query_of_selection("exposure.day_obs=20241208", "", "");
    cb_auto(cb_free) char *some = query_of_selection("a=1 or b=2", "0,4", "r_03");
    assert_string_equal(all, "(exposure.day_obs=20241208)");
    assert_string_equal(some, "(a=1 or b=2) and detector in (0,4) and physical_filter='r_03'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_stands_beside_its_generation),
        cmocka_unit_test(a_flat_keeps_its_band_and_a_user_the_prefix),
        cmocka_unit_test(a_name_without_pattern_is_verified_below_itself),
        cmocka_unit_test(each_revision_of_a_day_has_its_own_letter),
        cmocka_unit_test(a_query_names_exactly_what_is_verified),
        cmocka_unit_test(a_selection_is_verified_on_what_was_made_alone),
    };
    return cmocka_run_group_tests_name("names of verify runs", tests, NULL, NULL);
}
