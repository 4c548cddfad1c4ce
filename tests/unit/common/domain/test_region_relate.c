/* Whether regions overlap, and where they are read from. Expected answers: printed by sphgeom 30.2026.4000.
 */
#include "domain/region.h"

#include "support/spec.h"

#include <stdlib.h>
#include <string.h>

static enum cb_overlap overlap_of(const char *one, const char *other,
                                  bool (*read)(const char *, struct cb_region *, struct cb_error *))
{
    cb_auto_region a = { 0 }, b = { 0 };
    assert_true(read(one, &a, NULL));
    assert_true(read(other, &b, NULL));
    enum cb_overlap overlap = cb_region_overlaps(&a, &b);
    assert_int_equal(cb_region_overlaps(&b, &a), overlap);
    return overlap;
}

static bool read_text(const char *text, struct cb_region *ret_region, struct cb_error *err)
{
    return cb_region_decode_text(text, strlen(text), ret_region, err);
}

static void regions_overlap_as_sphgeom_says(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        enum cb_overlap expected;
    } cases[] = {
        { "CIRCLE 10 10 1", "CIRCLE 12 10 1", CB_OVERLAP_YES },
        { "CIRCLE 10 0 1", "CIRCLE 12 0 0.999999", CB_OVERLAP_YES },
        { "CIRCLE 10 0 1", "CIRCLE 12 0 0.9999999999", CB_OVERLAP_YES },
        { "CIRCLE 0 90 1", "CIRCLE 180 89.5 0.1", CB_OVERLAP_YES },
        { "CIRCLE 0 0 180", "CIRCLE 180 0 0", CB_OVERLAP_YES },
        { "CIRCLE 0 0 179.9", "CIRCLE 180 0 0.05", CB_OVERLAP_NO },
        { "CIRCLE 0 0 0", "CIRCLE 0 0 0", CB_OVERLAP_YES },
        { "CIRCLE 0 0 -1", "CIRCLE 0 0 180", CB_OVERLAP_NO },
        { "CIRCLE 359.9 0 0.2", "RANGE 0 1 -1 1", CB_OVERLAP_YES },
        { "CIRCLE 0 90 1", "RANGE 10 20 89 89.5", CB_OVERLAP_YES },
        { "CIRCLE 0 90 1", "RANGE 10 20 88 88.9", CB_OVERLAP_NO },
        { "RANGE 0 360 -90 90", "CIRCLE 77 7 0", CB_OVERLAP_YES },
        { "CIRCLE 0 0 170", "RANGE 179 181 -1 1", CB_OVERLAP_NO },
        { "CIRCLE 0 45 44", "RANGE 0 360 -90 1", CB_OVERLAP_YES },
        { "CIRCLE 0 45 44", "RANGE 0 360 -90 0.9", CB_OVERLAP_NO },
        { "RANGE 350 10 -5 5", "RANGE 5 6 0 1", CB_OVERLAP_YES },
        { "RANGE 350 10 -5 5", "RANGE 11 12 0 1", CB_OVERLAP_NO },
        { "RANGE 350 10 -5 5", "RANGE 10 20 5 6", CB_OVERLAP_YES },
        { "RANGE 0 1 0 1", "RANGE 0 1 2 1", CB_OVERLAP_NO },
        { "RANGE 300 200 0 1", "RANGE 250 350 0 1", CB_OVERLAP_YES },
        { "POLYGON 0 0 1 0 1 1 0 1", "POLYGON 1 1 2 1 2 2 1 2", CB_OVERLAP_YES },
        { "POLYGON 0 0 1 0 1 1 0 1", "POLYGON 1.0000001 1 2 1 2 2", CB_OVERLAP_NO },
        { "POLYGON 0 0 10 0 10 10 0 10", "POLYGON 2 -1 3 -1 3 11 2 11", CB_OVERLAP_YES },
        { "POLYGON 0 80 90 80 180 80 270 80", "CIRCLE 123 90 0", CB_OVERLAP_YES },
        { "POLYGON 0 80 90 80 180 80 270 80", "CIRCLE 45 79 0", CB_OVERLAP_NO },
        { "POLYGON 0 0 10 0 5 10", "POLYGON 4 3 6 3 5 4", CB_OVERLAP_YES },
        { "POLYGON 0 0 10 0 5 10", "CIRCLE 5 3 1", CB_OVERLAP_YES },
        { "POLYGON 0 0 10 0 5 10", "CIRCLE 5 -1 1", CB_OVERLAP_YES },
        { "POLYGON 0 0 10 0 5 10", "CIRCLE 5 -1.001 1", CB_OVERLAP_NO },
        { "POLYGON 0 0 10 0 5 10", "CIRCLE 185 -3 179", CB_OVERLAP_YES },
        { "POLYGON 0 0 1 0 1 1 0 1", "RANGE 0.5 0.6 0.5 0.6", CB_OVERLAP_UNKNOWN },
        { "POLYGON 0 0 1 0 1 1 0 1", "RANGE 359 2 -1 2", CB_OVERLAP_UNKNOWN },
        { "POLYGON 0 0 1 0 1 1 0 1", "RANGE 2 3 0 1", CB_OVERLAP_UNKNOWN },
        { "POLYGON 0 80 90 80 180 80 270 80", "RANGE 300 310 85 86", CB_OVERLAP_UNKNOWN },
        { "POLYGON 0 60 60 60 30 60.1", "RANGE 20 40 63 64", CB_OVERLAP_UNKNOWN },
        { "POLYGON 0 60 60 60 30 60.1", "RANGE 20 40 65 66", CB_OVERLAP_NO },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(overlap_of(cases[i].one, cases[i].other, cb_region_pos), cases[i].expected);
}

