/* Regions on the sphere: made, read, written. */
#include "domain/region.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "domain/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_PI (0.5 * CB_SPHERE_PI)
#define TWO_PI (2 * CB_SPHERE_PI)
#define VERTEX_BYTES 24
#define CIRCLE_BYTES 41
#define BOX_BYTES 33
#define ELLIPSE_BYTES 113
#define NESTING_MAX 16        /* unions of intersections of ... */
#define REGION_MAX (1U << 20) /* bytes of an encoding */

static const struct {
    const char *name;
    enum cb_region_kind kind;
    char first;
} classes[] = {
    { "ConvexPolygon", CB_REGION_POLYGON, 'p' },
    { "Circle", CB_REGION_CIRCLE, 'c' },
    { "Box", CB_REGION_BOX, 'b' },
    { "Ellipse", CB_REGION_ELLIPSE, 'e' },
    { "UnionRegion", CB_REGION_UNION, 'u' },
    { "IntersectionRegion", CB_REGION_INTERSECTION, 'i' },
};
#define N_CLASSES (sizeof classes / sizeof classes[0])

/* N_CLASSES: none. */
static size_t find_class(const unsigned char *bytes, size_t size)
{
    size_t i = 0;
    while (i < N_CLASSES && (size == 0 || bytes[0] != (unsigned char)classes[i].first))
        i++;
    return i;
}

const char *cb_region_class(const unsigned char *bytes, size_t size)
{
    size_t i = find_class(bytes, size);
    return i < N_CLASSES ? classes[i].name : NULL;
}

void cb_region_done(struct cb_region *region)
{
    for (size_t i = 0; region->operand != NULL && i < region->n; i++)
        cb_region_done(&region->operand[i]);
    free(region->operand);
    free(region->vertex);
    *region = (struct cb_region){ 0 };
}

/* ---- made of places ---- */

static bool take_place(double ra_deg, double dec_deg, struct cb_vector *ret_place, struct cb_error *err)
{
    double latitude = dec_deg * CB_SPHERE_RADIANS_PER_DEGREE;
    if (!isfinite(ra_deg) || !isfinite(dec_deg))
        return cb_fail(err, CB_ERR_INVALID, "a place on the sky is no number");
    if (fabs(latitude) > HALF_PI)
        return cb_fail(err, CB_ERR_INVALID, "invalid latitude angle: %.15g degrees", dec_deg);
    *ret_place = cb_sphere_vector(cb_sphere_normalized(ra_deg * CB_SPHERE_RADIANS_PER_DEGREE), latitude);
    return true;
}

bool cb_region_circle(double ra_deg, double dec_deg, double radius_deg, struct cb_region *ret_region,
                      struct cb_error *err)
{
    struct cb_vector center;
    if (!take_place(ra_deg, dec_deg, &center, err))
        return false;
    if (isnan(radius_deg))
        return cb_fail(err, CB_ERR_INVALID, "the radius of a circle is no number");
    double radius = radius_deg * CB_SPHERE_RADIANS_PER_DEGREE;
    *ret_region = (struct cb_region){ .kind = CB_REGION_CIRCLE,
                                      .circle = { center, cb_chord2_of_angle(radius), radius } };
    return true;
}

/* No latitude beyond a pole; empty in both coordinates or in none. */
static void settle_box(struct cb_box *box)
{
    if (box->south <= box->north) {
        box->south = fmax(box->south, -HALF_PI);
        box->north = fmin(box->north, HALF_PI);
    }
    if (!(box->south <= box->north)) {
        box->west = box->east = NAN;
    } else if (isnan(box->west) || isnan(box->east)) {
        box->south = 1;
        box->north = 0;
    }
}

