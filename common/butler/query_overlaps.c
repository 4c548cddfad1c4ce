/* What a query asks of places on the sky. */
#include "butler/query_overlaps.h"

#include "base/alloc.h"
#include "butler/rows.h"
#include "domain/region.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MESH "skypix_system = 'htm' AND %s.skypix_level = 7"

/* Elements of one family tell each other's place; the finest first. */
static const struct {
    const char *name;
    enum cb_element_index members[2];
    size_t n_members;
} families[] = {
    { "observation_regions", { CB_VISIT_DETECTOR_REGION, CB_VISIT }, 2 },
    { "skymap_regions", { CB_PATCH, CB_TRACT }, 2 },
    { "htm", { CB_HTM7, CB_HTM7 }, 1 },
};
enum { N_FAMILIES = sizeof families / sizeof families[0] };

static size_t family_of(enum cb_element_index element)
{
    size_t f = 0;
    while (f + 1 < N_FAMILIES && families[f].members[0] != element && families[f].members[1] != element)
        f++;
    return f;
}

/* The family's finest element among those of these dimensions; CB_ELEMENT_COUNT when it has none. */
static enum cb_element_index finest(size_t family, uint32_t dims)
{
    uint32_t elements = cb_dimensions_elements(dims);
    for (size_t i = 0; i < families[family].n_members; i++)
        if (elements & CB_DIM(families[family].members[i]))
            return families[family].members[i];
    return CB_ELEMENT_COUNT;
}

/* ---- which regions are tied ---- */

/* Families that are tied to each other have the same number. */
struct ties {
    size_t group[N_FAMILIES];
    bool is_there[N_FAMILIES];
};

static void tie(struct ties *ties, size_t one, size_t other)
{
    size_t from = ties->group[other], to = ties->group[one];
    for (size_t f = 0; f < N_FAMILIES; f++)
        if (ties->group[f] == from)
            ties->group[f] = to;
}

/* The rows of a dataset type are tied already. */
static void tie_by_datasets(struct ties *ties, uint32_t of_type, uint32_t dims)
{
    uint32_t elements = cb_dimensions_elements(of_type);
    for (size_t one = 0; one < N_FAMILIES; one++)
        for (size_t other = one + 1; other < N_FAMILIES; other++) {
            enum cb_element_index a = finest(one, dims), b = finest(other, dims);
            if (a != CB_ELEMENT_COUNT && b != CB_ELEMENT_COUNT && (elements & CB_DIM(a)) &&
                (elements & CB_DIM(b)))
                tie(ties, one, other);
        }
}

static void add_overlap(struct cb_select *select, enum cb_element_index element, enum cb_element_index other)
{
    select->overlaps = cb_xrealloc_array(select->overlaps, select->n_overlaps + 1, sizeof *select->overlaps);
    select->overlaps[select->n_overlaps++] = (struct cb_select_overlap){ .element = element, .other = other };
}

static bool take_named(struct cb_select *select, struct cb_error *err)
{
    for (size_t i = 0; i < select->where.n_overlaps; i++) {
        const struct cb_where_overlap *named = &select->where.overlaps[i];
        add_overlap(select, named->element, named->other);
        struct cb_select_overlap *overlap = &select->overlaps[select->n_overlaps - 1];
        overlap->has_region = named->region != NULL;
        if (overlap->has_region &&
            !cb_region_decode_text(named->region, strlen(named->region), &overlap->region, err))
            return false;
    }
    return true;
}

/* What is not tied yet. */
static bool tie_the_rest(struct cb_select *select, const struct ties *ties, uint32_t dims,
                         struct cb_error *err)
{
    size_t members[N_FAMILIES] = { 0 }, loose[N_FAMILIES], groups = 0;
    for (size_t f = 0; f < N_FAMILIES; f++)
        if (ties->is_there[f] && members[ties->group[f]]++ == 0)
            loose[groups++] = f;
    if (groups <= 1)
        return true;
    if (groups > 2)
        return cb_fail(err, CB_ERR_INVALID,
                       "Too many disconnected sets of spatial families for an automatic join.  Add explicit "
                       "spatial joins to avoid this error.");
    if (members[ties->group[loose[0]]] > 1 || members[ties->group[loose[1]]] > 1)
        return cb_fail(err, CB_ERR_INVALID,
                       "A spatial join is needed between %s and %s, but which join to add is ambiguous.  Add "
                       "an explicit spatial or temporal join to avoid this error.",
                       families[loose[0]].name, families[loose[1]].name);
    add_overlap(select, finest(loose[0], dims), finest(loose[1], dims));
    return true;
}

