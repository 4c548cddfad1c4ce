/* Queries with where-expressions on a real database. */
#include "fixture.h"

#include "butler/query.h"

static void add_exposure(struct fixture *f, int seq_num, const char *type, const char *filter)
{
    const struct cb_element *exposure = cb_element_at(CB_EXPOSURE);
    char id[24], seq[16], group[16], obs_id[32], span[CB_TIMESPAN_TEXT_SIZE];
    snprintf(id, sizeof id, "%lld", 2024120800000LL + seq_num);
    snprintf(seq, sizeof seq, "%d", seq_num);
    snprintf(group, sizeof group, "g%d", seq_num);
    snprintf(obs_id, sizeof obs_id, "CC_O_20241208_%06d", seq_num);
    cb_timespan_format(cb_timespan_of(1733659200000000000LL + seq_num * 60000000000LL,
                                      1733659200000000000LL + seq_num * 60000000000LL + 30000000000LL),
                       span);
    must(cb_record_sync(f->repo, cb_element_at(CB_GROUP), (const char *[]){ "LSSTComCam", group }, false,
                        NULL, &oops));
    must(cb_record_sync(
        f->repo, cb_element_at(CB_DAY_OBS),
        (const char *[]){ "LSSTComCam", "20241208", "[1733659200000000000,1733745600000000000)" }, false,
        NULL, &oops));
    const char *values[40] = { NULL };
    const char *const given[][2] = { { "instrument", "LSSTComCam" }, { "id", id },
                                     { "day_obs", "20241208" },      { "group", group },
                                     { "obs_id", obs_id },           { "physical_filter", filter },
                                     { "observation_type", type },   { "seq_num", seq },
                                     { "timespan", span },           { "exposure_time", "30" } };
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        values[cb_element_column(exposure, given[i][0], strlen(given[i][0])) - exposure->columns] =
            given[i][1];
    must(cb_record_sync(f->repo, exposure, values, false, NULL, &oops));
}

static int make_night(void **state)
{
    make_repository(state);
    for (int i = 1; i <= 10; i++)
        add_exposure(*state, i, i <= 6 ? "bias" : "flat", i <= 8 ? "r_03" : "i_06");
    return 0;
}

static size_t count_exposures(struct fixture *f, const char *where)
{
    const struct cb_query query = { .where = where };
    cb_auto_records struct cb_record_list list = { 0 };
    must(cb_query_records(f->repo, cb_element_at(CB_EXPOSURE), &query, &list, &oops));
    return list.count;
}

static void an_expression_selects_records(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(count_exposures(f, NULL), 10);
    assert_int_equal(count_exposures(f, "instrument = 'LSSTComCam' and exposure.observation_type = 'bias'"),
                     6);
    assert_int_equal(
        count_exposures(f, "instrument='LSSTComCam' AND day_obs=20241208 AND seq_num IN (2..4, 9)"), 4);
    assert_int_equal(count_exposures(f, "instrument='LSSTComCam' and band='i'"), 2);
    assert_int_equal(count_exposures(f, "instrument='Other' and day_obs=20241208"), 0);
}

/* nine detectors fit the second, none is named by the first: neither multiplies */
static void a_dimension_that_is_not_in_the_result_does_not_multiply_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(count_exposures(f, "instrument='LSSTComCam' and detector > 3"), 10);
    assert_int_equal(count_exposures(f, "instrument='LSSTComCam' and detector = 99"), 0);
}

static void records_come_in_the_order_asked_for(void **state)
{
    struct fixture *f = *state;
    const char *order[] = { "-seq_num" };
    const struct cb_query query = { .order_by = order, .n_order_by = 1, .limit = 2, .offset = 1 };
    cb_auto_records struct cb_record_list list = { 0 };
    must(cb_query_records(f->repo, cb_element_at(CB_EXPOSURE), &query, &list, &oops));
    assert_int_equal(list.count, 2);
    assert_string_equal(cb_record_get(&list, 0, "seq_num"), "9");
    assert_string_equal(cb_record_get(&list, 1, "seq_num"), "8");
    assert_null(cb_record_get(&list, 0, "target_name"));
}

static void data_ids_are_the_combinations_with_what_they_imply(void **state)
{
    struct fixture *f = *state;
    const struct cb_query query = {
        .where = "instrument='LSSTComCam' and detector in (0, 4) and exposure.seq_num < 3"
    };
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    must(cb_query_data_ids(f->repo, CB_DIM(CB_EXPOSURE) | CB_DIM(CB_DETECTOR), &query, &list, &oops));
    assert_int_equal(list.count, 4);
    assert_int_equal(list.item[3].number[CB_DETECTOR], 4);
    assert_int_equal(list.item[3].number[CB_EXPOSURE], 2024120800002);
    assert_string_equal(list.item[0].band, "r");
    assert_string_equal(list.item[0].group, "g1");
}