/* One longitude and what lies within an angle of it. */
static void widen(double longitude, double half_width, struct cb_box *box)
{
    box->west = longitude - half_width;
    box->east = longitude + half_width;
    bool all = half_width >= CB_SPHERE_PI;
    if (half_width < 0)
        box->west = box->east = NAN;
    if (box->west < 0) {
        box->west += TWO_PI;
        all |= box->west <= box->east;
    }
    if (box->east > TWO_PI) {
        box->east -= TWO_PI;
        all |= box->west <= box->east;
    }
    if (all) {
        box->west = 0;
        box->east = TWO_PI;
    }
}

bool cb_region_box(double ra_deg, double dec_deg, double half_width_deg, double half_height_deg,
                   struct cb_region *ret_region, struct cb_error *err)
{
    struct cb_vector center;
    struct cb_box box;
    if (!take_place(ra_deg, dec_deg, &center, err))
        return false;
    if (isnan(half_width_deg) || isnan(half_height_deg))
        return cb_fail(err, CB_ERR_INVALID, "the size of a box is no number");
    widen(cb_sphere_normalized(ra_deg * CB_SPHERE_RADIANS_PER_DEGREE),
          half_width_deg * CB_SPHERE_RADIANS_PER_DEGREE, &box);
    double latitude = dec_deg * CB_SPHERE_RADIANS_PER_DEGREE;
    double half_height = half_height_deg * CB_SPHERE_RADIANS_PER_DEGREE;
    box.south = latitude - half_height;
    box.north = latitude + half_height;
    settle_box(&box);
    *ret_region = (struct cb_region){ .kind = CB_REGION_BOX, .box = box };
    return true;
}

bool cb_region_range(double west_deg, double east_deg, double south_deg, double north_deg,
                     struct cb_region *ret_region, struct cb_error *err)
{
    struct cb_vector corner;
    if (!take_place(west_deg, south_deg, &corner, err) || !take_place(east_deg, north_deg, &corner, err))
        return false;
    struct cb_box box = { cb_sphere_normalized(west_deg * CB_SPHERE_RADIANS_PER_DEGREE),
                          cb_sphere_normalized(east_deg * CB_SPHERE_RADIANS_PER_DEGREE),
                          south_deg * CB_SPHERE_RADIANS_PER_DEGREE,
                          north_deg * CB_SPHERE_RADIANS_PER_DEGREE };
    settle_box(&box);
    *ret_region = (struct cb_region){ .kind = CB_REGION_BOX, .box = box };
    return true;
}

/* ---- the convex hull ---- */

static bool whole_sphere(struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "The convex hull of the given point set is the entire unit sphere");
}

static bool too_few(struct cb_error *err)
{
    return cb_fail(
        err, CB_ERR_INVALID,
        "The convex hull of a point set containing less than 3 distinct, non-coplanar points is not a "
        "convex polygon");
}

/* All places so far are on the great circle through a and b, on the arc between them. Does the arc grow by v?
 */
static bool lengthen(struct cb_vector *a, struct cb_vector *b, struct cb_vector v, struct cb_error *err)
{
    if (cb_vector_equal(v, *a) || cb_vector_equal(v, *b))
        return true;
    if (cb_vector_equal(v, cb_vector_opposite(*a)) || cb_vector_equal(v, cb_vector_opposite(*b)))
        return whole_sphere(err);
    struct cb_vector pole = cb_vector_unit(cb_vector_normal(*a, *b));
    int from_a = cb_sphere_turn(pole, *a, v), to_b = cb_sphere_turn(pole, v, *b);
    int along = cb_sphere_turn(pole, *a, *b);
    if (from_a == to_b)
        return true;
    if (along == -to_b) {
        *b = v;
        return true;
    }
    if (along == -from_a) {
        *a = v;
        return true;
    }
    return whole_sphere(err);
}

