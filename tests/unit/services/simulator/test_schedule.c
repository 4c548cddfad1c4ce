/* From plan to exposures: numbers, times, groups, changes. */
#include "support/spec.h"

#include "schedule.h"

#include "base/tai.h"

#include <stdio.h>
#include <string.h>

static const char plan_text[] =
    "[night]\nday_obs = 20241208\nbegin = 20:00:00\nseq_num = 801\nprogram = BLOCK-T68\n"
    "[sequence]\ntype = bias\ncount = 2\n"
    "[sequence]\ntype = dark\ncount = 2\nexposure_s = 30\nidle_s = 10\n"
    "[exposure]\nindex = 2\ndark_s = 45\n"
    "[sequence]\ntype = flat\ncount = 20\nexposure_s = 5\nflux_e = 50000\nfilter = g_07\n"
    "reason = ptc\n[exposure]\nindex = 3\nshutter_s = 5.2\nfilter = r_03\nmissing = 3\n"
    "[night]\nday_obs = 20241209\nbegin = 03:00:00\n[sequence]\ntype = bias\nseq_num = 70\n"
    "[change]\ndetector = 4\namp = C11\ngain_factor = 0.5\n"
    "[change]\ndetector = 4\namp = C11\nlevel_adu = 7\nfrom = 2024-12-08T20:00:05\n";

static struct schedule *scheduled(struct schedule_shift shift)
{
    struct plan *plan = NULL;
    struct schedule *schedule = NULL;
    struct cb_error err = { 0 };
    assert_true(plan_parse(plan_text, "x", &plan, &err));
    if (!schedule_make(plan, "LSSTComCam", 7, shift, &schedule, &err))
        fail_msg("%s", err.text);
    plan_free(plan);
    return schedule;
}

static const struct schedule_shift unshifted = { 0, 0 };

static void test_numbers_count_and_nights_keep_their_own(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s = scheduled(unshifted);
    assert_int_equal(s->shots, 25);
    assert_true(s->shot[0].exposure_id == 2024120800801);
    assert_string_equal(s->shot[0].obsid, "CC_O_20241208_000801");
    assert_true(s->shot[23].exposure_id == 2024120800824);
    assert_true(s->shot[24].exposure_id == 2024120900070);
    assert_int_equal(s->shot[5].index, 2);
    assert_int_equal(s->shot[5].count, 20);
    assert_string_equal(s->shot[5].reason, "ptc");
    assert_string_equal(s->shot[0].reason, "bias");
    assert_string_equal(s->shot[0].program, "BLOCK-T68");
}

static void test_times_follow_one_another(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s = scheduled(unshifted);
    int64_t begin;
    assert_true(cb_iso_parse("2024-12-08T20:00:00", &begin));
    assert_true(s->shot[0].begin_tai_ns == begin);
    assert_true(s->shot[1].begin_tai_ns == begin + 2431300000); /* dark time and read-out */
    assert_true(s->shot[2].begin_tai_ns == begin + 2 * 2431300000 + 10 * CB_NS_PER_S);
    assert_true(cb_iso_parse("2024-12-10T03:00:00", &begin)); /* before noon belongs to the day before */
    assert_true(s->shot[24].begin_tai_ns == begin);
    for (size_t i = 0; i < s->shots; i++)
        assert_int_equal(cb_day_obs(s->shot[i].begin_tai_ns), s->shot[i].day_obs);
}

static void test_exposure_shutter_and_dark_times_are_told_apart(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s = scheduled(unshifted);
    assert_close(s->shot[0].dark_s, 0.0313, 1e-12);
    assert_close(s->shot[2].dark_s, 30.4306, 1e-12);
    assert_close(s->shot[2].shutter_s, 0, 0);
    assert_close(s->shot[3].dark_s, 45, 0);
    assert_close(s->shot[4].shutter_s, 5, 0);
    assert_close(s->shot[6].shutter_s, 5.2, 0);
    assert_close(s->shot[6].exposure_s, 5, 0);
    assert_close(s->shot[6].dark_s, 5.6306, 1e-12);
    assert_string_equal(s->shot[6].filter, "r_03");
    assert_string_equal(s->shot[6].band, "r");
    assert_string_equal(s->shot[5].band, "g");
    assert_true(s->shot[6].missing.detector[3] && !s->shot[5].missing.detector[3]);
}

