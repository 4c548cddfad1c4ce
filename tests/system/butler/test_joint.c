/* One transaction over calbus's database and that of a repository: both keep it or neither, whatever is
 * killed. */
#include "butler/collections.h"
#include "butler/home.h"
#include "io/clock.h"
#include "system/butler/fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

/* A second database of the server, with a repository; in the first a table of "our own". */
struct two {
    struct cb_db *db, *far;
    char folder[64], root[80], index[80], far_uri[256];
};

static char *address_of(const char *database)
{
    const char *uri = getenv("CALBUS_TEST_DB_URI"), *name = strstr(uri, "/calbus?");
    assert_non_null(name);
    return cb_xasprintf("%.*s/%s%s", (int)(name - uri), uri, database, name + strlen("/calbus"));
}

static int make_two(void **state)
{
    struct two *two = cb_xalloc(sizeof *two);
    cb_auto(cb_free) char *far = address_of("far");
    snprintf(two->folder, sizeof two->folder, "/tmp/cbjoint.XXXXXX");
    assert_non_null(mkdtemp(two->folder));
    snprintf(two->root, sizeof two->root, "%s/repo", two->folder);
    snprintf(two->index, sizeof two->index, "%s/repositories.yaml", two->folder);
    snprintf(two->far_uri, sizeof two->far_uri, "%s", far);
    must(cb_db_open(getenv("CALBUS_TEST_DB_URI"), "test", &two->db, &oops));
    must(cb_db_script(two->db, "CREATE DATABASE far", &oops));
    must(cb_db_script(two->db, "CREATE TABLE public.note (text text PRIMARY KEY)", &oops));
    must(cb_db_open(far, "test", &two->far, &oops));
    must(cb_repo_create(two->far, far, two->root, "far", &oops));
    must(cb_repo_index_put(two->index, "/repo/far", two->root, &oops));
    *state = two;
    return 0;
}

static int drop_two(void **state)
{
    struct two *two = *state;
    cb_db_close(two->far);
    must(cb_db_script(two->db, "DROP TABLE public.note", &oops));
    must(cb_db_script(two->db, "DROP DATABASE far WITH (FORCE)", &oops));
    cb_db_close(two->db);
    remove_tree(two->folder);
    free(two);
    return 0;
}

static int64_t count(struct cb_db *db, const char *from)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *sql = cb_xasprintf("SELECT count(*) FROM %s", from);
    must(cb_db_run(db, sql, CB_P0, &rows, &oops));
    return cb_rows_int(rows, 0, 0);
}

static void assert_there(const struct two *two, const char *name, bool is_there)
{
    cb_auto(cb_free) char *note = cb_xasprintf("public.note WHERE text = '%s'", name);
    cb_auto(cb_free) char *collection = cb_xasprintf("far.collection WHERE name = '%s'", name);
    assert_int_equal(count(two->db, note), is_there);
    assert_int_equal(count(two->far, collection), is_there);
    assert_int_equal(count(two->db, "pg_prepared_xacts"), 0);
}

static bool note(struct cb_db *db, const char *name, struct cb_error *err)
{
    return cb_db_run(db, "INSERT INTO public.note VALUES ($1)", CB_P(cb_p_text(name)), NULL, err);
}

static bool put(const char *index, struct cb_db *db, const char *name, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    return cb_repo_open_home(index, "/repo/far", db, &repo, err) && note(db, name, err) &&
           cb_collection_register(repo, name, CB_COLLECTION_RUN, NULL, NULL, err);
}

/* What a handler does: both parts in one transaction. */
static bool handle(const char *index, struct cb_db *db, const char *name, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_tx_begin(db, &tx, err) && put(index, db, name, err) && cb_tx_commit(&tx, err);
}

static void both_are_kept(void **state)
{
    struct two *two = *state;
    must(handle(two->index, two->db, "u/one", &oops));
    assert_there(two, "u/one", true);
    must(handle(two->index, two->db, "u/two", &oops));
    assert_there(two, "u/two", true);
}

static void neither_is_kept_when_ours_is_given_up(void **state)
{
    struct two *two = *state;
    struct cb_tx *tx = NULL;
    must(cb_tx_begin(two->db, &tx, &oops));
    must(put(two->index, two->db, "u/one", &oops));
    assert_int_equal(count(two->far, "far.collection"), 0);
    cb_tx_abandon(tx);
    assert_there(two, "u/one", false);
}

static void a_savepoint_is_one_of_both(void **state)
{
    struct two *two = *state;
    struct cb_tx *tx = NULL, *savepoint = NULL;
    must(cb_tx_begin(two->db, &tx, &oops));
    must(cb_tx_begin(two->db, &savepoint, &oops));
    must(put(two->index, two->db, "u/refused", &oops));
    cb_tx_abandon(savepoint);
    must(put(two->index, two->db, "u/kept", &oops));
    must(cb_tx_begin(two->db, &savepoint, &oops));
    must(put(two->index, two->db, "u/also", &oops));
    must(cb_tx_commit(&savepoint, &oops));
    must(cb_tx_begin(two->db, &savepoint, &oops));
    must(put(two->index, two->db, "u/refused-too", &oops));
    cb_tx_abandon(savepoint);
    must(cb_tx_commit(&tx, &oops));
    assert_there(two, "u/refused", false);
    assert_there(two, "u/kept", true);
    assert_there(two, "u/also", true);
    assert_there(two, "u/refused-too", false);
}

