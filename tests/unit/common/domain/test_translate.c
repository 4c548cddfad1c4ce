/* Raw headers as exposure records: a real one card by card, and one for each rule and repair. */
#include "domain/translate.h"

#include "header_cards.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cb_exposure_record translated(const struct cards *cards)
{
    struct cb_exposure_record record;
    struct cb_error err = { 0 };
    struct cb_card_source source = source_of(cards);
    if (!cb_translate(&source, NULL, &record, &err))
        fail_msg("%s", err.text);
    return record;
}

static const char *refusal(const struct cards *cards)
{
    static struct cb_error err;
    struct cb_exposure_record record = { .id = -7 };
    struct cb_card_source source = source_of(cards);
    err = (struct cb_error){ 0 };
    assert_false(cb_translate(&source, NULL, &record, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_int_equal(record.id, -7);
    return err.text;
}

static void a_real_exposure_becomes_its_record(void **state)
{
    (void)state;
    struct cards cards = real_header();
    struct cb_exposure_record r = translated(&cards);
    assert_string_equal(r.instrument->name, "LSSTComCam");
    assert_int_equal(r.id, INT64_C(2024110800266));
    assert_string_equal(r.obs_id, "CC_O_20241108_000266");
    assert_int_equal(r.day_obs, 20241108);
    assert_int_equal(r.day_obs_span.begin_ns, INT64_C(1731067200000000000));
    assert_int_equal(r.day_obs_span.end_ns, INT64_C(1731153600000000000));
    assert_string_equal(r.group, "2024-11-09T06:33:55.311");
    assert_string_equal(r.physical_filter, "g_01");
    assert_string_equal(r.band, "g");
    assert_close(r.exposure_time_s, 30.0, 0.0);
    assert_close(r.dark_time_s.value, 30.4306, 0.0);
    assert_string_equal(r.observation_type, "science");
    assert_string_equal(r.observation_reason, "science");
    assert_int_equal(r.seq_num, 266);
    assert_int_equal(r.seq_start, 266);
    assert_int_equal(r.seq_end, 266);
    assert_string_equal(r.target_name, "slew_icrs");
    assert_string_equal(r.science_program, "PP-SURVEY");
    assert_close(r.tracking_ra_deg.value, 53.312407782266014, 0.0);
    assert_close(r.tracking_dec_deg.value, -27.994761670941685, 0.0);
    assert_close(r.sky_angle_deg.value, 102.79926387330579, 0.0);
    assert_close(r.azimuth_deg.value, 270.86285009978087, 0.0);
    assert_close(r.zenith_angle_deg.value, 90.0 - 69.7265612661672, 0.0);
    assert_false(r.has_simulated);
    assert_int_equal(r.can_see_sky, CB_YES);
    assert_int_equal(r.span.begin_ns, INT64_C(1731134081323009729));
    assert_int_equal(r.span.end_ns, INT64_C(1731134111754000000));
    assert_int_equal(r.detector.id, 0);
    assert_string_equal(r.detector.full_name, "R22_S00");
    assert_false(r.serial_differs);
}

static void exposures_are_numbered(void **state)
{
    (void)state;
    static const struct {
        int64_t day, seq;
        char controller;
        int64_t id;
    } cases[] = {
        { 20241108, 266, 'O', INT64_C(2024110800266) }, { 20250609, 578, 'O', INT64_C(2025060900578) },
        { 20190322, 2, 'C', INT64_C(3019032200002) },   { 20231107, 78, 'C', INT64_C(2023110700078) },
        { 20240321, 720, 'S', INT64_C(7024032100720) }, { 20250418, 1, 'Q', INT64_C(2025041800001) }
    };
    int64_t id = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(cb_exposure_id(cases[i].day, cases[i].seq, cases[i].controller, &id, NULL));
        assert_int_equal(id, cases[i].id);
    }
    assert_false(cb_exposure_id(20241108, 100000, 'O', &id, NULL));
    assert_false(cb_exposure_id(20241108, 1, 'X', &id, NULL));
    assert_false(cb_exposure_id(20241308, 1, 'O', &id, NULL));
}

static void detectors_of_exposures_are_numbered(void **state)
{
    (void)state;
    static const struct {
        int64_t exposure;
        int detector;
        int64_t id;
    } cases[] = { { INT64_C(3019031900001), 29, INT64_C(165658231069) },
                  { INT64_C(2025060900578), 1, INT64_C(47295119873) },
                  { INT64_C(2025112100156), 203, INT64_C(48679132363) },
                  { INT64_C(3019053000001), 0, INT64_C(166262210816) },
                  { INT64_C(2024110800266), 0, INT64_C(45508266496) },
                  { INT64_C(7024032100720), 94, INT64_C(730756993118) } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t id = 0;
        assert_true(cb_detector_exposure_id(cases[i].exposure, cases[i].detector, false, &id, NULL));
        assert_int_equal(id, cases[i].id);
    }
    int64_t id = 0;
    assert_false(cb_detector_exposure_id(7, 0, false, &id, NULL));
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    static const char *const keys[] = { "OBSID",   "SEQNUM",  "EXPTIME",  "IMGTYPE",
                                        "RAFTBAY", "CCDSLOT", "INSTRUME", "DAYOBS" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct cards cards = real_header(), undefined = real_header();
        drop(&cards, keys[i]);
        assert_non_null(strstr(refusal(&cards), keys[i]));
        set(&undefined, keys[i], "null");
        assert_non_null(strstr(refusal(&undefined), keys[i]));
    }
    struct cards cards = real_header();
    drop(&cards, "MJD-BEG");
    drop(&cards, "DATE-BEG");
    drop(&cards, "MJD-OBS");
    drop(&cards, "DATE-OBS");
    assert_non_null(strstr(refusal(&cards), "MJD-BEG"));
}

static void odd_values_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "INSTRUME", "'TestCam'", "no camera is known for INSTRUME \"TestCam\"" },
        { "TELESCOP", "'LSST AuxTelescope'", "no camera is known" },
        { "DAYOBS", "'2024110'", "DAYOBS" },
        { "DAYOBS", "'20241308'", "DAYOBS" },
        { "SEQNUM", "100000", "SEQNUM" },
        { "CONTRLLR", "'Z'", "CONTRLLR" },
        { "FILTER", "'g'", "physical filter \"g\" is not registered for LSSTComCam" },
        { "CCDSLOT", "'S33'", "R22_S33" },
        { "CALIB_ID", "'x'", "CALIB_ID" },
        { "DATE-END", "'yesterday'", "DATE-END" },
        { "TIMESYS", "'UT1'", "TIMESYS" },
        { "IMGTYPE", "'a type of seventeen'", "IMGTYPE" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cards cards = real_header();
        set(&cards, cases[i][0], cases[i][1]);
        assert_non_null(strstr(refusal(&cards), cases[i][2]));
    }
}

