/* From a direction in the sky over a place to one among the stars. */
#include "domain/celestial.h"

#include "base/tai.h"

#include <math.h>
#include <stddef.h>

#define RADIANS (M_PI / 180.0)
#define ARCSEC (RADIANS / 3600.0)
#define DAYS_1970_TO_J2000 10957.5 /* 2000-01-01T12:00 */
#define DAYS_PER_CENTURY 36525.0
#define TT_MINUS_TAI_S 32.184
#define ABERRATION (20.49552 * ARCSEC)       /* of the Earth's orbit */
#define DIURNAL_ABERRATION (0.3199 * ARCSEC) /* of its rotation, at the equator */
#define EQUATOR_M 6378137.0
#define FLATTENING (1.0 / 298.257223563)

struct vector {
    double x, y, z;
};

bool cb_place_from_geocentric(double x_m, double y_m, double z_m, struct cb_place *ret_place)
{
    const double e2 = FLATTENING * (2.0 - FLATTENING);
    double axis_m = hypot(x_m, y_m), distance_m = hypot(axis_m, z_m);
    if (!(fabs(distance_m - EQUATOR_M) < 50e3))
        return false;
    double latitude = atan2(z_m, axis_m * (1.0 - e2));
    for (int i = 0; i < 4; i++) {
        double sine = sin(latitude), curvature_m = EQUATOR_M / sqrt(1.0 - e2 * sine * sine);
        latitude = atan2(z_m + e2 * curvature_m * sine, axis_m);
    }
    *ret_place = (struct cb_place){ atan2(y_m, x_m) / RADIANS, latitude / RADIANS };
    return true;
}

double cb_ut1_minus_utc_s(int64_t tai_ns)
{
    /* on the first of January, April, July, October; IERS bulletins */
    static const double quarters[] = {
        0.216,  0.134,  0.071,  0.048,  /* 2018 */
        -0.036, -0.119, -0.174, -0.154, /* 2019 */
        -0.177, -0.225, -0.240, -0.173, /* 2020 */
        -0.175, -0.174, -0.167, -0.105, /* 2021 */
        -0.111, -0.100, -0.069, -0.005, /* 2022 */
        -0.020, -0.024, -0.036, 0.012,  /* 2023 */
        0.009,  -0.014, -0.004, 0.059,  /* 2024 */
        0.046,  0.037,  0.043,  0.093,  /* 2025 */
    };
    const size_t n = sizeof quarters / sizeof quarters[0];
    const double last = (double)(n - 1);
    int64_t first_day = 0;
    (void)cb_days_from_date(2018, 1, 1, &first_day);
    double at = ((double)tai_ns / (double)CB_NS_PER_DAY - (double)first_day) / (365.25 / 4.0);
    at = at < 0.0 ? 0.0 : at > last ? last : at;
    size_t before = at >= last ? n - 2 : (size_t)at;
    double part = at - (double)before;
    return quarters[before] * (1.0 - part) + quarters[before + 1] * part;
}

static struct vector direction(double longitude, double latitude)
{
    return (struct vector){ cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude) };
}

static double centuries_of(int64_t tai_ns)
{
    double days = (double)tai_ns / (double)CB_NS_PER_DAY + TT_MINUS_TAI_S / 86400.0;
    return (days - DAYS_1970_TO_J2000) / DAYS_PER_CENTURY;
}

/* The Earth's rotation angle. */
static double rotation_of(int64_t tai_ns)
{
    int64_t utc_ns = cb_utc_from_tai(tai_ns), days = utc_ns / CB_NS_PER_DAY;
    double seconds = (double)(utc_ns % CB_NS_PER_DAY) / 1e9 + cb_ut1_minus_utc_s(tai_ns);
    double whole = (double)days - DAYS_1970_TO_J2000, part = seconds / 86400.0;
    double turns = 0.7790572732640 + 0.00273781191135448 * (whole + part) + fmod(whole, 1.0) + part;
    return 2.0 * M_PI * fmod(turns, 1.0);
}

/* The celestial intermediate pole's x and y, radians: polynomial of precession and the largest terms of
 * nutation. */
