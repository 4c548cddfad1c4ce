/* Two that want the same thing at the same moment: one of them wins, and nothing is left half done. The first
 * is in its transaction, the second waits for it, in a thread with a connection of its own. */
#include "fixture.h"

#include "butler/removal.h"

#include <pthread.h>
#include <unistd.h>

#define TAGS "u/someone/best"

/* What the second does, and how it went. */
struct second {
    struct fixture *f;
    bool (*act)(struct second *me);
    const char *id;
    struct cb_repo *repo;
    bool ok;
    struct cb_error err;
    pthread_t thread;
};

static void *act(void *context)
{
    struct second *me = context;
    me->ok = me->act(me);
    return NULL;
}

static bool somebody_waits_for_a_lock(struct cb_db *db)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_db_run(db, "SELECT FROM pg_locks WHERE NOT granted", CB_P0, &rows, &oops));
    return cb_rows_count(rows) > 0;
}

/* Returns when it waits for the transaction of this thread. */
static void start_second(struct second *me)
{
    must(cb_repo_open(me->f->root, NULL, NULL, &me->repo, &oops));
    assert_int_equal(pthread_create(&me->thread, NULL, act, me), 0);
    for (int tries = 0; tries < 3000 && !somebody_waits_for_a_lock(me->f->db); tries++)
        usleep(10000);
    assert_true(somebody_waits_for_a_lock(me->f->db));
}

static void end_second(struct second *me)
{
    pthread_join(me->thread, NULL);
    cb_repo_close(me->repo);
}

static bool certify(struct second *me)
{
    return cb_certify(me->repo, BIAS_CALIB, &me->id, 1, days(0, 10), &me->err);
}

static bool associate(struct second *me)
{
    return cb_associate(me->repo, TAGS, &me->id, 1, &me->err);
}

static bool remove_whole(struct second *me)
{
    return cb_dataset_remove(me->repo, &me->id, 1, CB_REMOVE_WHOLE, &me->err);
}

static bool remove_files(struct second *me)
{
    return cb_dataset_remove(me->repo, &me->id, 1, CB_REMOVE_FILES, &me->err);
}

static bool remove_run(struct second *me)
{
    return cb_runs_remove(me->repo, (const char *[]){ BIAS_RUN }, 1, true, &me->err);
}

static bool remove_calibs(struct second *me)
{
    return cb_collection_remove(me->repo, BIAS_CALIB, true, &me->err);
}

static bool put_bias(struct cb_repo *repo, const char *file, const char *text, int detector,
                     struct cb_error *err)
{
    struct cb_data_id id = detector_id(detector);
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_COPY };
    write_file(file, text);
    bool ok = cb_dataset_put(repo, "bias", BIAS_RUN, &put, 1, &options, NULL, err);
    unlink(file);
    return ok;
}

static bool put_same(struct second *me)
{
    char file[96];
    snprintf(file, sizeof file, "%s/second.fits", me->f->root);
    return put_bias(me->repo, file, "of the second\n", 5, &me->err);
}

static int64_t count(struct fixture *f, const char *table)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *sql = cb_xasprintf("SELECT count(*) FROM \"%s\".%s", f->schema, table);
    must(cb_db_run(f->db, sql, CB_P0, &rows, &oops));
    return cb_rows_int(rows, 0, 0);
}

static void make_collections(struct fixture *f)
{
    must(cb_collection_register(f->repo, BIAS_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, TAGS, CB_COLLECTION_TAGGED, NULL, NULL, &oops));
}

typedef bool deed(struct second *me);

/* Two act on one bias: the second waits for the first, and is refused when that has been committed. */
static void refuse_the_second(struct fixture *f, deed *first_deed, deed *second_deed, const char *because)
{
    char ids[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 1, ids);
    make_collections(f);
    struct second first = { .f = f, .repo = f->repo, .id = ids[0] };
    struct second second = { .f = f, .act = second_deed, .id = ids[0] };
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    assert_true(first_deed(&first));
    start_second(&second);
    must(cb_tx_commit(&tx, &oops));
    end_second(&second);
    assert_false(second.ok);
    assert_int_equal(second.err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(second.err.text, because));
}