static void test_groups_are_the_first_exposure_and_a_number(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s = scheduled(unshifted);
    assert_string_equal(s->shot[0].group, "2024-12-08T20:00:00.000");
    assert_string_equal(s->shot[1].group, "2024-12-08T20:00:00.000#2");
}

static void test_the_lamp_scatters_a_little(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s = scheduled(unshifted);
    double sum = 0, squares = 0;
    for (size_t i = 4; i < 24; i++) {
        double d = s->shot[i].flux_e / 50000 - 1;
        sum += d;
        squares += d * d;
    }
    double rms = sqrt(squares / 20 - sum / 20 * sum / 20);
    assert_true(rms > 0.002 && rms < 0.009); /* 0.005 */
    assert_close(s->shot[2].flux_e, 0, 0);
}

static void test_changes_hold_from_their_time_on(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s = scheduled(unshifted);
    struct cb_sim_state before = schedule_state(s, 4, 1, s->shot[0].begin_tai_ns);
    struct cb_sim_state middle = schedule_state(s, 4, 1, s->shot[3].begin_tai_ns);
    struct cb_sim_state after = schedule_state(s, 4, 1, s->shot[24].begin_tai_ns);
    assert_close(before.gain_factor, 1, 0);
    assert_close(before.level_adu, 0, 0);
    assert_close(middle.gain_factor, 1, 0);
    assert_close(middle.level_adu, 7, 0);
    assert_close(after.gain_factor, 0.5, 0);
    assert_close(after.level_adu, 7, 0);
    assert_close(schedule_state(s, 4, 2, s->shot[24].begin_tai_ns).gain_factor, 1, 0);
    assert_close(schedule_state(s, 3, 1, s->shot[24].begin_tai_ns).gain_factor, 1, 0);
}

static void test_a_plan_can_be_moved_to_another_day(void **state)
{
    (void)state;
    cb_auto(schedule_free) struct schedule *s =
        scheduled((struct schedule_shift){ .day_obs = 20250228, .seq_num = 5 });
    assert_true(s->shot[0].exposure_id == 2025022800005);
    assert_int_equal(s->shot[24].day_obs, 20250301);
    assert_int_equal(s->shot[24].seq_num, 70);
    assert_close(schedule_state(s, 4, 1, s->shot[24].begin_tai_ns).gain_factor, 0.5, 0);
    assert_close(schedule_state(s, 4, 1, s->shot[0].begin_tai_ns).gain_factor, 1, 0);
}

static void is_refused(const char *text, const char *words)
{
    struct plan *plan = NULL;
    struct schedule *schedule = NULL;
    struct cb_error err = { 0 };
    assert_true(plan_parse(text, "x", &plan, &err));
    assert_false(schedule_make(plan, "LSSTComCam", 7, unshifted, &schedule, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, words));
    plan_free(plan);
}

static void test_what_cannot_be_scheduled_is_refused(void **state)
{
    (void)state;
    is_refused("[night]\nday_obs = 20241208\n[sequence]\ntype = flat\nflux_e = 1\nfilter = r_57",
               "no filter \"r_57\"");
    is_refused("[night]\nday_obs = 20241208\n[sequence]\ntype = bias\n[night]\nday_obs = "
               "20241208\n[sequence]\ntype = bias",
               "exposure 2024120800001 twice");
    is_refused("[night]\nday_obs = 20241208\nseq_num = 99999\n[sequence]\ntype = bias\ncount = 2",
               "above 99999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_count_and_nights_keep_their_own),
        cmocka_unit_test(test_times_follow_one_another),
        cmocka_unit_test(test_exposure_shutter_and_dark_times_are_told_apart),
        cmocka_unit_test(test_groups_are_the_first_exposure_and_a_number),
        cmocka_unit_test(test_the_lamp_scatters_a_little),
        cmocka_unit_test(test_changes_hold_from_their_time_on),
        cmocka_unit_test(test_a_plan_can_be_moved_to_another_day),
        cmocka_unit_test(test_what_cannot_be_scheduled_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
