/* Files between storage elements: whole, once, checked. */
#include "carry.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/digest.h"
#include "io/file.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, SIZE = 3 * BLOCK + 17 };

struct stage {
    char folder[64];
    char *source, *target, *part;
    unsigned char *bytes;
    struct file_facts facts;
};

static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    struct cb_digest digest;
    snprintf(s->folder, sizeof s->folder, "/tmp/cbcarry.XXXXXX");
    if (mkdtemp(s->folder) == NULL)
        return -1;
    s->source = cb_xasprintf("%s/source.fits", s->folder);
    s->target = cb_xasprintf("%s/rse/ancillary/a/b.fits", s->folder);
    s->part = part_path(s->target);
    s->bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        s->bytes[i] = (unsigned char)(i * 31 + (i >> 8));
    if (!cb_file_replace(s->source, s->bytes, SIZE, NULL) || !cb_digest_file(s->source, &digest, NULL))
        return -1;
    s->facts.bytes = SIZE;
    memcpy(s->facts.adler32, digest.adler32, sizeof s->facts.adler32);
    memcpy(s->facts.md5, digest.md5, sizeof s->facts.md5);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    static const char *const folders[] = { "rse/ancillary/a", "rse/ancillary", "rse" };
    unlink(s->source);
    unlink(s->target);
    unlink(s->part);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", s->folder, folders[i]);
        rmdir(path);
    }
    int left = rmdir(s->folder);
    free(s->source);
    free(s->target);
    free(s->part);
    free(s->bytes);
    free(s);
    return left;
}

static int64_t carry(struct stage *s)
{
    int64_t moved = -1;
    struct cb_error err = { 0 };
    if (!carry_file(s->source, s->target, &s->facts, NULL, &moved, &err))
        fail_msg("%s", err.text);
    return moved;
}

static void assert_arrived(struct stage *s)
{
    bool same = false;
    struct stat info;
    assert_true(file_matches(s->target, &s->facts, &same, NULL, 0, NULL));
    assert_true(same);
    assert_int_equal(stat(s->target, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0444);
    assert_int_equal(access(s->part, F_OK), -1);
}

static void put_part(struct stage *s, const void *bytes, size_t size)
{
    assert_true(cb_file_make_parents(s->part, NULL));
    assert_true(cb_file_replace(s->part, bytes, size, NULL));
}

static void a_file_arrives_whole_and_read_only(void **state)
{
    struct stage *s = *state;
    assert_int_equal(carry(s), SIZE);
    assert_arrived(s);
}

static void a_file_that_is_there_is_not_carried_again(void **state)
{
    struct stage *s = *state;
    assert_int_equal(carry(s), SIZE);
    unlink(s->source);
    assert_int_equal(carry(s), 0);
}

static void a_broken_copy_goes_on_where_it_ended(void **state)
{
    struct stage *s = *state;
    put_part(s, s->bytes, 2 * BLOCK + 5);
    assert_int_equal(carry(s), SIZE - (2 * BLOCK + 5));
    assert_arrived(s);
}

static void a_copy_that_only_lacks_its_name_gets_it(void **state)
{
    struct stage *s = *state;
    put_part(s, s->bytes, SIZE);
    assert_int_equal(carry(s), 0);
    assert_arrived(s);
}

static void a_copy_that_is_too_long_begins_anew(void **state)
{
    struct stage *s = *state;
    char *longer = calloc(1, SIZE + 1);
    put_part(s, longer, SIZE + 1);
    free(longer);
    assert_int_equal(carry(s), SIZE);
    assert_arrived(s);
}

static void a_copy_with_other_bytes_is_thrown_away(void **state)
{
    struct stage *s = *state;
    struct cb_error err = { 0 };
    s->bytes[100] ^= 1;
    put_part(s, s->bytes, BLOCK);
    assert_false(carry_file(s->source, s->target, &s->facts, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, "adler32"));
    assert_int_equal(access(s->part, F_OK), -1);
    assert_int_equal(access(s->target, F_OK), -1);
    assert_int_equal(carry(s), SIZE);
    assert_arrived(s);
}

static void a_damaged_source_is_named(void **state)
{
    struct stage *s = *state;
    struct cb_error err = { 0 };
    s->bytes[SIZE - 1] ^= 1;
    assert_true(cb_file_replace(s->source, s->bytes, SIZE, NULL));
    assert_false(carry_file(s->source, s->target, &s->facts, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, "source.fits\" is damaged"));
    assert_int_equal(access(s->target, F_OK), -1);
}

static void a_short_source_is_named(void **state)
{
    struct stage *s = *state;
    struct cb_error err = { 0 };
    assert_true(cb_file_replace(s->source, s->bytes, BLOCK, NULL));
    assert_false(carry_file(s->source, s->target, &s->facts, NULL, NULL, &err));
    assert_non_null(strstr(err.text, "1048576 bytes instead of 3145745"));
}

static void a_wrong_file_in_its_place_is_replaced(void **state)
{
    struct stage *s = *state;
    assert_true(cb_file_make_parents(s->target, NULL));
    assert_true(cb_file_replace(s->target, "other", 5, NULL));
    assert_int_equal(carry(s), SIZE);
    assert_arrived(s);
}

static void an_absent_source_is_said(void **state)
{
    struct stage *s = *state;
    struct cb_error err = { 0 };
    unlink(s->source);
    assert_false(carry_file(s->source, s->target, &s->facts, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

static int asked;
static bool at_the_third_block(void)
{
    return ++asked == 3;
}

static void stopping_keeps_what_has_crossed(void **state)
{
    struct stage *s = *state;
    struct cb_error err = { 0 };
    int64_t moved = 0;
    asked = 0;
    assert_false(carry_file(s->source, s->target, &s->facts, at_the_third_block, &moved, &err));
    assert_int_equal(err.kind, CB_ERR_TRANSIENT);
    assert_int_equal(moved, 2 * BLOCK);
    assert_int_equal(carry(s), SIZE - 2 * BLOCK);
    assert_arrived(s);
}

static void checksums_are_those_of_the_catalogue(void **state)
{
    struct stage *s = *state;
    bool same = false;
    char why[128] = "";
    /* "Wikipedia": adler32 11e60398 (the example of its article), md5 by md5sum */
    struct file_facts facts = { .bytes = 9,
                                .adler32 = "11E60398",
                                .md5 = "9c677286866aad38f8e9b660f5411814" };
    assert_true(cb_file_replace(s->source, "Wikipedia", 9, NULL));
    assert_true(file_matches(s->source, &facts, &same, why, sizeof why, NULL));
    assert_true(same);
    facts.md5[31] = '5';
    assert_true(file_matches(s->source, &facts, &same, why, sizeof why, NULL));
    assert_false(same);
    assert_non_null(strstr(why, "md5 9c67"));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_file_arrives_whole_and_read_only),
        T(a_file_that_is_there_is_not_carried_again),
        T(a_broken_copy_goes_on_where_it_ended),
        T(a_copy_that_only_lacks_its_name_gets_it),
        T(a_copy_that_is_too_long_begins_anew),
        T(a_copy_with_other_bytes_is_thrown_away),
        T(a_damaged_source_is_named),
        T(a_short_source_is_named),
        T(a_wrong_file_in_its_place_is_replaced),
        T(an_absent_source_is_said),
        T(stopping_keeps_what_has_crossed),
        T(checksums_are_those_of_the_catalogue),
    };
    return cmocka_run_group_tests_name("carrying files", tests, NULL, NULL);
}
