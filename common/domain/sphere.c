/* Vectors and arcs on the unit sphere. */
#include "domain/sphere.h"

#include <math.h>

#define HALF_PI (0.5 * CB_SPHERE_PI)
#define TWO_PI (2 * CB_SPHERE_PI)

struct cb_vector cb_vector_sum(struct cb_vector a, struct cb_vector b)
{
    return (struct cb_vector){ a.x + b.x, a.y + b.y, a.z + b.z };
}

struct cb_vector cb_vector_difference(struct cb_vector a, struct cb_vector b)
{
    return (struct cb_vector){ a.x - b.x, a.y - b.y, a.z - b.z };
}

struct cb_vector cb_vector_opposite(struct cb_vector a)
{
    return (struct cb_vector){ -a.x, -a.y, -a.z };
}

struct cb_vector cb_vector_cross(struct cb_vector a, struct cb_vector b)
{
    return (struct cb_vector){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x };
}

double cb_vector_dot(struct cb_vector a, struct cb_vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

bool cb_vector_equal(struct cb_vector a, struct cb_vector b)
{
    return a.x == b.x && a.y == b.y && a.z == b.z;
}

/* Divided by its largest component first, so that nothing over- or underflows; the squares are added from the
 * smallest on. */
struct cb_vector cb_vector_unit(struct cb_vector a)
{
    double x = fabs(a.x), y = fabs(a.y), z = fabs(a.z);
    double largest = fmax(x, fmax(y, z));
    if (!(largest > 0))
        return a;
    struct cb_vector scaled = { a.x / largest, a.y / largest, a.z / largest };
    double squares[3] = { scaled.x * scaled.x, scaled.y * scaled.y, scaled.z * scaled.z };
    double rest = x == largest   ? squares[1] + squares[2]
                  : y == largest ? squares[0] + squares[2]
                                 : squares[0] + squares[1];
    double norm = sqrt(1.0 + rest);
    return (struct cb_vector){ scaled.x / norm, scaled.y / norm, scaled.z / norm };
}

struct cb_vector cb_vector_normal(struct cb_vector a, struct cb_vector b)
{
    return cb_vector_cross(cb_vector_sum(b, a), cb_vector_difference(b, a));
}

struct cb_vector cb_sphere_vector(double longitude, double latitude)
{
    double across = cos(latitude);
    return (struct cb_vector){ cos(longitude) * across, sin(longitude) * across, sin(latitude) };
}

double cb_sphere_longitude(struct cb_vector a)
{
    if (a.x * a.x + a.y * a.y == 0)
        return 0;
    double longitude = atan2(a.y, a.x);
    return longitude < 0 ? longitude + TWO_PI : longitude;
}

double cb_sphere_latitude(struct cb_vector a)
{
    if (a.z == 0)
        return 0;
    double latitude = atan2(a.z, sqrt(a.x * a.x + a.y * a.y));
    return fabs(latitude) > HALF_PI ? copysign(HALF_PI, latitude) : latitude;
}

double cb_sphere_normalized(double angle)
{
    if (angle < 0)
        return fmod(angle, TWO_PI) + TWO_PI;
    return angle > TWO_PI ? fmod(angle, TWO_PI) : angle;
}

double cb_sphere_angle(struct cb_vector a, struct cb_vector b)
{
    struct cb_vector normal = cb_vector_cross(a, b);
    double sine = sqrt(cb_vector_dot(normal, normal)), cosine = cb_vector_dot(a, b);
    return sine == 0 && cosine == 0 ? 0 : atan2(sine, cosine);
}

double cb_chord2(struct cb_vector a, struct cb_vector b)
{
    struct cb_vector chord = cb_vector_difference(a, b);
    return cb_vector_dot(chord, chord);
}

/* 4 sin^2 of half the angle. */
static double chord2(double angle)
{
    double sine = sin(0.5 * angle);
    return 4.0 * sine * sine;
}

double cb_chord2_of_angle(double angle)
{
    if (angle < 0)
        return -1;
    return angle >= CB_SPHERE_PI ? 4 : chord2(angle);
}

/* The point of a great circle nearest to v is v less its part along the normal n: its angle from v has the
 * sine |v.n| and the cosine |v x n|, both times |n|. It lies between a and b when v x n points away from the
 * one and towards the other. The farthest is its antipode. */
double cb_chord2_nearest(struct cb_vector v, struct cb_vector a, struct cb_vector b, struct cb_vector normal)
{
    struct cb_vector along = cb_vector_cross(v, normal);
    if (!(cb_vector_dot(along, a) > 0 && cb_vector_dot(along, b) < 0))
        return 4;
    double sine = fabs(cb_vector_dot(v, normal)), cosine = sqrt(cb_vector_dot(along, along));
    return chord2(cosine == 0 ? HALF_PI : atan(sine / cosine));
}

double cb_chord2_farthest(struct cb_vector v, struct cb_vector a, struct cb_vector b, struct cb_vector normal)
{
    struct cb_vector along = cb_vector_cross(v, normal);
    if (!(cb_vector_dot(along, a) < 0 && cb_vector_dot(along, b) > 0))
        return 0;
    double sine = fabs(cb_vector_dot(v, normal)), cosine = -sqrt(cb_vector_dot(along, along));
    return chord2(atan2(sine, cosine));
}

/* ---- the sign of a determinant ---- */

/* A sum of doubles that do not overlap, smallest first: exact as long as nothing underflows. */
struct expansion {
    double term[32];
    int n;
};

/* Add one double: what each addition rounds away stays as a term (Shewchuk 1997, GROW-EXPANSION). */
static void grow(struct expansion *e, double value)
{
    int kept = 0;
    for (int i = 0; i < e->n; i++) {
        double sum = value + e->term[i], part = sum - value;
        double lost = (value - (sum - part)) + (e->term[i] - part);
        if (lost != 0)
            e->term[kept++] = lost;
        value = sum;
    }
    if (value != 0)
        e->term[kept++] = value;
    e->n = kept;
}

/* Add a b c: fma tells what the product of two doubles rounds away. */
static void grow_by_product(struct expansion *e, double a, double b, double c)
{
    double ab = a * b, ab_lost = fma(a, b, -ab);
    const double factors[2] = { ab, ab_lost };
    for (int i = 0; i < 2; i++) {
        double product = factors[i] * c;
        grow(e, fma(factors[i], c, -product));
        grow(e, product);
    }
}

static int exact_turn(struct cb_vector a, struct cb_vector b, struct cb_vector c)
{
    struct expansion e = { .n = 0 };
    grow_by_product(&e, a.x, b.y, c.z);
    grow_by_product(&e, -a.x, b.z, c.y);
    grow_by_product(&e, a.y, b.z, c.x);
    grow_by_product(&e, -a.y, b.x, c.z);
    grow_by_product(&e, a.z, b.x, c.y);
    grow_by_product(&e, -a.z, b.y, c.x);
    if (e.n == 0)
        return 0;
    return e.term[e.n - 1] > 0 ? 1 : -1; /* the last outweighs all before it */
}

int cb_sphere_turn(struct cb_vector a, struct cb_vector b, struct cb_vector c)
{
    const double enough =
        1.7e-15; /* beyond this the rounding of unit vectors' products cannot change the sign */
    double determinant = cb_vector_dot(a, cb_vector_cross(b, c));
    if (fabs(determinant) > enough)
        return determinant > 0 ? 1 : -1;
    return exact_turn(a, b, c);
}
