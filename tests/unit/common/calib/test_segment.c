/* Where the pixels of raw segments lie. */
#include "calib/segment.h"
#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static char names[16][16];

static void whole(struct cb_segment_raw *raw, int width, int height, const char *datasec)
{
    for (int i = 0; i < 16; i++) {
        snprintf(names[i], sizeof names[i], "Segment%d%d", i < 8 ? 1 : 0, i < 8 ? i : 15 - i);
        raw[i] = (struct cb_segment_raw){ names[i], width, height, datasec };
    }
}

/* Detector pixel that the first pixel read of an amplifier becomes. */
static void check_first(const struct cb_geometry *g, const char *amp, int x, int y)
{
    const struct cb_segment *s = &g->segment[cb_geometry_find(g, amp)];
    assert_int_equal(s->assembled.x0 + (s->flip_x ? s->assembled.width - 1 : 0), x);
    assert_int_equal(s->assembled.y0 + (s->flip_y ? s->assembled.height - 1 : 0), y);
}

static void itl_is_placed_as_the_camera_has_it(void **state)
{
    (void)state;
    struct cb_segment_raw raw[16];
    struct cb_geometry g;
    whole(raw, 576, 2048, "[4:512,1:2000]");
    assert_true(cb_geometry_make(raw, 16, "[1:4072,1:4000]", CB_VENDOR_UNKNOWN, &g, NULL));
    assert_int_equal(g.vendor, CB_VENDOR_ITL);
    assert_int_equal(g.width_px, 4072);
    assert_int_equal(g.height_px, 4000);
    check_first(&g, "C10", 508, 3999);
    check_first(&g, "C00", 508, 0);
    const struct cb_segment *s = &g.segment[0];
    assert_int_equal(s->serial_overscan.x0, 512);
    assert_int_equal(s->serial_overscan.width, 64);
    assert_int_equal(s->serial_overscan.height, 2048);
    assert_int_equal(s->parallel_overscan.y0, 2000);
    assert_int_equal(s->parallel_overscan.height, 48);
}

static void e2v_lower_half_is_not_flipped(void **state)
{
    (void)state;
    struct cb_segment_raw raw[16];
    struct cb_geometry g;
    whole(raw, 576, 2048, "[11:522,1:2002]");
    assert_true(cb_geometry_make(raw, 16, "[1:4096,1:4004]", CB_VENDOR_UNKNOWN, &g, NULL));
    assert_int_equal(g.vendor, CB_VENDOR_E2V);
    check_first(&g, "C00", 0, 0);
    check_first(&g, "C17", 4095, 4003);
    assert_int_equal(g.segment[0].serial_overscan.width, 54);
    assert_int_equal(g.segment[0].parallel_overscan.height, 46);
}

static void a_wavefront_half_runs_backwards(void **state)
{
    (void)state;
    struct cb_segment_raw raw[16];
    struct cb_geometry g;
    whole(raw, 576, 2048, "[4:512,1:2000]");
    assert_true(cb_geometry_make(raw, 8, "[1:4072,1:2000]", CB_VENDOR_ITL, &g, NULL));
    assert_int_equal(g.height_px, 2000);
    assert_int_equal(g.segment[0].assembled.x0, 7 * 509);
    check_first(&g, "C10", 4071, 1999);
}

static void missing_datasec_is_that_of_the_vendor(void **state)
{
    (void)state;
    struct cb_segment_raw raw[16];
    struct cb_geometry g;
    whole(raw, 576, 2048, NULL);
    assert_true(cb_geometry_make(raw, 16, NULL, CB_VENDOR_E2V, &g, NULL));
    assert_int_equal(g.segment[3].data.x0, 10);
    assert_int_equal(g.width_px, 4096);
}

static void check_refused(const struct cb_segment_raw *raw, size_t n, const char *detsize, const char *reason)
{
    struct cb_geometry g;
    struct cb_error err = { .kind = CB_ERR_NONE };
    assert_false(cb_geometry_make(raw, n, detsize, CB_VENDOR_ITL, &g, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, reason));
}

static void refuses_what_is_no_detector(void **state)
{
    (void)state;
    struct cb_segment_raw raw[16];
    whole(raw, 576, 2048, "[4:512,1:2000]");
    check_refused(raw, 15, NULL, "15 segments");
    check_refused(raw, 16, "[1:4000,1:4000]", "DETSIZE");
    check_refused(raw, 16, "1:4000", "DETSIZE");
    raw[5].name = "Segment14";
    check_refused(raw, 16, NULL, "twice");
    raw[5].name = "REB_COND";
    check_refused(raw, 16, NULL, "REB_COND");
    whole(raw, 576, 2048, "[4:512,1:2000]");
    raw[2].datasec = "[4:600,1:2000]";
    check_refused(raw, 16, NULL, "do not fit");
    raw[2].datasec = "[4:511,1:2000]";
    check_refused(raw, 16, NULL, "508 x 2000");
    raw[2].datasec = "[4:51z,1:2000]";
    check_refused(raw, 16, NULL, "DATASEC");
}

static void sections_are_read_in_either_order(void **state)
{
    (void)state;
    struct cb_box box;
    assert_true(cb_section_parse("[509:1,4000:2001]", &box));
    assert_int_equal(box.x0, 0);
    assert_int_equal(box.width, 509);
    assert_int_equal(box.y0, 2000);
    assert_int_equal(box.height, 2000);
    assert_false(cb_section_parse("[0:3,1:2]", &box));
    assert_false(cb_section_parse("[1:99999999999,1:2]", &box));
    assert_false(cb_section_parse("", &box));
    assert_false(cb_section_parse(NULL, &box));
}

static void skips_shrink_to_a_quarter(void **state)
{
    (void)state;
    assert_int_equal(cb_skip_shrink(3, 64), 3);
    assert_int_equal(cb_skip_shrink(3, 8), 2);
    assert_int_equal(cb_skip_shrink(3, 3), 0);
}

int main(void)
{
    const struct CMUnitTest segment[] = {
        cmocka_unit_test(itl_is_placed_as_the_camera_has_it),
        cmocka_unit_test(e2v_lower_half_is_not_flipped),
        cmocka_unit_test(a_wavefront_half_runs_backwards),
        cmocka_unit_test(missing_datasec_is_that_of_the_vendor),
        cmocka_unit_test(refuses_what_is_no_detector),
        cmocka_unit_test(sections_are_read_in_either_order),
        cmocka_unit_test(skips_shrink_to_a_quarter),
    };
    return cmocka_run_group_tests_name("geometry of segments", segment, NULL, NULL);
}
