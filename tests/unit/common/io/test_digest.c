/* Checksums of files. */
#include "io/digest.h"
#include "io/file.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Source: FIPS 180-2 appendix B.1, RFC 1321 appendix A.5; Adler-32 by hand: (1+97+98+99) and its running sum.
 */
#define SHA256_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char folder[] = "/tmp/digest.XXXXXX";
static char path[64];

static int make_file(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/abc", folder);
    return cb_file_replace(path, "abc", 3, NULL) ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void are_those_of_the_standards(void **state)
{
    (void)state;
    struct cb_digest digest;
    assert_true(cb_digest_file(path, &digest, NULL));
    assert_string_equal(digest.sha256, SHA256_OF_ABC);
    assert_string_equal(digest.md5, "900150983cd24fb0d6963f7d28e17f72");
    assert_string_equal(digest.adler32, "024d0127");
    assert_int_equal(digest.size_bytes, 3);
}

static void can_be_sha256_alone(void **state)
{
    (void)state;
    struct cb_digest digest;
    assert_true(cb_digest_sha256(path, &digest, NULL));
    assert_string_equal(digest.sha256, SHA256_OF_ABC);
    assert_string_equal(digest.md5, "");
    assert_string_equal(digest.adler32, "");
    assert_int_equal(digest.size_bytes, 3);
}

static void of_a_file_that_is_not_there_are_not_found(void **state)
{
    (void)state;
    struct cb_digest digest;
    struct cb_error err = { 0 };
    assert_false(cb_digest_sha256("/nowhere/at/all", &digest, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest digests[] = {
        cmocka_unit_test(are_those_of_the_standards),
        cmocka_unit_test(can_be_sha256_alone),
        cmocka_unit_test(of_a_file_that_is_not_there_are_not_found),
    };
    return cmocka_run_group_tests_name("checksums of files", digests, make_file, remove_file);
}
