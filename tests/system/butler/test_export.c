/* Export and import: a round trip, twice, and what an import refuses. */
#include "fixture.h"

#include "butler/export.h"
#include "butler/import.h"

struct pair {
    struct fixture *from, *to;
};

static int make_pair(void **state)
{
    struct pair *pair = cb_xalloc(sizeof *pair);
    make_repository((void **)&pair->from);
    make_repository((void **)&pair->to);
    char ids[9][CB_UUID_TEXT_SIZE];
    const char *list[9];
    struct fixture *f = pair->from;
    put_biases(f, BIAS_RUN, 9, ids);
    for (size_t i = 0; i < 9; i++)
        list[i] = ids[i];
    must(cb_collection_register(f->repo, BIAS_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, BIAS_CALIB, list, 9, days(0, 10), &oops));
    must(cb_certify(f->repo, BIAS_CALIB, list + 4, 1,
                    cb_timespan_of(days(20, 21).begin_ns, CB_TIMESPAN_MAX_NS), &oops));
    must(cb_collection_register(f->repo, "LSSTComCam/calib/DM-1", CB_COLLECTION_CHAINED, "it's: a # ticket",
                                NULL, &oops));
    must(cb_chain_change(f->repo, "LSSTComCam/calib/DM-1", CB_CHAIN_REDEFINE, (const char *[]){ BIAS_CALIB },
                         1, &oops));
    *state = pair;
    return 0;
}

static int drop_pair(void **state)
{
    struct pair *pair = *state;
    drop_repository((void **)&pair->from);
    drop_repository((void **)&pair->to);
    free(pair);
    return 0;
}

static void export_to(struct pair *pair, const char *folder, enum cb_transfer transfer)
{
    const char *ticket[] = { "LSSTComCam/calib/DM-1" };
    const struct cb_export wanted = {
        .folder = folder, .collections = ticket, .n_collections = 1, .transfer = transfer
    };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    must(cb_export_calibs(pair->from->repo, &wanted, &list, &oops));
    assert_int_equal(list.count, 9);
}

static void expect_imported(struct pair *pair)
{
    static const char *const chain[] = { "LSSTComCam/calib/DM-1" };
    const struct {
        int detector;
        struct cb_timespan at;
        size_t found;
    } cases[] = {
        { 4, days(9, 10), 1 }, { 4, days(10, 11), 0 }, { 4, days(3000, 3001), 1 }, { 5, days(21, 22), 0 }
    };
    for (size_t i = 0; i < 4; i++) {
        struct cb_data_id id = detector_id(cases[i].detector);
        cb_auto_datasets struct cb_dataset_list mine = { 0 }, theirs = { 0 };
        must(cb_dataset_find(pair->to->repo, "bias", &id, chain, 1, &cases[i].at, &mine, &oops));
        must(cb_dataset_find(pair->from->repo, "bias", &id, chain, 1, &cases[i].at, &theirs, &oops));
        assert_int_equal(mine.count, cases[i].found);
        if (mine.count == 0)
            continue;
        cb_auto(cb_free) char *path = NULL;
        assert_string_equal(mine.item[0].id, theirs.item[0].id);
        assert_true(cb_timespan_equal(mine.item[0].validity, theirs.item[0].validity));
        must(cb_dataset_file(pair->to->repo, &mine.item[0], &path, &oops));
        assert_int_equal(access(path, R_OK), 0);
    }
    cb_auto_collection struct cb_collection ticket = { 0 };
    must(cb_collection_find(pair->to->repo, chain[0], &ticket, &oops));
    assert_string_equal(ticket.doc, "it's: a # ticket");
}

static void round_trip(struct pair *pair, enum cb_transfer out, enum cb_transfer in)
{
    char folder[96];
    snprintf(folder, sizeof folder, "%s/export", pair->from->root);
    export_to(pair, folder, out);
    const struct cb_import wanted = { .folder = folder, .transfer = in };
    struct cb_import_counts counts = { 0 };
    must(cb_import(pair->to->repo, &wanted, &counts, &oops));
    assert_int_equal(counts.datasets, 9);
    assert_int_equal(counts.certified, 10);
    expect_imported(pair);
    must(cb_import(pair->to->repo, &wanted, &counts,
                   &oops)); /* nothing is lost by a second one, and nothing changes */
    assert_int_equal(counts.datasets, 0);
    assert_int_equal(counts.skipped, 9);
    assert_int_equal(counts.certified, 0);
    expect_imported(pair);
}

static void copies_survive_a_second_import(void **state)
{
    round_trip(*state, CB_TRANSFER_COPY, CB_TRANSFER_COPY);
}

