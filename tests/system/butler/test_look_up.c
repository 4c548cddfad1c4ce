/* Find-first look-ups on a real database, by each of the three ways: by itself, by a finder, many at once. */
#include "fixture.h"

#define CHAIN "LSSTComCam/calib"
#define OTHER_CALIB "LSSTComCam/calib/DM-2/demo/bias.20241220a"
#define OTHER_RUN "LSSTComCam/calib/DM-2/demo/biasGen.20241220a"

enum { RANGES = 40, WAYS = 3 };

static void certify_one(struct fixture *f, const char *collection, const char *id,
                        struct cb_timespan validity)
{
    must(cb_collection_register(f->repo, collection, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, collection, &id, 1, validity, &oops));
}

/* Look up by one of the ways; among many the others ask for a detector without any bias. */
static bool look_up(struct fixture *f, int way, const char *collection, struct cb_timespan when,
                    struct cb_dataset_list *ret_found, struct cb_error *err)
{
    struct cb_data_id ids[3] = { detector_id(8), detector_id(0), detector_id(7) };
    struct cb_timespan whens[3] = { when, when, when };
    size_t places[3];
    cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
    if (way == 0)
        return cb_dataset_find(f->repo, "bias", &ids[1], &collection, 1, &when, ret_found, err);
    if (!cb_finder_open(f->repo, "bias", &collection, 1, &finder, err))
        return false;
    if (way == 1)
        return cb_finder_find(finder, &ids[1], &when, ret_found, err);
    if (!cb_finder_find_many(finder, ids, whens, 3, places, ret_found, err))
        return false;
    assert_true(places[0] == SIZE_MAX && places[2] == SIZE_MAX);
    assert_true(places[1] == (ret_found->count == 0 ? SIZE_MAX : 0));
    return true;
}

static void expect_range(struct fixture *f, struct cb_timespan when, struct cb_timespan validity)
{
    for (int way = 0; way < WAYS; way++) {
        cb_auto_datasets struct cb_dataset_list found = { 0 };
        must(look_up(f, way, CHAIN, when, &found, &oops));
        assert_int_equal(found.count, cb_timespan_is_empty(validity) ? 0 : 1);
        if (found.count == 1)
            assert_true(cb_timespan_equal(found.item[0].validity, validity));
    }
}

static void expect_ambiguous(struct fixture *f, const char *collection, struct cb_timespan when)
{
    for (int way = 0; way < WAYS; way++) {
        struct cb_error err = { 0 };
        cb_auto_datasets struct cb_dataset_list found = { 0 };
        assert_false(look_up(f, way, collection, when, &found, &err));
        assert_int_equal(err.kind, CB_ERR_CONFLICT);
        assert_non_null(strstr(err.text, "Ambiguous calibration validity range match for bias"));
    }
}

/* The n-th of RANGES ranges of nine days, a day apart. */
static struct cb_timespan nth(int n)
{
    return days(10 * n, 10 * n + 9);
}

static void make_history(struct fixture *f)
{
    char ids[1][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 1, ids);
    for (int i = 0; i < RANGES; i++)
        certify_one(f, BIAS_CALIB, ids[0], nth(i * 7 % RANGES)); /* not in their order */
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_chain_change(f->repo, CHAIN, CB_CHAIN_PREPEND, (const char *[]){ BIAS_CALIB }, 1, &oops));
}

static void of_many_ranges_the_one_that_overlaps_is_found(void **state)
{
    struct fixture *f = *state;
    const struct cb_timespan none = { 1, 0 };
    make_history(f);
    for (int i = 0; i < RANGES; i += 13) {
        expect_range(f, days(10 * i, 10 * i + 1), nth(i));
        expect_range(f, days(10 * i + 8, 10 * i + 10), nth(i)); /* and reaches into the gap */
        expect_range(f, days(10 * i + 9, 10 * i + 10), none);
        expect_range(f, days(10 * i - 1, 10 * i + 9), nth(i));
    }
    expect_range(f, cb_timespan_of(CB_TIMESPAN_MIN_NS, days(0, 1).begin_ns), none);
    expect_range(f, cb_timespan_of(CB_TIMESPAN_MIN_NS, days(1, 2).begin_ns), nth(0));
    expect_range(f, cb_timespan_of(days(398, 399).begin_ns, CB_TIMESPAN_MAX_NS), nth(39));
    expect_range(f, cb_timespan_of(days(399, 400).begin_ns, CB_TIMESPAN_MAX_NS), none);
    expect_range(f, none, none);
}

static void a_time_in_two_ranges_is_ambiguous(void **state)
{
    struct fixture *f = *state;
    const struct cb_timespan always = CB_TIMESPAN_ALWAYS;
    make_history(f);
    expect_ambiguous(f, CHAIN, days(8, 11));
    expect_ambiguous(f, CHAIN, days(0, 400));
    expect_ambiguous(f, CHAIN, always);
    char ids[1][CB_UUID_TEXT_SIZE], sql[512];
    put_biases(f, OTHER_RUN, 1, ids);
    certify_one(f, OTHER_CALIB, ids[0], days(0, 10));
    /* the stock butler lets pass two rows of one data ID in one call */
    snprintf(sql, sizeof sql,
             "INSERT INTO %s.dataset_calibs_00000001 SELECT nextval('%s.dataset_calibs_00000001_seq_id'), "
             "t.dataset_type_id, t.dataset_id, t.collection_id, t.instrument, t.detector, t.timespan"
             " FROM %s.dataset_calibs_00000001 t JOIN %s.collection c USING (collection_id)"
             " WHERE c.name = '" OTHER_CALIB "'",
             f->schema, f->schema, f->schema, f->schema);
    must(cb_db_script(f->db, sql, &oops));
    expect_ambiguous(f, OTHER_CALIB, days(3, 4));
}

