/* Names of collections, as DMTN-222 has them. */
#include "domain/collection_name.h"

#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static enum cb_collection_pattern pattern_of(const char *text)
{
    struct cb_collection_name name;
    struct cb_error err = { 0 };
    if (!cb_collection_name_parse(text, &name, &err))
        fail_msg("%s", err.text);
    return name.pattern;
}

static void every_name_of_the_technote_is_recognized_and_formatted_again(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cb_collection_pattern pattern;
    } names[] = {
        { "LATISS/calib/DM-12345/voltageChange/biasGen.20220915a", CB_COLLECTION_GENERATION },
        { "LSSTComCam/calib/DM-48520/DP1/flatGen-r.20250207a", CB_COLLECTION_GENERATION },
        { "LSSTComCam/calib/DM-48520/DP1/biasBootstrapGen.20250207a/run1", CB_COLLECTION_GENERATION },
        { "LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a/20250207T010203Z", CB_COLLECTION_GENERATION },
        { "u/erykoff/LSSTComCam/calib/DM-48520/DP1/ctiGen.20250207a", CB_COLLECTION_GENERATION },
        { "LSSTComCam/calib/DM-47447/gainFixup/verifyFlat-g.20241107a", CB_COLLECTION_VERIFICATION },
        { "LSSTComCam/calib/DM-48520/DP1/verifyScience.20240210a", CB_COLLECTION_VERIFICATION },
        { "LSSTComCam/calib/DM-47447/gainFixup/ptc.20241107a", CB_COLLECTION_CERTIFIED },
        { "LSSTComCam/calib/DM-48520/DP1/flat-u.20250207a", CB_COLLECTION_CERTIFIED },
        { "LSSTComCam/calib/DM-47447/gainFixup/atoolsDarkDet.20241108a", CB_COLLECTION_ANALYSIS },
        { "LSSTComCam/calib/DM-48650", CB_COLLECTION_TICKET_CHAIN },
        { "LATISS/calib/DM-12345/curated/19700101T000000Z", CB_COLLECTION_CURATED_RUN },
        { "LATISS/calib/DM-12345/unbounded", CB_COLLECTION_CURATED_RUN },
        { "LSSTComCam/calib", CB_COLLECTION_DEFAULT_CALIB },
        { "LSSTComCam/raw/all", CB_COLLECTION_RAW },
        { "LSSTComCam/defaults", CB_COLLECTION_DEFAULTS },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct cb_collection_name name;
        char again[CB_COLLECTION_NAME_SIZE];
        assert_true(cb_collection_name_parse(names[i].text, &name, NULL));
        assert_int_equal(name.pattern, names[i].pattern);
        assert_true(cb_collection_name_format(&name, again, NULL));
        assert_string_equal(again, names[i].text);
    }
}