static void links_survive_a_second_import(void **state)
{
    round_trip(*state, CB_TRANSFER_AUTO, CB_TRANSFER_AUTO);
}

static void files_imported_directly_stay_where_they_are(void **state)
{
    struct pair *pair = *state;
    round_trip(pair, CB_TRANSFER_COPY, CB_TRANSFER_DIRECT);
    struct cb_data_id id = detector_id(0);
    struct cb_timespan at = days(1, 2);
    const char *collections[] = { BIAS_CALIB };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    must(cb_dataset_find(pair->to->repo, "bias", &id, collections, 1, &at, &list, &oops));
    assert_memory_equal(list.item[0].path, "file:///", 8);
}

static void an_import_without_its_files_leaves_no_trace(void **state)
{
    struct pair *pair = *state;
    char folder[96], gone[300];
    struct cb_error err = { 0 };
    snprintf(folder, sizeof folder, "%s/export", pair->from->root);
    export_to(pair, folder, CB_TRANSFER_COPY);
    snprintf(gone, sizeof gone,
             "%s/" BIAS_RUN "/bias/bias_LSSTComCam_R22_S11_LSSTComCam_calib_DM-1_demo_biasGen_20241210a.fits",
             folder);
    assert_int_equal(unlink(gone), 0);
    const struct cb_import wanted = { .folder = folder, .transfer = CB_TRANSFER_COPY };
    assert_false(cb_import(pair->to->repo, &wanted, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    cb_auto_collections struct cb_collection_list left = { 0 };
    must(cb_collection_query(pair->to->repo, NULL, 0, 0, &left, &oops));
    assert_int_equal(left.count, 0);
    char first[400];
    snprintf(first, sizeof first,
             "%s/" BIAS_RUN "/bias/bias_LSSTComCam_R22_S00_LSSTComCam_calib_DM-1_demo_biasGen_20241210a.fits",
             pair->to->root);
    assert_int_not_equal(access(first, F_OK), 0);
}

static void another_dataset_in_the_same_place_is_refused(void **state)
{
    struct pair *pair = *state;
    char folder[96], ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    snprintf(folder, sizeof folder, "%s/export", pair->from->root);
    export_to(pair, folder, CB_TRANSFER_COPY);
    put_biases(pair->to, BIAS_RUN, 1, ids);
    const struct cb_import wanted = { .folder = folder, .transfer = CB_TRANSFER_COPY };
    assert_false(cb_import(pair->to->repo, &wanted, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    const char *one[] = { ids[0] };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    cb_auto(cb_free) char *path = NULL;
    must(cb_dataset_get(pair->to->repo, one, 1, &list, &oops));
    must(cb_dataset_file(pair->to->repo, &list.item[0], &path, &oops));
    assert_int_equal(access(path, R_OK), 0);
}

static void a_file_of_another_version_or_shape_is_refused_with_its_place(void **state)
{
    struct pair *pair = *state;
    char path[96];
    snprintf(path, sizeof path, "%s/export.yaml", pair->to->root);
    const struct {
        const char *text, *words;
    } cases[] = {
        { "version: 2.0.0\ndata: []\n", "export.yaml:1:10: the export has version 2.0.0" },
        { "version: 1.0.2\nuniverse_version: 9\ndata: []\n", "universe daf_butler 9" },
        { "version: 1.0.2\ndata:\n- type: nonsense\n",
          "export.yaml:3:3: a section has the unknown type \"nonsense\"" },
        { "version: 1.0.2\ndata:\n- type: collection\n  collection_type: RUN\n", "name is missing" },
        { "- 1\n", "no export of a butler" },
        { "version: 1.0.2\ndata: [\n", "export.yaml:" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cb_error err = { 0 };
        write_file(path, cases[i].text);
        const struct cb_import wanted = { .folder = pair->to->root, .transfer = CB_TRANSFER_COPY };
        assert_false(cb_import(pair->to->repo, &wanted, NULL, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        if (strstr(err.text, cases[i].words) == NULL)
            print_error("%s\n", err.text);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

#define with_pair(test) cmocka_unit_test_setup_teardown(test, make_pair, drop_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pair(copies_survive_a_second_import),
        with_pair(links_survive_a_second_import),
        with_pair(files_imported_directly_stay_where_they_are),
        with_pair(an_import_without_its_files_leaves_no_trace),
        with_pair(another_dataset_in_the_same_place_is_refused),
        with_pair(a_file_of_another_version_or_shape_is_refused_with_its_place),
    };
    return cmocka_run_group_tests_name("export and import", tests, NULL, NULL);
}
