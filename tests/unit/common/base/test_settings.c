/* Settings: precedence, types, and every mistake in one sentence. */
#include "base/settings.h"
#include "support/spec.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct target {
    char *uri, *path;
    int64_t count, wait_ms;
    double ratio;
    bool wanted;
};

static const struct cb_setting table[] = {
    { "db", "uri", CB_SET_TEXT, offsetof(struct target, uri), NULL, 0, 0, "where the database is" },
    { "db", "path", CB_SET_PATH, offsetof(struct target, path), "$CALBUS_HOME/x", 0, 0, "a folder" },
    { "run", "count", CB_SET_INT, offsetof(struct target, count), "3", 1, 10, "how many" },
    { "run", "wait", CB_SET_DURATION, offsetof(struct target, wait_ms), "2s", 0, 0, "how long" },
    { "run", "ratio", CB_SET_REAL, offsetof(struct target, ratio), "0.5", 0, 1, "share" },
    { "run", "wanted", CB_SET_BOOL, offsetof(struct target, wanted), "false", 0, 0, "whether" },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};
static const struct cb_setting *const tables[] = { table, NULL };
static const struct cb_setting others[] = {
    { "run", "*", CB_SET_TEXT, 0, NULL, 0, 0, NULL }, /* ours: does not cover its unknown keys */
    { "ingest", "*", CB_SET_TEXT, 0, NULL, 0, 0, NULL },
    { "site.*", "*", CB_SET_TEXT, 0, NULL, 0, 0, NULL },
    { NULL, NULL, CB_SET_TEXT, 0, NULL, 0, 0, NULL },
};

struct fixture {
    char file[64];
    struct target target;
    const char *files[2];
    const char *environment[4];
    const char *flags[4];
    struct cb_settings_sources sources;
    struct cb_error err;
};

static void put_file(struct fixture *it, const char *text)
{
    snprintf(it->file, sizeof it->file, "/tmp/calbus-settings-XXXXXX");
    int fd = mkstemp(it->file);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    it->files[0] = it->file;
}

static bool load(struct fixture *it)
{
    void *targets[] = { &it->target };
    it->sources = (struct cb_settings_sources){ .home = "/home/c",
                                                .environment = it->environment,
                                                .flags = it->flags,
                                                .files = it->files,
                                                .others = others };
    bool ok = cb_settings_load(tables, targets, &it->sources, &it->err);
    if (it->files[0] != NULL)
        unlink(it->file);
    return ok;
}

static void flags_win_over_environment_over_file_over_built_in(void **state)
{
    (void)state;
    struct fixture it = { .environment = { "CALBUS_RUN_COUNT=5", "CALBUS_DB_URI=from-env" },
                          .flags = { "run.count=7" } };
    put_file(&it, "# comment\n[db]\nuri = from-file\n[run]\ncount = 2\nwait = 250ms\n");
    assert_true(load(&it));
    assert_string_equal(it.target.uri, "from-env");
    assert_string_equal(it.target.path, "/home/c/x");
    assert_int_equal(it.target.count, 7);
    assert_int_equal(it.target.wait_ms, 250);
    assert_close(it.target.ratio, 0.5, 0);
    assert_false(it.target.wanted);
    cb_settings_done(table, &it.target);
    assert_null(it.target.uri);
}

static void quoted_values_keep_blanks_and_escapes(void **state)
{
    (void)state;
    struct fixture it = { .flags = { NULL } };
    put_file(&it, "[db]\nuri = \"  a \\\"b\\\" \\\\ \"\n");
    assert_true(load(&it));
    assert_string_equal(it.target.uri, "  a \"b\" \\ ");
    cb_settings_done(table, &it.target);
}

static void all_mistakes_come_at_once_with_their_origin(void **state)
{
    (void)state;
    struct fixture it = { .environment = { "CALBUS_RUN_WANTED=yes", "CALBUS_RUN_CUONT=1" },
                          .flags = { "run.ratio=2", "run.wait=5" } };
    put_file(&it, "[run]\ncount = 11\nnonsense\n");
    assert_false(load(&it));
    assert_int_equal(it.err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(it.err.text, ":3: neither [section] nor key = value"));
    assert_non_null(strstr(it.err.text, ":2: run.count: 11 is not in 1..10"));
    assert_non_null(strstr(it.err.text, "CALBUS_RUN_WANTED: run.wanted: \"yes\" is neither true nor false"));
    assert_non_null(strstr(it.err.text, "perhaps you mean \"CALBUS_RUN_COUNT\""));
    assert_non_null(strstr(it.err.text, "flag: run.ratio: 2 is not in 0..1"));
    assert_non_null(strstr(it.err.text, "\"5\" is not a duration"));
    assert_non_null(strstr(it.err.text, "db.uri: is missing"));
}

static void an_unknown_key_is_refused_with_the_nearest_name(void **state)
{
    (void)state;
    struct fixture it = { .environment = { "CALBUS_DB_URI=x" } };
    put_file(&it, "[run]\ncuont = 2\n");
    assert_false(load(&it));
    assert_non_null(
        strstr(it.err.text, ":2: there is no setting \"run.cuont\", perhaps you mean \"run.count\""));
}

static void keys_of_other_programs_and_of_the_home_are_passed_over(void **state)
{
    (void)state;
    struct fixture it = { .environment = { "CALBUS_INGEST_IDLE=1", "CALBUS_HOME=/x",
                                           "CALBUS_SITE_USDF_RSE=1" },
                          .flags = { "db.uri=u" } };
    put_file(&it, "[ingest]\nidle = 5s\n[site.usdf]\nrse = X\n");
    assert_true(load(&it));
    cb_settings_done(table, &it.target);
}

static void a_key_twice_in_a_file_is_refused(void **state)
{
    (void)state;
    struct fixture it = { .flags = { NULL } };
    put_file(&it, "[db]\nuri = a\nuri = b\n");
    assert_false(load(&it));
    assert_non_null(strstr(it.err.text, ":3: the key stands in this file twice"));
}

static void a_relative_path_is_refused(void **state)
{
    (void)state;
    struct fixture it = { .flags = { "db.uri=u", "db.path=relative/x" } };
    assert_false(load(&it));
    assert_string_equal(it.err.text, "flag: db.path: \"relative/x\" is not an absolute path");
}

static void tell_origin(void *self, const struct cb_setting *setting, const char *value, const char *origin)
{
    if (strcmp(setting->key, "count") == 0)
        snprintf(self, 64, "%s from %s", value, origin);
}

static void the_origin_of_each_value_can_be_told(void **state)
{
    (void)state;
    struct fixture it = { .environment = { "CALBUS_RUN_COUNT=5" } };
    it.sources = (struct cb_settings_sources){ .environment = it.environment };
    char told[64] = "";
    assert_true(cb_settings_tell(tables, &it.sources, tell_origin, told, NULL));
    assert_string_equal(told, "5 from CALBUS_RUN_COUNT");
}

int main(void)
{
    const struct CMUnitTest settings[] = {
        cmocka_unit_test(flags_win_over_environment_over_file_over_built_in),
        cmocka_unit_test(quoted_values_keep_blanks_and_escapes),
        cmocka_unit_test(all_mistakes_come_at_once_with_their_origin),
        cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest_name),
        cmocka_unit_test(keys_of_other_programs_and_of_the_home_are_passed_over),
        cmocka_unit_test(a_key_twice_in_a_file_is_refused),
        cmocka_unit_test(a_relative_path_is_refused),
        cmocka_unit_test(the_origin_of_each_value_can_be_told),
    };
    return cmocka_run_group_tests_name("settings", settings, NULL, NULL);
}
