/* Base64 to bytes and back. */
#include "base/base64.h"
#include "support/spec.h"

#include <string.h>

static void gives_the_bytes_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        { "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg==", "foob" }
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cb_auto_bytes struct cb_bytes bytes = CB_BYTES(64), text = CB_BYTES(64);
        assert_true(cb_base64_decode(texts[i][0], &bytes));
        assert_int_equal(bytes.size, strlen(texts[i][1]));
        assert_memory_equal(cb_bytes_text(&bytes), texts[i][1], bytes.size);
        cb_base64_add(&text, (const unsigned char *)texts[i][1], strlen(texts[i][1]));
        assert_string_equal(cb_bytes_text(&text), texts[i][0]);
    }
}

static void refuses_what_is_no_base64(void **state)
{
    (void)state;
    static const char *const texts[] = { "Z", "Zg", "Zg=", "Zg===", "Zm9*", "Zg==Zg==", "=" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cb_auto_bytes struct cb_bytes bytes = CB_BYTES(64);
        assert_false(cb_base64_decode(texts[i], &bytes));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_bytes_of_rfc_4648),
        cmocka_unit_test(refuses_what_is_no_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
