/* Data IDs, deterministic dataset ids and file paths (values of butler.md 2.6, 2.7 and
 * instruments.md 2.5, 5.1). */
#include "domain/dataset_path.h"

#include "support/spec.h"

#include <string.h>

#define RUN "LSSTComCam/calib/DM-48520/DP1/x.20250207a"
#define RUN_ "LSSTComCam_calib_DM-48520_DP1_x_20250207a"
#define DETECTORS (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR))

static struct cb_data_id exposure_id(void)
{
    struct cb_data_id id = { 0 };
    assert_true(cb_data_id_assign(&id, "instrument=LSSTComCam", NULL));
    assert_true(cb_data_id_assign(&id, "detector=3", NULL));
    assert_true(cb_data_id_assign(&id, "exposure=2024120800690", NULL));
    assert_true(cb_data_id_assign(&id, "physical_filter=g_01", NULL));
    assert_true(cb_data_id_assign(&id, "band=g", NULL));
    assert_true(cb_data_id_assign(&id, "day_obs=20241208", NULL));
    return id;
}

static const char *path_of(const char *run, const char *type, uint32_t dimensions,
                           const struct cb_data_id *id, const char *extension)
{
    static char text[CB_DATASET_PATH_SIZE];
    struct cb_error err = { 0 };
    struct cb_dataset_path path = { .run = run,
                                    .dataset_type = type,
                                    .dimensions = dimensions,
                                    .id = id,
                                    .obs_id = "CC_O_20241208_000690",
                                    .detector_name = "R22_S10",
                                    .extension = extension };
    if (!cb_dataset_path_format(&path, text, &err))
        fail_msg("%s", err.text);
    return text;
}

static void paths_are_those_the_butler_writes(void **state)
{
    (void)state;
    struct cb_data_id id = exposure_id(), flat = exposure_id();
    const uint32_t exposures = DETECTORS | CB_DIM(CB_EXPOSURE);
    memcpy(flat.physical_filter, "r_03", 5);
    memcpy(flat.band, "r", 2);
    assert_string_equal(path_of(RUN, "bias", DETECTORS, &id, ".fits"),
                        RUN "/bias/bias_LSSTComCam_R22_S10_" RUN_ ".fits");
    assert_string_equal(path_of(RUN, "flat", DETECTORS | CB_DIM(CB_PHYSICAL_FILTER), &flat, ".fits"),
                        RUN "/flat/r/r_03/flat_LSSTComCam_r_r_03_R22_S10_" RUN_ ".fits");
    assert_string_equal(path_of("LSSTComCam/raw/all", "raw", exposures, &id, ".fits"),
                        "LSSTComCam/raw/all/raw/20241208/CC_O_20241208_000690/"
                        "raw_LSSTComCam_g_01_CC_O_20241208_000690_R22_S10_LSSTComCam_raw_all.fits");
    assert_string_equal(path_of(RUN, "verifyBiasDetStats", exposures, &id, ".yaml"),
                        RUN "/verifyBiasDetStats/20241208/CC_O_20241208_000690/"
                            "verifyBiasDetStats_LSSTComCam_g_01_CC_O_20241208_000690_R22_S10_" RUN_ ".yaml");
    assert_string_equal(path_of(RUN, "verifyBiasStats", CB_DIM(CB_INSTRUMENT), &id, ".yaml"),
                        RUN "/verifyBiasStats/verifyBiasStats_LSSTComCam_" RUN_ ".yaml");
}

static void other_dimensions_and_odd_characters_have_their_place(void **state)
{
    (void)state;
    struct cb_data_id catalogue = { 0 }, id = exposure_id();
    cb_data_id_set_number(&catalogue, CB_HTM7, 147175);
    assert_string_equal(path_of("refcats/DM-49042/the_monster_20250219", "the_monster_20250219",
                                CB_DIM(CB_HTM7), &catalogue, ".fits"),
                        "refcats/DM-49042/the_monster_20250219/the_monster_20250219/"
                        "the_monster_20250219_147175_refcats_DM-49042_the_monster_20250219.fits");
    assert_true(cb_data_id_set(&id, CB_PHYSICAL_FILTER, "a b/c.d#e:f~g", NULL));
    assert_string_equal(path_of("u/x//y", "flat", DETECTORS | CB_DIM(CB_PHYSICAL_FILTER), &id, ".fits"),
                        "u/x/y/flat/g/a_b_c.d#e_f~g/flat_LSSTComCam_g_a_b_c_dHASHe_f~g_R22_S10_u_x__y.fits");
}