bool cb_select_plan_overlaps(struct cb_select *select, uint32_t dims, struct cb_error *err)
{
    struct ties ties;
    for (size_t f = 0; f < N_FAMILIES; f++) {
        ties.group[f] = f;
        ties.is_there[f] = finest(f, dims) != CB_ELEMENT_COUNT;
    }
    if (!take_named(select, err))
        return false;
    for (size_t i = 0; i < select->n_overlaps; i++)
        tie(&ties, family_of(select->overlaps[i].element), family_of(select->overlaps[i].other));
    tie_by_datasets(&ties, select->dataset_dims, dims);
    for (size_t i = 0; i < select->n_joins; i++)
        tie_by_datasets(&ties, select->joins[i].type.dims, dims);
    return tie_the_rest(select, &ties, dims, err);
}

uint32_t cb_select_overlap_elements(const struct cb_select *select)
{
    uint32_t elements = 0;
    for (size_t i = 0; i < select->n_overlaps; i++)
        elements |= CB_DIM(select->overlaps[i].element) | CB_DIM(select->overlaps[i].other);
    return elements & CB_QUERY_PLACED;
}

/* ---- SQL ---- */

/* "alias"."instrument", "alias"."visit", ... as the table of an element's pixels has them. */
static void put_pixel_keys(const struct cb_element *element, const char *alias, struct cb_bytes *sql)
{
    bool first = true;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (element->required & CB_DIM(i)) {
            cb_bytes_printf(sql, "%s%s.\"%s\"", first ? "" : ", ", alias,
                            cb_element_at((enum cb_element_index)i)->name);
            first = false;
        }
}

/* " AND "alias"."visit" = "visit"."id" ...": those of the element's own table. */
static void put_same_keys(const struct cb_element *element, const char *alias, struct cb_bytes *sql)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (element->required & CB_DIM(i))
            cb_bytes_printf(sql, " AND %s.\"%s\" = \"%s\".\"%s\"", alias,
                            cb_element_at((enum cb_element_index)i)->name, element->name,
                            cb_element_key_of(element, (enum cb_element_index)i)->name);
}

/* The pixels of an element's regions as a table of their own: the first of them is that of the query's pixel.
 */
static void join_pixels(struct cb_select *select, enum cb_element_index index)
{
    const struct cb_element *element = cb_element_at(index);
    bool first = select->key[CB_HTM7] == NULL;
    cb_auto(cb_free) char *alias =
        first ? cb_xstrdup("\"htm7\"") : cb_xasprintf("\"%s_pixel\"", element->name);
    if (select->pixels & CB_DIM(index))
        return;
    select->pixels |= CB_DIM(index);
    cb_bytes_puts(&select->from, " JOIN (SELECT ");
    put_pixel_keys(element, "o", &select->from);
    cb_bytes_printf(&select->from,
                    ", o.skypix_index AS id FROM \"%s_skypix_overlap\" o WHERE o." MESH ") %s ON ",
                    element->name, "o", alias);
    if (first)
        select->key[CB_HTM7] = cb_xstrdup(CB_QUERY_PIXEL);
    cb_bytes_printf(&select->from, "%s.id = %s", alias, select->key[CB_HTM7]);
    put_same_keys(element, alias, &select->from);
}

void cb_select_join_pixels(struct cb_select *select)
{
    for (size_t i = 0; i < select->n_overlaps; i++) {
        if (CB_DIM(select->overlaps[i].element) & CB_QUERY_PLACED)
            join_pixels(select, select->overlaps[i].element);
        if (CB_DIM(select->overlaps[i].other) & CB_QUERY_PLACED)
            join_pixels(select, select->overlaps[i].other);
    }
}

