/* Whether two regions have a point in common, and what the one is to the other. */
#include "domain/region_relate.h"

#include <math.h>

#define HALF_PI (0.5 * CB_SPHERE_PI)
#define TWO_PI (2 * CB_SPHERE_PI)
#define BOX_MARGIN 5e-10 /* radians by which the box about a polygon is wider: for rounding */

enum { DISJOINT = CB_RELATION_DISJOINT, CONTAINS = CB_RELATION_CONTAINS, WITHIN = CB_RELATION_WITHIN };

static unsigned inverted(unsigned relation)
{
    return (relation & DISJOINT) | (relation & CONTAINS ? WITHIN : 0U) | (relation & WITHIN ? CONTAINS : 0U);
}

/* ---- intervals and boxes ---- */

static bool longitude_wraps(const struct cb_box *box)
{
    return box->west > box->east;
}

static bool has_all_longitudes(const struct cb_box *box)
{
    return box->west == 0 && box->east == TWO_PI;
}

static bool box_is_empty(const struct cb_box *box)
{
    return !(box->south <= box->north);
}

static bool box_is_full(const struct cb_box *box)
{
    return has_all_longitudes(box) && box->south == -HALF_PI && box->north == HALF_PI;
}

static bool has_longitude(const struct cb_box *box, double longitude)
{
    if (longitude_wraps(box))
        return longitude <= box->east || box->west <= longitude;
    return box->west <= longitude && longitude <= box->east;
}

static bool box_has(const struct cb_box *box, struct cb_vector v)
{
    double latitude = cb_sphere_latitude(v);
    return box->south <= latitude && latitude <= box->north && has_longitude(box, cb_sphere_longitude(v));
}

static unsigned relate_longitudes(const struct cb_box *one, const struct cb_box *other)
{
    bool wraps = longitude_wraps(one), other_wraps = longitude_wraps(other);
    if (one->west == other->west && one->east == other->east)
        return CONTAINS | WITHIN;
    if (wraps && !other_wraps) {
        if (has_all_longitudes(other))
            return WITHIN;
        if (one->west <= other->west || one->east >= other->east)
            return CONTAINS;
        return one->west > other->east && one->east < other->west ? DISJOINT : 0;
    }
    if (!wraps && other_wraps)
        return inverted(relate_longitudes(other, one));
    if (one->west <= other->west && one->east >= other->east)
        return CONTAINS;
    if (one->west >= other->west && one->east <= other->east)
        return WITHIN;
    return wraps || (one->west <= other->east && one->east >= other->west) ? 0 : DISJOINT;
}

static unsigned relate_latitudes(const struct cb_box *one, const struct cb_box *other)
{
    if (one->south == other->south && one->north == other->north)
        return CONTAINS | WITHIN;
    if (one->south > other->north || one->north < other->south)
        return DISJOINT;
    if (one->south <= other->south && one->north >= other->north)
        return CONTAINS;
    return other->south <= one->south && other->north >= one->north ? WITHIN : 0;
}

/* What empty regions are to others: in everything, apart from everything. */
static unsigned relate_empty(bool one, bool other)
{
    return DISJOINT | (one ? WITHIN : 0U) | (other ? CONTAINS : 0U);
}

static unsigned relate_boxes(const struct cb_box *one, const struct cb_box *other)
{
    bool empty = box_is_empty(one), other_empty = box_is_empty(other);
    if (empty || other_empty)
        return relate_empty(empty, other_empty);
    unsigned longitudes = relate_longitudes(one, other), latitudes = relate_latitudes(one, other);
    return (longitudes & latitudes & (CONTAINS | WITHIN)) | ((longitudes | latitudes) & DISJOINT);
}

/* ---- circles ---- */

static bool circle_is_empty(const struct cb_circle *circle)
{
    return !(circle->chord2 >= 0);
}

static bool circle_is_full(const struct cb_circle *circle)
{
    return circle->chord2 >= 4;
}

/* Of two regions that may be empty or full; 0 when neither is. *ret_settled says which it was. */
static unsigned relate_extremes(bool one_empty, bool one_full, bool other_empty, bool other_full,
                                bool *ret_settled)
{
    *ret_settled = true;
    if (one_empty || other_empty)
        return relate_empty(one_empty, other_empty);
    if (one_full || other_full)
        return (one_full ? CONTAINS : 0U) | (other_full ? WITHIN : 0U);
    *ret_settled = false;
    return 0;
}

