/* Removing datasets, RUNs and collections: what is certified stays, files go last. */
#include "fixture.h"

#include "butler/removal.h"

#define CHAIN "LSSTComCam/calib/DM-1"
#define OTHER_RUN "u/someone/copies"

static void certify_biases(struct fixture *f, char (*ids)[CB_UUID_TEXT_SIZE], size_t n)
{
    const char *list[9];
    for (size_t i = 0; i < n; i++)
        list[i] = ids[i];
    must(cb_collection_register(f->repo, BIAS_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, BIAS_CALIB, list, n, days(0, 10), &oops));
}

static void decertify_biases(struct fixture *f)
{
    struct cb_timespan always = CB_TIMESPAN_ALWAYS;
    must(cb_decertify(f->repo, BIAS_CALIB, "bias", always, NULL, 0, NULL, &oops));
}

static char *file_of(struct fixture *f, const char *id)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    char *path = NULL;
    must(cb_dataset_get(f->repo, &id, 1, &list, &oops));
    must(cb_dataset_file(f->repo, &list.item[0], &path, &oops));
    return path;
}

static bool is_file(const char *path)
{
    return access(path, F_OK) == 0;
}

static int64_t count(struct fixture *f, const char *table)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *sql = cb_xasprintf("SELECT count(*) FROM \"%s\".%s", f->schema, table);
    must(cb_db_run(f->db, sql, CB_P0, &rows, &oops));
    return cb_rows_int(rows, 0, 0);
}

static void a_run_with_a_certified_bias_is_refused_until_it_is_decertified(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    const char *const runs[] = { BIAS_RUN };
    put_biases(f, BIAS_RUN, 3, ids);
    certify_biases(f, ids, 1);
    cb_auto(cb_free) char *path = file_of(f, ids[2]);

    assert_false(cb_runs_remove(f->repo, runs, 1, true, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, "certified in \"" BIAS_CALIB "\""));
    assert_int_equal(count(f, "dataset"), 3);
    assert_true(is_file(path));

    decertify_biases(f);
    must(cb_runs_remove(f->repo, runs, 1, true, &oops));
    assert_int_equal(count(f, "dataset"), 0);
    assert_int_equal(count(f, "run"), 0);
    assert_int_equal(count(f, "file_datastore_records"), 0);
    assert_int_equal(count(f, "dataset_location_trash"), 0);
    assert_false(is_file(path));
}

static void a_run_in_a_chain_goes_only_when_it_may_be_unlinked(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    const char *const runs[] = { BIAS_RUN };
    put_biases(f, BIAS_RUN, 1, ids);
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_chain_change(f->repo, CHAIN, CB_CHAIN_PREPEND, runs, 1, &oops));
    assert_false(cb_runs_remove(f->repo, runs, 1, false, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, CHAIN));
    must(cb_runs_remove(f->repo, runs, 1, true, &oops));
    assert_int_equal(count(f, "collection_chain"), 0);
}

static void a_file_that_another_record_names_stays(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 2, ids);
    cb_auto(cb_free) char *shared = file_of(f, ids[0]), *alone = file_of(f, ids[1]);
    struct cb_data_id id = detector_id(0);
    const struct cb_put put = { .data_id = &id, .file = shared };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_DIRECT };
    must(cb_collection_register(f->repo, OTHER_RUN, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_dataset_put(f->repo, "bias", OTHER_RUN, &put, 1, &options, NULL, &oops));

    must(cb_runs_remove(f->repo, (const char *[]){ BIAS_RUN }, 1, false, &oops));
    assert_true(is_file(shared));
    assert_false(is_file(alone));
    /* and what only points at a file never deletes it */
    must(cb_runs_remove(f->repo, (const char *[]){ OTHER_RUN }, 1, false, &oops));
    assert_true(is_file(shared));
}

static void a_file_that_another_repository_names_stays(void **state)
{
    struct fixture *f = *state;
    void *other_state;
    char ids[9][CB_UUID_TEXT_SIZE];
    make_repository(&other_state);
    struct fixture *other = other_state;
    put_biases(f, BIAS_RUN, 1, ids);
    cb_auto(cb_free) char *shared = file_of(f, ids[0]);
    struct cb_data_id id = detector_id(0);
    const struct cb_put put = { .data_id = &id, .file = shared };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_DIRECT };
    must(cb_dataset_type_register(other->repo, "bias", BIAS_DIMS, "ExposureF", true, NULL, &oops));
    must(cb_collection_register(other->repo, OTHER_RUN, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_dataset_put(other->repo, "bias", OTHER_RUN, &put, 1, &options, NULL, &oops));
    must(cb_runs_remove(f->repo, (const char *[]){ BIAS_RUN }, 1, false, &oops));
    assert_true(is_file(shared));
    drop_repository(&other_state);
}

/* The rows are gone, and then the power. */
static void remove_without_files(struct fixture *f, const char *id)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_dataset_remove(f->repo, &id, 1, CB_REMOVE_WHOLE, &oops));
    must(cb_tx_commit(&tx, &oops));
}

static void an_interrupted_removal_is_finished_by_the_next(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 2, ids);
    cb_auto(cb_free) char *first = file_of(f, ids[0]);
    remove_without_files(f, ids[0]);
    assert_true(is_file(first));
    assert_int_equal(count(f, "dataset_location_trash"), 1);
    must(cb_dataset_remove(f->repo, (const char *[]){ ids[1] }, 1, CB_REMOVE_WHOLE, &oops));
    assert_false(is_file(first));
    assert_int_equal(count(f, "dataset_location_trash"), 0);
    assert_int_equal(count(f, "file_datastore_records"), 0);
}

