/* Avro's binary encoding. */
#include "io/avro.h"
#include "support/spec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *hex_of(const struct cb_bytes *bytes)
{
    static char text[1024];
    for (size_t i = 0; i < bytes->size && 2 * i + 2 < sizeof text; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned char)bytes->data[i]);
    return text;
}

/* sasquatch.md 3. */
static void whole_numbers_are_zig_zag_in_groups_of_seven(void **state)
{
    (void)state;
    const struct {
        int64_t value;
        const char *hex;
    } cases[] = { { 0, "00" },   { -1, "01" },   { 1, "02" },     { 63, "7e" },
                  { -64, "7f" }, { 64, "8001" }, { -65, "8101" }, { INT64_MIN, "ffffffffffffffffff01" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cb_auto_bytes struct cb_bytes out = CB_BYTES(100);
        cb_avro_long(&out, cases[i].value);
        assert_string_equal(hex_of(&out), cases[i].hex);
    }
}

/* The record of sasquatch.md 3, made by an independent encoder and read by the stock deserializer. */
static void a_framed_record_has_the_bytes_of_the_stock_encoder(void **state)
{
    (void)state;
    static const char *const ids[] = { "", "", "", "", "", "", "LATISS", "", "", "", "" };
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1000);
    cb_avro_frame(&out, 7);
    cb_avro_string(&out, "00000000-0000-0000-0000-000000000001");
    cb_avro_string(&out, "LATISS/calib/DM-1/t/verifyBias.20260101a/20260101T120000Z");
    cb_avro_string(&out, "cpBiasCore_metrics");
    cb_avro_string(&out, "");
    cb_avro_string(&out, NULL);
    cb_avro_double(&out, 0.0);
    cb_avro_double(&out, 1767268800.0);
    cb_avro_double(&out, 1767268800.0);
    cb_avro_string(&out, "Generic");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        cb_avro_string(&out, ids[i]);
    cb_avro_float(&out, 5.25f);
    assert_int_equal(out.size, 174);
    assert_string_equal(hex_of(&out),
                        "00000000074830303030303030302d303030302d303030302d303030302d3030303030303030"
                        "30303031724c41544953532f63616c69622f444d2d312f742f766572696679426961732e3230"
                        "323630313031612f3230323630313031543132303030305a24637042696173436f72655f6d65"
                        "747269637300000000000000000000000000709855da41000000709855da410e47656e657269"
                        "630000000000000c4c4154495353000000000000a840");
}

static void what_is_not_a_number_is_null(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(100);
    cb_avro_nullable_double(&out, NAN);
    cb_avro_nullable_double(&out, 1.0);
    cb_avro_boolean(&out, true);
    assert_string_equal(hex_of(&out), "0002000000000000f03f01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_zig_zag_in_groups_of_seven),
        cmocka_unit_test(a_framed_record_has_the_bytes_of_the_stock_encoder),
        cmocka_unit_test(what_is_not_a_number_is_null),
    };
    return cmocka_run_group_tests_name("avro", tests, NULL, NULL);
}
