/* The registry on a real database: collections, chains, datasets, certification, look-ups. */
#include "fixture.h"

#include "butler/removal.h"

#include <pthread.h>

#define CHAIN "LSSTComCam/calib/DM-1"

static void certify_biases(struct fixture *f, const char *collection, char (*ids)[CB_UUID_TEXT_SIZE],
                           size_t n, struct cb_timespan validity)
{
    const char *list[9];
    for (size_t i = 0; i < n; i++)
        list[i] = ids[i];
    must(cb_collection_register(f->repo, collection, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, collection, list, n, validity, &oops));
}

static void a_type_and_a_collection_registered_twice_are_one(void **state)
{
    struct fixture *f = *state;
    bool is_new = false;
    must(cb_dataset_type_register(f->repo, "flat", BIAS_DIMS | CB_DIM(CB_PHYSICAL_FILTER) | CB_DIM(CB_BAND),
                                  "ExposureF", true, &is_new, &oops));
    assert_true(is_new);
    must(cb_dataset_type_register(f->repo, "flat", BIAS_DIMS | CB_DIM(CB_PHYSICAL_FILTER), "ExposureF", true,
                                  &is_new, &oops));
    assert_false(is_new);
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CHAINED, "ticket", &is_new, &oops));
    assert_true(is_new);
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CHAINED, "other", &is_new, &oops));
    assert_false(is_new);
}