/* The pixels of the region as a parameter, "{[131072,131073),...}"; its place. */
static size_t add_pixels(struct cb_select *select, struct cb_select_overlap *overlap)
{
    struct cb_pixel_ranges ranges = { 0 };
    struct cb_bytes text = CB_BYTES(CB_ARRAY_MAX);
    cb_region_pixels(&overlap->region, CB_REGION_COMMON_LEVEL, &ranges);
    cb_bytes_puts(&text, "{");
    for (size_t i = 0; i < ranges.count; i++)
        cb_bytes_printf(&text, "%s[%" PRId64 ",%" PRId64 ")", i > 0 ? "," : "", ranges.item[i].begin,
                        ranges.item[i].end);
    cb_bytes_puts(&text, "}");
    free(ranges.item);
    overlap->pixels = cb_bytes_steal(&text);
    return cb_select_add_param(select, overlap->pixels);
}

/* The query's pixel is one of the region's. */
static void put_pixel_condition(struct cb_select *select, struct cb_select_overlap *overlap)
{
    cb_bytes_printf(&select->condition, " AND %s <@ $%zu::int8multirange", select->key[CB_HTM7],
                    add_pixels(select, overlap));
}

/* Regions of the repository that touch a pixel of one that is written. */
static void join_touched(struct cb_select *select, struct cb_select_overlap *overlap, const char *alias)
{
    const struct cb_element *element = cb_element_at(overlap->element);
    struct cb_bytes *from = &select->from;
    cb_bytes_puts(from, " JOIN (SELECT DISTINCT ");
    put_pixel_keys(element, "o", from);
    cb_bytes_printf(from,
                    " FROM \"%s_skypix_overlap\" o WHERE o." MESH
                    " AND o.skypix_index <@ $%zu::int8multirange)"
                    " %s ON true",
                    element->name, "o", add_pixels(select, overlap), alias);
    put_same_keys(element, alias, from);
}

/* Pairs of regions of the repository that touch the same pixel. */
static void join_pairs(struct cb_select *select, const struct cb_select_overlap *overlap, const char *alias)
{
    const struct cb_element *one = cb_element_at(overlap->element), *other = cb_element_at(overlap->other);
    struct cb_bytes *from = &select->from;
    cb_bytes_puts(from, " JOIN (SELECT DISTINCT ");
    put_pixel_keys(one, "o", from);
    cb_bytes_puts(from, ", ");
    put_pixel_keys(other, "p", from);
    cb_bytes_printf(from,
                    " FROM \"%s_skypix_overlap\" o JOIN \"%s_skypix_overlap\" p ON p.skypix_index ="
                    " o.skypix_index WHERE o." MESH " AND p." MESH ") %s ON true",
                    one->name, other->name, "o", "p", alias);
    put_same_keys(one, alias, from);
    put_same_keys(other, alias, from);
}

void cb_select_join_overlaps(struct cb_select *select, uint32_t dims)
{
    bool has_pixel = (dims & CB_DIM(CB_HTM7)) != 0;
    for (size_t i = 0; i < select->n_overlaps; i++) {
        struct cb_select_overlap *overlap = &select->overlaps[i];
        cb_auto(cb_free) char *alias = cb_xasprintf("overlap%zu", i);
        if (has_pixel && overlap->has_region)
            put_pixel_condition(select, overlap);
        else if (overlap->has_region)
            join_touched(select, overlap, alias);
        else if (!has_pixel)
            join_pairs(select, overlap, alias);
    }
}

void cb_select_put_regions(const struct cb_select *select, struct cb_bytes *columns)
{
    uint32_t elements = cb_select_overlap_elements(select);
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if (elements & CB_DIM(i))
            cb_bytes_printf(columns, ", \"%s\".\"region\"", cb_element_at((enum cb_element_index)i)->name);
}

/* ---- rows ---- */

/* The region of an element in the row under way, kept while it is the same. */
struct place {
    const char *text;
    struct cb_region region;
};

