/* BLAKE2b against RFC 7693 and against names of a real repository. */
#include "base/blake2b.h"
#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static void hex(const char *text, size_t size, size_t digest_size, char *ret_hex)
{
    unsigned char digest[64];
    cb_blake2b(text, size, digest, digest_size);
    for (size_t i = 0; i < digest_size; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
}

static void gives_the_digest_of_rfc_7693_appendix_a(void **state)
{
    (void)state;
    char text[129];
    hex("abc", 3, 64, text);
    assert_string_equal(text, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                              "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

/* from a database that the stock butler made */
static void shortens_a_constraint_name_as_the_butler_does(void **state)
{
    (void)state;
    const char *name = "dataset_tags_00000001_unq_dataset_type_id_collection_id_instrument_detector";
    char text[9];
    hex(name, strlen(name), 4, text);
    assert_string_equal(text, "88e3fcf8");
}

static void takes_a_whole_block_and_more(void **state)
{
    (void)state;
    char zeros[257] = { 0 }, at_block[129], beyond[129];
    hex(zeros, 128, 64, at_block);
    hex(zeros, 129, 64, beyond);
    assert_string_equal(at_block, "865939e120e6805438478841afb739ae4250cf372653078a065cdcfffca4caf7"
                                  "98e6d462b65d658fc165782640eded70963449ae1500fb0f24981d7727e22c41");
    assert_string_not_equal(at_block, beyond);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_digest_of_rfc_7693_appendix_a),
        cmocka_unit_test(shortens_a_constraint_name_as_the_butler_does),
        cmocka_unit_test(takes_a_whole_block_and_more),
    };
    return cmocka_run_group_tests_name("blake2b", tests, NULL, NULL);
}