/* Somebody removes a bias, its files or all of it, and another certifies or tags it meanwhile. */
static void refuse_what_is_being_removed(struct fixture *f, deed *how, deed *what)
{
    refuse_the_second(f, how, what, "removed at the same moment");
    assert_int_equal(count(f, "dataset_calibs_00000001"), 0);
}

static void a_bias_that_is_being_removed_cannot_be_certified(void **state)
{
    refuse_what_is_being_removed(*state, remove_whole, certify);
}

static void a_bias_whose_file_is_being_removed_cannot_be_certified(void **state)
{
    refuse_what_is_being_removed(*state, remove_files, certify);
}

static void a_bias_that_is_being_removed_cannot_be_tagged(void **state)
{
    refuse_what_is_being_removed(*state, remove_whole, associate);
}

/* Somebody certifies a bias, and another takes it away, its file, its RUN or the collection meanwhile. */
static void keep_what_is_being_certified(struct fixture *f, deed *what)
{
    refuse_the_second(f, certify, what, "decertify");
    assert_int_equal(count(f, "dataset_calibs_00000001"), 1);
    assert_int_equal(count(f, "dataset_location"), 1);
}

static void a_bias_that_is_being_certified_cannot_be_removed(void **state)
{
    keep_what_is_being_certified(*state, remove_whole);
}

static void the_file_of_a_bias_that_is_being_certified_cannot_be_removed(void **state)
{
    keep_what_is_being_certified(*state, remove_files);
}

static void a_run_of_which_a_bias_is_being_certified_cannot_be_removed(void **state)
{
    keep_what_is_being_certified(*state, remove_run);
}

static void a_collection_into_which_a_bias_is_being_certified_cannot_be_removed(void **state)
{
    keep_what_is_being_certified(*state, remove_calibs);
}

static void the_second_to_put_a_bias_leaves_the_file_of_the_first(void **state)
{
    struct fixture *f = *state;
    char file[96], text[32] = "";
    put_biases(f, BIAS_RUN, 1, NULL);
    struct second second = { .f = f, .act = put_same };
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    snprintf(file, sizeof file, "%s/first.fits", f->root);
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(put_bias(f->repo, file, "of the first\n", 5, &oops));
    start_second(&second);
    must(cb_tx_commit(&tx, &oops));
    end_second(&second);
    assert_false(second.ok);
    assert_int_equal(second.err.kind, CB_ERR_CONFLICT);

    cb_auto_datasets struct cb_dataset_list found = { 0 };
    cb_auto(cb_free) char *path = NULL;
    struct cb_data_id id = detector_id(5);
    must(cb_dataset_find(f->repo, "bias", &id, (const char *[]){ BIAS_RUN }, 1, NULL, &found, &oops));
    must(cb_dataset_file(f->repo, &found.item[0], &path, &oops));
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    assert_non_null(fgets(text, sizeof text, stream));
    fclose(stream);
    assert_string_equal(text, "of the first\n");
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_repository, drop_repository)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_bias_that_is_being_removed_cannot_be_certified),
        test(a_bias_whose_file_is_being_removed_cannot_be_certified),
        test(a_bias_that_is_being_removed_cannot_be_tagged),
        test(a_bias_that_is_being_certified_cannot_be_removed),
        test(the_file_of_a_bias_that_is_being_certified_cannot_be_removed),
        test(a_run_of_which_a_bias_is_being_certified_cannot_be_removed),
        test(a_collection_into_which_a_bias_is_being_certified_cannot_be_removed),
        test(the_second_to_put_a_bias_leaves_the_file_of_the_first),
    };
    return cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