static void datasets_are_found_by_fields_of_their_exposure(void **state)
{
    struct fixture *f = *state;
    must(cb_dataset_type_register(f->repo, "raw", BIAS_DIMS | CB_DIM(CB_EXPOSURE), "Exposure", false, NULL,
                                  &oops));
    must(cb_collection_register(f->repo, "LSSTComCam/raw/all", CB_COLLECTION_RUN, NULL, NULL, &oops));
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE, .id_mode = CB_ID_DATAID_TYPE_RUN };
    for (int i = 1; i <= 10; i++) {
        char file[96];
        struct cb_data_id id = detector_id(i % 2);
        cb_data_id_set_number(&id, CB_EXPOSURE, 2024120800000LL + i);
        snprintf(file, sizeof file, "%s/raw%d.fits", f->root, i);
        write_file(file, "raw\n");
        const struct cb_put put = { .data_id = &id, .file = file };
        must(cb_dataset_put(f->repo, "raw", "LSSTComCam/raw/all", &put, 1, &options, NULL, &oops));
    }
    const char *collections[] = { "LSSTComCam/raw/*" };
    const char *order[] = { "-exposure.seq_num" };
    const struct cb_query query = { .where =
                                        "instrument='LSSTComCam' AND exposure.observation_type='flat' AND "
                                        "raw.run = 'LSSTComCam/raw/all'",
                                    .collections = collections,
                                    .n_collections = 1,
                                    .order_by = order,
                                    .n_order_by = 1 };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    must(cb_query_datasets(f->repo, "raw", CB_SEARCH_ALL, &query, &list, &oops));
    assert_int_equal(list.count, 4);
    assert_int_equal(list.item[0].data_id.number[CB_EXPOSURE], 2024120800010);

    const char *raws[] = { "raw" };
    const struct cb_query with_raws = { .where = "instrument='LSSTComCam' and detector = 1",
                                        .dataset_types = raws,
                                        .n_dataset_types = 1,
                                        .collections = collections,
                                        .n_collections = 1 };
    cb_auto_data_ids struct cb_data_id_list ids = { 0 };
    must(cb_query_data_ids(f->repo, CB_DIM(CB_EXPOSURE) | CB_DIM(CB_DETECTOR), &with_raws, &ids, &oops));
    assert_int_equal(ids.count, 5);
}

static void certified_datasets_are_listed_once_first_or_with_every_range(void **state)
{
    struct fixture *f = *state;
    char old[9][CB_UUID_TEXT_SIZE], new[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 2, old);
    put_biases(f, "LSSTComCam/calib/DM-2/demo/biasGen.20241220a", 1, new);
    must(cb_collection_register(f->repo, BIAS_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, "second", CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    const char *olds[] = { old[0], old[1] }, *news[] = { new[0] };
    must(cb_certify(f->repo, BIAS_CALIB, olds, 2, days(0, 10), &oops));
    must(cb_certify(f->repo, BIAS_CALIB, olds, 2, days(20, 30), &oops));
    must(cb_certify(f->repo, "second", news, 1, days(0, 30), &oops));
    const char *path[] = { "second", BIAS_CALIB };
    const struct cb_query query = { .collections = path, .n_collections = 2 };
    const struct {
        enum cb_search search;
        size_t count;
    } cases[] = { { CB_SEARCH_ALL, 3 }, { CB_SEARCH_FIRST, 2 }, { CB_SEARCH_CERTIFICATIONS, 5 } };
    for (size_t i = 0; i < 3; i++) {
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        must(cb_query_datasets(f->repo, "bias", cases[i].search, &query, &list, &oops));
        assert_int_equal(list.count, cases[i].count);
    }
}

static void a_wrong_expression_names_the_place(void **state)
{
    struct fixture *f = *state;
    const struct cb_query query = { .where = "instrument='LSSTComCam' AND nonsense = 3" };
    struct cb_error err = { 0 };
    cb_auto_records struct cb_record_list list = { 0 };
    assert_false(cb_query_records(f->repo, cb_element_at(CB_EXPOSURE), &query, &list, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "nonsense"));
}

#define with_night(test) cmocka_unit_test_setup_teardown(test, make_night, drop_repository)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_night(an_expression_selects_records),
        with_night(a_dimension_that_is_not_in_the_result_does_not_multiply_it),
        with_night(records_come_in_the_order_asked_for),
        with_night(data_ids_are_the_combinations_with_what_they_imply),
        with_night(datasets_are_found_by_fields_of_their_exposure),
        with_night(certified_datasets_are_listed_once_first_or_with_every_range),
        with_night(a_wrong_expression_names_the_place),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
