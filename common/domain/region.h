/* Regions on the sphere as the repository keeps them: read, written, compared, and which pixels of the
 * hierarchical triangular mesh they touch. The answers are those of sphgeom, also where it only estimates.
 * Source: instruments.md 4.3, 4.4, butler.md 7.4; sphgeom's headers. */
#pragma once

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "domain/sphere.h"

#include <stdint.h>

#define CB_HTM7_FIRST 131072
#define CB_HTM7_LAST 262143
/* The level of the mesh that a repository relates all regions by. */
#define CB_REGION_COMMON_LEVEL 7
/* Finest level of the mesh. */
#define CB_REGION_LEVEL_MAX 24

enum cb_region_kind {
    CB_REGION_CIRCLE,
    CB_REGION_BOX,
    CB_REGION_POLYGON,
    CB_REGION_ELLIPSE,
    CB_REGION_UNION,
    CB_REGION_INTERSECTION
};

/* All within `radius` (an angle, radians) of the center; empty when chord2 is negative, full from 4 on. */
struct cb_circle {
    struct cb_vector center;
    double chord2;
    double radius;
};

/* Longitudes from west to east, through 0 when west > east; none when one is NaN; all of them: 0 to 2 pi.
 * Latitudes south to north; empty when not south <= north. */
struct cb_box {
    double west, east;
    double south, north;
};

struct cb_region {
    enum cb_region_kind kind;
    struct cb_circle circle; /* CIRCLE; ELLIPSE: the circle about it, which is all that is asked of it, */
    bool is_hollow; /* but for this: its foci are farther apart than its axis is long, so it is empty */
    struct cb_box box;
    struct cb_vector *vertex;  /* POLYGON: [n], counter-clockwise seen from outside */
    struct cb_region *operand; /* UNION, INTERSECTION: [n] */
    size_t n;
};

void cb_region_done(struct cb_region *region);
static inline void cb_region_done_at_exit(struct cb_region *region)
{
    cb_region_done(region);
}
#define cb_auto_region __attribute__((cleanup(cb_region_done_at_exit))) struct cb_region

/* The class of a region's encoding by its first byte, "ConvexPolygon"; NULL: none. */
const char *cb_region_class(const unsigned char *bytes, size_t size);

/* Places in degrees. Errors: INVALID a latitude beyond a pole, a value that is no number. */
CB_MUST_CHECK bool cb_region_circle(double ra_deg, double dec_deg, double radius_deg,
                                    struct cb_region *ret_region, struct cb_error *err);
/* Of these half widths in longitude and latitude about a place. */
CB_MUST_CHECK bool cb_region_box(double ra_deg, double dec_deg, double half_width_deg, double half_height_deg,
                                 struct cb_region *ret_region, struct cb_error *err);
/* Of all longitudes from west eastward to east, and latitudes from south to north; none when south > north.
 */
CB_MUST_CHECK bool cb_region_range(double west_deg, double east_deg, double south_deg, double north_deg,
                                   struct cb_region *ret_region, struct cb_error *err);
/* The convex hull of the places ra, dec. Errors: INVALID also: fewer than three places that are not on one
 * great circle; places that no half of the sphere holds. */
CB_MUST_CHECK bool cb_region_polygon(const double (*ra_dec_deg)[2], size_t n, struct cb_region *ret_region,
                                     struct cb_error *err);
/* IVOA SIAv2 POS: "CIRCLE ra dec radius", "RANGE ra1 ra2 dec1 dec2" (with Inf and -Inf), "POLYGON ra dec
 * ...". Errors: INVALID anything else. */
CB_MUST_CHECK bool cb_region_pos(const char *text, struct cb_region *ret_region, struct cb_error *err);

/*
 * Read an encoding: a letter for the class, then little-endian doubles; of a union or an intersection, each
 * operand behind its length.
 *
 * Errors    CB_ERR_INVALID  no encoding, of the wrong size, a vertex that is no unit vector
 */
CB_MUST_CHECK bool cb_region_decode(const unsigned char *bytes, size_t size, struct cb_region *ret_region,
                                    struct cb_error *err);
/* In base64, as in a column. */
CB_MUST_CHECK bool cb_region_decode_text(const char *base64, size_t length, struct cb_region *ret_region,
                                         struct cb_error *err);
/* A circle, box or polygon in base64. The text is the caller's. */
char *cb_region_encode_text(const struct cb_region *region);

/* What is known about two regions having a point in common. */
enum cb_overlap { CB_OVERLAP_NO, CB_OVERLAP_YES, CB_OVERLAP_UNKNOWN };
enum cb_overlap cb_region_overlaps(const struct cb_region *one, const struct cb_region *other);

/* Pixels [begin, end) of a mesh. */
struct cb_pixel_range {
    int64_t begin, end;
};
struct cb_pixel_ranges {
    struct cb_pixel_range *item; /* rising, none touching the next */
    size_t count;
};
/* The pixels of a level of the mesh that may touch the region; the item is the caller's to free. */
void cb_region_pixels(const struct cb_region *region, int level, struct cb_pixel_ranges *ret_ranges);

/* The triangle of a pixel of this level. */
void cb_region_of_pixel(int64_t pixel, int level, struct cb_region *ret_region);

/* The pixels of level 7 that an encoded region may touch. ret_ids: the caller's to free; *ret_n of them,
 * rising. Errors: as cb_region_decode. */
CB_MUST_CHECK bool cb_region_htm7(const unsigned char *bytes, size_t size, int64_t **ret_ids, size_t *ret_n,
                                  struct cb_error *err);