static void a_reader_of_the_other_needs_no_second_commit(void **state)
{
    struct two *two = *state;
    struct cb_tx *tx = NULL;
    struct cb_repo *repo = NULL;
    cb_auto_collection struct cb_collection found = { 0 };
    must(handle(two->index, two->db, "u/one", &oops));
    must(cb_tx_begin(two->db, &tx, &oops));
    must(cb_repo_open_home(two->index, "/repo/far", two->db, &repo, &oops));
    must(cb_collection_find(repo, "u/one", &found, &oops));
    must(note(two->db, "read", &oops));
    cb_repo_close(repo);
    must(cb_tx_commit(&tx, &oops));
    assert_int_equal(count(two->db, "public.note WHERE text = 'read'"), 1);
}

static void ours_is_undone_when_the_other_refuses_at_its_commit(void **state)
{
    struct two *two = *state;
    struct cb_error err = { 0 };
    must(cb_db_script(
        two->far,
        "CREATE FUNCTION far.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE EXCEPTION ''not today''; END';"
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON far.collection DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION far.refuse()",
        &oops));
    assert_false(handle(two->index, two->db, "u/one", &err));
    assert_non_null(strstr(err.text, "not today"));
    assert_there(two, "u/one", false);
}

/* ---- a kill between the two commits ---- */

static void wait_for(struct cb_db *db, const char *condition)
{
    cb_auto(cb_free) char *sql = cb_xasprintf("SELECT %s", condition);
    for (int64_t end_ms = cb_clock_monotonic_ms() + 30000; cb_clock_monotonic_ms() < end_ms;) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        must(cb_db_run(db, sql, CB_P0, &rows, &oops));
        if (cb_rows_bool(rows, 0, 0))
            return;
        (void)poll(NULL, 0, 20);
    }
    fail_msg("%s: not within 30 s", condition);
}

/* The COMMIT of the other database waits until nobody holds lock 42. */
static void hold_commits(const struct two *two)
{
    must(cb_db_script(
        two->far,
        "CREATE FUNCTION far.hold() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END';"
        "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON far.collection DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION far.hold(); SELECT pg_advisory_lock(42)",
        &oops));
}

#define IS_HELD                                                                                              \
    "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted AND database =" \
    " (SELECT oid FROM pg_database WHERE datname = 'far'))"

static pid_t handle_in_process(const struct two *two, const char *name)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    struct cb_db *db = NULL;
    struct cb_error err = { 0 };
    bool ok =
        cb_db_open(getenv("CALBUS_TEST_DB_URI"), "child", &db, &err) && handle(two->index, db, name, &err);
    _exit(ok ? 0 : 1);
}

static void settle(const struct two *two, size_t expected)
{
    wait_for(two->db, "coalesce((SELECT max(prepared) < clock_timestamp() - interval '1 s' FROM"
                      " pg_prepared_xacts), true)");
    size_t settled = 0;
    struct cb_error waits;
    must(cb_repo_settle_home(two->index, two->db, &settled, &waits, &oops));
    assert_string_equal(waits.text, "");
    assert_int_equal(settled, expected);
}

static void a_kill_after_the_first_commit_is_made_good(void **state)
{
    struct two *two = *state;
    hold_commits(two);
    pid_t pid = handle_in_process(two, "u/one");
    wait_for(two->db, IS_HELD);
    assert_int_equal(count(two->db, "pg_prepared_xacts"), 1);
    kill(pid, SIGSTOP); /* it shall not see that the other has committed */
    must(cb_db_script(two->far, "SELECT pg_advisory_unlock(42)", &oops));
    wait_for(two->far, "EXISTS (SELECT FROM far.collection WHERE name = 'u/one')");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(count(two->db, "public.note"), 0);
    settle(two, 1);
    assert_there(two, "u/one", true);
    settle(two, 0);
}

static void a_first_commit_that_is_cut_off_undoes_ours(void **state)
{
    struct two *two = *state;
    int status = 0;
    hold_commits(two);
    pid_t pid = handle_in_process(two, "u/one");
    wait_for(two->db, IS_HELD);
    size_t settled = 0;
    struct cb_error waits;
    wait_for(two->db, "(SELECT max(prepared) < clock_timestamp() - interval '1 s' FROM pg_prepared_xacts)");
    must(cb_repo_settle_home(two->index, two->db, &settled, &waits, &oops));
    assert_int_equal(settled, 0); /* the other is still at it */
    must(cb_db_script(two->db,
                      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND"
                      " objid = 42 AND NOT granted",
                      &oops));
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_int_equal(count(two->db, "pg_prepared_xacts"), 1);
    settle(two, 1);
    assert_there(two, "u/one", false);
}

static void another_server_is_not_asked_how_it_ended(void **state)
{
    struct two *two = *state;
    size_t settled = 0;
    struct cb_error waits;
    must(cb_db_script(two->db,
                      "BEGIN; INSERT INTO public.note VALUES ('x');"
                      " PREPARE TRANSACTION 'calbus:1:700:/repo/far'",
                      &oops));
    wait_for(two->db, "(SELECT max(prepared) < clock_timestamp() - interval '1 s' FROM pg_prepared_xacts)");
    must(cb_repo_settle_home(two->index, two->db, &settled, &waits, &oops));
    assert_int_equal(settled, 0);
    assert_non_null(strstr(waits.text, "another database server"));
    must(cb_db_script(two->db, "ROLLBACK PREPARED 'calbus:1:700:/repo/far'", &oops));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_two, drop_two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_are_kept),
        TEST(neither_is_kept_when_ours_is_given_up),
        TEST(a_savepoint_is_one_of_both),
        TEST(a_reader_of_the_other_needs_no_second_commit),
        TEST(ours_is_undone_when_the_other_refuses_at_its_commit),
        TEST(a_kill_after_the_first_commit_is_made_good),
        TEST(a_first_commit_that_is_cut_off_undoes_ours),
        TEST(another_server_is_not_asked_how_it_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
