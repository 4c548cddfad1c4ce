/* Files into the source's storage element. */
#include "place.h"

#include "base/alloc.h"
#include "io/file.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], source[96], target[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/cbplace.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(source, sizeof source, "%s/a.fits", folder);
    snprintf(target, sizeof target, "%s/rse/a.fits", folder);
    return cb_file_replace(source, "hello", 5, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char parent[96];
    snprintf(parent, sizeof parent, "%s/rse", folder);
    unlink(source);
    unlink(target);
    rmdir(parent);
    return rmdir(folder);
}

static void a_file_is_linked_with_its_checksums(void **state)
{
    (void)state;
    struct cb_digest digest;
    struct stat info;
    assert_true(place_file(source, target, &digest, NULL));
    assert_int_equal(digest.size_bytes, 5);
    assert_string_equal(digest.md5, "5d41402abc4b2a76b9719d911017c592"); /* printf hello | md5sum */
    assert_int_equal(stat(target, &info), 0);
    assert_int_equal(info.st_nlink, 2);
}

static void placing_it_again_changes_nothing(void **state)
{
    (void)state;
    struct cb_digest digest;
    assert_true(place_file(source, target, &digest, NULL));
    assert_true(place_file(source, target, &digest, NULL));
    assert_int_equal(digest.size_bytes, 5);
}

static void a_copy_of_the_same_content_counts(void **state)
{
    (void)state;
    struct cb_digest digest;
    assert_true(cb_file_make_parents(target, NULL));
    assert_true(cb_file_replace(target, "hello", 5, NULL));
    assert_true(place_file(source, target, &digest, NULL));
}

static void another_content_is_never_overwritten(void **state)
{
    (void)state;
    struct cb_digest digest;
    struct cb_error err = { 0 };
    assert_true(cb_file_make_parents(target, NULL));
    assert_true(cb_file_replace(target, "world", 5, NULL));
    assert_false(place_file(source, target, &digest, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_true(cb_digest_file(target, &digest, NULL));
    assert_string_equal(digest.md5, "7d793037a0760186574b0282f2f435e7"); /* printf world | md5sum */
}

static void an_absent_file_is_said(void **state)
{
    (void)state;
    struct cb_digest digest;
    struct cb_error err = { 0 };
    unlink(source);
    assert_false(place_file(source, target, &digest, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_file_is_linked_with_its_checksums),
        T(placing_it_again_changes_nothing),
        T(a_copy_of_the_same_content_counts),
        T(another_content_is_never_overwritten),
        T(an_absent_file_is_said),
    };
    return cmocka_run_group_tests_name("placing files", tests, NULL, NULL);
}
