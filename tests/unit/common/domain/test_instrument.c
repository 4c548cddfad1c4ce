/* The cameras' records, detectors and filters (instruments.md 1, generation.md 14.3). */
#include "domain/instrument.h"

#include "base/cleanup.h"
#include "support/spec.h"

#include <stdio.h>
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

struct band_count {
    const char *band;
    size_t count;
};

/* No other band than these. */
static void check_bands(enum cb_camera camera, const struct band_count *bands, size_t n)
{
    struct cb_physical_filter *all = NULL;
    size_t count = cb_instrument_filters(cb_instrument_at(camera), &all), sum = 0;
    cb_auto(cb_free) struct cb_physical_filter *filters = all;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(count_band(filters, count, bands[i].band), bands[i].count);
        sum += bands[i].count;
    }
    assert_int_equal(sum, count);
}

static void bands_of_the_big_camera_and_its_commissioning_ones(void **state)
{
    (void)state;
    static const struct band_count lsstcam[] = {
        { "u", 9 },
        { "g", 10 },
        { "r", 10 },
        { "i", 10 },
        { "z", 10 },
        { "y", 11 },
        { "u~nd", 11 },
        { "g~nd", 22 },
        { "r~nd", 22 },
        { "i~nd", 22 },
        { "z~nd", 22 },
        { "y~nd", 33 },
        { "white", 12 },
        { "white~nd", 11 },
        { "unknown", 1 },
        { "grid", 1 },
        { "grid~nd", 11 },
        { "spot", 1 },
        { "spot~nd", 11 },
        { "sparsegrid", 1 },
        { "streak", 1 },
        { "streak~nd", 11 },
        { "ellipses", 1 },
        { "ellipses~nd", 11 },
        { "sparsegrid~nd", 11 },
    };
    static const struct band_count comcam[] = {
        { "white", 3 }, { "unknown", 1 }, { "OG590", 1 }, { "u", 3 }, { "g", 2 },
        { "r", 1 },     { "i", 1 },       { "z", 2 },     { "y", 1 },
    };
    check_bands(CB_CAMERA_LSSTCAM, lsstcam, sizeof lsstcam / sizeof lsstcam[0]);
    check_bands(CB_CAMERA_LSSTCOMCAM, comcam, sizeof comcam / sizeof comcam[0]);
    check_bands(CB_CAMERA_LSSTCOMCAMSIM, comcam, sizeof comcam / sizeof comcam[0]);
}

static void check_band(const char *filter, const char *expected)
{
    char band[CB_FILTER_NAME_SIZE];
    bool is_there = cb_instrument_band(cb_instrument_at(CB_CAMERA_LSSTCAM), filter, band, NULL);
    if (is_there != (expected != NULL) || (is_there && strcmp(band, expected) != 0))
        fail_msg("band of %s is %s, not %s", filter, is_there ? band : "none",
                 expected != NULL ? expected : "none");
}

/* Every colour of the bench alone and behind each neutral density; the densities alone. */
static void neutral_densities_stand_alone_and_with_every_colour(void **state)
{
    (void)state;
    static const char *const densities[] = { "ND_OD0.1", "ND_OD0.3", "ND_OD0.5",  "ND_OD0.7",
                                             "ND_OD1.0", "ND_OD2.0", "ND_OD0.01", "ND_OD0.05",
                                             "ND_OD0.4", "ND_OD3.0", "ND_OD4.0" };
    static const char *const colours[][2] = {
        { "SDSSu", "u" },   { "SDSSg", "g" },     { "SDSSr", "r" }, { "SDSSi", "i" }, { "SDSSz", "z" },
        { "SDSSY", "y" },   { "480nm", "g" },     { "650nm", "r" }, { "750nm", "i" }, { "870nm", "z" },
        { "950nm", "y" },   { "970nm", "y" },     { "grid", NULL }, { "spot", NULL }, { "sparsegrid", NULL },
        { "streak", NULL }, { "ellipses", NULL },
    };
    char name[80], band[80];
    for (size_t d = 0; d < sizeof densities / sizeof densities[0]; d++) {
        check_band(densities[d], "white~nd");
        for (size_t c = 0; c < sizeof colours / sizeof colours[0]; c++) {
            const char *of = colours[c][1] != NULL ? colours[c][1] : colours[c][0];
            check_band(colours[c][0], of);
            snprintf(name, sizeof name, "%s~%s", colours[c][0], densities[d]);
            snprintf(band, sizeof band, "%s~nd", of);
            check_band(name, band);
            snprintf(name, sizeof name, "%s~%s", densities[d], colours[c][0]);
            check_band(name, NULL);
        }
    }
    check_band("ND_OD0.2", NULL);
    check_band("r_57~ND_OD0.1", NULL);
    check_band("empty~ND_OD0.1", NULL);
}