/* The first three of the places that span a triangle, counter-clockwise; *ret_used of them are done with. */
static bool first_triangle(const struct cb_vector *place, size_t n, struct cb_vector ret_hull[3],
                           size_t *ret_used, struct cb_error *err)
{
    size_t i = 1;
    for (; i < n && cb_vector_equal(place[0], place[i]); i++)
        ;
    if (i == n)
        return too_few(err);
    struct cb_vector a = place[0], b = place[i];
    if (cb_vector_equal(a, cb_vector_opposite(b)))
        return whole_sphere(err);
    for (i++; i < n; i++) {
        int turn = cb_sphere_turn(a, b, place[i]);
        if (turn != 0) {
            ret_hull[0] = turn > 0 ? a : b;
            ret_hull[1] = turn > 0 ? b : a;
            ret_hull[2] = place[i];
            *ret_used = i + 1;
            return true;
        }
        if (!lengthen(&a, &b, place[i], err))
            return false;
    }
    return too_few(err);
}

/* Put a place into the hull [n], with room for one more: the edges that do not see it on their left are
 * replaced by two to it. */
static bool add_to_hull(struct cb_vector *hull, size_t *n, struct cb_vector place, struct cb_error *err)
{
    size_t count = *n, first = count, last = count, left = 0; /* vertices before and behind the edges to go */
    for (size_t j = 0; j < count; j++) {
        size_t i = (j + count - 1) % count, k = (j + 1) % count;
        bool before = cb_sphere_turn(place, hull[i], hull[j]) > 0;
        bool behind = cb_sphere_turn(place, hull[j], hull[k]) > 0;
        left += before;
        if (before && !behind)
            first = j;
        if (!before && behind)
            last = j;
    }
    if (left == count)
        return true;
    if (left == 0)
        return whole_sphere(err);
    /* kept: last, last + 1, ..., first, and then the place */
    if (first == count - 1 && last > 0) {
        memmove(hull + 1, hull + last, (count - last) * sizeof *hull);
        hull[0] = place;
        *n = count - last + 1;
    } else if (first < last) {
        size_t tail = count - last;
        memmove(hull + first + 2, hull + last, tail * sizeof *hull);
        hull[first + 1] = place;
        *n = first + 2 + tail;
    } else {
        memmove(hull, hull + last, (first - last + 1) * sizeof *hull);
        hull[first - last + 1] = place;
        *n = first - last + 2;
    }
    return true;
}

static bool make_hull(const struct cb_vector *place, size_t n, struct cb_region *ret_region,
                      struct cb_error *err)
{
    cb_auto(cb_free) struct cb_vector *hull = cb_xalloc_array(n + 4, sizeof *hull);
    size_t used = 0, count = 3;
    if (!first_triangle(place, n, hull, &used, err))
        return false;
    for (; used < n; used++)
        if (!add_to_hull(hull, &count, place[used], err))
            return false;
    *ret_region = (struct cb_region){ .kind = CB_REGION_POLYGON, .vertex = cb_steal(hull), .n = count };
    return true;
}

bool cb_region_polygon(const double (*ra_dec_deg)[2], size_t n, struct cb_region *ret_region,
                       struct cb_error *err)
{
    cb_auto(cb_free) struct cb_vector *place = cb_xalloc_array(n + 1, sizeof *place);
    for (size_t i = 0; i < n; i++)
        if (!take_place(ra_dec_deg[i][0], ra_dec_deg[i][1], &place[i], err))
            return false;
    return make_hull(place, n, ret_region, err);
}

/* ---- read ---- */

static double read_double(const unsigned char *bytes)
{
    uint64_t bits = 0;
    double value;
    for (size_t i = 0; i < 8; i++)
        bits |= (uint64_t)bytes[i] << 8 * i;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool read_vector(const unsigned char *bytes, struct cb_vector *ret_vector)
{
    *ret_vector = (struct cb_vector){ read_double(bytes), read_double(bytes + 8), read_double(bytes + 16) };
    return fabs(cb_vector_dot(*ret_vector, *ret_vector) - 1) < 1e-6;
}

static bool wrong_size(const char *class, size_t size, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "%zu bytes are no encoding of a %s", size, class);
}

