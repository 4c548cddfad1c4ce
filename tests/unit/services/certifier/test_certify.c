/* May a generation be certified, and into what? The names of DMTN-222 section 2. */
#include "certify.h"
#include "support/spec.h"

#include <string.h>

#define BASE "LSSTComCam/calib/DM-48520/DP1/"

static void derives_the_names_of_a_bias(void **state)
{
    (void)state;
    struct certified_names names;
    assert_true(name_certification(BASE "biasGen.20250207a", "", "bias", &names, NULL));
    assert_string_equal(names.collection, BASE "bias.20250207a");
    assert_string_equal(names.ticket_chain, "LSSTComCam/calib/DM-48520");
    assert_string_equal(names.instrument, "LSSTComCam");
    assert_true(name_certification(BASE "flatGen-r.20250207a/20250208T010203Z", BASE "flat-r.20250301b",
                                   "flat", &names, NULL));
    assert_string_equal(names.collection, BASE "flat-r.20250301b");
}

static void refuses_names_that_do_not_belong_together(void **state)
{
    (void)state;
    static const struct {
        const char *generation, *wanted, *type;
    } wrong[] = {
        { BASE "biasGen.20250207a", BASE "dark.20250207a", "bias" },
        { BASE "biasGen.20250207a", BASE "bias.20250207a", "dark" },
        { BASE "flatGen-r.20250207a", BASE "flat-g.20250207a", "flat" },
        { BASE "biasGen.20250207a", "LSSTComCam/calib/DM-1/DP1/bias.20250207a", "bias" },
        { BASE "biasGen.20250207a", "LATISS/calib/DM-48520/DP1/bias.20250207a", "bias" },
        { BASE "verifyBias.20250207a", "", "bias" },
        { BASE "biasBootstrapGen.20250207a/run1", "", "biasBootstrap" },
        { "some/where", "", "bias" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct certified_names names = { .collection = "kept" };
        struct cb_error err = { 0 };
        assert_false(name_certification(wrong[i].generation, wrong[i].wanted, wrong[i].type, &names, &err));
        assert_string_equal(names.collection, "kept");
        assert_true(strlen(err.text) > 10);
    }
}

static void a_user_certifies_into_any_name_of_their_own(void **state)
{
    (void)state;
    struct certified_names names;
    assert_true(name_certification("u/jdoe/" BASE "biasGen.20250207a", "u/jdoe/trial", "bias", &names, NULL));
    assert_string_equal(names.collection, "u/jdoe/trial");
    assert_string_equal(names.ticket_chain, "u/jdoe/LSSTComCam/calib/DM-48520");
    assert_false(
        name_certification("u/jdoe/" BASE "biasGen.20250207a", "u/other/trial", "bias", &names, NULL));
    assert_false(name_certification(BASE "biasGen.20250207a", "u/jdoe/trial", "bias", &names, NULL));
}

static void a_generation_of_a_user_may_have_any_name(void **state)
{
    (void)state;
    struct certified_names names;
    struct cb_error err = { 0 };
    assert_true(name_certification("u/jdoe/trial/biases", "u/jdoe/mine", "bias", &names, NULL));
    assert_string_equal(names.collection, "u/jdoe/mine");
    assert_string_equal(names.ticket_chain, "");
    assert_string_equal(names.instrument, "");
    assert_true(name_certification("u/jdoe/biases", "u/jdoe/" BASE "bias.20250207a", "bias", &names, NULL));
    assert_string_equal(names.ticket_chain, "u/jdoe/LSSTComCam/calib/DM-48520");
    assert_false(name_certification("u/jdoe/biases", "", "bias", &names, &err));
    assert_non_null(strstr(err.text, "give --into u/jdoe/..."));
    static const char *const elsewhere[] = { "u/other/mine", BASE "bias.20250207a", "mine",
                                             "u/jdoe/" BASE "dark.20250207a" };
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        assert_false(name_certification("u/jdoe/biases", elsewhere[i], "bias", &names, NULL));
    assert_false(name_certification("u/jdoe/biases", "u/jdoe/mine", "biasBootstrap", &names, NULL));
}

static void wants_a_verification_or_a_reason(void **state)
{
    (void)state;
    const struct verification none = { 0 }, pass = { true, "PASS", 9, 0, 0 },
                              fail = { true, "FAIL", 9, 3, 1 }, empty = { true, "NO_DATA", 0, 0, 9 };
    struct cb_error err = { 0 };
    assert_false(may_certify(&none, "g", "because", &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_true(may_certify(&pass, "g", "", &err));
    assert_false(may_certify(&fail, "g", "", &err));
    assert_string_equal(err.text, "verification of \"g\" says FAIL (3 of 9 tests failed, 1 had no data); "
                                  "give --accept-failures REASON to certify it all the same");
    assert_true(may_certify(&fail, "g", "one dead amplifier", &err));
    assert_false(may_certify(&empty, "g", "", &err));
}

int main(void)
{
    const struct CMUnitTest certify[] = {
        cmocka_unit_test(derives_the_names_of_a_bias),
        cmocka_unit_test(refuses_names_that_do_not_belong_together),
        cmocka_unit_test(a_user_certifies_into_any_name_of_their_own),
        cmocka_unit_test(a_generation_of_a_user_may_have_any_name),
        cmocka_unit_test(wants_a_verification_or_a_reason),
    };
    return cmocka_run_group_tests_name("certify", certify, NULL, NULL);
}