static void a_dataset_put_where_a_removal_was_interrupted_keeps_its_file(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE], again[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 1, ids);
    remove_without_files(f, ids[0]);
    put_biases(f, BIAS_RUN, 1, again);
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    cb_auto(cb_free) char *path = file_of(f, again[0]);
    assert_true(is_file(path));
    assert_int_equal(count(f, "file_datastore_records"), 1);
}

static void a_removal_that_is_rolled_back_keeps_rows_and_files(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    put_biases(f, BIAS_RUN, 1, ids);
    cb_auto(cb_free) char *path = file_of(f, ids[0]);
    {
        cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
        must(cb_repo_begin(f->repo, &tx, &oops));
        must(cb_dataset_remove(f->repo, (const char *[]){ ids[0] }, 1, CB_REMOVE_WHOLE, &oops));
        assert_false(cb_datastore_empty_trash(f->repo, NULL, &err));
    }
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    assert_true(is_file(path));
    assert_int_equal(count(f, "dataset"), 1);
}

static void without_its_file_a_dataset_keeps_its_rows(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    put_biases(f, BIAS_RUN, 2, ids);
    certify_biases(f, ids, 1);
    cb_auto(cb_free) char *path = file_of(f, ids[1]);
    const char *certified[] = { ids[0] }, *plain[] = { ids[1] };
    assert_false(cb_dataset_remove(f->repo, certified, 1, CB_REMOVE_FILES, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    must(cb_dataset_remove(f->repo, plain, 1, CB_REMOVE_FILES, &oops));
    assert_false(is_file(path));
    assert_int_equal(count(f, "dataset"), 2);
    assert_int_equal(count(f, "file_datastore_records"), 1);
}

static void tags_go_with_the_dataset_unless_they_protect_it(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    put_biases(f, BIAS_RUN, 1, ids);
    const char *one[] = { ids[0] };
    must(cb_collection_register(f->repo, "u/someone/best", CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    must(cb_associate(f->repo, "u/someone/best", one, 1, &oops));
    assert_false(cb_dataset_remove(f->repo, one, 1, CB_REMOVE_UNTAGGED, &err));
    assert_non_null(strstr(err.text, "tagged in \"u/someone/best\""));
    must(cb_dataset_remove(f->repo, one, 1, CB_REMOVE_WHOLE, &oops));
    assert_int_equal(count(f, "dataset"), 0);
}

static void a_collection_that_holds_certifications_is_refused(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    put_biases(f, BIAS_RUN, 2, ids);
    certify_biases(f, ids, 2);
    assert_false(cb_collection_remove(f->repo, BIAS_CALIB, true, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_string_equal(err.text, "2 certifications of bias are in \"" BIAS_CALIB
                                  "\": decertify them first; nothing was removed");
    decertify_biases(f);
    must(cb_collection_remove(f->repo, BIAS_CALIB, true, &oops));
    assert_false(cb_collection_remove(f->repo, BIAS_RUN, true, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

/* calbus.distribution as the distributor keeps it; of its columns those that are asked for. */
static void a_distributed_chain_is_refused_while_its_members_are_certified(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    const char *const members[] = { BIAS_CALIB }, *const tickets[] = { CHAIN };
    put_biases(f, BIAS_RUN, 1, ids);
    certify_biases(f, ids, 1);
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, "LSSTComCam/calib", CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_chain_change(f->repo, CHAIN, CB_CHAIN_REDEFINE, members, 1, &oops));
    must(cb_chain_change(f->repo, "LSSTComCam/calib", CB_CHAIN_REDEFINE, tickets, 1, &oops));
    must(cb_db_script(
        f->db,
        "CREATE SCHEMA calbus; CREATE TABLE calbus.distribution (ticket text, ticket_chain text);"
        "INSERT INTO calbus.distribution VALUES ('DM-1', '" CHAIN "')",
        &oops));
    const char *const chains[] = { "LSSTComCam/calib", CHAIN };
    for (size_t i = 0; i < 2; i++) {
        assert_false(cb_collection_remove(f->repo, chains[i], true, &err));
        assert_int_equal(err.kind, CB_ERR_CONFLICT);
        assert_non_null(strstr(err.text, "\"" CHAIN "\" was distributed for DM-1"));
    }
    decertify_biases(f);
    for (size_t i = 0; i < 2; i++)
        must(cb_collection_remove(f->repo, chains[i], true, &oops));
    must(cb_db_script(f->db, "DROP SCHEMA calbus CASCADE", &oops));
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_repository, drop_repository)

int main(void)
{
    const struct CMUnitTest removal[] = {
        test(a_run_with_a_certified_bias_is_refused_until_it_is_decertified),
        test(a_run_in_a_chain_goes_only_when_it_may_be_unlinked),
        test(a_file_that_another_record_names_stays),
        test(a_file_that_another_repository_names_stays),
        test(an_interrupted_removal_is_finished_by_the_next),
        test(a_dataset_put_where_a_removal_was_interrupted_keeps_its_file),
        test(a_removal_that_is_rolled_back_keeps_rows_and_files),
        test(without_its_file_a_dataset_keeps_its_rows),
        test(tags_go_with_the_dataset_unless_they_protect_it),
        test(a_collection_that_holds_certifications_is_refused),
        test(a_distributed_chain_is_refused_while_its_members_are_certified),
    };
    return cmocka_run_group_tests_name("removal", removal, NULL, NULL);
}
