/* UTF-8 as RFC 3629 has it. */
#include "base/utf8.h"
#include "support/spec.h"

#include <string.h>

static bool is_valid(const char *text)
{
    return cb_utf8_is_valid(text, strlen(text));
}

static void accepts_characters_of_every_length(void **state)
{
    (void)state;
    assert_true(is_valid(""));
    assert_true(is_valid("a \x7f"));
    assert_true(is_valid("\xc2\x80 \xdf\xbf"));
    assert_true(is_valid("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
    assert_true(is_valid("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
    assert_true(cb_utf8_is_valid("a\0b", 3));
}

static void refuses_overlong_forms_surrogates_and_what_is_beyond(void **state)
{
    (void)state;
    assert_false(is_valid("\xc0\x80"));
    assert_false(is_valid("\xc1\xbf"));
    assert_false(is_valid("\xe0\x9f\xbf"));
    assert_false(is_valid("\xf0\x8f\xbf\xbf"));
    assert_false(is_valid("\xed\xa0\x80"));
    assert_false(is_valid("\xed\xbf\xbf"));
    assert_false(is_valid("\xf4\x90\x80\x80"));
    assert_false(is_valid("\xf8\x88\x80\x80\x80"));
    assert_false(is_valid("\xff"));
}

static void refuses_cut_characters_and_lone_continuations(void **state)
{
    (void)state;
    assert_false(is_valid("\x80"));
    assert_false(is_valid("a\xc3"));
    assert_false(is_valid("\xe2\x82"));
    assert_false(is_valid("\xe2\x82z"));
    assert_false(is_valid("\xf0\x9f\x98"));
}

int main(void)
{
    const struct CMUnitTest utf8[] = {
        cmocka_unit_test(accepts_characters_of_every_length),
        cmocka_unit_test(refuses_overlong_forms_surrogates_and_what_is_beyond),
        cmocka_unit_test(refuses_cut_characters_and_lone_continuations),
    };
    return cmocka_run_group_tests_name("UTF-8", utf8, NULL, NULL);
}
