/* From a direction in the sky over a place to one among the stars. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A place on the Earth (WGS84). */
struct cb_place {
    double longitude_deg; /* east */
    double latitude_deg;
};

/* From geocentric coordinates in metres. False when they are no place near the Earth's surface. */
bool cb_place_from_geocentric(double x_m, double y_m, double z_m, struct cb_place *ret_place);

/* UT1 - UTC in seconds at a time (TAI ns): quarterly values of the Earth's observed rotation since 2018, to
 * 0.02 s; beyond them the nearest. */
double cb_ut1_minus_utc_s(int64_t tai_ns);

/*
 * The ICRS direction that is seen at an altitude and azimuth (from north through east), without refraction.
 *
 * Precession and nutation by the leading terms of IAU 2006/2000A, aberration by the Earth's orbit and
 * rotation; left out are polar motion and the bending of light by the Sun. Agrees with astropy's AltAz to
 * ICRS within 1 arcsec for 2018 to 2026.
 *
 * Source    IERS Conventions 2010, chapter 5
 */
void cb_icrs_of_altaz(double altitude_deg, double azimuth_deg, int64_t tai_ns, struct cb_place place,
                      double *ret_ra_deg, double *ret_dec_deg);