static bool decode_polygon(const unsigned char *bytes, size_t size, struct cb_region *region,
                           struct cb_error *err)
{
    size_t n = (size - 1) / VERTEX_BYTES;
    if (n < 3 || size != 1 + n * VERTEX_BYTES)
        return wrong_size("ConvexPolygon", size, err);
    region->vertex = cb_xalloc_array(n, sizeof *region->vertex);
    region->n = n;
    for (size_t i = 0; i < n; i++)
        if (!read_vector(bytes + 1 + i * VERTEX_BYTES, &region->vertex[i]))
            return cb_fail(err, CB_ERR_INVALID, "vertex %zu of a convex polygon is no unit vector", i + 1);
    return true;
}

static bool decode_circle(const unsigned char *bytes, size_t size, struct cb_region *region,
                          struct cb_error *err)
{
    if (size != CIRCLE_BYTES)
        return wrong_size("Circle", size, err);
    if (!read_vector(bytes + 1, &region->circle.center))
        return cb_fail(err, CB_ERR_INVALID, "the center of a circle is no unit vector");
    region->circle.chord2 = read_double(bytes + 25);
    region->circle.radius = read_double(bytes + 33);
    return true;
}

static bool is_longitude(double angle)
{
    return angle >= 0 && angle <= TWO_PI;
}

static bool decode_box(const unsigned char *bytes, size_t size, struct cb_region *region,
                       struct cb_error *err)
{
    if (size != BOX_BYTES)
        return wrong_size("Box", size, err);
    double west = read_double(bytes + 1), east = read_double(bytes + 9);
    if ((!is_longitude(west) || !is_longitude(east)) && west > east)
        return cb_fail(err, CB_ERR_INVALID, "a box has longitudes that are none");
    bool all = (!is_longitude(west) || !is_longitude(east)) && east - west >= TWO_PI;
    region->box.west = all ? 0 : cb_sphere_normalized(west);
    region->box.east = all ? TWO_PI : cb_sphere_normalized(east);
    region->box.south = read_double(bytes + 17);
    region->box.north = read_double(bytes + 25);
    settle_box(&region->box);
    return true;
}

/* A matrix whose last row is the center, the semi-axes less pi / 2, half the angle between the foci, and
 * values that follow from these. */
static bool decode_ellipse(const unsigned char *bytes, size_t size, struct cb_region *region,
                           struct cb_error *err)
{
    if (size != ELLIPSE_BYTES)
        return wrong_size("Ellipse", size, err);
    if (!read_vector(bytes + 1 + 6 * sizeof(double), &region->circle.center))
        return cb_fail(err, CB_ERR_INVALID, "the center of an ellipse is no unit vector");
    double a = HALF_PI + read_double(bytes + 73), b = HALF_PI + read_double(bytes + 81);
    double radius = fmax(a, b) + 2 * CB_SPHERE_ANGLE_ERROR;
    region->circle.radius = radius;
    region->circle.chord2 = cb_chord2_of_angle(radius);
    region->is_hollow = a < read_double(bytes + 89);
    return true;
}

static bool decode(const unsigned char *bytes, size_t size, int nesting, struct cb_region *region,
                   struct cb_error *err);

/* Take an operand over; one of the same kind is taken apart. */
static void add_operand(struct cb_region *region, struct cb_region *operand)
{
    bool same = operand->kind == region->kind;
    size_t more = same ? operand->n : 1;
    if (more == 0)
        return;
    region->operand = cb_xrealloc_array(region->operand, region->n + more, sizeof *region->operand);
    memcpy(region->operand + region->n, same ? operand->operand : operand, more * sizeof *operand);
    region->n += more;
    if (same)
        free(operand->operand);
    *operand = (struct cb_region){ 0 };
}