static void pole_of(double t, double *ret_x, double *ret_y)
{
    static const struct {
        double l, lp, f, d, node; /* multiples of the fundamental arguments */
        double x_sin, y_cos;      /* arcsec */
    } terms[] = {
        { 0, 0, 0, 0, 1, -6.844318, 9.205236 },  { 0, 0, 2, -2, 2, -0.523908, 0.573033 },
        { 0, 0, 2, 0, 2, -0.090552, 0.097847 },  { 0, 0, 0, 0, 2, 0.082169, -0.089618 },
        { 0, 1, 0, 0, 0, 0.058707, 0.007387 },   { 1, 0, 0, 0, 0, 0.028288, -0.000675 },
        { 0, 1, 2, -2, 2, -0.020558, 0.022438 }, { 0, 0, 2, 0, 1, -0.015407, 0.020070 },
        { 1, 0, 2, 0, 2, -0.011992, 0.012902 },  { 0, -1, 2, -2, 2, 0.008585, -0.009593 },
    };
    double l = (134.96340251 + 477198.8675605 * t) * RADIANS,
           lp = (357.52910918 + 35999.0502911 * t) * RADIANS;
    double f = (93.27209062 + 483202.0174577 * t) * RADIANS,
           d = (297.85019547 + 445267.1114469 * t) * RADIANS;
    double node = (125.04455501 - 1934.1362891 * t) * RADIANS;
    double x = -0.016617 + (2004.191898 + (-0.4297829 - 0.19861834 * t) * t) * t;
    double y = -0.006951 + (-0.025896 - 22.4072747 * t) * t;
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        double angle =
            terms[i].l * l + terms[i].lp * lp + terms[i].f * f + terms[i].d * d + terms[i].node * node;
        x += terms[i].x_sin * sin(angle);
        y += terms[i].y_cos * cos(angle);
    }
    *ret_x = x * ARCSEC;
    *ret_y = y * ARCSEC;
}

/* From the intermediate equator and origin of date to those of the ICRS. */
static struct vector to_icrs_axes(struct vector v, double t)
{
    double x, y;
    pole_of(t, &x, &y);
    double a = 1.0 / (1.0 + sqrt(1.0 - x * x - y * y)), s = -x * y / 2.0;
    struct vector turned = { cos(s) * v.x + sin(s) * v.y, -sin(s) * v.x + cos(s) * v.y, v.z };
    return (struct vector){ (1.0 - a * x * x) * turned.x - a * x * y * turned.y + x * turned.z,
                            -a * x * y * turned.x + (1.0 - a * y * y) * turned.y + y * turned.z,
                            -x * turned.x - y * turned.y + (1.0 - a * (x * x + y * y)) * turned.z };
}

/* The velocity of the Earth on its way round the Sun, in units of that of light, ICRS axes. */
static struct vector orbit_velocity(double t)
{
    double anomaly = (357.52911 + 35999.05029 * t) * RADIANS, e = 0.016708634 - 0.000042037 * t;
    double centre = 1.914602 * sin(anomaly) + 0.019993 * sin(2.0 * anomaly) + 0.000289 * sin(3.0 * anomaly);
    double sun = (280.46646 + 36000.76983 * t + centre - 1.396971 * t) * RADIANS; /* equinox of 2000 */
    double earth = sun + M_PI, perihelion = (102.93735 + 0.32327 * t) * RADIANS, tilt = 23.4392911 * RADIANS;
    double along_x = -ABERRATION * (sin(earth) + e * sin(perihelion));
    double along_y = ABERRATION * (cos(earth) + e * cos(perihelion));
    return (struct vector){ along_x, along_y * cos(tilt), along_y * sin(tilt) };
}

void cb_icrs_of_altaz(double altitude_deg, double azimuth_deg, int64_t tai_ns, struct cb_place place,
                      double *ret_ra_deg, double *ret_dec_deg)
{
    double altitude = altitude_deg * RADIANS, azimuth = azimuth_deg * RADIANS, t = centuries_of(tai_ns);
    double latitude = place.latitude_deg * RADIANS;
    double meridian = rotation_of(tai_ns) + place.longitude_deg * RADIANS;
    double north = cos(altitude) * cos(azimuth), east = cos(altitude) * sin(azimuth), up = sin(altitude);
    double hour_angle = atan2(-east, up * cos(latitude) - north * sin(latitude));
    double declination = asin(up * sin(latitude) + north * cos(latitude));
    struct vector seen = direction(meridian - hour_angle, declination);
    seen.x += DIURNAL_ABERRATION * cos(latitude) * sin(meridian);
    seen.y -= DIURNAL_ABERRATION * cos(latitude) * cos(meridian);
    struct vector star = to_icrs_axes(seen, t), velocity = orbit_velocity(t);
    star = (struct vector){ star.x - velocity.x, star.y - velocity.y, star.z - velocity.z };
    double ra = atan2(star.y, star.x) / RADIANS;
    *ret_ra_deg = ra < 0.0 ? ra + 360.0 : ra;
    *ret_dec_deg = atan2(star.z, hypot(star.x, star.y)) / RADIANS;
}
