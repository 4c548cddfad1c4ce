/* From alt-az to ICRS, beside what astropy 8 makes of the same (its IERS table, no refraction). */
#include "domain/celestial.h"

#include "support/spec.h"

#include <math.h>

#define ARCSEC_DEG (1.0 / 3600.0)

static void directions_are_astropys_within_an_arcsecond(void **state)
{
    (void)state;
    static const struct cb_place simonyi = { -70.749417, -30.244639 };
    static const struct {
        int64_t tai_ns;
        double altitude_deg, azimuth_deg, ra_deg, dec_deg;
    } cases[] = {
        { INT64_C(1520211723000000000), 15.5, 10.0, 120.3100246, 43.3034465 },
        { INT64_C(1579650064593000000), 79.99, -90.0, 33.4014905, -29.8248885 },
        { INT64_C(1626350400000000000), 45.0, 135.0, 96.8619638, -51.9970976 },
        { INT64_C(1698733830500000000), 60.0, 300.25, 39.4690320, -12.7320355 },
        { INT64_C(1746057600000000000), 5.0, 200.0, 8.6817890, -58.6364537 },
        { INT64_C(1763716149000000000), 89.5, 77.0, 127.3051277, -30.0484700 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double ra = 0.0, dec = 0.0;
        cb_icrs_of_altaz(cases[i].altitude_deg, cases[i].azimuth_deg, cases[i].tai_ns, simonyi, &ra, &dec);
        assert_close((ra - cases[i].ra_deg) * cos(dec * M_PI / 180.0), 0.0, ARCSEC_DEG);
        assert_close(dec, cases[i].dec_deg, ARCSEC_DEG);
    }
}

static void a_place_is_found_from_its_coordinates(void **state)
{
    (void)state;
    struct cb_place place = { 0.0, 0.0 };
    assert_true(cb_place_from_geocentric(1818938.94, -5208470.95, -3195172.08, &place));
    assert_close(place.longitude_deg, -70.74941702851646, 1e-9);
    assert_close(place.latitude_deg, -30.2446389756252, 1e-9);
    assert_false(cb_place_from_geocentric(0.0, 0.0, 0.0, &place));
    assert_false(cb_place_from_geocentric(NAN, 1.0, 1.0, &place));
    assert_close(place.latitude_deg, -30.2446389756252, 1e-9);
}

static void the_earths_clock_is_held_beyond_its_table(void **state)
{
    (void)state;
    assert_close(cb_ut1_minus_utc_s(INT64_C(1514764837000000000)), 0.216, 1e-6);  /* 2018-01-01 */
    assert_close(cb_ut1_minus_utc_s(INT64_C(1587945600000000000)), -0.229, 0.01); /* 2020-04-27 */
    assert_close(cb_ut1_minus_utc_s(0), 0.216, 0.0);
    assert_close(cb_ut1_minus_utc_s(INT64_C(4000000000000000000)), 0.093, 0.0);
}

int main(void)
{
    const struct CMUnitTest celestial[] = {
        cmocka_unit_test(directions_are_astropys_within_an_arcsecond),
        cmocka_unit_test(a_place_is_found_from_its_coordinates),
        cmocka_unit_test(the_earths_clock_is_held_beyond_its_table),
    };
    return cmocka_run_group_tests_name("celestial directions", celestial, NULL, NULL);
}