/* Sections 3.2, 6 and 7, filled in: each is formatted back, as a user's too, and so is its next rerun. */
static void every_leaf_of_the_technote_has_a_next_rerun(void **state)
{
    (void)state;
    static const char *const leaves[] = {
        "DM-12345/voltageChange/biasGen.20220915a",
        "DM-47447/gainFixup/verifyFlat-g.20241107a",
        "DM-47447/gainFixup/verifyBias.20241107a",
        "DM-47447/gainFixup/verifyDark.20241107a",
        "DM-47447/gainFixup/flatGen-i.20241107a",
        "DM-47447/gainFixup/darkGen.20241107a",
        "DM-47447/gainFixup/atoolsDark.20241108a",
        "DM-47447/gainFixup/atoolsDarkDet.20241108a",
        "DM-47447/gainFixup/ptc.20241107a",
        "DM-46360/isrTaskLSST/linearizer.20240926a",
        "DM-46360/isrTaskLSST/bfk.20240926a",
        "DM-46360/isrTaskLSST/ptc.20240926a",
        "DM-48520/DP1/defectGen.20250207a",
        "DM-48520/DP1/defects.20250207a",
        "DM-48520/DP1/ctiGen.20250207a",
        "DM-48520/DP1/cti.20250207a",
        "DM-48520/DP1/bias.20250207a",
        "DM-48520/DP1/dark.20250207a",
        "DM-48520/DP1/flatGen-u.20250207a",
        "DM-48520/DP1/flat-y.20250207a",
        "DM-48520/DP1/verifyScience.20240210a",
        "DM-48520/DP1/verifyFlat-z.20240210a",
        "DM-48520/DP1/flatBootstrapGen.20250207a",
        "DM-46562/newCalibs/biasGen.20250122a",
    };
    static const char *const bases[] = { "LSSTComCam/calib/", "u/erykoff/LATISS/calib/" };
    for (size_t i = 0; i < 2 * sizeof leaves / sizeof leaves[0]; i++) {
        struct cb_collection_name name;
        char text[CB_COLLECTION_NAME_SIZE], again[CB_COLLECTION_NAME_SIZE], next[CB_RERUN_SIZE];
        snprintf(text, sizeof text, "%s%s", bases[i % 2], leaves[i / 2]);
        assert_true(cb_collection_name_parse_official(text, &name, NULL));
        assert_int_not_equal(name.pattern, CB_COLLECTION_OTHER);
        assert_true(cb_collection_name_format(&name, again, NULL));
        assert_string_equal(again, text);
        assert_true(cb_rerun_next(name.rerun, next, NULL));
        memcpy(name.rerun, next, sizeof next);
        assert_true(cb_collection_name_format(&name, again, NULL));
        text[strlen(text) - 1] = 'b';
        assert_string_equal(again, text);
    }
}

static void the_parts_are_told_apart(void **state)
{
    (void)state;
    struct cb_collection_name name;
    assert_true(
        cb_collection_name_parse("u/jdoe/LSSTCam/calib/DM-1/a.b/verifyFlat-r.20250207c/run2", &name, NULL));
    assert_string_equal(name.user, "jdoe");
    assert_string_equal(name.instrument, "LSSTCam");
    assert_string_equal(name.ticket, "DM-1");
    assert_string_equal(name.tag, "a.b");
    assert_string_equal(name.type, "flat");
    assert_string_equal(name.filter, "r");
    assert_string_equal(name.rerun, "20250207c");
    assert_string_equal(name.step, "run2");
}

static void what_breaks_the_pattern_is_for_users_only(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "LSSTComCam/calib/DM-48520/DP1/biasGen.20250207",
        "LSSTComCam/calib/DM-48520/DP1/biasGen.20251307a",
        "LSSTComCam/calib/DM-48520/DP1/biasGen",
        "LSSTComCam/calib/DM-48520/biasGen.20250207a",
        "LSSTComCam/calib/dm-48520/DP1/biasGen.20250207a",
        "LSSTComCam/calib/DM-048520/DP1/biasGen.20250207a",
        "LSSTComCam/calib/DM-48520/DP1/BiasGen.20250207a",
        "LSSTComCam/calib/DM-48520/DP1/verifybias.20250207a",
        "LSSTComCam/calib/DM-48520/DP1/flatGen-.20250207a",
        "LSSTComCam/calib/DM-48520/DP1/bias.20250207a/run1",
        "LSSTComCam/DM-48520/DP1/biasGen.20250207a",
        "LSSTComCam/calib/DM-1/a/b/biasGen.20250207a",
        "bias",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct cb_collection_name name = { 0 };
        struct cb_error err = { 0 };
        char user[CB_COLLECTION_NAME_SIZE];
        assert_int_equal(pattern_of(broken[i]), CB_COLLECTION_OTHER);
        assert_false(cb_collection_name_parse_official(broken[i], &name, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_non_null(strstr(err.text, broken[i]));
        snprintf(user, sizeof user, "u/jdoe/%s", broken[i]);
        assert_true(cb_collection_name_parse_official(user, &name, NULL));
        assert_string_equal(name.user, "jdoe");
    }
}

static void below_an_output_stands_a_stamp_or_a_run_number(void **state)
{
    (void)state;
    static const char *const good[] = { "run1", "run27", "20250207T010203Z", "20241231T235960Z" };
    static const char *const bad[] = { "run",
                                       "run0",
                                       "run1a",
                                       "retry",
                                       "20250207T010203",
                                       "20250230T010203Z",
                                       "20250207T240000Z",
                                       "20250207T016003Z",
                                       "20250207T010261Z",
                                       "20250207T0102033" };
    char text[CB_COLLECTION_NAME_SIZE];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(text, sizeof text, "LSSTCam/calib/DM-1/x/biasBootstrapGen.20250207a/%s", good[i]);
        assert_int_equal(pattern_of(text), CB_COLLECTION_GENERATION);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "LSSTCam/calib/DM-1/x/biasBootstrapGen.20250207a/%s", bad[i]);
        assert_int_equal(pattern_of(text), CB_COLLECTION_OTHER);
        snprintf(text, sizeof text, "LSSTCam/calib/DM-1/curated/%s", bad[i]);
        assert_int_equal(pattern_of(text), CB_COLLECTION_OTHER);
    }
}

