/* The cameras' records, detectors and filters (instruments.md 1, generation.md 14.3). */
#include "domain/instrument.h"

#include "base/cleanup.h"
#include "support/spec.h"

#include <string.h>

static size_t count_band(const struct cb_physical_filter *filters, size_t count, const char *band)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(filters[i].band, band) == 0 ? 1 : 0;
    return found;
}

static void each_camera_registers_its_filters(void **state)
{
    (void)state;
    static const size_t expected[CB_CAMERA_COUNT] = { 707, 15, 15, 276 };
    for (size_t c = 0; c < CB_CAMERA_COUNT; c++) {
        struct cb_physical_filter *all = NULL;
        size_t count = cb_instrument_filters(cb_instrument_at((enum cb_camera)c), &all);
        cb_auto(cb_free) struct cb_physical_filter *filters = all;
        assert_int_equal(count, expected[c]);
        for (size_t i = 0; i < count; i++)
            for (size_t j = i + 1; j < count; j++)
                assert_string_not_equal(filters[i].name, filters[j].name);
    }
}

static void latiss_bands_are_counted_as_upstream_counts_them(void **state)
{
    (void)state;
    static const struct {
        const char *band;
        size_t count;
    } bands[] = { { "g", 225 }, { "r", 141 }, { "white", 112 },  { "z", 57 },     { "i", 57 },
                  { "u", 29 },  { "y", 29 },  { "unknown", 28 }, { "notch", 28 }, { "diffuser", 1 } };
    struct cb_physical_filter *all = NULL;
    size_t count = cb_instrument_filters(cb_instrument_at(CB_CAMERA_LATISS), &all);
    cb_auto(cb_free) struct cb_physical_filter *filters = all;
    for (size_t i = 0; i < sizeof bands / sizeof bands[0]; i++)
        assert_int_equal(count_band(filters, count, bands[i].band), bands[i].count);
}

