/* Fingerprints of datasets and collections. Expected values: Python's hashlib over the texts of ux.md 8.6. */
#include "fingerprint.h"

#include "support/spec.h"

#include <string.h>

#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" /* SHA-256 of "hello" */
#define BIAS "995f598d66f3e661faaeba6e91662dd81aae2775377cc5f70ceccf7f81b2b7be"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void a_dataset_is_its_type_data_id_uuid_size_and_content(void **state)
{
    (void)state;
    char text[CB_SHA256_TEXT_SIZE], type[] = "bias";
    struct cb_dataset dataset = { .id = "01a201dc-4b57-7eb9-911d-22eddfd7aa50", .type = type };
    assert_true(cb_data_id_set(&dataset.data_id, CB_INSTRUMENT, "LSSTComCam", NULL));
    cb_data_id_set_number(&dataset.data_id, CB_DETECTOR, 0);
    const uint32_t dims = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR);
    dataset_fingerprint(&dataset, dims, 5, HELLO, text);
    assert_string_equal(text, BIAS);
    dataset_fingerprint(&dataset, dims, 6, HELLO, text);
    assert_string_not_equal(text, BIAS);
}

static void a_collection_is_its_sorted_certifications(void **state)
{
    (void)state;
    char text[CB_SHA256_TEXT_SIZE];
    struct fingerprint_line lines[] = {
        { BIAS, { INT64_C(1733659237000000000), CB_TIMESPAN_MAX_NS } },
        { ZEROS, { CB_TIMESPAN_MIN_NS, 5 } },
    };
    collection_fingerprint(lines, 2, text);
    assert_string_equal(text, "793bf3ae4a7f2db4c8098379b546fc13294b8b490133b3d8b98f3e4a36d4772d");
}

static void an_empty_collection_has_the_hash_of_nothing(void **state)
{
    (void)state;
    char text[CB_SHA256_TEXT_SIZE];
    struct fingerprint_line none;
    collection_fingerprint(&none, 0, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dataset_is_its_type_data_id_uuid_size_and_content),
        cmocka_unit_test(a_collection_is_its_sorted_certifications),
        cmocka_unit_test(an_empty_collection_has_the_hash_of_nothing),
    };
    return cmocka_run_group_tests_name("fingerprints", tests, NULL, NULL);
}