static void times_follow_their_scale(void **state)
{
    (void)state;
    struct cards cards = real_header();
    drop(&cards, "MJD-BEG");
    assert_int_equal(translated(&cards).span.begin_ns, INT64_C(1731134081323000000));
    drop(&cards, "TIMESYS"); /* then the end is UTC, the begin still TAI */
    assert_int_equal(translated(&cards).span.end_ns, INT64_C(1731134111754000000) + INT64_C(37000000000));
    drop(&cards, "DATE-END");
    assert_int_equal(translated(&cards).span.end_ns, INT64_C(1731134081323000000) + INT64_C(30000000000));
    set(&cards, "TIMESYS", "TAI");
    set(&cards, "DATE-END", "'2020-01-01T00:00:00'");
    assert_int_equal(translated(&cards).span.end_ns, INT64_C(1731134081323000001));
}

/* 59675.1246418629 lies half a nanosecond after an even one. */
static void a_time_between_two_nanoseconds_becomes_the_even_one(void **state)
{
    (void)state;
    struct cards cards = real_header();
    set(&cards, "MJD-BEG", "59675.1246418629");
    assert_int_equal(translated(&cards).span.begin_ns, INT64_C(1649213969056954700));
}

static void a_sequence_is_counted_from_both_its_indices(void **state)
{
    (void)state;
    static const struct {
        const char *seq, *index, *most;
        int64_t start, end;
    } cases[] = {
        { "266", "1", "1", 266, 266 },          { "266", "3", "20", 264, 283 },
        { "266", "20", "20", 247, 266 },        { "266", "null", "20", 266, 266 },
        { "266", "3", "null", 264, 266 },       { "0", "null", "null", 2024110800000, 2024110800000 },
        { "0", "1", "null", 0, 2024110800000 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cards cards = real_header();
        set(&cards, "SEQNUM", cases[i].seq);
        set(&cards, "CURINDEX", cases[i].index);
        set(&cards, "MAXINDEX", cases[i].most);
        struct cb_exposure_record r = translated(&cards);
        assert_int_equal(r.seq_start, cases[i].start);
        assert_int_equal(r.seq_end, cases[i].end);
    }
}

static void a_text_that_is_empty_is_not_a_missing_one(void **state)
{
    (void)state;
    static const char *const keys[] = { "REASON", "TESTTYPE", "PROGRAM", "OBJECT", "GROUPID" };
    struct cards empty = real_header(), none = real_header();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        set(&empty, keys[i], "''");
        set(&none, keys[i], "null");
    }
    struct cb_exposure_record r = translated(&empty);
    assert_string_equal(r.observation_reason, "");
    assert_string_equal(r.science_program, "");
    assert_string_equal(r.target_name, "");
    assert_string_equal(r.group, "");
    r = translated(&none);
    assert_string_equal(r.observation_reason, "science"); /* of a science exposure */
    assert_string_equal(r.science_program, "unknown");
    assert_string_equal(r.target_name, "UNKNOWN");
    assert_string_equal(r.group, "2024110800266");
    set(&none, "IMGTYPE", "BIAS");
    assert_string_equal(translated(&none).observation_reason, "unknown");
}

