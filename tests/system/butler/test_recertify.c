/* Changing ranges of what is certified, and telling why a calibration applies. */
#include "fixture.h"

#include "butler/explain.h"
#include "butler/query.h"
#include "butler/recertify.h"

#define OTHER_RUN "LSSTComCam/calib/DM-1/demo/biasGen.20241211a"
#define OTHER_CALIB "LSSTComCam/calib/DM-1/demo/bias.20241211a"
#define THIRD_RUN "LSSTComCam/calib/DM-2/demo/biasGen.20241212a"
#define THIRD_CALIB "LSSTComCam/calib/DM-2/demo/bias.20241212a"
#define LOOSE_RUN "u/someone/biases"

static void certify_into(struct fixture *f, const char *run, const char *calib, int n,
                         struct cb_timespan validity, char (*ids)[CB_UUID_TEXT_SIZE])
{
    const char *texts[9];
    put_biases(f, run, n, ids);
    for (int i = 0; i < n; i++)
        texts[i] = ids[i];
    must(cb_collection_register(f->repo, calib, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, calib, texts, (size_t)n, validity, &oops));
}

static size_t found_at(struct fixture *f, const char *collection, int detector, int day)
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    const struct cb_data_id id = detector_id(detector);
    const struct cb_timespan when = days(day, day);
    must(cb_dataset_find(f->repo, "bias", &id, &collection, 1, &when, &found, &oops));
    return found.count;
}

static int64_t day_ns(int day)
{
    return days(day, day + 1).begin_ns;
}

static void a_range_is_changed_in_one_step(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    certify_into(f, BIAS_RUN, BIAS_CALIB, 3, days(10, 20), ids);
    const int64_t begin = day_ns(15), open = CB_TIMESPAN_MAX_NS;
    struct cb_recertification wanted = {
        .collection = BIAS_CALIB, .type = "bias", .begin_ns = &begin, .end_ns = &open
    };
    cb_data_id_set_number(&wanted.only, CB_DETECTOR, 1);
    cb_auto_range_changes struct cb_range_changes one = { 0 }, all = { 0 }, none = { 0 };
    must(cb_recertify(f->repo, &wanted, &one, &oops));
    assert_int_equal(one.count, 1);
    assert_string_equal(one.item[0].dataset_id, ids[1]);
    assert_true(cb_timespan_equal(one.item[0].old_range, days(10, 20)));
    assert_int_equal(one.item[0].new_range.begin_ns, begin);
    assert_false(cb_timespan_has_end(one.item[0].new_range));
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 12), 0);
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 400), 1);
    assert_int_equal(found_at(f, BIAS_CALIB, 0, 12), 1);

    wanted.only = (struct cb_data_id){ 0 };
    must(cb_recertify(f->repo, &wanted, &all, &oops)); /* detector 1 is so already */
    assert_int_equal(all.count, 2);
    must(cb_recertify(f->repo, &wanted, &none, &oops));
    assert_int_equal(none.count, 0);
    assert_int_equal(found_at(f, BIAS_CALIB, 0, 12), 0);
    wanted.begin_ns = NULL; /* as it is */
    const int64_t end = day_ns(30);
    wanted.end_ns = &end;
    cb_auto_range_changes struct cb_range_changes ended = { 0 };
    must(cb_recertify(f->repo, &wanted, &ended, &oops));
    assert_int_equal(ended.count, 3);
    assert_true(cb_timespan_equal(ended.item[0].new_range, days(15, 30)));
}

static void refused(struct fixture *f, const struct cb_recertification *wanted, enum cb_err_kind kind,
                    const char *text)
{
    struct cb_error err = { 0 };
    cb_auto_range_changes struct cb_range_changes changes = { 0 };
    assert_false(cb_recertify(f->repo, wanted, &changes, &err));
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    assert_int_equal(changes.count, 0);
}

