/* Defects as boxes that do not overlap. */
#include "calib/defect_boxes.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "support/spec.h"

enum { EDGE = 40 };

static void paint(char *pixels, const struct cb_defect_box *boxes, size_t n, int *ret_twice)
{
    for (size_t i = 0; i < n; i++)
        for (int64_t y = boxes[i].y0; y < boxes[i].y0 + boxes[i].height; y++)
            for (int64_t x = boxes[i].x0; x < boxes[i].x0 + boxes[i].width; x++) {
                *ret_twice += pixels[y * EDGE + x];
                pixels[y * EDGE + x] = 1;
            }
}

static void the_pixels_stay_and_none_is_covered_twice(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (int round = 0; round < 200; round++) {
        struct cb_defect_box given[12], *found = NULL;
        char before[EDGE * EDGE] = { 0 }, after[EDGE * EDGE] = { 0 };
        size_t n = (size_t)round % 13, count = 0;
        int overlaps = 0, twice = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t value[4];
            for (size_t k = 0; k < 4; k++) {
                seed = seed * 1664525u + 1013904223u;
                value[k] = seed >> 16 & 15;
            }
            given[i] = (struct cb_defect_box){ value[0], value[1], value[2] + 1, value[3] + 1 };
        }
        assert_true(cb_defect_boxes_normalise(given, n, &found, &count, NULL));
        cb_auto(cb_free) struct cb_defect_box *boxes = found;
        paint(before, given, n, &overlaps);
        paint(after, boxes, count, &twice);
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(twice, 0);
    }
}

static void boxes_apart_stay_as_they_are_and_touching_ones_merge(void **state)
{
    (void)state;
    const struct cb_defect_box given[] = { { 20, 5, 1, 9 }, { 3, 4, 2, 2 }, { 3, 6, 2, 1 } };
    struct cb_defect_box *found = NULL;
    size_t count = 0;
    assert_true(cb_defect_boxes_normalise(given, 3, &found, &count, NULL));
    cb_auto(cb_free) struct cb_defect_box *boxes = found;
    assert_int_equal(count, 2);
    assert_int_equal(boxes[0].x0, 3);
    assert_int_equal(boxes[0].height, 3);
    assert_int_equal(boxes[1].x0, 20);
    assert_int_equal(boxes[1].height, 9);
}

static void what_is_no_box_on_a_detector_is_refused(void **state)
{
    (void)state;
    static const struct cb_defect_box bad[] = {
        { -1, 0, 1, 1 }, { 0, -1, 1, 1 },    { 0, 0, 0, 1 },
        { 0, 0, 1, -2 }, { 32768, 0, 1, 1 }, { 0, 0, INT64_MAX, 1 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cb_error err = { 0 };
        struct cb_defect_box *found = NULL;
        size_t count = 0;
        assert_false(cb_defect_boxes_normalise(&bad[i], 1, &found, &count, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pixels_stay_and_none_is_covered_twice),
        cmocka_unit_test(boxes_apart_stay_as_they_are_and_touching_ones_merge),
        cmocka_unit_test(what_is_no_box_on_a_detector_is_refused),
    };
    return cmocka_run_group_tests_name("defect boxes", tests, NULL, NULL);
}