static void only_a_patterned_name_takes_official_calibrations(void **state)
{
    (void)state;
    static const char *const good[] = { "LATISS/calib/DM-12345/voltageChange/bias.20220915a",
                                        "LSSTComCam/calib/DM-48520/DP1/flat-r.20250207a",
                                        "LSSTComCam/calib/DM-48650",
                                        "u/jdoe/LSSTComCam/calib/anything",
                                        "u/jdoe/trial",
                                        "scratch" };
    static const char *const bad[] = { "LATISS/calib/DM-12345/voltageChange/bias",
                                       "LATISS/calib/DM-12345/voltageChange/biasGen.20220915a",
                                       "LATISS/calib/DM-12345/voltageChange/verifyBias.20220915a",
                                       "LATISS/calib/DM-12345/bias.20220915a",
                                       "LATISS/calib/mine",
                                       "LATISS/calib/DM-12345/voltageChange/bias.20220915a/run1",
                                       "LATISS/calib/DM-12345/unbounded",
                                       "LATISS/calib",
                                       "LATISS/raw/all",
                                       "LATISS/defaults",
                                       "LATISS/Calib/DM-12345/voltageChange/bias.20220915a",
                                       "LATISS/DM-12345/voltageChange/bias.20220915a",
                                       "LATISS" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(cb_collection_name_check_certified(good[i], NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cb_error err = { 0 };
        assert_false(cb_collection_name_check_certified(bad[i], &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_non_null(strstr(err.text, "TICKET/TAG/TYPE[-FILTER].YYYYMMDDv"));
    }
}

static void curated_calibrations_belong_to_a_ticket(void **state)
{
    (void)state;
    static const char *const good[] = { "LATISS/calib/DM-12345", "LSSTComCam/calib/DM-48650/test",
                                        "u/jdoe/LATISS/calib", "scratch" };
    static const char *const bad[] = { "LATISS/calib", "LATISS/calib/curated", "LATISS/curated/DM-12345",
                                       "LATISS/calib/dm-12345" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(cb_collection_name_check_curated(good[i], NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cb_error err = { 0 };
        assert_false(cb_collection_name_check_curated(bad[i], &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_non_null(strstr(err.text, "INSTRUMENT/calib/TICKET"));
    }
}

static void characters_are_checked(void **state)
{
    (void)state;
    assert_true(cb_collection_name_check("A-z_0.9/x+y~z", NULL));
    static const char *const bad[] = { "",   "a b",    "a,b", "a*",   "a//b",    "/a",
                                       "a/", "a/../b", "./a", "a\nb", "\xc3\xa9" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cb_collection_name_check(bad[i], NULL));
    struct cb_error err = { 0 };
    assert_false(cb_collection_name_check("ab c", &err));
    assert_non_null(strstr(err.text, "position 2"));
}

static void reruns_count_letters(void **state)
{
    (void)state;
    char next[CB_RERUN_SIZE] = "";
    struct cb_error err = { 0 };
    assert_true(cb_rerun_next("20250207a", next, NULL));
    assert_string_equal(next, "20250207b");
    assert_true(cb_rerun_next("20250207y", next, NULL));
    assert_string_equal(next, "20250207z");
    assert_false(cb_rerun_next("20250207z", next, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_string_equal(next, "20250207z");
    assert_false(cb_rerun_next("20250207", next, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_false(cb_rerun_is_valid("20250230a"));
    assert_false(cb_rerun_is_valid("20250207A"));
}

static void a_generation_names_what_belongs_to_it(void **state)
{
    (void)state;
    const char *flat = "LSSTComCam/calib/DM-48520/DP1/flatGen-r.20250207a/20250207T010203Z";
    const char *defects = "u/jdoe/LSSTComCam/calib/DM-48520/DP1/defectGen.20250207a";
    char text[CB_COLLECTION_NAME_SIZE];
    assert_true(cb_collection_name_certified(flat, "20250210b", text, NULL));
    assert_string_equal(text, "LSSTComCam/calib/DM-48520/DP1/flat-r.20250210b");
    assert_true(cb_collection_name_verify(flat, "20240210a", text, NULL));
    assert_string_equal(text, "LSSTComCam/calib/DM-48520/DP1/verifyFlat-r.20240210a");
    assert_true(cb_collection_name_chain(flat, text, NULL));
    assert_string_equal(text, "LSSTComCam/calib/DM-48520");
    assert_true(cb_collection_name_certified(defects, NULL, text, NULL));
    assert_string_equal(text, "u/jdoe/LSSTComCam/calib/DM-48520/DP1/defects.20250207a");
    assert_true(cb_collection_name_chain(defects, text, NULL));
    assert_string_equal(text, "u/jdoe/LSSTComCam/calib/DM-48520");
    assert_false(cb_collection_name_certified("LSSTComCam/raw/all", NULL, text, NULL));
    assert_false(cb_collection_name_certified(flat, "yesterday", text, NULL));
    assert_string_equal(cb_calib_dataset_type("defect"), "defects");
    assert_string_equal(cb_calib_dataset_type("flat"), "flat");
    assert_true(cb_calib_is_bootstrap("biasBootstrap"));
    assert_false(cb_calib_is_bootstrap("bias"));
}

static void ticket_keys_have_a_project_and_a_number(void **state)
{
    (void)state;
    static const char *const good[] = { "DM-48520", "TAXICAB-1", "A1-9" };
    static const char *const bad[] = { "",     "DM",   "DM-",   "DM-0",  "DM-01", "D-1",
                                       "dm-1", "1D-1", "DM-1a", "DM--1", " DM-1", "DM-1\n" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(cb_ticket_is_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cb_ticket_is_valid(bad[i]));
}

static void missing_parts_cannot_be_formatted(void **state)
{
    (void)state;
    char text[CB_COLLECTION_NAME_SIZE] = "kept";
    struct cb_collection_name name = { .pattern = CB_COLLECTION_GENERATION,
                                       .instrument = "LSSTComCam",
                                       .ticket = "DM-1",
                                       .tag = "x",
                                       .rerun = "20250207a" };
    assert_false(cb_collection_name_format(&name, text, NULL));
    memcpy(name.type, "bias", 5);
    name.tag[0] = '\0';
    assert_false(cb_collection_name_format(&name, text, NULL));
    assert_string_equal(text, "kept");
}

int main(void)
{
    const struct CMUnitTest collection[] = {
        cmocka_unit_test(every_name_of_the_technote_is_recognized_and_formatted_again),
        cmocka_unit_test(every_leaf_of_the_technote_has_a_next_rerun),
        cmocka_unit_test(the_parts_are_told_apart),
        cmocka_unit_test(what_breaks_the_pattern_is_for_users_only),
        cmocka_unit_test(below_an_output_stands_a_stamp_or_a_run_number),
        cmocka_unit_test(only_a_patterned_name_takes_official_calibrations),
        cmocka_unit_test(curated_calibrations_belong_to_a_ticket),
        cmocka_unit_test(characters_are_checked),
        cmocka_unit_test(reruns_count_letters),
        cmocka_unit_test(a_generation_names_what_belongs_to_it),
        cmocka_unit_test(ticket_keys_have_a_project_and_a_number),
        cmocka_unit_test(missing_parts_cannot_be_formatted),
    };
    return cmocka_run_group_tests_name("collection names", collection, NULL, NULL);
}