static void a_refused_change_leaves_every_range_as_it_was(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    certify_into(f, BIAS_RUN, BIAS_CALIB, 2, days(10, 20), ids);
    const char *second = ids[1];
    must(cb_certify(f->repo, BIAS_CALIB, &second, 1, days(30, 40), &oops));
    const int64_t day5 = day_ns(5), day12 = day_ns(12), day35 = day_ns(35), day50 = day_ns(50);
    struct cb_recertification wanted = { .collection = BIAS_CALIB, .type = "bias", .end_ns = &day50 };
    refused(f, &wanted, CB_ERR_INVALID, "several ranges");
    wanted.at_ns = &day12; /* [10, 50) of detector 1 would meet [30, 40); detector 0 alone would do */
    refused(f, &wanted, CB_ERR_CONFLICT, "meets another certification");
    wanted.end_ns = &day5;
    refused(f, &wanted, CB_ERR_INVALID, "not after its begin");
    wanted.end_ns = NULL;
    refused(f, &wanted, CB_ERR_INVALID, "neither begin nor end");
    wanted.end_ns = &day50;
    wanted.at_ns = &day5;
    refused(f, &wanted, CB_ERR_NOT_FOUND, "no bias is certified in ");
    refused(f, &wanted, CB_ERR_NOT_FOUND, ":00 TAI");
    wanted.at_ns = &day12;
    must(cb_data_id_set(&wanted.only, CB_PHYSICAL_FILTER, "r_03", &oops));
    refused(f, &wanted, CB_ERR_INVALID, "have no physical_filter");
    wanted.only = (struct cb_data_id){ 0 };
    wanted.collection = BIAS_RUN;
    refused(f, &wanted, CB_ERR_INVALID, "must be CALIBRATION");
    wanted.collection = "nowhere";
    refused(f, &wanted, CB_ERR_NOT_FOUND, "nowhere");
    assert_int_equal(found_at(f, BIAS_CALIB, 0, 25), 0);
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 15), 1);
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 25), 0);

    cb_auto_range_changes struct cb_range_changes changes = { 0 };
    wanted = (struct cb_recertification){
        .collection = BIAS_CALIB, .type = "bias", .at_ns = &day35, .end_ns = &day50
    };
    must(cb_recertify(f->repo, &wanted, &changes, &oops));
    assert_int_equal(changes.count, 1);
    assert_true(cb_timespan_equal(changes.item[0].new_range, days(30, 50)));
}

/* The reason told of the dataset in that collection. */
static enum cb_why why_of(const struct cb_explanation *it, const char *dataset, const char *collection,
                          struct cb_timespan validity)
{
    for (size_t i = 0; i < it->count; i++) {
        const struct cb_dataset *one = it->item[i].dataset;
        if (strcmp(one->id, dataset) == 0 && strcmp(one->collection, collection) == 0 &&
            cb_timespan_equal(one->validity, validity))
            return it->item[i].why;
    }
    fail_msg("%s in %s is not told of", dataset, collection);
    return CB_WHY_APPLIES;
}