static unsigned relate_circles(const struct cb_circle *one, const struct cb_circle *other)
{
    bool settled = false;
    unsigned relation = relate_extremes(circle_is_empty(one), circle_is_full(one), circle_is_empty(other),
                                        circle_is_full(other), &settled);
    if (settled)
        return relation;
    if (cb_vector_equal(one->center, other->center) && one->chord2 == other->chord2 &&
        one->radius == other->radius)
        return CONTAINS | WITHIN;
    const double margin = 4 * CB_SPHERE_ANGLE_ERROR;
    double apart = cb_sphere_angle(one->center, other->center);
    if (apart > one->radius + other->radius + margin)
        return DISJOINT;
    if (apart + other->radius + margin <= one->radius)
        return CONTAINS;
    return apart + one->radius + margin <= other->radius ? WITHIN : 0;
}

/* Are these vertices all in a circle, all outside, or neither, for certain? */
enum side { INSIDE, OUTSIDE, ON_BOTH_SIDES };

static enum side side_of(const struct cb_circle *circle, const struct cb_vector *vertex, size_t n)
{
    size_t inside = 0;
    for (size_t i = 0; i < n; i++) {
        double chord2 = cb_chord2(vertex[i], circle->center);
        if (fabs(chord2 - circle->chord2) < CB_SPHERE_CHORD2_ERROR)
            return ON_BOTH_SIDES;
        inside += chord2 < circle->chord2;
    }
    return inside == n ? INSIDE : inside == 0 ? OUTSIDE : ON_BOTH_SIDES;
}

/* Does the arc between two points on one side of a circle reach its boundary? */
static bool arc_crosses(const struct cb_circle *circle, enum side side, struct cb_vector a,
                        struct cb_vector b, struct cb_vector normal)
{
    if (side == INSIDE)
        return cb_chord2_farthest(circle->center, a, b, normal) > circle->chord2 - CB_SPHERE_CHORD2_ERROR;
    return cb_chord2_nearest(circle->center, a, b, normal) < circle->chord2 + CB_SPHERE_CHORD2_ERROR;
}

/* The circle's center, or the point opposite when what is asked about lies inside. */
static struct cb_vector pole_of(const struct cb_circle *circle, enum side side)
{
    return side == INSIDE ? cb_vector_opposite(circle->center) : circle->center;
}

/* Do the edges of a box along its parallels? The meridian of that pole meets
 * them where they are nearest, or farthest. */
static bool parallels_cross(const struct cb_circle *circle, enum side side, const struct cb_box *box)
{
    struct cb_vector pole = pole_of(circle, side);
    if (!has_longitude(box, cb_sphere_longitude(pole)))
        return false;
    double latitude = cb_sphere_latitude(pole);
    double angle = fmin(fabs(latitude - box->south), fabs(latitude - box->north));
    if (side == INSIDE)
        return cb_chord2_of_angle(CB_SPHERE_PI - angle) > circle->chord2 - CB_SPHERE_CHORD2_ERROR;
    return cb_chord2_of_angle(angle) < circle->chord2 + CB_SPHERE_CHORD2_ERROR;
}

/* A region whose boundary does not cross the circle's: has it the circle's center, or, when the boundary is
 * inside, the point opposite, so that the circle punches a hole into it? */
static unsigned relate_uncrossed(enum side side, bool has_pole)
{
    if (side == INSIDE)
        return has_pole ? 0 : WITHIN;
    return has_pole ? CONTAINS : DISJOINT;
}

static unsigned relate_box_circle(const struct cb_box *box, const struct cb_circle *circle)
{
    bool settled = false;
    unsigned relation = relate_extremes(box_is_empty(box), box_is_full(box), circle_is_empty(circle),
                                        circle_is_full(circle), &settled);
    if (settled)
        return relation;
    const struct cb_vector corner[4] = { cb_sphere_vector(box->west, box->south),
                                         cb_sphere_vector(box->west, box->north),
                                         cb_sphere_vector(box->east, box->south),
                                         cb_sphere_vector(box->east, box->north) };
    const struct cb_vector normal[2] = { { -sin(box->west), cos(box->west), 0 },
                                         { -sin(box->east), cos(box->east), 0 } };
    enum side side = side_of(circle, corner, 4);
    if (side == ON_BOTH_SIDES || arc_crosses(circle, side, corner[1], corner[0], normal[0]) ||
        arc_crosses(circle, side, corner[3], corner[2], normal[1]) || parallels_cross(circle, side, box))
        return 0;
    return relate_uncrossed(side, box_has(box, pole_of(circle, side)));
}