/* The projector's lamps: alone; behind an open slot with the lamp's band; behind a filter with the filter's,
 * and then only the white ones and the one of its band. */
static void projector_lamps_stand_alone_and_behind_what_lets_them_through(void **state)
{
    (void)state;
    static const char *const lamps[][2] = { { "HIGH", "white" }, { "LOW", "white" }, { "uv", "u" },
                                            { "blue", "g" },     { "red", "r" },     { "nm750", "i" },
                                            { "nm850", "z" },    { "nm960", "y" } };
    static const char *const open[] = { "none", "ph_5", "ef_43" };
    static const char *const filters[][2] = { { "u_24", "u" }, { "g_6", "g" },  { "r_57", "r" },
                                              { "i_39", "i" }, { "z_20", "z" }, { "y_10", "y" } };
    char name[80];
    for (size_t l = 0; l < sizeof lamps / sizeof lamps[0]; l++) {
        bool white = strcmp(lamps[l][1], "white") == 0;
        check_band(lamps[l][0], lamps[l][1]);
        snprintf(name, sizeof name, "empty~%s", lamps[l][0]);
        check_band(name, NULL);
        for (size_t o = 0; o < sizeof open / sizeof open[0]; o++) {
            snprintf(name, sizeof name, "%s~%s", open[o], lamps[l][0]);
            check_band(name, lamps[l][1]);
        }
        for (size_t f = 0; f < sizeof filters / sizeof filters[0]; f++) {
            snprintf(name, sizeof name, "%s~%s", filters[f][0], lamps[l][0]);
            check_band(name, white || strcmp(lamps[l][1], filters[f][1]) == 0 ? filters[f][1] : NULL);
        }
    }
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

/* 21 rafts of nine from R01 to R43, then two guiders and two wavefront halves in each corner. */
static void detectors_are_numbered_raft_by_raft(void **state)
{
    (void)state;
    static const struct {
        const char *raft;
        int first;
    } rafts[] = { { "R01", 0 },   { "R02", 9 },   { "R03", 18 },  { "R10", 27 },  { "R11", 36 },
                  { "R12", 45 },  { "R13", 54 },  { "R14", 63 },  { "R20", 72 },  { "R21", 81 },
                  { "R22", 90 },  { "R23", 99 },  { "R24", 108 }, { "R30", 117 }, { "R31", 126 },
                  { "R32", 135 }, { "R33", 144 }, { "R34", 153 }, { "R41", 162 }, { "R42", 171 },
                  { "R43", 180 }, { "R00", 189 }, { "R04", 193 }, { "R40", 197 }, { "R44", 201 } };
    static const char *const slots[] = { "S00", "S01", "S02", "S10", "S11", "S12", "S20", "S21", "S22" };
    static const char *const corner[][2] = {
        { "SG0", "GUIDER" }, { "SG1", "GUIDER" }, { "SW0", "WAVEFRONT" }, { "SW1", "WAVEFRONT" }
    };
    const struct cb_instrument *camera = cb_instrument_find("LSSTCam");
    size_t seen = 0;
    for (size_t r = 0; r < sizeof rafts / sizeof rafts[0]; r++) {
        bool is_corner = rafts[r].first >= 189;
        for (int s = 0; s < (is_corner ? 4 : 9); s++, seen++) {
            char name[20];
            struct cb_detector detector;
            const char *slot = is_corner ? corner[s][0] : slots[s];
            snprintf(name, sizeof name, "%s_%s", rafts[r].raft, slot);
            assert_true(cb_instrument_detector_named(camera, name, &detector, NULL));
            assert_int_equal(detector.id, rafts[r].first + s);
            assert_string_equal(detector.raft, rafts[r].raft);
            assert_string_equal(detector.name_in_raft, slot);
            assert_string_equal(detector.purpose, is_corner ? corner[s][1] : "SCIENCE");
        }
    }
    assert_int_equal(seen, camera->n_detectors);
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
        cmocka_unit_test(bands_of_the_big_camera_and_its_commissioning_ones),
        cmocka_unit_test(neutral_densities_stand_alone_and_with_every_colour),
        cmocka_unit_test(projector_lamps_stand_alone_and_behind_what_lets_them_through),
        cmocka_unit_test(detectors_are_numbered_raft_by_raft),
        cmocka_unit_test(a_filter_has_a_band),
        cmocka_unit_test(records_are_those_of_registration),
        cmocka_unit_test(detectors_have_number_name_and_serial),
        cmocka_unit_test(there_are_72_science_detectors_of_itl_and_117_of_e2v),
        cmocka_unit_test(detectors_beyond_the_last_are_not_found),
    };
    return cmocka_run_group_tests_name("instruments", instrument, NULL, NULL);
}