static void every_calibration_is_told_why_it_applies_or_not(void **state)
{
    struct fixture *f = *state;
    char first[9][CB_UUID_TEXT_SIZE], second[9][CB_UUID_TEXT_SIZE], third[9][CB_UUID_TEXT_SIZE],
        loose[9][CB_UUID_TEXT_SIZE];
    const char *const chain = "LSSTComCam/calib";
    const char *const children[] = { OTHER_CALIB, BIAS_CALIB };
    certify_into(f, BIAS_RUN, BIAS_CALIB, 2, days(10, 20), first);
    const char *again = first[1];
    must(cb_certify(f->repo, BIAS_CALIB, &again, 1, days(1, 5), &oops));
    must(cb_certify(f->repo, BIAS_CALIB, &again, 1, days(30, 40), &oops));
    certify_into(f, OTHER_RUN, OTHER_CALIB, 2, days(12, 100), second);
    certify_into(f, THIRD_RUN, THIRD_CALIB, 2, days(0, 100), third);
    put_biases(f, LOOSE_RUN, 2, loose);
    must(cb_collection_register(f->repo, chain, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_chain_change(f->repo, chain, CB_CHAIN_REDEFINE, children, 2, &oops));

    cb_auto_explanation struct cb_explanation it = { 0 };
    const struct cb_data_id id = detector_id(1);
    must(cb_explain(f->repo, "bias", &id, &chain, 1, days(15, 15), &it, &oops));
    assert_int_equal(it.count, 10);
    assert_string_equal(it.first, OTHER_CALIB);
    assert_string_equal(it.item[0].dataset->id, second[1]);
    assert_int_equal(it.item[0].why, CB_WHY_APPLIES);
    assert_int_equal(it.item[1].why, CB_WHY_SHADOWED);
    const struct cb_timespan always = CB_TIMESPAN_ALWAYS;
    assert_int_equal(why_of(&it, first[1], BIAS_CALIB, days(10, 20)), CB_WHY_SHADOWED);
    assert_int_equal(why_of(&it, first[1], BIAS_CALIB, days(1, 5)), CB_WHY_ENDED);
    assert_int_equal(why_of(&it, first[1], BIAS_CALIB, days(30, 40)), CB_WHY_BEGINS_LATER);
    assert_int_equal(why_of(&it, second[0], OTHER_CALIB, days(12, 100)), CB_WHY_OTHER_DATA_ID);
    assert_int_equal(why_of(&it, third[1], THIRD_CALIB, days(0, 100)), CB_WHY_NOT_SEARCHED);
    assert_int_equal(why_of(&it, loose[1], LOOSE_RUN, always), CB_WHY_NOT_CERTIFIED);
    assert_int_equal(why_of(&it, loose[0], LOOSE_RUN, always), CB_WHY_OTHER_DATA_ID);

    /* the look-up itself says the same, with a RUN behind, which holds at any time, too */
    const char *const path[] = { chain, LOOSE_RUN };
    for (int day = 0; day < 110; day += 3) {
        cb_auto_datasets struct cb_dataset_list found = { 0 };
        cb_auto_explanation struct cb_explanation told = { 0 };
        const struct cb_timespan when = days(day, day);
        must(cb_dataset_find(f->repo, "bias", &id, path, 2, &when, &found, &oops));
        must(cb_explain(f->repo, "bias", &id, path, 2, when, &told, &oops));
        assert_int_equal(found.count, 1);
        assert_int_equal(told.item[0].why, CB_WHY_APPLIES);
        assert_string_equal(told.item[0].dataset->id, found.item[0].id);
        assert_string_equal(told.first, found.item[0].collection);
    }
}

static void what_cannot_be_explained_is_refused(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    const char *const path[] = { BIAS_CALIB };
    struct cb_error err = { 0 };
    struct cb_data_id id = detector_id(1);
    cb_auto_explanation struct cb_explanation it = { 0 };
    certify_into(f, BIAS_RUN, BIAS_CALIB, 2, days(10, 20), ids);
    assert_false(cb_explain(f->repo, "dark", &id, path, 1, days(15, 15), &it, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    must(cb_data_id_set(&id, CB_PHYSICAL_FILTER, "r_03", &oops));
    assert_false(cb_explain(f->repo, "bias", &id, path, 1, days(15, 15), &it, &err));
    assert_non_null(strstr(err.text, "have no physical_filter"));
    id = (struct cb_data_id){ 0 };
    must(cb_data_id_set(&id, CB_INSTRUMENT, "LSSTComCam", &oops));
    assert_false(cb_explain(f->repo, "bias", &id, path, 1, days(15, 15), &it, &err));
    assert_non_null(strstr(err.text, "have a detector"));
}

static void two_ranges_that_hold_are_ambiguous(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    certify_into(f, BIAS_RUN, BIAS_CALIB, 2, days(10, 20), ids);
    const char *one = ids[1];
    must(cb_certify(f->repo, BIAS_CALIB, &one, 1, days(20, 30), &oops));
    cb_auto_explanation struct cb_explanation it = { 0 };
    const char *const path[] = { BIAS_CALIB };
    const struct cb_data_id id = detector_id(1);
    must(cb_explain(f->repo, "bias", &id, path, 1, days(19, 21), &it, &oops)); /* an exposure over the seam */
    assert_int_equal(it.item[0].why, CB_WHY_AMBIGUOUS);
    assert_int_equal(it.item[1].why, CB_WHY_AMBIGUOUS);
    assert_int_equal(it.item[2].why, CB_WHY_OTHER_DATA_ID);
}

static size_t count_of(struct fixture *f, const char *collection)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    const struct cb_query query = { .collections = &collection, .n_collections = 1 };
    must(cb_query_datasets(f->repo, "bias", CB_SEARCH_CERTIFICATIONS, &query, &list, &oops));
    return list.count;
}

static void neighbours_move_with_a_range(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    certify_into(f, BIAS_RUN, BIAS_CALIB, 2, days(10, 20), ids);
    const char *second = ids[1];
    must(cb_certify(f->repo, BIAS_CALIB, &second, 1, days(5, 10), &oops));  /* adjoins */
    must(cb_certify(f->repo, BIAS_CALIB, &second, 1, days(25, 30), &oops)); /* is in the way */
    const int64_t day12 = day_ns(12), day15 = day_ns(15), day27 = day_ns(27), day40 = day_ns(40);
    struct cb_recertification wanted = { .collection = BIAS_CALIB,
                                         .type = "bias",
                                         .at_ns = &day15,
                                         .begin_ns = &day12,
                                         .end_ns = &day27,
                                         .move_neighbours = true };
    cb_auto_range_changes struct cb_range_changes changes = { 0 };
    must(cb_recertify(f->repo, &wanted, &changes, &oops));
    assert_int_equal(changes.count, 4); /* both detectors, and two neighbours of one */
    assert_true(cb_timespan_equal(changes.item[2].old_range, days(5, 10)));
    assert_true(cb_timespan_equal(changes.item[2].new_range, days(5, 12)));
    assert_true(cb_timespan_equal(changes.item[3].new_range, days(27, 30)));
    for (int day = 5; day < 30; day++)
        assert_int_equal(found_at(f, BIAS_CALIB, 1, day), 1);
    wanted.end_ns = &day40;
    refused(f, &wanted, CB_ERR_CONFLICT, "nothing would remain of the one for");
    assert_int_equal(found_at(f, BIAS_CALIB, 0, 30), 0);
}

static void what_is_taken_out_is_told(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    cb_auto_range_changes struct cb_range_changes some = { 0 }, all = { 0 }, none = { 0 };
    certify_into(f, BIAS_RUN, BIAS_CALIB, 2, days(10, 20), ids);
    const struct cb_data_id one = detector_id(1);
    must(cb_withdraw(f->repo, BIAS_CALIB, "bias", days(12, 14), &one, 1, &some, &oops));
    assert_int_equal(some.count, 1);
    assert_string_equal(some.item[0].dataset_id, ids[1]);
    assert_true(cb_timespan_equal(some.item[0].old_range, days(10, 20)));
    assert_true(cb_timespan_equal(some.item[0].new_range, days(10, 12)));
    assert_true(cb_timespan_equal(some.item[0].rest, days(14, 20)));
    must(cb_withdraw(f->repo, BIAS_CALIB, "bias", days(0, 100), NULL, 0, &all, &oops));
    assert_int_equal(all.count, 3);
    for (size_t i = 0; i < all.count; i++)
        assert_true(cb_timespan_is_empty(all.item[i].new_range) && cb_timespan_is_empty(all.item[i].rest));
    assert_false(cb_withdraw(f->repo, BIAS_CALIB, "bias", days(0, 100), NULL, 0, &none, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

/* Here the other repository is another collection of this one. */
static bool load_other(void *context, struct cb_dataset_list *ret_wanted, struct cb_error *err)
{
    struct fixture *f = context;
    const char *const collections[] = { OTHER_CALIB };
    const struct cb_query query = { .collections = collections, .n_collections = 1 };
    return cb_query_datasets(f->repo, "bias", CB_SEARCH_CERTIFICATIONS, &query, ret_wanted, err);
}

static void ranges_follow_those_of_another_repository(void **state)
{
    struct fixture *f = *state;
    char ids[9][CB_UUID_TEXT_SIZE], own[9][CB_UUID_TEXT_SIZE];
    size_t changed = 99;
    struct cb_error err = { 0 };
    certify_into(f, BIAS_RUN, BIAS_CALIB, 3, days(10, 20), ids);
    certify_into(f, OTHER_RUN, BIAS_CALIB, 2, days(50, 60), own); /* what others put here */
    const char *all[] = { ids[0], ids[1], ids[2] };
    must(cb_collection_register(f->repo, OTHER_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, OTHER_CALIB, all, 1, days(10, 20), &oops));     /* as it was */
    must(cb_certify(f->repo, OTHER_CALIB, all + 1, 1, days(10, 12), &oops)); /* in two; the third is gone */
    must(cb_certify(f->repo, OTHER_CALIB, all + 1, 1, days(14, 20), &oops));
    const struct cb_followed_ranges followed = {
        .collection = BIAS_CALIB, .type = "bias", .ids = all, .n_ids = 3, .load = load_other, .context = f
    };
    must(cb_follow_ranges(f->repo, &followed, &changed, &oops));
    assert_int_equal(changed, 4); /* two went, two came */
    assert_int_equal(count_of(f, BIAS_CALIB), 5);
    assert_int_equal(found_at(f, BIAS_CALIB, 0, 15), 1);
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 13), 0);
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 15), 1);
    assert_int_equal(found_at(f, BIAS_CALIB, 2, 15), 0);
    assert_int_equal(found_at(f, BIAS_CALIB, 1, 55), 1);
    must(cb_follow_ranges(f->repo, &followed, &changed, &oops));
    assert_int_equal(changed, 0);

    must(cb_certify(f->repo, OTHER_CALIB, all, 1, days(55, 58), &oops));
    assert_false(cb_follow_ranges(f->repo, &followed, &changed, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, "cannot become those of the source"));
    assert_int_equal(count_of(f, BIAS_CALIB), 5);
}

#define on_a_repository(test) cmocka_unit_test_setup_teardown(test, make_repository, drop_repository)

int main(void)
{
    const struct CMUnitTest recertify[] = {
        on_a_repository(a_range_is_changed_in_one_step),
        on_a_repository(a_refused_change_leaves_every_range_as_it_was),
        on_a_repository(neighbours_move_with_a_range),
        on_a_repository(what_is_taken_out_is_told),
        on_a_repository(ranges_follow_those_of_another_repository),
        on_a_repository(every_calibration_is_told_why_it_applies_or_not),
        on_a_repository(what_cannot_be_explained_is_refused),
        on_a_repository(two_ranges_that_hold_are_ambiguous),
    };
    return cmocka_run_group_tests_name("recertify", recertify, NULL, NULL);
}
