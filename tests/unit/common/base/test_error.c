/* Errors as values: texts that are longer than their room. */
#include "base/error.h"

#include "base/utf8.h"
#include "support/spec.h"

#include <string.h>

static void a_text_is_not_cut_within_a_character(void **state)
{
    (void)state;
    char text[2 * CB_ERROR_TEXT_SIZE];
    struct cb_error err = { 0 };
    for (size_t ahead = 0; ahead < 4; ahead++) {
        memset(text, 'x', ahead);
        for (size_t at = ahead; at + 4 < sizeof text; at += 3)
            memcpy(text + at, "\xe2\x82\xac", 4);
        assert_false(cb_fail(&err, CB_ERR_INVALID, "%s", text));
        assert_true(cb_utf8_is_valid(err.text, strlen(err.text)));
        assert_in_range(strlen(err.text), sizeof err.text - 3, sizeof err.text - 1);
        assert_false(cb_context(&err, "%.*s", (int)ahead, "abc"));
        assert_true(cb_utf8_is_valid(err.text, strlen(err.text)));
    }
}

static void a_text_that_fits_stays(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    char text[sizeof err.text];
    memset(text, 'x', sizeof text - 3);
    memcpy(text + sizeof text - 3, "\xc3\xa9", 3);
    assert_false(cb_fail(&err, CB_ERR_INVALID, "%s", text));
    assert_string_equal(err.text, text);
}

int main(void)
{
    const struct CMUnitTest errors[] = {
        cmocka_unit_test(a_text_is_not_cut_within_a_character),
        cmocka_unit_test(a_text_that_fits_stays),
    };
    return cmocka_run_group_tests_name("errors", errors, NULL, NULL);
}