static void only_the_word_sky_means_an_angle_on_the_sky(void **state)
{
    (void)state;
    struct cards cards = real_header();
    set(&cards, "ROTCOORD", "SKY");
    assert_false(translated(&cards).sky_angle_deg.known);
}

static void the_airmass_of_a_simulated_calibration_tells_nothing(void **state)
{
    (void)state;
    struct cards sim = real_header();
    set(&sim, "INSTRUME", "ComCamSim");
    set(&sim, "ELSTART", "null");
    set(&sim, "AMSTART", "2.0");
    assert_close(translated(&sim).zenith_angle_deg.value, 60.0, 1e-12);
    set(&sim, "IMGTYPE", "BIAS");
    assert_close(translated(&sim).zenith_angle_deg.value, 45.0, 0.0);
    assert_close(translated(&sim).azimuth_deg.value, 0.0, 0.0);
}

static void pointing_depends_on_the_type(void **state)
{
    (void)state;
    struct cards bias = real_header(), dark = real_header(), local = real_header();
    set(&bias, "IMGTYPE", "BIAS");
    struct cb_exposure_record r = translated(&bias);
    assert_false(r.tracking_ra_deg.known);
    assert_false(r.sky_angle_deg.known);
    assert_close(r.azimuth_deg.value, 270.86285009978087, 0.0);
    set(&dark, "IMGTYPE", "DARK");
    r = translated(&dark);
    assert_true(r.tracking_ra_deg.known);
    assert_false(r.sky_angle_deg.known);
    set(&local, "TRACKSYS", "LOCAL");
    r = translated(&local);
    assert_false(r.tracking_ra_deg.known);
    assert_false(r.sky_angle_deg.known);
}