static void a_collection_or_type_cannot_change_what_it_is(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_RUN, NULL, NULL, &oops));
    assert_false(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CALIBRATION, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_string_equal(err.text, "collection \"" CHAIN "\" exists as RUN, not CALIBRATION");
    must(cb_dataset_type_register(f->repo, "bias", BIAS_DIMS, "ExposureF", true, NULL, &oops));
    assert_false(cb_dataset_type_register(f->repo, "bias", BIAS_DIMS, "ExposureF", false, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
}

/* The stock butler knows the group without dimensions as 0 and stumbles over any other key, in every command.
 */
static void a_type_without_dimensions_does_not_close_the_repository_to_the_stock_butler(void **state)
{
    struct fixture *f = *state;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_dataset_type type = { 0 };
    must(cb_dataset_type_register(f->repo, "pretrainedModelPackage", 0, "NNModelPackagePayload", false, NULL,
                                  &oops));
    must(cb_dataset_type_find(f->repo, "pretrainedModelPackage", &type, &oops));
    assert_int_equal(type.dims, 0);
    cb_dataset_type_done(&type);
    must(cb_repo_read(f->repo, &tx, &oops));
    must(cb_db_run(
        f->db,
        "SELECT dimensions_key, (SELECT count(*) FROM dimension_graph_key k WHERE NOT EXISTS (SELECT"
        " FROM dimension_graph_definition d WHERE d.dimension_graph_id = k.id)) FROM dataset_type"
        " WHERE name = 'pretrainedModelPackage'",
        NULL, 0, &rows, &oops));
    assert_int_equal(cb_rows_int(rows, 0, 0), 0);
    assert_int_equal(cb_rows_int(rows, 0, 1), 0);
}

static void odd_names_are_refused(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = { "", "a b", "a,b", "a*", "/a", "a/", "a//b", "a/../b", "\xc3\xa9" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct cb_error err = { 0 };
        assert_false(cb_collection_register(f->repo, names[i], CB_COLLECTION_RUN, NULL, NULL, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
    }
}

static void a_file_lies_where_the_butler_would_put_it(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    put_biases(f, "LSSTComCam/calib/DM-48520/DP1/x.20250207a", 9, ids);
    const char *three[] = { ids[3] };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    must(cb_dataset_get(f->repo, three, 1, &list, &oops));
    assert_string_equal(list.item[0].path,
                        "LSSTComCam/calib/DM-48520/DP1/x.20250207a/bias/"
                        "bias_LSSTComCam_R22_S10_LSSTComCam_calib_DM-48520_DP1_x_20250207a.fits");
    assert_int_equal(list.item[0].size_bytes, 7);
    cb_auto(cb_free) char *path = NULL;
    must(cb_dataset_file(f->repo, &list.item[0], &path, &oops));
    assert_int_equal(access(path, R_OK), 0);
}

static void a_dataset_put_twice_is_refused_or_skipped_and_no_file_stays(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    char ids[9][CB_UUID_TEXT_SIZE], again[1][CB_UUID_TEXT_SIZE], file[96];
    put_biases(f, BIAS_RUN, 2, ids);
    struct cb_data_id id = detector_id(1);
    snprintf(file, sizeof file, "%s/second.fits", f->root);
    write_file(file, "other pixels\n");
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options refuse = { .transfer = CB_TRANSFER_MOVE };
    const struct cb_put_options skip = { .transfer = CB_TRANSFER_MOVE, .existing = CB_EXISTING_SKIP };
    assert_false(cb_dataset_put(f->repo, "bias", BIAS_RUN, &put, 1, &refuse, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    must(cb_dataset_put(f->repo, "bias", BIAS_RUN, &put, 1, &skip, again, &oops));
    assert_string_equal(again[0], ids[1]);
    assert_int_equal(access(file, R_OK), 0); /* the source of a refused move is where it was */
}

static void a_rolled_back_put_leaves_neither_rows_nor_files_and_returns_what_it_moved(void **state)
{
    struct fixture *f = *state;
    char file[96], id_text[1][CB_UUID_TEXT_SIZE];
    struct cb_data_id id = detector_id(0);
    must(cb_dataset_type_register(f->repo, "bias", BIAS_DIMS, "ExposureF", true, NULL, &oops));
    must(cb_collection_register(f->repo, BIAS_RUN, CB_COLLECTION_RUN, NULL, NULL, &oops));
    snprintf(file, sizeof file, "%s/one.fits", f->root);
    write_file(file, "pixels\n");
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options move = { .transfer = CB_TRANSFER_MOVE };
    cb_auto(cb_free) char *path = NULL, *placed = NULL;
    must(cb_dataset_template_path(f->repo, "bias", BIAS_RUN, &id, ".fits", &path, &oops));
    placed = cb_xasprintf("%s/%s", f->root, path);
    struct cb_tx *tx = NULL;
    must(cb_tx_begin(f->db, &tx, &oops));
    must(cb_dataset_put(f->repo, "bias", BIAS_RUN, &put, 1, &move, id_text, &oops));
    assert_int_equal(access(placed, R_OK), 0);
    cb_tx_abandon(tx);
    assert_int_not_equal(access(placed, F_OK), 0);
    assert_int_equal(access(file, R_OK), 0);
    const char *ids[] = { id_text[0] };
    struct cb_error err = { 0 };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    assert_false(cb_dataset_get(f->repo, ids, 1, &list, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

static const char *const filters[] = { "g_01", "r_03", "i_06" };

/* Put by one of the transfers, more than are synced one by one; returns how many. */
static size_t put_flats(struct fixture *f, const char *run, enum cb_transfer transfer,
                        char (*ret_ids)[CB_UUID_TEXT_SIZE])
{
    enum { COUNT = 27 };
    static struct cb_data_id ids[COUNT];
    static char files[COUNT][96];
    struct cb_put puts[COUNT] = { 0 };
    must(cb_dataset_type_register(f->repo, "flat", BIAS_DIMS | CB_DIM(CB_PHYSICAL_FILTER), "ExposureF", true,
                                  NULL, &oops));
    must(cb_collection_register(f->repo, run, CB_COLLECTION_RUN, NULL, NULL, &oops));
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = detector_id((int)(i % 9));
        must(cb_data_id_set(&ids[i], CB_PHYSICAL_FILTER, filters[i / 9], &oops));
        snprintf(files[i], sizeof files[i], "%s/incoming_%zu.fits", f->root, i);
        write_file(files[i], "pixels\n");
        puts[i] = (struct cb_put){ .data_id = &ids[i], .file = files[i] };
    }
    const struct cb_put_options options = { .transfer = transfer };
    must(cb_dataset_put(f->repo, "flat", run, puts, COUNT, &options, ret_ids, &oops));
    return COUNT;
}

static void expect_files(struct fixture *f, char (*ids)[CB_UUID_TEXT_SIZE], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *id = ids[i];
        int64_t size = 0;
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        cb_auto(cb_free) char *path = NULL;
        must(cb_dataset_get(f->repo, &id, 1, &list, &oops) &&
             cb_dataset_file(f->repo, &list.item[0], &path, &oops) && cb_file_size(path, &size, &oops));
        assert_int_equal(size, 7);
        assert_int_equal(list.item[0].size_bytes, 7);
    }
}

static void many_files_put_at_once_are_whole_and_go_again_with_a_rollback(void **state)
{
    struct fixture *f = *state;
    char ids[27][CB_UUID_TEXT_SIZE], path[256];
    const enum cb_transfer ways[] = { CB_TRANSFER_COPY, CB_TRANSFER_MOVE, CB_TRANSFER_HARDLINK,
                                      CB_TRANSFER_SYMLINK, CB_TRANSFER_DIRECT };
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        char run[64];
        snprintf(run, sizeof run, "u/someone/flats%zu", way);
        expect_files(f, ids, put_flats(f, run, ways[way], ids));
    }
    struct cb_tx *tx = NULL;
    must(cb_tx_begin(f->db, &tx, &oops));
    put_flats(f, "u/someone/none", CB_TRANSFER_COPY, ids);
    snprintf(path, sizeof path,
             "%s/u/someone/none/flat/g/g_01/flat_LSSTComCam_g_g_01_R22_S00_u_someone_none.fits", f->root);
    assert_int_equal(access(path, R_OK), 0);
    cb_tx_abandon(tx);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_raw_gets_the_id_the_butler_derives(void **state)
{
    struct fixture *f = *state;
    must(cb_dataset_type_register(f->repo, "raw", BIAS_DIMS | CB_DIM(CB_EXPOSURE), "Exposure", false, NULL,
                                  &oops));
    must(cb_collection_register(f->repo, "LSSTComCam/raw/all", CB_COLLECTION_RUN, NULL, NULL, &oops));
    const struct cb_element *group = cb_element_at(CB_GROUP), *day = cb_element_at(CB_DAY_OBS);
    const struct cb_element *exposure = cb_element_at(CB_EXPOSURE);
    must(cb_record_sync(f->repo, group, (const char *[]){ "LSSTComCam", "g1" }, false, NULL, &oops));
    must(cb_record_sync(
        f->repo, day,
        (const char *[]){ "LSSTComCam", "20241208", "[1733659200000000000,1733745600000000000)" }, false,
        NULL, &oops));
    const char *values[40] = { NULL };
    const char *const given[][2] = { { "instrument", "LSSTComCam" }, { "id", "2024120800690" },
                                     { "day_obs", "20241208" },      { "group", "g1" },
                                     { "physical_filter", "g_01" },  { "obs_id", "CC_O_20241208_000690" },
                                     { "exposure_time", "0.1" } };
    for (size_t i = 0; i < 7; i++)
        values[cb_element_column(exposure, given[i][0], strlen(given[i][0])) - exposure->columns] =
            given[i][1];
    enum cb_sync what = CB_SYNC_SAME;
    must(cb_record_sync(f->repo, exposure, values, false, &what, &oops));
    assert_int_equal(what, CB_SYNC_INSERTED);
    must(cb_record_sync(f->repo, exposure, values, false, &what, &oops));
    assert_int_equal(what, CB_SYNC_SAME);
    values[cb_element_column(exposure, "exposure_time", 13) - exposure->columns] = "0.2";
    struct cb_error err = { 0 };
    assert_false(cb_record_sync(f->repo, exposure, values, false, &what, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_string_equal(err.text,
                        "Conflict in sync for table exposure on column(s) exposure_time: 0.1 != 0.2");

    char file[96], ids[1][CB_UUID_TEXT_SIZE];
    struct cb_data_id id = detector_id(3);
    cb_data_id_set_number(&id, CB_EXPOSURE, 2024120800690);
    snprintf(file, sizeof file, "%s/raw.fits", f->root);
    write_file(file, "raw\n");
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_LINK, .id_mode = CB_ID_DATAID_TYPE_RUN };
    must(cb_dataset_put(f->repo, "raw", "LSSTComCam/raw/all", &put, 1, &options, ids, &oops));
    assert_string_equal(ids[0], "be986e28-b26e-51f3-b816-0d1d7185ee49");
    const char *one[] = { ids[0] };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    must(cb_dataset_get(f->repo, one, 1, &list, &oops));
    assert_string_equal(list.item[0].path,
                        "LSSTComCam/raw/all/raw/20241208/CC_O_20241208_000690/"
                        "raw_LSSTComCam_g_01_CC_O_20241208_000690_R22_S10_LSSTComCam_raw_all.fits");
}

static void a_certified_bias_is_found_inside_its_range_only(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 9, ids);
    certify_biases(f, BIAS_CALIB, ids, 9, days(10, 20));
    must(cb_collection_register(f->repo, CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_chain_change(f->repo, CHAIN, CB_CHAIN_REDEFINE, (const char *[]){ BIAS_CALIB }, 1, &oops));
    struct cb_data_id id = detector_id(4);
    const struct {
        int64_t at_day_ns;
        size_t found;
    } cases[] = { { -1, 0 }, { 0, 1 }, { 864000000000000LL - 1, 1 }, { 864000000000000LL, 0 } };
    for (size_t i = 0; i < 4; i++) {
        int64_t at = days(10, 20).begin_ns + cases[i].at_day_ns;
        struct cb_timespan instant = cb_timespan_of(at, at);
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        must(cb_dataset_find(f->repo, "bias", &id, (const char *[]){ CHAIN }, 1, &instant, &list, &oops));
        assert_int_equal(list.count, cases[i].found);
        if (list.count > 0) {
            assert_string_equal(list.item[0].id, ids[4]);
            assert_true(cb_timespan_equal(list.item[0].validity, days(10, 20)));
        }
    }
    cb_auto_datasets struct cb_dataset_list timeless = { 0 };
    must(cb_dataset_find(f->repo, "bias", &id, (const char *[]){ CHAIN }, 1, NULL, &timeless, &oops));
    assert_int_equal(timeless.count, 0);
}

static void the_first_collection_of_a_chain_wins_also_in_bulk(void **state)
{
    struct fixture *f = *state;
    char old[9][CB_UUID_TEXT_SIZE], new[9][CB_UUID_TEXT_SIZE];
    put_biases(f, BIAS_RUN, 3, old);
    put_biases(f, "LSSTComCam/calib/DM-2/demo/biasGen.20241220a", 2, new);
    certify_biases(f, BIAS_CALIB, old, 3, days(0, 1000));
    certify_biases(f, "LSSTComCam/calib/DM-2/demo/bias.20241220a", new, 2, days(50, 1000));
    const char *const path[] = { "LSSTComCam/calib/DM-2/demo/bias.20241220a", BIAS_CALIB };
    struct cb_data_id ids[4] = { detector_id(0), detector_id(0), detector_id(2), detector_id(7) };
    struct cb_timespan at[4] = { days(10, 11), days(60, 61), days(60, 61), days(60, 61) };
    size_t found[4];
    cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    must(cb_finder_open(f->repo, "bias", path, 2, &finder, &oops));
    must(cb_finder_find_many(finder, ids, at, 4, found, &list, &oops));
    assert_string_equal(list.item[found[0]].id, old[0]);
    assert_string_equal(list.item[found[1]].id, new[0]);
    assert_string_equal(list.item[found[2]].id, old[2]);
    assert_true(found[3] == SIZE_MAX);
}

static void what_the_butler_lets_pass_is_refused(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE], other[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    put_biases(f, BIAS_RUN, 2, ids);
    put_biases(f, "LSSTComCam/calib/DM-1/demo/biasGen.20241210b", 1, other);
    certify_biases(f, BIAS_CALIB, ids, 1, days(0, 10));
    const char *one[] = { ids[1] }, *twins[] = { ids[0], other[0] }, *rival[] = { other[0] };
    assert_false(cb_certify(f->repo, BIAS_CALIB, one, 1, days(5, 4), &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_false(cb_certify(f->repo, BIAS_CALIB, twins, 2, days(20, 30), &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_false(cb_certify(f->repo, BIAS_RUN, one, 1, days(0, 10), &err));
    assert_string_equal(err.text,
                        "Cannot certify into collection '" BIAS_RUN "' of type RUN; must be CALIBRATION.");
    assert_false(cb_certify(f->repo, BIAS_CALIB, rival, 1, days(9, 30), &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_memory_equal(err.text,
                        "1 validity range conflicts certifying datasets of type bias into " BIAS_CALIB, 90);
    must(cb_certify(f->repo, BIAS_CALIB, rival, 1, days(10, 30), &oops)); /* beside it is fine */
}

static void decertifying_the_middle_leaves_both_ends(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    size_t touched = 0;
    struct cb_timespan always = CB_TIMESPAN_ALWAYS;
    put_biases(f, BIAS_RUN, 2, ids);
    certify_biases(f, BIAS_CALIB, ids, 2, always);
    struct cb_data_id one = detector_id(1), zero = detector_id(0);
    must(cb_decertify(f->repo, BIAS_CALIB, "bias", days(5, 6), &one, 1, &touched, &oops));
    assert_int_equal(touched, 1);
    const struct {
        const struct cb_data_id *id;
        struct cb_timespan at;
        size_t found;
    } cases[] = {
        { &one, days(4, 5), 1 }, { &one, days(5, 6), 0 }, { &one, days(6, 7), 1 }, { &zero, days(5, 6), 1 }
    };
    for (size_t i = 0; i < 4; i++) {
        cb_auto_datasets struct cb_dataset_list list = { 0 };
        must(cb_dataset_find(f->repo, "bias", cases[i].id, (const char *[]){ BIAS_CALIB }, 1, &cases[i].at,
                             &list, &oops));
        assert_int_equal(list.count, cases[i].found);
    }
}

static void a_certified_dataset_cannot_be_removed(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    put_biases(f, BIAS_RUN, 2, ids);
    certify_biases(f, BIAS_CALIB, ids, 1, days(0, 10));
    const char *both[] = { ids[1], ids[0] }, *second[] = { ids[1] };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    cb_auto(cb_free) char *path = NULL;
    must(cb_dataset_get(f->repo, second, 1, &list, &oops));
    must(cb_dataset_file(f->repo, &list.item[0], &path, &oops));
    assert_false(cb_dataset_remove(f->repo, both, 2, CB_REMOVE_WHOLE, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_int_equal(access(path, F_OK), 0);
    must(cb_dataset_remove(f->repo, second, 1, CB_REMOVE_UNTAGGED, &oops));
    assert_int_not_equal(access(path, F_OK), 0);
}

static void register_chain(struct fixture *f, const char *name)
{
    must(cb_collection_register(f->repo, name, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
}

static void expect_children(struct fixture *f, const char *parent, const char *joined)
{
    char text[512] = "";
    cb_auto_collections struct cb_collection_list list = { 0 };
    must(cb_chain_children(f->repo, parent, &list, &oops));
    for (size_t i = 0; i < list.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "," : "",
                 list.item[i].name);
    assert_string_equal(text, joined);
}

static void a_chain_is_edited_in_all_ways(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = { "a", "b", "c", "d" };
    for (size_t i = 0; i < 4; i++)
        must(cb_collection_register(f->repo, names[i], CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    register_chain(f, "chain");
    must(cb_chain_change(f->repo, "chain", CB_CHAIN_REDEFINE, (const char *[]){ "a", "b", "a" }, 3, &oops));
    expect_children(f, "chain", "a,b");
    must(cb_chain_change(f->repo, "chain", CB_CHAIN_PREPEND, (const char *[]){ "c", "b" }, 2, &oops));
    expect_children(f, "chain", "c,b,a");
    must(cb_chain_change(f->repo, "chain", CB_CHAIN_EXTEND, (const char *[]){ "c", "d" }, 2, &oops));
    expect_children(f, "chain", "b,a,c,d");
    must(cb_chain_change(f->repo, "chain", CB_CHAIN_REMOVE, (const char *[]){ "a" }, 1, &oops));
    expect_children(f, "chain", "b,c,d");
    must(cb_chain_pop(f->repo, "chain", (const int64_t[]){ -1, 0 }, 2, &oops));
    expect_children(f, "chain", "c");
}

static void a_chain_that_runs_out_of_positions_is_numbered_anew(void **state)
{
    struct fixture *f = *state;
    must(cb_collection_register(f->repo, "a", CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, "b", CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    register_chain(f, "chain");
    must(cb_chain_change(f->repo, "chain", CB_CHAIN_PREPEND, (const char *[]){ "a" }, 1, &oops));
    struct cb_tx *tx = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_db_script(f->db, "UPDATE collection_chain SET position = -30000", &oops));
    must(cb_tx_commit(&tx, &oops));
    must(cb_chain_change(f->repo, "chain", CB_CHAIN_PREPEND, (const char *[]){ "b" }, 1, &oops));
    expect_children(f, "chain", "b,a");
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_db_run(f->db, "SELECT min(position) FROM collection_chain", CB_P0, &rows, &oops));
    cb_tx_abandon(tx);
    assert_int_equal(cb_rows_int(rows, 0, 0), -1);
}

static void a_cycle_of_chains_is_refused(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    register_chain(f, "one");
    register_chain(f, "two");
    must(cb_chain_change(f->repo, "one", CB_CHAIN_REDEFINE, (const char *[]){ "two" }, 1, &oops));
    assert_false(cb_chain_change(f->repo, "two", CB_CHAIN_PREPEND, (const char *[]){ "one" }, 1, &err));
    assert_string_equal(err.text, "Cycle in collection chaining when defining 'two'.");
    assert_false(cb_chain_change(f->repo, "one", CB_CHAIN_EXTEND, (const char *[]){ "one" }, 1, &err));
    assert_false(cb_chain_change(f->repo, "one", CB_CHAIN_EXTEND, (const char *[]){ "nobody" }, 1, &err));
    assert_string_equal(err.text, "No collection with name 'nobody' found.");
}

static void flattening_goes_depth_first_and_takes_each_once(void **state)
{
    struct fixture *f = *state;
    const char *const leaves[] = { "x", "y", "z" };
    for (size_t i = 0; i < 3; i++)
        must(cb_collection_register(f->repo, leaves[i], CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    register_chain(f, "inner");
    register_chain(f, "outer");
    must(cb_chain_change(f->repo, "inner", CB_CHAIN_REDEFINE, (const char *[]){ "z", "x" }, 2, &oops));
    must(cb_chain_change(f->repo, "outer", CB_CHAIN_REDEFINE, (const char *[]){ "inner", "x", "y" }, 3,
                         &oops));
    must(cb_chain_change(f->repo, "outer", CB_CHAIN_PREPEND, (const char *[]){ "y" }, 1, &oops));
    cb_auto_collections struct cb_collection_list list = { 0 };
    must(cb_collection_flatten(f->repo, (const char *[]){ "outer" }, 1, false, &list, &oops));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.item[0].name, "y");
    assert_string_equal(list.item[1].name, "z");
    assert_string_equal(list.item[2].name, "x");
}

static void other_manager_versions_are_refused_and_printed(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    struct cb_tx *tx = NULL;
    struct cb_repo *again = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_db_script(
        f->db, "UPDATE butler_attributes SET value = '3.0.0' WHERE name LIKE 'version:%SynthInt%'", &oops));
    must(cb_tx_commit(&tx, &oops));
    assert_false(cb_repo_open(f->root, NULL, f->db, &again, &err));
    assert_int_equal(err.kind, CB_ERR_FATAL);
    assert_non_null(strstr(err.text, "version 3.0.0 of the collections manager"));
    assert_non_null(strstr(err.text, "calbus works with 2.0"));
}

static void expect_closed(struct fixture *f, const char *text)
{
    struct cb_error err = { 0 };
    struct cb_repo *again = NULL;
    assert_false(cb_repo_open(f->root, NULL, f->db, &again, &err));
    assert_int_equal(err.kind, CB_ERR_FATAL);
    assert_non_null(strstr(err.text, text));
    must(cb_db_script(f->db, "SELECT 1", &oops)); /* the transaction around goes on */
}

static void a_schema_without_tables_and_a_missing_extension_are_named_also_in_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct cb_tx *tx = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_db_script(f->db, "UPDATE pg_extension SET extname = 'another' WHERE extname = 'btree_gist'",
                      &oops));
    expect_closed(f, "has no extension btree_gist, which every butler needs");
    must(cb_db_script(f->db, "ALTER TABLE butler_attributes RENAME TO elsewhere", &oops));
    expect_closed(f, "holds no butler tables in schema");
    cb_tx_abandon(tx);
}

static void a_repository_is_made_once(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    const char *uri = getenv("CALBUS_TEST_DB_URI");
    assert_false(cb_repo_create(f->db, uri, f->root, f->schema, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    char other[96];
    snprintf(other, sizeof other, "%s/other", f->root);
    assert_false(cb_repo_create(f->db, uri, other, f->schema, &err)); /* the schema is taken */
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_false(cb_repo_create(f->db, uri, other, "calbus", &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

static void a_label_of_the_index_opens_with_a_connection_of_its_own_or_a_shared_one(void **state)
{
    struct fixture *f = *state;
    char path[96];
    struct cb_repo_index index = { 0 };
    snprintf(path, sizeof path, "%s/index.yaml", f->root);
    must(cb_repo_index_put(path, "/repo/main", "/nowhere", &oops));
    must(cb_repo_index_put(path, "/repo/main", f->root, &oops));
    must(cb_repo_index_read(path, &index, &oops));
    cb_auto(cb_repo_close) struct cb_repo *own = NULL;
    cb_auto(cb_repo_close) struct cb_repo *sharing = NULL;
    must(cb_repo_open("/repo/main", &index, NULL, &own, &oops));
    assert_true(own->owns_db);
    must(cb_repo_open("/repo/main", &index, f->db, &sharing, &oops));
    assert_ptr_equal(sharing->db, f->db);
    struct cb_error err = { 0 };
    struct cb_repo *none = NULL;
    assert_false(cb_repo_open("/repo/mian", &index, NULL, &none, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "labels are /repo/main"));
    cb_repo_index_done(&index);
}

/* One of two writers that lock the same two tables in opposite order. */
struct writer {
    struct cb_repo *repo;
    pthread_barrier_t *both_hold_one;
    const char *first, *second;
    int attempts;
    bool ok;
};

static bool lock_both(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct writer *me = arg;
    if (!cb_db_script(repo->db, me->first, err))
        return false;
    if (me->attempts++ == 0)
        pthread_barrier_wait(me->both_hold_one);
    return cb_db_script(repo->db, me->second, err);
}

static void *write_once(void *arg)
{
    struct writer *me = arg;
    me->ok = cb_repo_transact(me->repo, lock_both, me, NULL);
    return NULL;
}

static void writers_in_each_others_way_both_get_through(void **state)
{
    struct fixture *f = *state;
    const char *collection = "LOCK TABLE collection IN EXCLUSIVE MODE",
               *dataset = "LOCK TABLE dataset IN EXCLUSIVE MODE";
    pthread_barrier_t barrier;
    pthread_t threads[2];
    cb_auto(cb_repo_close) struct cb_repo *one = NULL;
    cb_auto(cb_repo_close) struct cb_repo *other = NULL;
    must(cb_repo_open(f->root, NULL, NULL, &one, &oops));
    must(cb_repo_open(f->root, NULL, NULL, &other, &oops));
    pthread_barrier_init(&barrier, NULL, 2);
    struct writer writers[2] = { { one, &barrier, collection, dataset, 0, false },
                                 { other, &barrier, dataset, collection, 0, false } };
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_once, &writers[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_true(writers[0].ok && writers[1].ok);
    assert_int_equal(writers[0].attempts + writers[1].attempts, 3); /* the server gave one of them up, once */
}

static bool leave_a_trace_and_be_given_up(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    int *attempts = arg;
    ++*attempts;
    return cb_collection_register(repo, CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, err) &&
           cb_db_script(repo->db, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$", err);
}

static void a_transaction_is_tried_again_so_often_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct cb_error err = { 0 };
    int attempts = 0;
    cb_auto_collection struct cb_collection none = { 0 };
    assert_false(cb_repo_transact(f->repo, leave_a_trace_and_be_given_up, &attempts, &err));
    assert_int_equal(err.kind, CB_ERR_TRANSIENT);
    assert_int_equal(attempts, CB_REPO_TRIES);
    assert_false(cb_collection_find(f->repo, CHAIN, &none, NULL));

    cb_auto(cb_tx_abandon) struct cb_tx *outer = NULL;
    must(cb_repo_begin(f->repo, &outer, &oops));
    attempts = 0;
    assert_false(cb_repo_transact(f->repo, leave_a_trace_and_be_given_up, &attempts, &err));
    assert_int_equal(attempts, 1); /* only the outermost can be tried again */
}

#define with_repository(test) cmocka_unit_test_setup_teardown(test, make_repository, drop_repository)

struct maker {
    struct cb_repo *repo;
    bool made;
    struct cb_error err;
};

static void *make_type(void *context)
{
    struct maker *maker = context;
    const uint32_t dims = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE);
    maker->made = cb_dataset_type_register(maker->repo, "raw", dims, "Exposure", false, NULL, &maker->err);
    return NULL;
}

static bool somebody_waits_for_a_lock(struct cb_db *db)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    must(cb_db_run(db, "SELECT FROM pg_locks WHERE NOT granted", CB_P0, &rows, &oops));
    return cb_rows_count(rows) > 0;
}

/* Its tables, of a group of dimensions that nobody had before, come from another at the same moment. */
static void a_type_is_made_while_the_stock_butler_makes_its_tables(void **state)
{
    struct fixture *f = *state;
    struct maker maker = { .made = false };
    pthread_t thread;
    put_biases(f, BIAS_RUN, 1, NULL);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    must(cb_repo_open(f->root, NULL, NULL, &maker.repo, &oops));
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_db_script(f->db,
                      "CREATE TABLE dataset_tags_00000002 (LIKE dataset_tags_00000001 INCLUDING ALL);"
                      "ALTER TABLE dataset_tags_00000002 ADD exposure bigint NOT NULL",
                      &oops));
    assert_int_equal(pthread_create(&thread, NULL, make_type, &maker), 0);
    for (int tries = 0; tries < 3000 && !somebody_waits_for_a_lock(f->db); tries++)
        usleep(10000);
    assert_true(somebody_waits_for_a_lock(f->db));
    must(cb_tx_commit(&tx, &oops));
    pthread_join(thread, NULL);
    if (!maker.made)
        fail_msg("%s", maker.err.text);
    cb_repo_close(maker.repo);
}

static const char *const written_in_order[] = { "exposure", "collection", "collection_summary_dataset_type",
                                                "collection_summary_instrument", "dataset" };

static void write_to(struct fixture *f, const char *table)
{
    cb_auto(cb_free) char *sql = cb_xasprintf("DELETE FROM %s WHERE false", table);
    must(cb_db_script(f->db, sql, &oops));
}

/* Another process makes the type's tables while a transaction is at this one of the tables that a put writes.
 */
static void make_a_type_while_one_is_at(struct fixture *f, size_t at)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    struct maker maker = { .made = false };
    pthread_t thread;
    must(cb_db_open(cb_db_uri(f->db), "maker", &db, &oops));
    must(cb_repo_open(f->root, NULL, db, &maker.repo, &oops));
    must(cb_repo_begin(f->repo, &tx, &oops));
    write_to(f, written_in_order[at]);
    assert_int_equal(pthread_create(&thread, NULL, make_type, &maker), 0);
    for (int tries = 0; tries < 3000 && !somebody_waits_for_a_lock(f->db); tries++)
        usleep(10000);
    assert_true(somebody_waits_for_a_lock(f->db));
    while (++at < sizeof written_in_order / sizeof *written_in_order)
        write_to(f, written_in_order[at]);
    must(cb_tx_commit(&tx, &oops));
    pthread_join(thread, NULL);
    if (!maker.made)
        fail_msg("%s", maker.err.text);
    cb_repo_close(maker.repo);
}

static void a_type_is_made_while_exposures_are_registered(void **state)
{
    make_a_type_while_one_is_at(*state, 0);
}

static void a_type_is_made_while_datasets_are_put(void **state)
{
    make_a_type_while_one_is_at(*state, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_repository(a_type_and_a_collection_registered_twice_are_one),
        with_repository(a_type_is_made_while_exposures_are_registered),
        with_repository(a_type_is_made_while_datasets_are_put),
        with_repository(a_type_is_made_while_the_stock_butler_makes_its_tables),
        with_repository(a_collection_or_type_cannot_change_what_it_is),
        with_repository(a_type_without_dimensions_does_not_close_the_repository_to_the_stock_butler),
        with_repository(odd_names_are_refused),
        with_repository(a_file_lies_where_the_butler_would_put_it),
        with_repository(a_dataset_put_twice_is_refused_or_skipped_and_no_file_stays),
        with_repository(a_rolled_back_put_leaves_neither_rows_nor_files_and_returns_what_it_moved),
        with_repository(many_files_put_at_once_are_whole_and_go_again_with_a_rollback),
        with_repository(a_raw_gets_the_id_the_butler_derives),
        with_repository(a_certified_bias_is_found_inside_its_range_only),
        with_repository(the_first_collection_of_a_chain_wins_also_in_bulk),
        with_repository(what_the_butler_lets_pass_is_refused),
        with_repository(decertifying_the_middle_leaves_both_ends),
        with_repository(a_certified_dataset_cannot_be_removed),
        with_repository(a_chain_is_edited_in_all_ways),
        with_repository(a_chain_that_runs_out_of_positions_is_numbered_anew),
        with_repository(a_cycle_of_chains_is_refused),
        with_repository(flattening_goes_depth_first_and_takes_each_once),
        with_repository(other_manager_versions_are_refused_and_printed),
        with_repository(a_schema_without_tables_and_a_missing_extension_are_named_also_in_a_transaction),
        with_repository(a_repository_is_made_once),
        with_repository(writers_in_each_others_way_both_get_through),
        with_repository(a_transaction_is_tried_again_so_often_and_leaves_nothing),
        with_repository(a_label_of_the_index_opens_with_a_connection_of_its_own_or_a_shared_one),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