static void a_filter_has_a_band(void **state)
{
    (void)state;
    static const struct {
        enum cb_camera camera;
        const char *filter, *band;
    } cases[] = {
        { CB_CAMERA_LSSTCOMCAM, "r_03", "r" },
        { CB_CAMERA_LSSTCOMCAM, "pinhole", "white" },
        { CB_CAMERA_LSSTCOMCAM, "OG590_2_5mm", "OG590" },
        { CB_CAMERA_LSSTCOMCAMSIM, "u_06", "u" },
        { CB_CAMERA_LSSTCAM, "y_10", "y" },
        { CB_CAMERA_LSSTCAM, "SDSSY~ND_OD0.01", "y~nd" },
        { CB_CAMERA_LSSTCAM, "ND_OD4.0", "white~nd" },
        { CB_CAMERA_LSSTCAM, "ph_5~nm850", "z" },
        { CB_CAMERA_LSSTCAM, "i_39~nm750", "i" },
        { CB_CAMERA_LSSTCAM, "u_24~LOW", "u" },
        { CB_CAMERA_LSSTCAM, "spot~ND_OD0.1", "spot~nd" },
        { CB_CAMERA_LATISS, "SDSSr_65mm~empty", "r" },
        { CB_CAMERA_LATISS, "empty~SDSSy_65mm", "y" },
        { CB_CAMERA_LATISS, "KPNO_1111_436nm~pinhole_2_4_0100", "g" },
        { CB_CAMERA_LATISS, "empty~holo4_003", "white" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char band[CB_FILTER_NAME_SIZE];
        assert_true(cb_instrument_band(cb_instrument_at(cases[i].camera), cases[i].filter, band, NULL));
        assert_string_equal(band, cases[i].band);
    }
    char band[CB_FILTER_NAME_SIZE];
    struct cb_error err = { 0 };
    assert_false(cb_instrument_band(cb_instrument_at(CB_CAMERA_LSSTCOMCAM), "g", band, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    assert_false(cb_instrument_band(cb_instrument_at(CB_CAMERA_LSSTCAM), "u_24~red", band, NULL));
    assert_false(cb_instrument_band(cb_instrument_at(CB_CAMERA_LATISS), "diffuser~empty", band, NULL));
}

static void records_are_those_of_registration(void **state)
{
    (void)state;
    const struct cb_instrument *comcam = cb_instrument_find("LSSTComCam");
    assert_non_null(comcam);
    assert_string_equal(comcam->class_name, "lsst.obs.lsst.LsstComCam");
    assert_int_equal(comcam->exposure_max, INT64_C(7050123199999));
    assert_int_equal(comcam->visit_system, 2);
    assert_int_equal(comcam->detector_max, 1000);
    assert_int_equal(cb_instrument_find("LATISS")->detector_max, 1);
    assert_ptr_equal(cb_instrument_find_class("lsst.obs.lsst.LsstCam"), cb_instrument_at(CB_CAMERA_LSSTCAM));
    assert_null(cb_instrument_find("lsstcomcam"));
}

static void detectors_have_number_name_and_serial(void **state)
{
    (void)state;
    static const struct {
        enum cb_camera camera;
        int id;
        const char *name, *raft, *slot, *purpose, *vendor, *serial;
    } cases[] = {
        { CB_CAMERA_LSSTCOMCAM, 0, "R22_S00", "R22", "S00", "SCIENCE", "ITL", "ITL-3800C-229" },
        { CB_CAMERA_LSSTCOMCAM, 5, "R22_S12", "R22", "S12", "SCIENCE", "ITL", "ITL-3800C-243" },
        { CB_CAMERA_LSSTCOMCAMSIM, 8, "R22_S22", "R22", "S22", "SCIENCE", "ITL", "ITL-3800C-206" },
        { CB_CAMERA_LATISS, 0, "RXX_S00", "", "RXX_S00", "SCIENCE", "ITL", "ITL-3800C-068" },
        { CB_CAMERA_LSSTCAM, 0, "R01_S00", "R01", "S00", "SCIENCE", "ITL", "ITL-3800C-083" },
        { CB_CAMERA_LSSTCAM, 94, "R22_S11", "R22", "S11", "SCIENCE", "E2V", NULL },
        { CB_CAMERA_LSSTCAM, 162, "R41_S00", "R41", "S00", "SCIENCE", "ITL", NULL },
        { CB_CAMERA_LSSTCAM, 188, "R43_S22", "R43", "S22", "SCIENCE", "ITL", "ITL-3800C-076" },
        { CB_CAMERA_LSSTCAM, 190, "R00_SG1", "R00", "SG1", "GUIDER", "ITL", "ITL-3800C-337" },
        { CB_CAMERA_LSSTCAM, 204, "R44_SW1", "R44", "SW1", "WAVEFRONT", "ITL", "ITL-4400B-007" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cb_instrument *camera = cb_instrument_at(cases[i].camera);
        struct cb_detector detector, named;
        assert_true(cb_instrument_detector(camera, cases[i].id, &detector, NULL));
        assert_string_equal(detector.full_name, cases[i].name);
        assert_string_equal(detector.raft, cases[i].raft);
        assert_string_equal(detector.name_in_raft, cases[i].slot);
        assert_string_equal(detector.purpose, cases[i].purpose);
        assert_string_equal(detector.vendor, cases[i].vendor);
        if (cases[i].serial != NULL)
            assert_string_equal(detector.serial, cases[i].serial);
        assert_true(cb_instrument_detector_named(camera, cases[i].name, &named, NULL));
        assert_int_equal(named.id, cases[i].id);
    }
}

static void there_are_72_science_detectors_of_itl_and_117_of_e2v(void **state)
{
    (void)state;
    size_t itl = 0, e2v = 0;
    for (int id = 0; id < 205; id++) {
        struct cb_detector detector;
        assert_true(cb_instrument_detector(cb_instrument_at(CB_CAMERA_LSSTCAM), id, &detector, NULL));
        if (strcmp(detector.purpose, "SCIENCE") != 0)
            continue;
        itl += strcmp(detector.vendor, "ITL") == 0 ? 1 : 0;
        e2v += strcmp(detector.vendor, "E2V") == 0 ? 1 : 0;
    }
    assert_int_equal(itl, 72);
    assert_int_equal(e2v, 117);
}

static void detectors_beyond_the_last_are_not_found(void **state)
{
    (void)state;
    struct cb_detector detector;
    struct cb_error err = { 0 };
    assert_false(cb_instrument_detector(cb_instrument_at(CB_CAMERA_LSSTCOMCAM), 9, &detector, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    assert_false(cb_instrument_detector(cb_instrument_at(CB_CAMERA_LSSTCOMCAM), -1, &detector, NULL));
    assert_false(
        cb_instrument_detector_named(cb_instrument_at(CB_CAMERA_LSSTCOMCAM), "R22_S33", &detector, NULL));
}

int main(void)
{
    const struct CMUnitTest instrument[] = {
        cmocka_unit_test(each_camera_registers_its_filters),
        cmocka_unit_test(latiss_bands_are_counted_as_upstream_counts_them),
        cmocka_unit_test(a_filter_has_a_band),
        cmocka_unit_test(records_are_those_of_registration),
        cmocka_unit_test(detectors_have_number_name_and_serial),
        cmocka_unit_test(there_are_72_science_detectors_of_itl_and_117_of_e2v),
        cmocka_unit_test(detectors_beyond_the_last_are_not_found),
    };
    return cmocka_run_group_tests_name("instruments", instrument, NULL, NULL);
}