static void a_missing_value_is_named(void **state)
{
    (void)state;
    struct cb_data_id id = exposure_id();
    char text[CB_DATASET_PATH_SIZE] = "kept";
    struct cb_error err = { 0 };
    struct cb_dataset_path path = { .run = RUN, .dataset_type = "bias", .dimensions = DETECTORS, .id = &id };
    assert_false(cb_dataset_path_format(&path, text, &err));
    assert_non_null(strstr(err.text, "full_name"));
    id.has &= ~CB_DIM(CB_DETECTOR);
    assert_false(cb_dataset_path_format(&path, text, &err));
    assert_non_null(strstr(err.text, "no detector"));
    assert_string_equal(text, "kept");
}

static void a_data_id_reads_as_the_butler_prints_it(void **state)
{
    (void)state;
    struct cb_data_id id = { 0 };
    cb_auto_bytes struct cb_bytes text = CB_BYTES(500);
    cb_data_id_set_number(&id, CB_DETECTOR, 3);
    assert_true(cb_data_id_set(&id, CB_INSTRUMENT, "LSSTComCam", NULL));
    cb_data_id_format(&id, &text);
    assert_string_equal(cb_bytes_text(&text), "{instrument: 'LSSTComCam', detector: 3}");
    assert_true(cb_data_id_set(&id, CB_BAND, "r", NULL));
    assert_true(cb_data_id_set(&id, CB_PHYSICAL_FILTER, "r_03", NULL));
    cb_bytes_clear(&text);
    cb_data_id_format(&id, &text);
    assert_string_equal(cb_bytes_text(&text),
                        "{instrument: 'LSSTComCam', detector: 3, physical_filter: 'r_03', band: 'r'}");
}

static void assignments_are_checked(void **state)
{
    (void)state;
    struct cb_data_id id = { 0 };
    static const char *const bad[] = { "detector",
                                       "detector=x",
                                       "detector=",
                                       "instrument=",
                                       "foo=1",
                                       "visit_definition=1",
                                       "band=123456789012345678901234567890123" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cb_data_id_assign(&id, bad[i], NULL));
    assert_int_equal(id.has, 0);
}

static const char *uuid_of(const char *run, const char *instrument, int64_t detector, int64_t exposure,
                           enum cb_dataset_id_mode mode)
{
    static char text[CB_UUID_TEXT_SIZE];
    struct cb_data_id id = { 0 };
    assert_true(cb_data_id_set(&id, CB_INSTRUMENT, instrument, NULL));
    cb_data_id_set_number(&id, CB_DETECTOR, detector);
    cb_data_id_set_number(&id, CB_EXPOSURE, exposure);
    struct cb_uuid uuid = cb_data_id_uuid(&id, DETECTORS | CB_DIM(CB_EXPOSURE), "raw", run, mode);
    cb_uuid_format(&uuid, text);
    return text;
}

static void raws_have_the_ids_the_butler_gives_them(void **state)
{
    (void)state;
    assert_string_equal(uuid_of("LSSTComCam/raw/all", "LSSTComCam", 3, 2024120800690, CB_DATASET_ID_TYPE_RUN),
                        "be986e28-b26e-51f3-b816-0d1d7185ee49");
    assert_string_equal(uuid_of("LSSTComCam/raw/all", "LSSTComCam", 3, 2024120800690, CB_DATASET_ID_TYPE),
                        "65942fc7-33e2-538e-affb-42495200495e");
    assert_string_equal(uuid_of("LSSTComCam/raw/all", "LSSTComCam", 0, 2024110800266, CB_DATASET_ID_TYPE_RUN),
                        "c9b72b48-0087-57a6-bd0c-2120836aedd4");
    assert_string_equal(uuid_of("LATISS/raw/all", "LATISS", 0, 2023070500379, CB_DATASET_ID_TYPE_RUN),
                        "3019c9a6-95c8-5ea5-a30e-2d6316b2cd9c");
}

static void data_ids_are_compared_over_dimensions(void **state)
{
    (void)state;
    struct cb_data_id a = exposure_id(), b = exposure_id();
    cb_data_id_set_number(&b, CB_EXPOSURE, 7);
    assert_true(cb_data_id_equal(&a, &b, DETECTORS));
    assert_false(cb_data_id_equal(&a, &b, DETECTORS | CB_DIM(CB_EXPOSURE)));
    b.has &= ~CB_DIM(CB_DETECTOR);
    assert_false(cb_data_id_equal(&a, &b, DETECTORS));
}

int main(void)
{
    const struct CMUnitTest paths[] = {
        cmocka_unit_test(paths_are_those_the_butler_writes),
        cmocka_unit_test(other_dimensions_and_odd_characters_have_their_place),
        cmocka_unit_test(a_missing_value_is_named),
        cmocka_unit_test(a_data_id_reads_as_the_butler_prints_it),
        cmocka_unit_test(assignments_are_checked),
        cmocka_unit_test(raws_have_the_ids_the_butler_gives_them),
        cmocka_unit_test(data_ids_are_compared_over_dimensions),
    };
    return cmocka_run_group_tests_name("data IDs and paths", paths, NULL, NULL);
}
