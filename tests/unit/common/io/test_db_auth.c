/* Passwords of databases: which entry holds for which address. */
#include "io/db_auth.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY(url) "{\"url\": \"" url "\", \"username\": \"u\", \"password\": \"p\"}"

/* "user:password" that is found, "-" for none. */
static void expect(const char *credentials, const char *uri, const char *wanted)
{
    cb_auto(cb_free) char *user = NULL, *password = NULL;
    char found[100];
    struct cb_error err = { 0 };
    setenv("LSST_DB_AUTH_CREDENTIALS", credentials, 1);
    assert_true(cb_db_auth_find(uri, &user, &password, &err));
    snprintf(found, sizeof found, "%s%s%s", user != NULL ? user : "", password != NULL ? ":" : "-",
             password != NULL ? password : "");
    assert_string_equal(found, wanted);
}

static void a_pattern_matches_as_the_stock_butler_matches_it(void **state)
{
    (void)state;
    static const struct {
        const char *url, *uri, *wanted;
    } cases[] = {
        { "postgresql://*", "postgresql://h.example.org/butler", "u:p" },
        { "postgresql://*", "postgresql://me@h.example.org/butler", ":p" },
        { "postgresql://*", "host=h.example.org dbname=butler", "u:p" },
        { "postgresql://*", "postgresql://me@/butler?host=/run/postgresql", "-" },
        { "postgresql://*", "postgresql://h.example.org", "-" },
        { "postgresql://*.example.org", "postgresql://h.example.org/butler", "u:p" },
        { "postgresql://*.Example.org", "postgresql://h.example.org/butler", "u:p" },
        { "postgresql://*.example.org", "postgresql://h.example.com/butler", "-" },
        { "postgresql://h*/[ab]utler", "postgresql://h2/butler", "u:p" },
        { "postgresql://h/but*", "postgresql://h/other", "-" },
        { "postgresql://h/", "postgresql://h/other", "u:p" },
        { "postgresql://h:5432", "postgresql://h/butler", "-" },
        { "postgresql://h:5432", "postgresql://h:5432/butler", "u:p" },
        { "postgresql://h:5432", "postgresql://h:5433/butler", "-" },
        { "postgresql://me@h/butler", "postgresql://me@h/butler", ":p" },
        { "postgresql://me@h/butler", "postgresql://you@h/butler", "-" },
        { "postgresql://me@h/butler", "postgresql://h/butler", "-" },
        { "postgresql://[::1]:5432/butler", "postgresql://[::1]:5432/butler", "u:p" },
        { "oracle://*", "postgresql://h/butler", "-" },
        { "postgresql+psycopg2://*", "postgresql://h/butler", "-" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cb_auto(cb_free) char *list =
            cb_xasprintf("[{\"url\": \"%s\", \"username\": \"u\", \"password\": \"p\"}]", cases[i].url);
        expect(list, cases[i].uri, cases[i].wanted);
    }
    expect("[" ENTRY("postgresql://other") ", {\"url\": \"postgresql://h\", \"password\": \"q\"}, " ENTRY(
               "postgresql://*") "]",
           "postgresql://h/butler", ":q");
}

static void a_bad_list_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "{}", "[{\"password\": \"p\"}]", "[{\"url\": \"h\"}]",
                                       "[{\"url\": \"postgresql://h\"}]", "[" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *user, *password;
        struct cb_error err = { 0 };
        setenv("LSST_DB_AUTH_CREDENTIALS", bad[i], 1);
        assert_false(cb_db_auth_find("postgresql://h/butler", &user, &password, &err));
        assert_int_equal(err.kind, CB_ERR_FATAL);
    }
}

static void a_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/cbauth.XXXXXX";
    int file = mkstemp(path);
    static const char text[] = "- {url: 'postgresql://h', username: u, password: p}\n";
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    close(file);
    unsetenv("LSST_DB_AUTH_CREDENTIALS");
    setenv("LSST_DB_AUTH", path, 1);
    cb_auto(cb_free) char *user = NULL, *password = NULL;
    struct cb_error err = { 0 };
    assert_true(cb_db_auth_find("postgresql://h/butler", &user, &password, &err));
    assert_string_equal(password, "p");
    assert_int_equal(chmod(path, 0640), 0);
    char *nobody, *nothing;
    assert_false(cb_db_auth_find("postgresql://h/butler", &nobody, &nothing, &err));
    assert_non_null(strstr(err.text, "can be read by others"));
    unlink(path);
    /* none is no error: libpq has means of its own */
    assert_true(cb_db_auth_find("postgresql://h/butler", &nobody, &nothing, &err));
    assert_null(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_as_the_stock_butler_matches_it),
        cmocka_unit_test(a_bad_list_is_refused),
        cmocka_unit_test(a_file_that_others_can_read_is_refused),
    };
    return cmocka_run_group_tests_name("passwords of databases", tests, NULL, NULL);
}