static void a_range_that_starts_when_the_exposure_ends_does_not_hide_the_one_before(void **state)
{
    struct fixture *f = *state;
    char ids[1][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 1, ids);
    certify_one(f, CHAIN, ids[0], days(0, 10));
    certify_one(f, CHAIN, ids[0], days(10, 20));
    certify_one(f, CHAIN, ids[0], cb_timespan_of(days(20, 21).begin_ns, CB_TIMESPAN_MAX_NS));
    expect_range(f, days(9, 10), days(0, 10));
    expect_range(f, days(19, 20), days(10, 20));
    expect_range(f, days(30, 31), cb_timespan_of(days(20, 21).begin_ns, CB_TIMESPAN_MAX_NS));
}

/* What other handles do between two look-ups of one handle. */
static void a_look_up_sees_what_others_have_changed(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    struct fixture other = { 0 };
    char new[1][CB_UUID_TEXT_SIZE];
    make_history(f);
    expect_range(f, days(0, 1), nth(0));
    must(cb_db_open(getenv("CALBUS_TEST_DB_URI"), "other", &db, &oops));
    must(cb_repo_open(f->root, NULL, db, &other.repo, &oops));
    snprintf(other.root, sizeof other.root, "%s", f->root);
    put_biases(&other, OTHER_RUN, 1, new);
    certify_one(&other, OTHER_CALIB, new[0], days(0, 2));
    must(cb_chain_change(other.repo, CHAIN, CB_CHAIN_PREPEND, (const char *[]){ OTHER_CALIB }, 1, &oops));
    expect_range(f, days(0, 1), days(0, 2));
    must(cb_decertify(other.repo, OTHER_CALIB, "bias", days(0, 2), NULL, 0, NULL, &oops));
    expect_range(f, days(0, 1), nth(0));
    cb_repo_close(other.repo);
}

static void a_type_that_was_made_anew_is_found_by_the_same_handle(void **state)
{
    struct fixture *f = *state;
    char ids[1][CB_UUID_TEXT_SIZE];
    const char *const run = "u/someone/flats";
    const uint32_t dims = BIAS_DIMS | CB_DIM(CB_PHYSICAL_FILTER);
    struct cb_data_id id = detector_id(0);
    must(cb_dataset_type_register(f->repo, "flat", dims, "ExposureF", true, NULL, &oops));
    must(cb_collection_register(f->repo, run, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_data_id_set(&id, CB_PHYSICAL_FILTER, "r_03", &oops));
    cb_auto_datasets struct cb_dataset_list none = { 0 }, found = { 0 };
    must(cb_dataset_find(f->repo, "flat", &id, &run, 1, NULL, &none, &oops));
    assert_int_equal(none.count, 0);
    must(cb_dataset_type_remove(f->repo, "flat", &oops));
    must(cb_dataset_type_register(f->repo, "flat", BIAS_DIMS, "Defects", false, NULL, &oops));
    struct cb_data_id plain = detector_id(3);
    char file[96];
    snprintf(file, sizeof file, "%s/flat.fits", f->root);
    write_file(file, "pixels\n");
    const struct cb_put put = { .data_id = &plain, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE };
    must(cb_dataset_put(f->repo, "flat", run, &put, 1, &options, ids, &oops));
    must(cb_dataset_find(f->repo, "flat", &plain, &run, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.item[0].id, ids[0]);
    assert_string_equal(found.item[0].storage_class, "Defects");
}

static void what_is_not_there_is_named(void **state)
{
    struct fixture *f = *state;
    struct cb_data_id id = detector_id(0), no_detector = { .has = CB_DIM(CB_INSTRUMENT) };
    const char *const there = BIAS_CALIB, *const nowhere = "u/nobody",
                      *const glob = "LSSTComCam/calib/DM-1/*/bias.*";
    make_history(f);
    const struct {
        const char *type, *collection;
        const struct cb_data_id *id;
        enum cb_err_kind kind;
        const char *text;
    } cases[] = {
        { "bias", nowhere, &id, CB_ERR_NOT_FOUND, "No collection with name 'u/nobody' found." },
        { "dark", there, &id, CB_ERR_NOT_FOUND, "Dataset type with name 'dark' not found." },
        { "bias", there, &no_detector, CB_ERR_INVALID, "a data ID has no detector" },
    };
    struct cb_timespan when = days(0, 1);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) { /* remembered, and not */
        struct cb_error err = { 0 };
        cb_auto_datasets struct cb_dataset_list found = { 0 };
        const char *collection = cases[i / 2].collection;
        assert_false(cb_dataset_find(f->repo, cases[i / 2].type, cases[i / 2].id, &collection, 1, &when,
                                     &found, &err));
        assert_int_equal(err.kind, cases[i / 2].kind);
        assert_string_equal(err.text, cases[i / 2].text);
    }
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    must(cb_dataset_find(f->repo, "bias", &id, &glob, 1, &when, &found, &oops));
    assert_int_equal(found.count, 1);
}

#define with_repository(test) cmocka_unit_test_setup_teardown(test, make_repository, drop_repository)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_repository(of_many_ranges_the_one_that_overlaps_is_found),
        with_repository(a_time_in_two_ranges_is_ambiguous),
        with_repository(a_range_that_starts_when_the_exposure_ends_does_not_hide_the_one_before),
        with_repository(a_look_up_sees_what_others_have_changed),
        with_repository(a_type_that_was_made_anew_is_found_by_the_same_handle),
        with_repository(what_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