/* ---- polygons ---- */

static bool polygon_has(const struct cb_vector *vertex, size_t n, struct cb_vector v)
{
    for (size_t i = n - 1, j = 0; j < n; i = j++)
        if (cb_sphere_turn(v, vertex[i], vertex[j]) < 0)
            return false;
    return true;
}

static unsigned relate_polygon_circle(const struct cb_vector *vertex, size_t n,
                                      const struct cb_circle *circle)
{
    if (circle_is_empty(circle))
        return CONTAINS | DISJOINT;
    if (circle_is_full(circle))
        return WITHIN;
    enum side side = side_of(circle, vertex, n);
    if (side == ON_BOTH_SIDES)
        return 0;
    for (size_t i = n - 1, j = 0; j < n; i = j++)
        if (arc_crosses(circle, side, vertex[i], vertex[j], cb_vector_normal(vertex[i], vertex[j])))
            return 0;
    return relate_uncrossed(side, polygon_has(vertex, n, pole_of(circle, side)));
}

/* From one longitude eastward to another. */
static double eastward(double from, double to)
{
    return to - from < 0 ? TWO_PI + (to - from) : to - from;
}

/* Longitudes that hold those of both: the shorter of two ways when they are apart. All of them when one
 * passes through 0 and the other, inside it, does not: too many, but sphgeom's answers rest on it. */
static void expand_longitudes(struct cb_box *box, const struct cb_box *by)
{
    bool west_in = has_longitude(box, by->west), east_in = has_longitude(box, by->east);
    bool covered = !west_in && !east_in && (isnan(box->west) || has_longitude(by, box->west));
    bool grows_east =
        west_in != east_in ? west_in : eastward(box->east, by->west) < eastward(by->east, box->west);
    if (west_in && east_in) {
        if (longitude_wraps(box) == longitude_wraps(by))
            return;
        box->west = 0;
        box->east = TWO_PI;
    } else if (covered) {
        box->west = by->west;
        box->east = by->east;
    } else if (grows_east) {
        box->east = by->east;
    } else {
        box->west = by->west;
    }
}

static void expand_box(struct cb_box *box, const struct cb_box *by)
{
    expand_longitudes(box, by);
    bool empty = box_is_empty(box);
    box->south = empty ? by->south : fmin(box->south, by->south);
    box->north = empty ? by->north : fmax(box->north, by->north);
}

static struct cb_box box_of_vertex(struct cb_vector v)
{
    double longitude = cb_sphere_longitude(v), latitude = cb_sphere_latitude(v);
    struct cb_box box = { longitude - BOX_MARGIN, longitude + BOX_MARGIN,
                          fmax(latitude - BOX_MARGIN, -HALF_PI), fmin(latitude + BOX_MARGIN, HALF_PI) };
    if (box.west < 0)
        box.west += TWO_PI;
    if (box.east > TWO_PI)
        box.east -= TWO_PI;
    return box;
}

/* The highest or lowest point of an edge may lie between its ends: where the great circle is farthest from
 * the equator. */
static void expand_by_edge(struct cb_box *box, struct cb_vector a, struct cb_vector b)
{
    struct cb_vector n = cb_vector_normal(a, b);
    struct cb_vector top = { -n.x * n.z, -n.y * n.z, n.x * n.x + n.y * n.y };
    if (top.x == 0 && top.y == 0 && top.z == 0)
        return;
    double before = a.y * n.x - a.x * n.y, behind = b.y * n.x - b.x * n.y;
    if (before > 0 && behind < 0) {
        double latitude = cb_sphere_latitude(top) + BOX_MARGIN;
        box->south = fmin(box->south, latitude);
        box->north = fmax(box->north, latitude);
    } else if (before < 0 && behind > 0) {
        double latitude = cb_sphere_latitude(cb_vector_opposite(top)) - BOX_MARGIN;
        box->south = fmin(box->south, latitude);
        box->north = fmax(box->north, latitude);
    }
    box->south = fmax(box->south, -HALF_PI);
    box->north = fmin(box->north, HALF_PI);
}