static void the_sky_is_seen_through_an_open_shutter(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        enum cb_tristate seen;
    } cases[] = { { "SHUTTIME", "0.0", CB_NO },
                  { "VIGN_MIN", "FULLY", CB_NO },
                  { "VIGN_MIN", "UNKNOWN", CB_UNKNOWN },
                  { "VIGN_MIN", "PARTIALLY", CB_YES },
                  { "VIGN_MIN", "null", CB_UNKNOWN } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cards cards = real_header();
        set(&cards, cases[i].key, cases[i].value);
        assert_int_equal(translated(&cards).can_see_sky, cases[i].seen);
    }
    struct cards sim = real_header();
    set(&sim, "INSTRUME", "ComCamSim");
    set(&sim, "VIGN_MIN", "null");
    assert_int_equal(translated(&sim).can_see_sky, CB_YES); /* by type */
    set(&sim, "IMGTYPE", "FLAT");
    assert_int_equal(translated(&sim).can_see_sky, CB_NO);
    assert_true(translated(&sim).has_simulated);
}

static void a_simulated_component_marks_the_exposure(void **state)
{
    (void)state;
    struct cards cards = real_header(), other = real_header();
    set(&cards, "SIMULATE MTMOUNT", "1");
    assert_true(translated(&cards).has_simulated);
    set(&other, "CONTRLLR", "S");
    assert_true(translated(&other).has_simulated);
    assert_int_equal(translated(&other).id, INT64_C(7024110800266));
}

static void comcam_filters_are_repaired(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "null", "unknown" },      { "''", "empty" },
                                            { "'r'", "empty" },         { "'NONE'", "none" },
                                            { "'u_05'", "u_05" },       { "'OG590_2_5mm'", "OG590_2_5mm" },
                                            { "'pinhole'", "pinhole" }, { "'i_06'", "i_06" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cards cards = real_header();
        set(&cards, "FILTER", cases[i][0]);
        assert_string_equal(translated(&cards).physical_filter, cases[i][1]);
    }
    struct cards early = real_header();
    set(&early, "FILTER", "'r'");
    set(&early, "MJD-BEG", "58921.5"); /* 2020-03-13T12:00, still beyond midnight */
    assert_string_equal(translated(&early).physical_filter, "empty");
    set(&early, "MJD-BEG", "58920.5");
    assert_string_equal(translated(&early).physical_filter, "r_03");
    struct cards empty = real_header();
    set(&empty, "FILTER1", "empty");
    set(&empty, "FILTER2", "empty");
    assert_string_equal(translated(&empty).physical_filter, "g_01");
}

static void comcam_serials_and_angles_are_repaired(void **state)
{
    (void)state;
    struct cards cards = real_header();
    set(&cards, "LSST_NUM", "null");
    set(&cards, "ROTPA", "null");
    struct cb_exposure_record r = translated(&cards);
    assert_false(r.serial_differs);
    assert_close(r.sky_angle_deg.value, 0.0, 0.0);
    set(&cards, "LSST_NUM", "ITL-3800C-999");
    assert_true(translated(&cards).serial_differs);
    set(&cards, "INSTRUME", "LSST_CAMERA");
    set(&cards, "TELCODE", "CC");
    assert_string_equal(translated(&cards).instrument->name, "LSSTComCam");
}

static void a_correction_file_wins_over_the_header(void **state)
{
    (void)state;
    struct cards cards = real_header(), fix = { .count = 0 };
    struct cb_exposure_record r;
    set(&fix, "GROUPID", "'2024-11-25T02:44:31.822#4'");
    struct cb_card_source source = source_of(&cards), corrections = source_of(&fix);
    assert_true(cb_translate(&source, &corrections, &r, NULL));
    assert_string_equal(r.group, "2024-11-25T02:44:31.822#4");
    set(&cards, "GROUPID", "null");
    assert_string_equal(translated(&cards).group, "2024110800266");
}

static struct cards lsstcam_header(const char *day, const char *seq, const char *begin_mjd)
{
    struct cards cards = real_header();
    set(&cards, "INSTRUME", "lsstCam");
    set(&cards, "DAYOBS", day);
    set(&cards, "SEQNUM", seq);
    set(&cards, "MJD-BEG", begin_mjd);
    set(&cards, "DATE-END", "null");
    set(&cards, "FILTER", "r_57");
    set(&cards, "LSST_NUM", "null");
    return cards;
}

