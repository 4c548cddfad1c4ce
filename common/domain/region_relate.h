/* How two regions lie to each other: private to the region modules. */
#pragma once

#include "domain/region.h"

/* A set of these; none says that the boundaries cross, or that nothing is known. */
enum cb_relation { CB_RELATION_DISJOINT = 1, CB_RELATION_CONTAINS = 2, CB_RELATION_WITHIN = 4 };

/* A convex polygon of these vertices and a circle, a box or a polygon (`region`). DISJOINT and WITHIN: the
 * polygon lies outside of the region, in it. Of a box neither may be known. */
unsigned cb_region_relate_polygon(const struct cb_vector *vertex, size_t n, const struct cb_region *region);
