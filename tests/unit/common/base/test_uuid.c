/* Identifiers: the butler's deterministic raw ids (butler.md 2.6), version 7, text form. */
#include "base/uuid.h"
#include "support/spec.h"

#include <string.h>

static void gives_the_butler_s_raw_ids(void **state)
{
    (void)state;
    struct cb_uuid space;
    assert_true(cb_uuid_parse("840b31d9-05cd-5161-b2c8-00d32b280d0f", &space));
    const char *name =
        "dataset_type=raw,run=LSSTComCam/raw/all,detector=3,exposure=2024120800690,instrument=LSSTComCam";
    struct cb_uuid id = cb_uuid_v5(&space, name, strlen(name));
    char text[CB_UUID_TEXT_SIZE];
    cb_uuid_format(&id, text);
    assert_string_equal(text, "be986e28-b26e-51f3-b816-0d1d7185ee49");
}

static void puts_time_first_into_version_7(void **state)
{
    (void)state;
    const unsigned char random[10] = { 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1 };
    struct cb_uuid id = cb_uuid_v7(0x0123456789abULL, random);
    char text[CB_UUID_TEXT_SIZE];
    cb_uuid_format(&id, text);
    assert_string_equal(text, "01234567-89ab-7fff-bf00-000000000001");
}

static void refuses_what_is_no_uuid(void **state)
{
    (void)state;
    struct cb_uuid id;
    assert_false(cb_uuid_parse("", &id));
    assert_false(cb_uuid_parse("840b31d9-05cd-5161-b2c8-00d32b280d0", &id));
    assert_false(cb_uuid_parse("840b31d9-05cd-5161-b2c8-00d32b280d0f0", &id));
    assert_false(cb_uuid_parse("840b31d9x05cd-5161-b2c8-00d32b280d0f", &id));
}

static void derives_the_same_id_from_the_same_cause(void **state)
{
    (void)state;
    char one[CB_UUID_TEXT_SIZE], two[CB_UUID_TEXT_SIZE], other[CB_UUID_TEXT_SIZE];
    cb_uuid_derive("840b31d9-05cd-5161-b2c8-00d32b280d0f", "certified", one);
    cb_uuid_derive("840b31d9-05cd-5161-b2c8-00d32b280d0f", "certified", two);
    cb_uuid_derive("840b31d9-05cd-5161-b2c8-00d32b280d0f", "verified", other);
    assert_string_equal(one, two);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest uuid[] = {
        cmocka_unit_test(gives_the_butler_s_raw_ids),
        cmocka_unit_test(puts_time_first_into_version_7),
        cmocka_unit_test(refuses_what_is_no_uuid),
        cmocka_unit_test(derives_the_same_id_from_the_same_cause),
    };
    return cmocka_run_group_tests_name("uuid", uuid, NULL, NULL);
}
