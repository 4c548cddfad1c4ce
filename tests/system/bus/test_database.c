/* The bus's tables on a real PostgreSQL: migrations, outbox, inbox, sequences, dead letters. */
#include "calbus/v1/generation.pb-c.h"
#include "io/bus.h"
#include "service/dead_letter.h"
#include "service/inbox.h"
#include "service/migrate.h"
#include "service/outbox.h"
#include "service/sequence.h"
#include "service/topics.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

static struct cb_db *db;

static int connect_and_migrate(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    if (!cb_db_open(getenv("CALBUS_TEST_DB_URI"), "test", &db, &err) ||
        !cb_db_script(db, "DROP SCHEMA IF EXISTS calbus CASCADE; SET client_min_messages = warning", &err) ||
        !cb_migrate_apply(db, NULL, NULL, NULL, &err))
        fail_msg("%s", err.text);
    return 0;
}

static int disconnect(void **state)
{
    (void)state;
    cb_db_close(db);
    return 0;
}

static int64_t number(const char *sql)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_error err = { 0 };
    if (!cb_db_run(db, sql, CB_P0, &rows, &err))
        fail_msg("%s", err.text);
    return cb_rows_int(rows, 0, 0);
}

/* ---- migrations ---- */

static void count_files(void *self, const char *name)
{
    (void)name;
    ++*(int *)self;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void migrations_are_applied_once(void **state)
{
    (void)state;
    int applied = 0;
    size_t missing = 1;
    assert_true(cb_migrate_apply(db, NULL, count_files, &applied, NULL));
    assert_int_equal(applied, 0);
    assert_true(cb_migrate_missing(db, &missing, NULL));
    assert_int_equal(missing, 0);
    assert_true(cb_migrate_check(db, NULL));
}

static void a_missing_migration_is_told_with_the_way_out(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    assert_true(cb_db_script(db, "DELETE FROM calbus.migration WHERE name LIKE '0001%'", NULL));
    assert_false(cb_migrate_check(db, &err));
    assert_int_equal(err.kind, CB_ERR_FATAL);
    assert_string_equal(
        err.text, "the database lacks 1 migrations, the first is \"0001_bus.sql\"; run `calbus db migrate`");
}

static void a_changed_applied_file_is_fatal(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    assert_true(
        cb_db_script(db, "UPDATE calbus.migration SET sha256 = 'other' WHERE name LIKE '0001%'", NULL));
    assert_false(cb_migrate_apply(db, NULL, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_FATAL);
    assert_non_null(strstr(err.text, "\"0001_bus.sql\" was applied to this database in another form"));
}

static void a_failing_file_leaves_nothing_and_those_before_it_stay(void **state)
{
    (void)state;
    char folder[] = "/tmp/calbus-migrations-XXXXXX";
    struct cb_error err = { 0 };
    assert_non_null(mkdtemp(folder));
    write_file(folder, "9001_good.sql", "CREATE TABLE calbus.good (a int);");
    write_file(folder, "9002_outside.sql",
               "-- no transaction\nCREATE INDEX CONCURRENTLY good_a ON calbus.good (a);");
    write_file(folder, "9003_bad.sql", "CREATE TABLE calbus.half (a int); SELECT no_such_column;");
    write_file(folder, "notes.txt", "not a migration");
    assert_false(cb_migrate_apply(db, folder, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_FATAL);
    assert_non_null(strstr(err.text, "cannot apply migration \"9003_bad.sql\""));
    assert_int_equal(number("SELECT count(*) FROM calbus.migration WHERE name LIKE '900%'"), 2);
    assert_int_equal(
        number("SELECT (to_regclass('calbus.half') IS NULL AND to_regclass('calbus.good_a') IS NOT "
               "NULL)::int"),
        1);
    const char *const names[] = { "9001_good.sql", "9002_outside.sql", "9003_bad.sql", "notes.txt" };
    for (size_t i = 0; i < 4; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* ---- outbox ---- */

static bool put_text(const char *type, const struct cb_event *cause, const char *salt, const char *text,
                     struct cb_error *err)
{
    Calbus__V1__GenerationRequested said = CALBUS__V1__GENERATION_REQUESTED__INIT;
    Calbus__V1__GenerationEvent wrapper = CALBUS__V1__GENERATION_EVENT__INIT;
    said.run_id = (char *)ID;
    said.repository = (char *)(uintptr_t)text;
    said.output_run = (char *)"u/run";
    wrapper.event_case = CALBUS__V1__GENERATION_EVENT__EVENT_REQUESTED;
    wrapper.requested = &said;
    return cb_outbox_put(db,
                         &(struct cb_outgoing){ .type = type, .key = "u/run", .cause = cause, .salt = salt },
                         &wrapper.base, err);
}

static bool put(const struct cb_event *cause, const char *salt, struct cb_error *err)
{
    return put_text("generation.requested", cause, salt, "/repo/main", err);
}

static const struct cb_event cause = { .id = ID, .time_unix_ms = 1733659200250 };

static void a_transaction_whose_first_statement_fails_is_over(void **state)
{
    (void)state;
    cb_auto(cb_tx_abandon) struct cb_tx *outer = NULL, *inner = NULL;
    struct cb_error err = { 0 };
    assert_false(cb_tx_begin_with(db, "SELECT 1 FROM nowhere", &outer, &err));
    assert_string_equal(cb_db_sqlstate(db), "42P01");
    assert_false(cb_db_in_tx(db));
    assert_true(cb_tx_begin_with(db, "SET LOCAL search_path TO calbus", &outer, NULL));
    assert_int_equal(number("SELECT count(*) FROM outbox"), 0);
    assert_false(cb_tx_begin_with(db, "SELECT 1 FROM nowhere", &inner, &err));
    for (int i = 0; i < 3; i++) /* the savepoint is undone; said anew, then prepared, then once more */
        assert_int_equal(number("SELECT count(*) FROM outbox"), 0);
    assert_true(cb_tx_commit(&outer, NULL));
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox"), 0);
}

static void an_event_is_put_with_its_transaction_or_not_at_all(void **state)
{
    (void)state;
    struct cb_tx *tx = NULL;
    assert_true(cb_tx_begin(db, &tx, NULL));
    assert_true(put(NULL, NULL, NULL));
    cb_tx_abandon(tx);
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox"), 0);
    tx = NULL;
    assert_true(cb_tx_begin(db, &tx, NULL));
    assert_true(put(NULL, NULL, NULL));
    assert_true(cb_tx_commit(&tx, NULL));
    assert_int_equal(
        number("SELECT count(*) FROM calbus.outbox WHERE type = 'generation.requested' AND topic = "
               "'calbus.generation.v1' AND key = 'u/run' AND subject = 'u/run' AND source = "
               "'/calbus/usdf/test' AND published IS NULL"),
        1);
}

static void a_retry_says_the_same_thing_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct cb_tx *tx = NULL;
        assert_true(cb_tx_begin(db, &tx, NULL));
        assert_true(put(&cause, "a", NULL));
        assert_true(put(&cause, "b", NULL));
        assert_true(cb_tx_commit(&tx, NULL));
    }
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox"), 2);
}

static void two_events_of_one_cause_need_their_own_salt(void **state)
{
    (void)state;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_error err = { 0 };
    assert_true(cb_tx_begin(db, &tx, NULL));
    assert_true(put(&cause, NULL, NULL));
    assert_false(put(&cause, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "each needs its own"));
}

static void what_nobody_could_decode_is_not_put(void **state)
{
    (void)state;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_error err = { 0 };
    assert_true(cb_tx_begin(db, &tx, NULL));
    assert_false(put_text("generation.requested", NULL, NULL, "\xff\xfe", &err));
    assert_non_null(strstr(err.text, "repository is not UTF-8"));
    char *large = calloc(1, (256 << 10) + 10);
    memset(large, 'x', 256 << 10);
    assert_false(put_text("generation.requested", NULL, NULL, large, &err));
    assert_non_null(strstr(err.text, "more than 256 KiB"));
    free(large);
    assert_false(put_text("exposure.ingested", NULL, NULL, "x", &err));
    assert_non_null(strstr(err.text, "is carried by calbus.v1.ExposureEvent"));
    assert_false(put_text("no.such", NULL, NULL, "x", &err));
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox"), 0);
}

static void partitions_come_and_go_and_keep_what_is_unpublished(void **state)
{
    (void)state;
    assert_true(cb_db_script(
        db,
        "INSERT INTO calbus.outbox (day, slot, ce_id, type, topic, key, source, subject, ce_time, "
        "traceparent, value, "
        "published) SELECT current_date - d, 0, gen_random_uuid(), 't', 't', 'k', 's', '', now(), '', '', "
        "CASE WHEN d <> 30 THEN now() END FROM unnest(ARRAY[20, 30, 10, -5]) d;"
        "SELECT calbus.make_day('outbox', current_date - d) FROM unnest(ARRAY[20, 30]) d;"
        "SELECT calbus.maintain_partitions(14); SELECT calbus.maintain_partitions(14)",
        NULL));
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox WHERE day = current_date - 20"), 0);
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox WHERE day = current_date - 30"), 1);
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox"), 3);
    assert_int_equal(
        number("SELECT (to_regclass('calbus.outbox_' || to_char((now() AT TIME ZONE 'UTC')::date + 3, "
               "'YYYYMMDD')) IS NOT NULL)::int"),
        1);
}

/* ---- inbox, sequences ---- */

static bool claim(const char *group)
{
    bool is_new = false;
    struct cb_error err = { 0 };
    if (!cb_inbox_claim(db, group, &cause, &is_new, &err))
        fail_msg("%s", err.text);
    return is_new;
}

static void each_group_claims_an_event_once(void **state)
{
    (void)state;
    assert_true(claim("calbus-a"));
    assert_false(claim("calbus-a"));
    assert_true(claim("calbus-b"));
    assert_int_equal(number("SELECT count(*) FROM calbus.inbox WHERE day = '2024-12-08'"), 2);
}

static void numbers_of_an_entity_are_gapless_and_old_ones_are_seen(void **state)
{
    (void)state;
    int64_t value = 0;
    bool newer = false;
    assert_true(cb_sequence_next(db, "proposal/1", &value, NULL));
    assert_int_equal(value, 1);
    struct cb_tx *tx = NULL;
    assert_true(cb_tx_begin(db, &tx, NULL));
    assert_true(cb_sequence_next(db, "proposal/1", &value, NULL));
    cb_tx_abandon(tx);
    assert_true(cb_sequence_next(db, "proposal/1", &value, NULL));
    assert_int_equal(value, 2);
    assert_true(cb_sequence_apply(db, "g", "proposal/1", 2, &newer, NULL));
    assert_true(newer);
    assert_true(cb_sequence_apply(db, "g", "proposal/1", 1, &newer, NULL));
    assert_false(newer);
    assert_true(cb_sequence_apply(db, "g", "proposal/1", 2, &newer, NULL));
    assert_false(newer);
}

/* ---- dead letters ---- */

static bool bury(const struct cb_event *event, struct cb_message *message)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_error why = { 0 }, err = { 0 };
    cb_fail(&why, CB_ERR_CONFLICT, "a reason \"quoted\"");
    bool ok = cb_tx_begin(db, &tx, &err) &&
              cb_dead_letter_put(db, "echo", "calbus-echo", message, event, "incarnation", &why, &err) &&
              cb_tx_commit(&tx, &err);
    if (!ok)
        fail_msg("%s", err.text);
    return ok;
}

static void a_dead_letter_is_kept_once_even_if_nothing_of_it_can_be_read(void **state)
{
    (void)state;
    struct cb_bus_header headers[] = { { "ce_type", "\xff\0\xfe", 3 }, { "x", "plain", 5 } };
    struct cb_message message = { .topic = (char *)"calbus.generation.v1",
                                  .partition = 2,
                                  .offset = 9,
                                  .key = (char *)"\xff",
                                  .key_size = 1,
                                  .value = (unsigned char *)(uintptr_t) "\0\xff",
                                  .size = 2,
                                  .headers = headers,
                                  .header_count = 2 };
    bury(NULL, &message);
    bury(NULL, &message);
    struct cb_dead_letters letters = { 0 };
    assert_true(cb_dead_letter_list(db, "open", 10, &letters, NULL));
    assert_int_equal(letters.count, 1);
    assert_string_equal(letters.list[0].error, "a reason \"quoted\"");
    char *shown = NULL, *hex = NULL;
    int64_t id = letters.list[0].id;
    cb_dead_letters_done(&letters);
    assert_true(cb_dead_letter_show(db, id, &letters, &shown, &hex, NULL));
    assert_string_equal(hex, "00ff");
    assert_string_equal(shown, "{\"x\": \"plain\", \"ce_type\": \"0xff00fe\"}");
    cb_dead_letters_done(&letters);
    free(shown);
    free(hex);
    struct cb_error err = { 0 };
    assert_false(cb_dead_letter_retry(db, id, "me", &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_true(cb_dead_letter_drop(db, id, "me", NULL));
    assert_false(cb_dead_letter_drop(db, id, "me", &err));
    assert_string_equal(err.text, "dead letter 1 is dropped already");
    assert_false(cb_dead_letter_drop(db, 77, "me", &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

static void a_message_from_elsewhere_can_be_tried_again(void **state)
{
    (void)state;
    struct cb_bus_header headers[] = { { "ce_source", "/elsewhere", 10 },
                                       { "ce_time", "2024-12-08T12:00:00Z", 20 } };
    struct cb_message message = { .topic = (char *)"calbus.generation.v1",
                                  .key = (char *)"k",
                                  .key_size = 1,
                                  .value = (unsigned char *)(uintptr_t) "\0\0\0\0\7\0\x0a\0",
                                  .size = 8,
                                  .headers = headers,
                                  .header_count = 2 };
    struct cb_event event = cause;
    event.type = "generation.requested";
    event.traceparent = "";
    bury(&event, &message);
    assert_false(claim("calbus-echo"));
    assert_true(cb_dead_letter_retry(db, 1, "me", NULL));
    assert_true(claim("calbus-echo"));
    assert_int_equal(number("SELECT count(*) FROM calbus.outbox WHERE ce_id = '" ID
                            "' AND source = '/elsewhere' AND "
                            "value = '\\x0a00' AND published IS NULL"),
                     1);
}

int main(void)
{
    cb_outbox_set_source("usdf", "test");
#define CASE(name) cmocka_unit_test_setup_teardown(name, connect_and_migrate, disconnect)
    const struct CMUnitTest database[] = {
        CASE(migrations_are_applied_once),
        CASE(a_missing_migration_is_told_with_the_way_out),
        CASE(a_changed_applied_file_is_fatal),
        CASE(a_failing_file_leaves_nothing_and_those_before_it_stay),
        CASE(a_transaction_whose_first_statement_fails_is_over),
        CASE(an_event_is_put_with_its_transaction_or_not_at_all),
        CASE(a_retry_says_the_same_thing_once),
        CASE(two_events_of_one_cause_need_their_own_salt),
        CASE(what_nobody_could_decode_is_not_put),
        CASE(partitions_come_and_go_and_keep_what_is_unpublished),
        CASE(each_group_claims_an_event_once),
        CASE(numbers_of_an_entity_are_gapless_and_old_ones_are_seen),
        CASE(a_dead_letter_is_kept_once_even_if_nothing_of_it_can_be_read),
        CASE(a_message_from_elsewhere_can_be_tried_again),
    };
    return cmocka_run_group_tests_name("the bus's tables", database, NULL, NULL);
}
