/* Pixels of the hierarchical triangular mesh that a region touches: eight triangles, each divided into four
 * by the middles of its edges, and so on; the numbers of a pixel's children are four times its own and up. */
#include "domain/region_relate.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct search {
    const struct cb_region *region;
    int level;
    struct cb_pixel_ranges found;
    size_t room;
};

/* Pixels come rising, so a new range joins the last or follows it. */
static void add_range(struct search *it, int64_t begin, int64_t end)
{
    struct cb_pixel_ranges *found = &it->found;
    if (found->count > 0 && found->item[found->count - 1].end == begin) {
        found->item[found->count - 1].end = end;
        return;
    }
    if (found->count == it->room)
        found->item = cb_xrealloc_array(found->item, it->room = 2 * it->room + 16, sizeof *found->item);
    found->item[found->count++] = (struct cb_pixel_range){ begin, end };
}

static struct cb_vector middle(struct cb_vector a, struct cb_vector b)
{
    return cb_vector_unit(cb_vector_sum(a, b));
}

/* The four triangles that a pixel is divided into, in the order of their numbers. */
static void divide(const struct cb_vector v[3], struct cb_vector ret_children[4][3])
{
    const struct cb_vector m[3] = { middle(v[1], v[2]), middle(v[2], v[0]), middle(v[0], v[1]) };
    const struct cb_vector children[4][3] = {
        { v[0], m[2], m[1] }, { v[1], m[0], m[2] }, { v[2], m[1], m[0] }, { m[0], m[1], m[2] }
    };
    memcpy(ret_children, children, sizeof children);
}

/* The corners of the eight pixels of level 0, which are numbered from 8 on. */
static void find_root(int64_t id, struct cb_vector ret_corners[3])
{
    static const struct cb_vector x = { 1, 0, 0 }, y = { 0, 1, 0 }, z = { 0, 0, 1 };
    static const struct cb_vector mx = { -1, -0.0, -0.0 }, my = { -0.0, -1, -0.0 }, mz = { -0.0, -0.0, -1 };
    const struct cb_vector roots[8][3] = { { x, mz, y }, { y, mz, mx }, { mx, mz, my }, { my, mz, x },
                                           { x, z, my }, { my, z, mx }, { mx, z, y },   { y, z, x } };
    memcpy(ret_corners, roots[id - 8], sizeof roots[0]);
}

static void descend(struct search *it, int64_t id, const struct cb_vector v[3], int level)
{
    unsigned relation = cb_region_relate_polygon(v, 3, it->region);
    if (relation & CB_RELATION_DISJOINT)
        return;
    if (level == it->level || (relation & CB_RELATION_WITHIN)) {
        int shift = 2 * (it->level - level);
        add_range(it, id << shift, (id + 1) << shift);
        return;
    }
    struct cb_vector children[4][3];
    divide(v, children);
    for (int k = 0; k < 4; k++)
        descend(it, 4 * id + k, children[k], level + 1);
}

static void find_pixels(const struct cb_region *region, int level, struct cb_pixel_ranges *ret_ranges)
{
    struct search it = { .region = region, .level = level };
    for (int64_t id = 8; id < 16; id++) {
        struct cb_vector corners[3];
        find_root(id, corners);
        descend(&it, id, corners, 0);
    }
    *ret_ranges = it.found;
}

void cb_region_of_pixel(int64_t pixel, int level, struct cb_region *ret_region)
{
    *ret_region = (struct cb_region){ .kind = CB_REGION_POLYGON, .n = 3 };
    ret_region->vertex = cb_xalloc_array(3, sizeof *ret_region->vertex);
    find_root(pixel >> 2 * level, ret_region->vertex);
    while (level-- > 0) {
        struct cb_vector children[4][3];
        divide(ret_region->vertex, children);
        memcpy(ret_region->vertex, children[(pixel >> 2 * level) & 3], sizeof children[0]);
    }
}

/* ---- sets of pixels ---- */

static int by_begin(const void *one, const void *other)
{
    int64_t a = ((const struct cb_pixel_range *)one)->begin,
            b = ((const struct cb_pixel_range *)other)->begin;
    return (a > b) - (a < b);
}

static void join(struct cb_pixel_ranges *to, const struct cb_pixel_ranges *more)
{
    size_t n = to->count + more->count, kept = 0;
    to->item = cb_xrealloc_array(to->item, n + 1, sizeof *to->item);
    for (size_t i = 0; i < more->count; i++)
        to->item[to->count + i] = more->item[i];
    qsort(to->item, n, sizeof *to->item, by_begin);
    for (size_t i = 0; i < n; i++) {
        struct cb_pixel_range *last = kept > 0 ? &to->item[kept - 1] : NULL;
        if (last == NULL || to->item[i].begin > last->end)
            to->item[kept++] = to->item[i];
        else if (to->item[i].end > last->end)
            last->end = to->item[i].end;
    }
    to->count = kept;
}

static void intersect(struct cb_pixel_ranges *with, const struct cb_pixel_ranges *other)
{
    struct search both = { 0 };
    for (size_t i = 0, k = 0; i < with->count && k < other->count;) {
        struct cb_pixel_range a = with->item[i], b = other->item[k];
        int64_t begin = a.begin > b.begin ? a.begin : b.begin, end = a.end < b.end ? a.end : b.end;
        if (begin < end)
            add_range(&both, begin, end);
        if (a.end < b.end)
            i++;
        else
            k++;
    }
    free(with->item);
    *with = both.found;
}

static void compound_pixels(const struct cb_region *region, int level, struct cb_pixel_ranges *ret_ranges)
{
    bool all = region->kind == CB_REGION_INTERSECTION;
    struct search start = { 0 };
    if (all)
        add_range(&start, (int64_t)8 << 2 * level, (int64_t)16 << 2 * level);
    for (size_t i = 0; i < region->n; i++) {
        struct cb_pixel_ranges part = { 0 };
        cb_region_pixels(&region->operand[i], level, &part);
        if (all)
            intersect(&start.found, &part);
        else
            join(&start.found, &part);
        free(part.item);
    }
    *ret_ranges = start.found;
}

void cb_region_pixels(const struct cb_region *region, int level, struct cb_pixel_ranges *ret_ranges)
{
    if (region->kind == CB_REGION_UNION || region->kind == CB_REGION_INTERSECTION)
        compound_pixels(region, level, ret_ranges);
    else
        find_pixels(region, level, ret_ranges);
}

bool cb_region_htm7(const unsigned char *bytes, size_t size, int64_t **ret_ids, size_t *ret_n,
                    struct cb_error *err)
{
    cb_auto_region region = { 0 };
    struct cb_pixel_ranges ranges = { 0 };
    size_t n = 0;
    if (!cb_region_decode(bytes, size, &region, err))
        return false;
    cb_region_pixels(&region, CB_REGION_COMMON_LEVEL, &ranges);
    for (size_t i = 0; i < ranges.count; i++)
        n += (size_t)(ranges.item[i].end - ranges.item[i].begin);
    int64_t *ids = cb_xalloc_array(n + 1, sizeof *ids);
    size_t at = 0;
    for (size_t i = 0; i < ranges.count; i++)
        for (int64_t id = ranges.item[i].begin; id < ranges.item[i].end; id++)
            ids[at++] = id;
    free(ranges.item);
    *ret_ids = ids;
    *ret_n = n;
    return true;
}
