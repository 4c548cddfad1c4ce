/* Correction files: which one is taken, what it may say, and what becomes of a frame whose own is broken. */
#include "butler/raw_ingest.h"

#include "base/alloc.h"
#include "support/folder.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FRAME CB_GOLDEN "/comcam-sample/CC_O_20241208_000696_R22_S11.fits"
#define CORRECTION "LSSTComCam-CC_O_20241208_000696.yaml"

/* A folder with that correction of the frame. */
static void write_correction(const char *name, const char *text)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", folder, name);
    assert_true(mkdir(path, 0777) == 0);
    cb_auto(cb_free) char *file_path = cb_xasprintf("%s/" CORRECTION, path);
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* The frame's record when these lists of folders are searched ("a:b" below the test's own). */
static struct cb_exposure_record record_with(const char *setting, const char *environment)
{
    struct cb_raw_file file = { 0 }, looked = { 0 };
    struct cb_error err = { 0 };
    cb_auto(cb_free) char *corrections = cb_raw_corrections(setting, environment);
    if (!cb_raw_inspect(FRAME, corrections, &file, &err) || file.fault != CB_RAW_SOUND)
        fail_msg("%s%s", err.text, file.reason);
    assert_true(cb_raw_look(FRAME, NULL, corrections, &looked, &err)); /* the drop-in's way */
    assert_string_equal(looked.record.target_name, file.record.target_name);
    struct cb_exposure_record record = file.record;
    cb_raw_file_done(&file);
    cb_raw_file_done(&looked);
    return record;
}

static char *in_folder(const char *name)
{
    return cb_xasprintf("%s/%s", folder, name);
}

static void the_first_folder_that_has_one_wins_and_the_setting_comes_first(void **state)
{
    (void)state;
    write_correction("set", "OBJECT: of the setting\n");
    write_correction("one", "OBJECT: of one\n");
    write_correction("two", "OBJECT: of two\nPROGRAM: BLOCK-2\n");
    cb_auto(cb_free) char *set = in_folder("set"), *one = in_folder("one"), *two = in_folder("two");
    cb_auto(cb_free) char *both = cb_xasprintf("%s:%s", one, two), *swapped = cb_xasprintf("%s:%s", two, one);
    cb_auto(cb_free) char *none_first = cb_xasprintf(":/nonexistent::%s:", two);
    assert_string_equal(record_with(NULL, NULL).target_name, "Park position");
    assert_string_equal(record_with(NULL, both).target_name, "of one");
    assert_string_equal(record_with(NULL, swapped).target_name, "of two");
    assert_string_equal(record_with(both, NULL).target_name, "of one");
    assert_string_equal(record_with(set, both).target_name, "of the setting");
    assert_string_equal(record_with("", none_first).target_name, "of two");
    assert_string_equal(record_with(NULL, both).science_program, "BLOCK-T68"); /* one file, not a mixture */
    assert_string_equal(record_with(NULL, two).science_program, "BLOCK-2");
}

static void values_are_typed_as_yaml_types_them(void **state)
{
    (void)state;
    write_correction("a", "EXPTIME: 7\nIMGTYPE: \"FLAT\"\nREASON: null\nGROUPID: 2024-11-25T02:44:31.822#4\n"
                          "DAYOBS: 20241209\nSEQNUM: 12\nNEWKEY: true\nHIERARCH WORDS: [1]\n");
    cb_auto(cb_free) char *a = in_folder("a");
    struct cb_raw_file file = { 0 };
    struct cb_error err = { 0 };
    assert_false(cb_raw_inspect(FRAME, a, &file, &err)); /* a list is no value */
    assert_non_null(strstr(err.text, "must be a single value"));
    write_correction("b", "EXPTIME: 7\nIMGTYPE: \"FLAT\"\nREASON: null\nGROUPID: 2024-11-25T02:44:31.822#4\n"
                          "DAYOBS: 20241209\nSEQNUM: 12\nNEWKEY: true\n");
    cb_auto(cb_free) char *b = in_folder("b");
    struct cb_exposure_record r = record_with(NULL, b);
    assert_close(r.exposure_time_s, 7.0, 0.0);
    assert_string_equal(r.observation_type, "flat");
    assert_string_equal(r.observation_reason, "bias"); /* TESTTYPE, as REASON is undefined now */
    assert_string_equal(r.group, "2024-11-25T02:44:31.822#4");
    assert_int_equal(r.id, INT64_C(2024120900012));
}

static void a_time_without_quotes_is_the_group_that_others_write(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "a", "GROUPID: 2024-11-25T02:44:31\n", "2024-11-25T02:44:31.000" },
        { "b", "GROUPID: 2024-11-25 02:44:31.5\n", "2024-11-25T02:44:31.500" },
        { "c", "GROUPID: 2024-11-25T02:44:31.822\n", "2024-11-25T02:44:31.822" },
        { "d", "GROUPID: '2024-11-25T02:44:31'\n", "2024-11-25T02:44:31" },
        { "e", "GROUPID: BLOCK-T17\n", "BLOCK-T17" },
        { "f", "GROUPID: 2024-11-25T02:44:31x\n", "2024-11-25T02:44:31x" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cb_auto(cb_free) char *path = in_folder(cases[i][0]);
        write_correction(cases[i][0], cases[i][1]);
        assert_string_equal(record_with(path, NULL).group, cases[i][2]);
    }
}

/* The frame is not at fault: it is neither taken without its correction nor set aside. */
static void a_broken_correction_file_is_named_and_its_frame_left(void **state)
{
    (void)state;
    static const char *const cases[][3] = { { "a", "- OBJECT\n", "is a map of header keys to values" },
                                            { "b", "OBJECT: [\n", "b/" CORRECTION ":2:1" },
                                            { "c", "OBJECT: {a: 1}\n", "must be a single value" },
                                            { "d", "OBJECT: x\nOBJECT: y\n", "OBJECT" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cb_raw_file file = { 0 };
        struct cb_error err = { 0 };
        cb_auto(cb_free) char *path = in_folder(cases[i][0]);
        write_correction(cases[i][0], cases[i][1]);
        assert_false(cb_raw_inspect(FRAME, path, &file, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_non_null(strstr(err.text, CORRECTION));
        assert_non_null(strstr(err.text, cases[i][2]));
        assert_false(cb_raw_look(FRAME, NULL, path, &file, &err));
    }
    write_correction("empty", "");
    cb_auto(cb_free) char *empty = in_folder("empty");
    assert_string_equal(record_with(empty, NULL).target_name, "Park position");
}

int main(void)
{
    const struct CMUnitTest corrections[] = {
        cmocka_unit_test_setup_teardown(the_first_folder_that_has_one_wins_and_the_setting_comes_first,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(values_are_typed_as_yaml_types_them, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_time_without_quotes_is_the_group_that_others_write, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_broken_correction_file_is_named_and_its_frame_left, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests_name("correction files", corrections, NULL, NULL);
}