struct sieve {
    const struct cb_select *select;
    const struct cb_rows *rows;
    size_t n_columns;
    uint32_t elements;
    struct place places[CB_ELEMENT_COUNT];
    struct cb_error *err;
};

static bool read_place(struct sieve *sieve, size_t row, size_t column, struct place *place)
{
    const char *text = cb_rows_text(sieve->rows, row, column);
    if (place->text != NULL && text != NULL && strcmp(place->text, text) == 0)
        return true;
    cb_region_done(&place->region);
    place->text = NULL;
    if (text == NULL)
        return cb_fail(sieve->err, CB_ERR_INVALID, "a record with pixels on the sky has no region");
    if (!cb_region_decode_text(text, strlen(text), &place->region, sieve->err))
        return false;
    place->text = text;
    return true;
}

static bool read_places(struct sieve *sieve, size_t row)
{
    size_t column = sieve->n_columns;
    for (int i = 0; i < CB_ELEMENT_COUNT; i++)
        if ((sieve->elements & CB_DIM(i)) && !read_place(sieve, row, column++, &sieve->places[i]))
            return false;
    return true;
}

/* A pixel is not compared: that the region touches it is what the repository says. */
static bool may_overlap(const struct sieve *sieve, const struct cb_select_overlap *overlap)
{
    if (overlap->element == CB_HTM7 || overlap->other == CB_HTM7)
        return true;
    const struct cb_region *other =
        overlap->has_region ? &overlap->region : &sieve->places[overlap->other].region;
    return cb_region_overlaps(&sieve->places[overlap->element].region, other) != CB_OVERLAP_NO;
}

static bool equal_rows(const struct sieve *sieve, size_t one, size_t other)
{
    for (size_t k = 0; k < sieve->n_columns; k++) {
        const char *a = cb_rows_text(sieve->rows, one, k), *b = cb_rows_text(sieve->rows, other, k);
        if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
            return false;
    }
    return true;
}

/* Rows from `first` on that are one row of the result. Each overlap must hold in one of them at least: what
 * the butler makes of regions that its result does not tell apart is their union. */
static bool sift_group(struct sieve *sieve, size_t first, size_t *ret_end, bool *ret_stands)
{
    size_t n = sieve->select->n_overlaps, missing = n, end = first;
    cb_auto(cb_free) bool *holds = cb_xalloc_array(n + 1, sizeof *holds);
    do {
        if (missing > 0 && !read_places(sieve, end))
            return false;
        for (size_t i = 0; missing > 0 && i < n; i++)
            if (!holds[i] && may_overlap(sieve, &sieve->select->overlaps[i])) {
                holds[i] = true;
                missing--;
            }
        end++;
    } while (end < cb_rows_count(sieve->rows) && equal_rows(sieve, first, end));
    *ret_end = end;
    *ret_stands = missing == 0;
    return true;
}

bool cb_select_keep_rows(const struct cb_select *select, const struct cb_rows *rows, size_t offset,
                         size_t limit, size_t **ret_rows, size_t *ret_count, struct cb_error *err)
{
    struct sieve sieve = {
        .select = select, .rows = rows, .elements = cb_select_overlap_elements(select), .err = err
    };
    sieve.n_columns = cb_rows_columns(rows) - (size_t)__builtin_popcount(sieve.elements);
    cb_auto(cb_free) size_t *kept = cb_xalloc_array(cb_rows_count(rows) + 1, sizeof *kept);
    size_t count = 0, seen = 0, end = 0;
    bool ok = true, stands = false;
    for (size_t row = 0; ok && row < cb_rows_count(rows) && (limit == 0 || count < limit); row = end) {
        ok = sift_group(&sieve, row, &end, &stands);
        if (ok && stands && seen++ >= offset)
            kept[count++] = row;
    }
    for (size_t i = 0; i < CB_ELEMENT_COUNT; i++)
        cb_region_done(&sieve.places[i].region);
    if (!ok)
        return false;
    *ret_rows = cb_steal(kept);
    *ret_count = count;
    return true;
}