static struct cb_box box_of_polygon(const struct cb_vector *vertex, size_t n)
{
    static const struct cb_vector north = { 0, 0, 1 };
    struct cb_box box = { NAN, NAN, 1, 0 };
    bool has_north = true, has_south = true;
    for (size_t i = n - 1, j = 0; j < n; i = j++) {
        struct cb_box corner = box_of_vertex(vertex[j]);
        expand_box(&box, &corner);
        expand_by_edge(&box, vertex[i], vertex[j]);
        int turn = cb_sphere_turn(north, vertex[i], vertex[j]);
        has_north = has_north && turn >= 0;
        has_south = has_south && turn <= 0;
    }
    if (has_north || has_south) {
        double pole = has_north ? HALF_PI : -HALF_PI;
        expand_box(&box, &(struct cb_box){ 0, TWO_PI, pole, pole });
    }
    return box;
}

static unsigned relate_polygon_box(const struct cb_vector *vertex, size_t n, const struct cb_box *box)
{
    struct cb_box about = box_of_polygon(vertex, n);
    return relate_boxes(&about, box) & (DISJOINT | WITHIN);
}

static bool edges_cross(struct cb_vector a, struct cb_vector b, struct cb_vector c, struct cb_vector d)
{
    int turn = cb_sphere_turn(a, c, d);
    return turn != 0 && cb_sphere_turn(b, d, c) == turn && cb_sphere_turn(c, b, a) == turn &&
           cb_sphere_turn(d, a, b) == turn;
}

static size_t count_inside(const struct cb_vector *one, size_t n, const struct cb_vector *other, size_t m)
{
    size_t inside = 0;
    for (size_t i = 0; i < n; i++)
        inside += polygon_has(other, m, one[i]);
    return inside;
}

static unsigned relate_polygons(const struct cb_vector *one, size_t n, const struct cb_vector *other,
                                size_t m)
{
    size_t in_other = count_inside(one, n, other, m), in_one = count_inside(other, m, one, n);
    if (in_other > 0 || in_one > 0)
        return (in_other == n ? WITHIN : 0U) | (in_one == m ? CONTAINS : 0U);
    for (size_t a = n - 1, b = 0; b < n; a = b++)
        for (size_t c = m - 1, d = 0; d < m; c = d++)
            if (edges_cross(one[a], one[b], other[c], other[d]))
                return 0;
    return DISJOINT;
}

unsigned cb_region_relate_polygon(const struct cb_vector *vertex, size_t n, const struct cb_region *region)
{
    switch (region->kind) {
    case CB_REGION_CIRCLE:
    case CB_REGION_ELLIPSE:
        return relate_polygon_circle(vertex, n, &region->circle);
    case CB_REGION_BOX:
        return relate_polygon_box(vertex, n, &region->box);
    case CB_REGION_POLYGON:
        return relate_polygons(vertex, n, region->vertex, region->n);
    default:
        return 0; /* unions and intersections are asked operand by operand */
    }
}

/* ---- do they overlap? ---- */

static enum cb_overlap known(bool overlap)
{
    return overlap ? CB_OVERLAP_YES : CB_OVERLAP_NO;
}

/* From a relation of regions about the regions: only these bits of it hold of the regions themselves. */
static enum cb_overlap estimated(unsigned relation, unsigned certain)
{
    relation &= certain;
    if (relation & DISJOINT)
        return CB_OVERLAP_NO;
    return relation & (CONTAINS | WITHIN) ? CB_OVERLAP_YES : CB_OVERLAP_UNKNOWN;
}

/* An ellipse is known by the circle about it: what contains that contains the ellipse. */
static enum cb_overlap ellipse_overlaps(const struct cb_circle *about, const struct cb_region *other)
{
    switch (other->kind) {
    case CB_REGION_BOX:
        return estimated(inverted(relate_box_circle(&other->box, about)), DISJOINT | WITHIN);
    case CB_REGION_POLYGON:
        return estimated(inverted(relate_polygon_circle(other->vertex, other->n, about)), DISJOINT | WITHIN);
    case CB_REGION_CIRCLE:
        return estimated(relate_circles(about, &other->circle), DISJOINT | WITHIN);
    default:
        return estimated(relate_circles(about, &other->circle), DISJOINT);
    }
}