static bool decode_compound(const unsigned char *bytes, size_t size, int nesting, struct cb_region *region,
                            struct cb_error *err)
{
    if (nesting == NESTING_MAX)
        return cb_fail(err, CB_ERR_INVALID, "a region is nested more than %d levels deep", NESTING_MAX);
    for (size_t at = 1; at < size;) {
        cb_auto_region operand = { 0 };
        uint64_t length = 0;
        if (size - at < 8)
            return cb_fail(err, CB_ERR_INVALID, "Encoded CompoundRegion is truncated.");
        for (size_t i = 0; i < 8; i++)
            length |= (uint64_t)bytes[at + i] << 8 * i;
        at += 8;
        if (length > size - at)
            return cb_fail(err, CB_ERR_INVALID, "Encoded CompoundRegion is truncated.");
        if (!decode(bytes + at, (size_t)length, nesting + 1, &operand, err))
            return false;
        add_operand(region, &operand);
        at += (size_t)length;
    }
    return true;
}

static bool decode(const unsigned char *bytes, size_t size, int nesting, struct cb_region *region,
                   struct cb_error *err)
{
    size_t class = find_class(bytes, size);
    if (class == N_CLASSES)
        return cb_fail(err, CB_ERR_INVALID, "no encoding of a region");
    region->kind = classes[class].kind;
    switch (region->kind) {
    case CB_REGION_POLYGON:
        return decode_polygon(bytes, size, region, err);
    case CB_REGION_CIRCLE:
        return decode_circle(bytes, size, region, err);
    case CB_REGION_BOX:
        return decode_box(bytes, size, region, err);
    case CB_REGION_ELLIPSE:
        return decode_ellipse(bytes, size, region, err);
    default:
        return decode_compound(bytes, size, nesting, region, err);
    }
}

bool cb_region_decode(const unsigned char *bytes, size_t size, struct cb_region *ret_region,
                      struct cb_error *err)
{
    cb_auto_region region = { 0 };
    if (!decode(bytes, size, 0, &region, err))
        return false;
    *ret_region = region;
    region = (struct cb_region){ 0 };
    return true;
}

bool cb_region_decode_text(const char *base64, size_t length, struct cb_region *ret_region,
                           struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(REGION_MAX);
    cb_auto(cb_free) char *text = cb_xstrndup(base64, length);
    if (!cb_base64_decode(text, &bytes) || !cb_bytes_ok(&bytes))
        return cb_fail(err, CB_ERR_INVALID, "a region is no base64 text");
    return cb_region_decode((const unsigned char *)cb_bytes_text(&bytes), bytes.size, ret_region, err);
}

/* ---- written ---- */

static void write_doubles(struct cb_bytes *bytes, const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        unsigned char little[8];
        memcpy(&bits, &value[i], sizeof bits);
        for (size_t k = 0; k < 8; k++)
            little[k] = (unsigned char)(bits >> 8 * k);
        cb_bytes_add(bytes, little, sizeof little);
    }
}

static void write_vector(struct cb_bytes *bytes, struct cb_vector v)
{
    write_doubles(bytes, (const double[]){ v.x, v.y, v.z }, 3);
}

char *cb_region_encode_text(const struct cb_region *region)
{
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(REGION_MAX);
    struct cb_bytes text = CB_BYTES((size_t)2 * REGION_MAX);
    const struct cb_box *box = &region->box;
    const struct cb_circle *circle = &region->circle;
    for (size_t i = 0; i < N_CLASSES; i++)
        if (classes[i].kind == region->kind)
            cb_bytes_add(&bytes, &classes[i].first, 1);
    if (region->kind == CB_REGION_CIRCLE) {
        write_vector(&bytes, circle->center);
        write_doubles(&bytes, (const double[]){ circle->chord2, circle->radius }, 2);
    } else if (region->kind == CB_REGION_BOX) {
        write_doubles(&bytes, (const double[]){ box->west, box->east, box->south, box->north }, 4);
    }
    for (size_t i = 0; region->kind == CB_REGION_POLYGON && i < region->n; i++)
        write_vector(&bytes, region->vertex[i]);
    cb_base64_add(&text, (const unsigned char *)cb_bytes_text(&bytes), bytes.size);
    return cb_bytes_steal(&text);
}