static void lsstcam_headers_are_repaired_inside_their_ranges_only(void **state)
{
    (void)state;
    struct cards z = lsstcam_header("20250609", "578", "60835.9"),
                 r = lsstcam_header("20250609", "579", "60835.9");
    assert_string_equal(translated(&z).physical_filter, "z_20");
    assert_string_equal(translated(&r).physical_filter, "r_57");
    struct cards i = lsstcam_header("20260315", "49", "61114.9"),
                 before = lsstcam_header("20260315", "48", "61114.9");
    assert_string_equal(translated(&i).physical_filter, "i_39");
    assert_string_equal(translated(&before).physical_filter, "r_57");
    struct cards closed = lsstcam_header("20250705", "736", "60861.9"),
                 open = lsstcam_header("20250705", "737", "60861.9");
    assert_int_equal(translated(&closed).can_see_sky, CB_NO);
    assert_int_equal(translated(&open).can_see_sky, CB_YES);
    struct cards turned = lsstcam_header("20250421", "5", "60786.9"),
                 straight = lsstcam_header("20250423", "5", "60788.9");
    assert_close(translated(&turned).sky_angle_deg.value, 102.79926387330579 - 90.0, 1e-12);
    assert_close(translated(&straight).sky_angle_deg.value, 102.79926387330579, 0.0);
    struct cards half = lsstcam_header("20250422", "250", "60787.9"),
                 whole = lsstcam_header("20250422", "251", "60787.9");
    assert_close(translated(&half).sky_angle_deg.value, 102.79926387330579 - 180.0, 1e-12);
    assert_close(translated(&whole).sky_angle_deg.value, 102.79926387330579, 0.0);
    struct cards program = lsstcam_header("20250416", "5", "60781.9"),
                 other = lsstcam_header("20250419", "5", "60784.9");
    set(&program, "PROGRAM", "BLOCK-417");
    set(&other, "PROGRAM", "BLOCK-417");
    assert_string_equal(translated(&program).science_program, "BLOCK-T417");
    assert_string_equal(translated(&other).science_program, "BLOCK-417");
}

static void an_observing_day_of_the_laboratory_begins_at_local_midnight(void **state)
{
    (void)state;
    struct cards summer = lsstcam_header("20230706", "5", "60131.9"),
                 winter = lsstcam_header("20231206", "5", "60284.9");
    assert_int_equal(translated(&summer).day_obs_span.begin_ns, INT64_C(1688626800000000000));
    assert_int_equal(translated(&summer).day_obs_span.end_ns, INT64_C(1688713200000000000));
    assert_int_equal(translated(&winter).day_obs_span.begin_ns % INT64_C(86400000000000),
                     INT64_C(28800000000000));
    assert_int_equal(translated(&summer).can_see_sky, CB_NO); /* not on the mountain */
}

static struct cards latiss_header(const char *begin_mjd)
{
    struct cards cards = real_header();
    set(&cards, "INSTRUME", "LATISS");
    set(&cards, "TELESCOP", "LSST AuxTelescope");
    set(&cards, "OBSID", "AT_O_20230705_000379");
    set(&cards, "DAYOBS", "20230705");
    set(&cards, "SEQNUM", "379");
    set(&cards, "MJD-BEG", begin_mjd);
    set(&cards, "DATE-END", "null");
    set(&cards, "FILTER", "SDSSr_65mm");
    set(&cards, "GRATING", "empty_1");
    return cards;
}

static void latiss_joins_filter_and_grating(void **state)
{
    (void)state;
    struct cards cards = latiss_header("60131.2");
    struct cb_exposure_record r = translated(&cards);
    assert_int_equal(r.id, INT64_C(2023070500379));
    assert_string_equal(r.physical_filter, "SDSSr_65mm~empty");
    assert_string_equal(r.detector.full_name, "RXX_S00");
    assert_string_equal(r.detector.raft, "");
    assert_false(r.serial_differs);
    set(&cards, "FILTER", "EMPTY_2");
    set(&cards, "GRATING", "holo4_003");
    assert_string_equal(translated(&cards).physical_filter, "empty~holo4_003");
    drop(&cards, "FILTER");
    drop(&cards, "GRATING");
    assert_string_equal(translated(&cards).physical_filter, "unknown~unknown");
}

