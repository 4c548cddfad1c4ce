/* Regions on the sphere, and the pixels that they touch. */
#include "domain/region.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 7
#define VERTEX_BYTES 24

/* A unit vector. */
struct vector {
    double x, y, z;
};

const char *cb_region_class(const unsigned char *bytes, size_t size)
{
    static const struct {
        unsigned char first;
        const char *name;
    } classes[] = {
        { 'p', "ConvexPolygon" }, { 'c', "Circle" },      { 'b', "Box" },
        { 'e', "Ellipse" },       { 'u', "UnionRegion" }, { 'i', "IntersectionRegion" },
    };
    for (size_t i = 0; size > 0 && i < sizeof classes / sizeof classes[0]; i++)
        if (classes[i].first == bytes[0])
            return classes[i].name;
    return NULL;
}

static double read_double(const unsigned char *bytes)
{
    uint64_t bits = 0;
    double value;
    for (size_t i = 0; i < 8; i++)
        bits |= (uint64_t)bytes[i] << 8 * i;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- geometry ---- */

static struct vector middle(struct vector a, struct vector b)
{
    struct vector m = { a.x + b.x, a.y + b.y, a.z + b.z };
    double norm = sqrt(m.x * m.x + m.y * m.y + m.z * m.z);
    return (struct vector){ m.x / norm, m.y / norm, m.z / norm };
}

/* (a x b) . c: negative where c lies outside of the edge from a to b. */
static double side(struct vector a, struct vector b, struct vector c)
{
    return (a.y * b.z - a.z * b.y) * c.x + (a.z * b.x - a.x * b.z) * c.y + (a.x * b.y - a.y * b.x) * c.z;
}

/* Does an edge of one polygon have all vertices of the other outside? */
static bool separates(const struct vector *one, size_t n, const struct vector *other, size_t m)
{
    for (size_t i = 0; i < n; i++) {
        size_t outside = 0;
        while (outside < m && side(one[i], one[(i + 1) % n], other[outside]) < 0)
            outside++;
        if (outside == m)
            return true;
    }
    return false;
}

/* ---- the mesh ---- */

struct search {
    const struct vector *vertex; /* [n] */
    size_t n;
    int64_t *ids;
    size_t count, room;
};

/* Pixels below a triangle that are not separated from the polygon; the numbers of its children are 4 * id +
 * k.
 */
static void descend(struct search *it, int64_t id, const struct vector v[3], int level)
{
    if (separates(v, 3, it->vertex, it->n) || separates(it->vertex, it->n, v, 3))
        return;
    if (level == LEVEL) {
        if (it->count == it->room)
            it->ids = cb_xrealloc_array(it->ids, it->room = 2 * it->room + 16, sizeof *it->ids);
        it->ids[it->count++] = id;
        return;
    }
    struct vector m[3] = { middle(v[1], v[2]), middle(v[2], v[0]), middle(v[0], v[1]) };
    const struct vector children[4][3] = {
        { v[0], m[2], m[1] }, { v[1], m[0], m[2] }, { v[2], m[1], m[0] }, { m[0], m[1], m[2] }
    };
    for (int k = 0; k < 4; k++)
        descend(it, 4 * id + k, children[k], level + 1);
}

static void search_all(struct search *it)
{
    static const struct vector x = { 1, 0, 0 }, y = { 0, 1, 0 }, z = { 0, 0, 1 };
    static const struct vector mx = { -1, 0, 0 }, my = { 0, -1, 0 }, mz = { 0, 0, -1 };
    const struct vector roots[8][3] = { { x, mz, y }, { y, mz, mx }, { mx, mz, my }, { my, mz, x },
                                        { x, z, my }, { my, z, mx }, { mx, z, y },   { y, z, x } };
    for (int64_t i = 0; i < 8; i++)
        descend(it, 8 + i, roots[i], 0);
}

bool cb_region_htm7(const unsigned char *bytes, size_t size, int64_t **ret_ids, size_t *ret_n,
                    struct cb_error *err)
{
    const char *class = cb_region_class(bytes, size);
    if (class == NULL)
        return cb_fail(err, CB_ERR_INVALID, "no encoding of a region");
    if (strcmp(class, "ConvexPolygon") != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "the region is a %s: only those of convex polygons are registered here", class);
    size_t n = (size - 1) / VERTEX_BYTES;
    if (n < 3 || size != 1 + n * VERTEX_BYTES)
        return cb_fail(err, CB_ERR_INVALID, "a convex polygon of %zu bytes has no vertices of %d", size,
                       VERTEX_BYTES);
    cb_auto(cb_free) struct vector *vertex = cb_xalloc_array(n, sizeof *vertex);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *at = bytes + 1 + i * VERTEX_BYTES;
        vertex[i] = (struct vector){ read_double(at), read_double(at + 8), read_double(at + 16) };
        double square = vertex[i].x * vertex[i].x + vertex[i].y * vertex[i].y + vertex[i].z * vertex[i].z;
        if (!(fabs(square - 1) < 1e-6))
            return cb_fail(err, CB_ERR_INVALID, "vertex %zu of a convex polygon is no unit vector", i + 1);
    }
    struct search search = { .vertex = vertex, .n = n };
    search_all(&search);
    *ret_ids = search.ids;
    *ret_n = search.count;
    return true;
}
