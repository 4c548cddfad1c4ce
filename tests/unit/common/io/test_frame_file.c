/* An image on disk: boxes come back as they were written, whatever the columns. */
#include "io/frame_file.h"
#include "support/spec.h"

#include <string.h>

enum { W = 50, H = 1100, COLUMN = 16 }; /* the last column is narrower; more rows than are moved at once */

static float pixel(int x, int y, int plane)
{
    return (float)(plane * W * H + y * W + x);
}

static void fill(struct cb_box box, float *value, float *variance, uint32_t *mask)
{
    for (int i = 0; i < box.width * box.height; i++) {
        int x = box.x0 + i % box.width, y = box.y0 + i / box.width;
        value[i] = pixel(x, y, 0);
        variance[i] = pixel(x, y, 1);
        mask[i] = (uint32_t)pixel(x, y, 2);
    }
}

static float value[W * H], variance[W * H], want_value[W * H], want_variance[W * H];
static uint32_t mask[W * H], want_mask[W * H];

static void check(const struct cb_frame_store *store, struct cb_box box)
{
    size_t bytes = (size_t)(box.width * box.height) * 4;
    fill(box, want_value, want_variance, want_mask);
    assert_true(store->frame.read_box(store->frame.self, box, value, variance, mask, NULL));
    assert_memory_equal(value, want_value, bytes);
    assert_memory_equal(variance, want_variance, bytes);
    assert_memory_equal(mask, want_mask, bytes);
}

static void boxes_come_back_as_they_were_written(void **state)
{
    (void)state;
    static const struct cb_box written[] = { { 0, 0, COLUMN, H },
                                             { COLUMN, 0, 2 * COLUMN, H },
                                             { 3 * COLUMN, 0, 2, 7 },
                                             { 3 * COLUMN, 7, 2, H - 7 } };
    static const struct cb_box read[] = {
        { 0, 0, W, H }, { 0, 5, W, 16 }, { 3, 1000, 30, 90 }, { 16, 0, 16, H }, { 49, 1099, 1, 1 }
    };
    cb_auto(cb_frame_file_free) struct cb_frame_file *file = NULL;
    assert_true(cb_frame_file_new("/tmp", W, H, COLUMN, &file, NULL));
    struct cb_frame_store store = cb_frame_file_as_store(file);
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        fill(written[i], value, variance, mask);
        assert_true(store.write_box(store.frame.self, written[i], value, variance, mask, NULL));
    }
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        check(&store, read[i]);
}

static void a_plane_that_is_not_wanted_is_not_read(void **state)
{
    (void)state;
    cb_auto(cb_frame_file_free) struct cb_frame_file *file = NULL;
    assert_true(cb_frame_file_new("/tmp", W, H, COLUMN, &file, NULL));
    struct cb_frame_store store = cb_frame_file_as_store(file);
    const struct cb_box box = { 0, 0, W, 1 };
    variance[0] = 7.0f;
    assert_true(store.frame.read_box(store.frame.self, box, NULL, variance, NULL, NULL));
    assert_close(variance[0], 0.0, 0.0); /* nothing written yet */
}

static void refuses_boxes_outside_and_folders_that_are_not_there(void **state)
{
    (void)state;
    cb_auto(cb_frame_file_free) struct cb_frame_file *file = NULL;
    struct cb_frame_file *none = NULL;
    struct cb_error err = { 0 };
    assert_true(cb_frame_file_new("/tmp", W, H, COLUMN, &file, NULL));
    struct cb_frame_store store = cb_frame_file_as_store(file);
    const struct cb_box outside = { 40, 0, 11, 1 };
    assert_false(store.frame.read_box(store.frame.self, outside, value, NULL, NULL, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_false(cb_frame_file_new("/nowhere/at/all", W, H, COLUMN, &none, &err));
    assert_false(cb_frame_file_new("/tmp", W, 0, COLUMN, &none, &err));
}

int main(void)
{
    const struct CMUnitTest frames[] = {
        cmocka_unit_test(boxes_come_back_as_they_were_written),
        cmocka_unit_test(a_plane_that_is_not_wanted_is_not_read),
        cmocka_unit_test(refuses_boxes_outside_and_folders_that_are_not_there),
    };
    return cmocka_run_group_tests_name("image on disk", frames, NULL, NULL);
}
