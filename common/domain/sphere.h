/* Vectors and arcs on the unit sphere: the ground that regions stand on. Angles are radians; longitudes lie
 * in [0, 2 pi]. Bounds of rounding errors are those of sphgeom, whose answers about regions are to be met bit
 * by bit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CB_SPHERE_PI 3.14159265358979323846
#define CB_SPHERE_RADIANS_PER_DEGREE 0.0174532925199432957692369076849
/* Of an angle that comes from asin, radians. */
#define CB_SPHERE_ANGLE_ERROR 1.5e-8
/* Of the squared chord between two unit vectors. */
#define CB_SPHERE_CHORD2_ERROR 2.5e-15

struct cb_vector {
    double x, y, z;
};

struct cb_vector cb_vector_sum(struct cb_vector a, struct cb_vector b);
struct cb_vector cb_vector_difference(struct cb_vector a, struct cb_vector b);
struct cb_vector cb_vector_opposite(struct cb_vector a);
struct cb_vector cb_vector_cross(struct cb_vector a, struct cb_vector b);
double cb_vector_dot(struct cb_vector a, struct cb_vector b);
bool cb_vector_equal(struct cb_vector a, struct cb_vector b);
/* In the same direction, of length 1; the zero vector stays. */
struct cb_vector cb_vector_unit(struct cb_vector a);
/* A multiple of the cross product, accurate also for nearly equal unit vectors. */
struct cb_vector cb_vector_normal(struct cb_vector a, struct cb_vector b);

struct cb_vector cb_sphere_vector(double longitude, double latitude);
double cb_sphere_longitude(struct cb_vector a);
double cb_sphere_latitude(struct cb_vector a);
/* An angle brought into [0, 2 pi]; 2 pi stays. */
double cb_sphere_normalized(double angle);
/* Between two vectors, in [0, pi]. */
double cb_sphere_angle(struct cb_vector a, struct cb_vector b);

/* Of two unit vectors: |a - b| squared. */
double cb_chord2(struct cb_vector a, struct cb_vector b);
/* Of an angle: -1 when it is negative, 4 from pi on. */
double cb_chord2_of_angle(double angle);
/* The squared chord from v to the nearest point of the arc from a to b when that lies in its interior, else
 * 4; normal: cb_vector_normal(a, b), or any multiple of it. */
double cb_chord2_nearest(struct cb_vector v, struct cb_vector a, struct cb_vector b, struct cb_vector normal);
/* To the farthest point, else 0. */
double cb_chord2_farthest(struct cb_vector v, struct cb_vector a, struct cb_vector b,
                          struct cb_vector normal);

/* 1 when a, b, c lie counter-clockwise seen from outside, -1 clockwise, 0 on one great circle. Exact. */
int cb_sphere_turn(struct cb_vector a, struct cb_vector b, struct cb_vector c);