/* An ellipse is known by the circle about it, a union and an intersection by their operands. */
static void what_is_only_estimated_is_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        enum cb_overlap expected;
    } cases[] = {
        { "ZfULinSo48W/Ri7d2pvgnr8YHIGMi4PvP4pzC34aOsa/GByBjIuD7z8BAAAAAABQPI0WKSH7CO8/"
          "9AuKdKjjxT+Jcwt+GjrGP7lNqASES/i/o+K6OX7a+L+szgvvvkapP1hMvF/FFDNASZp0dh2lTEA=",
          "Y40WKSH7CO8/9AuKdKjjxT+Jcwt+GjrGP+CP34ybjck+9WG3A3GYXD8=", CB_OVERLAP_UNKNOWN },
        { "ZfULinSo48W/Ri7d2pvgnr8YHIGMi4PvP4pzC34aOsa/GByBjIuD7z8BAAAAAABQPI0WKSH7CO8/"
          "9AuKdKjjxT+Jcwt+GjrGP7lNqASES/i/o+K6OX7a+L+szgvvvkapP1hMvF/FFDNASZp0dh2lTEA=",
          "Y40WKSH7CO8/9AuKdKjjxT+Jcwt+GjrGP4wJAI+O9HM/OZ1SokbfsT8=", CB_OVERLAP_YES },
        { "ZfULinSo48W/Ri7d2pvgnr8YHIGMi4PvP4pzC34aOsa/GByBjIuD7z8BAAAAAABQPI0WKSH7CO8/"
          "9AuKdKjjxT+Jcwt+GjrGP7lNqASES/i/o+K6OX7a+L+szgvvvkapP1hMvF/FFDNASZp0dh2lTEA=",
          "Y8Y/OJDnk+4/hoarRRWRxT8dueTyS/fOP23ezumGKzA/GicXkr8VkD8=", CB_OVERLAP_NO },
        { "ZfULinSo48W/Ri7d2pvgnr8YHIGMi4PvP4pzC34aOsa/GByBjIuD7z8BAAAAAABQPI0WKSH7CO8/"
          "9AuKdKjjxT+Jcwt+GjrGP7lNqASES/i/o+K6OX7a+L+szgvvvkapP1hMvF/FFDNASZp0dh2lTEA=",
          "ZfULinSo48W/Ri7d2pvgnr8YHIGMi4PvP4pzC34aOsa/GByBjIuD7z8BAAAAAABQPI0WKSH7CO8/"
          "9AuKdKjjxT+Jcwt+GjrGP7lNqASES/i/o+K6OX7a+L+szgvvvkapP1hMvF/FFDNASZp0dh2lTEA=",
          CB_OVERLAP_UNKNOWN },
        { "dSkAAAAAAAAAY7SCXzyB/e8/J9z3yVjekT8e3YkrC9+RP2JkB6WA9jM/"
          "OZ1SokbfkT8pAAAAAAAAAGOAKqIJhzfvP1DpLzfvxsM/dVOoZwsGxD9iZAelgPYzPzmdUqJG35E/",
          "Y4AqogmHN+8/UOkvN+/Gwz91U6hnCwbEPwAAAAAAAAAAAAAAAAAAAAA=", CB_OVERLAP_YES },
        { "dQ==", "YwAAAAAAAPA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAABBAGC1EVPshCUA=", CB_OVERLAP_NO },
        { "aSkAAAAAAAAAY7SCXzyB/e8/J9z3yVjekT8e3YkrC9+RP2JkB6WA9jM/"
          "OZ1SokbfkT8pAAAAAAAAAGP8f7i4BfbvPyhRam2P26E/J9z3yVjeoT9iZAelgPYzPzmdUqJG35E/",
          "Y4AqogmHN+8/UOkvN+/Gwz91U6hnCwbEPwAAAAAAAAAAAAAAAAAAAAA=", CB_OVERLAP_NO },
        { "aSkAAAAAAAAAY7SCXzyB/e8/J9z3yVjekT8e3YkrC9+RP2JkB6WA9jM/"
          "OZ1SokbfkT8pAAAAAAAAAGP8f7i4BfbvPyhRam2P26E/J9z3yVjeoT9iZAelgPYzPzmdUqJG35E/",
          "Yw5zifZi+u8/DsnvSMfLmj+RypBDIc6aPwAAAAAAAAAAAAAAAAAAAAA=", CB_OVERLAP_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(overlap_of(cases[i].one, cases[i].other, read_text), cases[i].expected);
}

static void a_pos_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        " ",
        "circle 1 2 3",
        "CIRCLE",
        "CIRCLE 1 2",
        "CIRCLE 1 2 3 4",
        "CIRCLE 1 91 3",
        "CIRCLE 1 -90.01 3",
        "CIRCLE 1 2 x",
        "CIRCLE Inf 2 3",
        "CIRCLE 1,2,3",
        "RANGE 1 2 3",
        "RANGE 1 2 3 4 5",
        "RANGE 1 2 -91 0",
        "POLYGON 1 2 3 4",
        "POLYGON 1 2 3 4 5",
        "POLYGON 1 2 1 2 1 2",
        "POLYGON 0 0 1 0 2 0", /* on one great circle */
        "POLYGON 0 10 120 10 240 10 0 -90",
        "BOX 1 2 3 4",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cb_auto_region region = { 0 };
        struct cb_error err = { 0 };
        assert_false(cb_region_pos(wrong[i], &region, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_null(region.vertex);
    }
}

static void a_polygon_is_the_hull_of_its_places(void **state)
{
    (void)state;
    cb_auto_region square = { 0 };
    assert_true(cb_region_pos("POLYGON 0 0 5 5 10 10 0 10 3 7 10 0 5 0 0 0", &square, NULL));
    assert_int_equal(square.n, 4);
}

static void an_open_range_reaches_the_last_value(void **state)
{
    (void)state;
    cb_auto_region open = { 0 }, whole = { 0 };
    assert_true(cb_region_pos("  RANGE -Inf\t+inf -Infinity 1e999 ", &open, NULL));
    assert_true(cb_region_pos("RANGE 0 360 -90 90", &whole, NULL));
    assert_memory_equal(&open.box, &whole.box, sizeof open.box);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char *const texts[] = { "CIRCLE 10 -20 3.5", "RANGE 350 10 -5 5",
                                         "POLYGON 0 80 90 80 180 80 270 80" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cb_auto_region region = { 0 }, again = { 0 };
        assert_true(cb_region_pos(texts[i], &region, NULL));
        cb_auto(cb_free) char *text = cb_region_encode_text(&region);
        assert_true(read_text(text, &again, NULL));
        cb_auto(cb_free) char *second = cb_region_encode_text(&again);
        assert_string_equal(second, text);
    }
}

static void a_damaged_encoding_is_refused(void **state)
{
    (void)state;
    /* a union that says that it is longer than it is, and one of one byte */
    static const unsigned char bad[][12] = { { 'u', 200, 0, 0, 0, 0, 0, 0, 0, 'c' },
                                             { 'u', 255, 255, 255, 255, 255, 255, 255, 255, 'c' },
                                             { 'i', 1, 0, 0, 0, 0, 0, 0, 0, 'x' } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cb_auto_region region = { 0 };
        assert_false(cb_region_decode(bad[i], 10, &region, NULL));
        assert_false(cb_region_decode(bad[i], 5, &region, NULL));
    }
    /* unions in unions, without end */
    unsigned char nested[9 * 40];
    memset(nested, 0, sizeof nested);
    for (size_t i = 0; i < 40; i++) {
        size_t rest = sizeof nested - 9 * (i + 1);
        nested[9 * i] = i % 2 == 0 ? 'u' : 'i';
        nested[9 * i + 1] = (unsigned char)(rest & 255);
        nested[9 * i + 2] = (unsigned char)(rest >> 8);
    }
    cb_auto_region region = { 0 };
    struct cb_error err = { 0 };
    assert_false(cb_region_decode(nested, sizeof nested, &region, &err));
    assert_non_null(strstr(err.text, "nested"));
}

/* Turns that doubles cannot tell: the determinants of these are 0 or less than what rounding makes of them.
 */
static void a_turn_is_exact(void **state)
{
    (void)state;
    struct cb_vector a = { 1, 0, 0 }, b = { 0, 1, 0 };
    assert_int_equal(cb_sphere_turn(a, b, (struct cb_vector){ 0.6, 0.8, 0 }), 0);
    assert_int_equal(cb_sphere_turn(a, b, (struct cb_vector){ 0.6, 0.8, 1e-300 }), 1);
    assert_int_equal(cb_sphere_turn(a, b, (struct cb_vector){ 0.6, 0.8, -1e-300 }), -1);
    struct cb_vector c = { 0.1, 0.7, 0.7 }, d = { 0.3, 0.2, 0.9 };
    struct cb_vector between = { (c.x + d.x) / 2, (c.y + d.y) / 2, (c.z + d.z) / 2 };
    int turn = cb_sphere_turn(c, d, between);
    assert_int_equal(cb_sphere_turn(d, c, between), -turn);
    assert_int_equal(cb_sphere_turn(d, between, c), turn);
    assert_int_equal(cb_sphere_turn(between, c, d), turn);
    assert_int_equal(cb_sphere_turn(c, d, c), 0);
}

int main(void)
{
    const struct CMUnitTest region[] = {
        cmocka_unit_test(regions_overlap_as_sphgeom_says),
        cmocka_unit_test(what_is_only_estimated_is_not_known),
        cmocka_unit_test(a_pos_that_is_none_is_refused),
        cmocka_unit_test(a_polygon_is_the_hull_of_its_places),
        cmocka_unit_test(an_open_range_reaches_the_last_value),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_damaged_encoding_is_refused),
        cmocka_unit_test(a_turn_is_exact),
    };
    return cmocka_run_group_tests_name("region_relate", region, NULL, NULL);
}
