/* Writing JSON: commas, escapes, numbers that read back. */
#include "base/json.h"
#include "support/spec.h"

#include <math.h>

static void puts_commas_where_they_belong(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1000);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "a", "x");
    cb_json_open(&json, "b", '[');
    cb_json_int(&json, NULL, 1);
    cb_json_open(&json, NULL, '{');
    cb_json_close(&json);
    cb_json_bool(&json, NULL, true);
    cb_json_close(&json);
    cb_json_null(&json, "c");
    cb_json_close(&json);
    assert_string_equal(cb_bytes_text(&text), "{\"a\":\"x\",\"b\":[1,{},true],\"c\":null}");
}

static void escapes_what_must_not_stand_in_a_string(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1000);
    cb_json_add_text(&text, "a\"b\\c\n<\xc3\xa9>", false);
    assert_string_equal(cb_bytes_text(&text), "\"a\\\"b\\\\c\\u000a<\xc3\xa9>\"");
    cb_bytes_clear(&text);
    cb_json_add_text(&text, "<&>", true);
    assert_string_equal(cb_bytes_text(&text), "\"\\u003c\\u0026\\u003e\"");
}

static void writes_numbers_that_read_back(void **state)
{
    (void)state;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1000);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '[');
    cb_json_real(&json, NULL, 0.1);
    cb_json_real(&json, NULL, 1.0 / 3.0);
    cb_json_real(&json, NULL, (double)NAN);
    cb_json_real(&json, NULL, (double)INFINITY);
    cb_json_close(&json);
    assert_string_equal(cb_bytes_text(&text), "[0.1,0.3333333333333333,null,null]");
}

int main(void)
{
    const struct CMUnitTest json[] = {
        cmocka_unit_test(puts_commas_where_they_belong),
        cmocka_unit_test(escapes_what_must_not_stand_in_a_string),
        cmocka_unit_test(writes_numbers_that_read_back),
    };
    return cmocka_run_group_tests_name("json", json, NULL, NULL);
}
