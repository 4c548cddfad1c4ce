/* Which calibration holds, and which are stale. */
#include "domain/validity.h"

#include "domain/precursor.h"
#include "support/spec.h"

static const struct cb_validity_row rows[] = {
    { 0, { 100, CB_TIMESPAN_MAX_NS }, { { 1 } } },
    { 1, { 50, CB_TIMESPAN_MAX_NS }, { { 2 } } },
    { 1, { 0, 50 }, { { 3 } } },
    { 2, { 0, CB_TIMESPAN_MAX_NS }, { { 4 } } },
    { 2, { 20, 30 }, { { 5 } } },
};
#define N (sizeof rows / sizeof rows[0])

static int found(int64_t begin, int64_t end)
{
    size_t index = 0;
    return cb_validity_find(rows, N, (struct cb_timespan){ begin, end }, &index, NULL) ? (int)index : -1;
}

static void the_first_collection_with_a_match_wins(void **state)
{
    (void)state;
    assert_int_equal(found(100, 101), 0);
    assert_int_equal(found(99, 100), 1);
    assert_int_equal(found(49, 50), 2);
    assert_int_equal(found(50, 51), 1);
}

static void two_matches_of_one_collection_are_a_conflict(void **state)
{
    (void)state;
    size_t index = 9;
    struct cb_error err = { 0 };
    assert_false(cb_validity_find(rows, N, (struct cb_timespan){ 49, 51 }, &index, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_false(cb_validity_find(rows + 3, 2, (struct cb_timespan){ 25, 26 }, &index, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_false(cb_validity_find(rows, 1, (struct cb_timespan){ 25, 26 }, &index, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    assert_int_equal(index, 9);
}

static void every_row_is_explained(void **state)
{
    (void)state;
    enum cb_validity_verdict verdicts[N];
    cb_validity_explain(rows, N, (struct cb_timespan){ 99, 100 }, verdicts);
    assert_int_equal(verdicts[0], CB_VALIDITY_OUTSIDE);
    assert_int_equal(verdicts[1], CB_VALIDITY_APPLIES);
    assert_int_equal(verdicts[2], CB_VALIDITY_OUTSIDE);
    assert_int_equal(verdicts[3], CB_VALIDITY_SHADOWED);
    cb_validity_explain(rows, N, (struct cb_timespan){ 49, 51 }, verdicts);
    assert_int_equal(verdicts[1], CB_VALIDITY_AMBIGUOUS);
}

static void adjacent_ranges_do_not_conflict(void **state)
{
    (void)state;
    assert_int_equal(cb_validity_conflict(rows, N, 0, (struct cb_timespan){ 50, 100 }), N);
    assert_int_equal(cb_validity_conflict(rows, N, 0, (struct cb_timespan){ 50, 101 }), 0);
    assert_int_equal(cb_validity_conflict(rows, N, 7, (struct cb_timespan){ 50, 101 }), N);
}

static void a_new_ptc_makes_the_master_frames_stale(void **state)
{
    (void)state;
    uint32_t stale = cb_product_downstream(CB_PRODUCT_PTC);
    assert_int_equal(stale, CB_PRODUCT(CB_PRODUCT_BIAS) | CB_PRODUCT(CB_PRODUCT_DARK) |
                                CB_PRODUCT(CB_PRODUCT_FLAT) | CB_PRODUCT(CB_PRODUCT_ELECTRO_BF) |
                                CB_PRODUCT(CB_PRODUCT_GAIN_CORRECTION));
    assert_int_equal(cb_product_downstream(CB_PRODUCT_GAIN_CORRECTION), 0);
    assert_true(cb_product_downstream(CB_PRODUCT_DEFECTS) & CB_PRODUCT(CB_PRODUCT_CTI));
    assert_false(cb_product_downstream(CB_PRODUCT_DARK) & CB_PRODUCT(CB_PRODUCT_BIAS));
    assert_true(cb_product_downstream(CB_PRODUCT_CROSSTALK) & CB_PRODUCT(CB_PRODUCT_BIAS_BOOTSTRAP));
}

static void an_order_builds_precursors_first(void **state)
{
    (void)state;
    enum cb_product order[CB_PRODUCT_COUNT];
    size_t count = cb_product_order((1U << CB_PRODUCT_COUNT) - 1, order);
    uint32_t built = 0;
    assert_int_equal(count, CB_PRODUCT_COUNT);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(cb_product_precursors(order[i]) & ~built, 0);
        built |= CB_PRODUCT(order[i]);
    }
    enum cb_product product;
    assert_true(cb_product_find("flat", &product, NULL));
    assert_int_equal(product, CB_PRODUCT_FLAT);
    assert_false(cb_product_find("raw", &product, NULL));
}

int main(void)
{
    const struct CMUnitTest validity[] = {
        cmocka_unit_test(the_first_collection_with_a_match_wins),
        cmocka_unit_test(two_matches_of_one_collection_are_a_conflict),
        cmocka_unit_test(every_row_is_explained),
        cmocka_unit_test(adjacent_ranges_do_not_conflict),
        cmocka_unit_test(a_new_ptc_makes_the_master_frames_stale),
        cmocka_unit_test(an_order_builds_precursors_first),
    };
    return cmocka_run_group_tests_name("validity and precursors", validity, NULL, NULL);
}