/* Of circles, boxes and polygons: `other` is not before `one` in that order. */
static enum cb_overlap simple_overlaps(const struct cb_region *one, const struct cb_region *other)
{
    if (other->kind == CB_REGION_CIRCLE)
        return known(!(relate_circles(&one->circle, &other->circle) & DISJOINT));
    if (other->kind == CB_REGION_POLYGON && one->kind == CB_REGION_BOX)
        return estimated(relate_polygon_box(other->vertex, other->n, &one->box), DISJOINT | WITHIN);
    if (other->kind == CB_REGION_POLYGON)
        return known(!(cb_region_relate_polygon(other->vertex, other->n, one) & DISJOINT));
    if (one->kind == CB_REGION_CIRCLE)
        return known(!(relate_box_circle(&other->box, &one->circle) & DISJOINT));
    return known(!(relate_boxes(&one->box, &other->box) & DISJOINT));
}

static bool is_empty(const struct cb_region *region);

/* Any operand that does, does; none of those that do not. */
static enum cb_overlap union_overlaps(const struct cb_region *one, const struct cb_region *other)
{
    enum cb_overlap overlap = CB_OVERLAP_NO;
    for (size_t i = 0; i < one->n && overlap != CB_OVERLAP_YES; i++) {
        enum cb_overlap part = cb_region_overlaps(&one->operand[i], other);
        if (part != CB_OVERLAP_NO)
            overlap = part;
    }
    return overlap;
}

/* Apart from what one operand is apart from; more is not known. Of none: the whole sphere. */
static enum cb_overlap intersection_overlaps(const struct cb_region *one, const struct cb_region *other)
{
    if (one->n == 0)
        return known(!is_empty(other));
    for (size_t i = 0; i < one->n; i++)
        if (cb_region_overlaps(&one->operand[i], other) == CB_OVERLAP_NO)
            return CB_OVERLAP_NO;
    return CB_OVERLAP_UNKNOWN;
}

static bool intersection_is_empty(const struct cb_region *region)
{
    bool all = region->n > 0;
    for (size_t i = 0; i < region->n; i++) {
        all = all && is_empty(&region->operand[i]);
        for (size_t k = i + 1; k < region->n; k++)
            if (cb_region_overlaps(&region->operand[i], &region->operand[k]) == CB_OVERLAP_NO)
                return true;
    }
    return all;
}

/* As sphgeom has it: to it every polygon is empty. */
static bool is_empty(const struct cb_region *region)
{
    switch (region->kind) {
    case CB_REGION_CIRCLE:
        return circle_is_empty(&region->circle);
    case CB_REGION_ELLIPSE:
        return region->is_hollow;
    case CB_REGION_BOX:
        return box_is_empty(&region->box);
    case CB_REGION_POLYGON:
        return true;
    case CB_REGION_INTERSECTION:
        return intersection_is_empty(region);
    default:
        for (size_t i = 0; i < region->n; i++)
            if (!is_empty(&region->operand[i]))
                return false;
        return true;
    }
}

static bool is_compound(const struct cb_region *region)
{
    return region->kind == CB_REGION_UNION || region->kind == CB_REGION_INTERSECTION;
}

enum cb_overlap cb_region_overlaps(const struct cb_region *one, const struct cb_region *other)
{
    const struct cb_region *first = is_compound(one) || !is_compound(other) ? one : other;
    const struct cb_region *second = first == one ? other : one;
    if (first->kind == CB_REGION_UNION)
        return union_overlaps(first, second);
    if (first->kind == CB_REGION_INTERSECTION)
        return intersection_overlaps(first, second);
    if (first->kind == CB_REGION_ELLIPSE)
        return ellipse_overlaps(&first->circle, second);
    if (second->kind == CB_REGION_ELLIPSE)
        return ellipse_overlaps(&second->circle, first);
    return first->kind <= second->kind ? simple_overlaps(first, second) : simple_overlaps(second, first);
}
