/* Addresses of databases: what may be shown of them. */
#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/db_uri.h"
#include "support/spec.h"

#include <string.h>

static void a_password_in_an_address_is_masked(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "postgresql+psycopg2://me:secret@host:5432/butler",
          "postgresql+psycopg2://me:***@host:5432/butler" },
        { "postgresql://me:se@cr:et@host/butler?x=a@b", "postgresql://me:***@host/butler?x=a@b" },
        { "postgresql://me:se/cret@host/butler", "postgresql://me:***@host/butler" },
        { "postgresql://:secret@/butler?host=/run", "postgresql://:***@/butler?host=/run" },
        { "host=h password=secret dbname=b", "host=h password=*** dbname=b" },
        { "postgresql://h/b?password=secret&port=1", "postgresql://h/b?password=***&port=1" },
        { "postgresql://me@host:5432/butler", "postgresql://me@host:5432/butler" },
        { "postgresql://[::1]:5432/butler", "postgresql://[::1]:5432/butler" },
        { "s3://bucket/key:a", "s3://bucket/key:a" },
        { "<butlerRoot>", "<butlerRoot>" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cb_auto(cb_free) char *masked = cb_db_uri_masked(cases[i][0]);
        assert_string_equal(masked, cases[i][1]);
    }
}

static void an_address_that_cannot_be_read_is_not_repeated(void **state)
{
    (void)state;
    static const char *const bad[] = { "postgresql://me:secret%zz@h/b", "postgresql://me:secret%@h/b",
                                       "password='secret", "postgresql://me@[secret/b", "host secret" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cb_error err = { 0 };
        assert_false(cb_db_uri_check(bad[i], &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_null(strstr(err.text, "secret"));
        assert_true(strlen(err.text) > strlen("not a database address: "));
    }
    struct cb_error err = { 0 };
    char *uri = NULL;
    assert_false(cb_db_uri_from_python("mysql://me:secret@h/b", &uri, &err));
    assert_string_equal(err.text, "the registry is not in PostgreSQL but in \"mysql\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_in_an_address_is_masked),
        cmocka_unit_test(an_address_that_cannot_be_read_is_not_repeated),
    };
    return cmocka_run_group_tests_name("addresses of databases", tests, NULL, NULL);
}