static void latiss_types_and_times_are_its_own(void **state)
{
    (void)state;
    struct cards cards = latiss_header("60131.2");
    set(&cards, "OBSTYPE", "FLAT");
    assert_string_equal(translated(&cards).observation_type, "flat");
    drop(&cards, "OBSTYPE");
    assert_string_equal(translated(&cards).observation_type, "science");
    drop(&cards, "IMGTYPE");
    assert_string_equal(translated(&cards).observation_type, "unknown");
    set(&cards, "EXPTIME", "0.0");
    assert_string_equal(translated(&cards).observation_type, "bias");
    drop(&cards, "EXPTIME");
    assert_close(translated(&cards).exposure_time_s, -1.0, 0.0);
    set(&cards, "IMGTYPE", "SKYEXP");
    assert_string_equal(translated(&cards).observation_type, "science");
    set(&cards, "PROGRAM", "null");
    set(&cards, "RUNNUM", "'13550'"); /* of the laboratory's */
    assert_string_equal(translated(&cards).science_program, "unknown");
    set(&cards, "SHUTTIME", "0.0");
    assert_int_equal(translated(&cards).can_see_sky, CB_NO);
    struct cards dark = latiss_header("60131.2");
    set(&dark, "DARKTIME", "3.0");
    assert_close(translated(&dark).dark_time_s.value, 30.0, 0.0);
    struct cards early = latiss_header("58788.2"); /* 2019-11-01 */
    set(&early, "IMGTYPE", "''");
    set(&early, "GROUPID", "'FLAT_r'");
    struct cb_exposure_record r = translated(&early);
    assert_string_equal(r.observation_type, "flat");
    assert_string_equal(r.group, "FLAT_r");
    set(&early, "GROUPID", "'BIAS'");
    assert_string_equal(translated(&early).group, "2023070500379");
}

static void fk5_differs_from_icrs_by_milliarcseconds(void **state)
{
    (void)state;
    struct cards cards = real_header();
    set(&cards, "RADESYS", "FK5");
    struct cb_exposure_record r = translated(&cards);
    assert_close(r.tracking_ra_deg.value, 53.312407782266014, 2e-5);
    assert_true(r.tracking_ra_deg.value != 53.312407782266014);
    set(&cards, "RADESYS", "FK4");
    assert_false(translated(&cards).tracking_ra_deg.known);
}

int main(void)
{
    const struct CMUnitTest translate[] = {
        cmocka_unit_test(a_real_exposure_becomes_its_record),
        cmocka_unit_test(exposures_are_numbered),
        cmocka_unit_test(detectors_of_exposures_are_numbered),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(odd_values_are_refused),
        cmocka_unit_test(times_follow_their_scale),
        cmocka_unit_test(a_time_between_two_nanoseconds_becomes_the_even_one),
        cmocka_unit_test(a_sequence_is_counted_from_both_its_indices),
        cmocka_unit_test(a_text_that_is_empty_is_not_a_missing_one),
        cmocka_unit_test(only_the_word_sky_means_an_angle_on_the_sky),
        cmocka_unit_test(the_airmass_of_a_simulated_calibration_tells_nothing),
        cmocka_unit_test(pointing_depends_on_the_type),
        cmocka_unit_test(the_sky_is_seen_through_an_open_shutter),
        cmocka_unit_test(a_simulated_component_marks_the_exposure),
        cmocka_unit_test(comcam_filters_are_repaired),
        cmocka_unit_test(comcam_serials_and_angles_are_repaired),
        cmocka_unit_test(a_correction_file_wins_over_the_header),
        cmocka_unit_test(lsstcam_headers_are_repaired_inside_their_ranges_only),
        cmocka_unit_test(an_observing_day_of_the_laboratory_begins_at_local_midnight),
        cmocka_unit_test(latiss_joins_filter_and_grating),
        cmocka_unit_test(latiss_types_and_times_are_its_own),
        cmocka_unit_test(fk5_differs_from_icrs_by_milliarcseconds),
    };
    return cmocka_run_group_tests_name("raw headers", translate, NULL, NULL);
}
